"""What a query is and what it gives back: the seam between dialogue, menu checker and rail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: How a slot's JSON value is spoken. The value's form:
#: time "HH:MM" (25:10 is 01:10 of the next day) · date "YYYY-MM-DD" · money "54.5" (yuan) ·
#: train "G102" · count/number int · minutes int · digits "021" · key "1" · grouped "825317097" (told in threes) ·
#: document "11010519491231002X" (only its last two signs are told: the
#: record of what was said must not hold the four that open a booking) ·
#: named {"code": …, "zh": …, "en": …} (stations, cities, seat classes, operators) · text str
SLOT_TYPES = (
    "time",
    "date",
    "money",
    "train",
    "count",
    "number",
    "minutes",
    "digits",
    "grouped",
    "document",
    "key",
    "named",
    "text",
)
#: The type of a slot that is a list itself, [{…}, …]: a reply says with a text of its own how each entry is read.
LIST = "list"


@dataclass(frozen=True)
class QuerySpec:
    """A query that a menu can ask. ``takes``: argument → field type (station, train, date,
    area_code, city, digits, choice); ``outcomes``: outcome → its slots (name → slot type);
    ``items``: outcome → the slots of each list item; ``lists``: a slot of type :data:`LIST` → the slots of each of its
    entries; ``choices``: argument → the words it may be;
    ``instead``: outcome → the one whose reply does for it where a menu has none of its own."""

    name: str
    takes: Mapping[str, str]
    outcomes: Mapping[str, Mapping[str, str]]
    items: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    about: str = ""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """The answer to a query: which outcome, its slots, and the items of a list."""

    outcome: str
    slots: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[Mapping[str, Any], ...] = ()
