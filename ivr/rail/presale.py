"""The presale period (预售期): how many days ahead tickets are sold, since when, and from which time of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.inquiry import Inquiry, Query
from ivr.rail.service_day import clock_of
from ivr.rail.source import PresaleRule, RailSource


def _in_force(rules: Sequence[PresaleRule], day: date) -> PresaleRule:
    """The newest rule that has come. Raises LookupError where none has."""
    valid = [rule for rule in rules if rule.valid_from <= day]
    if not valid:
        raise LookupError(f"no presale rule holds on {day}")
    return max(valid, key=lambda rule: rule.valid_from)


def _last_day(rules: Sequence[PresaleRule], day: date) -> date:
    return day + timedelta(days=_in_force(rules, day).days - 1)


def last_day_on_sale(source: RailSource, today: date) -> date:
    """With 15 days on sale, the fourteenth day from today."""
    return _last_day(source.presale_rules(), today)


def presale(inquiry: Inquiry) -> Answer:
    """The last day on sale, the length of the period, and the change to come, if one is known."""
    rules = inquiry.source.presale_rules()
    slots: dict[str, Any] = {
        "last_day": _last_day(rules, inquiry.today).isoformat(),
        "days": _in_force(rules, inquiry.today).days,
    }
    coming = [rule for rule in rules if rule.valid_from > inquiry.today]
    if coming:
        following = min(coming, key=lambda rule: rule.valid_from)
        slots |= {"next_from": following.valid_from.isoformat(), "next_days": following.days}
    return Answer("told", slots)


def sale_day(inquiry: Inquiry) -> Answer:
    """Whether tickets for ``date`` can be bought, and if not, from which day on: by the rules that are known today,
    those to come included."""
    rules, day = inquiry.source.presale_rules(), inquiry.day()
    last = _last_day(rules, inquiry.today)
    slots = {"date": day.isoformat(), "last_day": last.isoformat()}
    if day < inquiry.today:
        return Answer("past", slots)
    if day <= last:
        return Answer("open", slots)
    opens = inquiry.today
    while _last_day(rules, opens) < day:
        opens += timedelta(days=1)
    return Answer("opens", {**slots, "opens_on": opens.isoformat()})


def sale_time(inquiry: Inquiry) -> Answer:
    """The time of the day at which a station opens the sale of a further day, and the last day that is on sale there
    now: until then it is the day before."""
    station = inquiry.station("from")
    last = last_day_on_sale(inquiry.source, inquiry.today)
    minute = inquiry.source.sale_time(station.telecode)
    if minute is None:
        return Answer("unknown", {"from": station.named, "last_day": last.isoformat()})
    if inquiry.now is not None and inquiry.minute_on(inquiry.today) < minute:
        last -= timedelta(days=1)
    return Answer("told", {"from": station.named, "time": clock_of(minute), "last_day": last.isoformat()})


_ON_SALE = {"date": "date", "last_day": "date"}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "presale",
            takes={},
            outcomes={
                "told": {"last_day": "date", "days": "number", "next_from": "date", "next_days": "number"}
            },
            optional=frozenset({"told.next_from", "told.next_days"}),
            about="the last day on sale from today, and the length of the presale period with today; next_…: the "
            "change to come",
        ),
        presale,
    ),
    (
        QuerySpec(
            "sale_day",
            takes={"date": "date"},
            outcomes={"past": _ON_SALE, "open": _ON_SALE, "opens": {**_ON_SALE, "opens_on": "date"}},
            about="whether tickets for a day are on sale, or from which day on they will be",
        ),
        sale_day,
    ),
    (
        QuerySpec(
            "sale_time",
            takes={"from": "station"},
            outcomes={
                "told": {"from": "named", "time": "time", "last_day": "date"},
                "unknown": {"from": "named", "last_day": "date"},
            },
            about="the time of the day at which a station opens the sale of a further day",
        ),
        sale_time,
    ),
)
