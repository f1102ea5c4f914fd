"""Holds and legs on the real Asterisk: its queue_log, and the record that comes of it."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, select

from ivr.roster import manager
from ivr.store.database import reading
from ivr.store.models.acd import Leg, QueueEntry
from ivr.store.recorder import ingest
from ivr.telephony.holds import line_of, write_holds
from ivr.telephony.queue_log import QueueLog
from ivr.telephony.seats import HOLD_USER, ami_secret, seat_secrets
from tests.e2e.desk_phone import DeskPhone
from tests.e2e.sipp import Exchange
from tests.telephony.asterisk_bench import Bench, bench, free_ports, wait_for


def test_a_line_of_an_event() -> None:
    event = {"event": "Hold", "uniqueid": "17.2", "linkedid": "17.1", "timestamp": "1770685200.123456"}
    assert line_of(event) == ("HOLD", "17.1", "17.2|1770685200.123")
    assert line_of({"event": "Unhold"}) == ("UNHOLD", "", "|")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("home"), IVR_QUEUE_TIMEOUT_S="30") as started:
        stopping = threading.Event()
        thread = threading.Thread(target=write_holds, args=(started.settings, stopping))
        thread.start()
        yield started
        stopping.set()
        thread.join()


@pytest.fixture
def line(running: Bench) -> Iterator[Bench]:
    running.forget()
    yield running
    running.forget()


def desk(line: Bench, seat: str) -> DeskPhone:
    port = free_ports(4)[0]
    assert line.register(seat, port) == 0
    at = Exchange("127.0.0.1", line.settings.sip_port)
    return DeskPhone(at, seat, seat_secrets(line.settings.home, line.settings.seat_list)[seat], port=port)


def record(line: Bench, engine: Engine, model: Any) -> list[Any]:
    ingest(engine, QueueLog(line.home.queue_log, alone=True))
    with reading(engine) as session:
        return list(session.scalars(select(model)))


@pytest.mark.asterisk
def test_a_hold_a_consultation_and_what_is_whose(line: Bench, sqlite: Engine) -> None:
    second = line.seat("1002", talk_ms=20_000)
    with desk(line, "1001") as phone:
        line.sign_in("1001", "1023")
        caller = line.call(hold_ms=60_000)
        talk = phone.taken()
        wait_for(lambda: "CONNECT" in line.names(), "CONNECT")
        began = time.monotonic()
        phone.hold(talk)
        wait_for(lambda: "HOLD" in line.names(), "HOLD")
        time.sleep(1.5)
        phone.unhold(talk)
        wait_for(lambda: "UNHOLD" in line.names(), "UNHOLD")
        held = time.monotonic() - began
        consultation = phone.dial("1002")
        time.sleep(1.5)
        phone.join(talk, consultation)
        wait_for(lambda: "ATTENDEDTRANSFER" in line.names(), "ATTENDEDTRANSFER")
        time.sleep(2.5)
        second.terminate()  # without a BYE: the caller ends it
        caller.terminate()
        line.ask("channel request hangup all")
        wait_for(lambda: {"LEGEND", "CALLEND"} <= set(line.names()), "the end of all")
    (entry,) = [one for one in record(line, sqlite, QueueEntry) if one.outcome == "answered"]
    assert (entry.agent, entry.ended_by) == ("1023", "attended")
    assert 1 <= entry.hold_s <= held + 1
    (leg,) = record(line, sqlite, Leg)
    assert (leg.kind, leg.call_uniqueid) == ("attended", entry.call_uniqueid)
    assert (leg.from_seat, leg.seat) == ("PJSIP/1001", "PJSIP/1002")
    assert leg.consult_s >= 1
    assert leg.talk_s >= 2
    assert leg.ended_at > entry.ended_at


@pytest.mark.asterisk
def test_a_call_between_seats_is_a_leg(line: Bench, sqlite: Engine) -> None:
    line.seat("1002", talk_ms=10_000)
    with desk(line, "1001") as phone:
        talk = phone.dial("1002")
        wait_for(lambda: "LEGBEGIN" in line.names(), "LEGBEGIN")
        phone.hang_up(talk)
        wait_for(lambda: "LEGEND" in line.names(), "LEGEND")
    leg = max(record(line, sqlite, Leg), key=lambda one: one.began_at)
    assert (leg.kind, leg.from_seat, leg.seat) == ("direct", "PJSIP/1001", "PJSIP/1002")
    assert leg.talk_s is not None


@pytest.mark.asterisk
def test_its_user_sees_holds_and_nothing_else(line: Bench) -> None:
    line.seat("1002", talk_ms=10_000)
    with (
        desk(line, "1001") as phone,
        socket.create_connection(("127.0.0.1", line.settings.ami_port), 10) as ami,
    ):
        secret = ami_secret(line.settings.home)
        ami.sendall(f"Action: Login\r\nUsername: {HOLD_USER}\r\nSecret: {secret}\r\n\r\n".encode())
        talk = phone.dial("1002")
        phone.hold(talk)
        phone.unhold(talk)
        wait_for(lambda: line.names().count("UNHOLD") >= 1, "UNHOLD")
        phone.hang_up(talk)
        wait_for(lambda: "LEGEND" in line.names(), "LEGEND")
        ami.sendall(b"Action: Logoff\r\n\r\n")
        heard = b""
        while piece := ami.recv(65536):
            heard += piece
    events = set(re.findall(r"(?m)^Event: (\w+)", heard.decode()))
    assert events - {"FullyBooted"} == {"Hold", "Unhold"}


@pytest.mark.asterisk
def test_a_blind_transfer_is_a_leg_of_who_sits_there(line: Bench, sqlite: Engine) -> None:
    line.seat("1002", talk_ms=1500)
    with desk(line, "1001") as phone:
        line.sign_in("1001", "1023")
        caller = line.call(hold_ms=60_000)
        talk = phone.taken()
        wait_for(lambda: "CONNECT" in line.names(), "CONNECT")
        line.sign_in("1002", "1024")
        asyncio.run(sits(line, "1024", "PJSIP/1002"))
        wait_for(lambda: "SEAT" in line.names(), "SEAT")
        phone.hand_over(talk, "1002")
        wait_for(lambda: {"LEGEND", "CALLEND"} <= set(line.names()), "the end of all")
    caller.terminate()
    leg = max(record(line, sqlite, Leg), key=lambda one: one.began_at)
    entry = max(record(line, sqlite, QueueEntry), key=lambda one: one.entered_at)
    assert (entry.agent, entry.ended_by, entry.hold_s) == ("1023", "blind", None)
    assert (leg.kind, leg.call_uniqueid) == ("blind", entry.call_uniqueid)
    assert (leg.from_seat, leg.seat, leg.agent) == ("PJSIP/1001", "PJSIP/1002", "1024")
    assert (leg.consult_s, leg.talk_s >= 1) == (None, True)


async def sits(line: Bench, staff: str, seat: str) -> None:
    """What signing in has Asterisk write (``ivr.roster``)."""
    async with manager(line.settings) as ami:
        await ami.queue_log("SEAT", agent=staff, data=seat)
