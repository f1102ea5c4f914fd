"""The queue in which a caller waits for the agent of the last call, on the real Asterisk."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from ivr.acd.fold import Fold
from ivr.acd.lines import parse
from ivr.acd.record import EntryRecord
from ivr.acd.roster import AGAIN
from ivr.dialogue.queues import STRATEGIES, Queue, with_again
from ivr.telephony.queue_config import write_queues
from tests.telephony.asterisk_bench import Bench, bench, wait_for

pytestmark = pytest.mark.asterisk
NUMBERS = {"1001": ("1023", 5), "1002": ("1024", 6)}
HOTLINE = {"IVR_NEXT": "queue", "IVR_QUEUE": "operator", "IVR_AGAIN": "6", "IVR_AGENT": "1024"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("home"), IVR_QUEUE_TIMEOUT_S="20", IVR_WRAPUP_S="0") as started:
        queues = with_again({"operator": Queue("operator", sticky_s=60, wrapup_s=0)})
        write_queues(started.home.etc, queues.values())
        started.ask("queue reload all")
        wait_for(lambda: AGAIN in started.ask("queue show"), "the queue")
        yield started


@pytest.fixture
def line(running: Bench) -> Iterator[Bench]:
    running.forget()
    for seat, (staff, number) in NUMBERS.items():
        running.ask(f"queue remove member PJSIP/{seat} from {AGAIN}")
        for queue, penalty in (("operator", 1), (AGAIN, number)):
            added = running.ask(f"queue add member PJSIP/{seat} to {queue} penalty {penalty} as {staff}")
            assert "Added" in added
    yield running
    running.forget()


def entries(line: Bench) -> list[EntryRecord]:
    """What the record makes of the log, in the order in which the callers came."""
    fold = Fold(1)
    for text in line.home.queue_log.read_bytes()[line.seen :].splitlines():
        fold.take(parse(text))
    return [row for row in fold.changed if isinstance(row, EntryRecord)]


def told(line: Bench) -> list[tuple[str, str, str]]:
    return [(event[0], event[1], event[2]) for event in line.events() if event[1] in ("operator", AGAIN)]


def test_a_new_queue_has_the_strategy_that_it_asks_for(running: Bench) -> None:
    ours = {f"by_{strategy}": Queue(f"by_{strategy}", strategy=strategy) for strategy in STRATEGIES}
    queues = with_again({"operator": Queue("operator", sticky_s=60, wrapup_s=0), **ours})
    write_queues(running.home.etc, queues.values())
    running.ask("queue reload all")
    told = {name: running.ask(f"queue show {name}").split("'")[1] for name in ours}
    assert list(told.values()) == ["leastrecent", "fewestcalls", "rrmemory", "random", "ringall"]


def test_the_agent_of_the_last_call_is_rung_though_another_one_is_free(line: Bench) -> None:
    line.seat("1001", talk_ms=500)
    line.seat("1002", talk_ms=500)
    with line.agi_server(hotline=HOTLINE, after_queue={"IVR_NEXT": "hangup"}):
        assert line.call().wait(20) == 0
    wait_for(lambda: "COMPLETEAGENT" in line.names(), "the end")
    assert told(line)[:2] == [("ENTERQUEUE", AGAIN, "NONE"), ("CONNECT", AGAIN, "1024")]
    (entry,) = entries(line)
    assert (entry.queue, entry.agent, entry.first_agent, entry.outcome) == (
        "operator",
        "1024",
        "1024",
        "answered",
    )
    assert entry.ended_by == "agent"


def test_an_agent_who_is_not_free_is_not_waited_for(line: Bench) -> None:
    line.seat("1001", talk_ms=500)
    line.register("1002", line.sip_ports[1])
    line.ask("queue pause member PJSIP/1002")
    with line.agi_server(hotline=HOTLINE, after_queue={"IVR_NEXT": "hangup"}):
        assert line.call().wait(20) == 0
    wait_for(lambda: "COMPLETEAGENT" in line.names(), "the end")
    assert [x for x in told(line) if x[0] not in ("PAUSE", "UNPAUSE")][:2] == [
        ("ENTERQUEUE", "operator", "NONE"),
        ("CONNECT", "operator", "1023"),
    ]
    (entry,) = entries(line)
    assert (entry.agent, entry.first_agent, entry.first_s) == ("1023", "", None)


def test_who_waited_in_vain_is_before_who_came_later(line: Bench) -> None:
    line.register("1002", line.sip_ports[1])  # rings and rings
    line.seat("1001", talk_ms=500, calls=2)
    line.ask("queue pause member PJSIP/1001")
    with line.agi_server(hotline=HOTLINE, after_queue={"IVR_NEXT": "hangup"}) as agi:
        first = line.call(caller="13800000001", hold_ms=35000)
        wait_for(lambda: ("ENTERQUEUE", AGAIN, "NONE") in told(line), "the first waits for 1024")
        wait_for(lambda: "PJSIP/1002" in line.ask("core show channels concise"), "1024 is rung")
        begun = int(time.time())
        agi.answers["hotline"] = {**HOTLINE, "IVR_AGAIN": ""}
        wait_for(lambda: int(time.time()) > begun, "a later second: the place in the queue has whole ones")
        second = line.call(caller="13800000002", hold_ms=35000)
        wait_for(lambda: ("ENTERQUEUE", "operator", "NONE") in told(line), "the second waits for anybody")
        line.ask("queue pause member PJSIP/1002")
        wait_for(lambda: told(line).count(("ENTERQUEUE", "operator", "NONE")) == 2, "the first does too")
        line.ask("queue unpause member PJSIP/1001")
        assert first.wait(20) == second.wait(20) == 0
    wait_for(lambda: line.names().count("COMPLETEAGENT") == 2, "both are served")
    one, two = entries(line)
    assert [(entry.caller[-1], entry.agent, entry.outcome) for entry in (one, two)] == [
        ("1", "1023", "answered"),
        ("2", "1023", "answered"),
    ]
    assert (one.first_agent, two.first_agent) == ("1024", "")
    assert one.first_s is not None
    assert one.left_at is not None
    assert two.left_at is not None
    assert one.left_at < two.left_at
    assert one.wait_s is not None
    assert one.wait_s >= one.first_s
