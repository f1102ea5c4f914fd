"""What a caller really hears: RTP that arrives is the sound of the prompt's files, whole and in order."""

from __future__ import annotations

import re
import time

import numpy as np

from ivr.speech.phrase import Phrase
from ivr.voice.sounds import SoundStore
from tests.e2e.hotline import Line, wait_for
from tests.e2e.rtp import RATE, Ear, read_wav


def find(sound: np.ndarray, piece: np.ndarray) -> tuple[int, float]:
    """Where ``piece`` is in ``sound``, and how like it (1 is the same)."""
    size = 1 << int(np.ceil(np.log2(len(sound) + len(piece))))
    products = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(piece, size)), size)[
        : len(sound) - len(piece) + 1
    ]
    energy = np.cumsum(np.concatenate([[0.0], sound**2]))
    norm = np.sqrt((energy[len(piece) :] - energy[: -len(piece)]) * (piece**2).sum()) + 1e-9
    likeness = products / norm[: len(products)]
    at = int(likeness.argmax())
    return at, float(likeness[at])


def test_the_caller_hears_the_files_of_the_prompt_in_their_order(lonely: Line) -> None:
    ear = Ear()
    try:
        call = lonely.call(["2"], keys_by="info", ear=ear.port)
        call.ready()
        wait_for(lambda: ear.heard, "sound")
        call.phone.press()
        pressed = time.monotonic()
        wait_for(lambda: ear.quiet_for(1.5, pressed), "the answer was said", 60)
        call.hang_up()
    finally:
        ear.close()
    story = call.story()
    answer = next(text for text in story.said if text.startswith("现在的预售期"))
    store = SoundStore(lonely.settings.home)
    files = [read_wav(store.path(Phrase(text, "zh"))) for text in re.split(r"(?<=。) ", answer)]
    heard = ear.sound(pressed + 0.3).astype(float)
    expected_s, heard_s = sum(map(len, files)) / RATE, len(heard) / RATE
    assert abs(heard_s - expected_s) < 0.1 * expected_s + 0.5
    assert np.sqrt((heard**2).mean()) > 300  # of 32,767: speech, not silence
    sequence = [number for at, number, _ in ear.heard if at > pressed + 0.3]
    missing = sum(
        (after - before) % 65536 != 1 for before, after in zip(sequence, sequence[1:], strict=False)
    )
    assert missing <= 2
    found = [find(heard, file[RATE // 2 :].astype(float)) for file in files[:-1]]
    assert [round(likeness, 1) >= 0.8 for _, likeness in found] == [True] * len(found), found
    assert [at for at, _ in found] == sorted(at for at, _ in found)
