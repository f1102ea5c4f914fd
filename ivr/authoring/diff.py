"""What changes from one revision of the menus to another, by meaning.

Comments, layout and the order of parts change nothing; the order of options does, callers hear it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import time
from typing import Any

from ivr.authoring.folder import Menus
from ivr.dialogue.calendar import Calendar, Hours
from ivr.dialogue.queues import Queue
from ivr.dialogue.tree import Part, Tree
from ivr.rail.answers import QuerySpec
from ivr.speech import Wordbook

#: What is told elsewhere, or belongs to the program.
_NOT_TOLD: Mapping[type, tuple[str, ...]] = {
    Tree: ("name", "revision", "parts", "calendar", "wordbooks", "queues"),
    QuerySpec: ("takes", "outcomes", "items", "optional", "about"),
}
#: What the members of a list are called by.
_NAMES = ("digit", "name")
#: Where a definition has another word than the admin's file.
_WORDS = {
    "replies": "answers",
    "text": "say",
    "first_wait_s": "wait",
    "next_wait_s": "between_keys",
    "recover": "error",
    "seconds": "length",
    "gathers": "inputs",
    "limit_s": "limit",
}
_ORDER = "(order)"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: A way through the definition, such as ("main", "option 4", "label", "zh").
Way = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One thing that was ``added``, ``removed`` or ``changed``.

    ``tree``: its name, ``calendar``, ``words`` or ``queues``. ``where``: part, then what in it, outermost first. ``before`` and
    ``after``: the values as text, "" for none.
    """

    tree: str
    kind: str
    where: Way
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        place = " ".join((self.tree, *self.where))
        if self.kind == "added":
            return f"+ {place}: {self.after}"
        if self.kind == "removed":
            return f"- {place}: {self.before}"
        return f"~ {place}: {self.before} → {self.after}"


def changes(old: Menus, new: Menus) -> list[Change]:
    """What changes from ``old`` to ``new``: trees in their order, in each what is no part, then the parts."""
    found: list[Change] = []
    for name in dict.fromkeys([*old.trees, *new.trees]):
        before, after = old.trees.get(name), new.trees.get(name)
        found.extend(_between(name, _flat(before), _flat(after)))
        found.extend(_parts(name, before.parts if before else {}, after.parts if after else {}))
    found.extend(_between("calendar", _flat(_calendar(old)), _flat(_calendar(new))))
    found.extend(_between("words", _flat(_wordbooks(old)), _flat(_wordbooks(new))))
    found.extend(_between("queues", _flat(old.queues), _flat(new.queues)))
    return found


def _parts(tree: str, old: Mapping[str, Part], new: Mapping[str, Part]) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if before is None:
            yield Change(tree, "added", (name,), after=_summary(after))
        elif after is None:
            yield Change(tree, "removed", (name,), _summary(before))
        elif type(before) is not type(after):
            yield Change(tree, "changed", (name,), _summary(before), _summary(after))
        else:
            yield from _between(tree, _flat(before), _flat(after), (name,))


def _between(tree: str, old: Mapping[Way, str], new: Mapping[Way, str], within: Way = ()) -> Iterator[Change]:
    """The changes of flat values; what is new or gone as a whole is told once, by its first value."""
    told: set[Way] = set()
    for way in dict.fromkeys([*old, *new]):
        before, after = old.get(way, ""), new.get(way, "")
        if before == after or (way[-1] == _ORDER and _same_order(before, after)):
            continue
        whole = _whole(way, old, new)
        if whole in told:
            continue
        if whole is None:
            kind = "changed" if before and after else "added" if after else "removed"
            yield Change(tree, kind, within + way, before, after)
            continue
        told.add(whole)
        inside = new if after else old
        values = ", ".join(value for other, value in inside.items() if other[: len(whole)] == whole)
        kind = "added" if after else "removed"
        yield Change(tree, kind, within + whole, "" if after else values, values if after else "")


def _same_order(before: str, after: str) -> bool:
    """Whether what is in both lists stands in the same order."""
    old, new = before.split(), after.split()
    return [name for name in old if name in new] == [name for name in new if name in old]


def _whole(way: Way, old: Mapping[Way, str], new: Mapping[Way, str]) -> Way | None:
    """The outermost thing around ``way`` that one of the two has nothing of; ``None`` when both have it all."""
    for length in range(1, len(way)):
        around = way[:length]
        there = [any(other[:length] == around for other in values) for values in (old, new)]
        if not all(there):
            return around
    return None


def _summary(part: Any) -> str:
    """A part in a few words: its verb, and the first thing it says."""
    verb = type(part).__name__.removesuffix("Part").lower()
    said = next((value for way, value in _flat(part).items() if way[-1] in ("zh", "en")), "")
    return f"{verb} {said}".strip()


def _calendar(menus: Menus) -> Calendar | None:
    """All trees of a folder have the same."""
    return next((tree.calendar for tree in menus.trees.values()), None)


def _wordbooks(menus: Menus) -> dict[str, Wordbook]:
    return {name: book for tree in menus.trees.values() for name, book in tree.wordbooks.items()}


def _flat(value: Any) -> dict[Way, str]:
    """Every single value within ``value`` with the way to it, nothing for ``None`` and what is empty."""
    return dict(_leaves(value, ()))


def _leaves(value: Any, way: Way) -> Iterator[tuple[Way, str]]:
    if value is None:
        return
    if isinstance(value, Calendar):
        yield from _days(value)
    elif isinstance(value, Queue):
        yield from _queue(value, way)
    elif is_dataclass(value) and not isinstance(value, type):
        untold = _NOT_TOLD.get(type(value), ())
        for field in fields(value):
            if field.name not in untold:
                yield from _leaves(getattr(value, field.name), (*way, _WORDS.get(field.name, field.name)))
    elif isinstance(value, Mapping):
        for key in value:
            yield from _leaves(value[key], (*way, str(key)))
    elif isinstance(value, tuple):
        yield from _members(value, way)
    elif value != "":
        yield way, str(value)


def _members(values: Iterable[Any], way: Way) -> Iterator[tuple[Way, str]]:
    """The members of a list by their names, and the order of the names; without names by their places."""
    members = list(values)
    label = next((name for name in _NAMES if members and all(hasattr(m, name) for m in members)), "")
    if not label:
        for place, member in enumerate(members, 1):
            yield from _leaves(member, (*way, str(place)))
        return
    names = [str(getattr(member, label)) for member in members]
    for name, member in zip(names, members, strict=True):
        for inner, text in _leaves(member, (*way, name)):
            if inner != (*way, name, label):
                yield inner, text
    if len(names) > 1:
        yield (*way, _ORDER), " ".join(names)


def _days(calendar: Calendar) -> Iterator[tuple[Way, str]]:
    yield from _week("hours", calendar.hours)
    yield from _week("holiday_hours", calendar.holiday_hours)
    for at, opening in calendar.exceptions.items():
        yield ("exceptions", str(at)), _spans(opening)
    for what, days in (("holidays", calendar.holidays), ("workdays", calendar.workdays)):
        for on in sorted(days):
            yield (what, str(on)), str(on)
    for name in dict.fromkeys(period.name for period in calendar.periods):
        periods = [period for period in calendar.periods if period.name == name]
        peak = " peak" if any(period.peak for period in periods) else ""
        yield ("periods", name), ", ".join(f"{p.first} to {p.last}" for p in periods) + peak


def _queue(queue: Queue, way: Way) -> Iterator[tuple[Way, str]]:
    """As the admin's file has it."""
    for name in ("label", "strategy", "weight", "levels", "most_waiting", "language", "number"):
        if (value := getattr(queue, name)) not in ("", None):
            yield (*way, name), str(value)
    yield (*way, "announce"), f"{queue.announce_s}s" if queue.announce_s else "never"
    for name in ("ring", "wrapup", "longest_wait", "service_level"):
        if (seconds := getattr(queue, f"{name}_s")) is not None:
            yield (*way, name), f"{seconds}s"
    if queue.widen:
        yield (*way, "widen"), ", ".join(f"{after}s: {level}" for after, level in queue.widen)
    if queue.sticky_s:
        yield (*way, "sticky"), f"{queue.sticky_s}s"
    for code, label in queue.codes.items():
        yield (*way, "codes", code), label
    for within, hours in _week("hours", queue.hours):
        yield (*way, *within), hours


def _week(what: str, hours: tuple[Hours, ...] | None) -> Iterator[tuple[Way, str]]:
    if hours is not None:
        for number, day in enumerate(_DAYS):
            yield (what, day), _spans((h.start, h.end) for h in hours if number in h.days)


def _spans(spans: Iterable[tuple[time, time]]) -> str:
    return ", ".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in spans) or "closed"
