"""Time goes on between two keys of a caller who is played."""

from __future__ import annotations

import pytest

from tests.telephony.fake_agi import Seconds


@pytest.fixture(autouse=True)
def key_time(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """The clock of the keys."""
    seconds = Seconds()
    monkeypatch.setattr("ivr.telephony.key_reader.monotonic", seconds)
    return seconds
