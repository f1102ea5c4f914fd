"""Sums of queue entries that are quick to add up: what a year's figures are made of."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol

from ivr.acd.record import OUTCOMES, WAITING

#: The parts of handling a call, of which an answered entry may know the seconds.
PARTS = ("talk_s", "hold_s", "wrapup_s")
#: Outcomes whose waits are summed apart.
WAITED = ("answered", "abandoned")
#: Stored sums know how many waited at most so long; other limits are asked of the tallies.
LIMITS_S = (5, 10, 15, 20, 25, 30, 40, 45, 60, 90, 120, 180, 300)

_OUTCOMES = {outcome: at for at, outcome in enumerate((*OUTCOMES, WAITING))}
_PARTS = {part: len(_OUTCOMES) + 2 * at for at, part in enumerate(PARTS)}
_WAITS = len(_OUTCOMES) + 2 * len(PARTS)  # of each of WAITED: known, seconds, then for each limit


class Counted(Protocol):
    """What is summed of an entry (``ivr.acd.record.EntryRecord`` and ``ivr.reports.queue_stats.Entry`` have it)."""

    @property
    def outcome(self) -> str: ...
    @property
    def wait_s(self) -> int | None: ...
    @property
    def talk_s(self) -> int | None: ...
    @property
    def hold_s(self) -> int | None: ...
    @property
    def wrapup_s(self) -> int | None: ...


def limits_for(*wanted: int) -> tuple[int, ...]:
    """:data:`LIMITS_S` where they have what is ``wanted``, else just that."""
    return LIMITS_S if set(wanted) <= set(LIMITS_S) else tuple(sorted(set(wanted)))


class Summary:
    """Entries by outcome, known seconds of waits and of :data:`PARTS`, and waits of at most each of ``limits``."""

    __slots__ = ("_numbers", "limits", "longest_s")

    def __init__(self, limits: Sequence[int] = LIMITS_S) -> None:
        self.limits = tuple(limits)
        #: The longest wait of all who have left, ``None`` where there is none.
        self.longest_s: int | None = None
        self._numbers = [0] * (_WAITS + len(WAITED) * (2 + len(self.limits)))

    def count(self, entry: Counted, times: int = 1) -> None:
        """Put an entry in, as often as ``times`` says, or take it out again."""
        outcome, wait_s, numbers = entry.outcome, entry.wait_s, self._numbers
        numbers[_OUTCOMES[outcome]] += times
        if wait_s is not None and outcome != WAITING:  # not while the greeting is told
            self.wait(outcome, wait_s, times)
        if outcome == "answered":
            for part, at in _PARTS.items():
                seconds = getattr(entry, part)
                if seconds is not None:
                    numbers[at] += times
                    numbers[at + 1] += times * seconds

    def outcome(self, outcome: str, times: int) -> None:
        """``times`` entries more with an outcome."""
        self._numbers[_OUTCOMES[outcome]] += times

    def wait(self, outcome: str, seconds: int, times: int) -> None:
        """``times`` waits more of so many seconds."""
        if self.longest_s is None or seconds > self.longest_s:
            self.longest_s = seconds
        if outcome in WAITED:
            at, numbers = self._waits(outcome), self._numbers
            numbers[at] += times
            numbers[at + 1] += times * seconds
            for limit in range(at + 2 + bisect_left(self.limits, seconds), at + 2 + len(self.limits)):
                numbers[limit] += times

    def part(self, part: str, times: int, seconds: int) -> None:
        """``times`` entries more of which the part is known, ``seconds`` altogether."""
        self._numbers[_PARTS[part]] += times
        self._numbers[_PARTS[part] + 1] += seconds

    def add(self, other: Summary) -> None:
        """Put in all of another summary with the same limits."""
        self._numbers = list(map(int.__add__, self._numbers, other._numbers))
        if other.longest_s is not None:
            self.longest_s = (
                other.longest_s if self.longest_s is None else max(self.longest_s, other.longest_s)
            )

    def entries(self, outcome: str) -> int:
        return self._numbers[_OUTCOMES[outcome]]

    @property
    def offered(self) -> int:
        """All entries."""
        return sum(self._numbers[: len(_OUTCOMES)])

    def waited(self, outcome: str) -> tuple[int, int]:
        """Of how many entries with that outcome the wait is known, and its seconds altogether."""
        at = self._waits(outcome)
        return self._numbers[at], self._numbers[at + 1]

    def within(self, outcome: str, seconds: int) -> int:
        """How many with that outcome waited at most ``seconds``, one of the limits."""
        return self._numbers[self._waits(outcome) + 2 + self.limits.index(seconds)]

    def handled(self, part: str) -> tuple[int, int]:
        """Of how many answered entries the part is known, and its seconds altogether."""
        return self._numbers[_PARTS[part]], self._numbers[_PARTS[part] + 1]

    def to_json(self) -> str:
        """As JSON, without the limits."""
        return json.dumps([self.longest_s, *self._numbers], separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Summary:
        """What :meth:`to_json` wrote of a summary with :data:`LIMITS_S`."""
        summary = cls.__new__(cls)
        summary.limits = LIMITS_S
        summary.longest_s, *summary._numbers = json.loads(text)
        return summary

    def _waits(self, outcome: str) -> int:
        return _WAITS + WAITED.index(outcome) * (2 + len(self.limits))
