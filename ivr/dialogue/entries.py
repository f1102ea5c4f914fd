"""Fields whose keys are checked before they are taken, so that a slip is asked again for itself at once.

================  ===========================================================  ================
type              keys                                                         a slip is told by
================  ===========================================================  ================
``date``          1, 2, 3, 91 to 97 or MMDD                                    ``no_date``
``resident_id``   the eighteen signs of a resident ID, ``*`` is X              ``wrong_id``
``id_tail``       the last four of them                                        ``no_match``
``booking_number``  the nine digits of a booking number                        ``wrong_number``
``phone``         a mobile number, or a landline with its area code            ``wrong_phone``
================  ===========================================================  ================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from ivr.acd.callbacks import callable_number
from ivr.rail.booking_number import is_booking_number
from ivr.rail.dates import read_date
from ivr.rail.documents import read_id


def _date(keys: str, today: date) -> str | None:
    day = read_date(keys, today)
    return None if day is None else day.isoformat()


def _tail(keys: str, _today: date) -> str | None:
    digits = keys[:-1] + keys[-1:].replace("*", "0")
    return keys.replace("*", "X") if digits.isascii() and digits.isdigit() else None


def _number(keys: str, _today: date) -> str | None:
    return keys if is_booking_number(keys) else None


def _phone(keys: str, _today: date) -> str | None:
    return callable_number(keys) or None


@dataclass(frozen=True)
class Entry:
    """``read``: keys and today → the field's value, ``None`` for a slip; ``slip``: the sentence that tells it.
    ``star``: ``*`` is a sign like any other. ``private``: the keys and the value are personal data."""

    read: Callable[[str, date], str | None]
    slip: str = "no_match"
    star: bool = False
    private: bool = False


ENTRIES: Mapping[str, Entry] = {
    "date": Entry(_date, "no_date"),
    "resident_id": Entry(read_id, "wrong_id", star=True, private=True),
    "id_tail": Entry(_tail, star=True, private=True),
    "booking_number": Entry(_number, "wrong_number"),
    "phone": Entry(_phone, "wrong_phone", private=True),
}
