"""What callers key: the numbers of GTFS trips and the letters of stations' names."""

from __future__ import annotations

import re
import unicodedata

from ivr.rail.keypad import keys_of
from ivr.store.rail_data import Row

#: The longest number of a train that can be spoken and keyed.
MOST_DIGITS = 5


def train_number(short_name: str, trip_id: str) -> str:
    """What callers call a trip: ``G102`` and ``101`` as they are, else the digits of the name (ICE 599 is 599), else
    the last five of the identifier; "" without any digit."""
    plain = short_name.replace(" ", "").upper()
    if re.fullmatch(r"[A-Z]?[0-9]{1,5}", plain, re.ASCII):
        return plain
    for text in (short_name, trip_id):
        if digits := "".join(re.findall(r"[0-9]", text)):
            return digits[-MOST_DIGITS:]
    return ""


def station_of(stop: Row) -> Row:
    """A row of ``rail_station``; its keys are the Latin letters of its name."""
    name = stop["name"]
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z]+", folded)
    letters, initials = "".join(words).lower()[:120], "".join(word[0] for word in words).lower()[:40]
    return {
        "telecode": stop["telecode"],
        "name": name,
        "former_name": "",
        "label": name,
        "pinyin": letters,
        "initials": initials,
        "city": "",
        "bureau": "",
        "closed": False,
        "keypad_initials": keys_of(initials),
        "keypad_pinyin": keys_of(letters),
    }
