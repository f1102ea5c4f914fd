"""Who is signed in and on a pause, from the lines of the log."""

from __future__ import annotations

from datetime import timedelta

from tests.acd.book import OPERATOR, Book, second, the_log
from tests.queue_logs.made import line


def test_sessions_and_pauses_each_with_its_reason() -> None:
    book = the_log()
    sessions = [
        (row.agent, (row.ended_at or second(0)) - row.began_at, row.ended_by) for row in book.sessions
    ]
    assert sessions == [
        ("1023", second(0) - second(200), ""),
        ("1024", timedelta(seconds=690), "sign_out"),
    ]
    pauses = [
        (row.agent, row.reason, row.ended_at and (row.ended_at - row.began_at).seconds, row.ended_by)
        for row in book.pauses
    ]
    assert pauses == [
        ("1024", "", 1, "unpause"),
        ("1023", "lunch", 60, "next"),
        ("1023", "training", 60, "unpause"),
    ]


def test_a_restart_ends_sessions_when_asterisk_does_not_keep_members() -> None:
    lines = [
        line(0, "c", OPERATOR, "1", "ADDMEMBER"),
        line(5, "NONE", OPERATOR, "1", "PAUSE", "x"),
        line(9, "NONE", "NONE", "NONE", "QUEUESTART"),
    ]
    book = Book().take(lines[:2], members_persist=False).take(lines[2:], members_persist=False)
    assert [(row.ended_at, row.ended_by) for row in book.sessions] == [(second(9), "restart")]
    assert [(row.ended_at, row.ended_by) for row in book.pauses] == [(second(9), "restart")]


def test_an_agent_pool_signs_in_without_a_queue_and_pause_all_reaches_every_queue() -> None:
    book = Book().take(
        [
            line(0, "c", "NONE", "7", "AGENTLOGIN", "PJSIP/1001-1"),
            line(1, "c", "a", "7", "ADDMEMBER"),
            line(2, "c", "b", "7", "ADDMEMBER"),
            line(3, "c", "b", "8", "ADDMEMBER"),
            line(4, "NONE", "NONE", "7", "PAUSEALL", "tea"),
            line(6, "NONE", "NONE", "7", "UNPAUSEALL"),
            line(7, "c", "NONE", "7", "AGENTLOGOFF", "PJSIP/1001-1", 7),
        ]
    )
    assert sorted((row.queue, row.reason) for row in book.pauses) == [("", "tea"), ("a", "tea"), ("b", "tea")]
    assert all(row.ended_at == second(6) for row in book.pauses)
    assert [row.queue for row in book.sessions if row.ended_at] == [""]


def test_signing_in_twice_is_one_session() -> None:
    book = Book().take([line(0, "c", OPERATOR, "1", "ADDMEMBER"), line(3, "c", OPERATOR, "1", "ADDMEMBER")])
    assert len(book.sessions) == 1
