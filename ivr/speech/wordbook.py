"""Readings in any language, from the words and frames that a site gives in ``menus/words.yaml``.

Numbers are written out by num2words; which form of a unit follows a number (час, часа, часов) and the names of the
months come from Babel, that is from Unicode's CLDR. What num2words does not know stays a number, which the voice
reads by the rules of its own language.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

#: frame → the slots it may have. ``hours``, ``minutes``, ``yuan``, ``fen`` are numbers with their unit, the others
#: numbers and words alone.
FRAMES: Mapping[str, tuple[str, ...]] = {
    "time": ("hour", "minute", "hours", "minutes"),
    "full_hour": ("hour", "hours"),
    "next_day": ("time",),
    "later_day": ("time", "day"),
    "date": ("day", "nth", "month"),
    "duration": ("hours", "minutes"),
    "money": ("yuan", "fen"),
    "train": ("letter", "digits"),
}
#: Frames that need not be given.
USUAL: Mapping[str, str] = {
    "duration": "{hours} {minutes}",
    "money": "{yuan} {fen}",
    "train": "{letter} {digits}",
}
UNITS = ("hours", "minutes", "yuan", "fen")
#: The keys of a telephone that have a name.
KEYS = ("*", "#")
OTHER = "other"

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Unit:
    """A unit after a number. ``forms``: plural category of CLDR → its form with ``{n}``. ``gender``: that of the unit
    as num2words calls it (f: одна минута), "" where numbers have none."""

    forms: Mapping[str, str]
    gender: str = ""


@dataclass(frozen=True)
class Wordbook:
    """The words of one language; its methods are those of :mod:`ivr.speech.zh`.

    ``frames``: see :data:`FRAMES`. ``units``: see :data:`UNITS`. ``keys``: * and #. ``digits``: ten words for digits
    read one by one, ``months``, ``days``: twelve and 31, without them as num2words and Babel have them. ``letters``:
    how the letters of trains are read. ``names``: Chinese name → name. ``sentences``: the standing sentences.
    ``readings``: of Mandarin, which is read by the program but for these words, word → pinyin.
    """

    language: str
    frames: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    digits: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    letters: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    readings: Mapping[str, str] = field(default_factory=dict)
    sentences: Mapping[str, str] = field(default_factory=dict)

    def number(self, n: int) -> str:
        """A number in words."""
        return in_words(n, self.language)

    counted = numbered = number

    def ordinal(self, n: int) -> str:
        """Which one: 2 → second."""
        return in_words(n, self.language, "ordinal")

    def line_digits(self, text: str) -> str:
        """Digits one by one."""
        return " ".join(self.key(digit) for digit in text)

    spelled = line_digits

    def key(self, name: str) -> str:
        """The name of a telephone key."""
        if name in self.keys:
            return self.keys[name]
        return self.digits[int(name)] if self.digits else self.number(int(name))

    def train(self, letter: str, digits: str) -> str:
        """A train's letter, "" for none, and its digits one by one."""
        words = {"letter": self.letters.get(letter, letter), "digits": self.line_digits(digits)}
        return self._frame("train", words).strip()

    def time(self, hours: int, minutes: int) -> str:
        """A time of a service day; hours may pass 24."""
        day, hour = divmod(hours, 24)
        words = {"hour": self.number(hour), "hours": self._unit("hours", hour)}
        words |= {"minute": self.number(minutes), "minutes": self._unit("minutes", minutes)}
        time = self._frame("time" if minutes else "full_hour", words)
        if day == 0:
            return time
        return self._frame(
            "next_day" if day == 1 else "later_day", {"time": time, "day": self.number(day + 1)}
        )

    def date(self, month: int, day: int) -> str:
        """A day of the year."""
        name = self.months[month - 1] if self.months else month_names(self.language)[month - 1]
        given = self.days[day - 1] if self.days else ""
        words = {"month": name, "day": given or self.number(day), "nth": given or self.ordinal(day)}
        return self._digits_out(self._frame("date", words))

    def money(self, yuan: Decimal) -> str:
        """An amount in yuan, whole fen."""
        whole, fen = divmod(abs(int(yuan * 100)), 100)
        whole = -whole if yuan < 0 else whole
        if not fen:
            return self._unit("yuan", whole)
        if not whole:
            return self._unit("fen", -fen if yuan < 0 else fen)
        return self._frame("money", {"yuan": self._unit("yuan", whole), "fen": self._unit("fen", fen)})

    def duration(self, minutes: int) -> str:
        """How long."""
        hours, rest = divmod(minutes, 60)
        if not hours or not rest:
            return self._unit("hours", hours) if hours else self._unit("minutes", rest)
        words = {"hours": self._unit("hours", hours), "minutes": self._unit("minutes", rest)}
        return self._frame("duration", words)

    def _frame(self, name: str, words: Mapping[str, str]) -> str:
        return _SLOT.sub(lambda found: words[found[1]], self.frames.get(name) or USUAL[name])

    def _unit(self, name: str, n: int) -> str:
        unit = self.units[name]
        form = unit.forms.get(plural_category(n, self.language)) or unit.forms[OTHER]
        return form.replace("{n}", in_words(n, self.language, gender=unit.gender))

    def _digits_out(self, text: str) -> str:
        """Some languages number their months: 2月."""
        return re.sub(r"[0-9]+", lambda found: self.number(int(found[0])), text)


@functools.lru_cache(maxsize=64)
def locale_of(language: str) -> Locale | None:
    """What Babel knows of a language, ``None`` for nothing."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


def plural_category(n: int, language: str) -> str:
    """The form that a unit has after ``n``: one, few, many, other …"""
    locale = locale_of(language)
    return str(locale.plural_form(abs(n))) if locale else OTHER


@functools.lru_cache(maxsize=64)
def plural_categories(language: str) -> tuple[str, ...]:
    """The forms that units have after whole numbers."""
    return tuple(dict.fromkeys(plural_category(n, language) for n in range(200)))


@functools.lru_cache(maxsize=64)
def month_names(language: str) -> Sequence[str]:
    """The names of the months as they stand in a date; () when Babel knows none."""
    from babel.dates import get_month_names

    locale = locale_of(language)
    return tuple(get_month_names("wide", locale=locale).values()) if locale else ()


@functools.lru_cache(maxsize=4096)
def in_words(n: int, language: str, form: str = "cardinal", gender: str = "") -> str:
    """A number in words; in digits when num2words does not know how."""
    import num2words

    first, _, rest = language.partition("-")
    known = num2words.CONVERTER_CLASSES
    name = next((name for name in (f"{first}_{rest.upper()}", first) if name in known), None)
    if name is None:
        return str(n)
    more = {"gender": gender} if gender else {}
    try:
        return str(num2words.num2words(n, lang=name, to=form, **more))
    except (NotImplementedError, ArithmeticError, LookupError, ValueError, TypeError):
        return in_words(n, language) if gender or form != "cardinal" else str(n)
