"""A pyttsx3 driver over Kokoro-82M, a neural voice, in Mandarin and English.

The model (int8, ONNX) takes phonemes (:mod:`ivr.voice.mandarin`, :mod:`ivr.voice.english`) as tokens, a
speaker's style vector, which depends on how many tokens there are, and a speed; it gives float samples at 24 kHz. The same words give the same samples.
:mod:`ivr.voice.kokoro_pack` says which files it needs. The package onnxruntime comes with the extra ``kokoro``.
"""

from __future__ import annotations

import json
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
#: syllables → by how much few words are quickened: the model says a word alone up to half as slowly again as in a sentence,
#: and sentences are joined of such. A change of it is one of ``mandarin.VERSION``.
HASTE = {1: 1.3, 2: 1.3, 3: 1.2, 4: 1.15}
_SILENT, _EDGE = 0.01, int(0.03 * _SAMPLE_RATE)  # of full scale; samples that stay before and after speech


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
        self._session = onnxruntime.InferenceSession(
            str(folder / MODEL), options, providers=["CPUExecutionProvider"]
        )

    def speak(self, phonemes: str, speaker: str, speed: float) -> Any:
        """Float samples in ±1 at 24 kHz. Raises ValueError for a phoneme without a token."""
        runs = [self._run(piece, speaker, speed) for piece in pieces(phonemes)]
        return np.concatenate([part for run in runs for part in (_spoken(run), _PAUSE)][:-1])

    def _run(self, phonemes: str, speaker: str, speed: float) -> Any:
        unknown = set(phonemes) - self._tokens.keys()
        if unknown:
            raise ValueError(f"the neural voice has no sound for {', '.join(sorted(unknown))}")
        tokens = [self._tokens[phoneme] for phoneme in phonemes]
        feed = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": self._style(speaker)[len(tokens) - 1][None],
            "speed": np.array([speed], np.float32),
        }
        return np.asarray(self._session.run(None, feed)[0], np.float32).ravel()

    def _style(self, speaker: str) -> Any:
        if speaker not in self._styles:
            data = np.fromfile(self._folder / style_file(speaker), "<f4")
            self._styles[speaker] = data.reshape(_STYLE)
        return self._styles[speaker]


def _spoken(run: Any) -> Any:
    """A run without the silence around it, which would be a dead gap between two."""
    heard = np.flatnonzero(np.abs(run) > _SILENT)
    return run[max(0, heard[0] - _EDGE) : heard[-1] + _EDGE] if len(heard) else run


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
        in_english = properties["voice"] == ENGLISH_SPEAKER
        phonemes = english.phonemes(text) if in_english else mandarin.phonemes(text, properties["readings"])
        if not phonemes:
            return b"", _SAMPLE_RATE
        haste = 1.0 if in_english else HASTE.get(syllables(text, "zh"), 1.0)
        sound = self._model.speak(phonemes, properties["voice"], properties["rate"] / USUAL_RATE * haste)
        loudest = float(np.abs(sound).max(initial=0.0))  # the model may pass full scale
        sound = sound * properties["volume"] * min(1.0, _LOUDEST / max(loudest, 1e-9))
        return np.round(sound * 32767).astype("<i2").tobytes(), _SAMPLE_RATE


def register(folder: Path, threads: int) -> str:
    """Load the model in ``folder`` and make its driver known to pyttsx3; gives the name for ``pyttsx3.init``."""
    model = Model(folder, threads)
    return driver.register(NAME, lambda proxy: KokoroDriver(model, proxy))
