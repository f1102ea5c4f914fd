"""What GTFS trips and stations are called and how callers key it: numbers, names in both languages, letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from ivr.rail.keypad import keys_of
from ivr.store.models.rail import RailStation
from ivr.store.rail_data import Row, Rows

TRANSLATIONS = "translations.txt"

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


def read_translations(rows: Rows) -> Mapping[tuple[str, str, str], str]:
    """Names of stops in other languages: language (zh, en), ``record_id`` or ``field_value``, and its value → name."""

    def make(row: dict[str, str]) -> Row:
        return {**row, "name": row["translation"], "language": re.split("[-_]", row["language"].lower())[0]}

    may = ("table_name", "field_name", "language", "translation", "record_id", "field_value")
    found = rows.read(TRANSLATIONS, make, (), may, table=RailStation)
    return {
        (row["language"], by, row[by]): row["name"]
        for row in found
        if (row["table_name"], row["field_name"]) == ("stops", "stop_name") and row["name"]
        for by in ("field_value", "record_id")
        if row[by]
    }


def station_of(stop: Row) -> Row:
    """A row of ``rail_station``; its keys are the Latin letters of the name that the feed itself gives it."""
    name = stop["name"]
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z]+", folded)
    letters, initials = "".join(words).lower()[:120], "".join(word[0] for word in words).lower()[:40]
    return {
        "telecode": stop["telecode"],
        "name": stop["zh"] or name,
        "former_name": "",
        "label": stop["en"] or name,
        "pinyin": letters,
        "initials": initials,
        "city": "",
        "bureau": "",
        "closed": False,
        "keypad_initials": keys_of(initials),
        "keypad_pinyin": keys_of(letters),
    }
