"""The engine underneath: our driver, the mastering, the worker's protocol."""

from __future__ import annotations

import ctypes
import io
import json
import subprocess
import sys

import espeakng_loader
import numpy as np
import pytest
import pyttsx3

from ivr.errors import IvrError
from ivr.speech import lexicon, syllables
from ivr.voice import espeak
from ivr.voice.mastering import SoundFault, active_rms, check, dbfs, master, read_wav


@pytest.fixture
def engine():
    engine = pyttsx3.init(espeak.register())
    engine.faults = []
    token = engine.connect("error", lambda name, exception: engine.faults.append(exception))
    yield engine
    engine.disconnect(token)
    engine.setProperty("voice", "cmn+f3")


def spoken(engine, text: str) -> np.ndarray:
    out = io.BytesIO()
    engine.save_to_file(text, out)
    engine.runAndWait()
    return read_wav(out.getvalue())[0]


def test_the_driver_writes_the_whole_sentence_before_it_returns(engine):
    short, long = spoken(engine, "六点"), spoken(engine, "六点二十六分开往上海虹桥")
    assert 0 < len(short) < len(long) / 3
    assert engine.faults == []


def test_two_files_before_one_run_are_both_written(engine):
    first, second = io.BytesIO(), io.BytesIO()
    engine.save_to_file("您好", first)
    engine.save_to_file("再见", second)
    engine.runAndWait()
    assert len(first.getvalue()) > 8000
    assert len(second.getvalue()) > 8000


@pytest.mark.parametrize(("name", "value"), [("voice", "xx-nobody"), ("rate", 10**6)])
def test_what_the_library_refuses_is_an_error(engine, name, value):
    before = engine.getProperty(name)
    engine.setProperty(name, value)
    try:
        engine.save_to_file("您好", io.BytesIO())
        engine.runAndWait()
    finally:
        engine.setProperty(name, before)
    assert name == "rate" or "no voice 'xx-nobody'" in str(engine.faults[0])


def test_an_unknown_property_and_a_missing_loudspeaker_are_errors(engine):
    engine.setProperty("colour", "red")
    engine.say("您好")
    engine.runAndWait()
    assert "colour" in str(engine.faults[0])
    assert "save_to_file" in str(engine.faults[1])


def test_an_unwritable_path_is_an_error(engine):
    engine.save_to_file("您好", "/does/not/exist.wav")
    engine.runAndWait()
    assert isinstance(engine.faults[0], FileNotFoundError)


def test_names_are_spelled_for_the_library():
    assert espeak.spelling("开往六安的列车", "zh") == "开往 lu4 an1 的列车"
    assert espeak.spelling("开往六安的列车", "zh", (("六安", "liu4 an1"),)) == "开往 liu4 an1 的列车"
    assert espeak.spelling("南雄", "zh") == "南[[S;j'ong35]]"
    assert espeak.spelling("[[x]]<b>", "zh") == "  x   b "
    assert espeak.spelling("Lu'an 六安", "en") == "Lu'an 六安"


def test_every_reading_of_the_lexicon_is_mandarin_to_the_library(engine):
    """A syllable that it does not know would be spelled in English letters, marked (en)."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    spoken(engine, "您好")  # chooses the voice

    def phonemes(text: str) -> bytes:
        buffer = ctypes.create_string_buffer(text.encode())
        rest = ctypes.c_void_p(ctypes.addressof(buffer))
        return library.espeak_TextToPhonemes(ctypes.byref(rest), 1, 0)

    assert b"(en)" in phonemes("雄")
    for name, reading in lexicon.READINGS.items():
        assert espeak.spelling(name, "zh") == f" {reading} "
        assert b"(en)" not in phonemes(reading), name


def tone(seconds: float, level: float = 0.1, rate: int = 22050) -> np.ndarray:
    return (level * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


def test_mastering_trims_levels_and_fades():
    raw = np.concatenate([np.zeros(22050), tone(1.0), np.zeros(22050)]).astype(np.float32) + 0.05
    sound = master(raw, 22050)
    assert len(sound) / 8000 == pytest.approx(1.15, abs=0.03)
    assert dbfs(active_rms(sound)) == pytest.approx(-20, abs=0.3)
    assert sound[0] == sound[-1] == 0


def test_mastering_bends_peaks_under_3_dbfs():
    raw = tone(1.0, 0.05)
    raw[10000:10200] *= 18
    assert dbfs(abs(master(raw, 22050)).max()) <= -3


def test_mastering_refuses_silence_and_clipping():
    with pytest.raises(SoundFault, match="no sound"):
        master(np.zeros(0, np.float32), 22050)
    for silent in (np.zeros(22050, np.float32), tone(1.0, 1e-4)):
        with pytest.raises(SoundFault, match="silence"):
            master(silent, 22050)
    with pytest.raises(SoundFault, match="clipped"):
        master(np.clip(tone(1.0, 3.0), -1, 1), 22050)


def test_a_cut_sentence_is_refused(engine):
    text = "开往上海虹桥的列车六点二十六分开"
    samples = spoken(engine, text)
    check(master(samples, 22050), syllables(text, "zh"), 0.2)
    with pytest.raises(SoundFault, match="syllables is not between"):
        check(master(samples[: len(samples) // 2], 22050), syllables(text, "zh"), 0.2)
    with pytest.raises(SoundFault, match="syllables is not between"):
        check(np.zeros(80000), 2, 0.2)


def test_a_lone_syllable_may_be_quicker_than_those_of_a_sentence():
    check(np.zeros(int(8000 * 0.25)), 1, 0.13)  # 0.1 s of 一 and the silence around it
    with pytest.raises(SoundFault, match="syllables is not between"):
        check(np.zeros(int(8000 * 0.20)), 1, 0.13)


def test_the_worker_answers_each_line_and_prints_nothing_else(tmp_path):
    requests = [
        {"id": 1, "text": "您好世界", "language": "zh", "path": str(tmp_path / "a" / "b.wav")},
        {"id": 2, "text": "", "language": "zh", "path": str(tmp_path / "c.wav")},
        {"id": 3, "text": "x", "language": "tlh", "path": str(tmp_path / "d.wav")},
        {"id": 4, "text": "好", "language": "zh", "path": "/proc/none/e.wav"},
    ]
    done = subprocess.run(
        [sys.executable, "-m", "ivr.voice.worker"],
        input="".join(json.dumps(request) + "\n" for request in requests),
        capture_output=True,
        text=True,
        timeout=60,
    )
    ready, *answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert ready == {"ready": True}
    assert [(answer["id"], answer["ok"]) for answer in answers] == [
        (1, True),
        (2, False),
        (3, False),
        (4, False),
    ]
    assert answers[0]["dbfs"] == pytest.approx(-20, abs=0.5)
    assert all(answer["error"] for answer in answers[1:])
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["b.wav", "b.wav16"]


@pytest.mark.parametrize("busy", [False, True])
def test_a_worker_whose_starter_was_killed_ends_without_a_word(tmp_path, busy):
    """It would stand in the log of a server that is long gone."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "ivr.voice.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    if busy:
        worker.stdout.readline()
        request = {"id": 1, "text": "您好", "language": "zh", "path": str(tmp_path / "x.wav")}
        worker.stdin.write(json.dumps(request).encode() + b"\n")
    worker.stdout.close()
    worker.stdin.close()
    assert worker.stderr.read() == b""
    assert worker.wait(60) == 0
    worker.stderr.close()


def test_the_languages_that_are_said_to_have_a_voice_have_one():
    from ivr.speech.voices import VOICES
    from ivr.voice.profile import profile_of

    library = espeak._Library()
    for language in VOICES:
        library.use(profile_of(language).voice, 150, 60)  # raises for a voice that is not there
    assert len(VOICES) > 100
    with pytest.raises(IvrError, match="no voice speaks 'tlh'"):
        profile_of("tlh")
