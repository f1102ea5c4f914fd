"""What a running hotline does for its answers while nobody calls: it makes their sounds ahead."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ivr import app, sound_pack
from ivr.authoring.loader import load_trees
from ivr.settings import PROJECT, Settings
from ivr.speech import Phrase
from ivr.store.migrate import upgrade
from ivr.store.rail_names import known_to_callers
from ivr.voice import build
from ivr.voice.pool import Made, SynthesisFault
from ivr.voice.sounds import SoundStore
from ivr.voice.voice import Voice
from tests.store.railway import lay

GREETING = Phrase("您好，欢迎致电。")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, voice="espeak", menus_live="files")


def test_the_names_of_the_data_are_known(settings: Settings):
    engine = app.open_store(settings)
    upgrade(engine)
    assert known_to_callers(engine).names == ()
    lay(engine)
    known = known_to_callers(engine)
    engine.dispose()
    names = [name["zh"] for name in known.names]
    assert names.index("二等座") < names.index("站1")
    assert known.last_hour == 18
    pack = app.sound_pack(settings, load_trees(PROJECT / "menus").values())
    assert pack[Phrase("站1")] == "names"
    assert next(iter(pack.values())) == "menus"
    kinds = [*pack.values()]
    assert {*kinds[kinds.index("names") :]} == {"names"}  # of all languages, after all else
    assert {"carriers", "time", "money"} <= {*pack.values()}


def test_all_is_made_one_after_the_other_until_it_is_stopped(tmp_path: Path):
    phrases = [GREETING, Phrase("六点"), Phrase("二十六分开")]
    assert build.make_ahead(phrases, tmp_path, "espeak", threading.Event())
    assert [SoundStore(tmp_path, "espeak").ready(phrase) for phrase in phrases] == [True] * 3
    assert build.make_ahead(phrases, tmp_path, "espeak", threading.Event())
    stopped = threading.Event()
    stopped.set()
    assert not build.make_ahead([Phrase("七点")], tmp_path, "espeak", stopped)


def test_it_gives_up_where_nothing_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[Phrase] = []

    def fails(_: Voice, phrase: Phrase) -> Made:
        asked.append(phrase)
        raise SynthesisFault("no memory left")

    monkeypatch.setattr(Voice, "make", fails)
    assert not build.make_ahead(
        [Phrase(word) for word in "一二三四五"], tmp_path, "espeak", threading.Event()
    )
    assert len(asked) == 3


def test_it_is_done_again_when_the_data_or_the_menus_are_others(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    engine = app.open_store(settings)
    upgrade(engine)
    lay(engine)
    stop, made = threading.Event(), []

    def make_ahead(pack: dict[Phrase, str], *_: object) -> bool:
        made.append(pack)
        if len(made) == 2:
            stop.set()
        return len(made) == 2  # the first time it is not done to the end

    monkeypatch.setattr(sound_pack, "_AHEAD_AFTER_S", 0.0)
    monkeypatch.setattr(sound_pack, "_AHEAD_EVERY_S", 0.0)
    monkeypatch.setattr(build, "make_ahead", make_ahead)
    sound_pack.keep_sounds_ahead(settings, stop)
    assert len(made) == 2
    stamp, menus = sound_pack._what_is_said(settings, "")
    assert menus is not None
    assert sound_pack._what_is_said(settings, stamp) == (stamp, None)
    engine.dispose()


def test_without_a_database_it_is_told_and_tried_again(tmp_path: Path, monkeypatch, caplog):
    stop = threading.Event()
    waits = iter([False, True])
    monkeypatch.setattr(stop, "wait", lambda _seconds: next(waits))
    sound_pack.keep_sounds_ahead(Settings(home=tmp_path, voice="espeak"), stop)
    assert "no sounds are made ahead" in caplog.text
