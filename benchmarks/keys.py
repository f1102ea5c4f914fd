"""How many keys a caller presses, and after how many seconds the answer begins.

    python benchmarks/keys.py            prints both tables
    python benchmarks/keys.py --write    puts them into docs/keys.md (a test keeps them in step)

Stations: for each of them the fewest keys that lead to it, ``#`` and the choice among candidates counted, over the
railway's data with the query that callers' keys go to. Tasks: calls through the shipped menus in the text simulator,
with the estimate of spoken time that ``ivr menu simulate`` uses where no sounds are made, so that every machine gives
the same figures.
"""

from __future__ import annotations

import sys
import tempfile
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from statistics import mean
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))


from ivr.dialogue.actions import Ask, Gather, Say  # noqa: E402
from ivr.dialogue.conditions import CALLER_MARKS, LAST_AGENT, QUEUE_STATE  # noqa: E402
from ivr.dialogue.forms import CANDIDATES_AT_A_TIME  # noqa: E402
from ivr.rail.answers import Answer  # noqa: E402
from ivr.rail.queries import ask  # noqa: E402
from ivr.rail.source import Station  # noqa: E402
from ivr.rehearsal import Rehearsal  # noqa: E402
from ivr.settings import Settings  # noqa: E402
from ivr.simulator import Caller, Scene  # noqa: E402
from ivr.store.database import reading  # noqa: E402
from ivr.store.models.rail import RailStation  # noqa: E402
from ivr.store.rail_source import SqlRailSource  # noqa: E402
from ivr.voice.spoken import SpokenTime  # noqa: E402

PAGE = PROJECT / "docs" / "keys.md"
TODAY = date(2026, 11, 22)
#: From one key to the next: the pace at which the end-to-end test keys a whole form.
KEY_S = 0.2
#: What is asked about the caller or a queue on the way to an agent: no answer for the caller.
_NOTICED = {CALLER_MARKS.name, LAST_AGENT.name, QUEUE_STATE.name}


# --- stations -------------------------------------------------------------------------------------


#: A station, and the key presses of each way to it.
WaysTo = tuple[Station, dict[str, int | None]]


class StationsInMemory(SqlRailSource):
    """The stations of a database, all read at once: so that thousands of keys can be tried in seconds."""

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self.all = self._stations(RailStation.telecode.is_not(None))
        self._sorted = {
            name: sorted((getattr(s, name), s.telecode) for s in self.all)
            for name in ("keypad_initials", "keypad_pinyin")
        }
        self._by_code = {s.telecode: s for s in self.all}

    def stations_by_initials(self, keys: str) -> Sequence[Station]:
        return self._beginning("keypad_initials", keys)

    def stations_by_pinyin(self, keys: str) -> Sequence[Station]:
        return self._beginning("keypad_pinyin", keys)

    def choices(self, telecodes: Sequence[str]) -> Mapping[str, int]:
        return {}

    def _beginning(self, name: str, keys: str) -> list[Station]:
        rows = self._sorted[name]
        first, last = bisect_left(rows, (keys, "")), bisect_left(rows, (keys + ":", ""))
        return [self._by_code[code] for _, code in rows[first:last]]


def presses(answer: Answer, telecode: str) -> int | None:
    """The keys with which a caller takes the station out of what was found: none, or ``*`` for each group before its
    own and one to choose; ``None`` when it is not there."""
    if answer.outcome == "one":
        return 0 if answer.slots["station"]["code"] == telecode else None
    codes = [item["station"]["code"] for item in answer.items]
    return codes.index(telecode) // CANDIDATES_AT_A_TIME + 1 if telecode in codes else None


def ways_to(stations: StationsInMemory) -> Iterator[WaysTo]:
    """Each station with the key presses of each way to it; ``None``: it does not lead there."""

    @cache
    def found(keys: str) -> Answer:
        return ask(stations, "find_station", {"keys": keys}, TODAY)

    def by(keys: str, station: Station) -> int | None:
        chosen = presses(found(keys), station.telecode)
        return None if chosen is None else len(keys) + 1 + chosen

    area_codes = _area_codes(stations)
    for station in stations.all:
        pinyin = station.keypad_pinyin
        prefixes = (by(pinyin[:n], station) for n in range(1, len(pinyin) + 1))
        yield (
            station,
            {
                "initials": by(station.keypad_initials, station),
                "pinyin": by(pinyin, station),
                "beginning": min((count for count in prefixes if count is not None), default=None),
                "area code": min(
                    (c for code in area_codes[station.city] if (c := by(code, station)) is not None),
                    default=None,
                ),
            },
        )


def _area_codes(stations: StationsInMemory) -> Mapping[str, set[str]]:
    codes: defaultdict[str, set[str]] = defaultdict(set)
    for city in {station.city for station in stations.all}:
        codes[city] |= {row.area_code for row in stations.city(city)}
    return codes


WAYS = {
    "initials": "拼音首字母 (上海虹桥: 7447#)",
    "pinyin": "full pinyin (7426442446647426#)",
    "beginning": "the best beginning of the full pinyin",
    "area code": "area code (021#)",
}


def station_rows(ways: Sequence[WaysTo]) -> list[tuple[str, ...]]:
    """Way, stations that it leads to, mean and most presses, and the mean over the stops of all trains."""
    rows = []
    for way, told in WAYS.items():
        counted = [(station, counts[way]) for station, counts in ways]
        reached = [(station, count) for station, count in counted if count is not None]
        worst, most = max(reached, key=lambda pair: pair[1])
        trains = sum(s.traffic for s, _ in reached)
        usual = sum(count * s.traffic for s, count in reached) / trains
        rows.append(
            (
                told,
                f"{len(reached):,} of {len(counted):,}",
                f"{mean(count for _, count in reached):.1f}",
                f"{most} ({worst.name})",
                f"{usual:.1f}",
            )
        )
    return rows


# --- tasks ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """``keys``: what is keyed at each prompt. ``asks``: the query that answers. ``last``: the keys of the station
    chosen last."""

    about: str
    keys: str
    asks: str = ""
    last: str | None = None

    @property
    def presses(self) -> int:
        return len(self.keys.replace(" ", ""))


TASKS = (
    Task("1 online booking", "1 1", "presale"),
    Task("2 presale period", "2", "presale"),
    Task("3 a child's ticket", "3 2"),
    Task("4 tickets 上海虹桥–北京南, tomorrow", "4 1 021# 1 010# 1 2 1", "trains_with_tickets"),
    Task("4 the same by initials", "4 1 7447# 256# 1 2 1", "trains_with_tickets"),
    Task(
        "4 the same, 上海虹桥 chosen in the last call", "4 1 1 010# 1 2 1", "trains_with_tickets", last="7447"
    ),
    Task("4 the same on 1 December", "4 1 021# 1 010# 1 1201 1", "trains_with_tickets"),
    Task("4 tickets of G1, tomorrow", "4 2 1# 2 1", "train_tickets"),
    Task("5 trains 上海虹桥–北京南, next Friday", "5 1 021# 1 010# 1 95 1", "timetable"),
    Task("5 stops of G1, tomorrow", "5 2 1# 2 1", "train_timetable"),
    Task("6 fares 上海虹桥–北京南", "6 1 021# 1 010# 1", "fares"),
    Task("7 who runs G1", "7 1# 1 1", "operator_of"),
    Task("8 the area code of 苏州", "8 1 79# 1 1", "area_code_of"),
    Task("8 the city of 0512", "8 2 0512# 1", "city_of_area_code"),
    Task("9 an agent", "9"),
)


def task_rows(rehearsal: Rehearsal) -> list[tuple[str, ...]]:
    """Task, keys, presses, seconds until the answer begins for who hears every prompt to its end, and by heart."""
    return [
        (
            task.about,
            f"`{task.keys}`",
            str(task.presses),
            f"{begins(rehearsal, task):.0f}",
            f"{begins(rehearsal, task, by_heart=True):.1f}",
        )
        for task in TASKS
    ]


def begins(rehearsal: Rehearsal, task: Task, *, by_heart: bool = False) -> float:
    """After how many seconds the answer begins: what is heard before, and :data:`KEY_S` for each key. Who keys
    everything in one go presses the first key as soon as the call is answered, and hears nothing.

    Raises ValueError when the keys do not lead to the answer in just these inputs.
    """
    caller = Caller(iter([task.keys.replace(" ", "")] if by_heart else task.keys.split()))
    spoken = SpokenTime(Path("/nonexistent"))  # no sounds: all is estimated
    heard, asked = 0.0, ""
    for action, event in rehearsal.perform(Scene(datetime(2026, 11, 22, 9, 0), last=task.last), caller):
        if caller.pressed < task.presses:
            if isinstance(action, (Gather, Say)) and event is None and not by_heart:
                heard += spoken.of(action.phrases).seconds
        elif isinstance(action, Ask) and action.query not in _NOTICED:
            asked = action.query
        elif event is None:
            break
    if caller.pressed != task.presses or asked != task.asks:
        raise ValueError(
            f"{task.about}: {task.keys} leads to {asked or 'nothing'} after {caller.pressed} keys"
        )
    return heard + task.presses * KEY_S


# --- the page -------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def tables(rehearsal: Rehearsal, ways: Sequence[WaysTo]) -> dict[str, str]:
    """The tables of the page by name."""
    return {
        "stations": table(
            ["way", "stations", "presses, mean", "most", "mean, weighted by trains"], station_rows(ways)
        ),
        "tasks": table(
            ["task", "keys", "presses", "seconds, listening", "seconds, by heart"], task_rows(rehearsal)
        ),
    }


def written(page: str, made: Mapping[str, str]) -> str:
    """The page with these tables between their marks. Raises ValueError when a mark is missing."""
    for name, text in made.items():
        begin, end = f"<!-- {name}: made by benchmarks/keys.py -->", f"<!-- end of {name} -->"
        first, last = page.index(begin) + len(begin), page.index(end)
        page = f"{page[:first]}\n{text}\n{page[last:]}"
    return page


def main(write: bool) -> None:
    """Print the tables, or write them into the page."""
    with tempfile.TemporaryDirectory() as home, Rehearsal(Settings(home=Path(home))) as rehearsal:
        with reading(rehearsal.engine) as session:
            ways = list(ways_to(StationsInMemory(session)))
        made = tables(rehearsal, ways)
    print(*made.values(), sep="\n\n")
    if write:
        PAGE.write_text(written(PAGE.read_text("utf-8"), made), "utf-8")


if __name__ == "__main__":
    main("--write" in sys.argv[1:])
