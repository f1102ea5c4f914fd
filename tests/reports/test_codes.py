from __future__ import annotations

from ivr.reports.codes import COLUMNS, code_report
from ivr.store.call_codes import Coded


def test_codes_of_all_agents_together_and_what_has_none() -> None:
    coded = [
        Coded("a", "1", "10", "余票", 2),
        Coded("a", "1", "21", "改签", 3),
        Coded("a", "2", "10", "余票", 4),
        Coded("b", "1", "10", "余票", 1),
    ]
    rows = code_report(coded, {"a": 12, "b": 1, "c": 2})
    assert [tuple(row.values()) for row in rows] == [
        ("a", "10", "余票", 6, 0.5),
        ("a", "21", "改签", 3, 0.25),
        ("a", None, None, 3, 0.25),
        ("b", "10", "余票", 1, 1.0),
        ("c", None, None, 2, 1.0),
    ]
    assert [tuple(row) for row in rows] == [COLUMNS] * 5
    assert code_report([], {"a": 0}) == []
    assert code_report(coded[:1], {})[0]["share"] is None
