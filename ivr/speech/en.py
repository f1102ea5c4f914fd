"""English readings, on the 24-hour clock that the timetable uses.

As in :mod:`ivr.speech.zh`, what a slot holds is given in chunks, ``|`` between them.

==========================  ============  ============================
trains digit by digit       G102          G one zero two
the clock                   06:26         six twenty-six
minutes below ten           06:05         six oh five
the full hour               06:00/18:00   six o'clock / eighteen hundred
times past midnight         25:10         one ten the next day
money                       54.5          fifty-four yuan fifty
a train's letter with one   G102          G one|zero two
or two digits, then pairs
hours, then minutes         06:26         six|twenty-six
the month, then the day     2026-02-10    February|tenth
numbers after hundreds      553 yuan      five hundred|fifty-three yuan
digits in pairs             021           zero two|one
==========================  ============  ============================
"""

from __future__ import annotations

import re
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
_AFTER_A_UNIT = re.compile(r"(?<=hundred|housand|million|billion) (?!yuan)")


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


def numbered(n: int) -> tuple[str, ...]:
    """:func:`number` in chunks: 553 → five hundred|fifty-three."""
    return tuple(_AFTER_A_UNIT.split(number(n)))


counted = numbered


def ordinal(n: int) -> str:
    """1 to 99: 21 → twenty-first, 30 → thirtieth."""
    head, hyphen, last = number(n).rpartition("-")
    if last.endswith("y"):
        return last[:-1] + "ieth"
    return head + hyphen + _IRREGULAR.get(last, last + "th")


def train(letter: str, digits: str) -> tuple[str, ...]:
    """``G one|zero two``."""
    first = 2 - len(digits) % 2
    return (f"{letter} {spelled(digits[:first])}".strip(), *line_digits(digits[first:]))


def line_digits(text: str) -> tuple[str, ...]:
    """Digits one by one, in pairs: 021 → zero two|one."""
    return tuple(map(spelled, re.findall(r"[0-9]{1,2}|[*#]", text)))


def spelled(text: str) -> str:
    """Digits one by one: 02 → zero two."""
    return " ".join(_KEYS[c] if c in _KEYS else _ONES[int(c)] for c in text)


def key(name: str) -> str:
    """The name of a telephone key: 1 → one, * → star, # → the pound key."""
    return _KEYS[name] if name in _KEYS else _ONES[int(name)]


def time(hours: int, minutes: int) -> tuple[str, ...]:
    """A time of a service day; hours may pass 24: 25:10 → one|ten|the next day."""
    day, hour = divmod(hours, 24)
    after = ("the next day" if day == 1 else f"on the {ordinal(day + 1)} day",) if day else ()
    if minutes:
        return (number(hour), f"{'oh ' if minutes < 10 else ''}{number(minutes)}", *after)
    if hour == 0:
        return ("midnight", *after)
    return (f"{number(hour)} o'clock" if hour <= 12 else f"{number(hour)} hundred", *after)


def date(month: int, day: int) -> tuple[str, ...]:
    """February|tenth."""
    return (_MONTHS[month - 1], ordinal(day))


def money(yuan: Decimal) -> tuple[str, ...]:
    """553 → five hundred|fifty-three yuan, 54.5 → fifty-four yuan|fifty."""
    if yuan < 0:
        first, *rest = money(-yuan)
        return ("minus " + first, *rest)
    whole, fen = divmod(int(yuan * 100), 100)
    if fen and not whole:
        return (f"{number(fen)} fen",)
    words = tuple(_AFTER_A_UNIT.split(f"{number(whole)} yuan"))
    return (*words, f"{'oh ' if fen < 10 else ''}{number(fen)}") if fen else words


def duration(minutes: int) -> tuple[str, ...]:
    """125 → two hours|five minutes."""
    hours, rest = divmod(minutes, 60)
    whole = (f"{number(hours)} hour{'s' if hours != 1 else ''}",) if hours else ()
    return (*whole, f"{number(rest)} minute{'s' if rest != 1 else ''}") if rest or not hours else whole
