"""``ivr notice``: emergency announcements, on air within seconds for every call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from ivr.commands.period import moment
from ivr.commands.table import table
from ivr.errors import IvrError, UsageFault
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.dialogue.notices import Notice
    from ivr.dialogue.tree import Tree
    from ivr.speech import Wordbooks
    from ivr.store.notices import SetNotice

_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
_by = click.option("--by", default="", help="Who does it, for the audit log.  [default: the user]")
_AFTER = re.compile(r"\+([0-9]{1,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
#: Nobody waits on the line while a notice is set.
_SOUND_S = 30.0


@click.group("notice")
def command() -> None:
    """Emergency announcements: set, list, clear.

    \b
    Example:
      ivr notice set "受台风影响，部分列车停运。" --until 18:00
    """


@command.command("set")
@click.argument("text")
@click.option(
    "--until",
    "until_text",
    required=True,
    metavar="WHEN",
    help="18:00 today, 2026-02-10, 2026-02-10T18:00, or +30m, +2h, +1d from now.",
)
@click.option("--before", default="", metavar="PART", help="Only before this part of the menu.")
@click.option("--queue", default="", help="Only before a transfer to this queue.")
@click.option("--en", "english", default="", metavar="TEXT", help="The same for callers who hear English.")
@click.option(
    "--in",
    "others",
    nargs=2,
    multiple=True,
    metavar="LANGUAGE TEXT",
    help="The same in another language of the menu.",
)
@_by
@_json
def set_command(
    text: str,
    until_text: str,
    before: str,
    queue: str,
    english: str,
    others: tuple[tuple[str, str], ...],
    by: str,
    as_json: bool,
) -> None:
    """Put TEXT on air until WHEN: each call hears it once, before its next menu. Write numbers as words.

    \b
    Example:
      ivr notice set "受台风影响，部分列车停运。" --until 18:00 --before tickets
    """
    from ivr.app import menus_on_air, open_store, os_user
    from ivr.store.notices import set_notice

    settings = load()
    now = datetime.now(settings.zone)
    until = _until(until_text, now)
    engine = open_store(settings)
    try:
        tree = menus_on_air(settings, engine).trees["hotline"]
        texts = _texts(tree, text, english, dict(others))
        _check_place(tree, before, queue)
        silent = _make_sounds(settings, texts, tree.wordbooks)
        number = set_notice(
            engine,
            texts,
            until,
            before=before,
            queue=queue,
            by=by or os_user(),
            now=datetime.now(settings.zone),
        )
    finally:
        engine.dispose()
    for why in silent:
        click.echo(f"ivr: no sound yet: {why} (callers hear the notice as soon as the voice works)", err=True)
    if as_json:
        document = {"id": number, "until": until.isoformat(), "text": texts, "sounds": not silent}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    click.echo(f"notice {number} is on air until {until:%Y-%m-%d %H:%M}, {_place(before, queue)}")
    for language in tree.languages:
        if language not in texts:
            click.echo(f"callers who hear '{language}' hear it in '{tree.languages[0]}'")


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are over or were cleared.")
@_json
def list_command(everything: bool, as_json: bool) -> None:
    """The notices on air, newest first, then those that stand in notices.yaml.

    \b
    Example:
      ivr notice list --all
    """
    from ivr.app import menus_on_air, open_store
    from ivr.authoring.notices_file import StandingNotices
    from ivr.store.notices import list_notices

    settings = load()
    now = datetime.now(settings.zone)
    engine = open_store(settings)
    try:
        found = list_notices(engine, now, everything=everything)
        languages = menus_on_air(settings, engine).trees["hotline"].languages
    finally:
        engine.dispose()
    standing = StandingNotices(settings.menus, settings.zone, lambda: languages)(now)
    rows = [_row(notice, settings) for notice in found] + [_standing_row(notice) for notice in standing]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    cells = [
        [
            str(row["id"] or "file"),
            row["state"],
            (row["until"] or "-")[:16].replace("T", " "),
            f"before {row['before'] or row['queue']}" if row["before"] or row["queue"] else "all calls",
            row["set_by"] or "-",
            " / ".join(row["text"].values()),
        ]
        for row in rows
    ]
    heads = ["id", "state", "until", "where", "by", "text"]
    click.echo(table(heads, cells, left=6, most=40) if cells else "No notice is on air.")


@command.command("clear")
@click.argument("number", metavar="ID", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="All that were set; those in notices.yaml stay.")
@_by
@_json
def clear_command(number: int | None, everything: bool, by: str, as_json: bool) -> None:
    """Take a notice off the air before its time.

    \b
    Example:
      ivr notice clear 3
    """
    from ivr.app import open_store, os_user
    from ivr.store.notices import clear_notices

    if (number is None) is not everything:
        raise UsageFault("say which notice", mend="ivr notice clear ID, or --all")
    settings = load()
    engine = open_store(settings)
    try:
        cleared = clear_notices(engine, number, by=by or os_user(), now=datetime.now(settings.zone))
    finally:
        engine.dispose()
    if as_json:
        click.echo(json.dumps({"cleared": cleared}))
        return
    words = ", ".join(map(str, cleared))
    click.echo(f"off the air: {words}" if cleared else "No notice was on air.")


def _until(text: str, now: datetime) -> datetime:
    """The moment that ``--until`` means, in the site's zone. Raises :class:`UsageFault`."""
    after = _AFTER.fullmatch(text)
    if after:
        until = now + timedelta(**{_UNITS[after[2]]: int(after[1])})
    else:
        assert now.tzinfo is not None
        today = f"{now:%Y-%m-%d}T" if _CLOCK.fullmatch(text) else ""
        until = moment(today + text, "--until", now.tzinfo, end=True)
    if until <= now:
        raise UsageFault(
            f"{until:%Y-%m-%d %H:%M} is past", where="--until", mend="e.g. +2h, or 2027-02-10T18:00"
        )
    return until


def _texts(tree: Tree, text: str, english: str, others: Mapping[str, str]) -> dict[str, str]:
    from ivr.authoring.notices_file import unreadable
    from ivr.authoring.source import nearest

    first = tree.languages[0]
    if english and first == "en":
        raise UsageFault("the hotline speaks English first: TEXT is English already", where="--en")
    texts = {first: text.strip(), **({"en": english.strip()} if english else {})}
    for language, words in others.items():
        if language not in tree.languages[1:]:
            mend = nearest(language, tree.languages[1:])
            raise UsageFault(f"'{language}' is no other language of the menu", where="--in", mend=mend)
        texts[language] = words.strip()
    for language, words in texts.items():
        if not words:
            raise UsageFault("the text is empty")
        problems = unreadable(words, language)
        if problems:
            raise IvrError(f"the text cannot be read: {'; '.join(problems)}")
    return texts


def _check_place(tree: Tree, before: str, queue: str) -> None:
    from ivr.authoring.source import nearest
    from ivr.dialogue.tree import TransferPart

    if before and before not in tree.parts:
        raise IvrError(
            f"the menu on air has no part '{before}'", where="--before", mend=nearest(before, tree.parts)
        )
    queues = {part.queue: None for part in tree.parts.values() if isinstance(part, TransferPart)}
    if queue and queue not in queues:
        raise IvrError(
            f"no caller is transferred to a queue '{queue}'", where="--queue", mend=nearest(queue, queues)
        )


def _make_sounds(settings: Settings, texts: Mapping[str, str], wordbooks: Wordbooks) -> list[str]:
    """Make the sounds of a notice; returns what went wrong."""
    from ivr.speech.compose import compose
    from ivr.voice.voice import Voice

    failures: list[str] = []
    phrases = [
        phrase for language, words in texts.items() for phrase in compose(words, {}, language, wordbooks)
    ]
    try:
        with Voice(
            settings.home,
            1,
            _SOUND_S,
            lambda phrase, why: failures.append(why),
            voice=settings.voice,
            speed=settings.voice_speed,
        ) as voice:
            voice.ensure(phrases)
    except (IvrError, OSError) as fault:
        failures.append(str(fault))
    return list(dict.fromkeys(failures))


def _place(before: str, queue: str) -> str:
    places = [f"before {before}"] if before else []
    places += [f"before the queue {queue}"] if queue else []
    return " and ".join(places) or "before the next menu of every call"


def _row(notice: SetNotice, settings: Settings) -> dict[str, Any]:
    def local(at: datetime | None) -> str | None:
        return at.astimezone(settings.zone).isoformat() if at else None

    return {
        "id": notice.id,
        "state": notice.state,
        "text": dict(notice.text),
        "until": local(notice.until),
        "before": notice.before or None,
        "queue": notice.queue or None,
        "set_at": local(notice.set_at),
        "set_by": notice.set_by,
        "cleared_at": local(notice.cleared_at),
        "cleared_by": notice.cleared_by or None,
        "source": "set",
    }


def _standing_row(notice: Notice) -> dict[str, Any]:
    endless = notice.until.year == 9999
    return {
        "id": None,
        "state": "on_air",
        "text": dict(notice.text),
        "until": None if endless else notice.until.isoformat(),
        "before": notice.before or None,
        "queue": notice.queue or None,
        "set_at": None,
        "set_by": None,
        "cleared_at": None,
        "cleared_by": None,
        "source": "notices.yaml",
    }
