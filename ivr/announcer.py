"""Tells waiting callers what is true for them: a sound of their own, made anew as things change.

app_queue plays one sound every so often, ``ivr-wait``, in the caller's language. The dialplan gives each caller a language
of their own, such as ``zh_1764500000.12``; Asterisk looks for the sound in ``sounds/zh_1764500000.12`` first, then in
``sounds/zh``. So nobody has to leave the queue to hear it, and nobody loses a place. What is told, and when it is broken
off, is decided in :mod:`ivr.acd.announcement`; a key that has no meaning breaks it off.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ivr.acd.announcement import COMFORT, broken_off, place_sounds, tells_keys, wait_sound
from ivr.acd.board import AgentNow, QueueCaller, agents_now
from ivr.acd.callbacks import holder_of
from ivr.acd.wait import Pace, Told, to_tell
from ivr.clock import utc_now
from ivr.dialogue.queues import Queue, wrapup_of
from ivr.errors import IvrError
from ivr.roster import manager
from ivr.settings import Settings
from ivr.store.database import Engine, reading
from ivr.store.facts import pace_of
from ivr.telephony import channel_variables as var
from ivr.telephony.ami import AmiClient
from ivr.telephony.asterisk_config import AsteriskHome
from ivr.voice.joining import join
from ivr.voice.sounds import replace

log = logging.getLogger(__name__)

#: Seconds between two looks at the queues, and between two tries to reach Asterisk.
LOOK_EVERY_S = 1.0
#: Seconds between two looks while agents' states change.
_SOON_S = 0.1
#: After these an agent may be free; the end of the time after a call is no event.
_CHANGES = ("QueueMemberStatus", "QueueMemberPause", "QueueMemberAdded")
#: The device state and the pause of a seat that may be rung, in such an event.
_NOT_IN_USE = ("1", "0")
#: No phone has this key, and no menu.
_NO_KEY = "D"
#: Seconds between two looks at how long calls take.
PACE_EVERY_S = 15.0
#: Asterisk's name of the sound.
SOUND = "ivr-wait"
#: Silence between two sentences, and within one.
_PAUSE_S, _JOINT_S = 0.35, 0.03
#: The folders that are ours: a language and a call's id.
_FOLDER = re.compile(r"[a-z]{2,3}_[\w.-]*[0-9]+\.[0-9]+")
#: Languages with sounds of their own; all others hear the first.
_LANGUAGES = ("zh", "en")


@dataclass
class _Waiting:
    """A caller who waits, for ``longest_s`` at most: ``language`` is the name of the folder, ``tell`` the sounds of the keys."""

    language: str
    tell: Sequence[str]
    longest_s: float
    sounds: list[str] = field(default_factory=list)
    told: Told | None = None


class Announcer:
    """Keeps the sounds of the callers who wait."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        queues: Callable[[], Mapping[str, Queue]],
        notices: Callable[[str, str], list[Path]],
    ) -> None:
        """``queues``: gives those on air; ``notices``: the sounds of those on air for a queue in a language. Both may raise
        :class:`IvrError`."""
        self._settings, self._engine, self._queues, self._notices = settings, engine, queues, notices
        self._paces: dict[str, tuple[float, tuple[float, float]]] = {}
        self._sounds = AsteriskHome.of(settings).sounds
        self._waiting: dict[str, _Waiting] = {}
        self._free: set[str] = set()

    def keep(self, stopping: threading.Event) -> None:
        """Look again and again until ``stopping``; what goes wrong is tried again."""
        asyncio.run(self._keep(stopping))

    async def _keep(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            try:
                async with manager(self._settings) as ami:
                    await self._follow(ami, stopping)
            except (IvrError, OSError) as fault:
                log.debug("waiting callers are not told anything new: %s", fault)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _follow(self, ami: AmiClient, stopping: threading.Event) -> None:
        changed = asyncio.Event()

        def take(event: Mapping[str, str]) -> None:
            if self._waiting and (event.get("status"), event.get("paused")) == _NOT_IN_USE:
                changed.set()

        await ami.watch(_CHANGES, take)
        while not stopping.is_set():
            changed.clear()
            await self.look(ami)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(changed.wait(), LOOK_EVERY_S)
                await asyncio.sleep(_SOON_S)

    async def look(self, ami: AmiClient) -> None:
        """Bring each waiting caller's sound up to date, break it off for whom it is time, and remove those of who waits no more.
        Raises :class:`IvrError` and :class:`OSError`."""
        status = await ami.queue_status()
        callers = [caller for caller in status.callers if holder_of(caller.call_id) is None]
        for call_id in self._waiting.keys() - {caller.call_id for caller in callers}:
            del self._waiting[call_id]
        self._sweep({waiting.language for waiting in self._waiting.values()})
        if not callers:
            self._free = set()
            return
        wrapup = wrapup_of(await asyncio.to_thread(self._queues), self._settings.wrapup_s)
        agents = agents_now(status.members, int(time.time()), wrapup)
        longest = {call_id: waiting.longest_s for call_id, waiting in self._waiting.items()}
        for caller in broken_off(callers, agents, self._free, longest):
            await ami.hear_key(caller.channel, _NO_KEY)
        self._free = {agent.staff for agent in agents if agent.state == "free"}
        paces = {queue: await self._pace(queue, agents) for queue in {caller.queue for caller in callers}}
        notices = cache(self._notices)  # many wait in one queue
        for caller in callers:
            waiting = self._waiting.get(caller.call_id) or await self._met(ami, caller)
            if waiting is not None:
                self._waiting[caller.call_id] = waiting
                self._tell(waiting, caller, paces[caller.queue], notices)

    async def _pace(self, queue: str, agents: Iterable[AgentNow]) -> Pace:
        """How fast a queue is served: its agents by Asterisk, their calls by the record, looked up now and then."""
        looked_up, times = self._paces.get(queue, (0.0, (0.0, 0.0)))
        if not looked_up or time.monotonic() - looked_up > PACE_EVERY_S:
            times = await asyncio.to_thread(self._times, queue)
            self._paces[queue] = (time.monotonic(), times)
        states = [agent.state for agent in agents if queue in agent.queues]
        serving = [state for state in states if state not in ("paused", "away")]
        return Pace(len(serving), serving.count("free"), *times)

    def _times(self, queue: str) -> tuple[float, float]:
        with reading(self._engine) as session:
            return pace_of(session, queue, utc_now())

    async def _met(self, ami: AmiClient, caller: QueueCaller) -> _Waiting | None:
        """What the channel of a caller who is new says; ``None`` for one who has no folder."""
        language = await ami.variable(caller.channel, "CHANNEL(language)")
        if not _FOLDER.fullmatch(language):
            return None
        tell = await ami.variable(caller.channel, var.TELL)
        longest = await ami.variable(caller.channel, var.LONGEST_WAIT)
        longest_s = float(longest) if longest.isdecimal() else self._settings.queue_timeout_s
        return _Waiting(language, [path for path in tell.split("&") if path], longest_s)

    def _tell(
        self,
        waiting: _Waiting,
        caller: QueueCaller,
        pace: Pace,
        notices: Callable[[str, str], list[Path]],
    ) -> None:
        spoken = waiting.language.split("_")[0]
        heard = spoken if spoken in _LANGUAGES else _LANGUAGES[0]
        waiting.told = to_tell(caller.position, pace, waiting.told)
        sentences = [
            [self._sounds / heard / name for name in place_sounds(caller.position, heard)],
            [self._sounds / heard / wait_sound(waiting.told)],
        ]
        if tells_keys(caller.wait_s):
            sentences += [[Path(path)] for path in waiting.tell]
        else:
            comfort = self._sounds / heard / COMFORT
            sentences += [[path] for path in notices(caller.queue, heard) or [comfort]]
        sounds = [str(path) for sentence in sentences for path in sentence]
        if sounds != waiting.sounds:
            replace(self._sounds / waiting.language / f"{SOUND}.wav", join(list(_joints(sentences))))
            waiting.sounds = sounds

    def _sweep(self, in_use: Iterable[str]) -> None:
        for folder in self._sounds.iterdir():
            if _FOLDER.fullmatch(folder.name) and folder.name not in in_use:
                shutil.rmtree(folder, ignore_errors=True)


def _joints(sentences: Iterable[Sequence[Path]]) -> Iterable[tuple[Path, float]]:
    for sentence in sentences:
        for path in sentence[:-1]:
            yield path.with_name(f"{path.name}.wav"), _JOINT_S
        for path in sentence[-1:]:
            yield path.with_name(f"{path.name}.wav"), _PAUSE_S
