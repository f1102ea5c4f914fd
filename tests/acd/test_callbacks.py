"""Whose number may be called, and what becomes of a callback after each try."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.acd.callbacks import (
    SOON,
    Rules,
    Verdict,
    after_dial,
    after_restart,
    callable_number,
    holder_id,
    holder_of,
)

NOW = datetime(2026, 2, 10, 9, tzinfo=timezone.utc)
RULES = Rules(attempts=3)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800138000", "13800138000"),
        ("+8613800138000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("01065123456", "01065123456"),
        ("+861065123456", "01065123456"),
        ("+8651265123456", "051265123456"),
        ("02165123456", "02165123456"),
        ("07712345678", "07712345678"),
        ("", ""),  # withheld
        ("12306", ""),
        ("95588", ""),
        ("4008123123", ""),
        ("8008123123", ""),
        ("01016812345", ""),  # a number with a price of its own
        ("010168123456", ""),
        ("65123456", ""),  # no area code
        ("1001", ""),  # a seat
        ("+14155550100", ""),
        ("0014155550100", ""),
        ("12800138000", ""),
        ("138001380001", ""),
        ("１３８００１３８０００", ""),
        ("anonymous", ""),
    ],
)
def test_only_mainland_subscribers_are_called(text: str, number: str):
    assert callable_number(text) == number


def test_a_site_refuses_more():
    assert callable_number("17012345678", ("170", "0755")) == ""
    assert callable_number("075525123456", ("170", "0755")) == ""
    assert callable_number("13812345678", ("170", "0755")) == "13812345678"


@given(st.text(max_size=20))
def test_whatever_is_keyed_only_plain_digits_are_dialled(text: str):
    number = callable_number(text)
    assert number == "" or (
        number.isascii() and number.isdigit() and number[0] in "01" and 10 <= len(number) <= 12
    )


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_a_holders_id_tells_whose_place_it_holds(callback: int, turn: int):
    assert holder_of(holder_id(callback, turn)) == (callback, turn)
    assert holder_of(holder_id(callback, turn, 1)) is None


@pytest.mark.parametrize("call", ["1770685200.17", "north-1770685200.17", "callback-1770685200.17", ""])
def test_a_callers_call_holds_no_place(call: str):
    assert holder_of(call) is None


@pytest.mark.parametrize(
    ("status", "talk_s", "attempts", "verdict"),
    [
        ("ANSWER", 60, 1, Verdict("done")),
        ("ANSWER", 5, 3, Verdict("done")),
        ("ANSWER", 4, 1, Verdict("waiting", "short", NOW + timedelta(minutes=10))),
        ("ANSWER", None, 1, Verdict("waiting", "short", NOW + timedelta(minutes=10))),
        ("ANSWER", 4, 3, Verdict("failed", "short")),
        ("BUSY", 0, 2, Verdict("waiting", "busy", NOW + timedelta(minutes=3))),
        ("BUSY", 0, 3, Verdict("failed", "busy")),
        ("NOANSWER", 0, 1, Verdict("waiting", "no_answer", NOW + timedelta(minutes=10))),
        ("NOANSWER", 0, 3, Verdict("failed", "no_answer")),
        ("CANCEL", 0, 1, Verdict("waiting", "agent_left", NOW + SOON)),
        ("CHANUNAVAIL", 0, 1, Verdict("waiting", "unreachable", NOW + timedelta(minutes=3))),
        ("CONGESTION", 0, 3, Verdict("failed", "unreachable")),
        ("", None, 1, Verdict("waiting", "not_dialled", NOW + SOON)),
        ("", None, 3, Verdict("failed", "not_dialled")),
    ],
)
def test_after_a_call(status: str, talk_s: int | None, attempts: int, verdict: Verdict):
    assert after_dial(status, talk_s, attempts, NOW, RULES) == verdict


def test_after_a_restart():
    assert after_restart("placed", 0, NOW, RULES) == Verdict("waiting", "restart", NOW)
    assert after_restart("connected", 1, NOW, RULES) == Verdict("done", "restart")
    assert after_restart("dialling", 1, NOW, RULES) == Verdict("waiting", "restart", NOW + RULES.busy_after)
    assert after_restart("dialling", 3, NOW, RULES) == Verdict("failed", "restart")
