"""``calendar.yaml``: what it means, and what is told when something is wrong in it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.authoring.calendar_file import load_calendar, statutory
from ivr.authoring.loader import load_tree, load_trees
from ivr.authoring.source import MenuFaults
from ivr.dialogue.calendar import Calendar
from ivr.settings import PROJECT

ZONE = ZoneInfo("Asia/Shanghai")
BROKEN = sorted((Path(__file__).parent.parent / "broken_calendars").glob("*.yaml"))
SHIPPED = load_calendar(PROJECT / "menus")


@pytest.fixture
def read(tmp_path: Path):
    """The calendar of a text."""

    def calendar(text: str) -> Calendar:
        (tmp_path / "calendar.yaml").write_text(dedent(text), "utf-8")
        return load_calendar(tmp_path)

    return calendar


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_one_defect_one_exact_line(path: Path, tmp_path: Path):
    expected = path.read_text("utf-8").rstrip().rpartition("# fault: ")[2]
    copy = tmp_path / "calendar.yaml"
    copy.write_text(path.read_text("utf-8"), "utf-8")
    with pytest.raises(MenuFaults) as caught:
        load_calendar(tmp_path)
    assert str(caught.value) == f"{copy}:{expected}"


def test_there_are_broken_ones():
    assert len(BROKEN) >= 15


def test_all_faults_are_told_at_once_and_once(tmp_path: Path):
    for path in (PROJECT / "menus").glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    (tmp_path / "calendar.yaml").write_text("hours: {daily: always}\nholidays: [never]\n", "utf-8")
    with pytest.raises(MenuFaults) as caught:
        load_trees(tmp_path)
    assert [(fault.line, fault.column) for fault in caught.value.faults] == [(1, 16), (2, 12)]


@pytest.mark.parametrize("text", [None, "", "# nothing yet\n"])
def test_a_file_that_says_nothing_is_a_centre_that_never_closes(text, tmp_path: Path):
    if text is not None:
        (tmp_path / "calendar.yaml").write_text(text, "utf-8")
    calendar = load_calendar(tmp_path)
    assert calendar.is_open(at("2026-02-17T03:00"))
    assert calendar.is_holiday(date(2026, 2, 17))  # the statutory ones are known all the same
    assert not calendar.is_peak(date(2026, 2, 17))


def test_the_more_exact_hours_win_wherever_they_stand(read):
    calendar = read(
        "hours: {sat: closed, weekends: 10:00-12:00, mon: '09:00-12:00, 14:00-24:00', daily: 06:00-23:00}"
    )
    assert not calendar.is_open(at("2026-03-07T11:00"))  # Saturday
    assert calendar.is_open(at("2026-03-08T11:00"))
    assert not calendar.is_open(at("2026-03-08T13:00"))
    assert calendar.is_open(at("2026-03-02T23:59"))
    assert not calendar.is_open(at("2026-03-02T13:00"))
    assert calendar.is_open(at("2026-03-03T06:00"))
    assert not calendar.is_open(at("2026-03-03T23:00"))


def test_closed_means_closed(read):
    assert not read("hours: {daily: closed}").is_open(at("2026-03-03T12:00"))


def test_a_night_belongs_to_the_day_on_which_it_begins(read):
    calendar = read("hours: {daily: closed, fri: 22:00-06:00}")
    assert calendar.is_open(at("2026-03-06T22:00"))
    assert calendar.is_open(at("2026-03-07T05:59"))
    assert not calendar.is_open(at("2026-03-07T06:00"))
    assert not calendar.is_open(at("2026-03-06T05:00"))


def test_exceptions_for_a_day_and_for_several(read):
    calendar = read(
        """
        hours: {daily: 08:00-20:00}
        exceptions:
          2026-02-10: 08:00-15:00
          2026-02-17 to 2026-02-19: closed
        """
    )
    assert calendar.is_open(at("2026-02-10T14:59"))
    assert not calendar.is_open(at("2026-02-10T15:00"))
    assert [calendar.is_open(at(f"2026-02-{day}T12:00")) for day in range(16, 21)] == [
        True,
        *[False] * 3,
        True,
    ]


def test_holiday_hours_are_for_statutory_holidays_only(read):
    calendar = read("{hours: {daily: 06:00-23:00}, holiday_hours: {daily: 09:00-12:00}}")
    assert not calendar.is_open(at("2026-02-17T13:00"))
    assert calendar.is_open(at("2026-03-07T13:00"))  # a plain Saturday


def test_a_make_up_workday_has_the_hours_of_a_monday(read):
    calendar = read("hours: {weekdays: 08:00-18:00, weekends: closed}")
    assert date(2026, 2, 14) in statutory()[1]
    assert calendar.is_open(at("2026-02-14T12:00"))
    assert not calendar.is_open(at("2026-03-07T12:00"))


def test_the_sites_own_days_win_over_the_statutory_ones(read):
    calendar = read("{holidays: [2026-02-14], workdays: [2026-02-17 to 2026-02-18]}")
    assert calendar.is_holiday(date(2026, 2, 14))
    assert not calendar.is_holiday(date(2026, 2, 17))
    assert not calendar.is_holiday(date(2026, 2, 18))
    assert calendar.is_holiday(date(2026, 2, 19))


def test_a_year_that_nobody_has_announced_yet(read):
    far = date(2031, 10, 1)
    assert far not in statutory()[0]
    assert not read("{}").is_holiday(far)  # a Wednesday like any other, until the admin says otherwise
    assert read("holidays: [2031-10-01 to 2031-10-07]").is_holiday(far)
    assert read("{}").is_holiday(date(2031, 10, 4))


def test_the_shipped_centre_is_open_day_and_night():
    assert all(
        SHIPPED.is_open(at("2026-01-01T00:00") + timedelta(hours=7, minutes=59) * step)
        for step in range(1000)
    )


@pytest.mark.parametrize("festival", ["2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06"])
def test_the_spring_festival_rush_has_forty_days(festival):
    day = date.fromisoformat(festival)
    peak = [day + timedelta(n) for n in range(-60, 60) if SHIPPED.is_peak(day + timedelta(n))]
    assert (peak[0], peak[-1], len(peak)) == (day - timedelta(15), day + timedelta(24), 40)
    assert day.year > 2026 or day in statutory()[0]
    assert "春运" in SHIPPED.names(datetime.combine(day, time(9), ZONE))


def test_a_menu_may_ask_for_a_period(tmp_path: Path):
    (tmp_path / "calendar.yaml").write_text("periods: {暑运: {days: [2026-07-01 to 2026-08-31]}}\n", "utf-8")
    menu = tmp_path / "menu.yaml"
    text = "start: a\nparts:\n  a: {{branch: [{{when: {{calendar: {name}}}, go: b}}], then: b}}\n  b: {{end: 再见。}}\n"
    menu.write_text(text.format(name="暑运"), "utf-8")
    assert "暑运" in load_tree(menu).calendar.names(at("2026-07-01T09:00"))
    menu.write_text(text.format(name="暑期"), "utf-8")
    with pytest.raises(MenuFaults, match=r"menu.yaml:3:34: the calendar knows no '暑期'"):
        load_tree(menu)


WORDS = st.sampled_from(
    ["hours", "daily", "mon", "closed", "06:00-23:00", "24:00-25:00", "2026-02-10", "2026-13-01", "x", "true",
     "holidays", "periods", "days", "peak", "exceptions", "2026-01-01 to 2025-01-01", "", "null"]
)  # fmt: skip
TREES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.dictionaries(WORDS, TREES, min_size=1, max_size=4))
def test_whatever_stands_there_is_read_or_told(tmp_path_factory, tree):
    import yaml

    folder = tmp_path_factory.mktemp("calendar")
    (folder / "calendar.yaml").write_text(yaml.safe_dump(tree, allow_unicode=True), "utf-8")
    try:
        names = load_calendar(folder).names(at("2026-02-10T09:00"))
    except MenuFaults as found:
        told = [fault for fault in found.faults if fault.line >= 1 and fault.column >= 1 and fault.message]
    else:
        told = sorted(names)
    assert told
