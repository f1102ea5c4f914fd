"""Every sound is there at 8 and at 16 kHz; a wideband file that is missing or damaged costs nobody the sound."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from ivr.speech import Phrase
from ivr.voice import cleaning, system_sounds
from ivr.voice.mastering import active_rms, dbfs, read_wav, wav
from ivr.voice.profile import WIDE_RATE
from ivr.voice.recordings import take
from ivr.voice.sounds import SLOWER, SoundStore, put
from ivr.voice.voice import Voice
from ivr.voice.wav import sound_seconds, wide

from .recorded import record
from .test_joining import fill, sentence, tone

SENTENCE = Phrase("请输入出发站的区号，按井号键结束。")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    with Voice(home, 1, 30, voice="espeak") as voice:
        voice.ensure([SENTENCE])
    return home


def above_4_khz(samples: np.ndarray, rate: int) -> float:
    """The part of the energy there."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float(power[np.fft.rfftfreq(len(samples), 1 / rate) > 4000].sum() / power.sum())


def both(path: Path, pitch: int = 440) -> Path:
    """A mastered sound with its wideband file, which is a whole tone higher so that it is known by its pitch."""
    tone(path, 0.3, pitch)
    at = np.arange(int(0.3 * WIDE_RATE)) / WIDE_RATE
    silence = np.zeros(round(0.03 * WIDE_RATE)), np.zeros(round(0.12 * WIDE_RATE))
    sound = np.concatenate([silence[0], 0.2 * np.sin(2 * np.pi * 6000 * at), silence[1]])
    put(path, path.read_bytes(), wav(sound, WIDE_RATE))
    return path


def test_a_sound_is_mastered_at_both_rates_from_what_the_engine_said(home: Path) -> None:
    path = SoundStore(home, "espeak").path(SENTENCE)
    narrow, rate = read_wav(path.read_bytes())
    broad, wide_rate = read_wav(wide(path).read_bytes())
    assert (rate, wide_rate) == (8000, 16000)
    assert sound_seconds(wide(path)) == pytest.approx(sound_seconds(path), abs=0.05)
    assert dbfs(active_rms(broad, wide_rate)) == pytest.approx(-20, abs=0.5)
    assert np.abs(broad).max() <= 10 ** (-3 / 20) + 0.001
    assert above_4_khz(broad, wide_rate) > 0.01  # it was not made of the narrow one


def test_a_damaged_wideband_file_is_made_anew(home: Path) -> None:
    store = SoundStore(home, "espeak")
    path = wide(store.path(SENTENCE))
    whole = path.read_bytes()
    assert store.ready(SENTENCE)
    path.write_bytes(whole[:2000])
    assert not store.ready(SENTENCE)
    with Voice(home, 1, 30, voice="espeak") as voice:
        voice.ensure([SENTENCE])
    assert len(path.read_bytes()) == len(whole)


def test_a_sound_without_one_is_played_as_it_is(tmp_path: Path) -> None:
    store = SoundStore(tmp_path, "espeak")
    tone(store.path(SENTENCE), 0.3)
    assert store.playable(SENTENCE) == [store.path(SENTENCE)]
    slow = store.slower(store.path(SENTENCE))
    assert slow.is_file()
    assert not wide(slow).exists()


def test_a_sentence_is_joined_at_both_rates(tmp_path: Path) -> None:
    store, phrase = SoundStore(tmp_path, "espeak"), sentence()
    paths = [both(path) for path in fill(store, phrase)]
    (joined,) = store.playable(phrase)
    broad, rate = read_wav(wide(joined).read_bytes())
    assert rate == WIDE_RATE
    assert sound_seconds(wide(joined)) == pytest.approx(sound_seconds(joined), abs=0.001)
    assert above_4_khz(broad, rate) > 0.9
    # one fragment has none, such as a recording of before: then the sentence has none
    joined.unlink()
    wide(paths[1]).unlink()
    (again,) = store.playable(phrase)
    assert again == joined
    assert not wide(joined).exists()


def test_a_repeated_sentence_is_slower_at_both_rates(home: Path) -> None:
    store = SoundStore(home, "espeak")
    path = store.path(SENTENCE)
    slow = store.slower(path)
    assert sound_seconds(wide(slow)) == pytest.approx(SLOWER * sound_seconds(wide(path)), rel=0.01)
    samples, rate = read_wav(wide(slow).read_bytes())
    assert above_4_khz(samples, rate) > 0.01


def test_a_persons_recording_is_taken_at_both_rates(tmp_path: Path) -> None:
    store, folder = SoundStore(tmp_path / "home", "espeak"), tmp_path / "recordings"
    record(folder / "zh" / f"{SENTENCE.prompt_id}.wav", 3.5, overtone=6000.0)
    assert take(folder, [SENTENCE], store).troubles == ()
    path = store.recorded.path(SENTENCE)
    assert path
    samples, rate = read_wav(wide(path).read_bytes())
    assert above_4_khz(samples, rate) > 0.1


def test_asterisks_own_sounds_have_both(tmp_path: Path) -> None:
    store = SoundStore(tmp_path, "espeak")
    both(store.path(Phrase("百")))
    system_sounds.install(store, tmp_path / "data")
    assert {path.name for path in (tmp_path / "data/zh/digits").iterdir()} == {"hundred.wav", "hundred.wav16"}


def test_both_count_and_go_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "SPARED_S", 0)
    store = SoundStore(tmp_path, "espeak")
    path = store.path(SENTENCE)
    put(path, bytes(400_000), bytes(800_000))
    orphan = wide(path.with_name("f" * 24 + ".wav"))
    orphan.write_bytes(b"what a killed process left")
    os.utime(path, (time.time() - 86_400,) * 2)
    assert cleaning.clean(store, 2, list).left == 1_200_000
    assert not orphan.exists()
    assert cleaning.clean(store, 1, list).files == 1
    assert list(path.parent.iterdir()) == []
