"""What callers do in the menus: what they choose, where they give up, who needs no agent, who calls again.

A figure whose denominator is 0 is ``None``; ratios are rounded to 4 decimals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import zip_longest
from typing import Any

#: Outcomes of calls (``ivr.acd.outcome``) that ended in the menu without an answer, by the caller or by the limits.
GAVE_UP = ("hung_up", "no_input", "too_many_tries", "too_long")
#: Outcomes of calls whose caller got what there is: by an agent, or by the menu alone.
SERVED = ("answered", "self_service")
#: Another call of the same number so soon after the beginning of the last one is a repeated call.
REPEAT_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class MenuCall:
    """A caller's call. ``caller_key`` stands for the number without telling it, "" when it is withheld;
    ``last_part``: the menu part of its last step, "" without a step. ``began_at``: aware."""

    began_at: datetime
    caller_key: str
    outcome: str
    last_part: str = ""


@dataclass(frozen=True)
class Choice:
    """``calls`` different calls keyed ``key`` in ``part``: one key, "…" for several, "" for none in time."""

    part: str
    key: str
    calls: int


def menu_report(
    calls: Sequence[MenuCall], visits: dict[str, int], choices: Iterable[Choice], until: datetime
) -> dict[str, Any]:
    """The figures of the calls that began before ``until`` (aware); later ones only tell whose call was
    repeated. ``visits``: part → calls that came there.

    ``calls``; ``ended``: those that are over; ``outcomes``: outcome → calls; ``self_service_rate``: self_service / ended;
    ``gave_up``: calls with an outcome of :data:`GAVE_UP`, ``gave_up_rate``: / ended; ``repeated``: calls after whose
    beginning the number called again within 24 h, ``repeat_rate``: / calls whose number is known. ``resolved``: calls that
    an agent answered or that needed none (:data:`SERVED`), and were not repeated; ``first_call_resolution``: / such calls whose number is
    known. Those of the last 24 hours may still be repeated.
    ``parts``: those that most calls came to first, each with ``calls``, ``gave_up`` and ``gave_up_rate`` (/ calls) there,
    and its ``choices``: ``key`` (``None``: no key in time), ``calls``, ``share`` (/ calls of the part; a call
    may choose twice, so that shares may add up to more than 1).
    """
    mine = [call for call in calls if call.began_at < until]
    outcomes = Counter(call.outcome for call in mine)
    ended = len(mine) - outcomes["open"]
    left = Counter(call.last_part for call in mine if call.outcome in GAVE_UP)
    repeated, known, served, resolved = _repeated(calls, until)
    return {
        "calls": len(mine),
        "ended": ended,
        "outcomes": dict(sorted(outcomes.items())),
        "self_service": outcomes["self_service"],
        "self_service_rate": _ratio(outcomes["self_service"], ended),
        "gave_up": left.total(),
        "gave_up_rate": _ratio(left.total(), ended),
        "repeated": repeated,
        "repeat_rate": _ratio(repeated, known),
        "resolved": resolved,
        "first_call_resolution": _ratio(resolved, served),
        "parts": _parts(visits, left, choices),
    }


def _repeated(calls: Iterable[MenuCall], until: datetime) -> tuple[int, int, int, int]:
    """How many of the calls were repeated, of how many the number is known; and how many of these were served, and of
    them not repeated."""
    numbers: dict[str, list[tuple[datetime, bool]]] = {}
    for call in calls:
        if call.caller_key:
            begun = call.began_at.astimezone(timezone.utc), call.outcome in SERVED
            numbers.setdefault(call.caller_key, []).append(begun)
    repeated = known = served = resolved = 0
    for begun_calls in numbers.values():
        begun_calls.sort()
        later = [at for at, _ in begun_calls[1:]]
        for (at, was_served), another in zip_longest(begun_calls, later):
            if at >= until:
                break
            again = another is not None and another - at <= REPEAT_WITHIN
            known += 1
            repeated += again
            served += was_served
            resolved += was_served and not again
    return repeated, known, served, resolved


def _parts(visits: dict[str, int], left: Counter[str], choices: Iterable[Choice]) -> list[dict[str, Any]]:
    by_part: dict[str, list[Choice]] = {}
    for choice in choices:
        by_part.setdefault(choice.part, []).append(choice)
    return [
        {
            "part": part,
            "calls": calls,
            "gave_up": left[part],
            "gave_up_rate": _ratio(left[part], calls),
            "choices": [
                {"key": choice.key or None, "calls": choice.calls, "share": _ratio(choice.calls, calls)}
                for choice in sorted(by_part.get(part, ()), key=lambda one: (-one.calls, one.key))
            ],
        }
        for part, calls in sorted(visits.items(), key=lambda item: (-item[1], item[0]))
    ]


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
