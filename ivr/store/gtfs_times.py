"""Times of a GTFS trip: read, checked, and guessed where the feed leaves them open."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple


class StopTime(NamedTuple):
    """A row of stop_times.txt; minutes of the service day, ``None`` where the feed leaves them to be guessed. ``on``,
    ``off``: whether passengers may get in, and out."""

    seq: int
    line: int
    stop: str
    arr: int | None
    dep: int | None
    on: bool = True
    off: bool = True


class Part(NamedTuple):
    """A train of a block (the trips of one vehicle on one service), its times at both ends, and its stations."""

    block: tuple[str, str]
    dep: int
    arr: int
    stations: Sequence[str]


def going_on(parts: Sequence[Part]) -> int:
    """How many trains go on from their terminal as the next one of their block, to a station where they have not been:
    passengers could stay. One that turns back is not meant."""
    blocks: dict[tuple[str, str], list[Part]] = defaultdict(list)
    for part in sorted(parts, key=lambda part: part.dep):
        blocks[part.block].append(part)
    return sum(
        before.stations[-1] == after.stations[0]
        and before.arr <= after.dep
        and after.stations[1] not in before.stations
        for block in blocks.values()
        for before, after in zip(block, block[1:], strict=False)
    )


def minutes_of(text: str) -> int | None:
    """25:10:30 → 1510; "" → ``None``. Raises ValueError."""
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])", text)
    if not found:
        raise ValueError(f"{text!r} is no time HH:MM:SS")
    return int(found[1]) * 60 + int(found[2])


def fault_of(trip: str, calls: list[StopTime]) -> tuple[int, str] | None:
    """Line and message of the first thing wrong with a trip's times."""
    for call in (calls[0], calls[-1]):
        if call.dep is None:
            return call.line, f"the first and the last stop of trip {trip} must have times"
    before = -1
    for call in calls:
        if call.arr is None or call.dep is None:
            continue
        if call.arr < before or call.dep < call.arr:
            return call.line, f"the times of trip {trip} go backwards"
        before = call.dep
    return None


def used(calls: list[StopTime]) -> list[StopTime]:
    """From the first stop at which one may get in to the last one at which one may get out."""
    on = [index for index, call in enumerate(calls) if call.on]
    off = [index for index, call in enumerate(calls) if call.off]
    return calls[on[0] : off[-1] + 1] if on and off else []


def guessed(calls: list[StopTime]) -> list[StopTime]:
    """Times that the feed leaves open, spread evenly between those around them."""
    known = [index for index, call in enumerate(calls) if call.arr is not None]
    made = list(calls)
    for one, other in zip(known, known[1:], strict=False):
        begin, end = calls[one].dep, calls[other].arr
        assert begin is not None
        assert end is not None
        for index in range(one + 1, other):
            minutes = begin + (end - begin) * (index - one) // (other - one)
            made[index] = calls[index]._replace(arr=minutes, dep=minutes)
    return made
