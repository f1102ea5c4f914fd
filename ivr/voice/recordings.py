"""Sentences that a person recorded: checked, mastered, and played instead of any synthetic voice.

``FOLDER/<language>/<prompt id>.wav`` is the recording of the phrase with that :attr:`~ivr.speech.Phrase.prompt_id`. A good one
becomes a sound like any other, named by what it holds; then the note of :class:`~ivr.voice.sounds.Recorded` is replaced
as a whole. So a changed or removed recording counts from the next build on, and never half of one.
"""

from __future__ import annotations

import hashlib
import wave
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ivr.speech import Phrase, syllables
from ivr.voice import mastering
from ivr.voice.kokoro_pack import sha256
from ivr.voice.profile import MASTERING, SAMPLE_RATE, WIDE_RATE
from ivr.voice.sounds import SoundStore, put
from ivr.voice.wav import sound_seconds

#: Quieter speech than this brings the room's noise to a level that is heard, once it is as loud as the rest.
_QUIET_DBFS = -40.0
#: A longer silence than this is no pause: the speaker began anew, or two sentences are in one file.
_GAP_S = 1.5
#: Nobody reads quicker than this, in seconds a syllable: a shorter file was cut.
_PACE_S = 0.10
#: No phrase is as long as this: it is never read as a whole into memory.
_LONGEST_S = 120.0

_EXPORT = "save it as PCM WAV with 16 or 24 bits"
_AGAIN = "record it again"


class RecordingFault(Exception):
    """``str()`` tells what is wrong with a recording, ``mend`` what to do."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.mend = mend


@dataclass(frozen=True)
class Recording:
    """A file of the folder. ``state``: good; wrong, with the reason and how to ``mend`` it; or unused, since no sentence
    has that name. ``text``: the sentence, empty when there is none; ``seconds`` (mastered) and ``dbfs`` (as recorded) of
    good ones."""

    file: str
    state: str
    text: str = ""
    seconds: float = 0.0
    dbfs: float = 0.0
    wrong: str = ""
    mend: str = ""


@dataclass(frozen=True)
class Taken:
    """``used``: how many phrases are played as recorded; ``changed``: how many of them are new or changed, or are no longer;
    ``troubles``: the recordings that are not used."""

    used: int = 0
    changed: int = 0
    troubles: tuple[Recording, ...] = ()


def lacking(phrases: Iterable[Phrase], folder: Path) -> list[Phrase]:
    """The phrases without a file in ``folder``, good or not, each once, in order."""
    there = {_prompt(path) for path in _files(folder) if _is_wav(path)}
    return [phrase for phrase in dict.fromkeys(phrases) if _prompt_of(phrase) not in there]


def check(folder: Path, phrases: Iterable[Phrase]) -> list[Recording]:
    """Every recording of ``folder``, by name, with what is wrong with it."""
    known = _by_prompt(phrases)
    return [_mastered(path, known)[0] for path in _files(folder)]


def take(folder: Path, phrases: Iterable[Phrase], store: SoundStore) -> Taken:
    """Use the good recordings of ``folder`` from now on, and no others.

    A recording whose sentence is not among ``phrases`` stays in use when it was before: another revision may say it. A
    folder that is missing changes nothing: a share that is away must not change the voice. Raises OSError when sounds cannot
    be written.
    """
    before = store.recorded.sounds
    if not folder.is_dir():
        if not before:
            return Taken()
        wrong = f"the folder is missing; the {len(before)} recordings taken from it before stay in use"
        gone = Recording(str(folder), "wrong", wrong=wrong, mend="bring it back; make it empty to drop them")
        return Taken(len(before), 0, (gone,))
    known = _by_prompt(phrases)
    now: dict[str, str] = {}
    troubles = []
    for path in _files(folder):
        prompt, sound = _prompt(path), _sound_of(path)
        if sound and before.get(prompt) == sound and sound_seconds(store.folder / sound):
            now[prompt] = sound
            continue
        recording, samples = _mastered(path, known)
        if recording.state == "good" and sound:
            put(store.folder / sound, *samples)
            now[prompt] = sound
        else:
            troubles.append(recording)
    changed = sum(before.get(prompt) != now.get(prompt) for prompt in before.keys() | now.keys())
    if changed:
        store.recorded.note(now)
    return Taken(len(now), changed, tuple(troubles))


def differing(folder: Path, store: SoundStore) -> int:
    """How many recordings are not played as they lie in ``folder``: new, changed or removed since the last build, or not good."""
    noted = store.recorded.sounds
    there = {_prompt(path): _sound_of(path) for path in _files(folder) if _is_wav(path)}
    return sum(noted.get(prompt) != there.get(prompt) for prompt in noted.keys() | there.keys())


def read(path: Path) -> tuple[Any, int]:
    """A recording → (mono float32 samples in ±1, rate). Raises :class:`RecordingFault`."""
    try:
        size = path.stat().st_size
        with wave.open(str(path), "rb") as sound:
            channels, width, rate = sound.getnchannels(), sound.getsampwidth(), sound.getframerate()
            frames = sound.getnframes()
            if frames * channels * width > size:
                raise RecordingFault("it holds less sound than it says: it was cut short", "copy it again")
            if rate < SAMPLE_RATE:
                raise RecordingFault(
                    f"{rate} Hz is too low", f"{_AGAIN} with 48000 Hz, at least {SAMPLE_RATE}"
                )
            if frames > _LONGEST_S * rate:
                raise RecordingFault(f"{frames / rate:.0f} s is no sentence", "cut it")
            raw = sound.readframes(frames)
    except OSError as fault:
        raise RecordingFault(
            f"it cannot be read: {fault.strerror}", "let the hotline's user read it"
        ) from None
    except (wave.Error, EOFError, RuntimeError) as fault:
        why = str(fault) or "it is damaged"
        raise RecordingFault(f"it is no WAV file that can be read ({why})", _EXPORT) from None
    raw = raw[: len(raw) // (channels * width) * channels * width]
    return _floats(raw, width).reshape(-1, channels).mean(axis=1, dtype=np.float32), rate


def _floats(raw: bytes, width: int) -> Any:
    """Little-endian PCM of ``width`` bytes a sample → float32 in ±1."""
    if width == 1:  # the only one without a sign
        return (np.frombuffer(raw, "u1").astype(np.float32) - 128) / 128
    if width not in (2, 3, 4):
        raise RecordingFault(f"samples of {8 * width} bits cannot be read", _EXPORT)
    high = np.zeros((len(raw) // width, 4), "u1")
    high[:, 4 - width :] = np.frombuffer(raw, "u1").reshape(-1, width)
    return high.view("<i4")[:, 0].astype(np.float32) / 2**31


def _master(path: Path, phrase: Phrase) -> tuple[Any, Any, float]:
    """Mastered samples at 8 and at 16 kHz, and the level in dBFS as it was recorded. Raises :class:`RecordingFault`."""
    samples, rate = read(path)
    if mastering.clipped(samples):
        raise RecordingFault("it is clipped", f"{_AGAIN} with less gain, peaks under -6 dBFS")
    level = mastering.dbfs(mastering.active_rms(samples - samples.mean(), rate)) if len(samples) else -120.0
    if level < _QUIET_DBFS:
        what = "it is silent" if level < -90 else f"it is too quiet ({level:.0f} dBFS)"
        raise RecordingFault(what, f"{_AGAIN} closer to the microphone, at about -20 dBFS")
    try:
        sound, broad = mastering.master(samples, rate), mastering.master(samples, rate, WIDE_RATE)
        mastering.check(sound, syllables(phrase.text, phrase.language), _PACE_S)
    except mastering.SoundFault as fault:
        mend = "is it this sentence, and all of it? Cut what is too much, or record it again"
        raise RecordingFault(str(fault), mend) from None
    gap = mastering.longest_gap(sound)
    if gap > _GAP_S:
        raise RecordingFault(f"{gap:.1f} s of it, between words, are silent", "cut them out")
    return sound, broad, level


def _mastered(path: Path, known: Mapping[str, Phrase]) -> tuple[Recording, tuple[bytes, bytes]]:
    phrase = known.get(_prompt(path))
    file = f"{path.parent.name}/{path.name}"
    try:
        if not _is_wav(path):
            raise RecordingFault("it is no WAV file", _EXPORT)
        if phrase is None:
            mend = "ivr prompt script has the names; a changed sentence has a new one"
            return Recording(file, "unused", wrong="no sentence has this name", mend=mend), (b"", b"")
        sound, broad, level = _master(path, phrase)
    except RecordingFault as fault:
        text = phrase.text if phrase else ""
        return Recording(file, "wrong", text, wrong=str(fault), mend=fault.mend), (b"", b"")
    seconds = round(len(sound) / SAMPLE_RATE, 2)
    files = mastering.wav(sound), mastering.wav(broad, WIDE_RATE)
    return Recording(file, "good", phrase.text, seconds, round(level, 1)), files


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.glob("*/*")):
        if path.is_file() and not path.name.startswith("."):
            yield path


def _is_wav(path: Path) -> bool:
    return path.suffix.lower() == ".wav"


def _prompt(path: Path) -> str:
    return f"{path.parent.name}/{path.stem.lower()}"


def _prompt_of(phrase: Phrase) -> str:
    return f"{phrase.language}/{phrase.prompt_id}"


def _by_prompt(phrases: Iterable[Phrase]) -> dict[str, Phrase]:
    return {_prompt_of(phrase): phrase for phrase in phrases}


def _sound_of(path: Path) -> str:
    """The sound that a recording becomes, as a path within the sounds; empty when it cannot be read."""
    try:
        held = sha256(path)
    except OSError:
        return ""
    name = hashlib.sha256(f"recording|{MASTERING}|{SAMPLE_RATE}|{WIDE_RATE}|{held}".encode()).hexdigest()[:24]
    return f"{path.parent.name}/{name[:2]}/{name}.wav"
