"""A ticket is booked, looked up and cancelled by key presses over RTP; what is held, sent, and written down nowhere."""

from __future__ import annotations

import contextlib
import csv
import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from ivr.settings import PROJECT
from tests.e2e.calls import Story
from tests.e2e.hotline import Line, read_apart
from tests.e2e.scenarios import add_to
from tests.e2e.test_options import zh, zh_date
from tests.e2e.waits import wait_for
from tests.store.railway import resident_id

SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)

#: 电话订票, 居民身份证, 上海虹桥 to 南京南, then the day, G102, second class, right.
TO_TRAIN = ["1", "2", "1", "7447#", "656#"]
TRAIN = ["102#", "1", "1"]
TOMORROW, DAY_AFTER = "2", "3"
SPOKEN = str.maketrans("零幺一二三四五六七八九", "01123456789")
DOCUMENTS = [resident_id(n) for n in range(300, 340)]
WITH_X = next(document for document in DOCUMENTS if document.endswith("X"))
WITHOUT_X, OTHER, WRONG = [document for document in DOCUMENTS if not document.endswith("X")][:3]
WRONG = WRONG[:17] + str((int(WRONG[17]) + 1) % 10)


def keyed(document: str) -> str:
    return document.replace("X", "*")


def digits_in(words: str) -> str:
    """The digits that are said one by one: 八二五，三幺七 → 825317."""
    return "".join(sign for sign in words.translate(SPOKEN) if sign.isdigit())


def zh_time(moment: datetime) -> str:
    return f"{zh(moment.hour)}点{'整' if moment.minute == 0 else zh(moment.minute) + '分'}"


@dataclass(frozen=True)
class Booked:
    """The call that booked, and the one that looked the order up and cancelled it, with what was held between them."""

    booking: Story
    cancelling: Story
    caller: str
    number: str
    held: dict[str, Any]
    held_bits: int
    left_bits: int
    message: dict[str, Any]

    @property
    def answer(self) -> str:
        return next(said for said in self.booking.said if "订票成功" in said)


def seats_taken(line: Line, day: date) -> int:
    """Seat-segments of G102 that are taken: the bits of its seat maps."""
    maps = line.rows("SELECT taken FROM seat_maps WHERE train = 'G102' AND service_date = ?", day.isoformat())
    return sum(int.from_bytes(row[0], "little").bit_count() for row in maps)


def today_of(story: Story) -> date:
    return datetime.fromisoformat(story["began_at"]).date()


def book_and_cancel(line: Line) -> Booked:
    call = line.call([*TO_TRAIN, TOMORROW, *TRAIN, "2", keyed(WITH_X), WITHOUT_X, "1", "1"])
    call.press_all()
    call.ready()
    assert call.hang_up().by == "phone"
    booking = call.story()
    tomorrow = today_of(booking) + timedelta(days=1)
    answer = next(said for said in booking.said if "订票成功" in said)
    number = digits_in(re.search(r"订单号是，(\S+?)。", answer)[1])
    held, held_bits = line.read("booking", "show", number), seats_taken(line, tomorrow)
    files = line.settings.home / "sms"

    def message() -> dict[str, Any] | None:
        written = [json.loads(file.read_text("utf-8")) for file in files.glob("*.json")]
        return next((one for one in written if one["recipient"] == call.caller), None)

    sent = wait_for(message, "the text message")
    again = line.call(["1", "3", number, keyed(WITH_X[-4:]), "1", "1", "4", number, WITHOUT_X[-4:], "1"])
    again.press_all()
    again.ready()
    assert again.hang_up().by == "phone"
    cancelling = again.story()
    return Booked(
        booking, cancelling, call.caller, number, held, held_bits, seats_taken(line, tomorrow), sent
    )


def hang_up_before_the_end(line: Line) -> Story:
    call = line.call([*TO_TRAIN, DAY_AFTER, *TRAIN, "1", OTHER, "1", "1"])
    call.press(len(call.phone.keys) - 1)
    call.ready()
    assert call.hang_up().by == "phone"
    return call.story()


def key_a_wrong_document(line: Line) -> Story:
    call = line.call([*TO_TRAIN, DAY_AFTER, *TRAIN, "1", WRONG])
    call.press_all()
    call.ready()
    assert call.hang_up().by == "phone"
    return call.story()


CALLS = {task.__name__: task for task in (book_and_cancel, hang_up_before_the_end, key_a_wrong_document)}


def test_the_caller_hears_train_number_and_deadline(calls: Callable[[str], Any], lonely: Line) -> None:
    booked: Booked = calls("book_and_cancel")
    tomorrow = today_of(booked.booking) + timedelta(days=1)
    said = " ".join(booked.booking.said)
    offered = lonely.read("rail", "tickets", "G102", "--date", tomorrow.isoformat())
    classes = [item["class"]["zh"] for item in offered["items"]]
    (menu,) = (words for words in booked.booking.said if words.startswith("请选择席别。"))
    assert menu == " ".join(["请选择席别。", *(f"{name}请按{zh(n)}。" for n, name in enumerate(classes, 1))])
    leaves = datetime.fromisoformat(booked.held["departure"])
    assert f"{zh_date(tomorrow)}G 幺零二次，上海虹桥到南京南，{zh_time(leaves)}开，二等座余" in said
    assert "G 幺零二次，二等座两张，票价共" in said
    number = booked.number
    told = "，".join(
        "".join("零幺二三四五六七八九"[int(digit)] for digit in number[at : at + 3]) for at in (0, 3, 6)
    )
    until = datetime.fromisoformat(booked.held["deadline"])
    assert booked.answer.startswith(
        f"订票成功。 您的订单号是，{told}。 再说一遍，订单号是，{told}。 "
        f"请在{zh_date(until.date())}{zh_time(until) if until.hour or until.minute else '零点整'}以前，凭身份证取票"
    )


def test_the_deadline_is_that_of_the_rule_in_force(calls: Callable[[str], Any]) -> None:
    held = calls("book_and_cancel").held
    made = datetime.fromisoformat(held["made_at"])
    with (PROJECT / "data" / "booking_deadlines.csv").open(encoding="utf-8") as file:
        rules = [row for row in csv.DictReader(file) if row["valid_from"] <= f"{made:%Y-%m-%d}"]
    newest = max(row["valid_from"] for row in rules)
    rule = max(
        (row for row in rules if row["valid_from"] == newest and row["made_from"] <= f"{made:%H:%M}"),
        key=lambda row: row["made_from"],
    )
    hours, minutes = map(int, rule["until_time"].split(":"))
    day = datetime.combine(made.date(), datetime.min.time(), made.tzinfo)
    until = day + timedelta(days=int(rule["until_day"]), hours=hours, minutes=minutes)
    assert datetime.fromisoformat(held["deadline"]) == min(until, datetime.fromisoformat(held["departure"]))


def test_the_seats_are_held_and_the_message_is_sent(calls: Callable[[str], Any]) -> None:
    booked: Booked = calls("book_and_cancel")
    tomorrow = today_of(booked.booking) + timedelta(days=1)
    held = booked.held
    assert (held["status"], held["train"], held["class"]) == ("held", "G102", "second")
    assert (held["travel_date"], held["from"], held["to"]) == (tomorrow.isoformat(), "上海虹桥", "南京南")
    assert held["call"] == booked.booking["call"]
    documents = [passenger["document"] for passenger in held["passengers"]]
    assert documents == ["*" * 14 + WITH_X[-4:], "*" * 14 + WITHOUT_X[-4:]]
    assert len({passenger["seat"] for passenger in held["passengers"]}) == 2
    stops = {
        row["station"]: int(row["seq"])
        for row in csv.DictReader((PROJECT / "data" / "timetable.csv").open(encoding="utf-8"))
        if row["train"] == "G102"
    }
    assert booked.held_bits == 2 * (stops["NKH"] - stops["AOH"])
    number = booked.number
    text = booked.message["text"]
    assert f"您已预订{tomorrow.month}月{tomorrow.day}日G102次，上海虹桥 " in text
    assert f"二等座2张，订单号{number[:3]} {number[3:6]} {number[6:]}。" in text


def test_the_order_is_told_and_cancelled_in_a_second_call(calls: Callable[[str], Any], lonely: Line) -> None:
    booked: Booked = calls("book_and_cancel")
    said = " ".join(booked.cancelling.said)
    assert "二等座两张，票价共" in said
    assert "尚未取票，请在" in said
    assert "确认后为您取消。" in said
    assert booked.cancelling.said[-1].startswith("订单已经取消。")
    assert lonely.read("booking", "show", booked.number)["status"] == "cancelled"
    assert booked.left_bits == 0


def test_a_hangup_in_the_middle_holds_nothing(calls: Callable[[str], Any], lonely: Line) -> None:
    story: Story = calls("hang_up_before_the_end")
    assert "确认后为您订票。" in story.said[-1]
    assert not lonely.rows("SELECT 1 FROM bookings WHERE call_uniqueid = ?", story["call"])
    assert seats_taken(lonely, today_of(story) + timedelta(days=2)) == 0
    assert len(lonely.rows("SELECT 1 FROM booking_document_days WHERE booking_id IS NOT NULL")) == 2


def test_a_wrong_check_digit_is_told_and_asked_again(calls: Callable[[str], Any], lonely: Line) -> None:
    story: Story = calls("key_a_wrong_document")
    assert story.said[-1].startswith(
        "对不起，您输入的身份证号码有误，请核对后重新输入。 请输入第一位乘车人身份证号码"
    )


def leaks(text: str, document: str) -> list[str]:
    """Where ``text`` has six or more signs of a document in a row: as a number of its own, or eight within others
    (moments and process numbers have six in a row by chance)."""
    numbers = re.findall(r"(?<![\w.])[0-9]{6,}[*X]?(?!\w)", text)
    found = [number for number in numbers if keyed(number) in keyed(document)]
    return found + [document[at : at + 8] for at in range(11) if document[at : at + 8] in text]


def test_no_log_and_no_row_has_a_document(calls: Callable[[str], Any], lonely: Line) -> None:
    stories = [
        calls("book_and_cancel").booking,
        calls("hang_up_before_the_end"),
        calls("key_a_wrong_document"),
    ]
    home = lonely.settings.home
    texts = {"steps": " ".join(str(story.document) for story in stories)}
    assert "*" * 18 in texts["steps"]
    texts["said"] = texts["steps"].translate(SPOKEN)
    tables = [row[0] for row in lonely.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    texts |= {t: str(lonely.rows(f"SELECT * FROM {t}")) for t in tables if not t.startswith("rail_")}
    files = [
        file
        for file in home.rglob("*")
        if file.is_file() and file.relative_to(home).parts[0] not in ("sounds", "phones")
    ]
    assert {"serve.log", "ivr.db", lonely.asterisk.messages.name, "queue_log"} <= {
        file.name for file in files
    }
    for file in files:
        with contextlib.suppress(FileNotFoundError):  # the database's own come and go
            texts[str(file.relative_to(home))] = read_apart(file).decode("latin-1")
    found = {
        name: there
        for name, text in texts.items()
        for document in (WITH_X, WITHOUT_X, OTHER, WRONG)
        if (there := leaks(text, document))
    }
    assert found == {}
    assert leaks(f"x {WITH_X[3:9]} y", WITH_X), "the search finds what there is"


@contextlib.contextmanager
def locked(line: Line) -> Iterator[None]:
    """Somebody else writes into the hotline's database, and takes his time."""
    link = sqlite3.connect(str(make_url(line.settings.database).database), isolation_level=None)
    link.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        link.execute("ROLLBACK")
        link.close()


@scenario
def the_database_is_locked_while_a_caller_books(line: Line) -> None:
    line.seat("1001", ring_s=None, calls=9)
    line.sign_in("1023", "1001")
    call = line.call([*TO_TRAIN, TOMORROW, *TRAIN, "1", OTHER, "1", "1"])
    call.press(len(call.phone.keys) - 1)
    call.ready()
    with locked(line):
        began = time.monotonic()
        call.phone.press()
        wait_for(lambda: call.is_in("Queue"), "the caller is handed to an agent")
        assert time.monotonic() - began < 20
    log = line.settings.home / "log" / "serve.log"
    wait_for(lambda: "query book failed" in log.read_text("utf-8"), "the booking is given up")
    assert call.hang_up().by == "phone"
    story = call.story()
    assert story.said[-1].startswith("对不起，系统没有确认您的订票，由人工为您核实。")
    assert [entry["queue"] for entry in story.entries] == ["operator"]
    asked = [step["outcome"] for step in story["steps"] if step["query"] == "book"]
    assert asked == ["error"]
    for table in ("bookings", "booking_passengers", "sms_outbox"):
        assert line.rows(f"SELECT * FROM {table}") == []
    assert seats_taken(line, today_of(story) + timedelta(days=1)) == 0


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_faults(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
