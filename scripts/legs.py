"""Kilometres between neighbouring stops, put together from tables of lines and from trains whose kilometres are known.

Used by make_data.py. A train whose own kilometres are unknown still has a length wherever all legs of the ride are known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

Row = dict[str, str]
Leg = tuple[str, str, bool]

#: Lines for G, D and C trains only have one of these in their name.
FAST_LINES = ("高速", "城际")
#: Kilometres by which two statements about one leg may differ: stations of a town, rounding.
AGREE_KM = 5.0


def leg_of(one: str, other: str, fast: bool) -> Leg:
    """The same leg in both directions."""
    return (min(one, other), max(one, other), fast)


def is_fast(train: str) -> bool:
    return train[0] in "GDC"


def known_legs(
    rows: Iterable[Row],
    runs: Mapping[str, list[Row]],
    kilometres: Callable[[list[Row]], list[str]],
    wanted: Mapping[Leg, int],
) -> Iterator[tuple[Leg, float, str]]:
    """Each of the ``wanted`` legs (names of stations → the shortest running time, in minutes) that is known, with its km
    and where from: line or trains.

    ``rows``: line, station, km. ``runs``: trains without faults. Legs about which lines, or else trains, disagree are
    left out, and those too long for the running time.
    """
    lines: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        if row["km"]:
            lines[row["station"]][row["line"]] = float(row["km"])
    ridden: dict[Leg, Counter[float]] = defaultdict(Counter)
    for train, stops in runs.items():
        km = kilometres(stops)
        if km[0]:
            for here, there, one, other in zip(stops, stops[1:], km, km[1:], strict=False):
                leg = leg_of(here["station"], there["station"], is_fast(train))
                ridden[leg][round(float(other) - float(one), 1)] += 1
    for leg, minutes in sorted(wanted.items()):
        along, told = _along(lines, leg), ridden[leg]
        lengths = along or list(told)
        if not lengths or max(lengths) - min(lengths) > AGREE_KM:
            continue
        km = along[0] if along else told.most_common(1)[0][0]
        if km * 60 / minutes <= (350 if leg[2] else 200):
            yield leg, km, "line" if along else "trains"


def _along(lines: Mapping[str, Mapping[str, float]], leg: Leg) -> list[float]:
    """The lengths of the leg on the lines that its trains use: fast trains take a fast line where there is one."""
    one, other, fast = leg
    lengths: dict[bool, list[float]] = {True: [], False: []}
    for line in sorted(lines[one].keys() & lines[other].keys()):
        length = abs(lines[one][line] - lines[other][line])
        if length > 0:
            lengths[any(word in line for word in FAST_LINES)].append(length)
    return (fast and lengths[True]) or lengths[False]
