"""Everything that is known beforehand, made beforehand: fixed phrases, system sounds, music."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Union

from ivr.errors import IvrError
from ivr.speech import Phrase, syllables
from ivr.voice import music, neural, recordings, system_sounds
from ivr.voice.pool import COMMAND, Made, SynthesisFault
from ivr.voice.sounds import SoundStore
from ivr.voice.voice import Voice

_log = logging.getLogger("ivr.voice")

#: Called with (phrases done, phrases to do, about how many seconds are left or None) after each one.
Progress = Callable[[int, int, Union[float, None]], None]

_TIMEOUT_S = 30.0  # nobody waits on the line
_ESPEAK_COST = 0.1  # of a syllable, against one of the neural voice
_START_COST = 3  # what a sound costs besides, in syllables: the voice makes silence around it
_GENTLY = ("nice", "-n", "19")
_GIVE_UP = 3
_FIRST_GUESS_S = 3.0  # no estimate is told before


@dataclass(frozen=True)
class Built:
    """``phrases``: how many there are; ``made``: newly; ``failed``: those that nobody can say, each with the reason;
    ``installed``: system sounds and music that were new or changed; ``stood_in``: those that the neural voice did not
    make, so that espeak says them, each with the reason (empty where it was not asked); ``recorded``: what came of the
    recordings."""

    phrases: int
    made: int
    failed: tuple[tuple[Phrase, str], ...]
    installed: int
    stood_in: tuple[tuple[Phrase, str], ...] = ()
    recorded: recordings.Taken = recordings.Taken()


def everything(phrases: Iterable[Phrase]) -> list[Phrase]:
    """``phrases`` and those of the system sounds, each once, in order."""
    return list(dict.fromkeys([*phrases, *system_sounds.phrases()]))


def missing(phrases: Iterable[Phrase], home: Path, voice: str = "auto", speed: int = 100) -> list[Phrase]:
    """Those of ``phrases`` and of the system sounds that have no sound of their own voice yet, each once, in order."""
    return _missing_of(everything(phrases), SoundStore(Path(home).absolute(), voice, speed))


def silent(phrases: Iterable[Phrase], home: Path, voice: str = "auto", speed: int = 100) -> list[Phrase]:
    """Those of :func:`missing` for which nothing stands in either."""
    store = SoundStore(Path(home).absolute(), voice, speed)
    return [phrase for phrase in _missing_of(everything(phrases), store) if not store.heard(phrase)]


def _missing_of(phrases: Iterable[Phrase], store: SoundStore) -> list[Phrase]:
    return [phrase for phrase in phrases if not store.ready(phrase)]


def build(
    phrases: Iterable[Phrase],
    home: Path,
    workers: int = 2,
    progress: Progress | None = None,
    voice: str = "auto",
    quick: bool = False,
    recorded: Path | None = None,
    recordable: Collection[Phrase] = (),
    speed: int = 100,
) -> Built:
    """Make what is missing in ``home`` with ``workers`` processes; what is there stays, so a broken build goes on.

    ``voice``, ``speed``: the settings. What the neural voice cannot make, espeak says; the next build tries again. ``quick``: do not
    ask the neural voice, so that all can be said within seconds. ``recorded``: the folder of recordings, which win over
    every voice; without it those taken before stay. ``recordable``: the phrases that may be recorded, by default ``phrases``.
    Raises IvrError when the folder cannot be written. A
    phrase that cannot be made does not stop the others.
    """
    home = Path(home).absolute()
    phrases = everything(phrases)
    recordable = everything(recordable) if recordable else phrases
    store = SoundStore(home, voice, speed)
    store.writable()
    taken = _take(recorded, recordable, store) if recorded else recordings.Taken()
    todo = _missing_of(phrases, store)
    failed: dict[Phrase, str] = {}
    stood_in: dict[Phrase, str] = {}
    if todo:
        with Voice(home, workers, _TIMEOUT_S, voice=voice, speed=speed) as speaking:
            if quick:
                stood_in = {phrase: "" for phrase in todo if store.stand_in(phrase)}
            else:
                failed = _make(todo, speaking.make, progress, store)
                stood_in = {phrase: why for phrase, why in failed.items() if store.stand_in(phrase)}
            rest = [phrase for phrase in (todo if quick else stood_in) if not store.heard(phrase)]
            again = _make(rest, speaking.make_stand_in, progress if quick else None, store)
            failed = {phrase: why for phrase, why in failed.items() if phrase not in stood_in} | again
    installed = _install(store, home)
    made = len(todo) - len(failed) - len(stood_in.keys() - failed.keys())
    only_stood_in = tuple((phrase, why) for phrase, why in stood_in.items() if phrase not in failed)
    return Built(len(phrases), made, tuple(failed.items()), installed, only_stood_in, taken)


def make_ahead(phrases: Iterable[Phrase], home: Path, voice: str, stop: Event, speed: int = 100) -> bool:
    """Make what is missing one after the other, at the lowest priority, until ``stop`` is set. Whether all is there; it gives
    up where several cannot be made in a row. Raises IvrError when the folder cannot be written."""
    home = Path(home).absolute()
    store = SoundStore(home, voice, speed)
    lacking = _missing_of(phrases, store)
    if not lacking:
        return True
    store.writable()
    neural_command = (*_GENTLY, *neural.command(home, store.speaker, 1))
    failures = 0
    with Voice(
        home,
        1,
        _TIMEOUT_S,
        command=(*_GENTLY, *COMMAND),
        voice=voice,
        neural_command=neural_command,
        speed=speed,
    ) as speaking:
        for phrase in lacking:
            if stop.is_set() or failures == _GIVE_UP:
                return False
            try:
                if not store.ready(phrase):
                    speaking.make(phrase).result()
                failures = 0
            except SynthesisFault as fault:
                _log.warning("a sound was not made ahead: %s", fault)
                failures += 1
    return failures == 0


def _make(
    phrases: list[Phrase],
    make: Callable[[Phrase], Future[Made]],
    progress: Progress | None,
    store: SoundStore,
) -> dict[Phrase, str]:
    """Make each; those that failed, with the reason."""

    def cost(phrase: Phrase) -> float:
        spoken = syllables(phrase.text, phrase.language) + _START_COST
        return spoken * (1.0 if store.stand_in(phrase) else _ESPEAK_COST)

    failed: dict[Phrase, str] = {}
    began, total, spent = time.monotonic(), sum(map(cost, phrases)), 0.0
    futures = {make(phrase): phrase for phrase in phrases}
    for done, future in enumerate(as_completed(futures), 1):
        spent += cost(futures[future])
        try:
            future.result()
        except SynthesisFault as fault:
            failed[futures[future]] = str(fault)
        if progress:
            so_far = time.monotonic() - began
            left = so_far * (total - spent) / spent if so_far >= _FIRST_GUESS_S else None
            progress(done, len(phrases), left)
    return failed


def _take(folder: Path, phrases: Iterable[Phrase], store: SoundStore) -> recordings.Taken:
    try:
        return recordings.take(folder, phrases, store)
    except OSError as fault:
        raise _unwritable(fault, store.folder) from None


def _install(store: SoundStore, home: Path) -> int:
    try:
        installed = system_sounds.install(store, home / "asterisk" / "data" / "sounds")
        return len(installed) + music.install(home / "asterisk" / "moh")
    except OSError as fault:
        raise _unwritable(fault, home / "asterisk") from None


def _unwritable(fault: OSError, folder: Path) -> IvrError:
    return IvrError(
        f"sounds cannot be written: {fault.strerror}",
        where=str(fault.filename or folder),
        mend="make the folder writable, or set IVR_HOME to one that is",
    )
