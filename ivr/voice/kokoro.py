"""A pyttsx3 driver over Kokoro-82M, a neural voice, in Mandarin and English.

The model (int8, ONNX) takes phonemes (:mod:`ivr.voice.mandarin`, :mod:`ivr.voice.english`) as tokens, a
speaker's style vector, which depends on how many tokens there are, and a speed; it gives float samples at 24 kHz, and how long
each token takes. The same words give the same samples.

Words that are no sentence, of which sentences are joined, the model would say slowly, with the tone and the fading of an end. So
Mandarin ones are said in the middle of a sentence, between :data:`BEFORE` and :data:`BEHIND`, and cut out of it.

:mod:`ivr.voice.kokoro_pack` says which files it needs. The package onnxruntime comes with the extra ``kokoro``.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from ivr.speech import syllables
from ivr.voice import driver, english, mandarin
from ivr.voice.driver import SynchronousDriver
from ivr.voice.kokoro_pack import ENGLISH_SPEAKER, MODEL, TOKENS, style_file

NAME = "ivr_kokoro"
USUAL_RATE = 200  #: the rate at which the model speaks with its own speed

_SAMPLE_RATE = 24_000
_STYLE = (510, 256)  # a vector for each number of tokens
_LONGEST = 400  # tokens of one run; beyond about that many the voice begins to slur
_PAUSE = np.zeros(int(0.15 * _SAMPLE_RATE), np.float32)  # between two runs
_LOUDEST = 0.98
_SILENT, _EDGE = 0.01, int(0.03 * _SAMPLE_RATE)  # of full scale; samples that stay before and after speech

#: What is said before and behind words that are no sentence. A change of these, or of how they are cut off, is one of
#: ``mandarin.VERSION``.
BEFORE, BEHIND = "请听，", "对吧。"  # before the d of 对 there is silence, so no end is cut into
_ENDS, _MARKS = "。！？；.!?;", ".,:—…"
_FEW = 4  # syllables: a sentence that short is said behind another, or it is drawn out
#: Where the model tells how many frames each token takes, which it does not give by itself. What is heard is so many frames ahead.
_DURATIONS, _AHEAD = "/encoder/Clip_output_0", 3
_NEAR, _STEP, _FADE = (int(seconds * _SAMPLE_RATE) for seconds in (0.01, 0.005, 0.005))


class Model:
    """The loaded model; ``threads``: how many processors one utterance may use. Raises OSError, or what onnxruntime does."""

    def __init__(self, folder: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other work runs here too
        self._folder = folder
        self._tokens: dict[str, int] = json.loads((folder / TOKENS).read_text("utf-8"))["vocab"]
        self._styles: dict[str, Any] = {}
        # The runtime would keep bytes as long as it lives; of a file it keeps nothing.
        with os.fdopen(os.memfd_create(MODEL), "wb") as file:
            file.write((folder / MODEL).read_bytes() + _one_more_output(_DURATIONS))
            file.flush()
            self._session = onnxruntime.InferenceSession(
                f"/proc/self/fd/{file.fileno()}", options, providers=["CPUExecutionProvider"]
            )

    def speak(self, phonemes: str, speaker: str, speed: float) -> Any:
        """Float samples in ±1 at 24 kHz. Raises ValueError for a phoneme without a token."""
        runs = [self._run(piece, speaker, speed)[0] for piece in pieces(phonemes)]
        return np.concatenate([part for run in runs for part in (_spoken(run), _PAUSE)][:-1])

    def speak_within(self, before: str, phonemes: str, behind: str, speaker: str, speed: float) -> Any:
        """As :meth:`speak`, said between the phonemes ``before`` and ``behind``, which may be empty; these are cut off."""
        whole = f"{before} {phonemes} {behind}".strip()
        if not (before or behind) or len(whole) > _LONGEST:
            return self.speak(phonemes, speaker, speed)
        samples, frames = self._run(whole, speaker, speed)
        ends = np.concatenate([[0], np.cumsum(frames)]) - _AHEAD
        first = len(before) + 2 if before else 1  # there is a token of silence at the head
        last = first + len(phonemes.rstrip(","))
        at = (ends * len(samples) / frames.sum()).astype(int)
        begin = _quietest(samples, at[first - 2], at[first] + _NEAR) if before else 0
        end = _quietest(samples, at[last] - _NEAR, at[last + 2] + 2 * _NEAR) if behind else len(samples)
        return _faded(samples[begin:end])

    def _run(self, phonemes: str, speaker: str, speed: float) -> tuple[Any, Any]:
        """The samples, and how many frames of them each token takes, with the silence before the first and behind the last."""
        unknown = set(phonemes) - self._tokens.keys()
        if unknown:
            raise ValueError(f"the neural voice has no sound for {', '.join(sorted(unknown))}")
        tokens = [self._tokens[phoneme] for phoneme in phonemes]
        feed = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": self._style(speaker)[len(tokens) - 1][None],
            "speed": np.array([speed], np.float32),
        }
        samples, frames = self._session.run(None, feed)
        return np.asarray(samples, np.float32).ravel(), np.asarray(frames).ravel()

    def _style(self, speaker: str) -> Any:
        if speaker not in self._styles:
            data = np.fromfile(self._folder / style_file(speaker), "<f4")
            self._styles[speaker] = data.reshape(_STYLE)
        return self._styles[speaker]


def _spoken(run: Any) -> Any:
    """A run without the silence around it, which would be a dead gap between two."""
    heard = np.flatnonzero(np.abs(run) > _SILENT)
    return run[max(0, heard[0] - _EDGE) : heard[-1] + _EDGE] if len(heard) else run


def _quietest(samples: Any, begin: int, end: int) -> int:
    """Where to cut near a token's edge, which the model tells to 25 ms only: the middle of the quietest 10 ms in this range."""
    begin = max(begin, _STEP)
    middles = range(begin, max(begin + 1, end), _STEP)
    return min(middles, key=lambda at: float(np.square(samples[at - _STEP : at + _STEP]).sum()))


def _faded(samples: Any) -> Any:
    faded, fade = samples.copy(), np.linspace(0, 1, _FADE, dtype=np.float32)
    faded[:_FADE] *= fade
    faded[-_FADE:] *= fade[::-1]
    return faded


def _one_more_output(name: str) -> bytes:
    """What makes, behind the bytes of an ONNX model, the tensor ``name`` the last of its outputs: messages of protobuf that
    stand one behind the other are one."""
    message = name.encode()
    for field in (1, 12, 7):  # ValueInfoProto.name, GraphProto.output, ModelProto.graph
        message = bytes([field << 3 | 2, len(message)]) + message
    return message


def frame(text: str) -> tuple[str, str]:
    """The Mandarin words between which ``text`` is said, empty for none."""
    if text.rstrip("”’）」』\"' ")[-1:] not in tuple(_ENDS):
        return BEFORE, BEHIND
    return (BEFORE if syllables(text, "zh") <= _FEW else ""), ""


def pieces(phonemes: str) -> list[str]:
    """Cut what is too long for one run, at the last mark that fits, else at the last space."""
    found = []
    while len(phonemes) > _LONGEST:
        head = phonemes[:_LONGEST]
        marks = [mark.end() for mark in re.finditer(r"[,.;:!?] ", head)]
        at = marks[-1] if marks else head.rfind(" ") + 1 or _LONGEST
        found.append(phonemes[:at].strip())
        phonemes = phonemes[at:]
    return [*found, phonemes.strip()]


class KokoroDriver(SynchronousDriver):
    """Properties: voice (a speaker), rate (200 is the model's own speed), volume (0–1), readings (a site's own)."""

    def __init__(self, model: Model, proxy: Any) -> None:
        super().__init__(proxy, {"voice": "zf_xiaoxiao", "rate": USUAL_RATE, "volume": 1.0, "readings": ()})
        self._model = model

    def _speak(self, text: str) -> tuple[bytes, int]:
        properties = self._properties
        speaker, speed = properties["voice"], properties["rate"] / USUAL_RATE
        in_english = speaker == ENGLISH_SPEAKER
        phonemes = english.phonemes(text) if in_english else mandarin.phonemes(text, properties["readings"])
        if not phonemes:
            return b"", _SAMPLE_RATE
        before, behind = ("", "") if in_english else map(mandarin.phonemes, frame(text))
        if behind:
            phonemes = phonemes.rstrip(_MARKS) + ","
        sound = self._model.speak_within(before, phonemes, behind, speaker, speed)
        loudest = float(np.abs(sound).max(initial=0.0))  # the model may pass full scale
        sound = sound * properties["volume"] * min(1.0, _LOUDEST / max(loudest, 1e-9))
        return np.round(sound * 32767).astype("<i2").tobytes(), _SAMPLE_RATE


def register(folder: Path, threads: int) -> str:
    """Load the model in ``folder`` and make its driver known to pyttsx3; gives the name for ``pyttsx3.init``."""
    model = Model(folder, threads)
    return driver.register(NAME, lambda proxy: KokoroDriver(model, proxy))
