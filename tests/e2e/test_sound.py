"""What a caller really hears: RTP that arrives is the sound of the prompt's files, whole and in order."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

import numpy as np
import pytest

from ivr.authoring.loader import load_trees
from ivr.dialogue.tree import AskPart
from ivr.rail.queries import ask
from ivr.speech.compose import compose
from ivr.speech.phrase import Phrase
from ivr.store.database import open_engine, reading
from ivr.store.rail_source import SqlRailSource
from ivr.voice.mastering import longest_gap
from ivr.voice.sounds import SoundStore
from ivr.voice.voice import Voice
from tests.e2e.hotline import Line
from tests.e2e.rtp import RATE, Ear, read_wav
from tests.e2e.scenarios import add_to
from tests.e2e.waits import wait_for

SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)


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


@scenario
def the_caller_hears_the_files_of_the_prompt_in_their_order(line: Line) -> None:
    ear = Ear()
    try:
        call = line.call(["2"], keys_by="info", ear=ear.port)
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
    store = SoundStore(line.settings.home)
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


def presale_answer(line: Line) -> tuple[Phrase, ...]:
    """What option 2 says today."""
    part = load_trees(line.settings.menus)["hotline"].parts["presale"]
    assert isinstance(part, AskPart)
    engine = open_engine(line.settings.database)
    with reading(engine) as session:
        answer = ask(SqlRailSource(session), "presale", {}, datetime.now(line.settings.zone).date())
    engine.dispose()
    kinds, reply = part.ask.outcomes[answer.outcome], part.replies[answer.outcome]
    slots = {name: (kinds[name], value) for name, value in answer.slots.items()}
    assert reply.say is not None
    return compose(reply.say["zh"], slots, "zh")


@scenario
def an_answer_is_joined_from_sounds_that_are_there_without_a_hole(line: Line) -> None:
    home = line.settings.home
    store, answer = SoundStore(home, "espeak"), presale_answer(line)
    joined = [phrase for phrase in answer if phrase.parts]
    assert joined
    fragments = {fragment for phrase in joined for fragment, _ in phrase.fragments}
    lacking = [fragment for fragment in fragments if not store.ready(fragment)]
    with Voice(home, 1, 30, voice="espeak") as voice:
        for making in [voice.make(fragment) for fragment in lacking]:
            making.result()
    ear = Ear()
    try:
        call = line.call(["2"], keys_by="info", ear=ear.port)
        call.ready()
        wait_for(lambda: ear.heard, "sound")
        there = {*(home / "sounds").rglob("*.wav")}
        call.phone.press()
        pressed = time.monotonic()
        wait_for(lambda: ear.quiet_for(1.5, pressed), "the answer was said", 60)
        call.hang_up()
    finally:
        ear.close()
    played = [path for phrase in answer if (path := store.heard(phrase))]
    for fragment in lacking:  # other tests look for whole sentences
        store.path(fragment).unlink()
    own = {store.path(phrase) for phrase in joined}
    assert not own & ({*(home / "sounds").rglob("*.wav")} - there)  # nothing was spoken for this answer
    assert not own & {*played}
    heard = ear.sound(pressed + 0.3).astype(float)
    for phrase, path in zip(answer, played, strict=True):
        sound = read_wav(path).astype(float)
        at, likeness = find(heard, sound[RATE // 2 :])
        if phrase.parts:
            assert likeness > 0.8, (phrase, likeness)
            assert longest_gap(heard[at : at + len(sound) - RATE // 2 - RATE // 8]) <= 0.26


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_sound(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
