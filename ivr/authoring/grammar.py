"""The rules of the menu language itself: what the readers of the files find.

Each is a function without a body whose docstring is its page in the manual; the readers name it with each fault.
"""

from __future__ import annotations

from collections.abc import Callable

from ivr.authoring.rule import Rule, manual_of, name_of

_About = Callable[[], None]


def _error(*, silenceable: bool) -> Callable[[_About], Rule]:
    return lambda about: Rule(name_of(about), "error", manual_of(about), silenceable)


def _warning(*, silenceable: bool) -> Callable[[_About], Rule]:
    return lambda about: Rule(name_of(about), "warning", manual_of(about), silenceable)


@_error(silenceable=False)
def not_yaml() -> None:
    """A file that is no YAML, or is empty, or is not UTF-8, or would not fit into memory.

    Nothing in it can be read, so nothing else is told about it. Most often a quote or a bracket is not closed, or
    a text with `: ` or ` #` in it, or with `{` or `*` at its beginning, stands without quotes.

    A control character, brackets within brackets a hundred deep, and names (`&name`, `*name`) that stand within themselves
    or for thousands of values are refused too: nobody means them, and reading them could end the hotline.

    Close what is open; put the text between `"`.

    Bad:

        start: bye
        parts:
          bye: {say: "再见。, then: hangup}

    Good:

        start: bye
        parts:
          bye: {say: "再见。", then: hangup}
    """


@_error(silenceable=False)
def wrong_shape() -> None:
    """A list where a map belongs, a map where a text belongs, or the other way round.

    A map is `{name: value}`, or names in lines of their own; a list is `[one, two]`, or lines that begin with `-`.

    Write it as the message says.

    Bad:

        start: which
        parts:
          which:
            branch: {when: {calendar: closed}, go: bye}
            then: bye
          bye: {say: 再见。, then: hangup}

    Good:

        start: which
        parts:
          which:
            branch:
              - {when: {calendar: closed}, go: bye}
            then: bye
          bye: {say: 再见。, then: hangup}
    """


@_error(silenceable=True)
def unknown_key() -> None:
    """A key that the language does not have at this place.

    It would do nothing, while its author believes that it does. The nearest key that there is is told with it.

    Correct the key. When it is silenced, it and what stands under it are left out.

    Bad:

        start: bye
        parts:
          bye: {say: 再见。, than: hangup}

    Good:

        start: bye
        parts:
          bye: {say: 再见。, then: hangup}
    """


@_error(silenceable=True)
def duplicate_key() -> None:
    """A part, a digit or another key that stands twice at one place.

    Only one of the two can hold, and which one is not plain.

    Take one away, or give it another name. When it is silenced, the first one holds.

    Bad:

        start: main
        parts:
          main:
            menu:
              1: {label: 今日公告, go: today}
              1: {label: 结束通话, go: today}
          today: {say: 今天没有公告。, then: hangup}

    Good:

        start: main
        parts:
          main:
            menu:
              1: {label: 今日公告, go: today}
              2: {label: 结束通话, go: today}
          today: {say: 今天没有公告。, then: hangup}
    """


@_error(silenceable=False)
def missing_key() -> None:
    """Something that must be there is not: a verb, the label of an option, the fields of a form.

    Add what the message names.

    Bad:

        start: main
        parts:
          main:
            menu:
              1: {go: bye}
          bye: {say: 再见。, then: hangup}

    Good:

        start: main
        parts:
          main:
            menu:
              1: {label: 结束通话, go: bye}
          bye: {say: 再见。, then: hangup}
    """


@_error(silenceable=False)
def wrong_value() -> None:
    """A value that is not of its kind: a time without a unit, a day that does not exist, a key that no phone has.

    Nor can a part be called two words, or a file outside the menu folder be included.

    Write it as the example in the message.

    Bad:

        start: bye
        defaults: {wait: 5}
        parts:
          bye: {say: 再见。, then: hangup}

    Good:

        start: bye
        defaults: {wait: 5s}
        parts:
          bye: {say: 再见。, then: hangup}
    """


@_error(silenceable=False)
def missing_target() -> None:
    """A way to a part that is not there.

    A caller who goes it would fall out of the call.

    Correct the name (the nearest one is told), or write the part.

    Bad:

        start: main
        parts:
          main:
            menu:
              1: {label: 公告, go: notise}
          notice: {say: 没有公告。}

    Good:

        start: main
        parts:
          main:
            menu:
              1: {label: 公告, go: notice}
          notice: {say: 没有公告。}
    """


@_error(silenceable=False)
def unknown_name() -> None:
    """A name of something that does not exist: a queue, a query, a period of the calendar, a field, a file.

    Correct the name; the nearest one, or all that there are, are told.

    Bad:

        start: agent
        parts:
          agent: {transfer: operater}

    Good:

        start: agent
        parts:
          agent: {transfer: operator}
    """


@_error(silenceable=False)
def taken_name() -> None:
    """A name that means something already: a part called `back`, a period called `open`, two files under one name.

    Give it another name.

    Bad:

        start: back
        parts:
          back: {say: 再见。, then: hangup}

    Good:

        start: bye
        parts:
          bye: {say: 再见。, then: hangup}
    """


@_warning(silenceable=True)
def missing_text() -> None:
    """A text that is missing in a language.

    Callers of that language hear the first one between their own words. This holds for the texts of the
    tree and for the sentences that every tree has, such as 对不起，您的输入有误。 The latter exist in Chinese and
    English; a third language gives them in `words.yaml`.

    Add the text, as a map or in the file with the tree's translations (`hotline.translations.yaml`). A changed sentence
    may go on air before it is translated.

    Bad:

        languages: [zh, en]
        start: bye
        parts:
          bye: {say: 再见。, then: hangup}

    Good:

        languages: [zh, en]
        start: bye
        parts:
          bye: {say: {zh: 再见。, en: Goodbye.}, then: hangup}
    """


@_error(silenceable=True)
def missing_answer() -> None:
    """An outcome of a query for which nothing is said.

    Whoever gets it hears that the query failed, although it did not.

    Add the outcome under `answers`. When it is silenced, the outcome counts as a failed query.

    Bad:

        start: code
        parts:
          code:
            form:
              fields: {keys: {digits: 区号, keys: 3 to 4}}
              ask: city_of_area_code
            answers:
              many: {say: "{code}是几个城市的区号。", then: hangup}

    Good:

        start: code
        parts:
          code:
            form:
              fields: {keys: {digits: 区号, keys: 3 to 4}}
              ask: city_of_area_code
            answers:
              none: {say: "没有查到区号{keys}。", then: hangup}
              one: {say: "这是{city}的区号。", then: hangup}
              many: {say: "{code}是几个城市的区号。", then: hangup}
    """


@_error(silenceable=False)
def unfilled_slot() -> None:
    """A slot that has no value at its place, or may have none there, or is a list without words for its entries.

    `{train}` in a text about cities can never be said; the price of a ticket is not always known.

    Use a slot that the query gives (the message lists them); put what may be missing into brackets: `[，票价{fare}]`;
    say how an entry of a list is read: `lists: {classes: "{class}余{left}张。"}`.

    Bad:

        start: bye
        parts:
          bye: {say: "{train}次列车。", then: hangup}

    Good:

        start: bye
        parts:
          bye: {say: 再见。, then: hangup}
    """


@_error(silenceable=False)
def query_fields() -> None:
    """A form whose fields are not what its query takes, or a query without the form that it needs.

    Each query takes certain fields by name; the message lists them.

    Add the field, correct its name, or ask for it in a form.

    Bad:

        start: code
        parts:
          code:
            form:
              fields: {number: {digits: 区号, keys: 3 to 4}}
              ask: city_of_area_code
            answers:
              none: {say: 没有查到。, then: hangup}
              many: {say: "{code}有几个城市。", then: hangup}

    Good:

        start: code
        parts:
          code:
            form:
              fields: {keys: {digits: 区号, keys: 3 to 4}}
              ask: city_of_area_code
            answers:
              none: {say: 没有查到。, then: hangup}
              many: {say: "{code}有几个城市。", then: hangup}
    """


@_error(silenceable=False)
def contradiction() -> None:
    """Two statements of which only one can be true: a day that is a holiday and a workday, an end before its beginning.

    Take one of them away.

    Bad:

        start: bye
        parts:
          bye: {say: 再见。, then: hangup}
        # file: calendar.yaml
        holidays: [2027-02-10]
        workdays: [2027-02-10]

    Good:

        start: bye
        parts:
          bye: {say: 再见。, then: hangup}
        # file: calendar.yaml
        holidays: [2027-02-10]
        workdays: [2027-02-20]
    """


@_warning(silenceable=False)
def unknown_rule() -> None:
    """A comment that silences nothing: there is no such rule, or the rule cannot be silenced.

    A slip of the pen would leave unsilenced what it means, or silence something else one day. And without what
    some rules ask for (a part that a way leads to, say) a tree cannot be built: these are not silenced by anything.

    Correct the name, mend the fault, or delete the comment.

    Bad:

        start: bye
        parts:
          bye: {say: 再见。, then: hangup}  # ok: unreachable-parts

    Good:

        start: bye
        parts:
          bye: {say: 再见。, then: hangup}
    """


#: Every rule of the language by its name, sorted.
RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in sorted(
        (value for value in list(vars().values()) if isinstance(value, Rule)), key=lambda rule: rule.name
    )
}
