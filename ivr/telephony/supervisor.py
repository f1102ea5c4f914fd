"""Keeps the hotline's processes running: starts them in order, restarts what dies or freezes, stops all.

- A program that dies is started again, with a line that says so: after 0.2 s, then twice as long each
  time up to 5 s; a program that lived for 10 s starts afresh with 0.2 s. It never gives up.
- A program that dies before the hotline was ready for the first time ends the start: something is wrong
  that a restart would not mend.
- The watchdog asks one program every 0.5 s; two questions in a row without an answer within 1.2 s are a
  freeze, and it is killed: at most 2.2 s after it froze.
- Whatever ends the supervisor ends the programs: an orderly stop, or the kernel's death signal.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from ivr.errors import IvrError
from ivr.telephony.processes import Child, Program, Say

FIRST_DELAY_S, LONGEST_DELAY_S, HEALTHY_LIFE_S = 0.2, 5.0, 10.0
START_S = 60.0
STOP_S = 5.0
PROBE_EVERY_S, PROBE_TIMEOUT_S, PROBES_MISSED = 0.5, 1.2, 2
_POLL_S = 0.05
_OWN_LAG_S = 0.3

#: Asks a program whether it is alive, within so many seconds.
Probe = Callable[[float], Awaitable[bool]]


async def supervise(
    programs: Sequence[Program], say: Say, ready_line: str, probes: dict[str, Probe] | None = None
) -> None:
    """Run ``programs`` until SIGINT or SIGTERM; each starts when the one before it is ready.

    ``probes`` (program's name → probe) names what the watchdog watches. Raises :class:`IvrError` when the first
    start fails. In every case nothing is left running.
    """
    stopping = asyncio.Event()
    keepers: list[_Keeper] = []

    def on_signal() -> None:
        if stopping.is_set():  # asked twice: no more patience
            for keeper in keepers:
                keeper.kill()
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    tasks: list[asyncio.Task[Any]] = []
    try:
        for program in programs:
            keeper = _Keeper(program, say)
            keepers.append(keeper)
            tasks.append(asyncio.create_task(keeper.keep()))
            await _first_of(tasks, keeper.ready.wait(), stopping.wait())
            if stopping.is_set():
                return
        for keeper in keepers:
            keeper.starting = False
            if probes and keeper.program.name in probes:
                tasks.append(asyncio.create_task(_watch(keeper, probes[keeper.program.name], say)))
        say(ready_line)
        await _first_of(tasks, stopping.wait())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Asterisk, the last, first: it hangs up, then the others write down what that meant.
        await asyncio.gather(*(keeper.stop() for keeper in keepers[-1:]))
        await asyncio.gather(*(keeper.stop() for keeper in keepers[:-1]))
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _first_of(tasks: Sequence[asyncio.Task[Any]], *others: Coroutine[Any, Any, Any]) -> None:
    """Wait for one of ``others``; a task that ends meanwhile has failed, and raises here."""
    waiting = [asyncio.create_task(other) for other in others]
    try:
        done, _ = await asyncio.wait([*tasks, *waiting], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiting:
            waiter.cancel()
    for task in done:
        task.result()


class _Keeper:
    """Keeps one program running."""

    def __init__(self, program: Program, say: Say) -> None:
        self.program = program
        self.ready = asyncio.Event()
        self.starting = True
        self._say = say
        self._child: Child | None = None

    async def keep(self) -> None:
        name, delay = self.program.name, FIRST_DELAY_S
        while True:
            began = time.monotonic()
            child = await self._start()
            announcing = asyncio.create_task(self._until_ready(child))
            try:
                how = await child.wait()
            finally:
                announcing.cancel()
            self.ready.clear()
            if self.starting:
                raise IvrError(f"{name} ended while starting ({how})", mend="ivr doctor may say more")
            if time.monotonic() - began >= HEALTHY_LIFE_S:
                delay = FIRST_DELAY_S
            self._say(f"{name} ended ({how}); starting it again in {delay:.1f} s")
            if self.program.died is not None:
                await self.program.died()
            await asyncio.sleep(delay)
            delay = min(LONGEST_DELAY_S, delay * 2)

    async def _start(self) -> Child:
        starting = asyncio.create_task(Child.start(self.program, self._say))
        try:
            await asyncio.wait([starting])
        finally:  # cancelled in the middle, it may run already: then stop() has to know it
            with contextlib.suppress(OSError):
                self._child = await starting
        try:
            return starting.result()
        except OSError as fault:
            raise IvrError(f"{self.program.name} cannot be started: {fault}") from None

    async def _until_ready(self, child: Child) -> None:
        deadline = time.monotonic() + START_S
        while not await self.program.ready():
            if time.monotonic() > deadline:
                self._say(f"{self.program.name} is not ready after {START_S:g} s: killed")
                child.kill()
                return
            await asyncio.sleep(_POLL_S)
        self.ready.set()
        if not self.starting:
            self._say(f"{self.program.name} is back")

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop(STOP_S)


async def _watch(keeper: _Keeper, probe: Probe, say: Say) -> None:
    """Kill the program when it is frozen; :class:`_Keeper` then starts it again."""
    missed = 0
    asked: set[asyncio.Task[None]] = set()

    async def ask() -> None:
        nonlocal missed
        missed = 0 if await probe(PROBE_TIMEOUT_S) else missed + 1

    def forget() -> None:
        nonlocal missed
        for task in asked:
            task.cancel()
        asked.clear()
        missed = 0

    try:
        while True:
            await keeper.ready.wait()
            due = time.monotonic() + PROBE_EVERY_S
            question = asyncio.create_task(ask())
            asked.add(question)
            question.add_done_callback(asked.discard)
            while time.monotonic() < due and missed < PROBES_MISSED and keeper.ready.is_set():
                await asyncio.sleep(_POLL_S)
            if not keeper.ready.is_set() or time.monotonic() - due > _OWN_LAG_S:
                forget()  # it is starting again; or the whole machine stood still, and it is not to blame
            elif missed >= PROBES_MISSED:
                say(f"{keeper.program.name} does not answer: killed")
                forget()
                keeper.ready.clear()
                keeper.kill()
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            forget()
