"""A slow voice: the caller is asked to wait and hears music; never silence, no key and no hangup is lost."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ivr.settings import PROJECT
from ivr.speech.phrase import Phrase
from ivr.voice.sounds import SoundStore
from ivr.voice.voice import Voice
from tests.e2e.hotline import Call, Line, running, wait_for
from tests.e2e.rtp import RATE, Ear, read_wav
from tests.e2e.test_sound import find, presale_answer

#: Begins every Python program of the hotline: a worker of the voice takes as long as the file says.
_SLOW = """
import os, pathlib, sys, time
if "ivr.voice.worker" in sys.orig_argv:
    from ivr.voice import mastering
    master, slow = mastering.master, pathlib.Path(os.environ["IVR_HOME"], "slow")
    def slowly(samples, rate, *more):
        time.sleep(float(slow.read_text()) if slow.exists() and not more else 0)
        return master(samples, rate, *more)
    mastering.master = slowly
"""
#: 0.3 s, what stands around a sound, and what a machine adds that runs other tests; it would be 1.5 s.
_LONGEST_SILENCE_S = 1.0


@pytest.fixture(scope="module", params=["server", "process"])
def slow_voice(
    request: pytest.FixtureRequest, lonely: Line, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("slow")
    (folder / "sitecustomize.py").write_text(_SLOW)
    path = os.pathsep.join([str(folder), str(PROJECT), os.environ.get("PYTHONPATH", "")])
    with running(sounds_of=lonely, PYTHONPATH=path, IVR_AGI_MODE=request.param) as line:
        yield line


def asked(line: Line, keys: list[str], ear: Ear) -> Call:
    """A caller who has just asked for the presale period; the first sentence of the answer takes its time."""
    store = SoundStore(line.settings.home, "espeak")
    (line.settings.home / "slow").unlink(missing_ok=True)
    first, *rest = presale_answer(line)
    with Voice(line.settings.home, 1, 30, voice="espeak") as voice:
        voice.ensure(rest)
    for path in {*store.files(first), *store.playable(first)}:
        path.unlink(missing_ok=True)
    (line.settings.home / "slow").write_text("1.5")
    call = line.call(["2", *keys], keys_by="info", ear=ear.port)
    call.ready(60)
    wait_for(lambda: ear.heard, "sound")
    call.phone.press()
    return call


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    yield ear
    ear.close()


def test_the_caller_is_asked_to_wait_and_hears_something_all_the_time(slow_voice: Line, ear: Ear) -> None:
    store = SoundStore(slow_voice.settings.home, "espeak")
    call = asked(slow_voice, [], ear)
    pressed = time.monotonic()
    wait_for(lambda: ear.quiet_for(1.5, pressed + 3), "the answer was said", 60)
    call.hang_up()
    answer = [path for phrase in presale_answer(slow_voice) if (path := store.heard(phrase))]
    assert answer
    heard = ear.sound(pressed + 0.3).astype(float)
    waiting = read_wav(_sound_of(store, "请稍候。"))
    at, likeness = find(heard, waiting.astype(float))
    assert likeness > 0.8
    assert at < RATE * 0.5
    spoken, likeness = find(heard, read_wav(answer[0])[: 2 * RATE].astype(float))
    assert likeness > 0.7
    assert spoken > at + len(waiting)
    moments = [moment for moment, _, payload in ear.heard if moment > pressed + 0.3 and _loud(payload)]
    gaps = np.diff([m for m in moments if m < moments[0] + (spoken + RATE) / RATE + 1])
    assert moments[0] - pressed < 1.0
    assert gaps.max() < _LONGEST_SILENCE_S


def test_a_key_that_is_pressed_meanwhile_is_kept(slow_voice: Line, ear: Ear) -> None:
    call = asked(slow_voice, ["0"], ear)
    wait_for(lambda: call.is_in("Playback"), "the caller is asked to wait")
    call.phone.press()
    call.ready()  # nobody is signed in: that is told
    call.hang_up()
    story = call.story()
    assert story.keys == ["2", "0"]
    assert "agent" in story.parts


def test_a_hangup_meanwhile_is_seen_at_once(slow_voice: Line, ear: Ear) -> None:
    call = asked(slow_voice, [], ear)
    wait_for(lambda: call.is_in("Playback"), "the caller is asked to wait")
    assert call.hang_up().by == "phone"
    assert call.story()["steps"][-1]["outcome"] == "hung_up"


def _sound_of(store: SoundStore, text: str) -> Path:
    path = store.heard(Phrase(text))
    assert path
    return path


def _loud(payload: bytes) -> bool:
    from tests.e2e.rtp import alaw_decode

    return bool(np.abs(alaw_decode(payload).astype(int)).max(initial=0) > 100)
