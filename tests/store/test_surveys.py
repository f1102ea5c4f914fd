from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text

from ivr.reports.queue_stats import GROUPS, queue_stats
from ivr.store.queue import report_entries
from ivr.store.recorder import ingest
from ivr.store.surveys import surveyed
from ivr.telephony.queue_log import QueueLog
from tests.queue_logs.made import ZERO, line

ZERO_HOUR = datetime.fromtimestamp(ZERO, timezone.utc)


def a_day(number: int = 60) -> bytes:
    """Calls one every 25 minutes, from 021 and by mobile phone, of two queues and agents; two of three are asked, one of
    three answers with 1 to 5."""
    lines = []
    for at in range(0, number * 1500, 1500):
        one = at // 1500
        call, queue, agent = f"c{one}", "ab"[one % 2], "12"[one % 4 // 2]
        caller = "02112345678" if one % 5 else "13800000001"
        lines += [
            line(at, call, queue, "NONE", "OPTION", "part", ("", "x")[one % 2]),
            line(at, call, queue, "NONE", "ENTERQUEUE", "", caller, 1),
            line(at + 1, call, queue, agent, "CONNECT", 1, "x", 1),
            line(at + 9, call, queue, agent, "COMPLETEAGENT", 1, 8, 1),
        ]
        if one % 3:
            lines.append(line(at + 10, call, queue, agent, "SURVEYASKED"))
        if one % 3 == 2:
            lines.append(line(at + 12, call, queue, agent, "SURVEYSCORE", one % 5 + 1))
    return b"".join(one + b"\n" for one in lines)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kolkata"])
@pytest.mark.parametrize("by", GROUPS)
def test_they_are_those_of_the_entries_in_every_row(
    engine: Engine, tmp_path: Path, by: str, zone: str
) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(a_day())
    ingest(engine, QueueLog(log, alone=True))
    for since, until in ((0, 100_000), (700, 44_444)):
        ends = ZERO_HOUR + timedelta(seconds=since), ZERO_HOUR + timedelta(seconds=until)
        rows = queue_stats(
            report_entries(engine, *ends),
            by=by,
            zone=ZoneInfo(zone),
            surveyed=surveyed(engine, *ends, by=by, zone=ZoneInfo(zone)),
        )
        asked = answered = 0
        for row in rows:
            asked, answered = asked + row["survey_asked"], answered + row["survey_answered"]
            assert row["survey_asked"] <= row["answered"]
            assert (row["survey_mean"] is None) == (row["survey_answered"] == 0)
            assert (row["survey_rate"] is None) == (row["survey_asked"] == 0)
        calls = [one for one in range(60) if since <= one * 1500 < until]
        assert (asked, answered) == (sum(c % 3 > 0 for c in calls), sum(c % 3 == 2 for c in calls))
        if by == "area":
            mobile = next(row for row in rows if row["area"] == "mobile")
            scores = [c % 5 + 1 for c in calls if c % 3 == 2 and c % 5 == 0]
            assert (mobile["survey_answered"], mobile["survey_mean"]) == (len(scores), 1)


def test_only_the_index_is_read(sqlite: Engine) -> None:
    query = (
        "EXPLAIN QUERY PLAN SELECT strftime('%H', entered_at), queue, agent, count(*), count(survey_score) "
        "FROM queue_entries WHERE survey_asked AND entered_at >= '2026-01-01' GROUP BY 1, 2, 3"
    )
    with sqlite.connect() as link:
        assert "COVERING INDEX ix_queue_entries_surveyed" in str(link.execute(text(query)).all())
