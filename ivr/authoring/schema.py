"""JSON Schemas (draft 2020-12) of the menu files, for editors that complete and check while one types.

They are made from the tables that the readers use. What needs more than one place of a file (a way to
a part that is not there, a text without a language) is for ``ivr menu check``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ivr.authoring import calendar_file, notices_file, words_file
from ivr.authoring.form_reader import FIELD_TYPES, MOST_FIELDS, needs
from ivr.authoring.loader import DEFAULTS, INCLUDED_TOP, STANDARDS, TOP
from ivr.authoring.part_reader import (
    MEMBER_OPERATIONS,
    MEMBER_OUTCOMES,
    QUEUE_STATUSES,
    RECORD_OUTCOMES,
    VERBS,
)
from ivr.authoring.pieces import CONDITIONS, MISSES, NAME
from ivr.authoring.queries import QUERIES
from ivr.authoring.shared_answers import LIKE
from ivr.dialogue.calendar import KINDS
from ivr.dialogue.words import WORDS
from ivr.rail.answers import SLOT_TYPES, QuerySpec
from ivr.speech.voices import VOICES
from ivr.speech.wordbook import FRAMES, KEYS, UNITS

Schema = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_DURATION = r"^[0-9]{1,9}(\.[0-9]{1,9})?\s*(s|m|h|d)$"
_KEY_RANGE = r"^[0-9]{1,3}(\s+to\s+[0-9]{1,3})?$"
_DAY = r"\d{4}-\d{2}-\d{2}"
_STRETCH = rf"^{_DAY}( to {_DAY})?$"
_SPAN = r"([01]\d|2[0-3]):[0-5]\d\s*-\s*(([01]\d|2[0-3]):[0-5]\d|24:00)"
_HOURS = rf"^(closed|{_SPAN}(\s*,\s*{_SPAN})*)$"
_PARAMETER = r"<[A-Za-z_][A-Za-z0-9_]*>"

_ABOUT_VERBS = {
    "menu": "Offers options, each with a key: {1: {label: …, go: …}}.",
    "form": "Asks for fields one after the other, reads them back, then asks a query.",
    "ask": "Asks a query that needs no more keys from the caller.",
    "branch": "Goes where the first case leads whose conditions are all so.",
    "member": "The seat signs in or out, pauses or goes on.",
    "transfer": "Hands the caller to a queue.",
    "record": "Says the text, then records a message of the caller.",
    "end": "Ends the call with an outcome of its own.",
    "say": "Says a text.",
}


def schemas() -> dict[str, Schema]:
    """``menu`` (a tree's file), ``included`` (a file that a tree includes), ``calendar``, ``notices``, ``words``."""
    return {
        "menu": _Maker().menu(),
        "included": _Maker(parameters=True).included(),
        "calendar": _calendar(),
        "notices": _notices(),
        "words": _words(),
    }


def dumped(schema: Schema) -> str:
    """A schema as the text of its file."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


# --- small ones ----------------------------------------------------------------------------------


def _map(properties: Mapping[str, Schema], required: Iterable[str] = (), **more: Any) -> Schema:
    schema: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return {**schema, **more}


def _of(value: Schema, **more: Any) -> Schema:
    """A map of names that the author chooses."""
    return {"type": "object", "additionalProperties": value, **more}


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


#: A word as YAML reads it: 12306 is a number to YAML, and a word to us.
_WORD: Schema = {"type": ["string", "number", "boolean"]}
_LIKE: Schema = {"description": "The part of this file whose answers hold where none stands here.", **_WORD}
_YES: Schema = {"enum": [True, False, "true", "false"]}
_TEXT: Schema = {
    "description": "A text; in several languages a map: {zh: …, en: …}. {name} is a slot, <name> a fragment.",
    "anyOf": [_WORD, {"type": "object", "minProperties": 1, "additionalProperties": _WORD}],
}


#: A field of a form before.
_FIELD: Schema = {"type": "string", "pattern": r"^\{\w+\}$"}
_WITH: Schema = {
    "type": "object",
    "description": "What the query gets besides: a word, or {field} as the caller keyed it in a form before.",
    "additionalProperties": _WORD,
}


# --- trees and the files they include ------------------------------------------------------------


class _Maker:
    """``parameters``: whether ``<name>`` may stand where a word is expected."""

    def __init__(self, *, parameters: bool = False) -> None:
        self.parameters = parameters

    def menu(self) -> Schema:
        values: dict[str, Schema] = {
            "hotline": {"description": "The number that callers dial.", **_WORD},
            "languages": _list(
                _WORD, minItems=1, description="Those every text must have, the first one first."
            ),
            "check": _map(_each(STANDARDS, {"options": self.number(1), "spoken": _ref("duration")})),
            "start": {"description": "The part with which a call begins.", **_ref("way")},
            "defaults": self.defaults(),
            "words": _map(
                dict.fromkeys(WORDS, _ref("text")), description="Standing sentences that are replaced."
            ),
            "fragments": _of(_ref("text"), description="Words that texts name as <name>."),
            "facts": _of(self.one_of(SLOT_TYPES), description="Facts of the call that texts may name."),
            "include": _list(self.include()),
            "parts": _of(_ref("part"), minProperties=1, propertyNames={"pattern": f"^{NAME}$"}),
        }
        top = _map(_each(TOP, values), ["start", "parts"])
        return self.document("A menu tree", top)

    def included(self) -> Schema:
        values: dict[str, Schema] = {
            "parameters": {"type": "object", "description": "name: what it is for; used as <name>."},
            "start": {"description": "The part with which the file begins.", **_ref("way")},
            "fragments": _of(_ref("text"), description="Words that texts name as <name>."),
            "parts": _of(_ref("part"), minProperties=1, propertyNames={"pattern": f"^{NAME}$"}),
        }
        return self.document(
            "A file that a menu tree includes", _map(_each(INCLUDED_TOP, values), ["start", "parts"])
        )

    def document(self, title: str, top: Schema) -> Schema:
        return {"$schema": _DRAFT, "title": title, **top, "$defs": self.definitions()}

    def definitions(self) -> dict[str, Schema]:
        return {
            "text": _TEXT,
            "way": {
                "description": "A part, or back (to the menu the caller came from), again, hangup.",
                **_WORD,
            },
            "duration": self.pattern(_DURATION, "A time such as 5s, 20m, 1h or 3d."),
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
        keys = dict.fromkeys("*#0", {"description": "repeat, back, or a part.", **_WORD})
        values: dict[str, Schema] = {
            "keys": _map(keys, description="What these keys mean everywhere."),
            "wait": {"description": "For the first key.", **_ref("duration")},
            "between_keys": {"description": "From one key to the next.", **_ref("duration")},
            "then": {"description": "What follows an announcement or an answer.", **_ref("way")},
            "error": {"description": "Where a query that fails leads.", **_ref("way")},
            "limits": _map(limits, description="Bounds of a whole call."),
            **dict.fromkeys(MISSES, _ref("misses")),
        }
        return _map(_each(DEFAULTS, values))

    def include(self) -> Schema:
        return _map(
            {
                "file": {"description": "A file beside this one.", **_WORD},
                "as": {"description": "The name by which ways lead there.", **_WORD},
                "with": _of(_WORD, description="Its parameters."),
            },
            ["file", "as"],
        )

    def misses(self) -> Schema:
        say = {"anyOf": [_ref("text"), _list(_ref("text"))], "description": "One text for each miss."}
        return _map({"tries": self.number(), "then": _ref("way"), "say": say})

    def when(self) -> Schema:
        values: dict[str, Schema] = {
            "operation": self.one_of(MEMBER_OPERATIONS),
            "queue_status": self.one_of(QUEUE_STATUSES),
            "calendar": {"description": f"{', '.join(KINDS)}, or a period of calendar.yaml.", **_WORD},
            "language": _WORD,
            "number": {"description": "The caller's number; 138* is every one that begins so.", **_WORD},
            "chose": {"description": "A part the caller was in.", **_ref("way")},
            "returning": {"description": "Called within this time.", **_ref("duration")},
            "queue": {
                "description": "A queue, with open or closed after it, or waiting or wait beside.",
                **_WORD,
            },
            "waiting": self.pattern(r"^over\s+[0-9]{1,9}$", "More callers wait than: over 20."),
            "wait": self.pattern(rf"^over\s+{_DURATION[1:]}", "The expected wait is longer than: over 10m."),
        }
        return _map(_each(CONDITIONS, values), minProperties=1, description="Every one of these must be so.")

    def answer(self) -> Schema:
        return _map(
            {
                "say": _ref("text"),
                "each": {"description": "Said for every item of a list.", **_ref("text")},
                "lists": _map(
                    {name: _ref("text") for spec in QUERIES.values() for name in spec.lists},
                    description="A slot that is a list itself: what is said for each of its entries.",
                ),
                "at_a_time": self.number(1),
                "then": _ref("way"),
                "correct": {
                    "description": "The field that is asked for again, for itself, after this answer.",
                    **_WORD,
                },
            }
        )

    def field(self) -> Schema:
        choice = _map({"label": _ref("text"), "value": _WORD}, ["label", "value"])
        types = {kind: _ref("text") for kind in FIELD_TYPES if kind != "choice"}
        values: dict[str, Schema] = {
            **types,
            "choice": _digits(choice),
            "label": _ref("text"),
            "not": {
                "description": "An earlier field, or several, whose value this one must not have.",
                "anyOf": [_WORD, _list(_WORD)],
            },
            "only": _of(
                {"anyOf": [_WORD, _list(_WORD)]},
                description="Asked only when these earlier fields have these values, or one of several.",
            ),
            "keys": self._or_parameter(
                {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": _KEY_RANGE}]}
            ),
            "private": _YES,
            "prompt": _ref("text"),
            "last": {"description": "Offers what this caller chose last: {last} and {key}.", **_ref("text")},
            "telecode": _YES,
            **dict.fromkeys(MISSES, _ref("misses")),
        }
        return _map(
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
            "staff": {"description": "The field with the staff number.", **_WORD},
            "skill": {
                "description": "The skill the agent should have. Noted only: any agent of the queue may answer.",
                **_WORD,
            },
            "priority": {"anyOf": [self.number(), _cases("add", self.number())]},
            "limit": _ref("duration"),
            "with": _WITH,
            "answers": self.answers(verb),
            **dict.fromkeys(MISSES, _ref("misses")),
        }
        own = {"description": _ABOUT_VERBS[verb], **self.verb(verb)}
        needed = [verb, "answers"] if verb in ("form", "ask", "record") else [verb]
        return _map({verb: own, **_each(VERBS[verb], values)}, needed, **self.by_query(verb))

    def verb(self, verb: str) -> Schema:
        if verb == "menu":
            language = {"description": "What the caller hears from there on.", **_WORD}
            option = {"label": _ref("text"), "go": _ref("way"), "language": language}
            return _digits(_map(option, ["label", "go"]))
        if verb == "form":
            fields = _of(_ref("field"), minProperties=1, maxProperties=MOST_FIELDS)
            form = {
                "fields": fields,
                "check": {"description": "Asked before the read-back.", **self.queries(QUERIES.values())},
                "ask": self.queries(QUERIES.values()),
                "with": _WITH,
                "read_back": _ref("text"),
            }
            return _map(form, ["fields", "ask"])
        if verb == "ask":
            return self.queries(QUERIES.values())
        if verb == "branch":
            return _cases("go", _ref("way"))
        if verb == "member":
            return self.one_of(MEMBER_OPERATIONS)
        return _ref("text") if verb in ("say", "record") else _WORD

    def answers(self, verb: str) -> Schema:
        outcomes = {"transfer": QUEUE_STATUSES, "member": MEMBER_OUTCOMES, "record": RECORD_OUTCOMES}
        if verb in outcomes:
            needed = [o for o in RECORD_OUTCOMES if o != "error"] if verb == "record" else []
            return _map(
                {LIKE: _LIKE, **dict.fromkeys(outcomes[verb], _ref("answer"))}, **_unless_like(needed)
            )
        return _of(_ref("answer"), properties={LIKE: _LIKE})

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


def _each(names: Iterable[str], values: Mapping[str, Schema]) -> dict[str, Schema]:
    """Raises KeyError for a name that the readers know and this module does not."""
    return {name: values[name] for name in names}


def _digits(value: Schema) -> Schema:
    return _map({str(digit): value for digit in (*range(1, 10), 0)}, minProperties=1)


def _cases(result: str, value: Schema) -> Schema:
    return _list(_map({"when": _ref("when"), result: value}, ["when", result]))


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


# --- the other files -----------------------------------------------------------------------------


def _calendar() -> Schema:
    def text(pattern: str, about: str) -> Schema:
        return {"type": "string", "pattern": pattern, "description": about}

    hours = text(_HOURS, "Such as 06:00-23:00, or 08:00-12:00, 13:00-18:00, or closed.")
    stretch = text(_STRETCH, "A day such as 2027-02-10, or 2027-02-05 to 2027-02-11.")
    week = _map(dict.fromkeys((*calendar_file.SPANS, *calendar_file.DAYS), hours))
    days = {"anyOf": [stretch, _list(stretch)]}
    values: dict[str, Schema] = {
        "hours": week,
        "holiday_hours": {"description": "Instead of hours on holidays.", **week},
        "exceptions": _of(hours, propertyNames={"pattern": _STRETCH}),
        "holidays": _list(stretch),
        "workdays": _list(stretch),
        "periods": _of(
            _map({"days": days, "peak": _YES}, ["days"]), propertyNames={"not": {"enum": list(KINDS)}}
        ),
    }
    return {
        "$schema": _DRAFT,
        "title": "The centre's calendar",
        **_map(_each(calendar_file.TOP, values), type=["object", "null"]),
    }


def _notices() -> Schema:
    moment = {"type": "string", "pattern": rf"^{_DAY}(T\d{{2}}:\d{{2}})?$"}
    values: dict[str, Schema] = {
        "text": _TEXT,
        "from": {"description": "A day or a moment such as 2026-07-24T18:00.", **moment},
        "until": {"description": "A day (it is included) or a moment.", **moment},
        "before": {"description": "Said before this part.", **_WORD},
        "queue": {"description": "Said before this queue.", **_WORD},
    }
    notices = _list(_map(_each(notices_file.KEYS, values), ["text"]), type=["array", "null"])
    return {
        "$schema": _DRAFT,
        "title": "Standing notices",
        **_map({"notices": notices}, type=["object", "null"]),
    }


def _words() -> Schema:
    forms = ("zero", "one", "two", "few", "many", "other")
    number = {"type": "string", "pattern": r"\{n\}"}
    gender = {"description": "Of the unit.", "enum": [word for word in words_file.GENDERS if word]}
    unit = {"anyOf": [number, _map({**dict.fromkeys(forms, number), "gender": gender})]}
    values: dict[str, Schema] = {
        **{name: {"description": f"Slots: {', '.join(slots)}.", **_WORD} for name, slots in FRAMES.items()},
        **dict.fromkeys(UNITS, {"description": "A number with its unit: {n} …", **unit}),
        **{name: _list(_WORD, minItems=n, maxItems=n) for name, n in words_file.LISTS.items()},
        "keys": _map(dict.fromkeys(KEYS, _WORD), KEYS),
        "letters": _of(_WORD, description="How the letters of trains are read."),
        "names": _of(_WORD, description="Names of the data by their Chinese name."),
        "sentences": _map(dict.fromkeys(WORDS, _WORD), WORDS),
    }
    book = _map(_each(words_file.TOP, values), words_file.NEEDED)
    return {
        "$schema": _DRAFT,
        "title": "The words of languages other than Chinese and English",
        "type": ["object", "null"],
        "propertyNames": {"enum": list(VOICES)},
        "additionalProperties": book,
    }
