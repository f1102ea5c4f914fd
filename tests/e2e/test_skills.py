"""Skills: who is called for what, and how changes go live in the middle of calls."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from ivr.errors import IvrError
from ivr.settings import PROJECT
from tests.e2e.calls import Call
from tests.e2e.hotline import Line
from tests.e2e.scenarios import add_to
from tests.e2e.waits import wait_for

SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)
WIDER_AFTER_S = 4
#: It is shown twice a second; the rest is for a machine on which nine hotlines and their callers run.
SEEN_WITHIN_S = 3
QUEUES = f"""
queues:
  operator: {{}}
  complaints: {{levels: 3, widen: {{{WIDER_AFTER_S}s: 9}}, ring: 3s, wrapup: 1s}}
  tickets: {{}}
  groups: {{}}
  lost_property: {{}}
  vip: {{label: 贵宾}}
"""


def agent_at(line: Line, seat: str, staff: str, *skills: str) -> None:
    """An agent with these skills, signed in there, also in the record."""
    line.agent(staff)
    if skills:
        line.cli("agent", "skill", staff, *skills)
    line.sign_in(staff, seat)
    wait_for(lambda: len(queues_of(line, staff)) == 1 + len(skills), f"{staff} in the record")


def queues_of(line: Line, staff: str) -> list[str]:
    """The queues in which the agent is, as the record has it."""
    query = "SELECT queue FROM agent_sessions WHERE agent = ? AND ended_at IS NULL ORDER BY queue"
    return [queue for (queue,) in line.rows(query, staff)]


def members(line: Line) -> dict[str, set[str]]:
    """Queue → staff numbers, by Asterisk; nothing while it is down."""
    with contextlib.suppress(IvrError):
        return {queue: set(line.members(queue)) for queue in line.queues()}
    return {}


def complaining(line: Line) -> Call:
    """A caller who learnt which company runs a train, and complains."""
    call = line.call(["7", "1#", "1", "1", "5"])
    call.press_all()
    wait_for(lambda: call.is_in("Queue"), "the caller is in a queue")
    return call


@scenario
def a_complaint_goes_to_who_knows_about_complaints_and_else_to_anybody(line: Line) -> None:
    seat = line.seat("1001", ring_s=0.1, talk_s=4, calls=2)
    agent_at(line, "1001", "1031")
    call = complaining(line)
    assert call.ended(60).by == "hotline"
    agent_at(line, "1002", "1032", "complaints:2")  # away from the phone: the caller waits for nobody else
    line.seat("1002", ring_s=0.1, talk_s=4)
    skilled = complaining(line)
    assert skilled.ended(60).by == "hotline"
    (general,), (entry,) = call.story().entries, skilled.story().entries
    assert (general["queue"], general["agent"]) == ("operator", "1031")
    assert (entry["queue"], entry["agent"]) == ("complaints", "1032")
    seat.stop()


@scenario
def an_agent_hands_a_caller_over_to_a_queue(line: Line) -> None:
    line.seat("1001", ring_s=0.1, talk_s=5, refer="*62")
    agent_at(line, "1001", "1036")
    line.seat("1002", ring_s=0.1, talk_s=4)
    agent_at(line, "1002", "1037", "complaints:7")
    line.cli("agent", "pause", "1037", "--seat", "1002")
    call = line.call(["9"])
    call.press_all()
    uniqueid = call.uniqueid()
    handed_over = "SELECT 1 FROM queue_entries WHERE call_uniqueid = ? AND queue = 'complaints'"
    wait_for(lambda: line.rows(handed_over, uniqueid), "the caller waits for who knows about complaints")
    line.cli("agent", "unpause", "1037", "--seat", "1002")
    assert call.ended(60).by == "hotline"
    first, second = call.story().entries
    assert (first["queue"], first["agent"], first["ended_by"]) == ("operator", "1036", "blind")
    assert (second["queue"], second["agent"], second["outcome"]) == ("complaints", "1037", "answered")
    assert call.story()["outcome"] == "answered"


@scenario
def what_goes_on_is_seen_at_once(line: Line) -> None:
    line.agent("1035")
    with watched(line) as seen, line.manager() as manager:
        line.seat("1001", ring_s=0.1, talk_s=20)
        line.sign_in("1035", "1001")
        line.cli("agent", "pause", "1035", "--seat", "1001", "--reason", "用餐")
        happened = manager.moment("QueueMemberPause", MemberName="1035")
        paused = seen("paused", "1035")
        assert paused - happened < SEEN_WITHIN_S
        call = line.call(["9"])
        call.press_all()
        happened = manager.moment("QueueCallerJoin", CallerIDNum=call.caller)
        assert seen("waiting", call.uniqueid()) - happened < SEEN_WITHIN_S
        line.cli("agent", "unpause", "1035", "--seat", "1001")
        seen("talking", "1035")
    call.hang_up()
    story = call.story()
    assert story["outcome"] == "answered"


@contextlib.contextmanager
def watched(line: Line) -> Iterator[Callable[[str, str], float]]:
    """``ivr queue live --json`` runs; ``seen(state, who)``: when it first told that of an agent or a call."""
    command = [sys.executable, str(PROJECT / "cli.py"), "queue", "live", "--json"]
    told: dict[tuple[str, str], float] = {}
    watching = subprocess.Popen(command, env=line.environ, cwd=PROJECT, stdout=subprocess.PIPE, text=True)

    def read() -> None:
        for text in watching.stdout or ():
            board, now = json.loads(text), time.time()
            states = [(agent["state"], agent["staff"]) for agent in board["agents"]]
            for state in [*states, *(("waiting", caller["call"]) for caller in board["callers"])]:
                told.setdefault(state, now)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield lambda state, who: wait_for(lambda: told.get((state, who)), f"{who} {state} is seen")
    finally:
        watching.terminate()
        watching.wait(10)
        reader.join(10)


@scenario
def queues_and_skills_change_under_calls_and_outlive_asterisk(line: Line) -> None:
    line.seat("1001", ring_s=0.1, talk_s=60)
    agent_at(line, "1001", "1033")
    talk = line.call(["9"])
    talk.press_all()
    talking = (
        "SELECT 1 FROM queue_entries WHERE call_uniqueid = ? AND outcome = 'answered' AND ended_at IS NULL"
    )
    uniqueid = talk.uniqueid()
    wait_for(lambda: line.rows(talking, uniqueid), "they talk")
    line.agent("1034")
    line.cli("agent", "skill", "1034", "english:1", "complaints:6")
    line.cli("agent", "login", "1034", "--seat", "1002")
    menus = line.folder / "menus"
    shutil.copytree(PROJECT / "menus", menus)
    (menus / "queues.yaml").write_text(QUEUES, "utf-8")
    changed = {**line.environ, "IVR_MENUS": str(menus)}
    line.environ, usual = changed, line.environ
    try:
        line.cli("menu", "publish", "-m", "other queues")
        wait_for(lambda: {"vip"} <= line.queues() and "english" not in line.queues(), "the new queues")
        line.cli("agent", "skill", "1034", "vip:4", "--drop", "english")
        wait_for(lambda: "penalty 4" in line.members("vip").get("1034", ""), "the new skill")
        wait_for(lambda: queues_of(line, "1034") == ["complaints", "operator", "vip"], "also in the record")
        assert line.rows(talking, uniqueid)  # nobody noticed
        line.seat("1002", ring_s=0.1, talk_s=4, calls=2)
        call = complaining(line)
        assert call.ended(60).by == "hotline"
        assert talk.hang_up().by == "phone"
        (entry,) = call.story().entries
        assert (entry["queue"], entry["agent"]) == ("complaints", "1034")
        assert WIDER_AFTER_S <= entry["wait_s"] <= WIDER_AFTER_S + 4  # of level 6: not rung at first
        before = members(line)
        assert before["vip"] == {"1034"}
        assert before["operator"] == {"1033", "1034"}
        (asterisk,) = line.processes(f"-C {line.asterisk.conf}")
        os.kill(asterisk, signal.SIGKILL)
        wait_for(lambda: members(line) == before, "the same agents in the same queues", 40)
    finally:
        line.environ = usual
        line.cli("menu", "rollback")
        wait_for(lambda: "english" in line.queues(), "the usual queues")


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_skills(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
