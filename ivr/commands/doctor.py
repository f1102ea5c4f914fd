"""``ivr doctor``: looks at each part and says how to mend what is wrong."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ivr.authoring.folder import Menus
    from ivr.settings import Settings

_LITTLE_DISK, _NO_DISK = 1 << 30, 100 << 20  # bytes
_HOLIDAYS_AHEAD = 60  # days; the State Council publishes a year's holidays in the autumn before it


@dataclass(frozen=True)
class Finding:
    """``state`` is ok, warn or fail; ``mend`` says what to do unless it is ok."""

    part: str
    state: str
    says: str
    mend: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document: {ok, findings}.")
def command(as_json: bool) -> None:
    """Check every part and say how to mend what is wrong. Exit code 1 when something is.

    \b
    Example:
      ivr doctor
      ivr doctor --json
    """
    from ivr.settings import load

    found = list(findings(load()))
    sound = all(f.state != "fail" for f in found)
    if as_json:
        click.echo(
            json.dumps({"ok": sound, "findings": list(map(asdict, found))}, ensure_ascii=False, indent=2)
        )
    else:
        for f in found:
            click.echo(f"{f.state:<5} {f.part:<10} {f.says}" + (f" ({f.mend})" if f.mend else ""))
    sys.exit(0 if sound else 1)


def findings(settings: Settings) -> Iterator[Finding]:
    """All findings, one part after the other; a part that raises has failed, and the next is looked at."""
    from ivr.errors import IvrError

    running = _runs(settings)
    parts: dict[str, Callable[[], Iterator[Finding]]] = {
        "python": _python,
        "packages": _packages,
        "settings": _settings,
        "home": lambda: _home(settings),
        "secrets": lambda: _secrets(settings),
        "disk": lambda: _disk(settings),
        "database": lambda: _database(settings),
        "menus": lambda: _menus(settings),
        "calendar": lambda: _calendar(settings),
        "voice": lambda: _voice(settings),
        "sounds": lambda: _sounds(settings),
        "recordings": lambda: _recordings(settings),
        "asterisk": lambda: _asterisk(settings, running),
        "ports": lambda: _ports(settings, running),
    }
    for part, look in parts.items():
        try:
            yield from look()
        except IvrError as fault:
            where = f"{fault.where}: " if fault.where else ""
            yield Finding(part, "fail", f"{where}{fault.what}", fault.mend)
        except Exception as fault:  # a doctor does not fall ill of what it finds
            first = str(fault).partition("\n")[0]
            yield Finding(part, "fail", f"{type(fault).__name__}: {first}", "ivr settings shows what is used")


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 10)
    yield Finding("python", "ok" if good else "fail", version, "" if good else "install Python 3.10 or newer")


def _packages() -> Iterator[Finding]:
    from importlib import metadata

    missing = []
    for requirement in metadata.requires("railway-hotline") or []:
        name, _, condition = requirement.partition(";")
        if condition:  # test tools, and what only an older Python needs
            continue
        package = re.match(r"[\w.-]+", name)
        try:
            metadata.version(package[0] if package else name)
        except metadata.PackageNotFoundError:
            missing.append(package[0] if package else name)
    if missing:
        yield Finding("packages", "fail", f"missing: {', '.join(missing)}", "scripts/setup run")
    else:
        yield Finding("packages", "ok", "all there")


def _settings() -> Iterator[Finding]:
    from ivr.settings import unknown_variables

    unknown = unknown_variables()
    for name, mend in unknown:
        yield Finding("settings", "warn", f"{name}: no such setting", mend)
    if not unknown:
        yield Finding("settings", "ok", "every IVR_ variable is one")


def _home(settings: Settings) -> Iterator[Finding]:
    import os
    import tempfile

    home = settings.home
    place = home
    while not place.exists():  # what is not there yet must be possible to make
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        yield Finding("home", "fail", f"{home} cannot be written", "set IVR_HOME, or change its owner")
    elif place != home:
        yield Finding("home", "warn", f"{home} is not there yet", "ivr serve makes it")
    else:
        try:
            with tempfile.TemporaryFile(dir=home):
                yield Finding("home", "ok", str(home))
        except OSError as fault:
            yield Finding("home", "fail", f"{home}: {fault.strerror}", "mend the disk, or set IVR_HOME")


def _secrets(settings: Settings) -> Iterator[Finding]:
    folder = settings.home / "secrets"
    if not folder.is_dir():
        yield Finding("secrets", "warn", "not made yet", "ivr serve makes them")
        return
    open_ones = [p for p in (folder, *sorted(folder.iterdir())) if p.stat().st_mode & 0o077]
    if open_ones:
        names = ", ".join(str(p) for p in open_ones)
        yield Finding("secrets", "fail", f"others can read {names}", f"chmod -R go= {folder}")
    else:
        yield Finding("secrets", "ok", "private")


def _disk(settings: Settings) -> Iterator[Finding]:
    import shutil

    place = settings.home
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    state = "ok" if free >= _LITTLE_DISK else "warn" if free >= _NO_DISK else "fail"
    mend = "" if state == "ok" else "make room: sounds, recordings and the database grow"
    yield Finding("disk", state, f"{free / (1 << 30):.1f} GiB free", mend)


def _database(settings: Settings) -> Iterator[Finding]:
    from alembic.script import ScriptDirectory

    from ivr.store import migrate
    from ivr.store.database import open_engine, reading

    file = settings.home / "ivr.db"
    if not settings.database_url and not file.exists():
        yield Finding("database", "warn", "not made yet", "ivr serve makes it")
        return
    newest = ScriptDirectory(str(Path(migrate.__file__).with_name("migrations"))).get_current_head()
    engine = open_engine(settings.database)
    try:
        with reading(engine) as session:
            has = migrate.current_revision(session.connection())
    finally:
        engine.dispose()
    if has == newest:
        yield Finding("database", "ok", f"revision {has}")
    else:
        yield Finding("database", "fail", f"revision {has or 'none'}, not {newest}", "ivr db upgrade")


def _menus(settings: Settings) -> Iterator[Finding]:
    from ivr.authoring.folder import read_folder, standing

    names = "hotline, connected, agent"
    on_air, broken, coming = _on_air(settings)
    for number, why in broken:
        yield Finding("menus", "fail", f"revision {number} does not read: {why}", "ivr menu publish")
    if on_air is None:
        read_folder(settings.menus)
        then = (
            "an edited file is on air" if settings.menus_live == "files" else "the next start publishes them"
        )
        yield Finding("menus", "ok", f"{names} in {settings.menus}; {then}")
        return
    says, mend = standing(settings.menus, on_air)
    later = "".join(f"; revision {number} goes on air {at}" for number, at in coming)
    if says:
        yield Finding("menus", "warn", says + later, mend)
    else:
        yield Finding("menus", "ok", f"revision {on_air.revision} is on air, as in {settings.menus}{later}")


def _on_air(settings: Settings) -> tuple[Menus | None, list[tuple[int, str]], list[tuple[int, str]]]:
    """The menus on air; the revisions that should be but do not read, and why; those that are due later, and when.
    Nothing where nothing was published."""
    from ivr.app import open_store
    from ivr.authoring.folder import read_files
    from ivr.clock import utc_now
    from ivr.errors import IvrError
    from ivr.store import revisions

    if settings.menus_live == "files" or not (settings.database_url or (settings.home / "ivr.db").exists()):
        return None, [], []
    broken: list[tuple[int, str]] = []
    now = utc_now()
    engine = open_store(settings)
    try:
        coming = [
            (switch.revision, f"{switch.live_from.astimezone(settings.zone):%Y-%m-%d %H:%M}")
            for switch in revisions.pending(engine, now)
        ]
        for number in revisions.on_air_and_before(engine, now):
            try:
                return read_files(revisions.files_of(engine, number), str(number)), broken, coming
            except IvrError as fault:
                broken.append((number, str(fault).partition("\n")[0]))
    finally:
        engine.dispose()
    return None, broken, coming


def _calendar(settings: Settings) -> Iterator[Finding]:
    from datetime import datetime

    from ivr.authoring.folder import read_folder
    from ivr.errors import IvrError

    try:
        menus = _on_air(settings)[0] or read_folder(settings.menus)
    except IvrError:
        return  # the menus themselves have been told
    today = datetime.now(settings.zone).date()
    until = menus.trees["hotline"].calendar.holidays_known_until(today)
    says = f"holidays are known until {until}"
    if (until - today).days >= _HOLIDAYS_AHEAD:
        yield Finding("calendar", "ok", says)
        return
    mend = f"add those of {until.year + 1} to holidays and workdays in calendar.yaml and publish, or update chinesecalendar"
    yield Finding("calendar", "warn", says, mend)


def _voice(settings: Settings) -> Iterator[Finding]:
    from ivr.voice import kokoro_pack, lost, neural
    from ivr.voice.trial import TRIAL_S, trial

    wanted = settings.voice
    speaker = kokoro_pack.speaker(settings.home, wanted)
    place = kokoro_pack.folder(settings.home)
    lacks = kokoro_pack.damaged(place) if place.exists() else []
    if lacks or (place.exists() and kokoro_pack.missing_packages()):
        what = [*lacks, *kokoro_pack.missing_packages()]
        mend = "ivr voice install kokoro"
        yield Finding("voice", "warn", f"espeak speaks: kokoro lacks {', '.join(what)}", mend)
    elif wanted not in ("auto", kokoro_pack.ESPEAK) and speaker == kokoro_pack.ESPEAK:
        yield Finding(
            "voice", "warn", f"espeak speaks: {wanted} is not installed", "ivr voice install kokoro"
        )
    if gone := lost.lately(settings.home):
        says = f"{gone.workers} voice workers replaced within a day, the last {gone.ago_s / 60:.0f} min ago: {gone.reason}"
        yield Finding("voice", "warn", says, "the log ivr.voice tells when; of memory, see voice_memory_mb")
    seconds = trial(settings.home, wanted)
    if speaker == kokoro_pack.ESPEAK:
        yield Finding("voice", "ok", f"espeak spoke within {seconds:.1f} s")
        return
    noted = neural.trouble(settings.home)
    if noted:
        says = f"{speaker} failed {noted.ago_s / 60:.0f} min ago, {noted.failures} in a row: {noted.reason}"
        yield Finding("voice", "warn", says, "espeak stands in; the log ivr.voice tells more")
    state = "warn" if seconds > TRIAL_S else "ok"
    mend = (
        "too slow for calls: espeak stands in; ivr voice use espeak, or a faster machine"
        if state == "warn"
        else ""
    )
    yield Finding("voice", state, f"{speaker} spoke a short sentence within {seconds:.1f} s", mend)


def _sounds(settings: Settings) -> Iterator[Finding]:
    from ivr.authoring.folder import read_folder
    from ivr.authoring.prompts import phrases_of
    from ivr.voice.build import missing, silent

    menus = _on_air(settings)[0] or read_folder(settings.menus)
    phrases = phrases_of(menus.trees.values())
    lacking = missing(phrases, settings.home, settings.voice, settings.voice_speed)
    mute = len(silent(phrases, settings.home, settings.voice, settings.voice_speed))
    if mute:
        yield Finding("sounds", "warn", f"{mute} prompts are not made yet", "ivr prompt build")
    elif lacking:
        yield Finding("sounds", "warn", f"{len(lacking)} prompts are in espeak's voice", "ivr prompt build")
    else:
        yield Finding("sounds", "ok", f"all {len(phrases)} fixed prompts")


def _recordings(settings: Settings) -> Iterator[Finding]:
    from ivr.voice.recordings import differing
    from ivr.voice.sounds import SoundStore

    store = SoundStore(settings.home, settings.voice, settings.voice_speed)
    if other := differing(settings.recordings_folder, store):
        says = f"{other} recordings are new, changed, gone or not good since the last build"
        yield Finding("recordings", "warn", says, "ivr prompt build tells which")
    elif store.recorded.sounds:
        yield Finding("recordings", "ok", f"{len(store.recorded.sounds)} recordings win over the voice")


def _asterisk(settings: Settings, running: bool) -> Iterator[Finding]:
    from ivr.telephony import asterisk_config, asterisk_find
    from ivr.telephony.asterisk_process import ask

    asterisk = asterisk_find.find(settings)
    yield Finding("asterisk", "ok", f"{asterisk.version} ({asterisk.command[-1]})")
    wanted = re.findall(
        r"^load = (\S+)", (asterisk_config.TEMPLATES / "modules.conf").read_text("utf-8"), re.MULTILINE
    )
    absent = [name for name in wanted if not (asterisk.modules / name).exists()]
    if absent:
        yield Finding("modules", "fail", f"missing: {', '.join(absent)}", "install asterisk-modules")
    elif running:
        shown = ask(asterisk_config.AsteriskHome.of(settings).control_socket, "module show")
        loaded = set(re.findall(r"^(\S+\.so) .*\bRunning\b", shown, re.MULTILINE))
        asleep = [name for name in wanted if name not in loaded]
        mend = f"see {asterisk_config.AsteriskHome.of(settings).messages}"
        if asleep:
            yield Finding("modules", "fail", f"not running: {', '.join(asleep)}", mend)
        else:
            yield Finding("modules", "ok", f"all {len(wanted)} run")
    else:
        yield Finding("modules", "ok", f"all {len(wanted)} are there")


def _ports(settings: Settings, running: bool) -> Iterator[Finding]:
    import asyncio

    from ivr.telephony import probes, serving
    from ivr.telephony.asterisk_config import control_address

    if not running:
        serving.check_ports(settings, patience_s=0)
        yield Finding("ports", "ok", "free; the hotline does not run")
        return
    address = control_address(settings)
    mend = f"see {settings.home / 'log' / 'serve.log'}"
    answers = {"sip": probes.sip_answers(address, settings.sip_port)}
    if settings.agi_mode == "server":
        answers["agi"] = asyncio.run(probes.agi_answers(address, settings.agi_port))
    for part, good in answers.items():
        yield Finding(
            part, "ok" if good else "fail", "answers" if good else "does not answer", "" if good else mend
        )


def _runs(settings: Settings) -> bool:
    """Whether a hotline holds the lock of this home."""
    import fcntl

    try:
        with (settings.home / "serve.lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False
