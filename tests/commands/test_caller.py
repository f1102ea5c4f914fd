from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.commands.conftest import Ivr

NUMBER = "13812345678"


def test_callers_are_marked_listed_and_unmarked(ivr: Ivr, home: Path, tables: None) -> None:
    assert ivr("caller", "list").out == "Nobody is marked.\n"
    done = ivr("caller", "mark", NUMBER, "--elder", "--vip", "--reason", "asked by phone")
    assert (done.code, done.out) == (0, "138****5678: elder, vip\n")
    assert ivr("caller", "mark", NUMBER, "--elder", "--reason", "by letter").code == 0
    rows = {row["mark"]: row for row in ivr("caller", "list", "--json").document}
    assert {mark: (row["caller"], row["reason"]) for mark, row in rows.items()} == {
        "elder": ("138****5678", "by letter"),
        "vip": ("138****5678", "asked by phone"),
    }
    assert NUMBER not in ivr("caller", "list").out
    with sqlite3.connect(home / "ivr.db") as link:
        told = str(link.execute("SELECT * FROM caller_marks").fetchall())
        logged = link.execute("SELECT action, subject, details FROM audit_log ORDER BY id").fetchall()
    assert NUMBER not in told + str(logged)
    assert [(row[0], row[1]) for row in logged] == [("caller mark", "138****5678")] * 2
    assert ivr("caller", "unmark", NUMBER, "--vip").out == "138****5678: no longer vip\n"
    assert ivr("caller", "unmark", NUMBER).out == "138****5678: no longer elder\n"
    done = ivr("caller", "unmark", NUMBER)
    assert (done.code, done.err) == (1, "ivr: 138****5678 has no such mark (ivr caller list)\n")


def test_what_is_wrong_is_told_in_one_line(ivr: Ivr, tables: None) -> None:
    for words, told in (
        (("mark", NUMBER, "--reason", "x"), "no mark is given"),
        (("mark", "anonymous", "--elder", "--reason", "x"), "'anonymous' is no caller's number"),
        (("mark", NUMBER, "--elder", "--reason", " "), "the reason is empty"),
        (("unmark", "x"), "'x' is no caller's number"),
    ):
        done = ivr("caller", *words)
        assert done.code == 2
        assert done.err.startswith(f"ivr: {told}")
        assert done.err.count("\n") == 1
