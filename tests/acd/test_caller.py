from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.acd.caller import area_of

AREAS = {
    "01012345678": "010",
    "02112345678": "021",
    "051212345678": "0512",
    "13812345678": "mobile",
    "+8613812345678": "mobile",
    "008613812345678": "mobile",
    "+862112345678": "021",
    "+861012345678": "010",
    "+8651212345678": "0512",
    "+4930123456": "abroad",
    "004930123456": "abroad",
    "95105105": "",
    "1001": "",
    "": "",
    "0101234": "",
    "+86123": "",
}


@pytest.mark.parametrize(("number", "area"), AREAS.items())
def test_what_a_number_tells_of_its_area(number: str, area: str) -> None:
    assert area_of(number) == area


@given(st.text("+0123456789", max_size=20))
def test_any_number_has_an_area_of_at_most_eight_characters(number: str) -> None:
    assert len(area_of(number)) <= 8
