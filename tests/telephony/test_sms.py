"""Text messages reach a message centre whole, once more when it was unwell, and never twice where that can be told."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from ivr.clock import fixed_clock
from ivr.errors import SmsDelayed, SmsRefused, UsageFault
from ivr.settings import load
from ivr.store.bookings import Request, book
from ivr.store.database import reading, writing
from ivr.store.models.bookings import Booking, OutgoingSms
from ivr.store.sms_outbox import send_due, write_sms
from ivr.store.upkeep import keep_up
from ivr.telephony import sms
from ivr.telephony.sms import PART, SmppSms, sms_gateway
from tests.store.railway import lay, resident_id
from tests.telephony.smsc import ENQUIRE_LINK, INVALID_DESTINATION, RESPONSE, THROTTLED, UNBIND, Smsc

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
MOBILE = "13800001234"
SHORT = "您已预订11月24日G102次。"
LONG = "您已预订车票，订单号八二五三一七零九七，请按时取票。" * 4


@pytest.fixture
def smsc() -> Iterator[Smsc]:
    with Smsc() as centre:
        yield centre


def gateway(smsc: Smsc, password: str = "secret") -> SmppSms:
    return SmppSms(f"smpp://hotline:{password}@127.0.0.1:{smsc.port}/12306")


def test_a_chinese_message_arrives_as_it_was_written(smsc: Smsc) -> None:
    way = gateway(smsc)
    way.send(1, MOBILE, SHORT)
    way.send(2, MOBILE, SHORT)
    way.close()
    assert smsc.binds == 1
    assert [(p.source, p.destination, p.data_coding, p.esm_class) for p in smsc.parts] == [
        ("12306", MOBILE, 8, 0)
    ] * 2
    assert smsc.parts[0].message.decode("utf-16-be") == SHORT
    assert smsc.heard[-1] == UNBIND


def test_a_long_message_goes_in_numbered_parts(smsc: Smsc) -> None:
    way = gateway(smsc)
    way.send(0x1234, MOBILE, LONG)
    way.close()
    assert len(smsc.parts) == -(-len(LONG) // PART)
    for place, part in enumerate(smsc.parts, 1):
        assert part.esm_class == 0x40
        assert part.message[:6] == bytes([5, 0, 3, 0x34, len(smsc.parts), place])
        assert len(part.message) <= 140
    assert b"".join(part.message[6:] for part in smsc.parts).decode("utf-16-be") == LONG


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), st.integers(0, 10**6))
def test_any_text_comes_together_again(text: str, number: int) -> None:
    parts = sms._parts(number, text)
    assert all(len(written) <= 140 for written, _ in parts)
    bodies = [written[6:] if flagged else written for written, flagged in parts]
    assert "".join(body.decode("utf-16-be") for body in bodies) == text


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(SmsRefused, match="too long"):
        sms._parts(1, "长" * 256 * PART)


def test_what_the_centre_refuses_and_what_it_cannot_take_now(smsc: Smsc) -> None:
    smsc.states = [INVALID_DESTINATION, THROTTLED]
    way = gateway(smsc)
    with pytest.raises(SmsRefused, match="refuses it"):
        way.send(1, MOBILE, SHORT)
    with pytest.raises(SmsDelayed, match="busy"):
        way.send(1, MOBILE, SHORT)
    way.send(1, MOBILE, SHORT)
    way.close()
    assert (len(smsc.parts), smsc.binds) == (1, 1)


def test_it_answers_the_centres_own_questions(smsc: Smsc) -> None:
    smsc.mood = "chatty"
    way = gateway(smsc)
    way.send(1, MOBILE, SHORT)
    way.send(2, MOBILE, SHORT)
    way.close()
    assert len(smsc.parts) == 2
    assert ENQUIRE_LINK | RESPONSE in smsc.heard


@pytest.mark.parametrize("mood", ["silent", "rude"])
def test_a_centre_that_goes_away_is_tried_again(
    smsc: Smsc, mood: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "_TIMEOUT_S", 0.3)
    smsc.mood = mood
    way = gateway(smsc)
    with pytest.raises(SmsDelayed, match=f"127.0.0.1:{smsc.port}: the message centre does not answer"):
        way.send(1, MOBILE, SHORT)
    smsc.mood = "well"
    way.send(1, MOBILE, SHORT)
    way.close()
    assert (len(smsc.parts), smsc.binds) == (1, 2)


def test_a_dead_centre_and_a_wrong_password_are_told_in_one_line(smsc: Smsc) -> None:
    with pytest.raises(SmsDelayed, match="does not let us in.*IVR_SMS_URL"):
        gateway(smsc, "wrong").send(1, MOBILE, SHORT)
    with Smsc() as other:
        way = gateway(other)
    with pytest.raises(SmsDelayed, match="does not answer") as fault:
        way.send(1, MOBILE, SHORT)
    assert MOBILE not in str(fault.value)
    way.close()


def test_no_log_has_the_message(smsc: Smsc, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    way = gateway(smsc)
    way.send(1, MOBILE, SHORT)
    way.close()
    written = SHORT.encode("utf-16-be").hex()
    assert not [record for record in caplog.records if written[:20] in record.getMessage()]


def test_as_files_they_are_their_owners_only(tmp_path: Path) -> None:
    way = sms_gateway("", tmp_path)
    way.send(7, MOBILE, SHORT)
    way.send(7, MOBILE, SHORT)
    way.close()
    (file,) = (tmp_path / "sms").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "sms").stat().st_mode & 0o777 == 0o700
    assert json.loads(file.read_text("utf-8")) == {"number": 7, "recipient": MOBILE, "text": SHORT}


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "sms").write_text("in the way")
    with pytest.raises(SmsDelayed, match="cannot be written"):
        sms_gateway("", tmp_path).send(1, MOBILE, SHORT)


@pytest.mark.parametrize("url", ["http://x@h:1/1", "smpp://h:2775/1", "smpp://u:p@h/1", "smpp://u:p@:1"])
def test_a_wrong_address_is_told_with_an_example(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match="smpp://user:password@gateway:2775/12306"):
        load({"IVR_SMS_URL": url}, tmp_path / "none.toml")


# --- the outbox -----------------------------------------------------------------------------------


def write(engine: Engine, subject: str = "booking 1", now: datetime = NOW) -> None:
    with writing(engine) as session:
        write_sms(session, subject, MOBILE, SHORT, now)


def states(engine: Engine) -> list[tuple[int, bool, bool]]:
    with reading(engine) as session:
        rows = session.scalars(select(OutgoingSms).order_by(OutgoingSms.id))
        return [(row.tries, row.sent_at is not None, row.given_up_at is not None) for row in rows]


def test_what_is_sent_is_not_sent_again(sqlite: Engine, smsc: Smsc) -> None:
    write(sqlite)
    way = gateway(smsc)
    assert send_due(sqlite, way.send, NOW) == (1, 0)
    assert send_due(sqlite, way.send, NOW) == (0, 0)
    way.close()
    assert len(smsc.parts) == 1
    assert states(sqlite) == [(1, True, False)]


def test_a_failed_try_waits_longer_each_time_and_others_go_on(sqlite: Engine) -> None:
    write(sqlite, "booking 1")
    write(sqlite, "booking 2")
    tried: list[int] = []

    def send(number: int, recipient: str, text: str) -> None:
        tried.append(number)
        if number == 1:
            raise SmsDelayed("busy")

    assert send_due(sqlite, send, NOW) == (1, 1)
    for seconds, count in ((9, 0), (10, 1), (29, 0), (30, 1)):
        before = len(tried)
        send_due(sqlite, send, NOW + timedelta(seconds=seconds))
        assert len(tried) - before == count, seconds
    send_due(sqlite, send, NOW + timedelta(hours=12))
    send_due(sqlite, send, NOW + timedelta(hours=24))
    assert states(sqlite) == [(4, False, True), (1, True, False)]


def test_a_refused_message_is_given_up_at_once(sqlite: Engine, caplog: pytest.LogCaptureFixture) -> None:
    write(sqlite)

    def send(number: int, recipient: str, text: str) -> None:
        raise SmsRefused("the message centre refuses it")

    assert send_due(sqlite, send, NOW) == (0, 1)
    assert states(sqlite) == [(1, False, True)]
    assert "138****1234" in caplog.text
    assert MOBILE not in caplog.text


def test_a_gateway_that_hangs_or_fails_never_delays_a_booking(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """On both databases: no transaction is open while a message is on its way."""
    lay(engine)
    inside, go_on = threading.Event(), threading.Event()

    def send(number: int, recipient: str, text: str) -> None:
        inside.set()
        assert go_on.wait(30)
        raise SmsDelayed("the message centre does not answer")

    ride = {"from": "S1", "to": "S5", "date": "2026-11-24", "train": "G1", "class": "second"}

    def wish(n: int) -> Request:
        return Request(ride, [resident_id(n)], call=f"c{n}", caller=MOBILE)

    assert book(engine, wish(0), NOW).outcome == "booked"
    sending = threading.Thread(target=send_due, args=(engine, send, NOW))
    sending.start()
    try:
        assert inside.wait(10)
        assert [book(engine, wish(n), NOW).outcome for n in (1, 2)] == ["booked", "booked"]
        assert sending.is_alive()
    finally:
        go_on.set()
        sending.join(10)
    assert states(engine) == [(1, False, False), (0, False, False), (0, False, False)]
    with reading(engine) as session:
        assert session.scalars(select(Booking.status)).all() == ["held"] * 3


def test_the_upkeep_sends_what_is_due_and_stops_when_asked(sqlite: Engine, smsc: Smsc) -> None:
    way, stop = gateway(smsc), threading.Event()

    def send(number: int, recipient: str, text: str) -> None:
        way.send(number, recipient, text)
        stop.set()

    write(sqlite, now=NOW - timedelta(seconds=1))
    thread = threading.Thread(target=keep_up, args=(sqlite, send, fixed_clock(NOW), stop))
    thread.start()
    assert stop.wait(10)
    thread.join(10)
    way.close()
    assert not thread.is_alive()
    assert states(sqlite) == [(1, True, False)]
