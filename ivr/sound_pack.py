"""Which sounds the hotline needs, made ahead and kept: those of its menus, and those of which its answers are joined."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

from ivr.app import menus_on_air, open_store, shelf_of, sound_pack
from ivr.clock import system_clock
from ivr.errors import IvrError
from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.authoring.folder import Menus
    from ivr.speech import Phrase, Wordbooks
    from ivr.voice.cleaning import Cleaned
    from ivr.voice.voice import Voice

log = logging.getLogger(__name__)

#: How long menus whose sounds are gone wait for them before they go on air.
_SWITCH_PATIENCE_S = 4.0
#: After so many sounds in a row that could not be made, the rest waits until it is needed.
_GIVE_UP = 3
#: When a hotline that was started begins to make sounds ahead, and how often it looks whether there are others to be made.
_AHEAD_AFTER_S, _AHEAD_EVERY_S = 20.0, 60.0


def make_sounds(menus: Menus, voice: Voice, patience_s: float = _SWITCH_PATIENCE_S) -> None:
    """Make the fixed sounds of menus that are about to go on air, where they are gone: publishing made them, which may
    be long ago. Waits ``patience_s`` at most; what is missing then is made while calls go on.

    One after the other, so that the sentences callers are waiting for find a free worker.
    """
    from ivr.authoring.prompts import phrases_of
    from ivr.voice.pool import SynthesisFault

    lacking = [phrase for phrase in phrases_of(menus.trees.values()) if not voice.store.ready(phrase)]

    def make() -> None:
        failures = 0
        for phrase in lacking:
            if failures == _GIVE_UP:
                return
            try:
                if not voice.store.ready(phrase):
                    voice.make(phrase).result()
                failures = 0
            except (
                SynthesisFault,
                RuntimeError,
                CancelledError,
            ) as fault:  # it is tried again when it is needed
                log.warning("a sound of revision %s was not made: %s", menus.revision, fault)
                failures += 1

    if lacking:
        log.warning("%d sounds of revision %s are missing and being made", len(lacking), menus.revision)
        thread = threading.Thread(target=make, name="sounds", daemon=True)
        thread.start()
        thread.join(patience_s)


def keep_sounds_ahead(settings: Settings, stop: threading.Event) -> None:
    """Make the sounds of what the menus on air can say, whenever the menus or the railway data are others, until ``stop`` is
    set. At the lowest priority; faults are logged and it is tried again."""
    from ivr.voice.build import make_ahead

    done = ""
    pause = _AHEAD_AFTER_S
    while not stop.wait(pause):
        pause = _AHEAD_EVERY_S
        try:
            stamp, menus = _what_is_said(settings, done)
            if menus and make_ahead(
                sound_pack(settings, menus.trees.values()),
                settings.home,
                settings.voice,
                stop,
                settings.voice_speed,
            ):
                done = stamp
        except (IvrError, OSError) as fault:
            log.error("no sounds are made ahead: %s", fault)


def _what_is_said(settings: Settings, before: str) -> tuple[str, Menus | None]:
    """A word for the menus and the data that are live, and the menus; None when the word is the one ``before``."""
    from ivr.store.database import reading
    from ivr.store.rail_versions import live_number

    engine = open_store(settings)
    try:
        with reading(engine) as session:
            data = live_number(session)
        now = f"{shelf_of(settings, engine).on_air()[:1]} {data}"
        return now, None if now == before else menus_on_air(settings, engine)
    finally:
        engine.dispose()


def clean_sounds(settings: Settings, dry_run: bool = False) -> Cleaned:
    """Remove the sounds that were not played for longest, as far as there are more than the setting ``sounds_mb`` allows.
    Raises :class:`IvrError`, and removes none that may be needed, when it cannot be told which are."""
    from ivr.voice.cleaning import clean
    from ivr.voice.sounds import SoundStore

    store = SoundStore(settings.home.absolute(), settings.voice, settings.voice_speed)
    return clean(store, settings.sounds_mb, lambda: _phrases_in_need(settings), dry_run=dry_run)


def _phrases_in_need(settings: Settings) -> list[Phrase]:
    """What the menus on air, those to come and the last ones before say, and the notices; what Asterisk itself plays."""
    from ivr.authoring.live import KEPT
    from ivr.speech.compose import compose
    from ivr.store.notices import list_notices
    from ivr.store.revisions import pending

    now = system_clock(settings.zone)()
    engine = open_store(settings)
    try:
        shelf = shelf_of(settings, engine)
        revisions = [*shelf.on_air()[:KEPT]]
        if settings.menus_live == "published":
            revisions += [str(switch.revision) for switch in pending(engine, now)]
        said: list[Phrase] = []
        wordbooks: list[Wordbooks] = [{}]
        for revision in dict.fromkeys(revisions):
            try:
                trees = shelf.read(revision).trees.values()
                said += sound_pack(settings, trees)
                wordbooks += [tree.wordbooks for tree in trees if tree.wordbooks not in wordbooks]
            except IvrError as fault:  # it cannot go on air either
                log.warning("the sounds of revision %s are not kept: %s", revision, fault)
        for notice in list_notices(engine, now):
            for language, text in notice.text.items():
                said += [phrase for words in wordbooks for phrase in compose(text, {}, language, words)]
    finally:
        engine.dispose()
    return list(dict.fromkeys(said))
