"""A person's recordings: which are good, what is said of the others, and when callers hear them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.speech import Phrase
from ivr.voice import recordings, sounds
from ivr.voice.mastering import active_rms, dbfs, read_wav
from ivr.voice.recordings import check, lacking, take
from ivr.voice.sounds import SoundStore
from ivr.voice.voice import Voice

from .recorded import record

WELCOME = Phrase("您好，欢迎致电铁路。")
SORRY = Phrase("对不起，没有收到按键。")
ENGLISH = Phrase("For English press star.", "en")
PHRASES = [WELCOME, SORRY, ENGLISH]


def place(folder: Path, phrase: Phrase) -> Path:
    return folder / phrase.language / f"{phrase.prompt_id}.wav"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


@pytest.fixture
def store(tmp_path: Path) -> SoundStore:
    return SoundStore(tmp_path / "home", "espeak")


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"rate": 8000},
        {"rate": 48000, "channels": 2, "width": 3},
        {"rate": 96000, "width": 4},
        {"rate": 16000, "width": 1},
        {"peak": 0.03},
        {"peak": 0.99},
    ],
)
def test_a_good_recording_stands_on_the_line_like_any_sound(folder, store, how):
    record(place(folder, WELCOME), **how)
    assert [recording.state for recording in check(folder, PHRASES)] == ["good"]
    assert take(folder, PHRASES, store).used == 1
    samples, rate = read_wav(store.heard(WELCOME).read_bytes())
    assert (rate, dbfs(active_rms(samples))) == (8000, pytest.approx(-20, abs=0.7))
    assert dbfs(abs(samples).max()) <= -2.99
    assert len(samples) / rate == pytest.approx(2.15, abs=0.06)


@pytest.mark.parametrize(
    ("how", "wrong", "mend"),
    [
        ({"rate": 6000}, "6000 Hz is too low", "48000 Hz"),
        ({"peak": 1.4}, "it is clipped", "less gain"),
        ({"peak": 0.004}, "it is too quiet (-", "closer to the microphone"),
        ({"peak": 0.0}, "it is silent", "closer to the microphone"),
        ({"seconds": 0.5}, "0.65 s for 8 syllables is not between", "all of it?"),
        ({"seconds": 20}, "s for 8 syllables is not between", "is it this sentence"),
        ({"seconds": 121, "rate": 8000}, "122 s is no sentence", "cut it"),
        ({"seconds": 6, "gap": (2.0, 4.0)}, "2.0 s of it, between words, are silent", "cut them out"),
    ],
)
def test_a_bad_recording_is_told_and_not_used(folder, store, how, wrong, mend):
    path = record(place(folder, WELCOME), **how)
    (trouble,) = take(folder, PHRASES, store).troubles
    assert (trouble.file, trouble.state, trouble.text) == (f"zh/{path.name}", "wrong", WELCOME.text)
    assert wrong in trouble.wrong
    assert mend in trouble.mend
    assert store.heard(WELCOME) is None


@pytest.mark.parametrize(
    ("damage", "wrong"),
    [
        (lambda data: b"", "no WAV file that can be read"),
        (lambda data: b"ID3\x03" + data, "no WAV file that can be read"),
        (lambda data: data[:20], "no WAV file that can be read"),
        (lambda data: data[: len(data) // 2], "it was cut short"),
        (
            lambda data: data[:20] + b"\x03\x00" + data[22:],
            "no WAV file that can be read (unknown format: 3)",
        ),
        (lambda data: data[:34] + b"\x40\x00" + data[36:], "samples of 64 bits"),
    ],
)
def test_a_file_that_is_no_sound_is_told(folder, damage, wrong):
    path = record(place(folder, WELCOME))
    path.write_bytes(damage(path.read_bytes()))
    (recording,) = check(folder, PHRASES)
    assert (recording.state, wrong in recording.wrong) == ("wrong", True), recording
    assert recording.mend


def test_other_files_are_told_too(folder):
    record(folder / "zh" / "0123456789ab.wav")
    (folder / "zh" / f"{SORRY.prompt_id}.mp3").write_bytes(b"ID3")
    (folder / "zh" / ".hidden").write_bytes(b"")
    (folder / "script.csv").write_bytes(b"")
    record(folder / "en" / f"{ENGLISH.prompt_id.upper()}.WAV")
    told = [(recording.file.partition("/")[0], recording.state) for recording in check(folder, PHRASES)]
    assert told == [("en", "good"), ("zh", "unused"), ("zh", "wrong")]
    assert lacking([*PHRASES, SORRY], folder) == [WELCOME, SORRY]


def test_a_recording_wins_over_the_voice_and_goes_when_it_is_removed(folder, tmp_path):
    with Voice(tmp_path / "home", 1) as voice:
        (spoken,) = voice.ensure([WELCOME])
        record(place(folder, WELCOME))
        assert (voice.ensure([WELCOME]), take(folder, PHRASES, voice.store).changed) == ([spoken], 1)
        (first,) = voice.ensure([WELCOME])
        assert first != spoken
        record(place(folder, WELCOME), pitch=500)
        assert voice.ensure([WELCOME]) == [first]  # until the next build
        assert take(folder, PHRASES, SoundStore(tmp_path / "home")).changed == 1
        (second,) = voice.ensure([WELCOME])
        assert second not in (first, spoken)
        assert Path(f"{first}.wav").is_file()  # who hears it now hears it to its end
        place(folder, WELCOME).unlink()
        assert take(folder, PHRASES, voice.store).changed == 1
        assert voice.ensure([WELCOME]) == [spoken]


def test_with_a_recording_no_engine_is_needed(folder, store, tmp_path):
    record(place(folder, WELCOME))
    take(folder, PHRASES, store)
    with Voice(tmp_path / "home", 1, command=("false",), voice="espeak") as voice:
        assert voice.ensure([WELCOME]) == [str(store.heard(WELCOME).with_suffix(""))]


def test_a_second_take_makes_nothing_but_what_was_damaged(folder, store, monkeypatch):
    record(place(folder, WELCOME))
    record(place(folder, ENGLISH))
    assert (take(folder, PHRASES, store).used, store.ready(WELCOME)) == (2, True)
    made = []
    monkeypatch.setattr(recordings, "put", lambda path, *both: (made.append(path), sounds.put(path, *both)))
    again = take(folder, PHRASES, store)
    assert (again.used, again.changed, again.troubles, made) == (2, 0, (), [])
    damaged = store.heard(ENGLISH)
    damaged.write_bytes(damaged.read_bytes()[:100])
    assert take(folder, PHRASES, store).used == 2
    assert made == [damaged]


def test_what_another_revision_says_stays_in_use(folder, store):
    record(place(folder, WELCOME))
    take(folder, PHRASES, store)
    assert take(folder, [SORRY], store) == recordings.Taken(1)
    record(place(folder, WELCOME), pitch=500)  # new, and there is no sentence to hold it against
    taken = take(folder, [SORRY], store)
    assert (taken.used, taken.changed, [trouble.state for trouble in taken.troubles]) == (0, 1, ["unused"])


def test_a_folder_that_is_away_changes_nothing(folder, store):
    assert take(folder, PHRASES, store) == recordings.Taken()
    record(place(folder, WELCOME))
    take(folder, PHRASES, store)
    folder.rename(folder.with_name("elsewhere"))
    taken = take(folder, PHRASES, store)
    assert (taken.used, taken.changed) == (1, 0)
    assert "the folder is missing; the 1 recordings" in taken.troubles[0].wrong
    assert store.heard(WELCOME)
    folder.mkdir()
    assert take(folder, PHRASES, store).changed == 1
    assert store.heard(WELCOME) is None


def test_a_full_disk_leaves_what_is_on_air(folder, store, monkeypatch):
    record(place(folder, WELCOME))
    take(folder, PHRASES, store)
    before = store.heard(WELCOME)
    record(place(folder, WELCOME), pitch=500)

    def full(path: Path, *both: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recordings, "put", full)
    with pytest.raises(OSError, match="No space left"):
        take(folder, PHRASES, store)
    assert store.heard(WELCOME) == before


@pytest.mark.parametrize("note", [b"", b"{", b"[1]", b"7", b'{"zh/x": null}'])
def test_a_damaged_note_is_none(folder, store, note):
    record(place(folder, WELCOME))
    take(folder, PHRASES, store)
    (store.folder / "recorded.json").write_bytes(note)
    assert store.heard(WELCOME) is None
    assert take(folder, PHRASES, store).used == 1
    assert store.heard(WELCOME)


_HEADER = b"RIFF\x24\x10\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.one_of(st.binary(max_size=80), st.tuples(st.integers(0, 43), st.binary(min_size=1, max_size=4))))
def test_no_file_whatever_it_holds_breaks_the_check(tmp_path: Path, held):
    path = place(tmp_path, WELCOME)
    path.parent.mkdir(exist_ok=True)
    data = held if isinstance(held, bytes) else None
    if data is None:
        at, other = held
        whole = _HEADER + b"\x20\x00\x00\x00" + bytes(range(32))
        data = whole[:at] + other + whole[at + len(other) :]
    path.write_bytes(data)
    (recording,) = check(tmp_path, PHRASES)
    assert (recording.state == "wrong") == bool(recording.wrong)
    assert bool(recording.wrong) == bool(recording.mend)
