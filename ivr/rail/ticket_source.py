"""Where remaining tickets come from: the hotline's own inventory, or a site's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from ivr.rail.source import Journey, RailSource


class Travel(NamedTuple):
    """One ride of one train. ``service_date``: on which the train leaves its origin; ``day``: on which the caller
    boards. Stations by telecode, stops of the train by ``from_seq`` and ``to_seq``."""

    train: str
    number: str
    service_date: date
    day: date
    origin: str
    destination: str
    from_seq: int
    to_seq: int

    @property
    def journey(self) -> Journey:
        return (self.train, self.service_date, self.from_seq, self.to_seq)


class TicketSource(Protocol):
    """Answers within seconds or raises: a caller is waiting."""

    def left(self, travels: Sequence[Travel]) -> Mapping[str, Mapping[str, int]]:
        """Train → tickets left by seat class (:data:`ivr.rail.seats.CLASSES`), 0 where none are left; each train once.
        A train of which nothing is known is missing. Raises when it cannot tell."""


class Inventory:
    """The hotline's own: the seats of a train less those that are not free on the whole ride."""

    def __init__(self, source: RailSource) -> None:
        self._source = source

    def left(self, travels: Sequence[Travel]) -> Mapping[str, Mapping[str, int]]:
        seats = self._source.seats([travel.train for travel in travels])
        sold = self._source.sold([travel.journey for travel in travels])
        return {
            train: {
                name: max(0, number - sold.get(train, {}).get(name, 0)) for name, number in of_train.items()
            }
            for train, of_train in seats.items()
        }
