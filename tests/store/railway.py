"""A small railway in SQL: two trains over the same five stations, twenty seats each, 553 yuan from end to end."""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy import Engine, insert

from ivr.clock import utc_now
from ivr.store.database import writing
from ivr.store.models import rail as tables
from ivr.store.rail import DATA
from ivr.store.rail_versions import switch

STOPS = 5
SEATS = 20
TRAINS = {"G1": 8, "G2": 14}  # departure from the origin, o'clock; an hour to each next stop


def lay(engine: Engine, seats: int = SEATS) -> None:
    """Put the railway into the tables of ``engine``."""
    letters = dict.fromkeys(
        ("former_name", "label", "pinyin", "initials", "city", "bureau", "keypad_initials", "keypad_pinyin"),
        "",
    )
    with writing(engine) as session:
        texts = dict.fromkeys(("version", "source", "as_of", "licence", "content_hash", "form"), "")
        session.add(
            tables.RailDataset(id=1, loaded_at=utc_now(), counts={}, files={}, bundled=False, **texts)
        )
        session.flush()
        switch(session, 1, utc_now())
        session.execute(
            insert(tables.RailPresale).values(
                dataset=1, valid_from=date(2023, 1, 1), days=15, source="", verified=False
            )
        )
        rules = json.loads((DATA / "fare_rules.json").read_text("utf-8"))
        session.execute(insert(tables.RailFareRules).values(dataset=1, document=rules))
        for seq in range(1, STOPS + 1):
            session.execute(
                insert(tables.RailStation).values(
                    dataset=1, telecode=f"S{seq}", name=f"站{seq}", closed=False, traffic=1, **letters
                )
            )
        for train, hour in TRAINS.items():
            session.execute(insert(tables.RailTrain).values(dataset=1, train=train, kind="G", formation="G"))
            session.execute(
                insert(tables.RailSeats).values(dataset=1, train=train, seat_class="second", seats=seats)
            )
            for seq in range(1, STOPS + 1):
                at = 60 * (hour + seq - 1)
                arr, dep = at if seq > 1 else None, at + 2 if seq < STOPS else None
                row = {
                    "dataset": 1,
                    "number": train,
                    "train": train,
                    "seq": seq,
                    "station": f"S{seq}",
                    "arr": arr,
                    "dep": dep,
                }
                session.execute(insert(tables.RailStop).values(row))
            session.execute(
                insert(tables.RailFare).values(dataset=1, train=train, seq=STOPS, place="second", jiao=5530)
            )


def resident_id(n: int, born: str = "19800101") -> str:
    """The ``n``-th resident ID of people born on a day; made up, with a right check sign."""
    place, sequence = 110101 + n // 1000, n % 1000
    digits = f"{place}{born}{sequence:03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(w * int(d) for w, d in zip(weights, digits, strict=True)) % 11]
