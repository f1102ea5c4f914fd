"""The rules of booking by telephone.

* Callers key resident IDs; other documents go to an agent.
* At most three tickets a call, for the same train, day and class (12306 telephone booking, 2014 guides). Ten and more
  are a group's and go to an agent.
* Children (铁路旅客运输规程, in force from 2023-01-01, real-name trains): from 6 and under 14 on the day of travel the
  child fare; from 14 the full fare; each adult may take one child under 6 without a seat, which is declared when
  booking; a child under 6 with a seat pays the child fare. A child does not travel alone.
* One document books one train a day.
* A booking is held until the deadline of the rule in force when it was made, and at most until the train leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ivr.rail.documents import age_on, birth_date

MOST_TICKETS = 3
GROUP_FROM = 10
FREE_UNDER = 6
FULL_FARE_FROM = 14
#: Passengers as the fare rules name them (:data:`ivr.rail.fare_rules.PASSENGERS`).
ADULT, CHILD = "adult", "child"

#: What became of a booking. ``paid``: its tickets were collected or paid for; it no longer expires.
HELD, PAID, CANCELLED, EXPIRED = "held", "paid", "cancelled", "expired"


@dataclass(frozen=True)
class DeadlineRule:
    """From ``valid_from`` on, a booking made from ``made_from`` o'clock on (until the next rule of the same day) is held
    until ``until_minute`` of the day ``days`` after it was made; 1440 is midnight at that day's end."""

    valid_from: date
    made_from: time
    days: int
    until_minute: int


def deadline(rules: Sequence[DeadlineRule], made: datetime, leaves: datetime) -> datetime:
    """Until when a booking made at ``made`` is held; the train ``leaves`` the caller's station then. All aware, in the
    site's zone. Raises LookupError when no rule holds."""
    in_force = [rule for rule in rules if rule.valid_from <= made.date()]
    newest = max((rule.valid_from for rule in in_force), default=None)
    fitting = [rule for rule in in_force if rule.valid_from == newest and rule.made_from <= made.time()]
    if not fitting:
        raise LookupError(f"no rule says until when a booking of {made:%Y-%m-%d %H:%M} is held")
    rule = max(fitting, key=lambda rule: rule.made_from)
    midnight = datetime.combine(made.date() + timedelta(days=rule.days), time(), made.tzinfo)
    return min(midnight + timedelta(minutes=rule.until_minute), leaves)


def ticket_kind(document: str, travel: date) -> str:
    """Which ticket the holder of a resident ID needs on the day of travel."""
    return CHILD if age_on(birth_date(document), travel) < FULL_FARE_FROM else ADULT


def party_fault(kinds: Sequence[str], free_children: int) -> str:
    """What forbids these tickets and children without a seat together: ``child_alone``, ``too_many_free``, or ""."""
    adults = kinds.count(ADULT)
    if not adults:
        return "child_alone"
    return "too_many_free" if free_children > adults else ""


def total_of(fares: Sequence[int | None]) -> int | None:
    """All together; ``None`` when one of them is not known."""
    known = [fare for fare in fares if fare is not None]
    return sum(known) if len(known) == len(fares) else None
