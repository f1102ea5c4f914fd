"""Rules about what the caller has keyed by the time a part needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.authoring.lint.reading import Reading
from ivr.authoring.lint.rule import Finding, error
from ivr.authoring.lint.ways import KEYS, Way, Ways
from ivr.authoring.source import nearest
from ivr.dialogue.tree import AskPart, FormPart, Part, TransferPart


@error(whole=True)
def not_keyed_before(reading: Reading) -> Iterator[Finding]:
    """A part that uses a field, and a way to it on which no form asked for that field.

    `with: {train: "{train}"}` takes what the caller keyed in a form before. A caller who comes by another way has
    keyed nothing, and would hear that the question cannot be answered. After a queue a new dialogue begins, in which
    nothing has been keyed yet. Fields that are `private`, or asked for `only` sometimes, cannot be used.

    Lead to the part only from the answers of a form with that field, or let a form ask for it here.

    Bad:

        start: main
        parts:
          main:
            menu:
              1: {label: 始发终到, go: ends}
              2: {label: 全部停站, go: stops}
          ends:
            form: {fields: {train: {operated_train: 车次}}, ask: operator_of}
            answers: {none: {say: 没有查到。}, one: {say: "由{operator}担当。"}, many: {say: 由几家担当。}, dated: {say: "由{operator}担当。"}}
          stops:
            ask: train_fares
            with: {train: "{train}"}
            answers: {none: {say: 没有查到。}, unknown: {say: 没有票价。}, found: {say: 票价如下。, each: "{class}[{fare}]。"}}

    Good:

        start: main
        parts:
          main:
            menu:
              1: {label: 担当企业, go: ends}
              2: {label: 公告, go: notice}
          notice: {say: 今天没有公告。}
          ends:
            form: {fields: {train: {operated_train: 车次}}, ask: operator_of}
            answers: {none: {say: 没有查到。}, one: {say: "由{operator}担当。", then: more}, many: {say: 由几家担当。}, dated: {say: "由{operator}担当。"}}
          more:
            menu:
              1: {label: 全程票价, go: stops}
              2: {label: 返回, go: main}
          stops:
            ask: train_fares
            with: {train: "{train}"}
            answers: {none: {say: 没有查到。}, unknown: {say: 没有票价。}, found: {say: 票价如下。, each: "{class}[{fare}]。"}}
    """
    tree = reading.tree
    asking = [
        part for part in tree.parts.values() if isinstance(part, (FormPart, AskPart)) and part.given.keyed
    ]
    known = _keyed(reading.ways) if asking else {}
    for part in asking:
        for argument, field in part.given.keyed.items():
            if part.name in known and field not in known[part.name]:
                path = ("form", "with") if isinstance(part, FormPart) else ("with",)
                hint = nearest(field, known[part.name]) if known[part.name] else "no form comes before"
                message = (
                    f"'{{{field}}}' may not have been keyed when the call comes to '{part.name}'; {hint}"
                )
                yield (*reading.place(part.name, *path, argument), message)


def _keyed(ways: Ways) -> Mapping[str, frozenset[str]]:
    """part → the fields that have been keyed whichever way the call came there. What is keyed once stays, so the
    ways back need no look."""
    parts = ways.tree.parts
    keyed: dict[str, frozenset[str]] = {ways.tree.start: frozenset()}
    todo = [ways.tree.start]
    while todo:
        name = todo.pop()
        for way in ways.of[name]:
            if way.goal in parts:
                brought = _brought(ways, parts[name], way, keyed[name])
                here = keyed[way.goal] & brought if way.goal in keyed else brought
                if keyed.get(way.goal) != here:
                    keyed[way.goal] = here
                    todo.append(way.goal)
    return keyed


def _brought(ways: Ways, part: Part, way: Way, before: frozenset[str]) -> frozenset[str]:
    if isinstance(part, TransferPart):
        return frozenset()
    # A form leads to where errors lead also when a look-up fails, before all is keyed.
    if isinstance(part, FormPart) and way.how == KEYS and way.goal != ways.tree.recover:
        return before.union(field.name for field in part.fields if not field.private and not field.only)
    return before
