"""What each agent did: time signed in and paused, calls taken, refused and missed, pieces for piece-rate pay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ivr.reports.queue_stats import Entry, Hour, Survey, Surveyed, mean_parts
from ivr.reports.spans import WRAP_UP, AgentTime
from ivr.reports.summary import PARTS, Summary

#: A call is a piece when the talk lasted at least so many seconds.
PIECE_S = 10
COLUMNS = (
    "agent", "name", "signed_in_s", "ready_s", "paused_s", "pauses", "rings", "answered", "refused", "missed", "canceled",
    "transferred", "taken_over", "taken_over_s", "talk_s", "hold_s", "wrapup_s", "aht_s", "occupancy", "survey_asked",
    "survey_answered", "survey_rate", "survey_mean", "coded", "piece_s", "pieces",
)  # fmt: skip
_NOT_SIGNED_IN = AgentTime(0, 0, {})


@dataclass(frozen=True)
class Ring:
    """``calls`` rings of an agent's phone with the same ``outcome`` (``ivr.acd.record.AttemptRecord``)."""

    agent: str
    outcome: str
    calls: int


@dataclass(frozen=True)
class Handled:
    """Of the calls that an agent answered: how many they ``transferred``, and how many were ``pieces``."""

    transferred: int = 0
    pieces: int = 0


@dataclass(frozen=True)
class TakenOver:
    """``calls`` callers whom an agent took over from a colleague, and the seconds of these talks and holds."""

    calls: int = 0
    seconds: int = 0


def agent_report(
    entries: Iterable[Entry | Hour],
    rings: Iterable[Ring],
    times: Mapping[str, AgentTime],
    *,
    handled: Mapping[str, Handled],
    names: Mapping[str, str],
    taken_over: Mapping[str, TakenOver] = {},
    piece_s: int = PIECE_S,
    surveyed: Iterable[Surveyed] = (),
    coded: Mapping[str, int] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """One row for each agent who was signed in or whose phone rang, by staff number, with the keys :data:`COLUMNS`. ``entries``
    may be sums by agent; those that no agent answered count for nothing here.

    ``signed_in_s`` = ``ready_s`` + ``paused_s`` + the time in pauses for wrap-up. ``pauses``: reason → seconds,
    "" for none given, without wrap-up. ``rings``: all of the agent's phone; ``refused``: not rung at all (busy, rejected, out of
    reach); ``missed``: rang until the next phone's turn; ``canceled``: the caller left meanwhile. ``transferred``:
    answered calls that the agent handed over. ``taken_over``: callers whom colleagues handed over to the agent, ``taken_over_s``:
    the talks with them altogether, which are in no mean but in the occupancy. ``talk_s`` and ``hold_s`` are means over the answered of which they are known, ``wrapup_s``
    is the time in wrap-up by answered calls (``None`` without any); ``aht_s``: their sum. ``occupancy``: talk (also with callers taken over), hold and wrap-up / signed-in time
    not paused. ``survey_…``: see :mod:`ivr.reports.queue_stats`. ``coded``: answered calls of which the agent said what they were
    about. ``pieces``: answered calls with a talk of at least ``piece_s``, which stands in the row.
    """
    calls: dict[str, Summary] = {}
    for entry in entries:
        if isinstance(entry, Hour):
            if entry.name:
                calls.setdefault(entry.name, Summary()).add(entry.summary)
        elif entry.agent:
            calls.setdefault(entry.agent, Summary()).count(entry)
    surveys: dict[str, Survey] = {}
    for one in surveyed:
        surveys.setdefault(one.name, Survey()).add(one)
    rung: dict[str, Counter[str]] = {}
    for ring in rings:
        rung.setdefault(ring.agent, Counter())[ring.outcome] += ring.calls
    return [
        {"agent": agent, "name": names.get(agent, "")}
        | _time(times.get(agent, _NOT_SIGNED_IN))
        | _rings(rung.get(agent, Counter()), calls.get(agent, Summary()).offered)
        | {"transferred": handled.get(agent, Handled()).transferred}
        | _taken_over(taken_over.get(agent, TakenOver()))
        | _handling(
            calls.get(agent, Summary()),
            times.get(agent, _NOT_SIGNED_IN),
            taken_over.get(agent, TakenOver()).seconds,
        )
        | surveys.get(agent, Survey()).figures()
        | {"coded": coded.get(agent, 0), "piece_s": piece_s, "pieces": handled.get(agent, Handled()).pieces}
        for agent in sorted({*times, *rung, *calls, *taken_over, *surveys})
    ]


def _time(time: AgentTime) -> dict[str, Any]:
    pauses = {reason: round(seconds) for reason, seconds in time.pauses.items() if reason not in WRAP_UP}
    return {
        "signed_in_s": round(time.signed_in_s),
        "ready_s": round(time.ready_s),
        "paused_s": round(time.signed_in_s - time.at_work_s),
        "pauses": pauses,
    }


def _rings(rung: Counter[str], answered: int) -> dict[str, int]:
    return {
        "rings": rung.total(),
        "answered": answered,
        "refused": rung["refused"],
        "missed": rung["no_answer"],
        "canceled": rung["canceled"],
    }


def _taken_over(taken: TakenOver) -> dict[str, int]:
    return {"taken_over": taken.calls, "taken_over_s": taken.seconds}


def _handling(calls: Summary, time: AgentTime, taken_over_s: int) -> dict[str, Any]:
    if calls.offered and time.wrap_up_s:
        calls.part("wrapup_s", calls.offered, round(time.wrap_up_s))
    handled = {part: calls.handled(part) for part in PARTS}
    means = mean_parts(calls)
    row: dict[str, Any] = {part: round(means[part], 1) if part in means else None for part in PARTS}
    row["aht_s"] = round(sum(means.values()), 1) if means else None
    busy = handled["talk_s"][1] + handled["hold_s"][1] + time.wrap_up_s + taken_over_s
    row["occupancy"] = round(busy / time.at_work_s, 4) if time.at_work_s > 0 else None
    return row
