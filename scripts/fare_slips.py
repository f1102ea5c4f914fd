"""Fares that can only be slips: far cheaper than nearly all trains of that kind between the same stations.

Used by make_data.py. A dearer fare may be that of a longer way, so only cheaper ones are judged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

#: (train, seq) → place → fare in yuan
Fares = Mapping[tuple[str, int], Mapping[str, str]]

FEWEST_TRAINS = 4
#: Of the trains of that kind, so many must agree on a fare that is so much higher.
AGREEING = 2 / 3
CHEAPER = 0.8


def slips(fares: Fares, ends: Mapping[tuple[str, int], tuple[str, str, str]]) -> set[tuple[str, int, str]]:
    """(train, seq, place) of each slip. ``ends``: (train, seq) → origin, stop and kind."""
    asked: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for stop, by_place in fares.items():
        for place, fare in by_place.items():
            asked[(*ends[stop], place)][fare] += 1
    found = set()
    for stop, by_place in fares.items():
        for place, fare in by_place.items():
            same = asked[(*ends[stop], place)]
            usual, trains = same.most_common(1)[0]
            agreed = sum(same.values()) >= FEWEST_TRAINS and trains >= AGREEING * sum(same.values())
            if agreed and float(fare) < CHEAPER * float(usual):
                found.add((*stop, place))
    return found
