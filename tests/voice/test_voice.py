"""Phrases in, sound files out, whatever happens to the engine."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ivr.speech import Phrase
from ivr.voice import lost, pool
from ivr.voice.mastering import active_rms, dbfs, read_wav
from ivr.voice.sounds import SoundStore
from ivr.voice.voice import Voice
from ivr.voice.wav import sound_seconds

from .conftest import worker_pids

WELCOME = Phrase("您好，欢迎致电铁路客户服务中心。")
TRAIN = Phrase("G 幺零二次，六点二十六分开，二等座余两张。")


@pytest.fixture
def failures():
    return []


@pytest.fixture
def make_voice(tmp_path, failures):
    voices = []

    def make(**options) -> Voice:
        options.setdefault("on_failure", lambda phrase, reason: failures.append((phrase, reason)))
        voices.append(Voice(options.pop("home", tmp_path / "home"), **options))
        return voices[-1]

    yield make
    for voice in voices:
        voice.close()
    assert worker_pids() == []


def sound(path: str):
    return read_wav(Path(f"{path}.wav").read_bytes())


def test_sounds_stand_well_on_a_telephone_line(make_voice, failures):
    english = Phrase("For English press star.", "en")
    paths = make_voice().ensure([WELCOME, english, TRAIN, WELCOME])
    assert failures == []
    assert len(paths) == 4
    assert paths[0] == paths[3]
    for path in paths:
        samples, rate = sound(path)
        assert rate == 8000
        assert dbfs(active_rms(samples)) == pytest.approx(-20, abs=0.5)
        assert dbfs(abs(samples).max()) <= -3
        assert abs(samples.mean()) < 0.001
        assert abs(samples[:160]).max() < 0.02  # 20 ms before the first word are nearly silent
        assert abs(samples[-480:]).max() < 0.02
        assert abs(samples[0]) == abs(samples[-1]) == 0


def test_no_worker_is_started_for_what_is_there(make_voice):
    first = make_voice()
    paths = first.ensure([WELCOME])
    assert len(worker_pids()) == 1
    first.close()
    again = make_voice(command=("/does/not/exist",))
    assert again.ensure([WELCOME]) == paths
    begin = time.perf_counter()
    for _ in range(1000):
        again.ensure([WELCOME, WELCOME, WELCOME])
    assert time.perf_counter() - begin < 1


def test_warm_starts_every_worker_ahead(make_voice):
    voice = make_voice(workers=2)
    voice.warm()
    assert len(worker_pids()) == 2
    assert len(voice.ensure([WELCOME])) == 1


@pytest.mark.parametrize("damage", [b"", b"RIFF", b"x" * 5000])
def test_a_damaged_file_is_made_again(make_voice, damage):
    path = Path(make_voice().ensure([WELCOME])[0] + ".wav")
    seconds, whole = sound_seconds(path), path.read_bytes()
    for data in (damage, whole[:-100]):
        path.write_bytes(data)
        assert sound_seconds(path) is None
        make_voice().ensure([WELCOME])
        assert sound_seconds(path) == pytest.approx(seconds, abs=0.05)


def test_a_file_that_is_cut_while_the_hotline_runs_is_made_again(make_voice, failures):
    voice = make_voice()
    path = Path(voice.ensure([WELCOME])[0] + ".wav")
    seconds = sound_seconds(path)
    path.write_bytes(path.read_bytes()[:-100])
    assert voice.ensure([WELCOME]) == [str(path.with_suffix(""))]
    assert sound_seconds(path) == pytest.approx(seconds, abs=0.05)
    assert failures == []


def test_a_name_depends_on_words_and_language_only(tmp_path):
    store = SoundStore(tmp_path)
    assert store.path(Phrase("您好  世界")) == store.path(Phrase(" 您好 世界\n"))
    assert store.path(Phrase("one", "en")) != store.path(Phrase("one", "zh"))
    path = store.path(WELCOME)
    assert path.parent.parent.parent == tmp_path / "sounds"
    assert path.parent.parent.name == "zh"
    assert path.parent.name == path.name[:2]


def test_another_reading_is_another_sound_of_the_same_words(make_voice, failures):
    usual, own = (
        Phrase("开往六安。"),
        Phrase("开往六安。", readings=(("六安", "liu4 an1 liu4 an1 liu4 an1"),)),
    )
    one, other = make_voice(workers=1).ensure([usual, own])
    assert failures == []
    assert sound_seconds(Path(f"{other}.wav")) > sound_seconds(Path(f"{one}.wav")) + 0.5


def test_at_once_and_often_is_made_once(make_voice, failures, tmp_path):
    voice = make_voice()
    made = []
    original = voice._pool.make
    voice._pool.make = lambda phrase, path: made.append(phrase) or original(phrase, path)

    async def calls():
        return await asyncio.gather(*(voice.ensure_async([TRAIN, WELCOME]) for _ in range(20)))

    assert len({tuple(paths) for paths in asyncio.run(calls())}) == 1
    assert sorted(p.text for p in made) == sorted([TRAIN.text, WELCOME.text])
    assert failures == []


def test_the_event_loop_runs_on_while_a_worker_hangs(make_voice, misbehaving, failures):
    voice = make_voice(command=misbehaving("READY(); time.sleep(60)"), timeout_s=0.5, workers=1)
    ticks = []

    async def call():
        answer = asyncio.ensure_future(voice.ensure_async([WELCOME]))
        while not answer.done():
            ticks.append(time.monotonic())
            await asyncio.sleep(0.01)
        return await answer

    paths = asyncio.run(call())
    assert max(b - a for a, b in zip(ticks, ticks[1:], strict=False)) < 0.25
    assert "hung for 0.5 s" in failures[0][1]
    assert sound_seconds(Path(paths[0] + ".wav")) == 0.5  # the signal: never silence
    assert "ivr-signal" not in voice.ensure([WELCOME])[0]  # a new worker does it


def test_a_worker_that_is_only_slow_is_not_waited_for_and_not_given_up(
    make_voice, misbehaving, failures, tmp_path
):
    slow = "time.sleep(1); os.execv(sys.executable, [sys.executable, '-m', 'ivr.voice.worker'])"
    voice = make_voice(command=misbehaving(slow), patience_s=0.2, workers=1)
    began = time.monotonic()
    (signal_path,) = voice.ensure([WELCOME])
    assert time.monotonic() - began < 0.9
    assert "ivr-signal" in signal_path
    assert failures == [(WELCOME, "not ready in time")]
    deadline = time.monotonic() + 20
    while not voice.store.ready(WELCOME) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "ivr-signal" not in voice.ensure([WELCOME])[0]
    assert len(failures) == 1
    assert (tmp_path / "starts").read_text() == "x", "one worker, never replaced"


@pytest.mark.parametrize(
    "code",
    [
        "READY(); print('Hello', flush=True); time.sleep(60)",
        "READY(); print('[1]', flush=True); time.sleep(60)",
        'READY(); print(\'{"id": 77, "ok": true}\', flush=True); time.sleep(60)',
        "READY(); sys.stdin.readline()",
        "READY(); os.kill(os.getpid(), 11)",
        "print('not ready', flush=True)",
        "pass",
    ],
    ids=["prints", "prints JSON", "wrong id", "dies", "crashes", "never ready", "ends at once"],
)
def test_a_worker_that_misbehaves_once_is_not_noticed(make_voice, misbehaving, failures, code):
    paths = make_voice(command=misbehaving(code), workers=1).ensure([WELCOME, TRAIN])
    assert failures == []
    assert len(paths) == 2


def test_a_worker_that_always_dies_gives_the_signal(make_voice, misbehaving, failures):
    voice = make_voice(command=misbehaving("READY(); sys.stdin.readline()", times=99))
    paths = voice.ensure([WELCOME, TRAIN])
    assert {reason for _, reason in failures} == {"the voice worker died"}
    assert sound_seconds(Path(paths[0] + ".wav")) == 0.5


def test_a_worker_that_cannot_be_started_gives_the_signal(make_voice, failures):
    voice = make_voice(command=("/does/not/exist",))
    voice.warm()
    assert "ivr-signal" in voice.ensure([WELCOME])[0]
    assert "cannot be started" in failures[0][1]


def test_a_killed_worker_is_replaced(make_voice, failures):
    voice = make_voice(workers=1)
    voice.ensure([WELCOME])
    (pid,) = worker_pids()
    os.kill(pid, signal.SIGKILL)
    assert len(voice.ensure([TRAIN])) == 1
    assert failures == []
    assert worker_pids() != [pid]
    assert lost.lately(voice.store.folder.parent).reason == "the voice worker died"


def test_a_frozen_worker_costs_one_phrase_and_is_replaced(make_voice, failures):
    voice = make_voice(workers=1, timeout_s=0.5)
    voice.ensure([WELCOME])
    (pid,) = worker_pids()
    os.kill(pid, signal.SIGSTOP)
    assert len(voice.ensure([WELCOME, TRAIN])) == 1  # what was there is still heard
    assert [phrase for phrase, _ in failures] == [TRAIN]
    assert len(voice.ensure([TRAIN])) == 1
    assert pid not in worker_pids()


def test_a_worker_that_eats_memory_is_replaced_before_it_has_eaten_all(
    make_voice, misbehaving, failures, tmp_path
):
    eats = "READY(); sys.stdin.readline(); eaten = b'x' * (400 << 20); time.sleep(60)"
    voice = make_voice(command=misbehaving(eats), workers=1, memory_mb=300)
    began = time.monotonic()
    voice.ensure([WELCOME])
    assert time.monotonic() - began < 5  # sooner than a hung one
    assert failures[0][1].startswith("the voice worker took ")
    assert failures[0][1].endswith(" MB of memory, more than 300")
    assert len(voice.ensure([WELCOME, TRAIN])) == 2  # by the next worker, which is left alone
    assert (tmp_path / "starts").read_text() == "xx"
    gone = lost.lately(tmp_path / "home")
    assert (gone.workers, gone.reason) == (1, failures[0][1])


def test_a_worker_that_has_grown_is_replaced_when_it_has_answered(
    make_voice, failures, tmp_path, monkeypatch
):
    monkeypatch.setattr(pool, "_WATCHED_EVERY_S", 60)
    voice = make_voice(workers=1, memory_mb=10)  # Python alone takes more
    assert len(voice.ensure([WELCOME])) == 1
    assert (failures, worker_pids()) == ([], [])
    assert "more than 10" in lost.lately(tmp_path / "home").reason


def test_lost_workers_are_told_for_a_day_and_a_damaged_note_is_none(tmp_path, monkeypatch):
    assert lost.lately(tmp_path) is None
    for reason in ("it died", "it hung"):
        lost.note(tmp_path, reason)
    assert (lost.lately(tmp_path).workers, lost.lately(tmp_path).reason) == (2, "it hung")
    monkeypatch.setattr(lost, "LATELY_S", 0.0)
    assert lost.lately(tmp_path) is None
    (tmp_path / "voices" / "lost.json").write_text("{")
    assert lost.lately(tmp_path) is None


def test_a_full_disk_leaves_no_half_file_and_gives_the_signal(make_voice, failures, tmp_path):
    """The disk is full after the first kilobytes of a file."""
    full = (
        "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "os.execv(sys.executable, [sys.executable, '-m', 'ivr.voice.worker'])"
    )
    voice = make_voice(command=(sys.executable, "-c", full), workers=1)
    assert "ivr-signal" in voice.ensure([WELCOME])[0]
    assert [phrase for phrase, _ in failures] == [WELCOME]
    assert "File too large" in failures[0][1]
    left = [path.name for path in (tmp_path / "home" / "sounds").rglob("*") if path.is_file()]
    assert [name for name in left if "ivr-signal" not in name] == []
    assert len(worker_pids()) == 1  # it is not the worker's fault


def test_an_engine_that_writes_silence_is_not_heard(make_voice, failures, tmp_path):
    mute = (
        "from ivr.voice import mastering, worker; read = mastering.read_wav;"
        "mastering.read_wav = lambda data: (0 * read(data)[0], read(data)[1]); worker.main()"
    )
    voice = make_voice(command=(sys.executable, "-c", mute), workers=1)
    assert "ivr-signal" in voice.ensure([WELCOME])[0]
    assert failures == [(WELCOME, "there is only silence")]
    left = [path.name for path in (tmp_path / "home" / "sounds").rglob("*") if path.is_file()]
    assert [name for name in left if "ivr-signal" not in name] == []


def test_what_cannot_be_spoken_is_left_out_and_told(make_voice, failures):
    silent, foreign = Phrase("。。。"), Phrase("nuqneH", "tlh")
    assert len(make_voice().ensure([WELCOME, silent, foreign])) == 1
    assert [phrase for phrase, _ in failures] == [silent, foreign]
    assert "no voice speaks 'tlh'" in failures[1][1]


def test_nothing_asked_for_is_nothing(make_voice):
    assert make_voice().ensure([]) == []


def test_a_folder_that_cannot_be_written_still_gives_a_signal(make_voice, failures, tmp_path):
    (tmp_path / "blocked").write_text("a file, not a folder")
    paths = make_voice(home=tmp_path / "blocked").ensure([WELCOME])
    assert sound_seconds(Path(paths[0] + ".wav")) == 0.5
    assert len(failures) == 1


def test_a_failure_is_logged_without_the_words(make_voice, caplog):
    make_voice(command=("/does/not/exist",), on_failure=None).ensure([TRAIN])
    assert "cannot be started" in caplog.text
    assert "幺零二" not in caplog.text


def test_after_closing_only_what_is_there_is_heard(make_voice, failures):
    voice = make_voice()
    voice.ensure([WELCOME])
    voice.close()
    assert len(voice.ensure([WELCOME])) == 1
    voice.ensure([TRAIN])
    assert failures[0][0] == TRAIN


def test_a_worker_ends_when_its_starter_does(tmp_path):
    """Even when the starter is killed and closes nothing."""
    code = (
        "import sys, time; from pathlib import Path; from ivr.voice.voice import Voice;"
        f"v = Voice(Path({str(tmp_path)!r}), workers=1); v.warm();"
        "print(v._pool._slots.get()._process.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        pid = int(starter.stdout.readline())
    finally:
        starter.kill()
        starter.wait()
        starter.stdout.close()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < deadline, "the worker lives on"
        time.sleep(0.02)


def test_many_sentences_at_once_are_all_whole(make_voice, failures):
    """A cut sentence would be refused by the worker's own check of its length."""
    from ivr.speech import speak

    phrases = [
        Phrase(f"{speak('train', f'G{n}', 'zh')}次，{speak('money', str(n), 'zh')}。")
        for n in range(100, 140)
    ]
    voice = make_voice(workers=3, timeout_s=30)
    assert len(set(voice.ensure(phrases))) == 40
    assert failures == []
