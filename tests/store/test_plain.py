from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine

from ivr.errors import IvrError
from ivr.store.audit import note
from ivr.store.database import writing
from ivr.store.plain import plainly

AT = datetime(2026, 2, 10, 9, 0, 0, 125_000, tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize("way", ["address", "engine", "another way to write it"])
def test_rows_are_read_by_the_driver(engine: Engine, way: str) -> None:
    with writing(engine) as session:
        for number in range(7000):  # more than are fetched at once
            note(session, AT + timedelta(seconds=number % 2), "甲", "look", str(number), {})
    address = engine.url.render_as_string(hide_password=False)
    source = {"address": address, "engine": engine, "another way to write it": _other(address)}[way]
    wanted = "SELECT at, who, subject FROM audit_log WHERE at < :until ORDER BY id"
    with plainly(source) as reader:
        rows = [
            (reader.moment(at), *rest) for at, *rest in reader.rows(wanted, until=AT + timedelta(seconds=1))
        ]
        assert rows == [(AT, "甲", str(number)) for number in range(0, 7000, 2)]
        assert rows[0][0].utcoffset() == timedelta(0)


def _other(address: str) -> str:
    return (
        address.replace("sqlite://", "sqlite+pysqlite://")
        if "sqlite" in address
        else f"{address}&application_name=a"
    )


def test_a_database_that_cannot_be_read_is_told_without_its_password(engine: Engine) -> None:
    address = engine.url.render_as_string(hide_password=False)
    with plainly(address) as reader, pytest.raises(IvrError, match="the database cannot be used"):
        list(reader.rows("SELECT nothing FROM nowhere"))
    gone = "postgresql+psycopg://ivr:secret@127.0.0.1:1/ivr"
    with pytest.raises(IvrError, match="the database cannot be used") as told, plainly(gone):
        pass
    assert "secret" not in str(told.value)
