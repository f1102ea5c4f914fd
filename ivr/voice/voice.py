"""The hotline's voice: phrases in, sound files out, whatever happens to the engine."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from types import TracebackType

from ivr.errors import IvrError
from ivr.speech import Phrase
from ivr.voice import lost, neural
from ivr.voice.kokoro_pack import ESPEAK
from ivr.voice.pool import COMMAND, Bounds, Engine, Made, SynthesisFault, WorkerPool
from ivr.voice.sounds import SoundStore
from ivr.voice.tones import fallback_sound

_log = logging.getLogger("ivr.voice")

#: Of the time that a caller waits at most, this much is left for espeak to stand in for the neural voice.
_STAND_IN_S = 0.5

#: A phrase → the makings of the sounds that it waits for.
_Making = dict[Phrase, "list[Future[Made]]"]


class Voice:
    """Makes the sounds of phrases and remembers them.

    ``home``: IVR_HOME; ``voice``: the setting, which says who speaks Mandarin; ``workers``: how many processes of each
    engine synthesise, the first started at the first miss; ``timeout_s``: longest time for one utterance, after which
    its worker counts as hung (the neural voice gets more for long ones); ``patience_s``: how long :meth:`ensure` waits,
    by default a second longer. What is made later than that is kept for the next time. ``on_failure``: told each phrase
    that could not be made and why (default: a line in the log ``ivr.voice``, without the words). ``memory_mb``: a
    worker that takes more is replaced; 0 for any. ``speed``: the setting. Safe to use from several threads. Close it, or use it in ``with``.

    Where the neural voice fails, is too busy or needs more than ``own_voice_s`` (default: half a second less than
    ``patience_s``), espeak stands in for it.
    """

    def __init__(
        self,
        home: Path,
        workers: int = 2,
        timeout_s: float = 5.0,
        on_failure: Callable[[Phrase, str], None] | None = None,
        command: Sequence[str] = COMMAND,
        patience_s: float | None = None,
        voice: str = "auto",
        own_voice_s: float | None = None,
        neural_command: Sequence[str] | None = None,
        memory_mb: int = 0,
        speed: int = 100,
    ) -> None:
        home = Path(home).absolute()
        self.store = SoundStore(home, voice, speed)
        bounds = Bounds(
            timeout_s, memory_mb=memory_mb, speed=speed, on_lost=lambda reason: lost.note(home, reason)
        )
        self._pool = WorkerPool(workers, bounds, command)
        self._engine = Engine(self._pool, workers)
        self._neural_pool: neural.NeuralPool | None = None
        if self.store.speaker != ESPEAK:
            neural_command = neural_command or neural.command(home, self.store.speaker, workers)
            self._neural_pool = neural.NeuralPool(home, workers, bounds, neural_command)
            self._neural_engine = Engine(self._neural_pool, workers)
        self._patience_s = timeout_s + 1.0 if patience_s is None else patience_s
        if own_voice_s is None:
            own_voice_s = max(0.0, self._patience_s - _STAND_IN_S)
        self._first_s = own_voice_s if self._neural_pool else self._patience_s
        self._on_failure = on_failure or self._report

    def ensure(self, phrases: Iterable[Phrase], slower: bool = False) -> list[str]:
        """The sound files of ``phrases`` in order, without suffix as Asterisk wants them: one for each, which is joined from
        the sounds of its parts where it has some. ``slower``: for a caller who did not understand them.

        What is missing is made first. A phrase that cannot be made, or not in time, is left out and
        reported; when nothing at all is left, the one file is a short signal, never silence.
        """
        phrases, until = list(phrases), time.monotonic() + self._patience_s
        making = self._begin(phrases)
        wait(_futures(making), self._first_s)
        late = self._stand_in(making)
        wait(_futures(late), max(0.0, until - time.monotonic()))
        return self._finish(phrases, making | late, slower)

    async def ensure_async(self, phrases: Iterable[Phrase], slower: bool = False) -> list[str]:
        """:meth:`ensure` that never blocks the event loop."""
        phrases, until = list(phrases), time.monotonic() + self._patience_s
        making = self._begin(phrases)
        await _wait_async(making, self._first_s)
        late = self._stand_in(making)
        await _wait_async(late, max(0.0, until - time.monotonic()))
        if slower or any(phrase.parts for phrase in phrases):  # files are written
            return await asyncio.to_thread(self._finish, phrases, making | late, slower)
        return self._finish(phrases, making | late)

    def make(self, phrase: Phrase) -> Future[Made]:
        """Make the sound of one phrase in its own voice, ready or not; two requests at once share one making.

        The future raises :class:`ivr.voice.pool.SynthesisFault`.
        """
        if not self.store.stand_in(phrase):
            return self._engine.make(phrase, self.store.path(phrase))
        future = self._neural_engine.make(phrase, self.store.path(phrase))

        def made(future: Future[Made]) -> None:
            if not _reason([future]):
                self.store.retire(phrase)

        future.add_done_callback(made)
        return future

    def make_stand_in(self, phrase: Phrase) -> Future[Made]:
        """As :meth:`make`, in the voice that is quick and always there."""
        return self._engine.make(phrase, self.store.stand_in(phrase) or self.store.path(phrase))

    def warm(self) -> None:
        """Start the workers now, so that the first miss need not wait for them. Blocks until then."""
        self._pool.start()
        if self._neural_pool:
            self._neural_pool.start()

    def close(self) -> None:
        """End the workers, after the sounds that they are making; what waits is given up."""
        if self._neural_pool:
            self._neural_engine.close()
        self._engine.close()

    def __enter__(self) -> Voice:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, phrases: list[Phrase]) -> _Making:
        """Start what is missing; the phrases that must be waited for because nothing stands in for them yet."""
        making: _Making = {}
        for phrase in phrases:
            try:
                if phrase not in making and not self.store.ready(phrase):
                    futures = self._start(phrase)
                    if not self.store.heard(phrase):
                        making[phrase] = futures
            except (IvrError, RuntimeError) as fault:  # no such language; closed
                making[phrase] = [Future()]
                making[phrase][0].set_exception(SynthesisFault(str(fault)))
        return making

    def _start(self, phrase: Phrase) -> list[Future[Made]]:
        lacking = self.store.lacking(phrase)
        if self._in_time(phrase, len(lacking)):
            return [self.make(one) for one in lacking]
        return [self.make_stand_in(phrase)]

    def _in_time(self, phrase: Phrase, sounds: int) -> bool:
        """Whether the phrase's own voice can be expected to make so many sounds while a caller waits."""
        return not (self._neural_pool and self.store.stand_in(phrase)) or self._neural_pool.worth_asking(
            self._neural_engine.busy_with + sounds - 1
        )

    def _stand_in(self, making: _Making) -> _Making:
        """Start the stand-ins of what failed in the neural voice or takes too long; what else is late goes on. A sentence is
        stood in for whole, so that it is in one voice."""
        late: _Making = {}
        for phrase, futures in making.items():
            reason = _reason(futures)
            if self._neural_pool and reason:
                try:
                    late[phrase] = [self.make_stand_in(phrase)]
                except (IvrError, RuntimeError):
                    continue  # as it was in the beginning
                _log.warning("espeak stands in for the neural voice: %s", reason)
        return late

    def _finish(self, phrases: list[Phrase], making: _Making, slower: bool = False) -> list[str]:
        paths: list[Path] = []
        failed: dict[Phrase, str] = {}
        for phrase in phrases:
            found = self._playable(phrase)
            paths += map(self.store.slower, found) if slower else found
            if not found:
                failed[phrase] = _reason(making.get(phrase, [])) or "it is gone"
        for phrase, reason in failed.items():
            self._on_failure(phrase, reason)
        if phrases and not paths:
            paths = [fallback_sound(self.store.folder)]
        return [str(path.with_suffix("")) for path in paths]

    def _playable(self, phrase: Phrase) -> list[Path]:
        try:
            return self.store.playable(phrase)
        except IvrError:  # no voice speaks the language
            return []

    @staticmethod
    def _report(phrase: Phrase, reason: str) -> None:
        _log.warning(
            "a phrase of %d characters (%s) is left out: %s", len(phrase.text), phrase.language, reason
        )


def _futures(making: _Making) -> list[Future[Made]]:
    return [future for futures in making.values() for future in futures]


def _reason(futures: Iterable[Future[Made]]) -> str:
    """Why one of ``futures`` has no sound (yet); empty when all have."""
    for future in futures:
        if not future.done():
            return "not ready in time"
        if future.cancelled():
            return "the voice was closed"
        if fault := future.exception():
            return str(fault)
    return ""


async def _wait_async(making: _Making, seconds: float) -> None:
    if making:
        waiting = [asyncio.wrap_future(future) for future in _futures(making)]
        for future in waiting:
            future.add_done_callback(lambda f: f.cancelled() or f.exception())  # seen: no warning
        if waiting:
            await asyncio.wait(waiting, timeout=seconds)
