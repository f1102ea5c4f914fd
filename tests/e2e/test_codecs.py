"""Which of a sound's files a caller hears: the one at 16 kHz with G.722, with A-law the one at 8 kHz, sample by sample."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from ivr.voice.mastering import read_wav as read_any
from ivr.voice.wav import wide
from tests.e2e.hotline import Line
from tests.e2e.rtp import ALAW_TYPE, G722_TYPE, Ear, alaw_decode, alaw_encode, read_wav
from tests.e2e.scenarios import add_to
from tests.e2e.test_sound import find
from tests.e2e.waits import wait_for

SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)
_SECONDS = 4.0


def first_prompt(line: Line, codec: str, kind: int) -> tuple[list[Path], bytes]:
    """The files of the first prompt, and what arrives of it in a few seconds."""
    ear = Ear(kind)
    try:
        call = line.call(["2"], keys_by="info", codec=codec, ear=ear.port)
        wait_for(lambda: ear.heard, "sound")
        began = time.monotonic()
        call.ready()
        wait_for(lambda: time.monotonic() - began > _SECONDS, "some seconds of it")
        call.hang_up()
    finally:
        ear.close()
    files = [path.with_suffix(".wav") for path in call.prompts[0]]
    return files, b"".join(payload for _, _, payload in ear.heard)


def by_asterisk(line: Line, sound: bytes) -> np.ndarray:
    """G.722 at 16 kHz, decoded by Asterisk itself."""
    source, decoded = line.folder / "heard.g722", line.folder / "heard.wav16"
    source.write_bytes(sound)
    line.console("module load res_convert.so")
    line.console(f"file convert {source} {decoded}")
    samples, rate = read_any(decoded.read_bytes())
    assert rate == 16000
    return samples


@scenario
def a_caller_with_g722_hears_what_is_above_4_khz(line: Line) -> None:
    files, sound = first_prompt(line, "g722", G722_TYPE)
    heard = by_asterisk(line, sound)
    file, _ = read_any(wide(files[0]).read_bytes())
    at, likeness = find(heard, file[:32000].astype(float))
    assert likeness > 0.9
    power = np.abs(np.fft.rfft(heard)) ** 2
    above = power[np.fft.rfftfreq(len(heard), 1 / 16000) > 4200].sum() / power.sum()
    expected = np.abs(np.fft.rfft(file)) ** 2
    of_file = expected[np.fft.rfftfreq(len(file), 1 / 16000) > 4200].sum() / expected.sum()
    assert above > 0.3 * of_file > 0.001


@scenario
def a_caller_with_a_law_hears_the_files_samples(line: Line) -> None:
    files, sound = first_prompt(line, "alaw", ALAW_TYPE)
    samples = read_wav(files[0])[:16000]
    heard = alaw_decode(sound).astype(float)
    at, likeness = find(heard, samples.astype(float))
    assert likeness > 0.99
    expected = alaw_decode(alaw_encode(samples)).astype(int)
    same = np.mean(heard[at : at + len(samples)] == expected)
    assert same > 0.9


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_codecs(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
