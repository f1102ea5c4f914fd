"""Conditions: a closed list, never expressions.

=================  ======================================  ==============================================
kind               so when                                 needs from outside
=================  ======================================  ==============================================
``calendar``       ``value`` is one of the names of now
``fact``           the call's fact ``subject`` is ``value``
``language``       the caller hears ``value``
``number``         the number is ``value``, or begins with
                   it when it ends in ``*``
``chose``          the caller was in part ``value``
``returning``      called within ``limit`` days before     ``caller_history``
``caller``         is marked as ``value`` (elder,         ``caller_marks``
                   disabled, vip)
``queue``          the queue ``subject`` is ``value``      ``queue_state``
                   (open: agents signed in; else closed)
``waiting``        more than ``limit`` callers wait        ``queue_state``
``wait``           the expected wait is over ``limit`` s   ``queue_state``
=================  ======================================  ==============================================

``sticky``: not a condition of menus; who answered the last call in the queue ``subject`` within ``limit`` s needs ``last_agent``.

What cannot be found out is not so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ivr.dialogue.call import CallInfo
from ivr.dialogue.session import Session
from ivr.dialogue.tree import Condition, Tree
from ivr.rail.answers import QuerySpec

#: What conditions need from outside. The calls of the same number before this one (``call``: its id): how many,
#: and how many days ago the last one was, with a fraction. The number is private.
CALLER_HISTORY = QuerySpec(
    "caller_history",
    {"caller": "text", "call": "text"},
    {"known": {"calls": "count", "days": "number"}, "new": {}},
)
#: The agents who are signed in and not paused, the callers who wait, and the wait to expect in seconds.
QUEUE_STATE = QuerySpec(
    "queue_state", {"queue": "text"}, {"known": {"agents": "count", "waiting": "count", "wait_s": "number"}}
)

#: How the number is marked: words with a space between.
CALLER_MARKS = QuerySpec("caller_marks", {"caller": "text"}, {"known": {"marks": "text"}, "none": {}})
#: The agent who answered the caller's last call in the queue, within so many seconds, and the number by which the queue of those
#: who call again knows this one.
LAST_AGENT = QuerySpec(
    "last_agent",
    {"caller": "text", "queue": "text", "within_s": "number"},
    {"known": {"number": "number", "staff": "digits"}, "none": {}},
)

_QUEUE_KINDS = ("queue", "waiting", "wait")


#: Which args of these queries appear in no log.
PRIVATE = ("caller",)


def needed(conditions: Iterable[Condition], call: CallInfo) -> dict[str, tuple[str, dict[str, Any]]]:
    """What must be asked before these can be judged: name → (query, args), in order."""
    asks: dict[str, tuple[str, dict[str, Any]]] = {}
    for condition in conditions:
        if condition.kind == "returning":
            asks[CALLER_HISTORY.name] = (
                CALLER_HISTORY.name,
                {"caller": call.caller, "call": call.call_id},
            )
        elif condition.kind == "caller":
            asks[CALLER_MARKS.name] = (CALLER_MARKS.name, {"caller": call.caller})
        elif condition.kind == "sticky" and call.caller:
            args = {"caller": call.caller, "queue": condition.subject, "within_s": condition.limit}
            asks[f"sticky:{condition.subject}"] = (LAST_AGENT.name, args)
        elif condition.kind in _QUEUE_KINDS:
            asks[f"queue:{condition.subject}"] = (QUEUE_STATE.name, {"queue": condition.subject})
    return asks


def holds(condition: Condition, tree: Tree, session: Session, now: datetime) -> bool:
    """Whether it is so. ``session.known`` has what was asked: name → slots."""
    kind, value, call = condition.kind, condition.value, session.call
    if kind == "calendar":
        return value in tree.calendar.names(now)
    if kind == "fact":
        return call.facts.get(condition.subject, "") == value
    if kind == "language":
        return session.language == value
    if kind == "number":
        return call.caller.startswith(value[:-1]) if value.endswith("*") else call.caller == value
    if kind == "chose":
        return value in session.visited
    if kind == "returning":
        known = session.known.get(CALLER_HISTORY.name, {})
        return "days" in known and known["days"] <= condition.limit
    if kind == "caller":
        return value in session.known.get(CALLER_MARKS.name, {}).get("marks", "").split()
    return _queue_holds(condition, session.known.get(f"queue:{condition.subject}", {}))


def _queue_holds(condition: Condition, state: Mapping[str, Any]) -> bool:
    if not state:
        return False
    if condition.kind == "queue":
        return condition.value == ("open" if state["agents"] > 0 else "closed")
    return bool(state["waiting" if condition.kind == "waiting" else "wait_s"] > condition.limit)
