"""Holds and transfers between seats: whose time is whose, from Asterisk's log alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from tests.e2e.desk_phone import DeskPhone
from tests.e2e.hotline import Call, Line, Together, add_to, wait_for
from tests.e2e.sipp import free_port, register

SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)


@contextmanager
def desk_phone(line: Line, seat: str) -> Iterator[DeskPhone]:
    port = free_port()
    folder = line.folder / f"desk{port}"
    folder.mkdir(parents=True)
    assert register(folder, line.at, seat, line.secret(seat), port) == 200
    with DeskPhone(line.at, seat, line.secret(seat), port=port) as phone:
        yield phone


def told(line: Line, event: str, call: str) -> bool:
    return any(fields[1] == call and fields[4] == event for fields in line.queue_log())


def waiting(line: Line) -> Call:
    call = line.call(["9"])
    call.press_all()
    call.uniqueid()
    return call


def legs(call: Call, number: int = 1) -> list[dict[str, Any]]:
    query = "SELECT count(*) FROM legs WHERE call_uniqueid = ? AND ended_at IS NOT NULL"
    wait_for(lambda: call.line.rows(query, call.uniqueid())[0][0] >= number, "the leg is over")
    found: list[dict[str, Any]] = call.line.read("call", "show", call.uniqueid())["legs"]
    return found


@scenario
def after_a_transfer_with_consultation_the_time_is_the_colleague_s(line: Line) -> None:
    with desk_phone(line, "1001") as phone:
        line.sign_in("1041", "1001")
        call = waiting(line)
        talk = phone.taken()
        wait_for(lambda: told(line, "CONNECT", call.uniqueid()), "the two are connected")
        second = line.seat("1002", ring_s=0.1)
        line.sign_in("1042", "1002")
        time.sleep(1)  # they talk
        phone.hold(talk)
        wait_for(lambda: told(line, "HOLD", call.uniqueid()), "the hold is in the log")
        time.sleep(1.2)
        phone.unhold(talk)
        wait_for(lambda: told(line, "UNHOLD", call.uniqueid()), "so is its end")
        consultation = phone.dial("1002")
        time.sleep(1.2)
        phone.join(talk, consultation)
        wait_for(lambda: told(line, "ATTENDEDTRANSFER", call.uniqueid()), "the transfer is in the log")
        time.sleep(2.5)
        second.hang_up()
        assert call.ended(60).by == "hotline"
    (leg,) = legs(call)
    assert (leg["kind"], leg["from"], leg["seat"], leg["agent"]) == ("attended", "1001", "1002", "1042")
    assert 1 <= leg["consult_s"] <= 4
    assert 2 <= leg["talk_s"] <= 6
    (entry,) = call.story().entries
    assert (entry["agent"], entry["ended_by"]) == ("1041", "attended")
    assert 1 <= entry["hold_s"] <= 3
    assert call.story()["outcome"] == "answered"
    row = next(row for row in line.read("report", "agent") if row["agent"] == "1042")
    assert (row["answered"], row["taken_over"], row["taken_over_s"]) == (0, 1, leg["talk_s"])


@scenario
def a_blind_transfer_to_a_colleague_is_a_leg(line: Line) -> None:
    line.seat("1001", ring_s=0.1, talk_s=5, refer="1002")
    line.sign_in("1043", "1001")
    call = waiting(line)
    wait_for(lambda: told(line, "CONNECT", call.uniqueid()), "the two are connected")
    second = line.seat("1002", ring_s=0.1, talk_s=3)
    line.sign_in("1044", "1002")
    assert call.ended(60).by == "hotline"
    second.stop()
    (leg,) = legs(call)
    assert (leg["kind"], leg["from"], leg["seat"], leg["agent"]) == ("blind", "1001", "1002", "1044")
    assert (leg["consult_s"], 2 <= leg["talk_s"] <= 5) == (None, True)
    (entry,) = call.story().entries
    assert (entry["ended_by"], entry["hold_s"]) == ("blind", None)


@scenario
def a_call_between_seats_is_a_leg_of_its_own(line: Line) -> None:
    second = line.seat("1003", ring_s=0.1)
    with desk_phone(line, "1002") as phone:
        talk = phone.dial("1003")
        there = "SELECT kind, from_seat, agent, talk_s FROM legs WHERE seat = 'PJSIP/1003'"
        wait_for(lambda: line.rows(there), "the leg is in the record")
        phone.hang_up(talk)
    second.stop()
    wait_for(lambda: line.rows(f"{there} AND ended_at IS NOT NULL"), "the leg is over")
    ((kind, from_seat, agent, talk_s),) = line.rows(there)
    assert (kind, from_seat, agent) == ("direct", "PJSIP/1002", "")
    assert talk_s is not None


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_legs(played: Together[None], scenario: str) -> None:
    played[scenario]
