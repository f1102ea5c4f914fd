"""The composition root: the only place where adapters meet the core."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from ivr.clock import Clock, system_clock
from ivr.errors import IvrError
from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.authoring.folder import Menus
    from ivr.authoring.live import LiveMenus, Shelf
    from ivr.authoring.notices_file import StandingNotices
    from ivr.authoring.source import MenuFaults
    from ivr.dialogue.actions import Action
    from ivr.dialogue.calendar import Calendar
    from ivr.dialogue.call import CallInfo
    from ivr.dialogue.events import Event
    from ivr.dialogue.notices import Notice
    from ivr.dialogue.tree import Tree
    from ivr.rail.ticket_source import TicketSource
    from ivr.speech import Phrase
    from ivr.speech.vocabulary import Known
    from ivr.store.database import Engine
    from ivr.store.messages import MessageBox
    from ivr.store.notices import LiveNotices

log = logging.getLogger(__name__)


#: The tree in which a dialogue of each entry is played; others have their own.
_TREE_OF_ENTRY = {"after_queue": "hotline"}

#: The dialogues in which notices are told; agents who sign in hear none.
TOLD = ("hotline", "after_queue")


def open_store(settings: Settings) -> Engine:
    """The database of this hotline, ready for use: the data key is taken, the tables are not touched.

    Raises :class:`ivr.errors.IvrError` when the key is damaged or the address makes no sense.
    """
    from ivr.store.database import open_engine
    from ivr.store.secrets import use_key

    use_key(settings.home)
    return open_engine(settings.database)


def make_home(settings: Settings) -> None:
    """Make the home folder, for its owner only. Raises :class:`IvrError` when that is not possible."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as fault:
        raise IvrError(
            f"the home cannot be made: {fault.strerror}",
            where=str(settings.home),
            mend="set IVR_HOME to a folder that you may write",
        ) from None


def prepare(settings: Settings, say: Callable[[str], None] = lambda _line: None) -> Menus:
    """Everything that must be there before the first call: database, data, menus, sounds. The menus on air.

    Quick when nothing is missing. ``say`` is told what takes time. Raises :class:`IvrError`.
    """
    from ivr.authoring.prompts import phrases_of
    from ivr.store.migrate import upgrade
    from ivr.store.rail import load_bundled_data
    from ivr.voice.build import build

    make_home(settings)
    ticket_source(settings)  # a wrong address is told now, not to the first caller
    engine = open_store(settings)
    try:
        upgrade(engine)
        menus = menus_at_start(settings, engine, say)
        if load_bundled_data(engine):
            say("railway data loaded")
    finally:
        engine.dispose()
    notices = _standing_notices(settings, lambda: menus)
    wordbooks = {name: book for tree in menus.trees.values() for name, book in tree.wordbooks.items()}
    told = notices.phrases(system_clock(settings.zone)(), wordbooks)
    # Quick: the hotline starts within seconds, and the neural voice takes minutes for all of the menus.
    built = build(
        [*phrases_of(menus.trees.values()), *told],
        settings.home,
        voice=settings.voice,
        speed=settings.voice_speed,
        quick=True,
        recorded=settings.recordings_folder,
        recordable=recordable(settings, menus.trees.values()),
    )
    if built.made:
        say(f"{built.made} prompts made")
    if built.stood_in:
        say(
            f"{len(built.stood_in)} prompts are in espeak's voice until kokoro has made them (ivr prompt build)"
        )
    if built.recorded.troubles:
        say(f"{len(built.recorded.troubles)} recordings are not used (ivr prompt record-check)")
    for phrase, why in built.failed:
        say(f"prompt not made: {phrase.text}: {why}")
    return menus


def live_menus(settings: Settings, engine: Engine) -> LiveMenus:
    """What is on air as ``menus_live`` says, not started yet."""
    from ivr.authoring.live import LiveMenus

    return LiveMenus(shelf_of(settings, engine), settings.home / "menus-on-air.json")


def menus_on_air(settings: Settings, engine: Engine) -> Menus:
    """The menus that new calls get now; the folder's while none are on air. Raises :class:`IvrError`."""
    from ivr.authoring.folder import read_folder
    from ivr.authoring.live import LiveMenus

    live = LiveMenus(shelf_of(settings, engine))
    try:
        live.start()
    except IvrError:
        return read_folder(settings.menus)
    return live.now


def calendar_on_air(settings: Settings) -> Calendar:
    """The calendar of the menus on air (:func:`menus_on_air`), without reading more of them than that: reports are to be
    there at once. Raises :class:`IvrError`."""
    from ivr.authoring.calendar_file import FILE, load_calendar
    from ivr.store.on_air import files_on_air

    if settings.menus_live == "files":
        return load_calendar(settings.menus)
    try:
        files = files_on_air(settings.database)
        if files is None:
            return load_calendar(settings.menus)
        with tempfile.TemporaryDirectory(prefix="ivr-calendar-") as made:
            if FILE in files:
                (Path(made) / FILE).write_text(files[FILE], "utf-8")
            return load_calendar(Path(made))
    except IvrError:  # it does not read: another revision is taken in its place
        engine = open_store(settings)
        try:
            return menus_on_air(settings, engine).trees["hotline"].calendar
        finally:
            engine.dispose()


def followed_menus(settings: Settings, engine: Engine) -> Callable[[], Menus]:
    """A function that gives the menus on air at the moment it is called, in any thread: one that reads, with one query, whether
    they have changed. It raises :class:`IvrError` while there never were any that read."""
    from ivr.authoring.live import LiveMenus

    menus = LiveMenus(shelf_of(settings, engine))
    started = False
    lock = Lock()

    def now() -> Menus:
        nonlocal started
        with lock:
            if not started:
                menus.start()
                started = True
            elif (found := menus.look()) is not None:
                menus.take(found)
            return menus.now

    return now


def notices_for_waiting(
    settings: Settings, menus: Callable[[], Menus], notices: Callable[[], Sequence[Notice]]
) -> Callable[[str, str], list[Path]]:
    """A function of a queue and a language: the sounds (without their ending) of those of the ``notices`` on air that
    all callers hear, or those of the queue."""
    from ivr.speech.compose import compose
    from ivr.voice.sounds import SoundStore

    store = SoundStore(settings.home, settings.voice, settings.voice_speed)

    def sounds(queue: str, language: str) -> list[Path]:
        words = [
            notice.text[language]
            for notice in notices()
            if not notice.before and notice.queue in ("", queue) and language in notice.text
        ]
        books = menus().trees["hotline"].wordbooks if words else {}
        heard = (store.heard(phrase) for text in words for phrase in compose(text, {}, language, books))
        return [path.with_suffix("") for path in heard if path is not None]

    return sounds


def shelf_of(settings: Settings, engine: Engine) -> Shelf:
    from ivr.authoring.live import Folder, Stored
    from ivr.store.revisions import Published

    return Folder(settings.menus) if settings.menus_live == "files" else Stored(Published(engine))


def menus_at_start(settings: Settings, engine: Engine, say: Callable[[str], None]) -> Menus:
    """The menus with which calls are answered from the start on: the last good revision; when there is none
    yet, the folder's, published as the next one. Raises :class:`IvrError` when neither can be used."""
    from ivr.authoring.folder import read_folder, standing
    from ivr.authoring.source import MenuFaults
    from ivr.store import revisions

    live = live_menus(settings, engine)
    published = settings.menus_live == "published"
    try:
        live.start()
    except MenuFaults as found:
        raise _broken(found) from None
    except IvrError:
        if not published:
            raise
        try:
            files = read_folder(settings.menus).files
        except MenuFaults as found:
            raise _broken(found) from None
        revisions.publish(engine, files, author=os_user(), message="the first start")
        live.start()
    if published:
        says, mend = standing(settings.menus, live.now)
        if says:
            say(f"{says} ({mend})")
    return live.now


def _broken(found: MenuFaults) -> IvrError:
    count = len(found.faults)
    more = f", and {count - 1} more" if count > 1 else ""
    return IvrError(f"no menus can go on air: {found.faults[0]}{more}", mend="ivr menu check tells all")


def os_user() -> str:
    """The name of the user who runs this program: the author of what they publish."""
    import getpass
    import os

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def tree_of_entry(entry: str) -> str:
    """The name of the tree in which a dialogue of ``entry`` is played."""
    return _TREE_OF_ENTRY.get(entry, entry)


def conversations(
    tree: Callable[[str], Tree], clock: Clock, notices: Callable[[], Sequence[Notice]] = tuple
) -> Callable[[CallInfo], Generator[Action, Event, str]]:
    """A function that begins the dialogue of a call in the tree of its entry; ``notices``: those on air."""
    from ivr.dialogue.engine import converse

    def begin(call: CallInfo) -> Generator[Action, Event, str]:
        told = notices if call.entry in TOLD else tuple
        return converse(tree(tree_of_entry(call.entry)), call, clock, told)

    return begin


def live_conversations(
    menus: LiveMenus, clock: Clock, notices: Callable[[], Sequence[Notice]] = tuple
) -> Callable[[CallInfo], Generator[Action, Event, str]]:
    """A function that begins the dialogue of a call with the menus on air, or continues one that came back
    from the queue with those it began with."""
    from ivr.authoring.live import MENU_OF_CALL
    from ivr.dialogue.actions import Ask
    from ivr.dialogue.events import HungUp

    def begin(call: CallInfo) -> Generator[Action, Event, str]:
        found = menus.of(call)
        return recalled(call) if found is None else dialogue(found, call)

    def dialogue(found: Menus, call: CallInfo) -> Generator[Action, Event, str]:
        return conversations(found.trees.__getitem__, clock, notices)(call)

    def recalled(call: CallInfo) -> Generator[Action, Event, str]:
        # The server was started anew since, or published often: the record knows. Reading it may take a while.
        event = yield Ask(MENU_OF_CALL, {"call": call.call_id})
        if isinstance(event, HungUp):
            return "hung_up"
        return (yield from dialogue(menus.of(call) or menus.now, call))

    return begin


def live_notices(settings: Settings, engine: Engine, clock: Clock, menus: Callable[[], Menus]) -> LiveNotices:
    """All notices on air: those that were set, and those of the menu folder's file. To be closed. ``menus``: gives those on air."""
    from ivr.store.notices import LiveNotices

    return LiveNotices(engine, clock, _standing_notices(settings, menus))


def _standing_notices(settings: Settings, menus: Callable[[], Menus]) -> StandingNotices:
    from ivr.authoring.notices_file import StandingNotices

    return StandingNotices(settings.menus, settings.zone, lambda: menus().trees["hotline"].languages)


def message_box(settings: Settings, engine: Engine, clock: Clock) -> MessageBox:
    """Where callers' messages go."""
    from ivr.store.messages import MessageBox

    return MessageBox(engine, settings.home, clock)


def sound_pack(settings: Settings, trees: Iterable[Tree], known: Known | None = None) -> dict[Phrase, str]:
    """All that ``trees`` can say, and what Asterisk itself plays, in the order in which it is needed; each with what it is, as
    :func:`ivr.authoring.prompts.pack_of` calls it. ``known``: of the railway; by default what the live data holds. Raises
    :class:`IvrError` when that cannot be read."""
    from ivr.authoring.prompts import MENUS, pack_of
    from ivr.store.rail_names import known_to_callers
    from ivr.voice.build import everything

    if known is None:
        engine = open_store(settings)
        try:
            known = known_to_callers(engine)
        finally:
            engine.dispose()
    pack = pack_of(trees, known.values())
    first = dict.fromkeys(everything(phrase for phrase, kind in pack.items() if kind == MENUS), MENUS)
    return first | {phrase: kind for phrase, kind in pack.items() if phrase not in first}


def recordable(settings: Settings, trees: Iterable[Tree]) -> Collection[Phrase]:
    """What a person's recordings may be of, where there are any."""
    return sound_pack(settings, trees) if settings.recordings_folder.is_dir() else ()


def ticket_source(settings: Settings) -> TicketSource | None:
    """The site's own ticket service; ``None`` where the hotline's inventory counts. Raises :class:`IvrError`."""
    if not settings.tickets_url:
        return None
    from ivr.remote_tickets import remote_tickets

    token = settings.home / "secrets" / "tickets.token"
    return remote_tickets(settings.tickets_url, settings.tickets_timeout_ms, token)


def queue_log_path(settings: Settings) -> Path:
    """Where Asterisk writes this hotline's queue_log."""
    from ivr.telephony.asterisk_config import AsteriskHome

    return AsteriskHome.of(settings).queue_log


def ingest_queue_log(engine: Engine, file: Path, node: str | None = None) -> int:
    """Take a queue_log of ``node``, plain or compressed with gzip, into the record; returns the number of new lines."""
    from ivr.store.recorder import ingest
    from ivr.telephony.queue_log import QueueLog

    return ingest(engine, QueueLog(file, alone=True), node=node)
