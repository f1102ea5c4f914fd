"""The processes of a running hotline: the AGI server, the recorder, and one for each call where there is no server."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ivr.announcer import Announcer
from ivr.app import (
    calendar_on_air,
    followed_menus,
    live_conversations,
    live_menus,
    live_notices,
    message_box,
    notices_for_waiting,
    open_store,
    queue_log_path,
    ticket_source,
)
from ivr.callbacks import CallbackKeeper, Callbacks, rules_of
from ivr.clock import Clock, system_clock
from ivr.dialogue.actions import Ask
from ivr.query_service import QueryService
from ivr.rail.answers import Answer
from ivr.roster import Roster, RosterKeeper
from ivr.settings import Settings
from ivr.sound_pack import clean_sounds, keep_sounds_ahead, make_sounds
from ivr.store.database import Engine
from ivr.telephony.agi_dialogue import describe

if TYPE_CHECKING:
    from ivr.authoring.folder import Menus
    from ivr.authoring.live import LiveMenus
    from ivr.dialogue.queues import Queue
    from ivr.voice.voice import Voice

log = logging.getLogger(__name__)

#: How long a caller waits for sounds that are still to be made; the driver gives up after 3 s. A worker
#: that is only slow goes on, and the next caller has the sound.
_PATIENCE_S = 2.5

#: A caller waits this long for the neural voice before espeak stands in.
_OWN_VOICE_S = 2.0

#: Queries at once; one that hangs keeps its thread, while its caller is answered with an error.
_QUERY_THREADS = 16

#: How long the end of the recorder waits for a text message that is on its way.
_UPKEEP_ENDS_S = 2.0


async def follow(menus: LiveMenus, ready: Callable[[Menus], None] = lambda _menus: None) -> None:
    """Put on air what is published, within a second; never ends. Only the assignment is in the way of calls.

    ``ready`` is called in the thread before menus go on air; they do so whatever becomes of it.
    """
    from ivr.authoring.live import LOOK_EVERY_S

    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, thread_name_prefix="menus")
    try:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            found = await loop.run_in_executor(thread, menus.look)
            if found is not None:
                try:
                    await loop.run_in_executor(thread, ready, found)
                except Exception as fault:  # e.g. a folder of sounds that cannot be read
                    log.error("revision %s goes on air unprepared: %s", found.revision, describe(fault))
                menus.take(found)
    finally:
        thread.shutdown(wait=False)


def settle(answers: QueryService) -> None:
    """Load what the first question would load, and let the garbage collector pass over all of it from then on: looking
    through it takes 50 ms, in the middle of somebody's answer."""
    answers(Ask("presale", {}))
    gc.collect()
    gc.freeze()


def run_agi_server(settings: Settings) -> None:
    """Answer Asterisk's FastAGI requests until SIGTERM or SIGINT."""
    from ivr.store.journal import BatchingJournal
    from ivr.telephony.fastagi import FastAgiServer, event_loop
    from ivr.voice.voice import Voice

    engine = open_store(settings)
    clock = system_clock(settings.zone)
    menus = live_menus(settings, engine)
    menus.start()
    notices = live_notices(settings, engine, clock, lambda: menus.now)
    answers = _answers(settings, engine, clock, menus)
    journal = BatchingJournal(engine, settings.keep_choices_days)

    threads = ThreadPoolExecutor(_QUERY_THREADS, thread_name_prefix="query")

    async def answer(ask: Ask) -> Answer:
        waiting = threading.Event()
        waiting.set()
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, answers, ask, waiting.is_set)
        finally:  # answered, too late, or the caller is gone
            waiting.clear()

    async def serve(voice: Voice) -> None:
        server = FastAgiServer(
            settings.bind,
            settings.agi_port,
            live_conversations(menus, clock, notices),
            voice.ensure_async,
            answer,
            journal,
            clock,
            revision=lambda: menus.now.revision,
        )
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        await server.start()
        settle(answers)
        following = asyncio.ensure_future(follow(menus, lambda found: make_sounds(found, voice)))
        try:
            await stopping.wait()
        finally:
            await server.stop()
            following.cancel()
            await asyncio.wait([following])

    try:
        with Voice(
            settings.home,
            settings.voice_workers,
            patience_s=_PATIENCE_S,
            voice=settings.voice,
            speed=settings.voice_speed,
            own_voice_s=_OWN_VOICE_S,
            memory_mb=settings.voice_memory_mb,
        ) as voice:
            threading.Thread(target=voice.warm, daemon=True).start()
            make_sounds(menus.now, voice, 0)
            loop = event_loop()
            try:
                loop.run_until_complete(serve(voice))
            finally:
                loop.close()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        notices.close()
        journal.close()
        engine.dispose()


def _answers(settings: Settings, engine: Engine, clock: Clock, menus: LiveMenus) -> QueryService:
    return QueryService(
        engine,
        clock,
        menus,
        message_box(settings, engine, clock),
        ticket_source(settings),
        Roster(settings, engine, lambda: menus.now.queues),
        Callbacks(settings, engine, lambda: menus.now.queues),
    )


def run_recorder(settings: Settings) -> None:
    """Follow Asterisk's queue_log and write outcomes until SIGTERM or SIGINT; beside it, in threads of their own, end
    bookings that ran out, send text messages, make sounds ahead and keep them within their bound, bring queues and skills
    to Asterisk, tell waiting callers what is so, see to callbacks, and have holds written down."""
    from ivr.store.recorder import Recorder
    from ivr.store.upkeep import keep_up
    from ivr.telephony.holds import write_holds
    from ivr.telephony.queue_log import QueueLog
    from ivr.telephony.sms import sms_gateway
    from ivr.voice.cleaning import keep_bounded

    engine = open_store(settings)
    clock = system_clock(settings.zone)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    gateway = sms_gateway(settings.sms_url, settings.home)
    upkeep = threading.Thread(
        target=keep_up,
        args=(engine, gateway.send, clock, stopping),
        name="bookings",
        daemon=True,
    )
    upkeep.start()
    threading.Thread(
        target=keep_bounded, args=(lambda: clean_sounds(settings), stopping), name="sounds", daemon=True
    ).start()
    menus = followed_menus(settings, engine)
    notices = live_notices(settings, engine, clock, menus)

    def queues() -> Mapping[str, Queue]:
        return menus().queues

    roster = RosterKeeper(settings, engine, queues)
    threading.Thread(target=roster.keep, args=(stopping,), name="roster", daemon=True).start()
    callbacks = CallbackKeeper(settings, engine, queues, lambda: calendar_on_air(settings), clock)
    if settings.trunk_out:
        threading.Thread(target=callbacks.keep, args=(stopping,), name="callbacks", daemon=True).start()
    announcer = Announcer(settings, engine, queues, notices_for_waiting(settings, menus, notices))
    threading.Thread(target=announcer.keep, args=(stopping,), name="announcer", daemon=True).start()
    threading.Thread(target=write_holds, args=(settings, stopping), name="holds", daemon=True).start()
    if settings.sounds_ahead:
        threading.Thread(
            target=keep_sounds_ahead, args=(settings, stopping), name="sounds ahead", daemon=True
        ).start()
    try:
        Recorder(
            engine, QueueLog(queue_log_path(settings)), node=settings.node, callbacks=rules_of(settings)
        ).follow(stopping)
    finally:
        upkeep.join(_UPKEEP_ENDS_S)
        notices.close()
        gateway.close()
        engine.dispose()


def run_agi_process(entry: str) -> int:
    """One call without the AGI server: the process that Asterisk started for it. Its exit code."""
    from ivr.settings import load
    from ivr.store.journal import DirectJournal
    from ivr.telephony import agi_process
    from ivr.voice.voice import Voice

    settings = load()
    engine = open_store(settings)
    clock = system_clock(settings.zone)
    menus = live_menus(settings, engine)
    menus.start()
    try:
        with (
            Voice(
                settings.home,
                workers=1,
                voice=settings.voice,
                speed=settings.voice_speed,
                own_voice_s=_OWN_VOICE_S,
                memory_mb=settings.voice_memory_mb,
            ) as voice,
            live_notices(settings, engine, clock, lambda: menus.now) as notices,
        ):
            return agi_process.run(
                entry,
                live_conversations(menus, clock, notices),
                voice.ensure,
                _answers(settings, engine, clock, menus),
                DirectJournal(engine, settings.keep_choices_days),
                clock,
                revision=lambda: menus.now.revision,
            )
    finally:
        engine.dispose()
