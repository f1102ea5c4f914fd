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
CALLBACK_NUMBER = QuerySpec(
    "callback_number",
    takes={"caller": "call"},
    outcomes={"own": {"number": "grouped"}, "ask": {}, "pending": {}, "unavailable": {}},
    about="whether the caller can be called back at the number that they call from",
)
REQUEST_CALLBACK = QuerySpec(
    "request_callback",
    takes={"number": "phone", "caller": "call", "call": "call", "queue": "call", "place": "call"},
    outcomes={"placed": {"number": "grouped"}, "pending": {}, "refused": {}, "unavailable": {}},
    optional=frozenset({"number"}),
    about="notes a callback to the number, else to that of the caller, who keeps the place in the queue",
)
CALLBACK_ABOUT = QuerySpec(
    "callback_about",
    takes={"key": "call"},
    outcomes={"known": {"number": "digits", "queue": "text", "minutes": "minutes"}, "gone": {}},
    about="what the callback is about that an agent has at the phone",
)
CALLBACK_QUERIES = {spec.name: spec for spec in (CALLBACK_NUMBER, REQUEST_CALLBACK, CALLBACK_ABOUT)}

QUERIES: Mapping[str, QuerySpec] = {
    **RAIL_QUERIES,
    **BOOKING_QUERIES,
    AGENT_PIN.name: AGENT_PIN,
    CALL_CODE.name: CALL_CODE,
    **CALLBACK_QUERIES,
}
