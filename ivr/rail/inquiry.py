"""What a query function is given: the source, the arguments, and the present day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, TypeVar

from ivr.errors import IvrError
from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.source import RailSource, Station
from ivr.rail.ticket_source import Inventory, TicketSource, Travel

T = TypeVar("T")


@dataclass(frozen=True)
class Inquiry:
    """``today`` and ``now`` are in the site's time zone; ``now`` may be unknown. ``tickets``: who knows what is left;
    ``None``: the hotline's own inventory."""

    source: RailSource
    args: Mapping[str, Any]
    today: date
    now: time | None = None
    tickets: TicketSource | None = None

    def left(self, travels: Sequence[Travel]) -> Mapping[str, Mapping[str, int]]:
        """Train → tickets left by class. Raises :class:`IvrError` when nothing is known of any of them."""
        found = (self.tickets or Inventory(self.source)).left(travels)
        if travels and not found:
            raise IvrError(
                "nothing is known of the tickets of these trains",
                mend="seats.csv, or IVR_TICKETS_URL (docs/data.md)",
            )
        return found

    def text(self, name: str) -> str:
        return str(self.args[name])

    def day(self, name: str = "date") -> date:
        return date.fromisoformat(self.args[name])

    def minute_on(self, day: date) -> int:
        """The minute of ``day`` from which on a train can still be caught: 0, but for today the present one."""
        return self.now.hour * 60 + self.now.minute if day == self.today and self.now is not None else 0

    def station(self, name: str) -> Station:
        """The station whose telecode is the argument. Raises LookupError."""
        return station_of(self.source, self.text(name))


#: A query and the function that answers it.
Query = tuple[QuerySpec, Callable[[Inquiry], Answer]]


def station_of(source: RailSource, telecode: str) -> Station:
    """The station with this telecode. Raises LookupError."""
    station = source.station(telecode)
    if station is None:
        raise LookupError(f"no station with telecode {telecode!r}")
    return station


def candidates(slot: str, found: Sequence[Any]) -> Answer:
    """The answer of a ``find_…`` query: none, one, or several to choose from, best first."""
    if not found:
        return Answer("none")
    if len(found) == 1:
        return Answer("one", {slot: found[0]})
    return Answer("many", {}, tuple({slot: value} for value in found))


def found_spec(name: str, slot: str, slot_type: str, about: str) -> QuerySpec:
    """The spec of a ``find_…`` query."""
    return QuerySpec(
        name,
        takes={"keys": "digits"},
        outcomes={"one": {slot: slot_type}, "many": {}, "none": {}},
        items={"many": {slot: slot_type}},
        about=about,
    )


def unique(values: Iterable[T]) -> list[T]:
    """Without repetitions, the first of each kept."""
    return list(dict.fromkeys(values))
