from __future__ import annotations

import gzip
import unicodedata
from pathlib import Path

import pytest

from ivr.app import open_store
from ivr.authoring.folder import read_folder
from ivr.errors import IvrError
from ivr.settings import PROJECT, load
from ivr.store.revisions import publish

LOG = Path(__file__).parent.parent / "queue_logs" / "hard_cases.log"
DAY = ("--from", "2026-02-10", "--to", "2026-02-10")


@pytest.fixture
def filled(ivr, tables: None):
    """The command line over a record of the hard cases."""
    assert ivr("queue", "ingest", LOG).code == 0
    return ivr


def test_ingest_tells_how_much_was_new(ivr, tmp_path: Path, tables: None) -> None:
    lines = LOG.read_bytes().count(b"\n")
    packed = tmp_path / "queue_log.1.gz"
    packed.write_bytes(gzip.compress(LOG.read_bytes()))
    assert ivr("queue", "ingest", packed, "--json").document == {"file": str(packed), "new_lines": lines}
    assert ivr("queue", "ingest", LOG).out == f"0 new lines from {LOG}\n"
    fault = ivr("queue", "ingest", tmp_path / "nowhere")
    assert (fault.code, fault.err.count("\n")) == (1, 1)


def test_stats_as_json(filled) -> None:
    operator, tickets = filled("queue", "stats", *DAY, "--json").document
    assert (operator["queue"], operator["offered"], operator["answered"], operator["lost"]) == (
        "operator",
        11,
        3,
        1,
    )
    assert (tickets["queue"], tickets["offered"], tickets["answered"], tickets["left_empty"]) == (
        "tickets",
        2,
        1,
        1,
    )
    assert operator["threshold_s"] == 20
    assert filled("queue", "stats", *DAY, "--queue", "tickets", "--json").document == [tickets]


def test_stats_are_shown_again_and_again(filled, monkeypatch) -> None:
    naps: list[float] = []

    def away(*_: object) -> None:
        raise IvrError("the database is away")

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            monkeypatch.setattr("ivr.store.queue.report_hours", away)
        if len(naps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("ivr.commands.watch.time.sleep", nap)
    watched = filled("queue", "stats", *DAY, "--watch", "5")
    assert (watched.code, naps) == (0, [5, 5, 5])
    assert watched.out.count("operator") == 2
    assert watched.out.endswith("\n\nivr: the database is away\n")
    assert filled("queue", "stats", "--watch", "5", "--json").code == 2
    assert filled("queue", "stats", "--watch", "5", "--from", "never").code == 2


def test_stats_by_the_area_of_the_caller(ivr, tmp_path: Path, tables: None) -> None:
    log = tmp_path / "queue_log"
    numbers = ("02112345678", "051212345678", "13812345678", "13912345678", "")
    log.write_text(
        "".join(f"1770685200|c{n}|operator|NONE|ENTERQUEUE||{x}|1\n" for n, x in enumerate(numbers))
    )
    ivr("queue", "ingest", log)
    rows = ivr("queue", "stats", *DAY, "--by", "area", "--json").document
    assert [(row["area"], row["offered"]) for row in rows] == [
        ("021", 1),
        ("0512", 1),
        ("mobile", 2),
        (None, 1),
    ]


def test_stats_by_the_skill_that_was_asked_for(ivr, tmp_path: Path, tables: None) -> None:
    log = tmp_path / "queue_log"
    asked = ("tickets.sold_out|tickets", "tickets.sold_out|tickets", "agent|")
    queues = ("tickets", "operator", "operator")  # nobody was there for tickets the second time
    log.write_text(
        "".join(
            f"1770685200|c{n}|{queue}|NONE|OPTION|{wanted}\n1770685200|c{n}|{queue}|NONE|ENTERQUEUE||138|1\n"
            for n, (wanted, queue) in enumerate(zip(asked, queues, strict=True))
        )
    )
    ivr("queue", "ingest", log)
    rows = ivr("queue", "stats", *DAY, "--by", "skill", "--json").document
    assert [(row["skill"], row["offered"]) for row in rows] == [("tickets", 2), (None, 1)]
    rows = ivr("queue", "stats", *DAY, "--by", "option", "--json").document
    assert [(row["option"], row["offered"]) for row in rows] == [("agent", 1), ("tickets.sold_out", 2)]


def test_the_standard_is_that_of_the_published_calendar(filled, monkeypatch, tmp_path: Path) -> None:
    # On air is a calendar without a rush; the folder's was not published.
    menus = tmp_path / "menus"
    menus.mkdir()
    for path in (PROJECT / "menus").glob("*.yaml"):
        (menus / path.name).write_text(path.read_text("utf-8"), "utf-8")
    (menus / "calendar.yaml").write_text("periods: {}\n")
    engine = open_store(load())
    publish(engine, read_folder(menus).files, author="a", message="m")
    engine.dispose()
    assert {row["standard"] for row in filled("queue", "stats", *DAY, "--json").document} == {0.85}


def test_the_standard_is_that_of_the_calendar(filled, monkeypatch, tmp_path: Path) -> None:
    # 2026-02-10 is in the Spring Festival rush of the shipped calendar.
    assert {row["standard"] for row in filled("queue", "stats", *DAY, "--json").document} == {0.5}
    menus = tmp_path / "menus"
    menus.mkdir()
    for path in (PROJECT / "menus").glob("*.yaml"):
        if path.name != "calendar.yaml":
            (menus / path.name).write_text(path.read_text("utf-8"), "utf-8")
    monkeypatch.setenv("IVR_MENUS", str(menus))
    assert {row["standard"] for row in filled("queue", "stats", *DAY, "--json").document} == {0.85}
    (menus / "calendar.yaml").write_text("hours: never\n", "utf-8")
    broken = filled("queue", "stats", *DAY, "--json")
    assert (broken.code, {row["standard"] for row in broken.document}) == (0, {0.85})
    assert broken.err.startswith("ivr: no calendar can be read, so no day is a peak day: ")
    assert "calendar.yaml:1:8: hours must be a map" in broken.err


@pytest.mark.parametrize("by", ["queue", "agent", "skill", "hour", "day", "week", "option", "area"])
def test_stats_as_a_table_that_fits(filled, by: str) -> None:
    rows = filled("queue", "stats", *DAY, "--by", by, "--json").document
    table = filled("queue", "stats", *DAY, "--by", by).out.splitlines()
    assert len(table) == len(rows) + 1
    assert max(map(len, table)) <= 100
    assert all((row[by] or "-")[:10] in line for row, line in zip(rows, table[1:], strict=True))


@pytest.mark.parametrize("by", ["hour", "agent"])
def test_a_period_beside_that_of_a_week_before(filled, by: str) -> None:
    words = ("queue", "stats", "--by", by, "--compare")
    rows = filled(*words, *DAY, "--json").document
    assert sum(row["offered"] for row in rows) == 13
    assert {row["offered_week_before"] for row in rows} == {0}
    assert [row["offered_difference"] for row in rows] == [row["offered"] for row in rows]
    later = filled(*words, "--from", "2026-02-17", "--to", "2026-02-17", "--json").document
    assert [row["offered_week_before"] for row in later] == [row["offered"] for row in rows]
    assert [row["asa_s_week_before"] for row in later] == [row["asa_s"] for row in rows]
    assert {row["answer_rate"] for row in later} == {None}
    table = filled(*words, *DAY).out.splitlines()
    assert len(table) == len(rows) + 1
    assert max(map(len, table)) <= 100
    heads = filled(*words, *DAY, "--csv", "-").out.splitlines()[0]
    assert heads == ",".join(rows[0])
    assert "No callers" in filled(*words, "--from", "2020-01-01", "--to", "2020-01-01").out


def test_bars_show_where_the_load_is(filled) -> None:
    _, operator, tickets = filled("queue", "stats", *DAY).out.splitlines()
    assert operator.count("█") > tickets.count("█")
    assert tickets[-1] in "▏▎▍▌▋▊▉█"


def test_how_long_callers_waited(filled) -> None:
    rows = filled("queue", "waits", *DAY, "--json").document
    assert [row["answered"] for row in rows] == [1, 3, 0, 0, 0, 0, 0, 0]
    assert [row["abandoned"] for row in rows] == [1, 0, 0, 0, 0, 0, 0, 0]
    level = filled("queue", "stats", *DAY, "--by", "day", "--json").document[0]["service_level"]
    assert rows[2]["answered_share_so_far"] == level
    assert filled("queue", "waits", *DAY, "--csv", "-").out.splitlines()[0] == ",".join(rows[0])
    lines = filled("queue", "waits", *DAY).out.splitlines()
    assert len(lines) == len(rows) + 1
    assert max(map(len, lines)) <= 100
    assert lines[2].count("█") == 20
    assert (lines[1].split()[0], lines[-1].split()[0]) == ("0–5", "301–")
    nobody = filled("queue", "waits", "--from", "2020-01-01", "--to", "2020-01-01")
    assert nobody.out.startswith("No callers were answered or hung up from ")


def test_the_period_is_that_of_the_site(filled) -> None:
    minute = filled("queue", "stats", "--from", "2026-02-10T09:01", "--to", "2026-02-10T09:02", "--json")
    assert minute.document[0]["offered"] == 3
    utc = filled(
        "queue", "stats", "--from", "2026-02-10T01:01+00:00", "--to", "2026-02-10T01:02+00:00", "--json"
    )
    assert utc.document == minute.document
    assert filled("queue", "stats", "--to", "2026-02-10T09:01", "--json").document[0]["offered"] == 1
    assert filled("queue", "stats", "--from", "2026-02-11", "--json").document == []
    assert "No callers" in filled("queue", "stats", "--from", "2026-02-11").out
    assert filled("queue", "stats", "--json").document == []


@pytest.mark.parametrize(
    "words", [("--from", "yesterday"), ("--from", "2026-02-11", "--to", "2026-02-10"), ("--by", "moon")]
)
def test_a_wrong_period_or_group_is_wrong_usage(filled, words: tuple[str, ...]) -> None:
    assert filled("queue", "stats", *words).code == 2


def test_the_last_entries(filled) -> None:
    rows = filled("queue", "list", "--limit", "3", "--json").document
    assert [row["call"] for row in rows] == ["1770685940.25", "1770685906.24", "1770685900.22"]
    assert rows[0] | {"caller": "131****5678", "outcome": "waiting", "agent": None} == rows[0]
    assert rows[0]["entered_at"] == "2026-02-10T09:12:20+08:00"
    out = filled("queue", "list", "--queue", "tickets").out
    assert len(out.splitlines()) == 3
    assert "13512345678" not in out


def test_an_empty_record(ivr, tables: None) -> None:
    assert ivr("queue", "list").out == "No entries yet.\n"
    assert ivr("queue", "list", "--json").document == []


def test_no_line_of_a_list_is_too_wide(filled) -> None:
    def width(text: str) -> int:
        return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)

    for words in (("queue", "list"), ("call", "list"), ("call", "show", "1770685320.16")):
        assert max(map(width, filled(*words).out.splitlines())) <= 100
