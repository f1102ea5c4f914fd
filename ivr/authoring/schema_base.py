"""What the JSON Schemas of all menu files are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]

#: A time such as 5s, 20m, 1h or 3d.
DURATION = r"^[0-9]{1,9}(\.[0-9]{1,9})?\s*(s|m|h|d)$"
DRAFT = "https://json-schema.org/draft/2020-12/schema"

#: A word as YAML reads it: 12306 is a number to YAML, and a word to us.
WORD: Schema = {"type": ["string", "number", "boolean"]}
YES: Schema = {"enum": [True, False, "true", "false"]}
TEXT: Schema = {
    "description": "A text; in several languages a map: {zh: …, en: …}. {name} is a slot, <name> a fragment.",
    "anyOf": [WORD, {"type": "object", "minProperties": 1, "additionalProperties": WORD}],
}


def a_map(properties: Mapping[str, Schema], required: Iterable[str] = (), **more: Any) -> Schema:
    schema: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return {**schema, **more}


def map_of(value: Schema, **more: Any) -> Schema:
    """A map of names that the author chooses."""
    return {"type": "object", "additionalProperties": value, **more}


def list_of(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def each(names: Iterable[str], values: Mapping[str, Schema]) -> dict[str, Schema]:
    """Raises KeyError for a name that the readers know and this module does not."""
    return {name: values[name] for name in names}
