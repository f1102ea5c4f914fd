"""Booking numbers: nine digits, told in three groups of three, the last one a check digit.

Digits alone, so that they can be keyed and heard. Eight of them are random, so that nobody comes to a neighbour's
booking by counting. The check digit is Damm's (Damm, "Total anti-symmetrische Quasigruppen", 2004): it finds every
single wrong digit and every swap of two neighbours.
"""

from __future__ import annotations

LENGTH = 9
RANDOM_DIGITS = LENGTH - 1
GROUP = 3

_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def _damm(digits: str) -> str:
    state = "0"
    for digit in digits:
        state = _DAMM[int(state)][int(digit)]
    return state


def with_check_digit(digits: str) -> str:
    """``digits`` (eight of them) as a booking number."""
    return digits + _damm(digits)


def is_booking_number(keys: str) -> bool:
    """Whether ``keys`` can be a booking number: nine digits whose check digit fits."""
    return len(keys) == LENGTH and keys.isascii() and keys.isdigit() and _damm(keys) == "0"


def grouped(number: str) -> str:
    """As screens show it: 825 317 094."""
    return " ".join(number[start : start + GROUP] for start in range(0, len(number), GROUP))
