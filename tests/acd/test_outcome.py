from __future__ import annotations

import pytest

from ivr.acd.outcome import call_outcome


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"lost": True, "entries": ["answered"]}, "lost"),
        ({"ended": False, "entries": ["answered"]}, "open"),
        ({"entry": "agent", "dialogue": "completed"}, "seat"),
        ({"entries": ["timed_out", "answered", "abandoned"]}, "answered"),
        ({"entries": ["timed_out", "abandoned"], "dialogue": "completed"}, "abandoned"),
        ({"entries": ["refused_empty"]}, "refused_empty"),
        ({"dialogue": "completed"}, "self_service"),
        ({"dialogue": "served"}, "self_service"),
        ({"dialogue": "served", "entries": ["abandoned"]}, "abandoned"),
        ({"dialogue": "no_input"}, "no_input"),
        ({"dialogue": "too_many_tries"}, "too_many_tries"),
        ({"dialogue": ""}, "hung_up"),
        ({"dialogue": "transferred"}, "hung_up"),
    ],
)
def test_the_first_rule_that_fits_counts(facts: dict[str, object], outcome: str) -> None:
    known: dict[str, object] = {
        "ended": True,
        "lost": False,
        "entry": "hotline",
        "dialogue": "",
        "entries": [],
    }
    assert call_outcome(**{**known, **facts}) == outcome  # type: ignore[arg-type]
