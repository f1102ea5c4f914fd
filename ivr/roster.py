"""Agents at their seats: signing in and out, pauses, and keeping their queues in line with their skills.

What is so is known by Asterisk alone, which keeps members over its restarts; each of these looks there first. The
decisions are :mod:`ivr.acd.roster`'s.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ivr.acd.roster import Add, Change, Membership, SetPenalty, at_seat, reconcile, sign_in
from ivr.clock import utc_now
from ivr.dialogue.queues import Queue
from ivr.errors import IvrError
from ivr.settings import Settings
from ivr.store.database import Engine
from ivr.store.skills import skills_of_all
from ivr.store.unanswered import unanswered
from ivr.telephony.ami import AmiClient
from ivr.telephony.asterisk_config import AsteriskHome, control_address
from ivr.telephony.queue_config import reload_queues, write_queues
from ivr.telephony.seats import AMI_USER, ami_secret

log = logging.getLogger(__name__)

#: Seconds between two looks at the queues on air and at what agents know.
LOOK_EVERY_S = 0.5
#: An Asterisk that does not answer for so long is more than one that starts.
_TOLD_AFTER_S = 20.0
#: After so many looks at the latest all memberships are compared, though nothing has changed here.
_COMPARE_EVERY = 600

#: The reason of a pause that nobody asked for: the phone rang, and nobody took the call.
ABSENT = "未接"

#: The queues on air, by name.
Queues = Callable[[], Mapping[str, Queue]]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Done:
    """``outcome``: ``done``, ``already`` for who is signed in there, ``absent`` for who is not. ``staff``: whom it was
    done for."""

    outcome: str
    staff: str = ""


class Roster:
    """Signs agents in and out; to be used from any thread. Its methods raise :class:`IvrError` when Asterisk does
    not answer or refuses."""

    def __init__(self, settings: Settings, engine: Engine, queues: Queues) -> None:
        self._settings = settings
        self._engine = engine
        self._queues = queues

    def does(self, operation: str, staff: str, seat: str, reason: str = "") -> Done:
        """Do ``sign_in``, ``sign_out``, ``pause`` or ``unpause`` for the agent at the seat; all but ``sign_in`` for
        whoever sits there, when ``staff`` is ""."""
        interface = f"PJSIP/{seat}"
        if operation == "sign_in":
            return self._manage(lambda ami: self._sign_in(ami, staff, interface))
        if operation == "sign_out":
            return self._manage(lambda ami: self._sign_out(ami, staff, interface))
        return self._manage(lambda ami: self._pause(ami, staff, interface, operation == "pause", reason))

    def _manage(self, act: Callable[[AmiClient], Awaitable[_T]]) -> _T:
        async def run() -> _T:
            async with manager(self._settings) as ami:
                return await act(ami)

        return asyncio.run(run())

    async def _sign_in(self, ami: AmiClient, staff: str, interface: str) -> Done:
        skills = skills_of_all(self._engine)
        if staff not in skills:
            raise IvrError(f"no agent has the staff number {staff}", mend="ivr agent list, ivr agent add")
        now = await memberships(ami)
        await apply(ami, sign_in(now, staff, interface, skills[staff], self._queues()))
        await ami.queue_log("SEAT", agent=staff, data=interface)  # a colleague's call there is this agent's
        return Done("already" if at_seat(now, staff, interface) else "done", staff)

    async def _sign_out(self, ami: AmiClient, staff: str, interface: str) -> Done:
        here = at_seat(await memberships(ami), staff, interface)
        for one in here:
            await ami.queue_remove(one.queue, interface)
        return _done(here)

    async def _pause(self, ami: AmiClient, staff: str, interface: str, paused: bool, reason: str) -> Done:
        here = at_seat(await memberships(ami), staff, interface)
        if here:
            await ami.queue_pause(interface, paused, reason)
        return _done(here)


def _done(here: Sequence[Membership]) -> Done:
    return Done("done", here[0].staff) if here else Done("absent")


def manager(settings: Settings) -> AmiClient:
    """A connection to Asterisk's manager, to be entered."""
    secret = ami_secret(settings.home)
    return AmiClient(control_address(settings), settings.ami_port, AMI_USER, secret)


async def memberships(ami: AmiClient) -> list[Membership]:
    """Who is signed in where, by Asterisk."""
    status = await ami.queue_status()
    return [
        Membership(one.queue, one.interface, one.name, one.penalty, one.paused, one.reason)
        for one in status.members
    ]


async def apply(ami: AmiClient, changes: Sequence[Change]) -> None:
    """Make the changes, in their order."""
    for change in changes:
        if isinstance(change, Add):
            one = change.membership
            await ami.queue_add(one.queue, one.interface, one.staff, one.penalty, one.paused)
            if one.paused and one.reason:
                await ami.queue_pause(one.interface, True, one.reason, one.queue)
        elif isinstance(change, SetPenalty):
            await ami.queue_penalty(change.queue, change.interface, change.penalty)
        else:
            await ami.queue_remove(change.queue, change.interface)


class RosterKeeper:
    """Brings what is published and what agents know to a running Asterisk, within a second or so."""

    def __init__(self, settings: Settings, engine: Engine, queues: Queues) -> None:
        self._settings = settings
        self._engine = engine
        self._queues = queues
        self._home = AsteriskHome.of(settings)
        self._seen: tuple[Mapping[str, Queue], Mapping[str, Mapping[str, int]]] | None = None
        self._looks = 0

    def keep(self, stopping: threading.Event) -> None:
        """Look again and again until ``stopping``; whatever goes wrong is tried again."""
        trouble, failures = "", 0
        while not stopping.is_set():
            try:
                self.look()
                trouble, failures = "", 0
            except (IvrError, OSError) as fault:
                failures += 1
                # Asterisk starts after the recorder and may be started again: only what lasts and is new is worth a line.
                if failures * LOOK_EVERY_S >= _TOLD_AFTER_S and str(fault) != trouble:
                    trouble = str(fault)
                    log.warning("queues and skills are not kept in line: %s", trouble)
            stopping.wait(LOOK_EVERY_S)

    def look(self) -> None:
        """Bring over what has changed since the last look. Raises :class:`IvrError` and :class:`OSError`; the next look
        begins anew then."""
        self._pause_the_absent()
        queues, skills = self._queues(), skills_of_all(self._engine)
        self._looks += 1
        if (queues, skills) != self._seen or self._looks >= _COMPARE_EVERY:
            before = self._seen[0] if self._seen else {}
            self._looks = 0
            asyncio.run(self._bring(queues, skills, before))
            self._seen = (queues, skills)

    def _pause_the_absent(self) -> None:
        rings = self._settings.unanswered_rings
        absent = unanswered(self._engine, rings, utc_now()) if rings else []
        if absent:
            asyncio.run(self._pause(absent))

    async def _pause(self, absent: Collection[str]) -> None:
        async with manager(self._settings) as ami:
            here = {one.interface: one.staff for one in await memberships(ami) if not one.paused}
            for interface, staff in here.items():
                if staff in absent:
                    await ami.queue_pause(interface, True, ABSENT)
                    log.info(
                        "agent %s is paused after %d unanswered rings", staff, self._settings.unanswered_rings
                    )

    async def _bring(
        self,
        queues: Mapping[str, Queue],
        skills: Mapping[str, Mapping[str, int]],
        before: Mapping[str, Queue],
    ) -> None:
        async with manager(self._settings) as ami:
            was = write_queues(self._home.etc, queues.values())
            if was is not None or queues != before:
                # Agents leave a queue that goes, so that the record sees it; its callers are given back to the menu.
                gone = {*before, *(was or ())} - set(queues)
                for one in await memberships(ami):
                    if one.queue in gone:
                        await ami.queue_remove(one.queue, one.interface)
                reload_queues(self._home.control_socket)
            await apply(ami, reconcile(await memberships(ami), skills, queues))
