"""What every answer about seats reads of the live dataset, kept in memory once it was read: stops of stations, seats of trains.

A stored dataset never changes, so what was read of it stays true; another one has another key and begins anew. Bounded
by the dataset itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from ivr.rail.source import Ride
from ivr.store import rail_sql as sql

#: train, kind, seq, arr, dep, number, km
_StopRow = tuple[str, str, int, "int | None", "int | None", str, "float | None"]


class RailMemory:
    """Of one dataset, ``number`` in its database."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._stops: dict[str, Mapping[str, Sequence[_StopRow]]] = {}
        self._seats: dict[str, Mapping[str, int]] = {}

    def rides(self, session: Session, origin: str, destination: str) -> list[Ride]:
        """Every ride between two stations, in no order."""
        here, there = self._stops_at(session, origin), self._stops_at(session, destination)
        return [
            Ride(train, kind, seq, later, dep, arr, number, None if None in (km, at) else at - km)  # type: ignore[operator]
            for name, stops in here.items()
            if name in there
            for train, kind, seq, _, dep, number, km in stops
            if dep is not None
            for _, _, later, arr, _, _, at in there[name]
            if later > seq and arr is not None
        ]

    def _stops_at(self, session: Session, station: str) -> Mapping[str, Sequence[_StopRow]]:
        found = self._stops.get(station)
        if found is None:
            wanted = {"dataset": self.number, "station": station}
            stops: dict[str, list[_StopRow]] = {}
            for row in session.execute(sql.STOPS_AT, wanted).all():
                stops.setdefault(row[0], []).append(tuple(row))
            found = self._stops[station] = stops
        return found

    def seats(self, session: Session, trains: Iterable[str]) -> Mapping[str, Mapping[str, int]]:
        """Train → class → seats; trains of which none are known are left out."""
        known = self._seats
        if missing := [train for train in trains if train not in known]:
            read: dict[str, dict[str, int]] = {train: {} for train in missing}
            for train, name, seats in session.execute(
                sql.SEATS, {"dataset": self.number, "trains": missing}
            ).all():
                read[train][name] = seats
            known.update(read)
        return {train: known[train] for train in trains if known[train]}


_kept: tuple[Hashable, RailMemory] | None = None


def memory_of(key: tuple[Any, ...], number: int) -> RailMemory:
    """The memory of the dataset ``number`` that ``key`` names among all; that of another one is forgotten."""
    global _kept
    kept = _kept  # another thread may replace it meanwhile
    if kept is None or kept[0] != key:
        kept = _kept = key, RailMemory(number)
    return kept[1]
