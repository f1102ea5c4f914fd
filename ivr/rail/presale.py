"""The presale period (预售期): how many days ahead tickets are sold."""

from __future__ import annotations

from datetime import date, timedelta

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.inquiry import Inquiry, Query
from ivr.rail.source import RailSource


def days_on_sale(source: RailSource, today: date) -> int:
    """For how many days tickets are on sale, ``today`` included. Raises LookupError where no rule holds yet."""
    rules = [rule for rule in source.presale_rules() if rule.valid_from <= today]
    if not rules:
        raise LookupError(f"no presale rule holds on {today}")
    return max(rules, key=lambda rule: rule.valid_from).days


def last_day_on_sale(source: RailSource, today: date) -> date:
    """With 15 days on sale, the fourteenth day from today."""
    return today + timedelta(days=days_on_sale(source, today) - 1)


def presale(inquiry: Inquiry) -> Answer:
    """The last day on sale, and the length of the period."""
    return Answer(
        "told",
        {
            "last_day": last_day_on_sale(inquiry.source, inquiry.today).isoformat(),
            "days": days_on_sale(inquiry.source, inquiry.today),
        },
    )


QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "presale",
            takes={},
            outcomes={"told": {"last_day": "date", "days": "number"}},
            about="the last day on sale from today, and the length of the presale period with today",
        ),
        presale,
    ),
)
