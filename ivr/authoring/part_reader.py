"""Reads one part of a menu: which verb it has, and what belongs to that verb."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import yaml

from ivr.acd.record import SCORES
from ivr.authoring import grammar
from ivr.authoring.form_reader import NOTHING, FormReader, needs, read_given
from ivr.authoring.pieces import MISSES, Pieces
from ivr.authoring.queries import QUERIES
from ivr.authoring.shared_answers import SharedAnswers
from ivr.authoring.source import nearest
from ivr.dialogue.tree import (
    AGAIN,
    AskPart,
    BranchPart,
    Case,
    Condition,
    EndPart,
    Field,
    FormPart,
    MemberPart,
    MenuPart,
    Misses,
    Option,
    Part,
    RecordPart,
    Reply,
    SayPart,
    Text,
    TransferPart,
    Tries,
)
from ivr.rail.answers import QuerySpec

#: verb → the other keys of a part with that verb
VERBS: Mapping[str, tuple[str, ...]] = {
    "menu": ("intro", "outro", "keys", *MISSES),
    "survey": ("intro", "outro", "then"),
    "form": ("answers", *MISSES),
    "ask": ("with", "answers"),
    "branch": ("then",),
    "member": ("staff", "reason", "answers"),
    "transfer": ("say", "priority", "skill", "keys", "answers"),
    "record": ("limit", "answers"),
    "end": ("say",),
    "say": ("then",),
}
#: How a queue gives a caller back.
QUEUE_STATUSES = (
    "answered",
    "timeout",
    "full",
    "join_empty",
    "leave_empty",
    "unavailable",
    "closed",
    "error",
)
MEMBER_OPERATIONS = ("sign_in", "sign_out", "pause", "unpause")
#: What a feature code asks for.
OPERATIONS = (*MEMBER_OPERATIONS, "code")
MEMBER_OUTCOMES = ("done", "already", "absent", "error")
RECORD_OUTCOMES = ("recorded", "empty", "error")


@dataclass(frozen=True)
class Defaults:
    """What stands once for the whole tree. ``words``: all standing sentences."""

    tries: Tries
    then: str
    words: Mapping[str, Text]


class PartReader:
    """Reads parts; what is wrong goes to the source's faults."""

    def __init__(self, pieces: Pieces, defaults: Defaults, answers: SharedAnswers) -> None:
        self.pieces = pieces
        self.source = pieces.source
        self.defaults = defaults
        self.answers = answers

    def part(self, name: str, key: yaml.Node, node: yaml.Node) -> Part | None:
        """The part, or ``None`` when it is too broken to go on."""
        self.pieces.name(key, name)
        if not isinstance(node, yaml.MappingNode):
            self.source.fault(
                key, grammar.wrong_shape, f"part '{name}' must be a map with one verb: {', '.join(VERBS)}"
            )
            return None
        keys = [k.value for k, _ in node.value if isinstance(k, yaml.ScalarNode)]
        verb = next((verb for verb in VERBS if verb in keys), "")
        if not verb:
            self.source.fault(
                key, grammar.missing_key, f"part '{name}' has no verb; one of {', '.join(VERBS)}"
            )
            return None
        values = self.source.known(node, f"part '{name}' ({verb})", (verb, *VERBS[verb]))
        read: Any = getattr(self, f"_{verb}")
        part: Part = read(self.source.part_name(name), key, values)
        return part

    # --- pieces ------------------------------------------------------------------------------

    def _then(self, values: Mapping[str, yaml.Node]) -> str:
        return self.source.target(values["then"], "then") if "then" in values else self.defaults.then

    def _replies(
        self,
        values: Mapping[str, yaml.Node],
        outcomes: Iterable[str],
        key: yaml.Node,
        needed: bool,
        instead: Mapping[str, str] = MappingProxyType({}),
        lists: Iterable[str] = (),
        fields: Iterable[str] = (),
    ) -> dict[str, Reply]:
        outcomes = list(outcomes)
        node = values.get("answers")
        known = dict.fromkeys([*outcomes, "error"])
        complete = node is None or self.answers.fill(node, known, list(fields))
        given = self.source.known(node, "answers", known) if node is not None else {}
        replies = {outcome: self._reply(outcome, value, lists) for outcome, value in given.items()}
        for outcome, other in {"one": "many", **instead}.items():
            if outcome in outcomes and outcome not in replies and other in replies:
                replies[outcome] = replies[other]
        missing = [outcome for outcome in outcomes if outcome not in replies and outcome != "error"]
        if needed and complete and missing:
            self.source.fault(
                node or key, grammar.missing_answer, f"answers say nothing for: {', '.join(missing)}"
            )
        return replies

    def _reply(self, outcome: str, node: yaml.Node, lists: Iterable[str]) -> Reply:
        what = f"answer '{outcome}'"
        values = self.source.known(node, what, ("say", "each", "lists", "at_a_time", "then", "correct"))
        of_lists = (
            self.source.known(values["lists"], f"the lists of {what}", lists) if "lists" in values else {}
        )
        if "correct" in values and "then" in values:
            self.source.fault(
                values["then"], grammar.contradiction, "'correct' leads back to the form; leave out 'then'"
            )
        return Reply(
            self.pieces.optional_text(values, "say", what),
            self.pieces.optional_text(values, "each", what),
            self.source.number(values["at_a_time"], "at_a_time", 1) if "at_a_time" in values else 3,
            AGAIN if "correct" in values else self._then(values),
            self.source.word(values["correct"], "correct") if "correct" in values else "",
            {name: self.pieces.text(value, f"{what}: {name}") for name, value in of_lists.items()},
        )

    def _query(self, node: yaml.Node) -> QuerySpec:
        name = self.source.word(node, "ask")
        if name and name not in QUERIES:
            self.source.fault(
                node, grammar.unknown_name, f"there is no query '{name}'; {nearest(name, QUERIES)}"
            )
        return QUERIES.get(name, QuerySpec(name, {}, {}))

    # --- verbs -------------------------------------------------------------------------------

    def _say(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        return SayPart(name, self.pieces.text(values["say"], f"part '{name}'"), self._then(values))

    def _end(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        outcome = self.source.word(values["end"], "end")
        return EndPart(name, self.pieces.optional_text(values, "say", f"part '{name}'"), outcome)

    def _menu(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        options = self._options(values["menu"], f"menu '{name}'", ("label", "go", "language"))
        if isinstance(values["menu"], yaml.MappingNode) and not values["menu"].value:
            self.source.fault(key, grammar.missing_key, f"menu '{name}' has no options")
        return MenuPart(
            name,
            options,
            self.pieces.tries(values, self.defaults.tries),
            self.pieces.optional_text(values, "intro", f"menu '{name}'"),
            self.pieces.optional_text(values, "outro", f"menu '{name}'"),
            self.pieces.keys(values["keys"], f"the keys of menu '{name}'") if "keys" in values else {},
        )

    def _survey(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        options = self._options(values["survey"], f"survey '{name}'", ("label", "go", "language"))
        scores = sorted(option.digit for option in options)
        if scores != [str(score) for score in SCORES] and not self.source.faults:
            message = f"survey '{name}' has the options {', '.join(scores)}; it has 1 to 5, 5 is the best"
            self.source.fault(key, grammar.wrong_value, message)
        then = self._then(values)
        return MenuPart(
            name,
            options,
            Tries(no_input=Misses(0, then), no_match=Misses(1, then)),  # nobody is asked twice for a favour
            self.pieces.optional_text(values, "intro", f"survey '{name}'"),
            self.pieces.optional_text(values, "outro", f"survey '{name}'"),
            survey=True,
            then=then,
        )

    def _options(self, menu: yaml.Node, what: str, known: tuple[str, ...]) -> tuple[Option, ...]:
        """What each key does; ``known``: what may stand there of it."""
        options = []
        for digit, digit_node, node in self.source.pairs(menu, what):
            if digit not in tuple("0123456789"):
                self.source.fault(
                    digit_node,
                    grammar.wrong_value,
                    f"'{digit}' is not a key; an option's key is one of 0 to 9",
                )
            option = self.source.known(node, f"option {digit}", known)
            for needed in ("label", "go"):
                if needed not in option:
                    self.source.fault(node, grammar.missing_key, f"option {digit} has no '{needed}'")
            if "label" in option and "go" in option:
                label = self.pieces.text(option["label"], f"the label of option {digit}")
                go = self.source.target(option["go"], f"option {digit}: go")
                language = self.pieces.language(option["language"]) if "language" in option else ""
                options.append(Option(digit, label, go, language))
        return tuple(options)

    def _form(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        form = self.source.known(
            values["form"], f"form '{name}'", ("fields", "check", "ask", "with", "read_back")
        )
        for needed in ("fields", "ask"):
            if needed not in form:
                self.source.fault(values["form"], grammar.missing_key, f"form '{name}' has no '{needed}'")
        tries = self.pieces.tries(values, self.defaults.tries)
        reader = FormReader(self.pieces, self.defaults.words, tries)
        spec = self._query(form["ask"]) if "ask" in form else QuerySpec("", {}, {})
        check = self._query(form["check"]) if "check" in form else None
        specs = [spec] if check is None else [spec, check]
        known = all(one.name in QUERIES for one in specs)
        given = read_given(self.source, form.get("with"), spec) if known else NOTHING
        if "fields" in form and known:
            reader.check_takes(form["fields"], specs, given)
        if check is not None and known:
            self._check_fits(form["check"], check, spec)
        fields = reader.fields(form["fields"]) if "fields" in form else ()
        return FormPart(
            name,
            fields,
            spec,
            self._checked(
                self._replies(
                    values,
                    spec.outcomes,
                    key,
                    True,
                    spec.instead,
                    spec.lists,
                    [field.name for field in fields],
                ),
                fields,
                values.get("answers", key),
            ),
            tries,
            self.pieces.optional_text(form, "read_back", "read_back"),
            given,
            check,
        )

    def _checked(
        self, replies: dict[str, Reply], fields: tuple[Field, ...], node: yaml.Node
    ) -> dict[str, Reply]:
        """The replies; a field that one of them asks for again must be the form's."""
        names = [field.name for field in fields]
        once = {id(reply): (outcome, reply) for outcome, reply in reversed(list(replies.items()))}
        for outcome, reply in once.values():  # one reply may stand for several outcomes
            if reply.correct and reply.correct not in names:
                hint = nearest(reply.correct, names)
                self.source.fault(
                    node,
                    grammar.unknown_name,
                    f"answer '{outcome}': the form has no field '{reply.correct}'; {hint}",
                )
        return replies

    def _check_fits(self, node: yaml.Node, check: QuerySpec, ask: QuerySpec) -> None:
        """What hinders before the read-back has the replies of what is asked after it."""
        unanswered = [outcome for outcome in list(check.outcomes)[1:] if outcome not in ask.outcomes]
        if unanswered:
            self.source.fault(
                node,
                grammar.query_fields,
                f"query '{check.name}' cannot be asked before '{ask.name}', which never answers {unanswered[0]}",
            )

    def _ask(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        spec = self._query(values["ask"])
        given = read_given(self.source, values.get("with"), spec) if spec.name in QUERIES else NOTHING
        missing = needs(spec, given)
        if missing:
            self.source.fault(
                values["ask"],
                grammar.query_fields,
                f"query '{spec.name}' needs {', '.join(missing)}: ask for them in a form, or give them under 'with'",
            )
        replies = self._replies(values, spec.outcomes, key, True, spec.instead, spec.lists)
        return AskPart(name, spec, replies, given)

    def _branch(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        cases = [
            Case(
                conditions,
                self.source.target(given["go"], "go"),
                self.pieces.language(given["language"]) if "language" in given else "",
            )
            for conditions, given in self._cases(values["branch"], "branch", "go", "language")
        ]
        return BranchPart(name, tuple(cases), self._then(values))

    def _cases(
        self, node: yaml.Node, what: str, result: str, *more: str
    ) -> list[tuple[tuple[Condition, ...], dict[str, yaml.Node]]]:
        """A list of ``{when: …, result: …}``; ``more``: what may stand beside them."""
        if not isinstance(node, yaml.SequenceNode):
            self.source.fault(node, grammar.wrong_shape, f"{what} must be a list of {{when: …, {result}: …}}")
            return []
        cases = []
        for item in node.value:
            given = self.source.known(item, "a case", ("when", result, *more))
            if "when" in given and result in given:
                cases.append((self.pieces.conditions(given["when"]), given))
            else:
                self.source.fault(item, grammar.missing_key, f"a case needs 'when' and '{result}'")
        return cases

    def _member(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        operation = self.source.word(values["member"], "member")
        if operation and operation not in MEMBER_OPERATIONS:
            hint = nearest(operation, MEMBER_OPERATIONS)
            self.source.fault(values["member"], grammar.unknown_name, f"member cannot '{operation}'; {hint}")
        staff = self.source.word(values["staff"], "staff") if "staff" in values else "staff"
        reason = self.source.word(values["reason"], "reason") if "reason" in values else ""
        if reason and operation != "pause":
            self.source.fault(values["reason"], grammar.contradiction, "only a pause has a reason")
        return MemberPart(
            name, operation, staff, self._replies(values, MEMBER_OUTCOMES, key, needed=False), reason
        )

    def _record(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        limit = math.ceil(self.pieces.duration(values["limit"], "limit")) if "limit" in values else 60
        return RecordPart(
            name,
            self.pieces.text(values["record"], f"part '{name}'"),
            limit,
            self._replies(values, RECORD_OUTCOMES, key, needed=True),
        )

    def _transfer(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        queue = self._queue(values["transfer"], "transfer", "queue")
        priority, raises = self._priority(values)
        return TransferPart(
            name,
            queue,
            priority,
            self._queue(values["skill"], "skill", "skill") if "skill" in values else "",
            raises,
            self.pieces.optional_text(values, "say", f"part '{name}'"),
            self._replies(values, QUEUE_STATUSES, key, needed=False),
            self._live_keys(values["keys"], name) if "keys" in values else (),
        )

    def _live_keys(self, node: yaml.Node, name: str) -> tuple[Option, ...]:
        """The keys that work while the caller waits."""
        self.answers.fill(node, "0123456789", (), "keys")
        return self._options(node, f"the keys of '{name}'", ("label", "go"))

    def _queue(self, node: yaml.Node, key: str, what: str) -> str:
        """The name of a queue; a skill is called like the queue that asks for it."""
        name = self.source.word(node, key)
        if name and name not in self.pieces.queues:
            hint = nearest(name, self.pieces.queues)
            self.source.fault(node, grammar.unknown_name, f"there is no {what} '{name}'; {hint}")
        return name

    def _priority(
        self, values: Mapping[str, yaml.Node]
    ) -> tuple[int, tuple[tuple[tuple[Condition, ...], int], ...]]:
        node = values.get("priority")
        if node is None:
            return 0, ()
        if not isinstance(node, yaml.SequenceNode):
            return self.source.number(node, "priority"), ()
        return 0, tuple(
            (conditions, self.source.number(given["add"], "add"))
            for conditions, given in self._cases(node, "priority", "add")
        )
