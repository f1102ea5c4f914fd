"""Callbacks in the queue: answers for the dialogues, and the keeper that holds the callers' places in Asterisk's queue.

A place is held by a Local channel in the queue itself, with the priority of the moment at which the caller came; so
app_queue keeps order, skills and strategy, and nobody who came earlier is overtaken. What became of it comes from
``queue_log`` (:mod:`ivr.store.callbacks`). The keeper makes whatever is missing: it may be killed at any instant.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from ivr.acd.callbacks import OPEN, SOON, Rules, callable_number, holder_id, holder_of
from ivr.acd.roster import GENERAL, LEVELS
from ivr.clock import Clock, utc_now
from ivr.dialogue.calendar import Calendar
from ivr.dialogue.queues import Queue
from ivr.errors import IvrError
from ivr.rail.answers import Answer
from ivr.roster import manager
from ivr.settings import Settings
from ivr.store import callbacks as store
from ivr.store.database import Engine
from ivr.store.models.callbacks import Callback
from ivr.telephony.ami import AmiClient, QueueStatus
from ivr.telephony.asterisk_config import AsteriskHome
from ivr.telephony.asterisk_process import ask

log = logging.getLogger(__name__)

#: Seconds between two looks at what callers have asked for.
LOOK_EVERY_S = 0.5
#: So long a holder may need to come into the queue; one that is not there then is made again, with the same ids.
_MADE_WITHIN = timedelta(seconds=3)
_TOLD_AFTER_S = 20.0
_DAY_S = 86_400
#: The queries that :class:`Callbacks` answers.
CALLBACK_ANSWERS = ("callback_number", "request_callback", "callback_about", "callback_claim")

Queues = Callable[[], Mapping[str, Queue]]


def rules_of(settings: Settings) -> Rules:
    """How often and when a callback is tried, by the settings."""
    return Rules(
        settings.callback_attempts,
        timedelta(seconds=settings.callback_busy_s),
        timedelta(seconds=settings.callback_no_answer_s),
        settings.callback_least_s,
        timedelta(hours=settings.callback_keep_h),
    )


class Callbacks:
    """Answers what dialogues ask about callbacks; safe to use from several threads."""

    def __init__(self, settings: Settings, engine: Engine, queues: Queues) -> None:
        self._settings, self._engine, self._queues = settings, engine, queues
        self._refused = tuple(prefix for prefix in settings.callback_refused.split(",") if prefix)

    def answer(self, query: str, args: Mapping[str, Any], now: datetime) -> Answer:
        """The answer to one of :data:`CALLBACK_ANSWERS`."""
        if query == "callback_about":
            return self._about(args["key"], now)
        if query == "callback_claim":
            return self._claim(args["callback"], args["turn"])
        if not self._settings.trunk_out:
            return Answer("unavailable")
        number = callable_number(str(args.get("number") or args["caller"]), self._refused)
        if query == "callback_number":
            if not number:
                return Answer("ask")
            return (
                Answer("pending")
                if store.pending(self._engine, number)
                else Answer("own", {"number": number})
            )
        if not number:
            return Answer("refused")
        queue = args["queue"] if args["queue"] in self._queues() else GENERAL
        place_at = _moment(args["place"]) or now
        outcome = store.request(
            self._engine, number, queue, args["call"], place_at, utc_now(), self._settings.node
        )
        return Answer(outcome, {"number": number} if outcome == "placed" else {})

    def _about(self, callback: str, now: datetime) -> Answer:
        row = store.found(self._engine, int(callback)) if callback.isdigit() else None
        if row is None or row.state not in OPEN:
            return Answer("gone")
        queue = self._queues().get(row.queue)
        minutes = round((now - row.requested_at).total_seconds() / 60)
        label = (queue.label if queue else "") or row.queue
        return Answer("known", {"number": str(row.id), "queue": label, "minutes": max(1, minutes)})

    def _claim(self, callback: str, turn: str) -> Answer:
        if not (callback.isdigit() and turn.isdigit()):
            return Answer("stop")
        number = store.claim(self._engine, int(callback), int(turn), utc_now())
        # Checked once more at the last moment: what is refused now was perhaps not when it was asked for.
        number = callable_number(number, self._refused)
        return Answer("call", {"number": number}) if number else Answer("stop")


def _moment(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), timezone.utc) if text.isdigit() and len(text) < 12 else None


class CallbackKeeper:
    """Brings callbacks whose time has come into Asterisk's queue, and takes out those that are over."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        queues: Queues,
        calendar: Callable[[], Calendar],
        clock: Clock,
    ) -> None:
        self._settings, self._engine = settings, engine
        self._queues, self._calendar, self._clock = queues, calendar, clock
        self._control = AsteriskHome.of(settings).control_socket
        self._rules = rules_of(settings)

    def keep(self, stopping: threading.Event) -> None:
        """Look again and again until ``stopping``; whatever goes wrong is tried again."""
        trouble, failures = "", 0
        while not stopping.is_set():
            try:
                self.look()
                trouble, failures = "", 0
            except (IvrError, OSError) as fault:
                failures += 1
                if failures * LOOK_EVERY_S >= _TOLD_AFTER_S and str(fault) != trouble:
                    trouble = str(fault)
                    log.warning("callbacks are not made: %s", trouble)
            stopping.wait(LOOK_EVERY_S)

    def look(self) -> None:
        """Do what is to be done now. Raises :class:`IvrError` and :class:`OSError`."""
        rows = [row for row in store.open_callbacks(self._engine) if self._is_ours(row)]
        untold = [row for row in store.untold(self._engine) if row.node == self._settings.node]
        if rows or untold or self._held:
            asyncio.run(self._look(rows, untold))

    #: Whether there was anything at the last look: what was cancelled since is to be taken out.
    _held = True

    def _is_ours(self, row: Callback) -> bool:
        return row.node == self._settings.node

    async def _look(self, rows: Sequence[Callback], untold: Sequence[Callback]) -> None:
        async with manager(self._settings) as ami:
            for row in untold:
                await ami.queue_log("CALLBACK", call=row.call_uniqueid, data=str(row.id), queue=row.queue)
                store.set_told(self._engine, row.id)
            status = await ami.queue_status()
            now = utc_now()
            queues = self._queues()
            for row in rows:
                await self._keep_one(ami, row, queues, status, now)
        placed = {(row.id, row.turn) for row in store.open_callbacks(self._engine) if row.state == "placed"}
        for caller in status.callers:
            if (holder := holder_of(caller.call_id)) is not None and holder not in placed:
                ask(self._control, f"channel request hangup {caller.channel}")
        self._held = bool(rows)

    async def _keep_one(
        self, ami: AmiClient, row: Callback, queues: Mapping[str, Queue], status: QueueStatus, now: datetime
    ) -> None:
        queue = queues.get(row.queue) or queues[GENERAL]
        if now - row.requested_at > self._rules.keep:
            store.end(self._engine, row.id, "expired", now)
            return
        wanted = queue.is_open(self._calendar(), self._clock()) and any(
            member.queue == queue.name for member in status.members
        )
        if row.state == "waiting" and wanted and row.due_at <= now:
            turn = store.place(self._engine, row.id, self._settings.node, now)
            if turn is not None:
                await self._originate(ami, row, turn, queue)
        elif row.state == "placed" and not wanted:
            store.withdraw(self._engine, row.id, now + SOON, now)
        elif (
            row.state == "placed" and now - row.changed_at > _MADE_WITHIN and not self._is_there(row, status)
        ):
            await self._originate(ami, row, row.turn, queue)

    def _is_there(self, row: Callback, status: QueueStatus) -> bool:
        """Whether the holder waits in the queue, or an agent has it already."""
        holder = holder_id(row.id, row.turn)
        if any(caller.call_id == holder for caller in status.callers):
            return True
        channels = ask(self._control, "core show channels concise").splitlines()
        return any(line.rstrip().endswith(f"!{holder}") for line in channels)

    async def _originate(self, ami: AmiClient, row: Callback, turn: int, queue: Queue) -> None:
        variables = {
            "IVR_CALLBACK": str(row.id),
            "IVR_TURN": str(turn),
            "IVR_QUEUE": queue.name,
            "IVR_PLACE": str(int(row.place_at.timestamp())),
            "IVR_PRIORITY": "0",
            "IVR_LEVELS": str(queue.levels) if queue.levels < LEVELS else "",
        }
        ids = (holder_id(row.id, turn, 1), holder_id(row.id, turn))
        await ami.originate("Local/place@callback-place/n", ids, ("callback-dial", "dial"), variables, _DAY_S)
