from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.commands.notice import _until
from ivr.errors import UsageFault
from ivr.settings import PROJECT
from ivr.store.audit import entries
from ivr.store.database import open_engine
from tests.test_manual import file_of_the_manual

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 2, 10, 12, 0, tzinfo=ZONE)
TYPHOON = "受台风影响，部分列车停运。"


@pytest.fixture
def ready(ivr, monkeypatch, tables: None):
    monkeypatch.setattr("ivr.commands.notice._make_sounds", lambda settings, texts, wordbooks: [])
    return ivr


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("18:00", "2026-02-10T18:00"),
        ("2026-02-10", "2026-02-11T00:00"),
        ("2026-02-12T08:30", "2026-02-12T08:30"),
        ("+30m", "2026-02-10T12:30"),
        ("+2h", "2026-02-10T14:00"),
        ("+1d", "2026-02-11T12:00"),
    ],
)
def test_the_end_in_the_sites_zone(text, until):
    assert _until(text, NOON) == datetime.fromisoformat(until).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("11:59", r"--until: 2026-02-10 11:59 is past \(e.g. \+2h"),
        ("12:00", "is past"),
        ("2026-02-09", "is past"),
        ("+0h", "is past"),
        ("25:00", "no day and no moment"),
        ("9999-12-31", "no day and no moment"),
        ("0001-01-01", "no day and no moment"),
        ("soon", "no day and no moment"),
    ],
)
def test_an_end_that_is_none(text, why):
    with pytest.raises(UsageFault, match=why):
        _until(text, NOON)


def test_set_list_clear_and_who_did_it(ready, home: Path):
    done = ready("notice", "set", TYPHOON, "--until", "+2h", "--before", "tickets", "--by", "wang")
    assert done.code == 0
    assert done.out.startswith("notice 1 is on air until ")
    assert done.out.splitlines()[0].endswith("before tickets")
    second = ready("notice", "set", TYPHOON, "--until", "+1h", "--queue", "operator", "--json").document
    assert (second["id"], second["text"], second["sounds"]) == (2, {"zh": TYPHOON}, True)
    rows = ready("notice", "list", "--json").document
    assert [(row["id"], row["state"], row["before"], row["queue"]) for row in rows] == [
        (2, "on_air", None, "operator"),
        (1, "on_air", "tickets", None),
    ]
    assert rows[1]["set_by"] == "wang"
    assert ready("notice", "clear", "1", "--by", "li").out == "off the air: 1\n"
    assert [row["id"] for row in ready("notice", "list", "--json").document] == [2]
    again = ready("notice", "clear", "1")
    assert (again.code, again.err) == (
        1,
        "ivr: notice 1 is cleared already (ivr notice list shows those on air)\n",
    )
    assert ready("notice", "clear", "7").err == "ivr: no notice 7 (ivr notice list shows those on air)\n"
    assert ready("notice", "clear", "--all").out == "off the air: 2\n"
    assert ready("notice", "clear", "--all").out == "No notice was on air.\n"
    assert ready("notice", "clear", "--all", "--json").document == {"cleared": []}
    everything = ready("notice", "list", "--all", "--json").document
    assert [(row["id"], row["state"], row["cleared_by"]) for row in everything][1] == (1, "cleared", "li")
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    log = entries(engine)
    engine.dispose()
    assert [(entry.who, entry.action, entry.subject) for entry in log][1:] == [
        ("li", "notice clear", "1"),
        (log[2].who, "notice set", "2"),
        ("wang", "notice set", "1"),
    ]
    assert log[-1].details["text"] == {"zh": TYPHOON}


def test_the_table_fits(ready):
    assert ready("notice", "list").out == "No notice is on air.\n"
    ready("notice", "set", TYPHOON * 5, "--until", "+2h")
    lines = ready("notice", "list").out.splitlines()
    assert len(lines) == 2
    assert "all calls" in lines[1]
    assert TYPHOON in lines[1]


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        ((TYPHOON,), 2, "--until"),
        (("今天12点停运。", "--until", "+1h"), 1, "'12': write it in words"),
        (("查看{train}。", "--until", "+1h"), 1, "a notice has no slots"),
        (("Trains stop.", "--until", "+1h"), 1, "the Mandarin voice spells Latin words badly"),
        ((TYPHOON, "--until", "+1h", "--en", "停运"), 1, "'停': no voice reads it"),
        ((" ", "--until", "+1h"), 2, "the text is empty"),
        ((TYPHOON, "--until", "2020-01-01"), 2, "is past"),
        ((TYPHOON, "--until", "+1h", "--before", "ticket"), 1, "no part 'ticket' (did you mean 'tickets'?)"),
        ((TYPHOON, "--until", "+1h", "--queue", "operater"), 1, "(did you mean 'operator'?)"),
    ],
)
def test_what_cannot_go_on_air(ready, words, code, why):
    done = ready("notice", "set", *words)
    assert done.code == code
    assert why in done.err
    assert ready("notice", "list", "--all", "--json").document == []


def test_clear_needs_one_or_all(ready):
    for words in ((), ("1", "--all")):
        done = ready("notice", "clear", *words)
        assert (done.code, done.err.splitlines()[-1]) == (
            2,
            "ivr: say which notice (ivr notice clear ID, or --all)",
        )


def test_standing_notices_of_the_file_are_listed(ready, monkeypatch, tmp_path: Path):
    from ivr.settings import PROJECT

    for path in (PROJECT / "menus").glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    (tmp_path / "notices.yaml").write_text(f"notices: [{{text: {TYPHOON}, before: main}}]\n", "utf-8")
    monkeypatch.setenv("IVR_MENUS", str(tmp_path))
    (row,) = ready("notice", "list", "--json").document
    assert (row["id"], row["source"], row["before"], row["until"]) == (None, "notices.yaml", "main", None)
    assert "file" in ready("notice", "list").out


def test_a_voice_that_fails_is_told_and_the_notice_is_set(ivr, monkeypatch, tables: None):
    from ivr.voice import voice

    pool = voice.WorkerPool
    monkeypatch.setattr(voice, "WorkerPool", lambda size, bounds, _command: pool(size, bounds, ("false",)))
    done = ivr("notice", "set", TYPHOON, "--until", "+1h")
    assert done.code == 0
    assert "ivr: no sound yet: " in done.err
    assert done.out.startswith("notice 1 is on air")


def test_its_sound_is_there_before_it_goes_on_air(ivr, home: Path, tables: None):
    from ivr.speech.phrase import Phrase
    from ivr.voice.sounds import SoundStore

    assert ivr("notice", "set", TYPHOON, "--until", "+1h", "--en", "Some trains are cancelled.").err == ""
    store = SoundStore(home)
    assert store.ready(Phrase(TYPHOON, "zh"))
    assert store.ready(Phrase("Some trains are cancelled.", "en"))


def test_without_tables_it_says_what_to_do(ivr, monkeypatch):
    monkeypatch.setattr("ivr.commands.notice._make_sounds", lambda settings, texts, wordbooks: [])
    done = ivr("notice", "set", TYPHOON, "--until", "+1h")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "ivr db upgrade" in done.err


def test_an_hour_later_it_is_over(ready, home: Path):
    from ivr.store.notices import list_notices

    ready("notice", "set", TYPHOON, "--until", "+1h")
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    later = datetime.now(ZONE) + timedelta(hours=1, minutes=1)
    assert list_notices(engine, later) == []
    assert [row.state for row in list_notices(engine, later, everything=True)] == ["expired"]
    engine.dispose()


def test_a_notice_in_each_language_of_the_menu(ready, monkeypatch, tmp_path: Path):
    folder = tmp_path / "menus"
    shutil.copytree(PROJECT / "menus", folder)
    (folder / "words.yaml").write_text(file_of_the_manual("words.yaml"), "utf-8")
    (folder / "hotline.yaml").write_text(
        "languages: [zh, ru]\nstart: bye\nparts: {bye: {say: {zh: 再见。, ru: До свидания.}, then: hangup}}\n",
        "utf-8",
    )
    monkeypatch.setenv("IVR_MENUS", str(folder))
    monkeypatch.setenv("IVR_MENUS_LIVE", "files")
    done = ready("notice", "set", "列车停运。", "--until", "+1h", "--in", "ru", "Поезда отменены.", "--json")
    assert done.document["text"] == {"zh": "列车停运。", "ru": "Поезда отменены."}
    for wrong in ("fr", "zh"):
        done = ready("notice", "set", "列车停运。", "--until", "+1h", "--in", wrong, "Поезда отменены.")
        assert done.code == 2
        assert f"'{wrong}' is no other language" in done.err
