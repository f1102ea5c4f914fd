"""A slow voice: while the caller is asked to wait, no key and no hangup is lost."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from ivr.settings import PROJECT
from ivr.voice.sounds import SoundStore
from ivr.voice.voice import Voice
from tests.e2e.calls import Call
from tests.e2e.hotline import Line, running
from tests.e2e.scenarios import Own
from tests.e2e.test_sound import presale_answer
from tests.e2e.waits import wait_for

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


@contextlib.contextmanager
def slow_voice(mode: str, lonely: Line) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sitecustomize.py").write_text(_SLOW)
        path = os.pathsep.join([folder, str(PROJECT), os.environ.get("PYTHONPATH", "")])
        with running(like=lonely, PYTHONPATH=path, IVR_AGI_MODE=mode) as line:
            yield line


def asked(line: Line, keys: list[str]) -> Call:
    """A caller who has just asked for the presale period; the first sentence of the answer takes its time."""
    store = SoundStore(line.settings.home, "espeak")
    (line.settings.home / "slow").unlink(missing_ok=True)
    first, *rest = presale_answer(line)
    with Voice(line.settings.home, 1, 30, voice="espeak") as voice:
        voice.ensure(rest)
    for path in {*store.files(first), *store.playable(first)}:
        path.unlink(missing_ok=True)
    (line.settings.home / "slow").write_text("1.5")
    call = line.call(["2", *keys], keys_by="info")
    call.ready(60)
    call.phone.press()
    return call


def a_key_that_is_pressed_meanwhile_is_kept(line: Line) -> None:
    call = asked(line, ["0"])
    wait_for(lambda: call.is_in("Playback"), "the caller is asked to wait")
    call.phone.press()
    call.ready()  # nobody is signed in: that is told
    call.hang_up()
    story = call.story()
    assert story.keys == ["2", "0"]
    assert "agent" in story.parts


def a_hangup_meanwhile_is_seen_at_once(line: Line) -> None:
    call = asked(line, [])
    wait_for(lambda: call.is_in("Playback"), "the caller is asked to wait")
    assert call.hang_up().by == "phone"
    assert call.story()["steps"][-1]["outcome"] == "hung_up"


SCENARIOS = (a_key_that_is_pressed_meanwhile_is_kept, a_hangup_meanwhile_is_seen_at_once)
OWN = [
    Own(partial(slow_voice, mode), {f"{scenario.__name__}, by {mode}": scenario for scenario in SCENARIOS})
    for mode in ("server", "process")
]


@pytest.mark.parametrize("scenario", [name for own in OWN for name in own.scenarios])
def test_one_moment(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
