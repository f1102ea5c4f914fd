"""Talks from the lines of the log: their ends, holds, surveys, and the legs of colleagues."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ivr.acd.record import (
    WAITING,
)
from tests.acd.book import CONNECT, Book, answered, entry, holds, second
from tests.queue_logs.made import ZERO, line


def test_of_a_caller_who_comes_back_nobody_says_that_they_hung_up() -> None:
    stays = (13, "NONE", "CALLERSTAYS", ())
    ends = (13, "1023", "COMPLETECALLER", (12, 1, 1))
    holds(answered(CONNECT, stays, ends), ended_by="agent", talk_s=4, ended_at=second(13))
    holds(answered(CONNECT, ends, stays), ended_by="agent", talk_s=4, ended_at=second(13))
    holds(answered(CONNECT, (13, "1023", "COMPLETEAGENT", (12, 1, 1)), stays), ended_by="agent")
    holds(answered(CONNECT, stays), outcome="answered", ended_at=None)
    attended = (13, "1023", "ATTENDEDTRANSFER", ("BRIDGE", "x", 12, 1, 1))
    holds(answered(CONNECT, stays, attended), ended_by="attended")
    holds(answered(stays), outcome=WAITING, ended_by="")


def test_a_talk_whose_end_no_line_tells_ends_with_the_call() -> None:
    stays, ends = (13, "NONE", "CALLERSTAYS", ()), (40, "NONE", "CALLEND", (16, ""))
    untold = answered(CONNECT, stays, ends)
    holds(untold, outcome="answered", ended_at=second(40), ended_by="agent", talk_s=None)
    told_later = answered(CONNECT, stays, ends, (40, "1023", "COMPLETECALLER", (12, 1, 1)))
    holds(told_later, ended_at=second(40), ended_by="agent", talk_s=4)
    lost = answered(CONNECT, (14, "NONE", "QUEUESTART", ()), (15, "1023", "COMPLETECALLER", (12, 1, 1)))
    holds(lost, ended_by="lost", talk_s=None)


def test_a_survey_belongs_to_the_last_talk_in_its_queue_and_its_first_answer_counts() -> None:
    lines = [
        line(0, "c", "a", "NONE", "ENTERQUEUE", "", "1", 1),
        line(1, "c", "a", "1", "SURVEYASKED"),  # nobody has answered yet
        line(2, "c", "a", "1", "CONNECT", 2, "x", 1),
        line(3, "c", "a", "1", "COMPLETEAGENT", 2, 1, 1),
        line(4, "c", "a", "1", "SURVEYASKED"),
        line(5, "c", "a", "1", "SURVEYSCORE", 6),
        line(5, "c", "a", "1", "SURVEYSCORE", 2),
        line(5, "c", "a", "1", "SURVEYSCORE", 5),
        line(6, "c", "b", "NONE", "ENTERQUEUE", "", "1", 1),
        line(7, "c", "b", "2", "CONNECT", 1, "y", 1),
        line(8, "c", "b", "2", "COMPLETECALLER", 1, 1, 1),
        line(9, "c", "a", "1", "SURVEYSCORE", 4),
        line(9, "c", "b", "2", "SURVEYSCORE", 4),  # asked, though the line is missing
    ]
    for cut in range(len(lines)):
        book = Book().take(lines[:cut]).take(lines[cut:])
        told = [(entry.survey_asked, entry.survey_score) for entry in book.entries.values()]
        assert told == [(True, 2), (True, 4)]


def talk(*more: bytes) -> Book:
    return Book().take(
        [
            line(0, "c", "a", "NONE", "ENTERQUEUE", "", "1", 1),
            line(5, "c", "a", "1", "CONNECT", 5, "chan", 2),
            *more,
        ]
    )


def hold(at: float, name: str = "HOLD", channel: str = "chan", call: str = "c") -> bytes:
    return line(int(at), call, "NONE", "NONE", name, channel, f"{ZERO + at:.3f}")


def test_hold_is_no_talk() -> None:
    book = talk(
        hold(10),
        hold(12.25, "UNHOLD"),
        hold(20),
        hold(23.5, "UNHOLD"),
        line(65, "c", "a", "1", "COMPLETEAGENT", 5, 60, 1),
    )
    holds(entry(book, "c"), hold_s=6, talk_s=54)


def test_a_hold_that_nothing_ends_ends_with_the_talk() -> None:
    book = talk(hold(10), hold(11), line(25, "c", "a", "1", "ATTENDEDTRANSFER", "BRIDGE", "b", 5, 20, 1))
    holds(entry(book, "c"), hold_s=15, talk_s=5, ended_by="attended")
    backwards = talk(hold(-900), line(25, "c", "a", "1", "COMPLETEAGENT", 5, 20, 1))
    holds(entry(backwards, "c"), hold_s=20, talk_s=0)


def test_what_others_hold_changes_nothing() -> None:
    over = line(25, "c", "a", "1", "COMPLETEAGENT", 5, 20, 1)
    for nothing in (
        hold(9, channel="caller"),
        hold(9, call="d"),
        hold(9, "UNHOLD"),
        line(9, "c", "NONE", "NONE", "HOLD"),
    ):
        holds(entry(talk(nothing, over), "c"), hold_s=None, talk_s=20)
    holds(entry(talk(over, hold(30), hold(31, "UNHOLD")), "c"), hold_s=None, talk_s=20)


def test_asterisk_is_restarted_in_a_hold() -> None:
    book = talk(hold(10), line(20, "NONE", "NONE", "NONE", "QUEUESTART"))
    holds(entry(book, "c"), hold_s=None, talk_s=None, ended_by="lost", held_since=None)


def leg_begins(at: float, call: str = "c", kind: str = "blind", leg: str = "leg") -> bytes:
    return line(
        int(at), call, "NONE", "NONE", "LEGBEGIN", leg, kind, "PJSIP/1001", "PJSIP/1002", f"{ZERO + at:.3f}"
    )


def leg_ends(at: float, call: str = "c", leg: str = "leg") -> bytes:
    return line(int(at), call, "NONE", "NONE", "LEGEND", leg, f"{ZERO + at:.3f}")


def leg_of(book: Book) -> dict[str, Any]:
    (leg,) = book.legs.values()
    return asdict(leg)


def test_a_blind_transfer_to_a_colleague_is_a_leg_of_the_colleague() -> None:
    signed_in = [line(0, "NONE", "a", "2", "ADDMEMBER"), line(0, "NONE", "NONE", "2", "SEAT", "PJSIP/1002")]
    book = Book().take(signed_in)
    book.take([leg_begins(30.5)]).take([leg_ends(42.75)])
    holds(
        leg_of(book),
        call="c",
        kind="blind",
        from_seat="PJSIP/1001",
        seat="PJSIP/1002",
        agent="2",
        talk_s=12,
        consult_s=None,
        lost=False,
    )


def test_a_consultation_that_becomes_a_transfer() -> None:
    book = talk(
        leg_begins(10, "own", "direct"), line(20, "c", "a", "1", "ATTENDEDTRANSFER", "BRIDGE", "b", 5, 15, 1)
    )
    assert leg_of(book)["call"] == "own"
    book.take([leg_ends(50)])
    holds(leg_of(book), call="c", kind="attended", consult_s=10, talk_s=30)
    holds(entry(book, "c"), talk_s=15, ended_by="attended")


def test_a_call_between_seats_stays_one() -> None:
    book = Book().take(
        [leg_begins(0, "own", "direct"), hold(5, channel="leg", call="own"), leg_ends(20, "own")]
    )
    holds(leg_of(book), call="own", kind="direct", agent="", talk_s=5, hold_s=15, consult_s=None)
    assert leg_of(book.take([leg_begins(60), leg_ends(70)]))["talk_s"] == 5  # a line that comes twice


def test_asterisk_is_restarted_in_a_leg() -> None:
    book = Book().take(
        [leg_begins(0), hold(3, channel="leg"), line(9, "NONE", "NONE", "NONE", "QUEUESTART"), leg_ends(20)]
    )
    holds(leg_of(book), lost=True, talk_s=None, hold_s=None, ended_at=second(9))


def test_legs_of_no_kind_and_ends_of_none_are_passed_over() -> None:
    assert not Book().take([leg_begins(0, kind="x"), leg_begins(0, leg=""), leg_ends(3), hold(4)]).legs


def test_of_two_at_a_seat_who_came_last_has_the_leg() -> None:
    lines = [
        line(0, "NONE", "a", "1", "ADDMEMBER"), line(0, "NONE", "NONE", "1", "SEAT", "PJSIP/1002"),
        line(5, "NONE", "a", "2", "ADDMEMBER"), line(5, "NONE", "NONE", "2", "SEAT", "PJSIP/1002"),
        line(6, "NONE", "b", "3", "ADDMEMBER"), line(7, "NONE", "b", "2", "REMOVEMEMBER"),
    ]  # fmt: skip
    assert leg_of(Book().take(lines).take([leg_begins(9)]))["agent"] == "2"
    gone = [line(8, "NONE", "a", agent, "REMOVEMEMBER") for agent in "12"]
    assert leg_of(Book().take([*lines, *gone, leg_begins(9)]))["agent"] == ""
