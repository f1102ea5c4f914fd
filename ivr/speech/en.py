"""English readings, on the 24-hour clock that the timetable uses.

==========================  ============  ============================
trains digit by digit       G102          G one zero two
the clock                   06:26         six twenty-six
minutes below ten           06:05         six oh five
the full hour               06:00/18:00   six o'clock / eighteen hundred
times past midnight         25:10         one ten the next day
money                       54.5          fifty-four yuan fifty
==========================  ============  ============================
"""

from __future__ import annotations

from decimal import Decimal

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_IRREGULAR = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth"}
_IRREGULAR |= {"nine": "ninth", "twelve": "twelfth"}
_KEYS = {"*": "star", "#": "the pound key"}


def number(n: int) -> str:
    """A number: 553 → five hundred fifty-three."""
    if n < 0:
        return "minus " + number(-n)
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + (f"-{_ONES[n % 10]}" if n % 10 else "")
    for unit, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if n >= unit:
            rest = f" {number(n % unit)}" if n % unit else ""
            return f"{number(n // unit)} {name}{rest}"
    raise AssertionError("unreachable")  # pragma: no cover


def ordinal(n: int) -> str:
    """1 to 99: 21 → twenty-first, 30 → thirtieth."""
    head, hyphen, last = number(n).rpartition("-")
    if last.endswith("y"):
        return last[:-1] + "ieth"
    return head + hyphen + _IRREGULAR.get(last, last + "th")


def train(letter: str, digits: str) -> str:
    """``G one zero two``."""
    return f"{letter} {line_digits(digits)}".strip()


def line_digits(text: str) -> str:
    """Digits one by one: 021 → zero two one."""
    return " ".join(_KEYS[c] if c in _KEYS else _ONES[int(c)] for c in text)


def key(name: str) -> str:
    """The name of a telephone key: 1 → one, * → star, # → the pound key."""
    return _KEYS[name] if name in _KEYS else _ONES[int(name)]


def time(hours: int, minutes: int) -> str:
    """A time of a service day; hours may pass 24: 25:10 → one ten the next day."""
    day, hour = divmod(hours, 24)
    if minutes == 0:
        words = (
            f"{number(hour)} o'clock"
            if 1 <= hour <= 12
            else f"{number(hour)} hundred"
            if hour
            else "midnight"
        )
    else:
        words = f"{number(hour)} {'oh ' if minutes < 10 else ''}{number(minutes)}"
    if day == 0:
        return words
    return f"{words} the next day" if day == 1 else f"{words} on the {ordinal(day + 1)} day"


def date(month: int, day: int) -> str:
    """February tenth."""
    return f"{_MONTHS[month - 1]} {ordinal(day)}"


def money(yuan: Decimal) -> str:
    """553 → five hundred fifty-three yuan, 54.5 → fifty-four yuan fifty."""
    if yuan < 0:
        return "minus " + money(-yuan)
    whole, fen = divmod(int(yuan * 100), 100)
    if not fen:
        return f"{number(whole)} yuan"
    if not whole:
        return f"{number(fen)} fen"
    return f"{number(whole)} yuan {'oh ' if fen < 10 else ''}{number(fen)}"


def duration(minutes: int) -> str:
    """125 → two hours five minutes."""
    hours, rest = divmod(minutes, 60)
    words = [f"{number(hours)} hour{'s' if hours != 1 else ''}"] if hours else []
    if rest or not hours:
        words.append(f"{number(rest)} minute{'s' if rest != 1 else ''}")
    return " ".join(words)
