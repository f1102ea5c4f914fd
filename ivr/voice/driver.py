"""What our pyttsx3 drivers share: they speak synchronously and only into files.

``save_to_file`` writes 16-bit mono WAV to a path or a binary file object and returns when it is whole. Faults go to
the engine's ``error`` callback, which the caller must check.
"""

from __future__ import annotations

import contextlib
import sys
import types
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


class SynchronousDriver:
    """What pyttsx3's driver proxy calls. A driver of ours gives ``_speak`` and its properties: voice, rate, …"""

    def __init__(self, proxy: Any, properties: dict[str, Any]) -> None:
        self._proxy = proxy
        self._properties: dict[str, Any] = {**properties, "voices": []}

    def _speak(self, text: str) -> tuple[bytes, int]:
        """``text`` as little-endian 16-bit samples, and their rate in Hz."""
        raise NotImplementedError

    def destroy(self) -> None:
        """Nothing to free: what a driver holds lives as long as the process."""

    def say(self, text: str) -> None:
        raise NotImplementedError("this driver has no loudspeaker; use save_to_file")

    def save_to_file(self, text: str, filename: Any) -> None:
        samples, rate = self._speak(text)
        with contextlib.ExitStack() as stack:
            stream = (
                filename if hasattr(filename, "write") else stack.enter_context(Path(filename).open("wb"))
            )
            sound = stack.enter_context(wave.open(stream, "wb"))
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(rate)
            sound.writeframes(samples)

    def stop(self) -> None:
        """A synchronous utterance cannot be stopped; the worker that runs it can be killed."""

    def getProperty(self, name: str) -> Any:
        return self._properties[name]

    def setProperty(self, name: str, value: Any) -> None:
        if name not in self._properties:
            raise KeyError(f"unknown property {name}")
        self._properties[name] = value

    def startLoop(self) -> None:
        self._proxy.setBusy(False)  # works off the queue, up to and with the end of the loop

    def endLoop(self) -> None:
        """The loop is over when the queue is; nothing to do."""

    def iterate(self) -> Iterator[None]:
        self._proxy.setBusy(False)
        yield


def register(name: str, build: Callable[[Any], SynchronousDriver]) -> str:
    """Make a driver known to pyttsx3; gives the name for ``pyttsx3.init``."""
    module = types.ModuleType(f"pyttsx3.drivers.{name}")
    module.buildDriver = build  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    return name
