from __future__ import annotations

import pytest


def test_upgrade_makes_the_tables_and_may_be_repeated(ivr) -> None:
    first = ivr("db", "upgrade", "--json")
    assert first.code == 0
    assert set(first.document) == {"database", "revision"}
    again = ivr("db", "upgrade")
    assert f"is at revision {first.document['revision']}" in again.out
    assert ivr("queue", "list").code == 0


def test_a_database_that_cannot_be_used_is_told_in_one_line(ivr, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ivr("queue", "stats")
    assert (missing.code, missing.err.count("\n")) == (1, 1)
    assert "ivr db upgrade" in missing.err
    for url, code in (
        ("sqlite:////nonexistent/x/ivr.db", 1),
        ("no address", 2),
        ("postgresql+psycopg://x:secret@127.0.0.1:1/x", 1),
    ):
        monkeypatch.setenv("IVR_DATABASE_URL", url)
        fault = ivr("db", "upgrade")
        assert (fault.code, fault.err.count("\n")) == (code, 1), fault.err
        assert "secret" not in fault.err
