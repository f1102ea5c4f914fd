"""The hotline's voice: phrases in, sound files out, whatever happens to the engine."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType

from ivr.errors import IvrError
from ivr.speech import Phrase
from ivr.voice.pool import COMMAND, Made, SynthesisFault, WorkerPool
from ivr.voice.sounds import SoundStore
from ivr.voice.tones import fallback_sound

_log = logging.getLogger("ivr.voice")


class Voice:
    """Makes the sounds of phrases and remembers them.

    ``home``: IVR_HOME; ``workers``: how many processes synthesise, the first started at the first
    miss; ``timeout_s``: longest time for one utterance, after which its worker counts as hung;
    ``patience_s``: how long :meth:`ensure` waits, by default a second longer. What is made later
    than that is kept for the next time. ``on_failure``: told each phrase that could
    not be made and why (default: a line in the log ``ivr.voice``, without the words). Safe to use
    from several threads. Close it, or use it in ``with``.
    """

    def __init__(
        self,
        home: Path,
        workers: int = 2,
        timeout_s: float = 5.0,
        on_failure: Callable[[Phrase, str], None] | None = None,
        command: Sequence[str] = COMMAND,
        patience_s: float | None = None,
    ) -> None:
        self.store = SoundStore(Path(home).absolute())
        self._pool = WorkerPool(workers, timeout_s, command)
        self._patience_s = timeout_s + 1.0 if patience_s is None else patience_s
        self._on_failure = on_failure or self._report
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="voice")
        self._lock = threading.Lock()
        self._making: dict[Path, Future[Made]] = {}

    def ensure(self, phrases: Iterable[Phrase]) -> list[str]:
        """The sound files of ``phrases`` in order, without suffix as Asterisk wants them.

        What is missing is made first. A phrase that cannot be made, or not in time, is left out and
        reported; when nothing at all is left, the one file is a short signal, never silence.
        """
        phrases = list(phrases)
        making = self._begin(phrases)
        wait(making.values(), self._patience_s)
        return self._finish(phrases, making)

    async def ensure_async(self, phrases: Iterable[Phrase]) -> list[str]:
        """:meth:`ensure` that never blocks the event loop."""
        phrases = list(phrases)
        making = self._begin(phrases)
        if making:
            waiting = [asyncio.wrap_future(future) for future in making.values()]
            for future in waiting:
                future.add_done_callback(lambda f: f.cancelled() or f.exception())  # seen: no warning
            await asyncio.wait(waiting, timeout=self._patience_s)
        return self._finish(phrases, making)

    def make(self, phrase: Phrase) -> Future[Made]:
        """Make the sound of one phrase, ready or not; two requests at once share one making.

        The future raises :class:`ivr.voice.pool.SynthesisFault`.
        """
        path = self.store.path(phrase)
        with self._lock:
            future = self._making.get(path)
            if future is None:
                future = self._threads.submit(self._pool.make, phrase, path)
                self._making[path] = future
                future.add_done_callback(lambda _: self._making.pop(path, None))
        return future

    def warm(self) -> None:
        """Start the workers now, so that the first miss need not wait for them. Blocks until then."""
        self._pool.start()

    def close(self) -> None:
        """End the workers, after the sounds that they are making; what waits is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close()

    def __enter__(self) -> Voice:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, phrases: list[Phrase]) -> dict[Phrase, Future[Made]]:
        making: dict[Phrase, Future[Made]] = {}
        for phrase in phrases:
            try:
                if not self.store.ready(phrase):
                    making[phrase] = self.make(phrase)
            except (IvrError, RuntimeError) as fault:  # no such language; closed
                making[phrase] = Future()
                making[phrase].set_exception(SynthesisFault(str(fault)))
        return making

    def _finish(self, phrases: list[Phrase], making: dict[Phrase, Future[Made]]) -> list[str]:
        failed: dict[Phrase, str] = {}
        for phrase, future in making.items():
            if not future.done():
                failed[phrase] = "not ready in time"
            elif future.cancelled():
                failed[phrase] = "the voice was closed"
            elif future.exception() is not None:
                failed[phrase] = str(future.exception())
        for phrase, reason in failed.items():
            self._on_failure(phrase, reason)
        heard = [phrase for phrase in phrases if phrase not in failed]
        if phrases and not heard:
            return [str(fallback_sound(self.store.folder).with_suffix(""))]
        return [str(self.store.path(phrase).with_suffix("")) for phrase in heard]

    @staticmethod
    def _report(phrase: Phrase, reason: str) -> None:
        _log.warning(
            "a phrase of %d characters (%s) is left out: %s", len(phrase.text), phrase.language, reason
        )
