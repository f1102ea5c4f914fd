"""Syllables of Hanyu Pinyin with tone digits, taken apart."""

from __future__ import annotations

import re

#: As they are spelled behind an initial.
FINALS = (
    *(
        "a",
        "ai",
        "an",
        "ang",
        "ao",
        "e",
        "ei",
        "en",
        "eng",
        "er",
        "i",
        "ia",
        "ian",
        "iang",
        "iao",
        "ie",
        "in",
        "ing",
    ),
    *(
        "iong",
        "iu",
        "o",
        "ong",
        "ou",
        "u",
        "ua",
        "uai",
        "uan",
        "uang",
        "ui",
        "un",
        "ueng",
        "uo",
        "ü",
        "üe",
        "üan",
        "ün",
    ),
)
_SYLLABLE = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcs]?)([a-zü]+?)([1-5])")


def parts(syllable: str) -> tuple[str, str, str]:
    """Initial, final as it is spelled behind an initial, and tone digit (5 is neutral): ``you3`` → "", "iu", "3"; ü may be
    written v. Raises ValueError for what is no syllable."""
    found = _SYLLABLE.fullmatch(_with_initial(syllable.replace("v", "ü")))
    if found:
        initial, final, tone = found.groups()
        if initial in ("j", "q", "x") and final.startswith("u"):
            final = "ü" + final[1:]
        if final in FINALS:
            return initial, final, tone
    raise ValueError(f"'{syllable}' is no syllable of pinyin")


def _with_initial(pinyin: str) -> str:
    """A syllable that begins with y or w as it would be spelled behind an initial: ``you3`` → ``iu3``."""
    if pinyin.startswith(("yu", "yi", "wu")):
        return pinyin[1:].replace("u", "ü", 1) if pinyin[0] == "y" else pinyin[1:]
    if pinyin.startswith("y"):
        return "i" + pinyin[1:].replace("ou", "u", 1)
    if pinyin.startswith("w"):
        return "u" + re.sub(r"^e(?=i|n\d)", "", pinyin[1:])
    return pinyin


def fault_of(word: str, reading: str) -> str:
    """Why ``reading`` cannot be that of a Chinese word; empty when it can: a syllable with its tone for each character."""
    if not re.fullmatch("[\u3400-\u4dbf\u4e00-\u9fff]+", word):
        return "only a word of Chinese characters has a reading"
    syllables = reading.split()
    if len(syllables) != len(word):
        return f"it has {len(word)} characters and {len(syllables)} syllables; write such as lu4 an1"
    for syllable in syllables:
        try:
            parts(syllable)
        except ValueError as fault:
            return f"{fault}; write it in small letters with its tone, 1 to 5"
    return ""
