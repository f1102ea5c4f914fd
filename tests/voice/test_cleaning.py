"""The sounds stay within their bound: which go, which stay, and that no caller notices."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ivr.errors import IvrError
from ivr.speech import Phrase
from ivr.voice import cleaning
from ivr.voice.cleaning import MB, clean, keep_bounded
from ivr.voice.sounds import SoundStore
from ivr.voice.voice import Voice
from ivr.voice.wav import pcm_wav

DAY = 86_400
NAMES = [Phrase(f"第{digit}个车站。") for digit in "一二三四五六"]


@pytest.fixture
def store(tmp_path: Path) -> SoundStore:
    """Six sounds of 0.3 MB each; the first was played six days ago, the last one yesterday."""
    store = SoundStore(tmp_path, "espeak")
    for days, phrase in zip(range(6, 0, -1), NAMES, strict=True):
        path = store.path(phrase)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pcm_wav(bytes(299_956)))
        played(path, days * DAY)
    return store


@pytest.fixture
def long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was played within two hours: the time of a file's last change cannot be set."""
    monkeypatch.setattr(cleaning, "SPARED_S", 0)


def played(path: Path, seconds_ago: float) -> None:
    then = time.time() - seconds_ago
    os.utime(path, (then, then))


def there(store: SoundStore) -> str:
    return "".join(phrase.text[1] for phrase in NAMES if store.path(phrase).is_file())


def never() -> list[Phrase]:
    raise AssertionError("there is room")


def test_with_room_nothing_goes(store, long_ago):
    cleaned = clean(store, 2, never)
    assert (cleaned.files, cleaned.left, cleaned.over) == (0, 1_800_000, False)
    assert there(store) == "一二三四五六"


def test_what_was_not_played_for_longest_goes_and_what_is_needed_stays(store, long_ago):
    before = clean(store, 1, lambda: [NAMES[1]], dry_run=True)
    assert there(store) == "一二三四五六"
    assert clean(store, 1, lambda: [NAMES[1]]) == before
    assert there(store) == "二五六"
    assert (before.files, before.bytes, before.left, before.over) == (3, 900_000, 900_000, False)


def test_what_is_needed_may_be_more_than_the_bound(store, long_ago):
    cleaned = clean(store, 1, lambda: [*NAMES[1:], Phrase("x", "a language that nobody speaks")])
    assert (cleaned.left, cleaned.over, there(store)) == (5 * 300_000, True, "二三四五六")


def test_what_was_played_within_two_hours_stays(store):
    cleaned = clean(store, 1, list)
    assert (cleaned.files, cleaned.over, there(store)) == (0, True, "一二三四五六")


def test_what_is_played_meanwhile_stays(store, long_ago):
    def needed() -> list[Phrase]:
        time.sleep(0.02)  # the kernel's clock for files
        assert store.heard(NAMES[0])
        return []

    clean(store, 1, needed)
    assert there(store) == "一四五六"


def test_nothing_goes_when_it_is_not_known_what_is_needed(store, long_ago):
    def away() -> list[Phrase]:
        raise IvrError("the database is away")

    with pytest.raises(IvrError, match="away"):
        clean(store, 1, away)
    assert there(store) == "一二三四五六"


def test_recordings_and_other_files_stay_and_leftovers_go(store, long_ago):
    recorded = store.path(NAMES[0])
    store.recorded.note({"zh/0123456789ab": str(recorded.relative_to(store.folder))})
    (store.folder / "ivr-signal.wav").write_bytes(b"")
    half = recorded.with_name(".0123.77.abcd.tmp")
    half.write_bytes(b"RIFF")
    assert clean(store, 2, never).files == 1
    assert not half.exists()
    clean(store, 0, list)
    assert there(store) == "一"
    assert (store.folder / "recorded.json").is_file()
    assert (store.folder / "ivr-signal.wav").is_file()


def test_a_sound_that_cannot_be_removed_is_one_line(store, long_ago, monkeypatch):
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(IvrError, match="cannot be removed: Permission denied"):
        clean(store, 1, list)


def test_that_a_sound_is_played_is_noted_once_an_hour(store):
    path = store.path(NAMES[0])
    assert store.heard(NAMES[0])
    assert time.time() - path.stat().st_mtime < 60
    played(path, 1800)
    noted = path.stat().st_mtime
    assert store.heard(NAMES[0])
    assert path.stat().st_mtime == noted


def test_a_running_hotline_makes_a_removed_sound_again(tmp_path, long_ago):
    with Voice(tmp_path, 1, voice="espeak") as voice:
        (path,) = voice.ensure([NAMES[0]])
        clean(SoundStore(tmp_path, "espeak"), 0, list)
        assert not Path(f"{path}.wav").exists()
        assert voice.ensure([NAMES[0]]) == [path]
        assert Path(f"{path}.wav").is_file()


class Hours:
    """An event that is set after so many pauses."""

    def __init__(self, hours: int) -> None:
        self.hours = hours
        self.pauses: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        return len(self.pauses) > self.hours


def test_every_hour_it_is_done_and_told(caplog):
    caplog.set_level("INFO", "ivr.voice")
    results = [
        IvrError("the database is away"),
        cleaning.Cleaned(3, 2 * MB, 9 * MB, True),
        cleaning.Cleaned(0, 0, 0, False),
    ]

    def run() -> cleaning.Cleaned:
        result = results.pop(0)
        if isinstance(result, IvrError):
            raise result
        return result

    hours = Hours(3)
    keep_bounded(run, hours)
    assert hours.pauses == [60, 3600, 3600, 3600]
    assert [record.message for record in caplog.records] == [
        "sounds are not cleaned: the database is away",
        "3 sounds (2 MB) removed",
        "the sounds that are needed take 9 MB, more than sounds_mb",
    ]
