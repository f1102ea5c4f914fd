"""What callers chose last: by the keyed hash of the number, for some days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from ivr.app import make_home, open_store
from ivr.clock import fixed_clock
from ivr.dialogue.actions import Ask
from ivr.dialogue.call import CallInfo, Step
from ivr.query_service import QueryService
from ivr.rail.answers import Answer
from ivr.settings import Settings
from ivr.store.choices import remember, station_choices
from ivr.store.database import reading, writing
from ivr.store.journal import BatchingJournal, DirectJournal
from ivr.store.migrate import upgrade
from ivr.store.models.choices import CallerChoice
from ivr.store.models.rail import RailDataset, RailLive, RailStation

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=timezone.utc)
CALLER = "13800005678"
HONGQIAO = {"code": "AOH", "zh": "上海虹桥", "en": "Shanghaihongqiao"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    settings = Settings(home=tmp_path)
    make_home(settings)
    engine = open_store(settings)
    upgrade(engine)
    with writing(engine) as session:
        for number in (1, 2):
            session.add(
                RailDataset(
                    version=str(number),
                    source="",
                    as_of="",
                    licence="",
                    content_hash="",
                    loaded_at=NOW,
                    counts={},
                    files={},
                    form="csv",
                    bundled=False,
                )
            )
        session.flush()
        session.add(RailLive(id=1, dataset=2, switched_at=NOW))
        for dataset, code, name, label in (
            (2, "AOH", "上海虹桥", "Shanghaihongqiao"),
            (2, "SHH", "上海", "Shanghai"),
            (1, "AOH", "虹桥", "Hongqiao"),
            (1, "OLD", "旧站", "Old"),
        ):
            session.add(
                RailStation(
                    dataset=dataset,
                    telecode=code,
                    name=name,
                    former_name="",
                    label=label,
                    pinyin="",
                    initials="",
                    city="上海",
                    bureau="",
                    closed=False,
                    keypad_initials="",
                    keypad_pinyin="",
                    traffic=0,
                )  # fmt: skip
            )
    yield engine
    engine.dispose()


def last(engine: Engine, caller: str = CALLER, field: str = "from", at: datetime = NOW) -> Answer:
    """As the dialogue asks for it."""
    return QueryService(engine, fixed_clock(at))(Ask("last_choice", {"caller": caller, "field": field}))


def choose(engine: Engine, station: str, caller: str = CALLER, at: datetime = NOW, days: int = 90) -> None:
    with writing(engine) as session:
        remember(session, caller, {"from": station}, at, days)


def test_the_last_choice_is_known_for_some_days(engine: Engine) -> None:
    assert last(engine) == Answer("none")
    choose(engine, "SHH")
    choose(engine, "AOH")
    assert last(engine) == Answer("known", {"last": HONGQIAO})
    assert last(engine, field="to") == Answer("none")
    assert last(engine, caller="13800005679") == Answer("none")
    assert last(engine, at=NOW + timedelta(days=89)).outcome == "known"
    assert last(engine, at=NOW + timedelta(days=90)) == Answer("none")


def test_what_is_too_old_is_deleted_with_the_next_choice_of_anybody(engine: Engine) -> None:
    choose(engine, "AOH")
    choose(engine, "SHH", "13900000000", NOW + timedelta(days=90))
    with reading(engine) as session:
        (left,) = session.scalars(select(CallerChoice))
        assert left.station == "SHH"


@pytest.mark.parametrize("caller", ["", "anonymous", "12", "1380000 5678"])
def test_withheld_numbers_are_not_one_caller(engine: Engine, caller: str) -> None:
    choose(engine, "AOH", caller)
    assert last(engine, caller) == Answer("none")


def test_a_site_may_keep_nothing(engine: Engine) -> None:
    choose(engine, "AOH", days=0)
    assert last(engine) == Answer("none")


def test_a_station_that_is_no_more_is_not_offered(engine: Engine) -> None:
    for gone in ("ZZZ", "OLD"):  # one that the live data have no more
        choose(engine, gone)
        assert last(engine) == Answer("none")


def test_the_number_itself_is_nowhere(engine: Engine) -> None:
    choose(engine, "AOH")
    with reading(engine) as session:
        (row,) = session.execute(text("SELECT * FROM caller_choices"))
        assert CALLER not in str(row)


def test_how_many_callers_chose_a_station(engine: Engine) -> None:
    for number in range(3):
        choose(engine, "AOH", f"1390000000{number}")
    choose(engine, "SHH")
    choose(engine, "SHH")
    with reading(engine) as session:
        assert station_choices(session, ["AOH", "SHH", "VNP"]) == {"AOH": 3, "SHH": 1}


@pytest.mark.parametrize("kind", [DirectJournal, BatchingJournal])
def test_the_journal_remembers_what_a_call_chose(engine: Engine, kind: type[DirectJournal]) -> None:
    journal = kind(engine)
    journal.begin(CallInfo("17.1", caller=CALLER), "r1", NOW)
    journal.step(
        "17.1", Step(1, NOW, "tickets", "ask", query="tickets", outcome="many", remember={"from": "AOH"})
    )
    journal.end("17.1", NOW, "completed")
    journal.step("17.2", Step(1, NOW, "tickets", "ask", query="tickets", remember={"from": "SHH"}))
    journal.close()
    assert last(engine).slots == {"last": HONGQIAO}
