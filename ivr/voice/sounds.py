"""The sound files of phrases, named by all that decides what they hold.

``HOME/sounds/<language>/<ab>/<ab…>.wav``: 8 kHz, mono, 16-bit PCM, which Asterisk plays directly. A
changed text, voice, speed, lexicon or mastering is another name, so a file is never out of date.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path

from ivr.errors import IvrError
from ivr.speech import Phrase
from ivr.voice import kokoro_pack
from ivr.voice.kokoro_pack import ESPEAK
from ivr.voice.profile import identity, neural

#: That a sound is played is noted in its file's time of change, not more often than this.
NOTED_EVERY_S = 3600.0

_HEADER = 44


def replace(path: Path, data: bytes) -> None:
    """Write ``data`` beside ``path`` and rename it there; two at once do no harm."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sound_seconds(path: Path) -> float | None:
    """How long a WAV file of ours is; None when it is missing, empty or damaged."""
    try:
        with path.open("rb") as stream:
            header, size = stream.read(_HEADER), os.fstat(stream.fileno()).st_size
    except OSError:
        return None
    if len(header) < _HEADER or header[:4] != b"RIFF" or header[36:40] != b"data":
        return None
    length = int.from_bytes(header[40:44], "little")
    per_second = int.from_bytes(header[28:32], "little")
    return length / per_second if length and per_second and size == _HEADER + length else None


class Recorded:
    """Which phrases a person's recording is played for, as the last build noted it in ``folder``: prompt → sound.

    A prompt is ``<language>/<prompt id>``, a sound a path within ``folder``. What a later build notes counts at once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._file = folder, folder / "recorded.json"
        self._stamp: tuple[int, int] | None = None
        self._sounds: dict[str, str] = {}

    @property
    def sounds(self) -> dict[str, str]:
        """All of them; empty where there is no note, or none that can be read."""
        try:
            status = self._file.stat()
            stamp = status.st_ino, status.st_mtime_ns
            if stamp != self._stamp:
                found = json.loads(self._file.read_bytes())
                self._sounds = {str(prompt): str(sound) for prompt, sound in dict(found).items()}
                self._stamp = stamp
        except (OSError, ValueError, TypeError):
            self._stamp, self._sounds = None, {}
        return self._sounds

    def note(self, sounds: Mapping[str, str]) -> None:
        """Let these count from now on, all at once."""
        replace(self._file, json.dumps(dict(sounds), indent=1, sort_keys=True).encode())

    def path(self, phrase: Phrase) -> Path | None:
        """The sound of ``phrase`` as a person recorded it."""
        sounds = self.sounds
        sound = sounds.get(f"{phrase.language}/{phrase.prompt_id}") if sounds else None
        return self.folder / sound if sound else None


class SoundStore:
    """Where the sounds of one hotline lie. ``voice``: the setting, which says who speaks Mandarin.

    A phrase of the neural voice has two names: its own, and that of the same words spoken by espeak, which stands in
    for it until it is made. So a stand-in is never taken for the voice itself. A person's recording wins over both.
    """

    def __init__(self, home: Path, voice: str = "auto") -> None:
        self.folder = Path(home) / "sounds"
        self.speaker = kokoro_pack.speaker(home, voice)
        self.recorded = Recorded(self.folder)
        self._ready: set[Path] = set()
        self._paths: dict[tuple[Phrase, str], Path] = {}

    def path(self, phrase: Phrase) -> Path:
        """The file of ``phrase`` in its voice, there or not. Raises IvrError for a language without a voice."""
        return self._path(phrase, self.speaker)

    def stand_in(self, phrase: Phrase) -> Path | None:
        """The file of ``phrase`` in espeak's voice, there or not; None where espeak is its voice anyhow."""
        return self._path(phrase, ESPEAK) if neural(phrase.language, self.speaker) else None

    def ready(self, phrase: Phrase) -> bool:
        """Whether nothing is left to make: the recording or the voice's file is there and whole. A file once found
        whole is not read again. Who asks is about to play it, and that is noted."""
        return self._best(phrase) is not None

    def heard(self, phrase: Phrase) -> Path | None:
        """The file to play now: a person's recording, else the phrase's own, else its stand-in; None when there is none."""
        best = self._best(phrase)
        if best:
            return best
        other = self.stand_in(phrase)
        return other if other and self._whole(other) else None

    def files(self, phrase: Phrase) -> list[Path]:
        """The files that ``phrase`` is played from, there or not: its own, and its stand-in until that is made. Nothing is noted."""
        own, other = self.path(phrase), self.stand_in(phrase)
        return [own, other] if other and sound_seconds(own) is None else [own]

    def retire(self, phrase: Phrase) -> None:
        """The stand-in is no longer needed: it may go soon, but a caller may be about to hear it."""
        other = self.stand_in(phrase)
        if other:
            with contextlib.suppress(OSError):
                os.utime(other, (0, 0))

    def _best(self, phrase: Phrase) -> Path | None:
        recorded = self.recorded.path(phrase)
        if recorded and self._whole(recorded):
            return recorded
        own = self.path(phrase)
        return own if self._whole(own) else None

    def _path(self, phrase: Phrase, speaker: str) -> Path:
        path = self._paths.get((phrase, speaker))
        if path is None:
            words = " ".join(phrase.text.split())
            name = hashlib.sha256(f"{identity(phrase.language, speaker)}\n{words}".encode()).hexdigest()[:24]
            path = self.folder / phrase.language / name[:2] / f"{name}.wav"
            if len(self._paths) >= 100_000:  # variable sentences come without end
                self._paths.clear()
            self._paths[phrase, speaker] = path
        return path

    def _whole(self, path: Path) -> bool:
        try:
            used = path.stat().st_mtime
        except OSError:  # never made, or removed as unused
            self._ready.discard(path)
            return False
        if path not in self._ready:
            if sound_seconds(path) is None:
                return False
            self._ready.add(path)
        if time.time() - used > NOTED_EVERY_S:
            with contextlib.suppress(OSError):  # another user's
                os.utime(path)
        return True

    def writable(self) -> None:
        """Raise IvrError when no sound can be written."""
        probe = self.folder / f".probe.{os.getpid()}.{secrets.token_hex(4)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as fault:
            raise IvrError(
                f"sounds cannot be written: {fault.strerror}",
                where=str(self.folder),
                mend="make the folder writable, or set IVR_HOME to one that is",
            ) from None
