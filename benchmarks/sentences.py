"""Whether every answer can be joined from sounds that are made ahead, and how long that takes.

    python benchmarks/sentences.py [ANSWERS]

The shipped menus and data. Prints how many sounds there are of each kind; how many sentences of random answers have all
their fragments among them (it fails below 100 %); how long the phrases of an answer take to compose, and their sounds to be
found and joined for the first time (with sounds of equal length, so that no voice is measured); how many sounds espeak makes in a
second, and the neural voice where ``IVR_HOME`` has it, by a sample, and how long the whole pack would take.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))


from ivr.app import sound_pack  # noqa: E402
from ivr.authoring.loader import load_trees  # noqa: E402
from ivr.dialogue.replies import typed  # noqa: E402
from ivr.dialogue.tree import AskPart, FormPart, Text, Tree  # noqa: E402
from ivr.rail.answers import Answer, QuerySpec  # noqa: E402
from ivr.rail.queries import QUERIES, ask  # noqa: E402
from ivr.settings import Settings, load  # noqa: E402
from ivr.speech import Phrase, syllables  # noqa: E402
from ivr.speech.compose import compose  # noqa: E402
from ivr.store.database import Engine, open_engine, reading  # noqa: E402
from ivr.store.migrate import upgrade  # noqa: E402
from ivr.store.models.rail import RailAreaCode, RailOperator, RailStation, RailTrainNumber  # noqa: E402
from ivr.store.rail import load_rail_data  # noqa: E402
from ivr.store.rail_source import SqlRailSource  # noqa: E402
from ivr.voice import kokoro_pack  # noqa: E402
from ivr.voice.sounds import SoundStore, replace  # noqa: E402
from ivr.voice.tones import tones  # noqa: E402
from ivr.voice.voice import Voice  # noqa: E402

TODAY = date(2026, 11, 22)
SEED = 1
MADE, MADE_BY_KOKORO = 200, 40  #: sounds by which espeak and the neural voice are measured
#: Query → which arguments it is asked with.
ASKED = {
    "timetable": ("from", "to", "date"),
    "fares": ("from", "to"),
    "trains_with_tickets": ("from", "to", "date"),
    "connections": ("from", "to", "date"),
    "departures": ("from", "date"),
    "train_timetable": ("train", "date"),
    "train_fares": ("train",),
    "operator_of": ("operated", "date"),
    "area_code_of": ("city",),
    "city_of_area_code": ("keys",),
    "sale_time": ("from",),
    "presale": (),
}


class Callers:
    """Random questions about the data of a database, and its answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._rng = engine, random.Random(SEED)
        with reading(engine) as session:
            busy = session.query(RailStation).order_by(RailStation.traffic.desc())
            self._values: dict[str, Sequence[str]] = {
                "from": [row.telecode for row in busy.limit(400)],
                "train": [row.number for row in session.query(RailTrainNumber)],
                "operated": [row.train for row in session.query(RailOperator)],
                "city": [row.city for row in session.query(RailAreaCode)],
                "keys": [row.code for row in session.query(RailAreaCode)],
                "date": [date(2026, 11, day).isoformat() for day in range(22, 31)],
            }
            self._values["to"] = self._values["from"]

    def answers(self, number: int) -> Iterator[tuple[QuerySpec, Answer]]:
        names = [name for name in ASKED if name in QUERIES]
        with reading(self._engine) as session:
            source = SqlRailSource(session)
            for turn in range(number):
                name = names[turn % len(names)]
                args = {
                    "train" if argument == "operated" else argument: self._rng.choice(self._values[argument])
                    for argument in ASKED[name]
                }
                yield QUERIES[name], ask(source, name, args, TODAY)


def said(trees: Sequence[Tree], language: str, spec: QuerySpec, answer: Answer) -> list[Phrase]:
    """What the menus say to an answer: the reply and each item, of the first part that has one for it."""
    for part in [part for tree in trees for part in tree.parts.values()]:
        if (
            isinstance(part, (AskPart, FormPart))
            and part.ask.name == spec.name
            and answer.outcome in part.replies
        ):
            reply, told = part.replies[answer.outcome], typed(spec, answer)
            lists = {name: _in(text, language) for name, text in reply.lists.items()}
            rows = [told["slots"], *({**told["slots"], **item} for item in told["items"])]
            texts = [reply.say, *[reply.each] * len(told["items"])]
            return [
                phrase
                for text, slots in zip(texts, rows, strict=True)
                if text is not None
                for phrase in compose(
                    _in(text, language),
                    {name: tuple(slot) for name, slot in slots.items()},
                    language,
                    lists=lists,
                )
            ]
    return []


def _in(text: Text, language: str) -> str:
    return text.get(language) or text["zh"]


def spread(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"median {1000 * ordered[len(ordered) // 2]:.2f} p99 {1000 * ordered[int(len(ordered) * 0.99)]:.2f} ms"


def main(number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), voice="espeak")
        engine = open_engine(settings.database)
        upgrade(engine)
        load_rail_data(engine)
        trees = list(load_trees(PROJECT / "menus").values())
        began = time.perf_counter()
        pack = sound_pack(settings, trees)
        print(f"{len(pack)} sounds, listed within {time.perf_counter() - began:.1f} s")
        kinds = Counter((phrase.language, kind) for phrase, kind in pack.items())
        spoken: Counter[tuple[str, str]] = Counter()
        for phrase, kind in pack.items():
            spoken[phrase.language, kind] += syllables(phrase.text, phrase.language)
        for kind_of, there in sorted(kinds.items()):
            print(f"  {kind_of[0]} {kind_of[1]:<10} {there:>5} sounds {spoken[kind_of]:>6} syllables")
        store = SoundStore(settings.home, "espeak")
        sound = tones(440)
        for phrase in pack:
            replace(store.path(phrase), sound)
        missing = _answers(engine, trees, pack, settings, number)
        engine.dispose()
    _rate(list(pack))
    if missing:
        raise SystemExit(f"{len(missing)} fragments are not made ahead: {', '.join(sorted(missing)[:10])}")


def _answers(
    engine: Engine, trees: Sequence[Tree], pack: dict[Phrase, str], settings: Settings, number: int
) -> set[str]:
    composing, finding, sentences, whole, joints = [], [], 0, 0, 0
    missing: set[str] = set()
    with Voice(settings.home, 1, command=("false",), voice="espeak") as voice:
        for spec, answer in Callers(engine).answers(number):
            for language in ("zh", "en"):
                began = time.perf_counter()
                phrases = said(trees, language, spec, answer)[:12]  # as many as are told in one go
                composing.append(time.perf_counter() - began)
                for phrase in phrases:
                    fragments = [fragment for fragment, _ in phrase.fragments] or [phrase]
                    lacking = {fragment.text for fragment in fragments if fragment not in pack}
                    missing |= lacking
                    sentences, whole, joints = (
                        sentences + 1,
                        whole + (not lacking),
                        joints + len(fragments) - 1,
                    )
                if not missing:
                    began = time.perf_counter()
                    voice.ensure(phrases)
                    finding.append(time.perf_counter() - began)
    print(
        f"{number} answers in two languages, {sentences} sentences, {joints / sentences:.1f} joints in each"
    )
    print(f"all fragments made ahead: {100 * whole / sentences:.2f} % of the sentences")
    print(f"compose an answer: {spread(composing)}")
    if finding:
        print(f"find and join its sounds: {spread(finding)}")
    return missing


def _rate(pack: list[Phrase]) -> None:
    for voice, number in (("espeak", MADE), (kokoro_pack.speaker(load().home, "auto"), MADE_BY_KOKORO)):
        if voice == "espeak" and number != MADE:
            print("kokoro is not installed: how fast it makes sounds was not measured")
            continue
        chosen = [
            phrase for phrase in random.Random(SEED).sample(pack, 4 * number) if phrase.language == "zh"
        ]
        with tempfile.TemporaryDirectory() as folder:
            if voice != "espeak":
                (Path(folder) / "voices").symlink_to(load().home.absolute() / "voices")
            with Voice(Path(folder), 2, 60.0, voice=voice) as speaking:
                speaking.warm()
                began = time.perf_counter()
                for making in [speaking.make(phrase) for phrase in chosen[:number]]:
                    making.result()
                rate = number / (time.perf_counter() - began)
        hours = len(pack) / rate / 3600
        print(
            f"{voice} makes {rate:.2f} sounds a second with 2 workers ({number} of the pack at random, load "
            f"{os.getloadavg()[0]:.1f}): {hours:.1f} h for all, extrapolated"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
