from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.acd.lines import NOTHING, parse

AT = datetime(2026, 2, 10, 1, 0, 15, tzinfo=timezone.utc)


def test_a_line_becomes_an_event() -> None:
    event = parse(b"1770685215|1770685210.10|operator|NONE|ENTERQUEUE||13812345678|1\n")
    assert (event.at, event.call, event.queue, event.agent) == (AT, "1770685210.10", "operator", "")
    assert (event.name, event.data) == ("ENTERQUEUE", ("", "13812345678", "1"))
    assert event.number(2) == 1
    assert event.number(-1) == 1
    assert event.number(0) is None
    assert (event.text(3), event.text(-4)) == ("", "")


def test_none_means_none_in_every_field_but_the_data() -> None:
    event = parse(b"1770685215|NONE|NONE|NONE|PAUSEALL|NONE\r\n")
    assert (event.call, event.queue, event.agent, event.data) == ("", "", "", ("NONE",))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"1770685215|a|b|c",
        b"1770685215|a|b|c|",
        b"yesterday|a|b|c|ABANDON",
        b"-1|a|b|c|ABANDON",
        b"253402300800|a|b|c|ABANDON",
        b"9999999999999|a|b|c|ABANDON",
        "١٢٣|a|b|c|ABANDON".encode(),
        b"1770685215|" + b"a" * 151 + b"|b|c|ABANDON",
    ],
)
def test_what_is_no_line_is_nothing(line: bytes) -> None:
    assert parse(line) is NOTHING


def test_wrong_bytes_and_nuls_are_replaced() -> None:
    event = parse(b"1770685215|a\xff|q\x00|c|PAUSE|\xe7\x8e")
    assert (event.call, event.queue, event.text(0)) == ("a�", "q�", "�")


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1770685215.250", 250),
        ("1770685215.25", 250),
        ("1770685215", 0),
        ("1770685215.x", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_a_moment_with_milliseconds(text: str, milliseconds: int) -> None:
    event = parse(f"1770685215|a|b|c|CALLEND|16|{text}".encode())
    assert event.moment(1) == AT.replace(microsecond=milliseconds * 1000)


@pytest.mark.parametrize("text", ["2000001", "1e3", "-1", "１", "9" * 40])
def test_numbers_out_of_all_reason_are_none(text: str) -> None:
    assert parse(f"1770685215|a|b|c|ABANDON|1|1|{text}".encode()).number(2) is None


@given(st.binary(max_size=300))
def test_any_bytes_give_an_event(line: bytes) -> None:
    event = parse(line)
    assert "\0" not in event.call + event.queue + event.agent + event.name + "".join(event.data)
    event.moment(0)
    event.number(0)


@given(st.lists(st.text(), max_size=10))
def test_any_fields_give_an_event(fields: list[str]) -> None:
    parse("|".join(["1770685215", *fields]).encode("utf-8", "replace"))
