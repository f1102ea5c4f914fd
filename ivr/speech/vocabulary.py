"""Every fragment that texts with slots can be made of, whatever their values: what has to be made ahead so that no answer
needs a sound that is not there. The same code cuts a text here and when it is said (:mod:`ivr.speech.fragments`)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ivr.speech.compose import Slots, at_lists, bracketed, in_chunks, units
from ivr.speech.fragments import NAMES, Filled, arranged, spoken
from ivr.speech.phrase import Phrase
from ivr.speech.reading import LANGUAGES
from ivr.speech.texts import SLOT, phrases

#: Slot type → the values that there can be. The sounds of a type that is missing, and of other values, are not made ahead.
Values = Mapping[str, Iterable[Any]]

#: What :meth:`Vocabulary.phrases` calls the menus' own words, and the values of ``named`` and ``text`` slots.
CARRIERS, NAMED = "carriers", "names"

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Known:
    """What callers may be told of the loaded data. ``names``: of stations, cities, classes …, the ones told most first;
    ``words``: what ``text`` slots hold; ``trains``: numbers; ``last_hour`` of the times of a service day, which may pass 24."""

    names: Sequence[Mapping[str, str]] = ()
    words: Sequence[str] = ()
    trains: Sequence[str] = ()
    last_hour: int = 23

    def values(self) -> Values:
        """Values that bring every chunk there can be: of all times and dates, of money by tenths of a yuan below ten
        thousand, of counts below a thousand and numbers below a hundred, of journeys that a change makes a day longer, of
        digits, numbers of bookings, and what is told of documents. A chunk does not depend on the ones beside it, so that few
        values bring all."""
        hours = range(self.last_hour + 1)
        days = [
            *(f"2024-{month:02}-01" for month in range(1, 13)),
            *(f"2024-01-{n:02}" for n in range(1, 32)),
        ]
        pairs, keys = [f"{n:02}" for n in range(100)], "0123456789*#"
        jiao = [*_AMOUNTS, *(yuan + 0.1 for yuan in _AMOUNTS), *(n / 10 for n in range(20))]
        return {
            "named": self.names,
            "text": self.words,
            "train": self.trains,
            "time": [f"{hour:02}:{minute:02}" for hour in hours for minute in (0, 1)]
            + [f"00:{minute:02}" for minute in range(60)],
            "date": days,
            "money": [f"{amount:.1f}" for amount in jiao],
            "minutes": [60 * hour + minute for hour in range(self.last_hour + 24) for minute in (0, 1)]
            + [*range(60)],
            "count": [n for n in _AMOUNTS if n < 1000],
            "number": range(100),
            "digits": [*pairs, *(f"{two}00" for two in pairs), *(f"00{two}" for two in pairs), *keys]
            + [digits for key in keys for digits in (f"00{key}", f"{key}*{key}")],
            "grouped": [f"{n:03}{n:03}" for n in range(1000)],
            "document": [f"{n}{last}" for n in range(10) for last in "0123456789X"],
        }


#: With and without hundreds and thousands before the last two digits, and those alone.
_AMOUNTS = (
    *range(200),
    *(hundreds + last for hundreds in range(200, 1000, 100) for last in (0, 1)),
    *range(1000, 1100),
    *(number + last for number in (*range(1100, 2000, 100), *range(2000, 10_000, 1000)) for last in (0, 1)),
)


@dataclass
class Vocabulary:
    """The texts of one language, taken in one after the other with :meth:`add`.

    ``carriers``: their own words that stand between slots; ``slots``: (slot type, the lone syllables before and behind it).
    """

    language: str
    carriers: dict[str, None] = field(default_factory=dict)
    slots: dict[tuple[str, str, str], None] = field(default_factory=dict)

    def add(
        self, text: str, kinds: Mapping[str, str], own: Slots = _NOTHING, lists: Iterable[str] = ()
    ) -> None:
        """Take in ``text``. ``kinds``: slot → its type; ``own``: the slots whose values stand in the menu, with them;
        ``lists``: those that are lists, whose entries' texts are added by themselves. Raises SpeechFault for any other slot.

        A language of a wordbook has no fragments, and a text without a value in it is no concern of this.
        """
        told = frozenset(lists)
        if self.language not in LANGUAGES or all(name in own for name in SLOT.findall(text)):
            return
        for chosen in bracketed(text):
            for piece, is_list in at_lists(chosen, told):
                if not is_list:
                    self._take(piece, kinds, own)

    def _take(self, text: str, kinds: Mapping[str, str], own: Slots) -> None:
        for unit in arranged(units(text, own, kinds, self.language), self.language):
            if isinstance(unit, str):
                self.carriers[unit] = None
            else:
                self.slots[unit.kind, unit.before, unit.after] = None

    def phrases(self, values: Values) -> dict[Phrase, str]:
        """The phrases of all fragments, each with what it is: :data:`CARRIERS`, a slot type, or :data:`NAMED`; names last."""
        found = {phrase: CARRIERS for carrier in self.carriers for phrase in phrases(carrier, self.language)}
        slots = sorted(self.slots, key=lambda slot: (slot[0] in NAMES, slot))
        for kind, group in itertools.groupby(slots, lambda slot: slot[0]):
            around = list(group)
            read = dict.fromkeys(in_chunks(kind, value, self.language) for value in values.get(kind, ()))
            said = (
                spoken(Filled(chunks, *slot), self.language)
                for chunks, slot in itertools.product(read, around)
            )
            for fragment in dict.fromkeys(itertools.chain.from_iterable(said)):
                for phrase in phrases(fragment, self.language):
                    found.setdefault(phrase, NAMED if kind in NAMES else kind)
        return found
