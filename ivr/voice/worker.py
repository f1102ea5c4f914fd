"""``python -m ivr.voice.worker [SPEAKER FOLDER THREADS]``: makes one sound after the other, as it is told on stdin.

``IVR_VOICE_SPEED`` in the environment says how fast, in per cent. Without arguments espeak speaks; with them the neural voice, whose files are in FOLDER: Mandarin, which SPEAKER speaks, and English.

A request is one JSON line ``{"id", "text", "language", "readings", "path"}``, the readings pairs of a word and its pinyin, [] for none;
its answer one JSON line
``{"id", "ok": true, "seconds", "dbfs"}`` or ``{"id", "ok": false, "error"}``. The first line says
``{"ready": true}``. The file appears whole at ``path`` or not at all. The process ends when stdin
closes, or when nobody reads its answers any more. Whatever a library prints goes to stderr: only answers are written to the real stdout.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ivr.speech import Phrase, syllables
from ivr.voice import espeak, kokoro, mastering
from ivr.voice.kokoro_pack import ESPEAK
from ivr.voice.pool import SPEED
from ivr.voice.profile import SAMPLE_RATE, WIDE_RATE, Profile, profile_of
from ivr.voice.sounds import put

_NICE = 5  # the neural voice takes all it gets; calls in progress come first


class Speaker:
    """One pyttsx3 engine, used for one utterance at a time."""

    def __init__(
        self, speaker: str = ESPEAK, folder: Path | None = None, threads: int = 1, speed: int = 100
    ) -> None:
        import pyttsx3

        self._speed = speed
        self.speaker = speaker
        self._faults: list[Exception] = []
        self._engine = pyttsx3.init(kokoro.register(folder, threads) if folder else espeak.register())
        self._engine.connect("error", lambda name, exception: self._faults.append(exception))

    def profile(self, phrase: Phrase) -> Profile:
        """How it speaks this phrase."""
        return profile_of(phrase.language, self.speaker, self._speed)

    def speak(self, phrase: Phrase) -> bytes:
        """The engine's own WAV. Raises what the engine reported."""
        profile = self.profile(phrase)
        out = io.BytesIO()
        self._faults.clear()
        self._engine.setProperty("voice", profile.voice)
        self._engine.setProperty("rate", profile.rate)
        self._engine.setProperty("readings", phrase.readings)
        self._engine.save_to_file(phrase.text, out)
        self._engine.runAndWait()
        if self._faults:
            raise self._faults[0]
        return out.getvalue()


def make(speaker: Speaker, phrase: Phrase, path: Path) -> dict[str, Any]:
    """Speak, master, check, and put the file in its place; gives seconds and level."""
    samples, rate = mastering.read_wav(speaker.speak(phrase))
    sound = mastering.master(samples, rate)
    mastering.check(sound, syllables(phrase.text, phrase.language), speaker.profile(phrase).pace_s)
    put(path, mastering.wav(sound), mastering.wav(mastering.master(samples, rate, WIDE_RATE), WIDE_RATE))
    return {
        "seconds": round(len(sound) / SAMPLE_RATE, 3),
        "dbfs": round(mastering.dbfs(mastering.active_rms(sound)), 1),
    }


def main() -> None:
    """Serve requests until stdin closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the starter's business
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(**fields: Any) -> None:
        answers.write(json.dumps(fields) + "\n")
        answers.flush()

    try:
        serve(answer)
    except BrokenPipeError:  # the starter was killed
        os._exit(0)  # not even a last flush: there is nowhere to write


def serve(answer: Callable[..., None]) -> None:
    """Answer the requests on stdin until it closes."""
    who, folder, threads = sys.argv[1:4] or (ESPEAK, "", "1")
    if folder:
        os.nice(_NICE)
    speaker = Speaker(who, Path(folder) if folder else None, int(threads), int(os.environ.get(SPEED, 100)))
    answer(ready=True)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            readings = tuple((word, pinyin) for word, pinyin in request.get("readings", ()))
            phrase = Phrase(request["text"], request["language"], readings=readings)
            result = make(speaker, phrase, Path(request["path"]))
        except Exception as fault:  # every fault is an answer; the starter decides
            answer(id=request["id"], ok=False, error=f"{fault}" or type(fault).__name__)
        else:
            answer(id=request["id"], ok=True, **result)


if __name__ == "__main__":
    main()
