"""Reads one part of a menu: which verb it has, and what belongs to that verb."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from ivr.authoring.source import Source, nearest
from ivr.dialogue.tree import (
    AskPart,
    BranchPart,
    Case,
    EndPart,
    Field,
    FormPart,
    MemberPart,
    MenuPart,
    Option,
    Part,
    Reply,
    SayPart,
    Text,
    TransferPart,
    Tries,
)
from ivr.dialogue.words import WORDS
from ivr.rail.answers import QuerySpec
from ivr.rail.queries import FIELD_LOOKUPS, LOOKUP_SLOTS

if TYPE_CHECKING:
    from ivr.authoring.loader import Defaults

#: verb → the other keys of a part with that verb
VERBS: Mapping[str, tuple[str, ...]] = {
    "menu": ("intro", "outro", "no_input", "no_match"),
    "form": ("answers", "no_input", "no_match"),
    "ask": ("answers",),
    "branch": ("then",),
    "member": ("staff", "answers"),
    "transfer": ("say", "priority", "answers"),
    "end": ("say",),
    "say": ("then",),
}
#: How a queue gives a caller back.
QUEUE_STATUSES = ("answered", "timeout", "full", "join_empty", "leave_empty", "unavailable", "error")
MEMBER_OPERATIONS = ("sign_in", "sign_out", "pause", "unpause")
MEMBER_OUTCOMES = ("done", "already", "absent", "error")
FACTS = ("operation", "queue_status", "language")

#: field type → most keys, and the standing sentence that asks for it
_FIELD_TYPES = {
    "station": (24, "station_prompt"),
    "train": (4, "train_prompt"),
    "operated_train": (4, "train_prompt"),
    "city": (20, "city_prompt"),
    "date": (4, "date_prompt"),
    "digits": (20, "digits_prompt"),
}
#: What a query takes and no field asks for is taken from the call: today, the seat.
FROM_THE_CALL = ("date", "seat")

_KEY_RANGE = re.compile(r"(\d+)(?:\s+to\s+(\d+))?")


class PartReader:
    """Reads parts; what is wrong goes to the source's faults."""

    def __init__(self, source: Source, defaults: Defaults, queries: Mapping[str, QuerySpec]) -> None:
        self.source = source
        self.defaults = defaults
        self.queries = queries

    @staticmethod
    def word_names() -> Iterable[str]:
        """The names of the standing sentences."""
        return WORDS

    def part(self, name: str, key: yaml.Node, node: yaml.Node) -> Part | None:
        """The part, or ``None`` when it is too broken to go on."""
        if not isinstance(node, yaml.MappingNode):
            self.source.fault(key, f"part '{name}' must be a map with one verb: {', '.join(VERBS)}")
            return None
        keys = [k.value for k, _ in node.value if isinstance(k, yaml.ScalarNode)]
        verb = next((verb for verb in VERBS if verb in keys), "")
        if not verb:
            self.source.fault(key, f"part '{name}' has no verb; one of {', '.join(VERBS)}")
            return None
        values = self.source.known(node, f"part '{name}' ({verb})", (verb, *VERBS[verb]))
        read: Any = getattr(self, f"_{verb}")
        part: Part = read(name, key, values)
        return part

    # --- pieces ------------------------------------------------------------------------------

    def text(self, node: yaml.Node, what: str) -> Text:
        """A text in one language, or a map from language to text."""
        languages = self.defaults.languages
        if isinstance(node, yaml.MappingNode):
            texts = self.source.known(node, what, languages)
            for language in languages:
                if language not in texts:
                    self.source.fault(node, f"{what} has no text for '{language}'")
            return {language: self.source.word(value, what) for language, value in texts.items()}
        return {languages[0]: self.source.word(node, what)}

    def _optional_text(self, values: Mapping[str, yaml.Node], key: str, what: str) -> Text | None:
        return self.text(values[key], what) if key in values else None

    def _then(self, values: Mapping[str, yaml.Node]) -> str:
        return self.source.target(values["then"], "then") if "then" in values else self.defaults.then

    def _tries(self, values: Mapping[str, yaml.Node]) -> Tries:
        from ivr.authoring.loader import read_tries

        tries = self.defaults.tries
        silent, wrong = (tries.no_input, tries.no_input_then), (tries.no_match, tries.no_match_then)
        if "no_input" in values:
            silent = read_tries(self.source, values["no_input"], "no_input", *silent)
        if "no_match" in values:
            wrong = read_tries(self.source, values["no_match"], "no_match", *wrong)
        return Tries(silent[0], wrong[0], silent[1], wrong[1])

    def _replies(
        self, values: Mapping[str, yaml.Node], outcomes: Iterable[str], key: yaml.Node, needed: bool
    ) -> dict[str, Reply]:
        outcomes = list(outcomes)
        node = values.get("answers")
        given = (
            self.source.known(node, "answers", dict.fromkeys([*outcomes, "error"]))
            if node is not None
            else {}
        )
        replies = {outcome: self._reply(outcome, value) for outcome, value in given.items()}
        if "one" in outcomes and "one" not in replies and "many" in replies:
            replies["one"] = replies["many"]
        missing = [outcome for outcome in outcomes if outcome not in replies and outcome != "error"]
        if needed and missing:
            self.source.fault(node or key, f"answers say nothing for: {', '.join(missing)}")
        return replies

    def _reply(self, outcome: str, node: yaml.Node) -> Reply:
        what = f"answer '{outcome}'"
        values = self.source.known(node, what, ("say", "each", "at_a_time", "then"))
        return Reply(
            self._optional_text(values, "say", what),
            self._optional_text(values, "each", what),
            self.source.number(values["at_a_time"], "at_a_time", 1) if "at_a_time" in values else 3,
            self._then(values),
        )

    def _query(self, node: yaml.Node) -> QuerySpec:
        name = self.source.word(node, "ask")
        if name and name not in self.queries:
            self.source.fault(node, f"there is no query '{name}'; {nearest(name, self.queries)}")
        return self.queries.get(name, QuerySpec(name, {}, {}))

    # --- verbs -------------------------------------------------------------------------------

    def _say(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        return SayPart(name, self.text(values["say"], f"part '{name}'"), self._then(values))

    def _end(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        outcome = self.source.word(values["end"], "end")
        return EndPart(name, self._optional_text(values, "say", f"part '{name}'"), outcome)

    def _menu(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        options = []
        for digit, digit_node, node in self.source.pairs(values["menu"], f"menu '{name}'"):
            if digit not in tuple("0123456789"):
                self.source.fault(digit_node, f"'{digit}' is not a key; an option's key is one of 0 to 9")
            option = self.source.known(node, f"option {digit}", ("label", "go"))
            for needed in ("label", "go"):
                if needed not in option:
                    self.source.fault(node, f"option {digit} has no '{needed}'")
            if len(option) == 2:
                label = self.text(option["label"], f"the label of option {digit}")
                options.append(Option(digit, label, self.source.target(option["go"], f"option {digit}: go")))
        if isinstance(values["menu"], yaml.MappingNode) and not values["menu"].value:
            self.source.fault(key, f"menu '{name}' has no options")
        return MenuPart(
            name,
            tuple(options),
            self._tries(values),
            self._optional_text(values, "intro", f"menu '{name}'"),
            self._optional_text(values, "outro", f"menu '{name}'"),
        )

    def _form(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        form = self.source.known(values["form"], f"form '{name}'", ("fields", "ask", "read_back"))
        for needed in ("fields", "ask"):
            if needed not in form:
                self.source.fault(values["form"], f"form '{name}' has no '{needed}'")
        fields: list[Field] = []
        for field_name, field_key, node in (
            self.source.pairs(form["fields"], "fields") if "fields" in form else ()
        ):
            field = self._field(field_name, field_key, node, [f.name for f in fields])
            if field is not None:
                fields.append(field)
        spec = self._query(form["ask"]) if "ask" in form else QuerySpec("", {}, {})
        self._check_takes(form, spec)
        if len(fields) > 8:
            self.source.fault(form["fields"], "a form has at most 8 fields")
        return FormPart(
            name,
            tuple(fields),
            spec,
            self._replies(values, spec.outcomes, key, needed=True),
            self._tries(values),
            self._optional_text(form, "read_back", "read_back"),
        )

    def _check_takes(self, form: Mapping[str, yaml.Node], spec: QuerySpec) -> None:
        if spec.name not in self.queries or not isinstance(form.get("fields"), yaml.MappingNode):
            return
        given = {key.value: key for key, _ in form["fields"].value}
        strangers = [name for name in given if name not in spec.takes]
        for name in strangers:
            hint = nearest(name, spec.takes)
            self.source.fault(given[name], f"query '{spec.name}' does not take '{name}'; {hint}")
        for name in spec.takes:
            if name not in given and name not in FROM_THE_CALL and not strangers:
                kind = spec.takes[name]
                self.source.fault(form["fields"], f"query '{spec.name}' needs a field '{name}' ({kind})")

    def _field(self, name: str, key: yaml.Node, node: yaml.Node, before: list[str]) -> Field | None:
        allowed = (*_FIELD_TYPES, "not", "keys", "private", "prompt")
        values = self.source.known(node, f"field '{name}'", allowed)
        kind = next((kind for kind in _FIELD_TYPES if kind in values), "")
        if not kind:
            self.source.fault(key, f"field '{name}' has no type; one of {', '.join(_FIELD_TYPES)}")
            return None
        max_keys, prompt = _FIELD_TYPES[kind]
        min_keys = 1
        if "keys" in values:
            min_keys, max_keys = self._key_range(values["keys"])
        differs = self.source.word(values["not"], "not") if "not" in values else ""
        if differs and differs not in before:
            self.source.fault(
                values["not"], f"'not: {differs}' must name a field that stands before '{name}'"
            )
        return Field(
            name,
            kind,
            self.text(values[kind], f"field '{name}'"),
            self.text(values["prompt"], "prompt") if "prompt" in values else WORDS[prompt],
            max_keys,
            min_keys,
            FIELD_LOOKUPS.get(kind, ""),
            LOOKUP_SLOTS.get(kind, ""),
            self.source.word(values["private"], "private") == "true" if "private" in values else False,
            differs,
        )

    def _key_range(self, node: yaml.Node) -> tuple[int, int]:
        text = self.source.word(node, "keys")
        match = _KEY_RANGE.fullmatch(text)
        least = int(match[1]) if match else 0
        most = int(match[2] or match[1]) if match else 0
        if 1 <= least <= most <= 40:
            return least, most
        self.source.fault(node, f"keys must be a number such as 4, or 4 to 8 (at most 40), not '{text}'")
        return 1, 20

    def _ask(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        spec = self._query(values["ask"])
        needs = [taken for taken in spec.takes if taken not in FROM_THE_CALL]
        if needs:
            self.source.fault(
                values["ask"], f"query '{spec.name}' needs {', '.join(needs)}: ask for them in a form"
            )
        return AskPart(name, spec, self._replies(values, spec.outcomes, key, needed=True))

    def _branch(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        node = values["branch"]
        cases = []
        if not isinstance(node, yaml.SequenceNode):
            self.source.fault(node, "branch must be a list of {when: …, go: …}")
        else:
            for item in node.value:
                cases += self._case(item)
        return BranchPart(name, tuple(cases), self._then(values))

    def _case(self, node: yaml.Node) -> list[Case]:
        values = self.source.known(node, "a case", ("when", "go"))
        if len(values) < 2:
            self.source.fault(node, "a case needs 'when' and 'go'")
            return []
        go = self.source.target(values["go"], "go")
        facts = self.source.known(values["when"], "when", FACTS)
        return [Case(fact, self.source.word(value, fact), go) for fact, value in facts.items()]

    def _member(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        operation = self.source.word(values["member"], "member")
        if operation and operation not in MEMBER_OPERATIONS:
            self.source.fault(
                values["member"], f"member cannot '{operation}'; {nearest(operation, MEMBER_OPERATIONS)}"
            )
        staff = self.source.word(values["staff"], "staff") if "staff" in values else "staff"
        return MemberPart(name, operation, staff, self._replies(values, MEMBER_OUTCOMES, key, needed=False))

    def _transfer(self, name: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Part:
        return TransferPart(
            name,
            self.source.word(values["transfer"], "transfer"),
            self.source.number(values["priority"], "priority") if "priority" in values else 0,
            self._optional_text(values, "say", f"part '{name}'"),
            self._replies(values, QUEUE_STATUSES, key, needed=False),
        )
