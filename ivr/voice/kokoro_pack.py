"""The neural voice's files: which there are, where they lie, whether they are whole.

Kokoro-82M v1.0 by hexgrad, Apache-2.0; its int8 ONNX form and token table by thewh1teagle, MIT. They lie in
``IVR_HOME/voices/kokoro``, are pinned by SHA-256 and appear there all at once (:mod:`ivr.voice.kokoro_install`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ivr.settings import KOKORO_SPEAKERS

ESPEAK = "espeak"
#: Who speaks when a site says only "kokoro".
USUAL_SPEAKER = "zf_xiaoxiao"
#: Who speaks English wherever Kokoro speaks Mandarin.
ENGLISH_SPEAKER = "af_heart"
SPEAKERS = (*KOKORO_SPEAKERS, ENGLISH_SPEAKER)

MODEL, TOKENS = "model.onnx", "tokens.json"
#: What must stay with the model wherever it goes.
LICENCES = ("LICENSE", "LICENSE-kokoro-onnx-MIT", "NOTICE")


@dataclass(frozen=True)
class Pinned:
    """What a file must be: its size in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


def style_file(speaker: str) -> str:
    """The file with a speaker's style vectors."""
    return f"{speaker}.bin"


_STYLES = {
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "zf_xiaobei": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
    "zf_xiaoxiao": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
    "zm_yunxi": "7243892fb4e560d47014090ddf010f8b8b790f3c6b029ff82b2ac06aa4e27c8b",
    "zm_yunxia": "6b2b8fc15b3df19a368daebe5c581c7fabf433ee5b8a17ffd6b3d723cff8936d",
}

#: name → what it must be
FILES: Mapping[str, Pinned] = {
    MODEL: Pinned(92_361_271, "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"),
    TOKENS: Pinned(1_155, "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41"),
    "LICENSE": Pinned(11_357, "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4"),
    "LICENSE-kokoro-onnx-MIT": Pinned(
        1_080, "f61fdd0217de9ece8fa699912848d91187d84879fc2e689f0906d0c1299e955e"
    ),
    "NOTICE": Pinned(776, "c65f1296608fb310c3d434ec2fea753504284fcad138ec5fbec0bf7e28df140d"),
    **{style_file(speaker): Pinned(522_240, _STYLES[speaker]) for speaker in SPEAKERS},
}

_PACKAGES = ("onnxruntime", "pypinyin")


def folder(home: Path) -> Path:
    """Where the files lie."""
    return Path(home) / "voices" / "kokoro"


def speaks(language: str, speaker: str) -> str:
    """Who speaks ``language`` where ``speaker`` speaks Mandarin: a speaker of Kokoro, or espeak."""
    if speaker == ESPEAK:
        return ESPEAK
    return {"zh": speaker, "en": ENGLISH_SPEAKER}.get(language, ESPEAK)


def complete(home: Path) -> bool:
    """Whether every file is there with its size; quick enough to be asked at each start."""
    return not lacking(home)


def lacking(home: Path) -> list[str]:
    """The files that are missing or not as long as they must be."""
    return [name for name, pinned in FILES.items() if _size(folder(home) / name) != pinned.size]


def damaged(place: Path) -> list[str]:
    """The files in ``place`` that are missing or not what they must be; reads them all."""
    return [name for name, pinned in FILES.items() if not is_file(place / name, pinned)]


def is_file(path: Path, pinned: Pinned) -> bool:
    """Whether ``path`` is the pinned file."""
    return _size(path) == pinned.size and sha256(path) == pinned.sha256


def sha256(path: Path) -> str:
    with path.open("rb") as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def missing_packages() -> list[str]:
    """The Python packages that the voice needs and that are not installed."""
    return [name for name in _PACKAGES if find_spec(name) is None]


def speaker(home: Path, setting: str) -> str:
    """Who speaks Mandarin: a speaker of Kokoro when the setting ``voice`` wants one and all is installed, else espeak."""
    if setting == ESPEAK or not complete(home) or missing_packages():
        return ESPEAK
    return setting if setting in KOKORO_SPEAKERS else USUAL_SPEAKER


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
