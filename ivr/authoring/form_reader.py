"""Reads a form: its fields, and what its query needs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import yaml

from ivr.authoring import grammar
from ivr.authoring.pieces import MISSES, Pieces
from ivr.authoring.source import Source, nearest
from ivr.dialogue.entries import ENTRIES
from ivr.dialogue.tree import Choice, Field, Given, Text, Tries
from ivr.rail import booking_number, documents
from ivr.rail.answers import QuerySpec
from ivr.rail.queries import FIELD_LOOKUPS, LOOKUP_SLOTS

#: field type → most keys, and the standing sentence that asks for it
FIELD_TYPES = {
    "station": (24, "station_prompt"),
    "train": (4, "train_prompt"),
    "operated_train": (4, "train_prompt"),
    "city": (20, "city_prompt"),
    "booking_train": (4, "train_prompt"),
    "seat_class": (1, "choice_prompt"),
    "date": (4, "date_prompt"),
    "resident_id": (documents.LENGTH, "resident_id_prompt"),
    "id_tail": (4, "id_tail_prompt"),
    "booking_number": (booking_number.LENGTH, "booking_number_prompt"),
    "phone": (12, "phone_prompt"),
    "digits": (20, "digits_prompt"),
    "choice": (1, "choice_prompt"),
}
#: The types whose keys are always as many.
_FIXED = ("resident_id", "id_tail", "booking_number")
#: The other keys of a field.
FIELD_KEYS = ("label", "not", "only", "keys", "private", "prompt", "last", "telecode", *MISSES)
#: The other lookup of a field with ``telecode: true``.
TELECODE_LOOKUP = "find_station_or_telecode"
#: More fields cannot be corrected by one key in the read-back.
MOST_FIELDS = 8

#: What a query takes and no field asks for is taken from the call: today, the seat, the call's id, the caller, the
#: queue and the place in it that the caller had, the key dialled after a feature code.
FROM_THE_CALL = ("date", "seat", "call", "caller", "queue", "place", "key")

#: No ``with`` is written.
NOTHING = Given()

_FIELD_NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_KEY_RANGE = re.compile(r"([0-9]{1,3})(?:\s+to\s+([0-9]{1,3}))?")


def needs(spec: QuerySpec, given: Given = NOTHING) -> list[str]:
    """The arguments that fields must give."""
    others = {*spec.optional, *FROM_THE_CALL, *given.words, *given.keyed}
    return [name for name in spec.takes if name not in others]


def read_given(source: Source, node: yaml.Node | None, spec: QuerySpec) -> Given:
    """What stands under ``with``: for each argument a word, or ``{field}`` of a form before."""
    words: dict[str, str] = {}
    keyed: dict[str, str] = {}
    for name, key, value in source.pairs(node, "with") if node is not None else ():
        if name not in spec.takes:
            hint = nearest(name, spec.takes)
            source.fault(key, grammar.query_fields, f"query '{spec.name}' does not take '{name}'; {hint}")
            continue
        word = source.word(value, f"with: {name}")
        field, choices = _FIELD_NAME.fullmatch(word), spec.choices.get(name, ())
        if field is not None:
            keyed[name] = field[1]
        elif choices and word not in choices:
            source.fault(value, grammar.wrong_value, f"'{name}' cannot be '{word}'; {nearest(word, choices)}")
        else:
            words[name] = word
    return Given(words, keyed)


class FormReader:
    """Reads the fields of one form. ``words``: all standing sentences; ``tries``: the form's, for fields without
    their own."""

    def __init__(self, pieces: Pieces, words: Mapping[str, Text], tries: Tries) -> None:
        self.pieces = pieces
        self.source = pieces.source
        self.words = words
        self.tries = tries

    def fields(self, node: yaml.Node) -> tuple[Field, ...]:
        """The fields of a form, in order."""
        fields: list[Field] = []
        for name, key, value in self.source.pairs(node, "fields"):
            field = self._field(name, key, value, [f.name for f in fields])
            if field is not None:
                fields.append(field)
        if isinstance(node, yaml.MappingNode) and not node.value:
            self.source.fault(
                node, grammar.missing_key, "a form needs a field; a query that takes none is an ask"
            )
        if len(fields) > MOST_FIELDS:
            self.source.fault(node, grammar.wrong_value, f"a form has at most {MOST_FIELDS} fields")
        return tuple(fields)

    def check_takes(self, node: yaml.Node, specs: Sequence[QuerySpec], given: Given) -> None:
        """The form must have the fields that its queries take and nothing else gives, and no others."""
        if not isinstance(node, yaml.MappingNode):
            return
        fields = {key.value: key for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
        taken = {name: spec for spec in specs for name in spec.takes}
        strangers = [name for name in fields if name not in taken]
        for name in strangers:
            hint = nearest(name, taken)
            self.source.fault(
                fields[name], grammar.query_fields, f"query '{specs[0].name}' does not take '{name}'; {hint}"
            )
        for spec in specs:
            for name in needs(spec, given):
                if name not in fields and not strangers:
                    self.source.fault(
                        node,
                        grammar.query_fields,
                        f"query '{spec.name}' needs a field '{name}' ({spec.takes[name]})",
                    )

    def _field(self, name: str, key: yaml.Node, node: yaml.Node, before: list[str]) -> Field | None:
        values = self.source.known(node, f"field '{name}'", (*FIELD_TYPES, *FIELD_KEYS))
        kind = next((kind for kind in FIELD_TYPES if kind in values), "")
        if not kind:
            self.source.fault(
                key, grammar.missing_key, f"field '{name}' has no type; one of {', '.join(FIELD_TYPES)}"
            )
            return None
        max_keys, prompt = FIELD_TYPES[kind]
        min_keys = max_keys if kind in _FIXED else 1
        if "keys" in values:
            min_keys, max_keys = self._key_range(values["keys"])
        return Field(
            name,
            kind,
            self._label(name, kind, key, values),
            self.pieces.text(values["prompt"], "prompt") if "prompt" in values else self.words[prompt],
            max_keys,
            min_keys,
            self._lookup(kind, values),
            LOOKUP_SLOTS.get(kind, ""),
            self._private(kind, values),
            self._other_fields(values, name, before),
            self._choices(values["choice"]) if kind == "choice" else (),
            self._only(values["only"], name, before) if "only" in values else (),
            self.pieces.tries(values, self.tries) if any(miss in values for miss in MISSES) else None,
            self._last(kind, values),
        )

    def _lookup(self, kind: str, values: Mapping[str, yaml.Node]) -> str:
        if "telecode" not in values or not self._yes(values["telecode"], "telecode"):
            return FIELD_LOOKUPS.get(kind, "")
        if kind != "station":
            self.source.fault(values["telecode"], grammar.contradiction, "only a station has a telecode")
        return TELECODE_LOOKUP

    def _last(self, kind: str, values: Mapping[str, yaml.Node]) -> Text | None:
        if "last" not in values:
            return None
        if kind != "station":
            self.source.fault(
                values["last"], grammar.contradiction, "only a caller's last station is remembered"
            )
        return self.pieces.text(values["last"], "last")

    def _label(self, name: str, kind: str, key: yaml.Node, values: Mapping[str, yaml.Node]) -> Text:
        if kind != "choice":
            return self.pieces.text(values[kind], f"field '{name}'")
        if "label" in values:
            return self.pieces.text(values["label"], "label")
        self.source.fault(key, grammar.missing_key, f"field '{name}' has no label")
        return dict.fromkeys(self.pieces.languages, "")

    def _choices(self, node: yaml.Node) -> tuple[Choice, ...]:
        choices = []
        for digit, place, node_of in self.source.pairs(node, "choice"):
            if digit not in tuple("0123456789"):
                self.source.fault(
                    place, grammar.wrong_value, f"'{digit}' is not a key; a choice's key is one of 0 to 9"
                )
            given = self.source.known(node_of, f"choice {digit}", ("label", "value"))
            if len(given) < 2:
                self.source.fault(node_of, grammar.missing_key, f"choice {digit} needs 'label' and 'value'")
                continue
            label = self.pieces.text(given["label"], f"the label of choice {digit}")
            choices.append(Choice(digit, label, self.source.word(given["value"], "value")))
        return tuple(choices)

    def _private(self, kind: str, values: Mapping[str, yaml.Node]) -> bool:
        """Documents are private whatever is written."""
        said = "private" in values and self._yes(values["private"], "private")
        return said or (kind in ENTRIES and ENTRIES[kind].private)

    def _other_fields(self, values: Mapping[str, yaml.Node], name: str, before: list[str]) -> tuple[str, ...]:
        """The fields under ``not``: a name, or a list of names."""
        if "not" not in values:
            return ()
        node = values["not"]
        others = []
        for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            others.append(self.source.word(item, "not"))
            if others[-1] and others[-1] not in before:
                self.source.fault(
                    item,
                    grammar.unknown_name,
                    f"'not: {others[-1]}' must name a field that stands before '{name}'",
                )
        return tuple(others)

    def _only(self, node: yaml.Node, name: str, before: list[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        only = []
        for other, key, value in self.source.pairs(node, "only"):
            if other not in before:
                self.source.fault(
                    key,
                    grammar.unknown_name,
                    f"'only: {other}' must name a field that stands before '{name}'",
                )
            wanted = value.value if isinstance(value, yaml.SequenceNode) else [value]
            only.append((other, tuple(self.source.word(item, "only") for item in wanted)))
        return tuple(only)

    def _yes(self, node: yaml.Node, what: str) -> bool:
        word = self.source.word(node, what)
        if word not in ("true", "false"):
            self.source.fault(node, grammar.wrong_value, f"{what} must be true or false, not '{word}'")
        return word == "true"

    def _key_range(self, node: yaml.Node) -> tuple[int, int]:
        text = self.source.word(node, "keys")
        match = _KEY_RANGE.fullmatch(text)
        least = int(match[1]) if match else 0
        most = int(match[2] or match[1]) if match else 0
        if 1 <= least <= most <= 40:
            return least, most
        self.source.fault(
            node,
            grammar.wrong_value,
            f"keys must be a number such as 4, or 4 to 8 (at most 40), not '{text}'",
        )
        return 1, 20
