"""Sentences joined from the sounds of their fragments: whole, even, without clicks or holes, in one voice."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.speech import Phrase
from ivr.speech.compose import compose
from ivr.voice import joining, mastering
from ivr.voice.profile import HEAD_S, SAMPLE_RATE, TAIL_S
from ivr.voice.sounds import SoundStore, replace
from ivr.voice.voice import Voice
from ivr.voice.wav import sound_seconds
from tests.voice.conftest import NeuralHome

TEXT = "{train}次，{dep}开，{arr}到。"
SLOTS = {"train": ("train", "G102"), "dep": ("time", "06:26"), "arr": ("time", "12:10")}


def sentence() -> Phrase:
    (phrase,) = compose(TEXT, SLOTS, "zh")
    return phrase


def tone(path: Path, seconds: float, pitch: int = 440) -> Path:
    """A mastered sound: a tone in the silence that every sound stands in."""
    at = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = 0.2 * np.sin(2 * np.pi * pitch * at)
    head, tail = (np.zeros(round(part * SAMPLE_RATE)) for part in (HEAD_S, TAIL_S))
    replace(path, mastering.wav(np.concatenate([head, sound, tail])))
    return path


def samples(path: Path) -> np.ndarray:
    with wave.open(str(path)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32768


def fill(store: SoundStore, phrase: Phrase) -> list[Path]:
    return [
        tone(store.path(fragment), 0.3, 400 + 50 * number)
        for number, (fragment, _) in enumerate(phrase.fragments)
    ]


def test_a_joint_is_short_a_pause_is_as_its_mark_says(tmp_path: Path):
    paths = [tone(tmp_path / f"{number}.wav", 0.3) for number in range(3)]
    (tmp_path / "joined.wav").write_bytes(
        joining.join([(paths[0], joining.pause_s("")), (paths[1], joining.pause_s("，")), (paths[2], 0.0)])
    )
    sound = samples(tmp_path / "joined.wav")
    expected = HEAD_S + 0.9 + joining.JOINT_S + 0.2 + TAIL_S
    assert len(sound) / SAMPLE_RATE == pytest.approx(expected, abs=0.001)
    assert mastering.longest_gap(sound) == pytest.approx(0.2, abs=0.011)
    assert np.abs(np.diff(sound)).max() < 0.08  # a tone's own slope: no click
    assert sound_seconds(tmp_path / "joined.wav") == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize(
    ("marks", "seconds"), [("", 0.01), ("，", 0.2), ("。”", 0.25), ("、", 0.12), ("（", 0.01)]
)
def test_marks_are_pauses_and_none_is_a_hole(marks: str, seconds: float):
    assert joining.pause_s(marks) == seconds <= 0.25


def test_a_sentence_is_joined_when_all_its_fragments_are_there(tmp_path: Path):
    store, phrase = SoundStore(tmp_path, "espeak"), sentence()
    *_, last = fill(store, phrase)
    assert store.ready(phrase)
    (joined,) = store.playable(phrase)
    assert joined != store.path(phrase)
    assert sound_seconds(joined) > 6 * 0.3
    assert store.playable(phrase) == [joined] == [store.heard(phrase)]
    last.unlink()
    assert not store.ready(phrase)
    assert store.playable(phrase) == []


def test_other_fragments_are_another_sound(tmp_path: Path):
    store, phrase = SoundStore(tmp_path, "espeak"), sentence()
    fill(store, phrase)
    before = store.heard(phrase)
    other = SoundStore(tmp_path, "espeak")
    other.recorded.note(
        {
            f"zh/{fragment.prompt_id}": f"zh/re/cord{number}.wav"
            for number, (fragment, _) in enumerate(phrase.fragments)
        }
    )
    for number in range(len(phrase.fragments) - 1):
        tone(tmp_path / f"sounds/zh/re/cord{number}.wav", 0.2)
    assert store.heard(phrase) == before  # one piece lacks a recording: not two voices in a sentence
    tone(tmp_path / f"sounds/zh/re/cord{len(phrase.fragments) - 1}.wav", 0.2)
    assert store.heard(phrase) not in (before, None)


def test_where_nothing_can_be_written_the_fragments_are_played_themselves(tmp_path: Path, monkeypatch):
    store, phrase = SoundStore(tmp_path, "espeak"), sentence()
    paths = fill(store, phrase)

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ivr.voice.sounds.replace", full)
    assert store.playable(phrase) == paths
    assert store.heard(phrase) is None
    with Voice(tmp_path, 1, voice="espeak") as voice:
        assert voice.ensure([phrase]) == [str(path.with_suffix("")) for path in paths]


def test_an_answer_whose_fragments_are_there_starts_no_worker(tmp_path: Path):
    phrase = sentence()
    with Voice(tmp_path, 1, command=("false",), voice="espeak") as voice:
        fill(voice.store, phrase)
        expected = [str(voice.store.heard(phrase).with_suffix(""))]
        assert voice.ensure([phrase]) == expected
        assert asyncio.run(voice.ensure_async([phrase])) == expected


def test_espeak_makes_a_sentence_whole_where_a_fragment_is_missing(tmp_path: Path):
    phrase = sentence()
    with Voice(tmp_path, 1, voice="espeak") as voice:
        (path,) = voice.ensure([phrase])
        assert path == str(voice.store.path(phrase).with_suffix(""))
        fill(voice.store, phrase)
        assert voice.ensure([phrase]) != [path]


def test_the_neural_voice_makes_what_is_missing(neural_home: NeuralHome):
    phrase = sentence()
    with Voice(neural_home.home, 1, own_voice_s=30, patience_s=40) as voice:
        fill(voice.store, phrase)
        missing = voice.store.path(phrase.fragments[2][0])
        missing.unlink()
        assert voice.store.lacking(phrase) == [phrase.fragments[2][0]]
        (path,) = voice.ensure([phrase])
        assert sound_seconds(missing)
        assert path == str(voice.store.heard(phrase).with_suffix(""))
    assert path != str(voice.store.stand_in(phrase).with_suffix(""))


def test_a_sentence_that_lacks_a_fragment_is_stood_in_for_whole(neural_home: NeuralHome):
    neural_home.behaves("break")
    phrase = sentence()
    with Voice(neural_home.home, 1, own_voice_s=30, patience_s=40) as voice:
        fill(voice.store, phrase)
        voice.store.path(phrase.fragments[2][0]).unlink()
        assert voice.ensure([phrase]) == [str(voice.store.stand_in(phrase).with_suffix(""))]
        many = Phrase("好", parts=tuple("一二三四五六七八"))
        assert voice.ensure([many]) == [str(voice.store.stand_in(many).with_suffix(""))]
