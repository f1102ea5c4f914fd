"""Seat classes, the places in them (berths have fares of their own), and money."""

from __future__ import annotations

from collections.abc import Mapping

Named = Mapping[str, str]

#: In the order in which they are told.
CLASSES: Mapping[str, tuple[str, str]] = {
    "second": ("二等座", "second class"),
    "first": ("一等座", "first class"),
    "business": ("商务座", "business class"),
    "hard_seat": ("硬座", "hard seat"),
    "soft_seat": ("软座", "soft seat"),
    "hard_sleeper": ("硬卧", "hard sleeper"),
    "soft_sleeper": ("软卧", "soft sleeper"),
}

#: A berth → its class and names.
BERTHS: Mapping[str, tuple[str, str, str]] = {
    "hard_sleeper_upper": ("hard_sleeper", "硬卧上铺", "hard sleeper, upper berth"),
    "hard_sleeper_middle": ("hard_sleeper", "硬卧中铺", "hard sleeper, middle berth"),
    "hard_sleeper_lower": ("hard_sleeper", "硬卧下铺", "hard sleeper, lower berth"),
    "soft_sleeper_upper": ("soft_sleeper", "软卧上铺", "soft sleeper, upper berth"),
    "soft_sleeper_lower": ("soft_sleeper", "软卧下铺", "soft sleeper, lower berth"),
}

#: The classes whose fare depends on the berth.
WITH_BERTHS = frozenset(name for name, _, _ in BERTHS.values())

#: Everything that can have a fare: the seat classes without berths, and the berths.
PLACES = (
    *(name for name in CLASSES if not name.endswith("sleeper")),
    *BERTHS,
)


def class_of(place: str) -> str:
    """The seat class of a place."""
    return BERTHS[place][0] if place in BERTHS else place


def named_place(place: str) -> Named:
    """A seat class or berth with its names."""
    zh, en = BERTHS[place][1:] if place in BERTHS else CLASSES[place]
    return {"code": place, "zh": zh, "en": en}


def lowest(fares: Mapping[str, int]) -> dict[str, int]:
    """Fares by place → fares by class; of a class with berths, the cheapest berth."""
    cheapest: dict[str, int] = {}
    for place, fare in fares.items():
        name = class_of(place)
        cheapest[name] = min(fare, cheapest.get(name, fare))
    return cheapest


def money(jiao: int) -> str:
    """Yuan as a slot holds them: 545 → "54.5", 5530 → "553"."""
    return f"{jiao // 10}.{jiao % 10}" if jiao % 10 else str(jiao // 10)
