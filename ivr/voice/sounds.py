"""The sound files of phrases, named by all that decides what they hold.

``HOME/sounds/<language>/<ab>/<ab…>.wav``: 8 kHz, mono, 16-bit PCM, which Asterisk plays directly; beside it the same at 16 kHz for
callers with a wideband codec, ``.wav16``. Where there is no such file, or it is damaged, they hear the other. A
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
from typing import Literal

from ivr.errors import IvrError
from ivr.speech import Phrase
from ivr.voice import joining, kokoro_pack, stretch
from ivr.voice.joining import pause_s
from ivr.voice.kokoro_pack import ESPEAK
from ivr.voice.profile import WIDE_RATE, identity, neural
from ivr.voice.wav import sound_seconds, wide

#: That a sound is played is noted in its file's time of change, not more often than this.
NOTED_EVERY_S = 3600.0
#: So much longer a sentence takes that is repeated for a caller who did not understand it: 80 % of the speed.
SLOWER = 1.25
#: Sentences with a caller's data come without end: beyond so many, what is known of them is looked up anew.
_MOST_KNOWN = 100_000


def replace(path: Path, data: bytes) -> None:
    """Write ``data`` beside ``path`` and rename it there; two at once do no harm."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def put(path: Path, narrow: bytes, wideband: bytes | None) -> None:
    """Write a sound, of 8 and of 16 kHz; the former last, since it says that the sound is there."""
    if wideband is not None:
        replace(wide(path), wideband)
    else:
        wide(path).unlink(missing_ok=True)
    replace(path, narrow)


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
    """Where the sounds of one hotline lie. ``voice``, ``speed``: the settings, which say who speaks Mandarin and how fast.

    A phrase of the neural voice has two names: its own, and that of the same words spoken by espeak, which stands in
    for it until it is made. So a stand-in is never taken for the voice itself. A person's recording wins over both.

    A phrase with parts is joined from their sounds, when a person recorded all of them or the voice has made all of
    them: one sentence is never in two voices. Its own file is for when one is missing.
    """

    def __init__(self, home: Path, voice: str = "auto", speed: int = 100) -> None:
        self.folder = Path(home) / "sounds"
        self._speed = speed
        self.speaker = kokoro_pack.speaker(home, voice)
        self.recorded = Recorded(self.folder)
        self._ready: dict[Path, int] = {}  # found whole, with so many bytes
        self._paths: dict[tuple[Phrase, str], Path] = {}

    def path(self, phrase: Phrase) -> Path:
        """The file of ``phrase`` in its voice, there or not. Raises IvrError for a language without a voice."""
        return self._path(phrase, self.speaker)

    def stand_in(self, phrase: Phrase) -> Path | None:
        """The file of ``phrase`` in espeak's voice, there or not; None where espeak is its voice anyhow."""
        return self._path(phrase, ESPEAK) if neural(phrase.language, self.speaker) else None

    def ready(self, phrase: Phrase) -> bool:
        """Whether nothing is left to make: the recording or the voice's file is there and whole, or those of all parts. A
        file once found whole is not read again while it keeps its size. Who asks is about to play it, and that is noted."""
        return bool(self._fragments(phrase)) or self._best(phrase) is not None

    def playable(self, phrase: Phrase) -> list[Path]:
        """The files to play now, one: its parts joined, else a person's recording, else its own, else its stand-in. Where its
        parts cannot be joined, as on a full disk, they themselves; [] when there is nothing."""
        if fragments := self._fragments(phrase):
            joined = self._joined(fragments, phrase.language)
            return [joined] if joined else [path for path, _ in fragments]
        best, other = self._best(phrase), self.stand_in(phrase)
        if best is None and other and self._whole(other):
            best = other
        return [best] if best else []

    def slower(self, path: Path) -> Path:
        """A file of this sound for who did not understand it, made now where it is not there; itself where that cannot be
        written, as on a full disk."""
        name = hashlib.sha256(f"slower {SLOWER} {stretch.VERSION}|{path.stem}".encode()).hexdigest()[:24]
        slow = path.parent.parent / name[:2] / f"{name}.wav"
        if not self._whole(slow):
            try:
                wideband = stretch.stretched(wide(path), SLOWER) if self._good(wide(path)) else None
                put(slow, stretch.stretched(path, SLOWER), wideband)
            except OSError:
                return path
        return slow

    def heard(self, phrase: Phrase) -> Path | None:
        """The one file to play now; None when there is none."""
        files = self.playable(phrase)
        return files[0] if len(files) == 1 else None

    def lacking(self, phrase: Phrase) -> list[Phrase]:
        """What has to be made so that ``phrase`` is heard in its voice: it itself, or the fragments that are missing. espeak,
        which is quick, makes a whole sentence sooner."""
        if not phrase.parts or self.stand_in(phrase) is None:
            return [phrase]
        return [fragment for fragment in dict(phrase.fragments) if not self._whole(self.path(fragment))]

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

    def _fragments(self, phrase: Phrase) -> list[tuple[Path, float]]:
        """The sounds of a phrase's parts, each with the pause behind it: all a person's, or else all of the voice; [] when one
        is missing, or there are no parts."""
        for of in (self.recorded.path, self.path):
            paths = [(of(fragment), pause_s(marks)) for fragment, marks in phrase.fragments]
            found = [(path, pause) for path, pause in paths if path and self._whole(path)]
            if len(found) == len(paths):
                return found
        return []

    def _joined(self, fragments: list[tuple[Path, float]], language: str) -> Path | None:
        """The file of these fragments joined, made now where it is not there; None when it cannot be written."""
        name = joining.name(fragments)
        path = self.folder / language / name[:2] / f"{name}.wav"
        if not self._whole(path):
            try:
                broad = [(wide(one), pause) for one, pause in fragments]
                wideband = (
                    joining.join(broad, WIDE_RATE) if all(self._good(one) for one, _ in broad) else None
                )
                put(path, joining.join(fragments), wideband)
            except OSError:
                return None
        return path

    def _best(self, phrase: Phrase) -> Path | None:
        recorded = self.recorded.path(phrase)
        if recorded and self._whole(recorded):
            return recorded
        own = self.path(phrase)
        return own if self._whole(own) else None

    def _path(self, phrase: Phrase, speaker: str) -> Path:
        path = self._paths.get((phrase, speaker))
        if path is None:
            words = "\n".join([" ".join(phrase.text.split()), *map(" ".join, phrase.readings)])
            name = hashlib.sha256(
                f"{identity(phrase.language, speaker, self._speed)}\n{words}".encode()
            ).hexdigest()[:24]
            path = self.folder / phrase.language / name[:2] / f"{name}.wav"
            if len(self._paths) >= _MOST_KNOWN:
                self._paths.clear()
            self._paths[phrase, speaker] = path
        return path

    def _whole(self, path: Path) -> bool:
        """Whether the sound is there, and neither of its files damaged; that somebody asked is noted."""
        status = self._good(path)
        if not status or self._good(wide(path)) is False:
            return False
        if time.time() - status.st_mtime > NOTED_EVERY_S:
            with contextlib.suppress(OSError):  # another user's
                os.utime(path)
        return True

    def _good(self, path: Path) -> os.stat_result | None | Literal[False]:
        """What the file system says of a file that is whole; None where there is none, False for a damaged one."""
        try:
            status = path.stat()
        except OSError:  # never made, or removed as unused
            self._ready.pop(path, None)
            return None
        if self._ready.get(path) != status.st_size:
            if sound_seconds(path) is None:
                return False
            if len(self._ready) >= _MOST_KNOWN:
                self._ready.clear()
            self._ready[path] = status.st_size
        return status

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
