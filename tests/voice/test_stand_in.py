"""The neural voice with a model of our own making: what callers hear when it is well, and when it is not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ivr.errors import IvrError
from ivr.speech import Phrase
from ivr.voice import cleaning, kokoro_pack, neural, trial
from ivr.voice.build import build, missing, silent
from ivr.voice.mastering import active_rms, dbfs, read_wav
from ivr.voice.sounds import SoundStore
from ivr.voice.voice import Voice
from ivr.voice.wav import sound_seconds

from .conftest import worker_pids

WELCOME = Phrase("您好，欢迎致电铁路客户服务中心。")
TRAIN = Phrase("G 幺零二次，二等座余两张。")
RUSSIAN = Phrase("Здравствуйте, это вокзал.", "ru")
ENGLISH = Phrase("Train G one zero two leaves Beijing South at six oh five.", "en")


@pytest.fixture
def failures():
    return []


@pytest.fixture
def voice(neural_home, failures, monkeypatch):
    monkeypatch.setattr(neural, "_SYLLABLE_S", 0.02)  # a hung worker is found out soon
    voices = []

    def make(**options) -> Voice:
        options.setdefault("on_failure", lambda phrase, why: failures.append((phrase, why)))
        options = {"own_voice_s": 30, "patience_s": 40} | options  # a busy machine fails nothing
        voices.append(Voice(neural_home.home, options.pop("workers", 1), **options))
        return voices[-1]

    yield make
    for each in voices:
        each.close()
    assert worker_pids() == []


def heard(paths: list[str]) -> list[Path]:
    return [Path(f"{path}.wav") for path in paths]


def test_it_speaks_mandarin_and_espeak_the_rest(voice, neural_home, failures):
    speaking = voice()
    paths = heard(speaking.ensure([WELCOME, RUSSIAN]))
    assert speaking.store.speaker == "zf_xiaoxiao"
    assert paths == [speaking.store.path(WELCOME), speaking.store.path(RUSSIAN)]
    assert speaking.store.path(RUSSIAN) == SoundStore(neural_home.home, "espeak").path(RUSSIAN)
    assert (neural_home.asked, failures) == (1, [])
    samples, rate = read_wav(paths[0].read_bytes())
    assert (rate, dbfs(active_rms(samples))) == (8000, pytest.approx(-20, abs=0.5))
    assert neural.trouble(neural_home.home) is None


def test_it_speaks_english_with_a_speaker_of_its_own(voice, neural_home, failures):
    speaking = voice()
    (path,) = heard(speaking.ensure([ENGLISH]))
    assert path == speaking.store.path(ENGLISH)
    assert path != SoundStore(neural_home.home, "espeak").path(ENGLISH) == speaking.store.stand_in(ENGLISH)
    assert path == SoundStore(neural_home.home, "zm_yunxi").path(ENGLISH)  # whoever speaks Mandarin
    assert (neural_home.asked, failures) == (1, [])


def test_each_speaker_has_sounds_of_its_own(neural_home):
    settings = ("auto", "kokoro", "espeak", *kokoro_pack.KOKORO_SPEAKERS)
    stores = {setting: SoundStore(neural_home.home, setting) for setting in settings}
    assert len({store.path(WELCOME) for store in stores.values()}) == 5
    assert stores["auto"].path(WELCOME) == stores["kokoro"].path(WELCOME)
    assert {store.stand_in(WELCOME) for store in stores.values()} == {None, stores["espeak"].path(WELCOME)}
    assert {store.stand_in(RUSSIAN) for store in stores.values()} == {None}


def test_a_site_without_it_is_spoken_to_by_espeak(neural_home, monkeypatch):
    assert SoundStore(neural_home.home / "other", "zm_yunxi").speaker == "espeak"
    monkeypatch.setattr(kokoro_pack, "missing_packages", lambda: ["onnxruntime"])
    assert SoundStore(neural_home.home, "zm_yunxi").speaker == "espeak"


@pytest.mark.parametrize(
    ("how", "why"), [("die", "died"), ("break", "no memory left"), ("silence", "only silence")]
)
def test_espeak_stands_in_when_it_fails(voice, neural_home, failures, caplog, how, why):
    neural_home.behaves(how)
    speaking = voice()
    (path,) = heard(speaking.ensure([WELCOME]))
    assert path == speaking.store.stand_in(WELCOME)
    assert sound_seconds(path) > 2
    assert failures == []
    assert not speaking.store.ready(WELCOME)
    assert "欢迎" not in caplog.text
    noted = neural.trouble(neural_home.home)
    assert why in noted.reason
    assert noted.failures == 1
    assert noted.ago_s < 60
    # the next build makes it after all, and from then on it is heard
    neural_home.behaves("well")
    assert WELCOME in missing([WELCOME], neural_home.home)
    assert WELCOME not in silent([WELCOME], neural_home.home)
    assert speaking.make(WELCOME).result().path == speaking.store.path(WELCOME)
    assert heard(speaking.ensure([WELCOME])) == [speaking.store.path(WELCOME)]
    assert neural.trouble(neural_home.home) is None


def test_a_hung_voice_keeps_nobody_waiting_longer_than_its_time(voice, neural_home, failures):
    neural_home.behaves("hang")
    speaking = voice(own_voice_s=0.3, timeout_s=1.0)
    speaking.warm()
    began = time.monotonic()
    (path,) = heard(speaking.ensure([WELCOME]))
    assert time.monotonic() - began < 5  # not the 9 s that its worker may take to count as hung
    assert path == speaking.store.stand_in(WELCOME)
    # the stand-in is there now: nobody waits at all
    began = time.monotonic()
    assert heard(speaking.ensure([WELCOME])) == [path]
    assert time.monotonic() - began < 0.25
    assert failures == []


def test_more_than_it_can_say_in_time_is_not_asked_of_it(voice, neural_home, failures):
    neural_home.behaves("hang")
    speaking = voice(own_voice_s=0.2, timeout_s=1.0)
    phrases = [Phrase(f"{n}号车厢在前方停靠。") for n in "一二三四五六七八"]
    paths = heard(speaking.ensure(phrases))
    assert paths == [speaking.store.stand_in(phrase) for phrase in phrases]
    assert speaking._neural_engine.busy_with <= neural._QUEUE
    assert failures == []


def test_after_three_failures_in_a_row_it_rests(voice, neural_home, failures, monkeypatch):
    neural_home.behaves("break")
    speaking = voice()
    for number in "一二三四":
        assert len(speaking.ensure([Phrase(f"请到第{number}站台上车。")])) == 1
    assert neural_home.asked == 3
    neural_home.behaves("well")
    monkeypatch.setattr("ivr.voice.neural.time.monotonic", lambda at=time.monotonic: at() + 61)
    assert speaking.store.path(WELCOME) == heard(speaking.ensure([WELCOME]))[0]
    assert failures == []


def test_when_nobody_can_say_it_the_caller_hears_the_signal(voice, neural_home, failures):
    neural_home.behaves("break")
    speaking = voice(command=("/does/not/exist",))
    assert "ivr-signal" in speaking.ensure([WELCOME])[0]
    assert "cannot be started" in failures[0][1]


async def _ensured(speaking: Voice) -> list[str]:
    return await speaking.ensure_async([WELCOME, RUSSIAN])


def test_the_event_loop_hears_the_same(voice, neural_home, failures):
    import asyncio

    neural_home.behaves("break")
    speaking = voice()
    paths = heard(asyncio.run(_ensured(speaking)))
    assert paths == [speaking.store.stand_in(WELCOME), speaking.store.path(RUSSIAN)]
    assert failures == []


def test_a_build_makes_stand_ins_of_what_fails_and_replaces_them_later(neural_home, monkeypatch):
    monkeypatch.setattr("ivr.voice.system_sounds.phrases", tuple)
    neural_home.behaves("break")
    built = build([WELCOME, RUSSIAN, Phrase("。。")], neural_home.home, 1)
    assert (built.phrases, built.made) == (3, 1)
    assert [(phrase, why) for phrase, why in built.stood_in] == [(WELCOME, "no memory left")]
    assert [phrase.text for phrase, _ in built.failed] == ["。。"]
    neural_home.behaves("well")
    built = build([WELCOME, RUSSIAN], neural_home.home, 1)
    assert (built.made, built.stood_in, built.failed) == (1, (), ())
    assert missing([WELCOME, RUSSIAN], neural_home.home) == []


def test_a_quick_build_does_not_ask_it(neural_home, monkeypatch):
    monkeypatch.setattr("ivr.voice.system_sounds.phrases", tuple)
    built = build([WELCOME, RUSSIAN], neural_home.home, 1, quick=True)
    assert (built.made, built.stood_in, built.failed) == (1, ((WELCOME, ""),), ())
    assert neural_home.asked == 0
    assert silent([WELCOME, RUSSIAN], neural_home.home) == []
    assert missing([WELCOME, RUSSIAN], neural_home.home) == [WELCOME]


def test_a_trial_tells_how_fast_it_is_or_what_is_wrong(neural_home, monkeypatch):
    assert trial.trial(neural_home.home, "auto") < 5
    assert list((neural_home.home / "sounds").rglob("*.wav")) == []
    neural_home.behaves("hang")
    monkeypatch.setattr(trial, "_HUNG_S", 0.2)
    with pytest.raises(IvrError, match=r"zf_xiaoxiao says nothing: the voice worker hung"):
        trial.trial(neural_home.home, "auto")


@pytest.mark.parametrize("noted", ["", "[]", '{"reason": 1}', "{"])
def test_a_damaged_note_of_trouble_is_no_trouble(tmp_path, noted):
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices" / "trouble.json").write_text(noted)
    assert neural.trouble(tmp_path) is None


def test_a_stand_in_may_go_as_soon_as_the_voice_has_made_its_own(voice, neural_home, monkeypatch):
    speaking = voice()
    stand_in = speaking.store.stand_in(WELCOME)
    speaking.make_stand_in(WELCOME).result()
    assert speaking.store.files(WELCOME) == [speaking.store.path(WELCOME), stand_in]
    assert stand_in.stat().st_mtime > 0
    speaking.make(WELCOME).result()
    until = time.monotonic() + 10
    while stand_in.stat().st_mtime and time.monotonic() < until:  # it is retired after the future is done
        time.sleep(0.01)
    assert stand_in.stat().st_mtime == 0
    assert speaking.store.files(WELCOME) == [speaking.store.path(WELCOME)]
    assert heard(speaking.ensure([WELCOME])) == [speaking.store.path(WELCOME)]
    assert cleaning.clean(speaking.store, 100, list).files == 0  # a caller may be about to hear it
    monkeypatch.setattr(cleaning, "SPARED_S", 0)
    assert cleaning.clean(speaking.store, 100, list).files == 1
    assert not stand_in.exists()
