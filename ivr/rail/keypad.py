"""Letters as telephone keys (ITU-T E.161)."""

from __future__ import annotations

from itertools import product

_KEYS = {
    letter: key
    for key, letters in {
        "2": "abc",
        "3": "def",
        "4": "ghi",
        "5": "jkl",
        "6": "mno",
        "7": "pqrs",
        "8": "tuv",
        "9": "wxyz",
    }.items()
    for letter in letters
}


def keys_of(letters: str) -> str:
    """The keys for ``letters`` (a–z, either case): SHHQ is 7447. Raises ValueError for anything else."""
    try:
        return "".join(_KEYS[letter] for letter in letters.lower())
    except KeyError as fault:
        raise ValueError(f"no telephone key for {fault.args[0]!r}") from None


def letters_of(keys: str) -> list[str]:
    """All capital letters that ``keys`` can stand for: 26 is AM, AN, AO, BM … CO. None for 0 and 1."""
    choices = [[letter.upper() for letter, key in _KEYS.items() if key == pressed] for pressed in keys]
    return ["".join(letters) for letters in product(*choices)]


def is_keys(text: str) -> bool:
    """Whether ``text`` is one or more of the keys 0–9."""
    return text.isascii() and text.isdigit()
