"""``ivr menu publish``, ``rollback``, ``withdraw``: what goes on air."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ivr.clock import utc_now
from ivr.errors import IvrError, UsageFault
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.app import Engine
    from ivr.authoring.folder import Menus
    from ivr.store.revisions import Outcome, Switch

FILES = "files"


@click.command("publish")
@click.option("-m", "--message", default="", help="What changes, for the history.")
@click.option("--author", help="Who publishes; default: the user of this system.")
@click.option("--at", metavar="TIME", help="Go on air then: 2026-02-10T09:00, 2026-02-10, or 18:00.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: {revision, live_from, changed}.")
def publish(message: str, author: str | None, at: str | None, as_json: bool) -> None:
    """Put the menus of the folder on air as a new revision.

    Checks them (errors refuse, warnings are shown), plays the transcripts in the folder's tests, makes the
    sounds that are missing, then switches all at once. Calls in progress end on the revision with which they
    began. When these menus are on air already, nothing changes.

    \b
    Example:
      ivr menu publish -m "presale is 15 days again"
      ivr menu publish --at 2026-02-10T00:00
    """
    from ivr.app import make_home, os_user
    from ivr.store import revisions
    from ivr.store.migrate import upgrade

    settings = load()
    moment = _moment(at, settings) if at else None
    tell = (lambda _line: None) if as_json else click.echo
    menus = _checked(settings.menus)
    make_home(settings)
    with store(settings) as engine:
        upgrade(engine)
        if not _same_as_on_air(engine, menus, moment):
            _test(settings, tell)
            _make_sounds(settings, menus, tell)
            if _read(settings.menus).files != menus.files:
                raise IvrError("the menus were changed while they were checked", mend="publish again")
        outcome = revisions.publish(
            engine, menus.files, author=author or os_user(), message=message, at=moment
        )
        _report(outcome, revisions.pending(engine, utc_now()), settings, as_json)
    if settings.menus_live == FILES and not as_json:
        click.echo(
            "menus_live is files: callers hear the files of the folder, whatever is published", err=True
        )


@click.command("rollback")
@click.argument("number", required=False, type=click.IntRange(1))
@click.option("-m", "--message", default="", help="Why, for the history.")
@click.option("--author", help="Who does it; default: the user of this system.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: {revision, live_from, changed}.")
def rollback(number: int | None, message: str, author: str | None, as_json: bool) -> None:
    """Put the revision before, or revision NUMBER, on air again, at once. Sounds of it that are gone are made
    again.

    \b
    Example:
      ivr menu rollback
      ivr menu rollback 3
    """
    from ivr.app import os_user
    from ivr.store import revisions

    settings = load()
    with store(settings) as engine:
        if number is None:
            number = revisions.before(engine, utc_now())
        menus = published(engine, number)  # one that does not read must not be chosen
        outcome = revisions.put_on_air(engine, number, by=author or os_user(), why=message or "rollback")
        _report(outcome, revisions.pending(engine, utc_now()), settings, as_json)
    if settings.agi_mode != "server":  # a server makes them before it takes the revision
        _make_sounds(settings, menus, (lambda _line: None) if as_json else click.echo, refuse=False)


@click.command("withdraw")
@click.option("--author", help="Who does it; default: the user of this system.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: a list of {revision, live_from}.")
def withdraw(author: str | None, as_json: bool) -> None:
    """Take back what was published for a later moment and is not on air yet.

    \b
    Example:
      ivr menu withdraw
    """
    from ivr.app import os_user
    from ivr.store import revisions

    settings = load()
    with store(settings) as engine:
        taken = revisions.withdraw(engine, by=author or os_user())
    if as_json:
        print_json([coming_json(switch, settings) for switch in taken])
    elif taken:
        for switch in taken:
            click.echo(f"revision {switch.revision} does not go on air {shown(switch.live_from, settings)}")
    else:
        click.echo("nothing was to go on air later")


# --- publishing -----------------------------------------------------------------------------------


def _checked(folder: Path) -> Menus:
    """The menus of a folder without errors; warnings are shown on stderr."""
    from ivr.authoring.loader import inspect_trees

    faults = inspect_trees(folder)
    for fault in faults:
        click.echo(str(fault), err=True)
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        raise IvrError(f"nothing was published: {_count(len(errors), 'error')} in {folder}")
    return _read(folder)


def _read(folder: Path) -> Menus:
    from ivr.authoring.folder import read_folder

    return read_folder(folder)


def _same_as_on_air(engine: Engine, menus: Menus, at: datetime | None) -> bool:
    from ivr.store import revisions

    number = revisions.on_air(engine, at or utc_now())
    return number is not None and revisions.hash_of(engine, number) == revisions.content_hash(menus.files)


def _test(settings: Settings, tell: Any) -> None:
    """Play the admin's own transcripts. Raises :class:`IvrError` when one does not replay."""
    from ivr.rehearsal import TESTS, run_tests

    if not (settings.menus / TESTS).is_dir():
        return
    passed: list[Path] = []
    failures = run_tests(settings.menus, settings, passed=lambda path, _title: passed.append(path))
    for failure in failures:
        click.echo("\n  ".join((f"{failure.path}: {failure.title}", *failure.diff)), err=True)
    if failures:
        raise IvrError(
            f"nothing was published: {_count(len(failures), 'transcript')} of "
            f"{len(failures) + len(passed)} did not replay",
            mend="mend the menus, or accept what comes now: ivr menu test --update",
        )
    if passed:
        tell(f"{_count(len(passed), 'transcript')} replayed")


def _make_sounds(settings: Settings, menus: Menus, tell: Any, *, refuse: bool = True) -> None:
    """Make the sounds that are missing. ``refuse``: raise :class:`IvrError` when one cannot be made."""
    from ivr.app import recordable
    from ivr.authoring.prompts import phrases_of
    from ivr.commands.progress import sounds_done
    from ivr.voice.build import build

    built = build(
        phrases_of(menus.trees.values()),
        settings.home,
        progress=sounds_done,
        voice=settings.voice,
        speed=settings.voice_speed,
        recorded=settings.recordings_folder,
        recordable=recordable(settings, menus.trees.values()),
    )
    for phrase, why in built.failed:
        click.echo(f"{phrase.text}: {why}", err=True)
    if built.failed and refuse:
        raise IvrError(f"nothing was published: {_count(len(built.failed), 'sound')} cannot be made")
    if built.made:
        tell(f"{_count(built.made, 'sound')} made")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _moment(text: str, settings: Settings) -> datetime:
    """The moment of ``--at``: a time alone is the next such time. Raises :class:`UsageFault`."""
    from datetime import time

    from ivr.commands.period import moment

    now = datetime.now(settings.zone)
    try:
        at = (
            datetime.combine(now.date(), time.fromisoformat(text), settings.zone) if ":" in text[:3] else None
        )
    except ValueError:
        at = None
    if at is None:
        at = moment(text, "--at", settings.zone)
    elif at <= now:
        at = datetime.combine(now.date() + timedelta(days=1), at.time(), settings.zone)
    if at <= now:
        raise UsageFault(f"'{text}' is past", where="--at", mend="leave it out to go on air now")
    return at


# --- reading --------------------------------------------------------------------------------------


@contextmanager
def store(settings: Settings) -> Iterator[Engine]:
    """The database, as it is. Raises :class:`IvrError` when there is none yet."""
    from ivr.app import open_store

    if not settings.database_url and not settings.home.is_dir():
        raise IvrError(
            "there is no database yet", where=str(settings.home), mend="make run, or ivr menu publish"
        )
    engine = open_store(settings)
    try:
        yield engine
    finally:
        engine.dispose()


def published(engine: Engine, number: int) -> Menus:
    """A published revision. Raises :class:`IvrError` when there is none, or when it does not read."""
    from ivr.authoring.folder import read_files
    from ivr.authoring.source import MenuFaults
    from ivr.store.revisions import files_of

    try:
        return read_files(files_of(engine, number), str(number))
    except MenuFaults as found:
        raise IvrError(
            f"revision {number} does not read with this version: {found.faults[0].message}",
            where=found.faults[0].file,
        ) from None


def _report(outcome: Outcome, coming: Iterable[Switch], settings: Settings, as_json: bool) -> None:
    at = shown(outcome.live_from, settings)
    if as_json:
        print_json(
            {
                "revision": outcome.revision,
                "live_from": outcome.live_from.astimezone(settings.zone).isoformat(),
                "changed": outcome.changed,
            }
        )
        return
    later = outcome.live_from > utc_now()
    if not outcome.changed:
        state = f"goes on air {at} anyway" if later else f"is on air already, since {at}"
        click.echo(f"revision {outcome.revision} {state}; nothing changed")
    else:
        click.echo(f"revision {outcome.revision} " + (f"goes on air {at}" if later else "is on air"))
    for switch in coming:
        if switch.revision != outcome.revision:
            due = shown(switch.live_from, settings)
            click.echo(f"note: revision {switch.revision} goes on air {due} (ivr menu withdraw)", err=True)


def coming_json(switch: Switch, settings: Settings) -> dict[str, Any]:
    """A timed switch as JSON documents show it."""
    return {
        "revision": switch.revision,
        "live_from": switch.live_from.astimezone(settings.zone).isoformat(),
        "by": switch.made_by,
    }


def shown(moment: datetime, settings: Settings) -> str:
    """A moment for people, in the site's zone."""
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M:%S}"


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
