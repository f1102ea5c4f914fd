"""A sentence made only to see whether the voice works, and how fast."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from ivr.errors import IvrError
from ivr.speech import Phrase
from ivr.voice import kokoro_pack, neural
from ivr.voice.pool import COMMAND, Bounds, SynthesisFault, WorkerPool

#: A caller is not kept waiting longer than this for the neural voice.
TRIAL_S = 2.0

_SENTENCE = Phrase("二等座余两张，请稍候。")
_HUNG_S = 10.0


def trial(home: Path, voice: str) -> float:
    """Seconds that a short sentence takes with a fresh worker that has started; nothing is kept. Raises IvrError."""
    speaker = kokoro_pack.speaker(home, voice)
    command = COMMAND if speaker == kokoro_pack.ESPEAK else neural.command(home, speaker, 1)
    pool = WorkerPool(1, Bounds(_HUNG_S), command)
    with tempfile.TemporaryDirectory() as folder:
        try:
            pool.start()
            began = time.monotonic()
            pool.make(_SENTENCE, Path(folder) / "trial.wav")
            return time.monotonic() - began
        except SynthesisFault as fault:
            mend = "ivr voice install kokoro, or ivr voice use espeak"
            if speaker == kokoro_pack.ESPEAK:
                mend = "scripts/setup run installs espeakng-loader anew; is there memory and processor time?"
            raise IvrError(f"{speaker} says nothing: {fault}", mend=mend) from None
        finally:
            pool.close()
