"""Many callers at once whose sentence has no sound: how long until each has one, and whose voice it is.

    python -m benchmarks.cold_sentences [SENTENCES] [--home IVR_HOME]

SENTENCES (300) different sentences of trains and amounts, all asked for in the same instant in a fresh home, by the rules of the
running hotline: its workers, how long it waits for the voice of the house, when espeak stands in, when a caller hears the signal.
With the neural voice where the home has it, and with espeak alone. Fails when a caller would hear silence: a file that is
missing, empty or quiet.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

from benchmarks.sentences import spread
from ivr.processes import _OWN_VOICE_S, _PATIENCE_S
from ivr.settings import load
from ivr.speech import Phrase
from ivr.speech.compose import compose
from ivr.voice import kokoro_pack
from ivr.voice.mastering import active_rms, dbfs, read_wav
from ivr.voice.voice import Voice

_QUIET_DBFS = -40.0
SETTLED_S = 30.0  #: after which all are asked for again


def sentences(number: int) -> list[Phrase]:
    """So many sentences with values of their own."""
    text = "{train}次，二等座余{left}张，票价{fare}。"
    return [
        compose(
            text,
            {
                "train": ("train", f"G{1000 + n}"),
                "left": ("count", 2 + n % 90),
                "fare": ("money", str(100 + n / 2)),
            },
            "zh",
        )[0]
        for n in range(number)
    ]


async def asked(voice: Voice, phrases: list[Phrase]) -> list[tuple[float, str]]:
    """Of each phrase, how long its caller waits, and whose voice is heard."""
    began = time.monotonic()

    async def one(phrase: Phrase) -> tuple[float, str]:
        (name,) = await voice.ensure_async([phrase])
        waited = time.monotonic() - began
        path = Path(f"{name}.wav")
        samples, _ = read_wav(path.read_bytes())
        if not len(samples) or dbfs(active_rms(samples)) < _QUIET_DBFS:
            raise SystemExit(f"a caller hears silence: {path}")
        if "signal" in path.name:
            return waited, "the signal"
        return waited, "espeak" if path == (
            voice.store.stand_in(phrase) or voice.store.path(phrase)
        ) else "kokoro"

    return list(await asyncio.gather(*map(one, phrases)))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sentences", type=int, nargs="?", default=300)
    arguments.add_argument("--home", type=Path, default=load().home)
    given = arguments.parse_args()
    home, workers = given.home.absolute(), load().voice_workers
    phrases = sentences(given.sentences)
    print(
        f"{date.today()}, load {os.getloadavg()[0]:.1f}; {len(phrases)} sentences at once, {workers} workers of each voice"
    )
    for name in ("espeak", "auto"):
        if name == "auto" and kokoro_pack.speaker(home, name) == "espeak":
            print("kokoro is not installed: ivr voice install kokoro")
            continue
        with tempfile.TemporaryDirectory() as folder:
            if (home / "voices").is_dir():
                (Path(folder) / "voices").symlink_to(home / "voices")
            with Voice(
                Path(folder), workers, patience_s=_PATIENCE_S, own_voice_s=_OWN_VOICE_S, voice=name,
                on_failure=lambda phrase, why: None,
            ) as voice:  # fmt: skip
                voice.warm()
                for when in ("at first", f"{SETTLED_S:.0f} s later"):
                    told = asyncio.run(asked(voice, phrases))
                    whose = ", ".join(
                        f"{count} {who}" for who, count in sorted(Counter(w for _, w in told).items())
                    )
                    print(
                        f"voice {name}, {when}: {whose}; a sound after {spread([waited for waited, _ in told])}",
                        flush=True,
                    )
                    if when == "at first":
                        time.sleep(SETTLED_S)


if __name__ == "__main__":
    main()
