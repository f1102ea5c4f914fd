"""A pyttsx3 driver over espeak-ng that speaks synchronously.

pyttsx3's own driver plays through a thread and loses sound under load. This one calls the library in
``AUDIO_OUTPUT_SYNCHRONOUS`` mode: ``espeak_Synth`` returns when the callback has had every sample.
The library comes with the package espeakng-loader (espeak-ng 1.52; older ones read Mandarin wrongly).

:func:`register` makes the driver known; then ``pyttsx3.init("ivr_espeakng")``. Its WAV has the library's rate,
22 050 Hz.
"""

from __future__ import annotations

import ctypes
from typing import Any

from ivr.speech import lexicon
from ivr.speech.lexicon import Own
from ivr.voice import driver
from ivr.voice.driver import SynchronousDriver

NAME = "ivr_espeakng"

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS
_DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT: missing data must not end the process
_UTF8_PHONEMES = 0x1 | 0x100  # espeakCHARS_UTF8 | espeakPHONEMES: [[…]] holds phonemes
_UTF8 = 1
_IPA_TIED = 0x2 | 0x80 | ord("^") << 8  # IPA, with ^ between the signs of one sound
_RATE, _VOLUME = 1, 2

#: espeak-ng 1.52 knows no Mandarin syllable in -iong and spells such characters in English letters.
#: pinyin → its characters in GB 2312, and how the library is told to speak it.
_UNKNOWN = {
    "xiong1": "兄凶胸匈汹芎",
    "xiong2": "雄熊",
    "qiong1": "銎",
    "qiong2": "琼穷穹茕邛筇跫蛩",
    "jiong1": "扃冂",
    "jiong3": "炯窘迥",
}
_TONES = {"1": "55", "2": "35", "3": "214", "4": "51"}
_INITIALS = {"x": "S;j", "q": "tS;hj", "j": "tS;j"}
_RESPELL = str.maketrans(
    {
        character: f"[[{_INITIALS[pinyin[0]]}'ong{_TONES[pinyin[-1]]}]]"
        for pinyin, characters in _UNKNOWN.items()
        for character in characters
    }
)
_MARKUP = str.maketrans({"[": " ", "]": " ", "<": " ", ">": " ", "\0": " "})


def spelling(text: str, language: str, own: Own = ()) -> str:
    """``text`` as the library must be given it so that it reads every word right, and a site's ``own`` words as it wants."""
    text = text.translate(_MARKUP)
    if language != "zh":
        return text
    return "".join(
        f" {pinyin} " if pinyin else piece.translate(_RESPELL) for piece, pinyin in lexicon.split(text, own)
    )


class _Library:
    """The C library; one for the process, as it has global state."""

    def __init__(self) -> None:
        import espeakng_loader

        self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
        self._lib.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        self._lib.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        self._lib.espeak_SetParameter.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int]
        self._lib.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        self._lib.espeak_TextToPhonemes.argtypes = [
            ctypes.POINTER(ctypes.c_char_p),
            ctypes.c_int,
            ctypes.c_int,
        ]
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        data = espeakng_loader.get_data_path()
        self.rate = self._lib.espeak_Initialize(_SYNCHRONOUS, 0, str(data).encode(), _DONT_EXIT)
        if self.rate <= 0:
            raise RuntimeError(f"espeak-ng cannot read its data in {data}")
        self._chunks: list[bytes] = []
        prototype = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._callback = prototype(self._collect)  # kept: the library holds only a bare pointer
        self._lib.espeak_SetSynthCallback(self._callback)

    def _collect(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, 2 * count))
        return 0

    def use(self, voice: str, rate: int, volume: int) -> None:
        self._use_voice(voice)
        for parameter, value in ((_RATE, rate), (_VOLUME, volume)):
            if self._lib.espeak_SetParameter(parameter, value, 0) != 0:
                raise ValueError(f"espeak-ng refused {value} for parameter {parameter}")

    def _use_voice(self, voice: str) -> None:
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice '{voice}'")

    def ipa(self, text: str, voice: str) -> str:
        self._use_voice(voice)
        rest = ctypes.c_char_p(text.encode())
        clauses = []
        while rest.value:
            clauses.append(self._lib.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA_TIED).decode())
        return " ".join(clauses)

    def speak(self, text: str) -> bytes:
        self._chunks.clear()
        data = text.encode()
        status = self._lib.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8_PHONEMES, None, None)
        if status != 0:
            raise RuntimeError(f"espeak-ng failed with status {status}")
        return b"".join(self._chunks)


_library: _Library | None = None


def _loaded() -> _Library:
    global _library
    _library = _library or _Library()
    return _library


def ipa(text: str, voice: str) -> str:
    """How ``voice`` reads ``text``, in IPA with stress marks; ^ ties the signs of one sound (``d^ʒ``)."""
    return _loaded().ipa(text.translate(_MARKUP), voice)


class EspeakDriver(SynchronousDriver):
    """Properties: voice, rate (words a minute), volume (0–1), readings (a site's own)."""

    def __init__(self, proxy: Any) -> None:
        _loaded()
        super().__init__(proxy, {"voice": "cmn+f3", "rate": 140, "volume": 0.6, "readings": ()})

    def _speak(self, text: str) -> tuple[bytes, int]:
        library, properties = _loaded(), self._properties
        library.use(properties["voice"], properties["rate"], round(100 * properties["volume"]))
        language = "zh" if properties["voice"].startswith("cmn") else "en"
        return library.speak(spelling(text, language, properties["readings"])), library.rate


def register() -> str:
    """Make the driver known to pyttsx3; gives the name for ``pyttsx3.init``."""
    return driver.register(NAME, EspeakDriver)
