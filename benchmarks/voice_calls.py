"""What a caller hears of an answer on the telephone, as a speech recogniser writes it down: a call through each option.

    make voice-check
    python -m benchmarks.voice_calls [--home IVR_HOME] [--options presale,code_of_city]

A hotline of its own is started with the voice of the house, SIPp calls it and presses the keys of an option, and the sound that arrives
as RTP after the last key is written down by Whisper base. The answer's sounds are made beforehand, as `ivr prompt build` would; so it is
joined in the call from fragments. Its key facts (times, amounts, names, numbers) are looked for in the transcript by the rules of
:mod:`benchmarks.transcripts`. Fails when fewer than nine in ten are found. kokoro must be installed in IVR_HOME.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from benchmarks.transcripts import heard, holds, syllables
from benchmarks.voice_check import recogniser, written
from ivr.dialogue.actions import Gather
from ivr.dialogue.call import CallInfo
from ivr.rehearsal import Rehearsal
from ivr.settings import load
from ivr.simulator import Caller, Scene
from ivr.speech import Phrase
from ivr.voice import kokoro_pack, worker
from ivr.voice.sounds import SoundStore
from tests.e2e.hotline import Line, running
from tests.e2e.rtp import RATE, Ear
from tests.e2e.test_options import KEYS
from tests.e2e.waits import wait_for

_AIM = 0.9
_TOO_LONG_S = 90.0
_CLOCK = r"(\w+?点(?:整|\w+?分))"
#: Option → the number that leads to it, and what of its answer the caller asked for; each group is a fact.
FACTS = {
    "online_booking": (1, r"购买(\w+月\w+日)及以前"),
    "presale": (2, r"预售期为(\w+)天.*购买(\w+月\w+日)及以前"),
    "documents": (3, r"(居民身份证)"),
    "tickets_by_station": (4, r"从(\w+)到(\w+?)，(\w+)趟列车有票"),
    "timetable_by_train": (5, rf"G (一)次列车，(北京南){_CLOCK}开.*?(上海虹桥)"),
    "fares_by_station": (6, r"(北京南)到(上海虹桥).*?二等座(\w+元)"),
    "operator_of_train": (7, r"由(\w+?)担当"),
    "code_of_city": (8, r"(\w+)的区号是(\w+)。"),
}


def answer(line: Line, keys: list[str]) -> tuple[Phrase, ...]:
    """The phrases that the hotline says after the last of ``keys``, today."""
    scene = Scene(datetime.now(line.settings.zone), CallInfo("rehearsed-1", caller="13800001234"))

    def heard_of() -> Iterator[tuple[Phrase, ...]]:
        with Rehearsal(line.settings) as rehearsal:
            for action, _ in rehearsal.perform(scene, Caller(iter(keys))):
                if isinstance(action, Gather):
                    yield action.phrases

    return list(heard_of())[-1]


def make(store: SoundStore, speaker: worker.Speaker, phrases: tuple[Phrase, ...]) -> None:
    """Make what the voice of the house lacks to say ``phrases``."""
    for phrase in phrases:
        for one in [] if store.ready(phrase) else store.lacking(phrase):
            worker.make(speaker, one, store.path(one))


def called(line: Line, keys: list[str]) -> Any:
    """The samples, in ±1 at 8 kHz, that a caller hears after the last of ``keys``."""
    ear = Ear()
    try:
        call = line.call(keys, keys_by="info", ear=ear.port)
        call.press_all()
        pressed = time.monotonic()
        wait_for(lambda: ear.quiet_for(1.5, pressed + 1.0), "the answer was said", _TOO_LONG_S)
        call.hang_up()
    finally:
        ear.close()
    return ear.sound(pressed).astype("float32") / 32768


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--home", type=Path, default=load().home)
    arguments.add_argument("--options", default=",".join(FACTS))
    given = arguments.parse_args()
    home = given.home.absolute()
    if not kokoro_pack.complete(home) or kokoro_pack.missing_packages():
        raise SystemExit("kokoro is not installed: ivr voice install kokoro")
    ear = recogniser(home)
    found = of = 0
    with running(kokoro=kokoro_pack.folder(home), IVR_VOICE="kokoro") as line:
        print(f"{date.today()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
        print(
            "| | option | what the caller should hear | not found | what the recogniser wrote |\n|---|---|---|---|---|"
        )
        store = SoundStore(line.settings.home, "kokoro")
        speaker = worker.Speaker(store.speaker, kokoro_pack.folder(home), os.cpu_count() or 1)
        for option in given.options.split(","):
            number, pattern = FACTS[option]
            phrases = answer(line, KEYS[option])
            facts = re.search(pattern, "".join(phrase.text for phrase in phrases))
            if not facts:
                raise SystemExit(f"{option}: the answer is another: {phrases}")
            make(store, speaker, phrases)
            transcript = written(ear, called(line, KEYS[option]), RATE, line=False)
            ways = heard(transcript)
            missed = [fact for fact in facts.groups() if not holds(ways, syllables(fact))]
            found, of = found + len(facts.groups()) - len(missed), of + len(facts.groups())
            told = "、".join(facts.groups())
            print(
                f"| {number} | {option} | {told} | {'、'.join(missed)} | {transcript.strip()} |", flush=True
            )
    print(f"\n{found} of {of} facts found")
    if found < _AIM * of:
        raise SystemExit(f"fewer than {_AIM:.0%} of the facts are understood")


if __name__ == "__main__":
    main()
