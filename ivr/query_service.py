"""Answers the dialogue's queries: each named query goes to the part of the house that knows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.clock import Clock
from ivr.dialogue.actions import Ask
from ivr.dialogue.conditions import CALLER_HISTORY, CALLER_MARKS, LAST_AGENT, QUEUE_STATE
from ivr.dialogue.forms import LAST_CHOICE
from ivr.rail.answers import Answer
from ivr.store.database import Engine, Session, reading, writing
from ivr.telephony.agi_dialogue import AT_SEAT, MESSAGE_KEEP, MESSAGE_PLACE, REACH, describe

if TYPE_CHECKING:
    from ivr.authoring.live import LiveMenus
    from ivr.callbacks import Callbacks
    from ivr.rail.ticket_source import TicketSource
    from ivr.roster import Roster
    from ivr.store.messages import MessageBox

log = logging.getLogger(__name__)


_FACTS = {spec.name for spec in (CALLER_HISTORY, CALLER_MARKS, LAST_AGENT, LAST_CHOICE, QUEUE_STATE)}


def _fact(session: Session, ask: Ask, now: datetime) -> Answer:
    """What is known of the caller, or of a queue now."""
    from ivr.store import facts
    from ivr.store.caller_marks import marks_of
    from ivr.store.choices import last_choice

    if ask.query == CALLER_HISTORY.name:
        return facts.caller_history(session, ask.args["caller"], ask.args["call"], now)
    if ask.query == CALLER_MARKS.name:
        return marks_of(session, ask.args["caller"])
    if ask.query == LAST_AGENT.name:
        return facts.last_agent(session, **ask.args, now=now)
    if ask.query == LAST_CHOICE.name:
        return last_choice(session, ask.args["caller"], ask.args["field"], now)
    return facts.queue_state(session, ask.args["queue"], now)


class QueryService:
    """Answers the dialogue's queries from the database; safe to use from several threads."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        menus: LiveMenus | None = None,
        messages: MessageBox | None = None,
        tickets: TicketSource | None = None,
        roster: Roster | None = None,
        callbacks: Callbacks | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._menus = menus
        self._messages = messages
        self._tickets = tickets
        self._roster = roster
        self._callbacks = callbacks

    def __call__(self, ask: Ask, wanted: Callable[[], bool] = lambda: True) -> Answer:
        """The answer; the outcome ``error`` when the database does not give one. ``wanted``: whether somebody still
        waits for it; a booking that nobody waits for is not made."""
        try:
            return self._answer(ask, wanted)
        except Exception as fault:  # the caller must hear something, whatever went wrong
            log.error("query %s failed: %s", ask.query, describe(fault))
            return Answer("error")

    def _answer(self, ask: Ask, wanted: Callable[[], bool]) -> Answer:
        from ivr.authoring.live import MENU_OF_CALL
        from ivr.authoring.queries import AGENT_PIN, CALL_CODE
        from ivr.callbacks import CALLBACK_ANSWERS
        from ivr.rail import queries
        from ivr.rail.booking_offer import ELSEWHERE
        from ivr.rail.booking_queries import BOOKS
        from ivr.store.booking_answers import BOOKING_ANSWERS
        from ivr.store.rail_source import SqlRailSource

        now = self._clock()
        if ask.query == MENU_OF_CALL and self._menus is not None:
            return Answer("known" if self._menus.recall(ask.args["call"]) else "unknown")
        if ask.query == AGENT_PIN.name:
            from ivr.store.agents import check_pin

            with writing(self._engine) as session:
                return Answer(check_pin(session, ask.args["staff"], ask.args["pin"], now))
        if ask.query == AT_SEAT and self._roster is not None:
            done = self._roster.does(**ask.args)
            return Answer(done.outcome, {"staff": done.staff})
        if ask.query == CALL_CODE.name and self._roster is not None:
            from ivr.store.call_codes import note_code

            staff = self._roster.staff_at(ask.args["seat"])
            code = ask.args.get("code") or ask.args["key"] or ""
            codes = {queue.name: queue.codes for queue in self._roster.queues().values()}
            return note_code(self._engine, staff, ask.args["seat"], code, codes, now)
        if ask.query == REACH and self._roster is not None:
            to = self._roster.reach(**ask.args)
            return Answer("found", {"to": to}) if to else Answer("absent")
        if ask.query in CALLBACK_ANSWERS and self._callbacks is not None:
            return self._callbacks.answer(ask.query, ask.args, now)
        if ask.query in (MESSAGE_PLACE, MESSAGE_KEEP):
            return self._message(ask)
        if ask.query in _FACTS:
            with reading(self._engine) as session:
                return _fact(session, ask, now)
        if ask.query in BOOKS and self._tickets is not None:
            return Answer(ELSEWHERE)
        if ask.query in BOOKING_ANSWERS:
            return BOOKING_ANSWERS[ask.query](self._engine, ask.args, now, wanted)
        with reading(self._engine) as session:
            return queries.ask(
                SqlRailSource(session, now), ask.query, ask.args, now.date(), now.time(), self._tickets
            )

    def _message(self, ask: Ask) -> Answer:
        if self._messages is None:
            return Answer("error")
        if ask.query == MESSAGE_PLACE:
            return Answer("ready", {"path": str(self._messages.place(ask.args["call"]))})
        return Answer(self._messages.keep(Path(ask.args["path"]), ask.args["call"], ask.part))
