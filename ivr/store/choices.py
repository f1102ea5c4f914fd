"""What callers chose last: kept by the keyed hash of the number, for some days, and then deleted.

It serves two ends: a caller is offered the last choice first, and stations that more callers chose are read earlier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ivr.acd.caller import is_number
from ivr.rail.answers import Answer
from ivr.store.database import table_of
from ivr.store.models.choices import CallerChoice
from ivr.store.models.rail import RailLive, RailStation
from ivr.store.secrets import keyed_hash

#: For so many days a choice is kept; ``keep_choices_days`` of the settings may say otherwise.
KEPT_DAYS = 90


def remember(
    session: Session, caller: str, chosen: Mapping[str, str], at: datetime, days: int = KEPT_DAYS
) -> None:
    """Keep what ``caller`` chose ``at`` (aware): field → telecode. What is older than ``days`` is deleted on this
    occasion; with 0 days nothing is kept."""
    session.execute(delete(CallerChoice).where(CallerChoice.until <= at))
    if not (days and chosen and is_number(caller)):
        return
    rows = [
        {
            "caller_hash": keyed_hash(caller),
            "field": field,
            "station": station,
            "until": at + timedelta(days=days),
        }
        for field, station in chosen.items()
    ]
    table = table_of(CallerChoice)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    adding = dialect.insert(table)
    session.execute(
        adding.on_conflict_do_update(
            index_elements=["caller_hash", "field"],
            set_={"station": adding.excluded.station, "until": adding.excluded.until},
        ),
        rows,
    )


def last_choice(session: Session, caller: str, field: str, now: datetime) -> Answer:
    """``known`` with the station that ``caller`` chose ``last`` in the form field ``field``; ``none`` when there is
    none, when it is too long ago, or when the number is withheld. ``now`` is aware."""
    if not is_number(caller):
        return Answer("none")
    found = session.execute(
        select(RailStation.telecode, RailStation.name, RailStation.label)
        .join(RailLive, RailLive.dataset == RailStation.dataset)
        .join(CallerChoice, CallerChoice.station == RailStation.telecode)
        .where(
            CallerChoice.caller_hash == keyed_hash(caller),
            CallerChoice.field == field,
            CallerChoice.until > now,
        )
    ).first()
    if found is None:
        return Answer("none")
    return Answer("known", {"last": {"code": found[0], "zh": found[1], "en": found[2]}})


def station_choices(session: Session, telecodes: Sequence[str]) -> dict[str, int]:
    """How many callers chose each of these stations last; those that none chose are missing."""
    counted = (
        select(CallerChoice.station, func.count())
        .where(CallerChoice.station.in_(telecodes))
        .group_by(CallerChoice.station)
    )
    return {row[0]: row[1] for row in session.execute(counted)}
