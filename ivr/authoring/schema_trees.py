"""The JSON Schemas of menu trees and of the files that they include."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ivr.acd.caller import MARKS
from ivr.acd.record import SCORES
from ivr.authoring.form_reader import FIELD_TYPES, MOST_FIELDS, needs
from ivr.authoring.loader import DEFAULTS, INCLUDED_TOP, STANDARDS, TOP
from ivr.authoring.part_reader import (
    MEMBER_OPERATIONS,
    MEMBER_OUTCOMES,
    OPERATIONS,
    QUEUE_STATUSES,
    RECORD_OUTCOMES,
    VERBS,
)
from ivr.authoring.pieces import CONDITIONS, GLOBAL_KEYS, MISSES, NAME
from ivr.authoring.queries import QUERIES
from ivr.authoring.schema_base import DRAFT, DURATION, TEXT, WORD, YES, Schema, a_map, each, list_of, map_of
from ivr.authoring.shared_answers import LIKE
from ivr.dialogue.calendar import KINDS
from ivr.dialogue.tree import KEY_WORDS
from ivr.dialogue.words import WORDS
from ivr.rail.answers import SLOT_TYPES, QuerySpec

_KEY_RANGE = r"^[0-9]{1,3}(\s+to\s+[0-9]{1,3})?$"
_PARAMETER = r"<[A-Za-z_][A-Za-z0-9_]*>"

_LIKE: Schema = {"description": "The part of this file whose answers hold where none stands here.", **WORD}
#: A field of a form before.
_FIELD: Schema = {"type": "string", "pattern": r"^\{\w+\}$"}
_LANGUAGE: Schema = {"description": "What the caller hears from there on.", **WORD}
_WITH: Schema = {
    "type": "object",
    "description": "What the query gets besides: a word, or {field} as the caller keyed it in a form before.",
    "additionalProperties": WORD,
}
_KEYS: Schema = {
    "type": "object",
    "properties": dict.fromkeys(
        GLOBAL_KEYS, {"description": f"A part, back, {' or '.join(KEY_WORDS)}.", **WORD}
    ),
    "additionalProperties": False,
}


_ABOUT_VERBS = {
    "menu": "Offers options, each with a key: {1: {label: …, go: …}}.",
    "survey": "Asks how the talk with the agent was: {5: {label: …, go: …}, …, 1: …}; 5 is the best. Without a talk to ask about it leads on.",
    "form": "Asks for fields one after the other, reads them back, then asks a query.",
    "ask": "Asks a query that needs no more keys from the caller.",
    "branch": "Goes where the first case leads whose conditions are all so.",
    "member": "The seat signs in or out, pauses or goes on.",
    "transfer": "Hands the caller to a queue.",
    "record": "Says the text, then records a message of the caller.",
    "end": "Ends the call with an outcome of its own.",
    "say": "Says a text.",
}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


class TreeSchema:
    """``parameters``: whether ``<name>`` may stand where a word is expected."""

    def __init__(self, *, parameters: bool = False) -> None:
        self.parameters = parameters

    def menu(self) -> Schema:
        values: dict[str, Schema] = {
            "hotline": {"description": "The number that callers dial.", **WORD},
            "languages": list_of(
                WORD, minItems=1, description="Those every text must have, the first one first."
            ),
            "check": a_map(each(STANDARDS, {"options": self.number(1), "spoken": _ref("duration")})),
            "start": {"description": "The part with which a call begins.", **_ref("way")},
            "defaults": self.defaults(),
            "words": a_map(
                dict.fromkeys(WORDS, _ref("text")), description="Standing sentences that are replaced."
            ),
            "fragments": map_of(_ref("text"), description="Words that texts name as <name>."),
            "facts": map_of(self.one_of(SLOT_TYPES), description="Facts of the call that texts may name."),
            "include": list_of(self.include()),
            "parts": map_of(_ref("part"), minProperties=1, propertyNames={"pattern": f"^{NAME}$"}),
        }
        top = a_map(each(TOP, values), ["start", "parts"])
        return self.document("A menu tree", top)

    def included(self) -> Schema:
        values: dict[str, Schema] = {
            "parameters": {"type": "object", "description": "name: what it is for; used as <name>."},
            "start": {"description": "The part with which the file begins.", **_ref("way")},
            "fragments": map_of(_ref("text"), description="Words that texts name as <name>."),
            "parts": map_of(_ref("part"), minProperties=1, propertyNames={"pattern": f"^{NAME}$"}),
        }
        return self.document(
            "A file that a menu tree includes", a_map(each(INCLUDED_TOP, values), ["start", "parts"])
        )

    def document(self, title: str, top: Schema) -> Schema:
        return {"$schema": DRAFT, "title": title, **top, "$defs": self.definitions()}

    def definitions(self) -> dict[str, Schema]:
        return {
            "text": TEXT,
            "way": {
                "description": "A part, or back (to the menu the caller came from), again, hangup.",
                **WORD,
            },
            "duration": self.pattern(DURATION, "A time such as 5s, 20m, 1h or 3d."),
            "misses": self.misses(),
            "when": self.when(),
            "answer": self.answer(),
            "field": self.field(),
            "part": {"anyOf": [_ref(f"part_{verb}") for verb in VERBS]},
            **{f"part_{verb}": self.part(verb) for verb in VERBS},
        }

    # --- words that are more than words ------------------------------------------------------

    def one_of(self, words: Iterable[str]) -> Schema:
        return self._or_parameter({"enum": list(words)})

    def pattern(self, pattern: str, about: str) -> Schema:
        return {"description": about, **self._or_parameter({"type": "string", "pattern": pattern})}

    def number(self, least: int = 0) -> Schema:
        return self._or_parameter(
            {"anyOf": [{"type": "integer", "minimum": least}, {"type": "string", "pattern": r"^[0-9]{1,9}$"}]}
        )

    def _or_parameter(self, schema: Schema) -> Schema:
        return {"anyOf": [schema, {"type": "string", "pattern": _PARAMETER}]} if self.parameters else schema

    # --- pieces ------------------------------------------------------------------------------

    def defaults(self) -> Schema:
        limits = {
            "length": _ref("duration"),
            "inputs": self.number(1),
            "silences": self.number(1),
            "mistakes": self.number(1),
            "then": _ref("way"),
        }
        values: dict[str, Schema] = {
            "keys": {"description": "What these keys mean everywhere.", **_KEYS},
            "wait": {"description": "For the first key.", **_ref("duration")},
            "between_keys": {"description": "From one key to the next.", **_ref("duration")},
            "then": {"description": "What follows an announcement or an answer.", **_ref("way")},
            "error": {"description": "Where a query that fails leads.", **_ref("way")},
            "limits": a_map(limits, description="Bounds of a whole call."),
            **dict.fromkeys(MISSES, _ref("misses")),
        }
        return a_map(each(DEFAULTS, values))

    def include(self) -> Schema:
        return a_map(
            {
                "file": {"description": "A file beside this one.", **WORD},
                "as": {"description": "The name by which ways lead there.", **WORD},
                "with": map_of(WORD, description="Its parameters."),
            },
            ["file", "as"],
        )

    def misses(self) -> Schema:
        say = {"anyOf": [_ref("text"), list_of(_ref("text"))], "description": "One text for each miss."}
        return a_map({"tries": self.number(), "then": _ref("way"), "say": say})

    def when(self) -> Schema:
        values: dict[str, Schema] = {
            "operation": self.one_of((*OPERATIONS, "callback")),
            "key": {"description": "The key dialled after the feature code.", **WORD},
            "queue_status": self.one_of((*QUEUE_STATUSES, *(f"key_{digit}" for digit in range(10)))),
            "calendar": {"description": f"{', '.join(KINDS)}, or a period of calendar.yaml.", **WORD},
            "language": WORD,
            "number": {"description": "The caller's number; 138* is every one that begins so.", **WORD},
            "caller": {
                "description": "How the caller's number is marked: ivr caller mark.",
                **self.one_of(MARKS),
            },
            "chose": {"description": "A part the caller was in.", **_ref("way")},
            "returning": {"description": "Called within this time.", **_ref("duration")},
            "queue": {
                "description": "A queue, with open or closed after it, or waiting or wait beside.",
                **WORD,
            },
            "waiting": self.pattern(r"^over\s+[0-9]{1,9}$", "More callers wait than: over 20."),
            "wait": self.pattern(rf"^over\s+{DURATION[1:]}", "The expected wait is longer than: over 10m."),
        }
        return a_map(each(CONDITIONS, values), minProperties=1, description="Every one of these must be so.")

    def answer(self) -> Schema:
        return a_map(
            {
                "say": _ref("text"),
                "each": {"description": "Said for every item of a list.", **_ref("text")},
                "lists": a_map(
                    {name: _ref("text") for spec in QUERIES.values() for name in spec.lists},
                    description="A slot that is a list itself: what is said for each of its entries.",
                ),
                "at_a_time": self.number(1),
                "then": _ref("way"),
                "correct": {
                    "description": "The field that is asked for again, for itself, after this answer.",
                    **WORD,
                },
            }
        )

    def field(self) -> Schema:
        choice = a_map({"label": _ref("text"), "value": WORD}, ["label", "value"])
        types = {kind: _ref("text") for kind in FIELD_TYPES if kind != "choice"}
        values: dict[str, Schema] = {
            **types,
            "choice": _digits(choice),
            "label": _ref("text"),
            "not": {
                "description": "An earlier field, or several, whose value this one must not have.",
                "anyOf": [WORD, list_of(WORD)],
            },
            "only": map_of(
                {"anyOf": [WORD, list_of(WORD)]},
                description="Asked only when these earlier fields have these values, or one of several.",
            ),
            "keys": self._or_parameter(
                {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": _KEY_RANGE}]}
            ),
            "private": YES,
            "prompt": _ref("text"),
            "last": {"description": "Offers what this caller chose last: {last} and {key}.", **_ref("text")},
            "telecode": YES,
            **dict.fromkeys(MISSES, _ref("misses")),
        }
        return a_map(
            values,
            anyOf=[{"required": [kind, "label"] if kind == "choice" else [kind]} for kind in FIELD_TYPES],
        )

    # --- parts -------------------------------------------------------------------------------

    def part(self, verb: str) -> Schema:
        values: dict[str, Schema] = {
            "intro": _ref("text"),
            "outro": _ref("text"),
            "then": _ref("way"),
            "say": _ref("text"),
            "staff": {
                "description": "The field with the staff number; without it, whoever is signed in at the seat.",
                **WORD,
            },
            "reason": {"description": "Why the agent pauses, for the reports.", **WORD},
            "skill": {
                "description": "The queue to which the caller goes instead while it is open and has agents.",
                **WORD,
            },
            "priority": {"anyOf": [self.number(), _cases("add", self.number())]},
            "limit": _ref("duration"),
            "keys": {"description": "What these keys mean in this menu.", **_KEYS}
            if verb != "transfer"
            else {
                "description": "Where these keys lead a caller who waits; told while waiting.",
                **_digits(
                    a_map({"label": _ref("text"), "go": _ref("way")}, ["label", "go"]), **{LIKE: _LIKE}
                ),
            },
            "with": _WITH,
            "answers": self.answers(verb),
            **dict.fromkeys(MISSES, _ref("misses")),
        }
        own = {"description": _ABOUT_VERBS[verb], **self.verb(verb)}
        needed = [verb, "answers"] if verb in ("form", "ask", "record") else [verb]
        return a_map({verb: own, **each(VERBS[verb], values)}, needed, **self.by_query(verb))

    def verb(self, verb: str) -> Schema:
        if verb in ("menu", "survey"):
            option = {"label": _ref("text"), "go": _ref("way"), "language": _LANGUAGE}
            options = _digits(a_map(option, ["label", "go"]))
            return options if verb == "menu" else {**options, "required": [str(score) for score in SCORES]}
        if verb == "form":
            fields = map_of(_ref("field"), minProperties=1, maxProperties=MOST_FIELDS)
            form = {
                "fields": fields,
                "check": {"description": "Asked before the read-back.", **self.queries(QUERIES.values())},
                "ask": self.queries(QUERIES.values()),
                "with": _WITH,
                "read_back": _ref("text"),
            }
            return a_map(form, ["fields", "ask"])
        if verb == "ask":
            return self.queries(QUERIES.values())
        if verb == "branch":
            return _cases("go", _ref("way"), language=_LANGUAGE)
        if verb == "member":
            return self.one_of(MEMBER_OPERATIONS)
        return _ref("text") if verb in ("say", "record") else WORD

    def answers(self, verb: str) -> Schema:
        outcomes = {"transfer": QUEUE_STATUSES, "member": MEMBER_OUTCOMES, "record": RECORD_OUTCOMES}
        if verb in outcomes:
            needed = [o for o in RECORD_OUTCOMES if o != "error"] if verb == "record" else []
            return a_map(
                {LIKE: _LIKE, **dict.fromkeys(outcomes[verb], _ref("answer"))}, **_unless_like(needed)
            )
        return map_of(_ref("answer"), properties={LIKE: _LIKE})

    def queries(self, specs: Iterable[QuerySpec]) -> Schema:
        known = [{"const": spec.name, "description": spec.about or spec.name} for spec in specs]
        return self._or_parameter({"anyOf": known})

    def by_query(self, verb: str) -> Schema:
        """What a query takes and how it may end depends on which one it is."""
        if verb not in ("form", "ask"):
            return {}
        return {"allOf": [self._for_query(verb, spec) for spec in QUERIES.values()]}

    def _for_query(self, verb: str, spec: QuerySpec) -> Schema:
        asked = {"properties": {"ask": {"const": spec.name}}, "required": ["ask"]}
        chosen = {"properties": {"form": asked}} if verb == "form" else asked
        then: Schema = {"properties": {"answers": _outcomes(spec)}}
        takes = {"propertyNames": {"enum": list(spec.takes)}}
        given: Schema = {"properties": {"with": {**takes, "properties": _choices(spec)}}}
        if verb == "ask":
            then["properties"] |= given["properties"]
            if needs(spec):
                then["required"] = ["with"]
                then["properties"]["with"] = {**then["properties"]["with"], "required": needs(spec)}
        else:
            given["properties"]["fields"] = takes
            asked_for = [{"anyOf": [_within("fields", name), _within("with", name)]} for name in needs(spec)]
            then["properties"]["form"] = {**given, "allOf": asked_for} if asked_for else given
        return {"if": chosen, "then": then}


def _digits(value: Schema, **more: Schema) -> Schema:
    return a_map({**{str(digit): value for digit in (*range(1, 10), 0)}, **more}, minProperties=1)


def _cases(result: str, value: Schema, **more: Schema) -> Schema:
    return list_of(a_map({"when": _ref("when"), result: value, **more}, ["when", result]))


def _within(place: str, name: str) -> Schema:
    return {"required": [place], "properties": {place: {"required": [name]}}}


def _choices(spec: QuerySpec) -> dict[str, Schema]:
    words = {name: {"anyOf": [{"enum": list(known)}, _FIELD]} for name, known in spec.choices.items()}
    return dict(words)


def _outcomes(spec: QuerySpec) -> Schema:
    names = list(dict.fromkeys([*spec.outcomes, "error"]))
    taken_from_others = {*spec.instead, *(["one"] if "many" in spec.outcomes else [])}
    needed = [name for name in spec.outcomes if name not in {"error", *taken_from_others}]
    return {"propertyNames": {"enum": [*names, LIKE]}, **_unless_like(needed)}


def _unless_like(needed: Sequence[str]) -> Schema:
    """Every outcome needs its answer, here or in the part that this one is like."""
    return {"anyOf": [{"required": [LIKE]}, {"required": list(needed)}]} if needed else {}
