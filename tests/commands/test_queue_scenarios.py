"""Days of a call centre in a few lines of queue_log, and what the figures say of them: the rules of docs/statistics.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NINE = 1770685200  # 2026-02-10T09:00+08:00
DAY = ("--from", "2026-02-10", "--to", "2026-02-10", "--json")

#: Seconds after nine, call, queue, agent, event, data.
Lines = list[tuple[int, str, str, str, str]]


class Centre:
    """A hotline that has taken in a log."""

    def __init__(self, ivr: Any, folder: Path, lines: Lines) -> None:
        self._ivr = ivr
        log = folder / "queue_log"
        log.write_text(
            "".join(f"{NINE + at}|{call}|{queue}|{agent}|{rest}\n" for at, call, queue, agent, rest in lines)
        )
        assert ivr("db", "upgrade").code == 0
        assert ivr("queue", "ingest", log).code == 0

    def by(self, group: str) -> dict[Any, dict[str, Any]]:
        return {row[group]: row for row in self._ivr("queue", "stats", "--by", group, *DAY).document}

    @property
    def queue(self) -> dict[str, Any]:
        (row,) = self.by("queue").values()
        return row

    def agents(self) -> dict[str, dict[str, Any]]:
        return {row["agent"]: row for row in self._ivr("report", "agent", *DAY).document}

    def calls(self) -> list[dict[str, Any]]:
        return self._ivr("queue", "list", "--json").document  # type: ignore[no-any-return]


@pytest.fixture
def centre(ivr: Any, tmp_path: Path) -> Callable[[Lines], Centre]:
    return lambda lines: Centre(ivr, tmp_path, lines)


def answered(call: str, at: int, agent: str, *, wait: int, talk: int, queue: str = "q") -> Lines:
    """A caller who comes at ``at``, waits and talks."""
    return [
        (at, call, queue, "NONE", "ENTERQUEUE||13800000001|1"),
        (at + wait, call, queue, agent, f"CONNECT|{wait}|x|1"),
        (at + wait + talk, call, queue, agent, f"COMPLETEAGENT|{wait}|{talk}|1"),
    ]


def test_three_came_one_was_answered_one_left_and_one_was_not_let_in(
    centre: Callable[[Lines], Centre],
) -> None:
    row = centre(
        [
            *answered("1.1", 0, "7", wait=3, talk=5),
            (20, "1.2", "q", "NONE", "ENTERQUEUE||13800000002|1"),
            (24, "1.2", "q", "NONE", "ABANDON|1|1|4"),
            (30, "1.3", "q", "NONE", "FULL|"),
        ]
    ).queue
    assert (row["offered"], row["answered"], row["abandoned"], row["refused_full"]) == (3, 1, 1, 1)
    assert (row["answer_rate"], row["asa_s"], row["average_abandon_s"]) == (0.3333, 3.0, 4.0)


def test_eight_seconds_signed_in_with_a_break_of_four(centre: Callable[[Lines], Centre]) -> None:
    row = centre(
        [
            (0, "NONE", "q", "7", "ADDMEMBER|"),
            (2, "NONE", "q", "7", "PAUSE|tea"),
            (6, "NONE", "q", "7", "UNPAUSE|"),
            (8, "NONE", "q", "7", "REMOVEMEMBER|"),
        ]
    ).agents()["7"]
    assert (row["signed_in_s"], row["paused_s"], row["pauses"], row["ready_s"]) == (8, 4, {"tea": 4}, 4)
    assert row["occupancy"] == 0


def test_a_talk_of_five_seconds_and_a_wrap_up_of_two(centre: Callable[[Lines], Centre]) -> None:
    there = centre(
        [
            (0, "NONE", "q", "7", "ADDMEMBER|"),
            *answered("1.1", 1, "7", wait=1, talk=5),
            (7, "NONE", "q", "7", "PAUSE|wrapup"),
            (9, "NONE", "q", "7", "UNPAUSE|"),
            (10, "NONE", "q", "7", "REMOVEMEMBER|"),
        ]
    )
    for row in (there.agents()["7"], there.by("agent")["7"], there.queue):
        assert (row["talk_s"], row["wrapup_s"], row["aht_s"], row["occupancy"]) == (5.0, 2.0, 7.0, 0.7)
    assert there.agents()["7"]["paused_s"] == 0


def test_of_a_call_handed_on_each_agent_has_their_own_time(centre: Callable[[Lines], Centre]) -> None:
    there = centre(
        [
            (0, "1.1", "q", "NONE", "ENTERQUEUE||13800000001|1"),
            (4, "1.1", "q", "7", "CONNECT|4|x|1"),
            (
                24,
                "1.1",
                "tickets",
                "NONE",
                "ENTERQUEUE||13800000001|1",
            ),  # the line of the transfer comes after it
            (24, "1.1", "q", "7", "BLINDTRANSFER|tickets|transfers|4|20|1"),
            (30, "1.1", "tickets", "8", "CONNECT|6|y|1"),
            (3630, "1.1", "tickets", "8", "ATTENDEDTRANSFER|BRIDGE|b|6|3600|1"),
            (4000, "1.1", "NONE", "NONE", "CALLEND|16|1"),
        ]
    )
    agents = there.by("agent")
    assert {agent: row["talk_s"] for agent, row in agents.items()} == {"7": 20.0, "8": 3600.0}
    assert {agent: row["asa_s"] for agent, row in agents.items()} == {"7": 4.0, "8": 6.0}
    assert {queue: row["offered"] for queue, row in there.by("queue").items()} == {"q": 1, "tickets": 1}
    assert [row["transferred"] for row in there.agents().values()] == [1, 1]
    assert [entry["ended_by"] for entry in there.calls()] == ["attended", "blind"]
    assert list(there.by("hour")) == ["2026-02-10T09:00:00+08:00"]  # both began then


def test_of_three_phones_that_ring_at_once_two_miss_nothing(centre: Callable[[Lines], Centre]) -> None:
    signed_in: Lines = [(0, "NONE", "q", agent, "ADDMEMBER|") for agent in "789"]
    agents = centre([*signed_in, *answered("1.1", 1, "8", wait=2, talk=9)]).agents()
    assert {agent: (row["rings"], row["missed"]) for agent, row in agents.items()} == {
        "7": (0, 0), "8": (1, 0), "9": (0, 0),
    }  # fmt: skip


def test_one_rejects_one_does_not_answer_one_is_left_and_one_talks(centre: Callable[[Lines], Centre]) -> None:
    there = centre(
        [
            (0, "1.1", "q", "NONE", "ENTERQUEUE||13800000001|1"),
            (0, "1.1", "q", "7", "RINGNOANSWER|0"),
            (15, "1.1", "q", "8", "RINGNOANSWER|15000"),
            (17, "1.1", "q", "9", "CONNECT|17|x|2"),
            (19, "1.1", "q", "9", "COMPLETECALLER|17|2|1"),
            (20, "1.2", "q", "NONE", "ENTERQUEUE||13800000002|1"),
            (23, "1.2", "q", "7", "RINGCANCELED|3000"),
            (23, "1.2", "q", "NONE", "ABANDON|1|1|3"),
        ]
    )
    agents = there.agents()
    assert {agent: [row[key] for key in ("refused", "missed", "canceled", "answered", "pieces")] for agent, row in agents.items()} == {
        "7": [1, 0, 1, 0, 0], "8": [0, 1, 0, 0, 0], "9": [0, 0, 0, 1, 0],
    }  # fmt: skip


def test_who_hangs_up_in_the_instant_of_the_answer_was_not_answered(
    centre: Callable[[Lines], Centre],
) -> None:
    there = centre(
        [
            (0, "1.1", "q", "NONE", "ENTERQUEUE||13800000001|1"),
            (5, "1.1", "q", "7", "AGENTANSWER|"),
            (6, "1.1", "q", "NONE", "ABANDON|1|1|6"),
        ]
    )
    assert (there.queue["answered"], there.queue["abandoned"]) == (0, 1)
    assert list(there.by("agent")) == [None]


def test_who_waits_too_long_overflows_into_another_queue(centre: Callable[[Lines], Centre]) -> None:
    there = centre(
        [
            (0, "1.1", "q", "NONE", "ENTERQUEUE||13800000001|1"),
            (300, "1.1", "q", "NONE", "EXITWITHTIMEOUT|1|1|300"),
            *answered("1.1", 301, "7", wait=2, talk=4, queue="tickets"),
            *answered("1.1", 400, "7", wait=2, talk=4),  # and comes back
        ]
    )
    queues = there.by("queue")
    assert (queues["q"]["offered"], queues["q"]["timed_out"], queues["q"]["answered"]) == (2, 1, 1)
    assert (queues["tickets"]["offered"], queues["tickets"]["answered"]) == (1, 1)


def test_a_restart_in_mid_call_loses_it_and_nobody_waits_for_ever(centre: Callable[[Lines], Centre]) -> None:
    there = centre(
        [
            (0, "1.1", "q", "NONE", "ENTERQUEUE||13800000001|1"),
            (1, "1.2", "q", "NONE", "ENTERQUEUE||13800000002|1"),
            (4, "1.1", "q", "7", "CONNECT|4|x|1"),
            (9, "NONE", "NONE", "NONE", "QUEUESTART|"),
            *answered("1.3", 12, "7", wait=1, talk=5),
        ]
    )
    row = there.queue
    assert (row["offered"], row["answered"], row["lost"], row["waiting"]) == (3, 2, 1, 0)
    assert row["talk_s"] == 5.0  # of the other nobody knows
    assert sorted(entry["ended_by"] or "" for entry in there.calls()) == ["", "agent", "lost"]
