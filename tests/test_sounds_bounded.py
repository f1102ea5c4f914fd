"""Which sounds a hotline never removes, whatever the bound: those of the menus on air, to come and before."""

from __future__ import annotations

import shutil
import signal
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from ivr import app, processes, sound_pack
from ivr.authoring.folder import read_folder
from ivr.authoring.prompts import fixed_phrases
from ivr.errors import IvrError
from ivr.settings import PROJECT, Settings
from ivr.speech import Phrase
from ivr.store import revisions
from ivr.store.migrate import upgrade
from ivr.store.notices import set_notice
from ivr.voice import cleaning
from ivr.voice.sounds import SoundStore
from ivr.voice.tones import silence
from tests.commands.conftest import Ivr, ivr  # noqa: F401

GREETING = "您好，欢迎致电"
NOTICE = Phrase("受台风影响，部分列车停运。")
QUEUE = Phrase("感谢您的等候。")
NOBODYS = Phrase("有人曾经问过的话。")


def greets(settings: Settings, words: str) -> Phrase:
    """Let the menus of the folder greet with these words; the phrase that says so."""
    path = settings.menus / "hotline.yaml"
    path.write_text((PROJECT / "menus/hotline.yaml").read_text("utf-8").replace(GREETING, words), "utf-8")
    return next(phrase for phrase in fixed_phrases(settings.menus) if phrase.text.startswith(words))


@pytest.mark.parametrize("live", ["published", "files"])
def test_menus_on_air_to_come_and_before_keep_their_sounds(tmp_path, home, monkeypatch, live):
    monkeypatch.setattr(cleaning, "SPARED_S", 0)
    shutil.copytree(PROJECT / "menus", tmp_path / "menus")
    settings = Settings(home=home, menus=tmp_path / "menus", sounds_mb=0, voice="espeak", menus_live=live)
    engine = app.open_store(settings)
    upgrade(engine)
    try:
        now = datetime.now(timezone.utc)
        said = {}
        for name, at in (
            ("before", None),
            ("on air", None),
            ("to come", now + timedelta(days=1)),
            ("file", None),
        ):
            said[name] = greets(
                settings,
                {"before": "早上", "on air": "中午", "to come": "晚上", "file": "新年"}[name] + "好，致电",
            )
            if name != "file":
                revisions.publish(engine, read_folder(settings.menus).files, author="wang", at=at)
        set_notice(engine, {"zh": NOTICE.text}, by="wang", now=now, until=now + timedelta(hours=1))
    finally:
        engine.dispose()
    store = SoundStore(home, "espeak")
    for phrase in (*said.values(), NOTICE, QUEUE, NOBODYS):
        path = store.path(phrase)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(silence(1))
    sound_pack.clean_sounds(settings)
    stays = {name for name, phrase in said.items() if store.path(phrase).is_file()}
    assert stays == ({"before", "on air", "to come"} if live == "published" else {"file"})
    assert [store.path(phrase).is_file() for phrase in (NOTICE, QUEUE, NOBODYS)] == [True, True, False]


def test_without_a_database_nothing_is_removed(tmp_path, home, monkeypatch):
    monkeypatch.setattr(cleaning, "SPARED_S", 0)
    settings = Settings(home=home, voice="espeak", sounds_mb=0)
    path = SoundStore(home, "espeak").path(NOBODYS)
    path.parent.mkdir(parents=True)
    path.write_bytes(silence(1))
    with pytest.raises(IvrError):
        sound_pack.clean_sounds(settings)
    assert path.is_file()
    assert sound_pack.clean_sounds(replace(settings, sounds_mb=10)).files == 0


def test_the_recorder_does_it_beside_its_work(home, monkeypatch):
    monkeypatch.setattr(cleaning, "SPARED_S", 0)
    half = home / "sounds/zh/ab/.ab12.1.cd.tmp"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"RIFF")
    settings = Settings(home=home, voice="espeak")
    engine = app.open_store(settings)
    upgrade(engine)
    engine.dispose()
    monkeypatch.setattr(cleaning, "keep_bounded", lambda run, stop: (run(), stop.set()))
    before = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        processes.run_recorder(settings)
    finally:
        for number, handler in before:
            signal.signal(number, handler)
    assert not half.exists()


def test_the_command_tells_before_it_does(ivr: Ivr, tmp_path: Path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(cleaning, "SPARED_S", 0)
    half = tmp_path / "home/sounds/zh/ab/.ab12.1.cd.tmp"
    half.parent.mkdir(parents=True)
    half.write_bytes(bytes(600_000))
    assert (
        ivr("prompt", "clean", "--dry-run").out
        == "1 sounds (0.6 MB) would be removed, 0.0 MB of 2000 MB stay\n"
    )
    assert half.exists()
    done = ivr("prompt", "clean", "--json")
    assert (done.code, done.document["files"], done.document["limit"]) == (0, 1, 2_000_000_000)
    assert not half.exists()
    monkeypatch.setenv("IVR_SOUNDS_MB", "1")
    assert ivr("prompt", "clean").code == 2
