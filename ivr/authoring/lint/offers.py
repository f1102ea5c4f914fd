"""Which keys a free text offers, and for what: 重听请按星号键。, "To go back, press pound."."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ZH_KEYS = {
    **{word: str(n) for n, word in enumerate("零一二三四五六七八九")},
    "幺": "1",
    "星": "*",
    "井": "#",
}
_EN_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_EN_KEYS = {
    **{word: str(n) for n, word in enumerate(_EN_DIGITS)},
    "star": "*",
    "pound": "#",
    "hash": "#",
}
_ZH = re.compile(
    r"(?:(?P<before>[^，。！？；：、\s]+)[，\s]?)?请按(?P<key>[零一二三四五六七八九幺星井0-9*#])(?!定)(?:号?键)?"
)
_EN = re.compile(
    r"(?:\b(?:for|to)\s+(?P<before>[^,.;:!?]+?),?\s+)?(?:please\s+)?\bpress\s+(?:the\s+)?"
    rf"(?P<key>{'|'.join(_EN_KEYS)}|[0-9*#])(?![a-z])(?:\s+(?:for|to)\s+(?P<after>[^,.;:!?]+))?",
    re.IGNORECASE,
)
#: What repeat and back are called; a text that says the one for a key that does the other misleads.
_REPEAT = re.compile(r"重听|重复|再听|再说|repeat|again", re.IGNORECASE)
_BACK = re.compile(r"返回|上一级|上级|主菜单|\bback\b|previous|return", re.IGNORECASE)
_COMMON = frozenset(("the", "and", "for", "your", "you", "our", "this", "that", "with", "from"))


@dataclass(frozen=True)
class Offer:
    """``said``: the words; ``what`` the key is offered for, "" when that is not told."""

    said: str
    what: str
    key: str


def offers(text: str, language: str) -> Iterator[Offer]:
    """The keys that a text offers. Languages other than zh and en are not understood: none."""
    pattern, names = {"zh": (_ZH, _ZH_KEYS), "en": (_EN, _EN_KEYS)}.get(language, (None, {}))
    for found in pattern.finditer(text) if pattern else ():
        groups = found.groupdict()
        key = found["key"].lower()
        what = groups["before"] or groups.get("after") or ""
        yield Offer(found[0].strip(), what.strip(), names.get(key, key))


def same_thing(what: str, label: str, language: str) -> bool:
    """Whether the two may mean the same: they share two characters in a row, or a word."""
    if language == "en":
        return bool(_words(what) & _words(label))
    pairs = {label[n : n + 2] for n in range(max(1, len(label) - 1))}
    return any(pair in what for pair in pairs)


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z]{3,}", text.lower()) if word not in _COMMON}


def contradicts(what: str, meaning: str) -> bool:
    """Whether what is told about a key cannot be what it does everywhere: repeat, back, or a part."""
    says_repeat, says_back = bool(_REPEAT.search(what)), bool(_BACK.search(what))
    return (says_repeat and meaning != "repeat") or (says_back and meaning == "repeat")
