"""Who left without an agent; full numbers only for a reason that stays."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ivr.store.audit import entries
from ivr.store.database import open_engine

AT = 1770685200  # 2026-02-10 09:00 in Shanghai
DAY = ("--from", "2026-02-10", "--to", "2026-02-10")
ABANDONED = ("queue", "abandoned", *DAY)
REVEAL = ("--reveal", "--reason", "calling back")
NUMBERS = {"1.1": "13800001111", "2.1": "13800002222", "3.1": None, "4.1": "+8613800004444"}


def call(at: int, name: str, caller: str, *events: str) -> list[str]:
    """A call that comes at ``at``; each event is "seconds later|queue|agent|NAME|data"."""
    lines = [f"{AT + at}|{name}|NONE|NONE|CALLBEGIN|{caller}|12306|{AT + at}.250"]
    for event in events:
        after, rest = event.split("|", 1)
        lines.append(f"{AT + at + int(after)}|{name}|{rest}")
    return lines


@pytest.fixture
def filled(ivr, tmp_path: Path, tables: None):
    """Somebody hangs up and is answered at the third try; another is refused and let into the next queue; a
    withheld number is refused; the last one calls again only after a day."""
    wait, gone = "1|operator|NONE|ENTERQUEUE||{0}|1", "9|operator|NONE|ABANDON|1|1|8"
    answer = "5|operator|1023|CONNECT|4|7.7|2"
    one, two, four = "13800001111", "13800002222", "+8613800004444"
    lines = [
        *call(0, "1.1", one, wait.format(one), gone),
        *call(
            10, "2.1", two, "1|tickets|NONE|JOINEMPTY|", "2|operator|NONE|ENTERQUEUE||13800002222|1", answer
        ),
        *call(20, "3.1", "", "1|operator|NONE|FULL|"),
        *call(30, "4.1", four, wait.format(four), gone),
        *call(600, "1.2", one, "2|NONE|NONE|CALLEND|16|"),
        *call(700, "1.3", one, wait.format(one), answer),
        *call(90_000, "4.2", four, wait.format(four), answer),
    ]
    log = tmp_path / "queue_log"
    log.write_text("".join(f"{line}\n" for line in sorted(lines, key=lambda line: int(line.split("|")[0]))))
    assert ivr("queue", "ingest", log).code == 0
    return ivr


def audit(home: Path) -> list[tuple[str, str, object]]:
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    found = [(entry.who, entry.subject, entry.details) for entry in entries(engine, action="numbers reveal")]
    engine.dispose()
    return found


def test_who_left_and_who_was_answered_after_all(filled, home: Path) -> None:
    rows = filled(*ABANDONED, "--json").document
    assert [(row["call"], row["outcome"], row["wait_s"]) for row in rows] == [
        ("1.1", "abandoned", 8),
        ("2.1", "refused_empty", 0),
        ("3.1", "refused_full", 0),
        ("4.1", "abandoned", 8),
    ]
    assert [(row["called_again"], row["answered"]) for row in rows] == [
        (True, True),
        (False, True),
        (None, None),
        (False, False),
    ]
    assert rows[0]["called_again_at"] == "2026-02-10T09:10:00.250000+08:00"
    assert rows[0]["answered_at"] == "2026-02-10T09:11:45+08:00"
    assert (rows[0]["caller"], rows[0]["left_at"]) == ("138****1111", "2026-02-10T09:00:09+08:00")
    assert "caller_number" not in rows[0]
    open_ones = filled(*ABANDONED, "--unanswered", "--json").document
    assert [row["call"] for row in open_ones] == ["3.1", "4.1"]
    assert filled(*ABANDONED, "--queue", "tickets", "--json").document == [rows[1]]
    assert audit(home) == []


def test_a_table_that_fits_and_tells_no_number(filled) -> None:
    out = filled(*ABANDONED).out
    lines = out.splitlines()
    assert max(map(len, lines)) <= 100
    assert [line.split()[-2:] for line in lines[1:]] == [
        ["+9:51", "+11:36"],
        ["no", "+0:04"],
        ["?", "?"],
        ["no", "no"],
    ]
    assert not any(number in out for number in NUMBERS.values() if number)
    assert filled("queue", "abandoned", "--from", "2020-01-01", "--to", "2020-01-01").out == (
        "No callers left from 2020-01-01 00:00 to 2020-01-02 00:00.\n"
    )


def test_full_numbers_are_told_for_a_reason_that_stays(filled, home: Path) -> None:
    rows = filled(*ABANDONED, *REVEAL, "--by", "lead", "--json").document
    assert {row["call"]: row["caller_number"] for row in rows} == NUMBERS
    ((who, subject, details),) = audit(home)
    assert (who, subject) == ("lead", "queue entries")
    assert details == {
        "reason": "calling back",
        "queue": "",
        "from": "2026-02-10T00:00:00+08:00",
        "to": "2026-02-11T00:00:00+08:00",
        "entries": 4,
    }
    out = filled(*ABANDONED, *REVEAL, "--unanswered").out
    assert "+8613800004444" in out
    assert "13800001111" not in out
    assert max(map(len, out.splitlines())) <= 100
    assert audit(home)[0][2]["entries"] == 2


def test_a_file_with_full_numbers_is_private(filled, tmp_path: Path) -> None:
    path = tmp_path / "back.csv"
    assert filled(*ABANDONED, *REVEAL, "--csv", path).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    heads, *rows = path.read_text().splitlines()
    assert heads.endswith(",caller_number")
    assert rows[-1].endswith(",'+8613800004444")


@pytest.mark.parametrize(
    "words", [("--reveal",), ("--reveal", "--reason", " "), ("--reason", "x"), ("--by", "lead")]
)
def test_no_number_without_a_reason(filled, home: Path, words: tuple[str, ...]) -> None:
    done = filled(*ABANDONED, *words)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert audit(home) == []


def test_what_cannot_be_noted_is_not_told(filled, monkeypatch: pytest.MonkeyPatch) -> None:
    from ivr.errors import IvrError

    def refuse(*_words: object) -> None:
        raise IvrError("the database cannot be used")

    monkeypatch.setattr("ivr.store.abandoned.note", refuse)
    done = filled(*ABANDONED, *REVEAL)
    assert (done.code, done.out) == (1, "")


def test_nobody_to_reveal_leaves_no_note(filled, home: Path) -> None:
    nobody = ("queue", "abandoned", "--from", "2020-01-01", "--to", "2020-01-01")
    assert filled(*nobody, *REVEAL, "--json").document == []
    assert filled(*nobody, *REVEAL, "--csv", "-").out.endswith(",caller_number\n")
    assert audit(home) == []
