from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from ivr.errors import IvrError, UsageFault
from ivr.store.agents import add_agent, agent_exists, check_pin, list_agents, new_pin, verify_pin
from ivr.store.database import reading, writing
from ivr.store.models.acd import Agent
from ivr.store.recorder import ingest
from ivr.telephony.queue_log import QueueLog

NOW = datetime(2026, 2, 10, 1, 0, tzinfo=timezone.utc)


def test_the_right_pin_and_no_other(engine: Engine) -> None:
    add_agent(engine, "1023", "4711", "甲班")
    assert verify_pin(engine, "1023", "4711")
    assert not verify_pin(engine, "1023", "4712")
    assert not verify_pin(engine, "1024", "4711")
    assert agent_exists(engine, "1023")
    assert not agent_exists(engine, "1024")


def test_no_pin_stands_in_the_database(sqlite: Engine) -> None:
    add_agent(sqlite, "1023", "471147114711")
    add_agent(sqlite, "1024", "471147114711")
    with reading(sqlite) as session:
        hashes = session.execute(select(Agent.pin_hash, Agent.pin_salt)).all()
    assert len({*hashes}) == 2
    assert all(b"4711" not in pin_hash for pin_hash, _ in hashes)


def test_five_wrong_pins_lock_for_five_minutes(engine: Engine) -> None:
    add_agent(engine, "1023", "4711")

    def key_in(pin: str, minutes: float = 0) -> str:
        with writing(engine) as session:
            return check_pin(session, "1023", pin, NOW + timedelta(minutes=minutes))

    assert [key_in("0000") for _ in range(4)] == ["wrong"] * 4
    assert key_in("4711") == "right"
    assert [key_in("0000") for _ in range(5)] == ["wrong"] * 4 + ["locked"]
    assert key_in("4711", 4.9) == "locked"
    assert key_in("0000", 4.95) == "locked"
    assert key_in("4711", 5) == "right"


def test_who_has_left_cannot_sign_in(engine: Engine) -> None:
    add_agent(engine, "1023", "4711")
    with writing(engine) as session:
        session.execute(update(Agent).values(active=False))
    assert not verify_pin(engine, "1023", "4711")
    assert not agent_exists(engine, "1023")


@pytest.mark.parametrize(
    ("staff", "pin"), [("10a", "4711"), ("", "4711"), ("1" * 11, "4711"), ("1", "471"), ("1", "47x1")]
)
def test_what_cannot_be_keyed_in_is_refused(sqlite: Engine, staff: str, pin: str) -> None:
    with pytest.raises(UsageFault) as fault:
        add_agent(sqlite, staff, pin)
    assert not pin or pin not in str(fault.value)
    assert list_agents(sqlite) == []


def test_a_staff_number_is_given_once(sqlite: Engine) -> None:
    add_agent(sqlite, "1023", "4711")
    with pytest.raises(IvrError, match="1023 is taken"):
        add_agent(sqlite, "1023", "4712")


def test_a_new_pin_can_be_keyed_in() -> None:
    pins = {new_pin() for _ in range(50)}
    assert len(pins) > 40
    assert all(len(pin) == 6 and pin.isdigit() for pin in pins)


def test_the_state_of_each_agent(engine: Engine, tmp_path: Path) -> None:
    for staff in ("1023", "1024", "1025", "99"):
        add_agent(engine, staff, "4711")
    log = tmp_path / "queue_log"
    log.write_text(
        "1770685200|c|operator|1023|ADDMEMBER|\n"
        "1770685201|c|tickets|1023|ADDMEMBER|\n"
        "1770685202|c|operator|1023|PAUSE|mail\n"
        "1770685200|c|operator|1024|ADDMEMBER|\n"
        "1770685210|c|operator|1024|PAUSE|lunch\n"
        "1770685200|c|operator|1025|ADDMEMBER|\n"
        "1770685300|c|operator|1025|REMOVEMEMBER|\n"
    )
    ingest(engine, QueueLog(log, alone=True))
    states = {agent.staff: (agent.state, agent.queues, agent.pause_reason) for agent in list_agents(engine)}
    assert list(states) == ["99", "1023", "1024", "1025"]
    assert states == {
        "99": ("signed_out", (), ""),
        "1023": ("signed_in", ("operator", "tickets"), ""),
        "1024": ("paused", ("operator",), "lunch"),
        "1025": ("signed_out", (), ""),
    }
