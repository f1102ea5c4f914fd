"""What callers may be told of the live railway data: names, trains, how late it gets. The sounds are made of it ahead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Engine, func, select

from ivr.rail.fares import KINDS
from ivr.rail.seats import CLASSES, PLACES, named_place
from ivr.speech.vocabulary import Known
from ivr.store.database import reading
from ivr.store.models.rail import (
    RailAreaCode,
    RailBureau,
    RailLive,
    RailOperator,
    RailStation,
    RailStop,
    RailTrainNumber,
)


def known_to_callers(engine: Engine) -> Known:
    """The names and numbers of the live dataset, stations with most trains first; nothing when none is loaded. Raises
    :class:`IvrError` when the database cannot be read."""
    with reading(engine) as session:
        live = session.scalar(select(RailLive.dataset))
        if live is None:
            return Known()
        stations = session.execute(
            select(RailStation.name, RailStation.label)
            .where(RailStation.dataset == live)
            .order_by(RailStation.traffic.desc(), RailStation.name)
        )
        cities = session.execute(
            select(RailAreaCode.city, RailAreaCode.label)
            .where(RailAreaCode.dataset == live)
            .order_by(RailAreaCode.traffic.desc(), RailAreaCode.city)
        )
        bureaus = session.execute(
            select(RailBureau.name, RailBureau.english).where(RailBureau.dataset == live)
        )
        words = (
            select(RailOperator.depot).where(RailOperator.dataset == live).distinct(),
            select(RailAreaCode.province).where(RailAreaCode.dataset == live).distinct(),
        )
        numbers = (
            select(RailTrainNumber.number).where(RailTrainNumber.dataset == live).distinct(),
            select(RailOperator.train).where(RailOperator.dataset == live).distinct(),
        )
        latest = select(func.max(RailStop.arr), func.max(RailStop.dep)).where(RailStop.dataset == live)
        return Known(
            names=_unique(
                [
                    *({"zh": zh, "en": en} for zh, en in [*bureaus]),
                    *map(named_place, (*CLASSES, *PLACES)),
                    *KINDS,
                    *({"zh": zh, "en": en} for zh, en in [*stations, *cities]),
                ]
            ),
            words=[word for query in words for word in session.scalars(query) if word],
            trains=[number for query in numbers for number in session.scalars(query)],
            last_hour=max(minute or 0 for minute in session.execute(latest).one()) // 60,
        )


def _unique(names: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    return list({(name["zh"], name["en"]): name for name in names}.values())
