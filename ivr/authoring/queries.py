"""Every query that a menu can ask."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.rail.answers import QuerySpec
from ivr.rail.booking_queries import SPECS as BOOKING_QUERIES
from ivr.rail.queries import QUERIES as RAIL_QUERIES

AGENT_PIN = QuerySpec(
    "agent_pin",
    takes={"staff": "digits", "pin": "digits"},
    outcomes={"right": {}, "wrong": {}, "locked": {}},
    about="whether the PIN belongs to the staff number",
)

CALL_CODE = QuerySpec(
    "call_code",
    takes={"seat": "call", "key": "call", "code": "digits"},
    outcomes={
        "noted": {"code": "digits", "label": "text"},
        "missing": {},
        "unknown": {"code": "digits"},
        "no_call": {},
        "nobody": {},
    },
    optional=frozenset({"code"}),
    about="what the last call was about that the agent at the seat answered: the code, or the key after the feature code; missing: none",
)

QUERIES: Mapping[str, QuerySpec] = {
    **RAIL_QUERIES,
    **BOOKING_QUERIES,
    AGENT_PIN.name: AGENT_PIN,
    CALL_CODE.name: CALL_CODE,
}
