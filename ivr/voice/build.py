"""Everything that is known beforehand, made beforehand: fixed phrases, system sounds, music."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import IvrError
from ivr.speech import Phrase
from ivr.voice import music, system_sounds
from ivr.voice.pool import SynthesisFault
from ivr.voice.sounds import SoundStore
from ivr.voice.voice import Voice

#: Called with (phrases done, phrases to do) after each one.
Progress = Callable[[int, int], None]

_TIMEOUT_S = 30.0  # nobody waits on the line


@dataclass(frozen=True)
class Built:
    """``phrases``: how many there are; ``made``: newly; ``failed``: each with the reason;
    ``installed``: system sounds and music that were new or changed."""

    phrases: int
    made: int
    failed: tuple[tuple[Phrase, str], ...]
    installed: int


def missing(phrases: Iterable[Phrase], home: Path) -> list[Phrase]:
    """Those of ``phrases`` and of the system sounds that have no sound yet, each once, in order."""
    store = SoundStore(Path(home).absolute())
    return [p for p in dict.fromkeys([*phrases, *system_sounds.phrases()]) if not store.ready(p)]


def build(phrases: Iterable[Phrase], home: Path, workers: int = 2, progress: Progress | None = None) -> Built:
    """Make what is missing in ``home`` with ``workers`` processes; what is there stays.

    Raises IvrError when the folder cannot be written. A phrase that cannot be made does not stop
    the others.
    """
    home = Path(home).absolute()
    everything = list(dict.fromkeys([*phrases, *system_sounds.phrases()]))
    todo = missing(everything, home)
    failed: list[tuple[Phrase, str]] = []
    store = SoundStore(home)
    store.writable()
    if todo:
        with Voice(home, workers, _TIMEOUT_S) as voice:
            futures = {voice.make(phrase): phrase for phrase in todo}
            for done, future in enumerate(as_completed(futures), 1):
                try:
                    future.result()
                except SynthesisFault as fault:
                    failed.append((futures[future], str(fault)))
                if progress:
                    progress(done, len(todo))
    try:
        installed = len(system_sounds.install(store, home / "asterisk" / "data" / "sounds"))
        installed += music.install(home / "asterisk" / "moh")
    except OSError as fault:
        raise IvrError(
            f"sounds cannot be written: {fault.strerror}",
            where=str(fault.filename or home / "asterisk"),
            mend="make the folder writable, or set IVR_HOME to one that is",
        ) from None
    return Built(len(everything), len(todo) - len(failed), tuple(failed), installed)
