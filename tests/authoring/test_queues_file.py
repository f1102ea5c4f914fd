"""``queues.yaml``: what it means, what Asterisk is told, and what is told when something is wrong in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from ivr.authoring.diff import changes
from ivr.authoring.folder import read_folder
from ivr.authoring.loader import load_trees
from ivr.authoring.one_file import inspect_file
from ivr.authoring.queues_file import read_queues
from ivr.authoring.source import MenuFaults
from ivr.dialogue.calendar import Calendar
from ivr.dialogue.queues import Queue
from ivr.settings import PROJECT
from ivr.telephony.queue_config import queue_files, sections, write_queues

FULL = """
    queues:
      tickets:
        label: 票务
        strategy: fewest_calls
        weight: 2
        levels: 3
        widen: {60s: 6, 2m: 9}
        most_waiting: 30
        longest_wait: 3m
        service_level: 15s
        ring: 12s
        wrapup: 0s
        announce: never
        hours: {weekdays: 08:00-18:00}
        language: en
        number: 1
"""


@pytest.fixture
def write(tmp_path: Path):
    """A file of queues with this text."""

    def file(text: str) -> Path:
        path = tmp_path / "queues.yaml"
        path.write_text(dedent(text), "utf-8")
        return path

    return file


def test_everything_that_can_be_said_of_a_queue(write):
    queues, source = read_queues(write(FULL))
    assert source.faults == []
    assert list(queues) == ["operator", "tickets"]
    assert queues["operator"] == Queue("operator")
    hours = queues["tickets"].hours
    assert queues["tickets"] == Queue(
        "tickets", "票务", "fewest_calls", 2, 3, ((60, 6), (120, 9)), 30, 0, 12, 0, 180, 15, hours, "en", 1
    )
    monday = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    for day, hour, is_open in ((23, 9, True), (23, 18, False), (28, 9, False)):
        assert queues["tickets"].is_open(Calendar(), monday.replace(day=day, hour=hour)) == is_open


def test_what_asterisk_is_told(write, tmp_path):
    queues = read_queues(write(FULL))[0].values()
    files = queue_files(queues)
    assert files["queue_numbers.conf"] == "[numbers]\n1 = tickets\n"
    assert files["queuerules.conf"].endswith("[tickets]\npenaltychange => 60,6,0\npenaltychange => 120,9,0\n")
    assert "\n".join(files["queues_on_air.conf"].split("\n\n")[1:]) == dedent("""\
        [tickets](usual)
        strategy = fewestcalls
        weight = 2
        maxlen = 30
        defaultrule = tickets
        timeout = 12
        wrapuptime = 0
        servicelevel = 15
        periodic-announce-frequency = 0
        """)
    assert write_queues(tmp_path, queues) == ()
    assert write_queues(tmp_path, queues) is None
    assert write_queues(tmp_path, [Queue("operator")]) == ("operator", "tickets")
    assert sections((tmp_path / "queues_on_air.conf").read_text()) == ("operator",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("queues: {Tickets: {}}", "1:10: a queue cannot be called 'Tickets'; its name is of a-z, 0-9 and _, and begins with a letter [wrong-value]"),
        ("queues: {general: {}}", "1:10: 'general' means something already; give the queue another name [taken-name]"),
        ("queues: {a: {colour: red}}", "1:14: unknown key 'colour' in queue 'a'; known are: label, strategy, weight, levels, widen, most_waiting, longest_wait, service_level, ring, wrapup, announce, hours, language, number, codes, sticky [unknown-key]"),
        ("queues: {a: {strategy: longest_idel}}", "1:24: there is no strategy 'longest_idel'; did you mean 'longest_idle'? [unknown-name]"),
        ("queues: {a: {weight: 1001}}", "1:22: weight is 1001; it is at most 1000 [wrong-value]"),
        ("queues: {a: {levels: 0}}", "1:22: levels must be a level from 1 to 9, not '0' [wrong-value]"),
        ("queues: {a: {levels: 3}}", "1:22: queue 'a': agents of levels 4 to 9 never get a caller; let widen end at 9 [contradiction]"),
        ("queues: {a: {levels: 3, widen: {60s: 6}}}", "1:32: queue 'a': agents of levels 7 to 9 never get a caller; let widen end at 9 [contradiction]"),
        ("queues: {a: {levels: 3, widen: {60s: 9, 30s: 9}}}", "1:41: widen: 30s does not come after 60s with levels to 9, or adds no level [contradiction]"),
        ("queues: {a: {levels: 3, widen: {soon: 9}}}", "1:33: widen: 'soon' is no time such as 60s or 2m [wrong-value]"),
        ("queues: {a: {announce: 5s}}", "1:24: announce must be at least 15s, or never [wrong-value]"),
        ("queues: {a: {ring: 3m}}", "1:20: ring is 3m; it is at most 120s [wrong-value]"),
        ("queues: {a: {hours: {daily: always}}}", "1:29: hours must be such as 06:00-23:00, or closed, not 'always' [wrong-value]"),
        ("queues: {a: {language: rus}}", "1:24: there is no language 'rus'; did you mean 'ru'? [unknown-name]"),
        ("queues: {a: {number: 12}}", "1:22: number must be one digit from 0 to 8, not '12' [wrong-value]"),
        ("queues: {a: {number: 1}, b: {number: 1}}", "1:26: queue 'a' has the number 1 already [contradiction]"),
        ("queues: [operator]", "1:9: queues must be a map of name: value [wrong-shape]"),
        ("codes: {a1: x}", "1:9: 'a1' is no code; a code has 1 to 4 digits [wrong-value]"),
        ("codes: {1: x, 2: x}", "1:15: two codes are called 'x' [contradiction]"),
        ("{codes: {1: x}, queues: {a: {codes: {1: y}}}}", "1:38: code 1 is 'x' in all queues [contradiction]"),
        ("nothing: 1", "1:1: unknown key 'nothing' in the queues; known are: queues, codes [unknown-key]"),
    ],
)  # fmt: skip
def test_one_defect_one_exact_line(write, text: str, fault: str):
    path = write(text)
    assert [str(found) for found in inspect_file(path)] == [f"{path}:{fault}"]


def test_an_empty_file_is_the_general_queue(write):
    assert list(read_queues(write("# nothing yet\n"))[0]) == ["operator"]


def test_a_transfer_and_a_notice_know_the_queues(write, tmp_path):
    for path in (PROJECT / "menus").glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    write("queues: {tickets: {}}\n")
    with pytest.raises(MenuFaults) as caught:
        load_trees(tmp_path)
    assert [fault.message for fault in caught.value.faults] == [
        f"there is no skill '{skill}'; known are: operator, tickets"
        for skill in ("groups", "lost_property", "complaints")
    ]


def test_queues_belong_to_a_revision(write, tmp_path):
    for path in (PROJECT / "menus").glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    before = read_folder(tmp_path)
    text = (tmp_path / "queues.yaml").read_text("utf-8")
    (tmp_path / "queues.yaml").write_text(
        text.replace("widen: {40s: 9}", "widen: {50s: 9}\n    ring: 20s"), "utf-8"
    )
    after = read_folder(tmp_path)
    assert "queues.yaml" in after.files
    assert before.revision != after.revision
    assert [str(change) for change in changes(before, after)] == [
        "~ queues tickets widen: 40s: 9 → 50s: 9",
        "+ queues tickets ring: 20s",
    ]


def test_codes_of_all_queues_and_of_one(write):
    text = "{queues: {a: {codes: {31: 改签}}, b: {}}, codes: {'01': 余票}}"
    queues, source = read_queues(write(text))
    assert source.faults == []
    general = {"01": "余票"}
    assert {name: queue.codes for name, queue in queues.items()} == {
        "operator": general,
        "a": {**general, "31": "改签"},
        "b": general,
    }
