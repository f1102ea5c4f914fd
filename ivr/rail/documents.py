"""The resident ID number (公民身份号码, GB 11643-1999): its check digit, its date of birth, its holder's age.

Eighteen signs: six for the place, eight for the date of birth, three in sequence, one to check. The check sign is ISO 7064
MOD 11-2, so that it may be X, which callers key as ``*``. Residence permits for people from Hong Kong, Macau and Taiwan
have the same form (places 81 to 83). Other documents have letters and are for an agent.
"""

from __future__ import annotations

from datetime import date

LENGTH = 18

_CHECK_SIGNS = "10X98765432"
_WEIGHTS = tuple(2**power % 11 for power in range(LENGTH - 1, 0, -1))
#: The first two digits: provinces, and the permits' 81 to 83.
_PLACES = frozenset(
    f"{code}"
    for codes in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
        range(71, 72),
        range(81, 84),
    )
    for code in codes
)
_OLDEST_YEARS = 130


def read_id(keys: str, today: date) -> str | None:
    """The ID number that ``keys`` mean (``*`` is X); ``None`` when it cannot be one: too short or long, an unknown
    place, a date of birth that does not exist, lies ahead or long ago, or a check sign that does not fit."""
    number = keys.upper().replace("*", "X")
    digits = number[: LENGTH - 1]
    if len(number) != LENGTH or not (digits.isascii() and digits.isdigit()):
        return None
    if number[:2] not in _PLACES or number[-1] != check_sign(digits):
        return None
    try:
        born = birth_date(number)
    except ValueError:
        return None
    return number if born <= today and today.year - born.year <= _OLDEST_YEARS else None


def check_sign(digits: str) -> str:
    """The eighteenth sign for the first seventeen digits."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))
    return _CHECK_SIGNS[total % 11]


def birth_date(number: str) -> date:
    """The holder's date of birth. Raises ValueError for a day that does not exist."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def age_on(born: date, day: date) -> int:
    """Full years on ``day``; the birthday itself counts. Born on 29 February: on 1 March of other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def masked_id(number: str) -> str:
    """As screens show it: only the last four signs."""
    return "*" * (len(number) - 4) + number[-4:]
