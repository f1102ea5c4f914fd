"""What is made ahead: fixed phrases, Asterisk's own sounds, music."""

from __future__ import annotations

import pytest

from ivr.errors import IvrError
from ivr.speech import Phrase
from ivr.voice import music, system_sounds
from ivr.voice.build import build, missing
from ivr.voice.mastering import active_rms, dbfs, read_wav
from ivr.voice.sounds import SoundStore
from ivr.voice.wav import sound_seconds

FIXED = [Phrase("售票预售期请按二。"), Phrase("For English press star.", "en"), Phrase("售票预售期请按二。")]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    assert len(missing(FIXED, home)) == 2 + len(set(system_sounds.phrases()))
    progress = []
    built = build(
        FIXED, home, workers=2, progress=lambda done, total, left: progress.append((done, total, left))
    )
    assert built.failed == ()
    assert built.made == built.phrases == 2 + len(set(system_sounds.phrases()))
    assert [row[:2] for row in progress] == [(n, built.made) for n in range(1, built.made + 1)]
    assert all(left is None or 0 <= left < 600 for *_, left in progress)
    assert progress[-1][2] in (None, 0)
    return home


def test_a_second_build_makes_nothing(home):
    assert missing(FIXED, home) == []
    again = build(FIXED, home)
    assert (again.made, again.installed, again.failed) == (0, 0, ())


def test_a_changed_system_sound_is_put_back(home):
    path = home / "asterisk/data/sounds/zh/queue-thankyou.wav"
    whole = path.read_bytes()
    path.write_bytes(b"")
    assert build([], home).installed == 1
    assert path.read_bytes() == whole


def _asterisk_says(number: int) -> list[str]:
    """The files that Asterisk plays for a number in Mandarin, after its ast_say_number_full_zh."""
    files = []
    while number:
        if number < 10:
            files, number = [*files, f"digits/{number}"], 0
        elif number < 100:
            files, number = [*files, f"digits/{number // 10 * 10}"], number % 10
        elif number < 1000:
            files, number = [*files, f"digits/{number // 100}", "digits/hundred"], number % 100
        else:
            files, number = [*files, *_asterisk_says(number // 1000), "digits/thousand"], number % 1000
    return files


@pytest.mark.parametrize("number", [1, 10, 15, 40, 99, 110, 999, 1001, 9999])
def test_every_position_in_the_queue_can_be_said(home, number):
    folder = home / "asterisk/data/sounds/zh"
    for name in [*_asterisk_says(number), "queue-thereare", "queue-callswaiting", "beep", "digits/0"]:
        assert sound_seconds(folder / f"{name}.wav"), name


def test_both_languages_have_the_queue_announcements(home):
    for language in ("zh", "en"):
        for name in ("youarenext", "holdtime", "minute", "minutes", "seconds", "thankyou", "reporthold"):
            seconds = sound_seconds(home / "asterisk/data/sounds" / language / f"queue-{name}.wav")
            assert 0.3 < seconds < 8


def test_the_music_is_gentle_and_always_the_same(home):
    (path,) = (home / "asterisk/moh").iterdir()
    data = path.read_bytes()
    samples, rate = read_wav(data)
    assert (len(samples) / rate, rate) == (60, 8000)
    assert dbfs(abs(samples).max()) < -9
    assert -30 < dbfs(active_rms(samples)) < -22
    assert abs(samples[:80]).max() < 0.01
    assert abs(samples[-80:]).max() < 0.01
    # it never stops for long: every two seconds are heard
    assert all(abs(samples[i : i + 16000]).max() > 0.01 for i in range(0, 58 * 8000, 16000))
    assert music.waiting_music() == data


def test_an_older_melody_goes(home):
    folder = home / "asterisk/moh"
    (folder / "waiting-0.wav").write_bytes(b"old")
    (folder / "our-own.wav").write_bytes(b"an admin's")
    assert not music.install(folder)
    assert sorted(p.name for p in folder.iterdir()) == ["our-own.wav", "waiting-1.wav"]
    (folder / "our-own.wav").unlink()


def test_what_cannot_be_spoken_does_not_stop_the_rest(home):
    built = build([Phrase("。。"), Phrase("明天的车票已经售完。")], home)
    assert built.made == 1
    assert [phrase.text for phrase, _ in built.failed] == ["。。"]


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "sounds").write_text("in the way")
    with pytest.raises(
        IvrError, match=r"sounds: sounds cannot be written: .* \(make the folder writable"
    ) as fault:
        build(FIXED, tmp_path)
    assert "\n" not in str(fault.value)


def test_asterisks_folder_that_cannot_be_written_is_one_clear_line(home):
    other = home.parent / "other"
    other.mkdir(exist_ok=True)
    (other / "sounds").symlink_to(home / "sounds")
    (other / "asterisk").write_text("in the way")
    with pytest.raises(IvrError, match=r"other/asterisk.*cannot be written"):
        build([], other)


def test_only_what_the_store_has_is_installed(tmp_path):
    changed = system_sounds.install(SoundStore(tmp_path), tmp_path / "out")
    assert {p.stem for p in changed} == {"beep", "1", "2", "3"}
