"""What an import brings, whatever form it came in: the rows of a dataset, ready to be stored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import String

from ivr.store.database import Base
from ivr.store.feed import Feed

Row = dict[str, Any]


@dataclass(frozen=True)
class RailData:
    """``rows``: table → its rows, without their dataset. ``counts``: file → rows. ``provenance``: the columns of
    :class:`~ivr.store.models.rail.RailDataset` that tell where the data comes from. ``notes``: what was left out or
    assumed, a line each. ``lacks``: tables of which this form of data knows nothing."""

    form: str
    content_hash: str
    provenance: dict[str, Any]
    counts: dict[str, int]
    rows: dict[type[Base], list[Row]]
    notes: list[str] = field(default_factory=list)
    lacks: tuple[type[Base], ...] = ()


class Rows:
    """Makes rows out of a feed's files; a row that cannot be made is noted as a fault of its line and left out.

    ``line``: that of the row which is being made.
    """

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.line = 0
        #: file → the keys that stand in it, those of faulty rows too
        self.keys: dict[str, set[Any]] = {}

    def read(
        self,
        file: str,
        make: Callable[[dict[str, str]], Row],
        must: Iterable[str],
        may: Iterable[str] = (),
        *,
        key: tuple[str, ...] = (),
        table: type[Base] | None = None,
        strict: bool = False,
    ) -> list[Row]:
        """``make`` of each row; it raises ValueError or LookupError for a fault. A ``key`` stands once only, and what
        is made must fit into the columns of ``table``."""
        rows = []
        limits = [] if table is None else list(_limits(table))
        seen = self.keys.setdefault(file, set())
        for line, row in self.feed.rows(file, tuple(must), tuple(may), strict=strict):
            try:
                if key:
                    name = row[key[0]] if len(key) == 1 else tuple(row[column] for column in key)
                    if name in seen:
                        raise ValueError(f"{' '.join(row[column] for column in key)} stands there twice")
                    seen.add(name)
                self.line = line
                made = make(row)
                for column, longest in limits:
                    if len(made.get(column) or "") > longest:
                        raise ValueError(f"{column} has more than {longest} characters")
                rows.append(made)
            except (ValueError, LookupError) as fault:
                self.feed.fault(file, line, str(fault.args[0]))
        return rows

    def known(self, file: str, key: str, what: str) -> None:
        """Raises ValueError unless ``key`` stands in ``file``, or that file could not be read."""
        if key not in self.keys[file] and file not in self.feed.unread:
            raise ValueError(f"{what} {key!r} is not in {file}")


def number_changes(stops: Iterable[Row]) -> Iterator[Row]:
    """Rows of ``rail_train_number``: under which number each train leaves from which stop on."""
    before: tuple[str, str] | None = None
    for stop in stops:
        now = (stop["train"], stop["number"])
        if now != before and stop["dep"] is not None:
            yield {
                "train": stop["train"],
                "from_seq": stop["seq"],
                "number": stop["number"],
                "digits": digits_of(stop["number"]),
            }
        before = now


def count_traffic(stations: list[Row], stops: list[Row], area_codes: list[Row]) -> None:
    """Fill in ``traffic``: how many trains stop at a station, and at all stations of a city."""
    at: Counter[str] = Counter(row["station"] for row in stops)
    cities: Counter[str] = Counter()
    for row in stations:
        row["traffic"] = at[row["telecode"]]
        cities[row["city"]] += row["traffic"]
    for row in area_codes:
        row["traffic"] = cities[row["city"]]


def _limits(table: type[Base]) -> Iterator[tuple[str, int]]:
    for column in table.__table__.columns:
        if isinstance(column.type, String) and column.type.length is not None:
            yield column.name, column.type.length


def filled(row: dict[str, str], *columns: str) -> None:
    """Raises ValueError when one of these columns is empty."""
    for column in columns:
        if not row[column]:
            raise ValueError(f"{column} must not be empty")


def digits_of(train: str) -> str:
    """T109 → 109."""
    return "".join(character for character in train if character.isdigit())


def number_of(text: str) -> str:
    """A number that can be spoken and keyed: at most one letter, then one to five digits. Raises ValueError."""
    if not re.fullmatch(r"[A-Z]?[0-9]{1,5}", text):
        raise ValueError(f"{text!r} is no train number such as G102")
    return text


def whole(text: str) -> int:
    """A whole number above 0. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ValueError(f"{text!r} is no whole number above 0")
    return int(text)


def jiao_of(yuan: str) -> int:
    """54.5 yuan are 545 jiao. Raises ValueError for less than a jiao."""
    found = re.fullmatch(r"([0-9]{1,6})(?:\.([0-9])0*)?", yuan)
    if not found:
        raise ValueError(f"{yuan!r} is no fare in yuan")
    return int(found[1]) * 10 + int(found[2] or 0)


def day_or_none(text: str | None) -> date | None:
    """An ISO date; ``None`` for nothing. Raises ValueError."""
    return date.fromisoformat(text) if text else None
