"""``ivr booking``: what an agent sees, and one clear line for everything that is wrong."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.app import open_store
from ivr.settings import PROJECT, load
from tests.store.railway import SEATS, lay, resident_id

DAY = (datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=3)).isoformat()
RIDE = ("booking", "book", "G1", "站1", "站5", "--date", DAY)


@pytest.fixture
def loaded(ivr, tables: None):
    engine = open_store(load())
    lay(engine)
    engine.dispose()
    return ivr


def test_a_booking_from_end_to_end(loaded) -> None:
    made = loaded(*RIDE, "--json", "--phone", "13800001234", stdin=f"{resident_id(1)}\n{resident_id(2)}\n")
    assert made.code == 0, made.err
    document = made.document
    number = document["number"]
    assert (document["status"], document["train"], document["total"]) == ("held", "G1", 1106.0)
    assert [p["document"] for p in document["passengers"]] == ["*" * 14 + "0010", "*" * 14 + "0029"]
    assert (document["caller"], document["made_by"] is not None) == ("138****1234", True)
    spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
    assert spaced in loaded("booking", "list").out
    for status, count in (("held", 1), ("paid", 0), ("expired", 0)):
        assert len(loaded("booking", "list", "--status", status, "--json").document) == count
    assert loaded("booking", "list", "--day", "2026-01-01").out == "No bookings.\n"
    shown = loaded("booking", "show", spaced)
    assert "站5" in shown.out
    assert resident_id(1) not in shown.out + made.out
    assert loaded("booking", "cancel", number).out == f"booking {spaced} is cancelled\n"
    again = loaded("booking", "cancel", number)
    assert (again.code, again.err) == (
        1,
        f"ivr: booking {spaced} is cancelled (only a held one can be changed)\n",
    )
    assert loaded("booking", "show", number, "--json").document["status"] == "cancelled"


def test_what_others_sell_is_not_booked_here(loaded, monkeypatch) -> None:
    monkeypatch.setenv("IVR_TICKETS_URL", "http://127.0.0.1:1/left")
    refused = loaded(*RIDE, stdin=resident_id(1))
    assert (refused.code, refused.err) == (
        1,
        "ivr: IVR_TICKETS_URL: tickets are sold by the site's own system, not by the hotline (book there)\n",
    )
    assert loaded("booking", "list").out == "No bookings.\n"


def test_what_was_collected_stays(loaded) -> None:
    number = loaded(*RIDE, "--json", stdin=resident_id(1)).document["number"]
    assert loaded("booking", "paid", number, "--json").document["status"] == "paid"
    assert "is paid" in loaded("booking", "cancel", number).err


@pytest.mark.parametrize(
    ("words", "stdin", "code", "told"),
    [
        ((), "", 2, "0 resident IDs on standard input (1 to 3 of them, one a line)"),
        ((), "110101198001010011", 2, "resident ID 1 is wrong (eighteen signs whose check digit fits)"),
        (("--class", "deck"), resident_id(1), 2, "--class: there is no class 'deck'"),
        (("--class", "hard_seat"), resident_id(1), 1, "it has no hard_seat; it has second"),
        (("--phone", "02112345678"), resident_id(1), 2, "--phone: no mobile number"),
        (("--date", "2027-02-30"), resident_id(1), 2, "'2027-02-30' is no date"),
        (("--date", "soon"), resident_id(1), 2, "'soon' is no date"),
        (("--date", "2026-01-01"), resident_id(1), 1, "2026-01-01 is not on sale; on sale are"),
        ((), resident_id(1, "20160101"), 1, "a child does not travel alone"),
        (("--free-children", "2"), resident_id(1), 1, "one free child for each adult, of whom there are 1"),
        ((), f"{resident_id(1)} {resident_id(1)}", 1, "passenger 2 has a booking on"),
    ],
)
def test_what_is_wrong_is_one_line(loaded, words, stdin, code, told) -> None:
    done = loaded(*RIDE, *words, stdin=stdin)
    assert done.code == code, done.err
    assert told in done.err
    assert done.err.count("\n") == 1
    assert resident_id(1) not in done.err


def test_numbers_that_are_none(loaded) -> None:
    assert "is no booking number" in loaded("booking", "show", "825317094").err
    assert "there is no booking 825 317 097" in loaded("booking", "show", "825317097").err
    assert "there is no booking" in loaded("booking", "cancel", "825317097").err
    assert "no station '月球'" in loaded("booking", "book", "G1", "月球", "站1", stdin=resident_id(1)).err


def test_what_cannot_be_ridden_and_what_is_taken(loaded) -> None:
    same = loaded("booking", "book", "G1", "站1", "S1", "--date", DAY, stdin=resident_id(1))
    assert (same.code, same.err) == (
        2,
        "ivr: S1: is both the origin and the destination (give two stations)\n",
    )
    unknown = loaded("booking", "book", "G9", "站1", "站5", "--date", DAY, stdin=resident_id(1))
    assert (unknown.code, unknown.err.count("\n")) == (1, 1)
    assert f"no such train runs between these stations on {DAY}" in unknown.err
    for place in range(0, SEATS - 2, 3):
        three = "\n".join(resident_id(100 + place + n) for n in range(3))
        assert loaded(*RIDE, stdin=three).code == 0
    assert "only 2 left" in loaded(*RIDE, stdin="\n".join(resident_id(n) for n in (1, 2, 3))).err
    assert loaded(*RIDE, stdin=f"{resident_id(1)} {resident_id(2)}").code == 0
    assert "G1 is sold out in this class" in loaded(*RIDE, stdin=resident_id(3)).err
    shown = loaded("booking", "list", "--limit", "1", "--json").document
    assert len(shown) == 1


def test_without_tables_and_without_data_there_is_one_line(ivr) -> None:
    for words in (("list",), ("show", "825317097"), ("cancel", "825317097"), ("paid", "825317097")):
        done = ivr("booking", *words)
        assert (done.code, done.err.count("\n")) == (1, 1)
        assert "ivr db upgrade makes the tables" in done.err
    ivr("db", "upgrade")
    assert "no railway data is loaded" in ivr(*RIDE, stdin=resident_id(1)).err


def test_ctrl_c_while_ids_are_typed_books_nothing(loaded) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(PROJECT / "cli.py"), *RIDE],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # it may be ignored around this test
    )
    os.close(theirs)
    assert process.stderr.readline() == "Resident IDs, one a line, then Ctrl-D:\n"
    os.write(ours, f"{resident_id(1)}\n".encode())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    os.close(ours)
    assert (process.returncode, out, err.strip()) == (1, "", "Aborted!")
    assert loaded("booking", "list").out == "No bookings.\n"


def test_a_rehearsal_holds_no_seat(ivr, data: None) -> None:
    keys = f"1 2 1 7447# 656# 2# 102# 1 1 1 {resident_id(1)} 1 1"
    done = ivr("menu", "simulate", "--keys", keys)
    assert "? book booked" in done.out
    assert ivr("booking", "list").out == "No bookings.\n"


def test_the_password_of_the_message_centre_is_not_shown(ivr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_SMS_URL", "smpp://hotline:geheim@gateway:2775/12306")
    shown = ivr("settings")
    assert "smpp://hotline:***@gateway:2775/12306" in shown.out
    assert "geheim" not in shown.out + ivr("settings", "--json").out
