"""A slow voice: while the caller is asked to wait, no key and no hangup is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ivr.settings import PROJECT
from ivr.voice.sounds import SoundStore
from ivr.voice.voice import Voice
from tests.e2e.hotline import Call, Line, running, wait_for
from tests.e2e.rtp import Ear
from tests.e2e.test_sound import presale_answer

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
