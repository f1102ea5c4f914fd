"""``ivr menu history`` and ``diff``: what was on air when, and what changes between revisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from ivr.clock import utc_now
from ivr.commands.menu_publish import FILES, coming_json, print_json, published, store
from ivr.errors import IvrError, UsageFault
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.app import Engine
    from ivr.authoring.folder import Menus
    from ivr.store.revisions import Revision, Switch


@click.command("history")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: a list of revisions, newest first.")
def history(as_json: bool) -> None:
    """The revisions, newest first: author, message, and when each was on air.

    \b
    Example:
      ivr menu history
    """
    from ivr.store import revisions

    settings, now = load(), utc_now()
    with store(settings) as engine:
        known, switches = revisions.history(engine)
    rows = [_row(revision, switches, now, settings) for revision in reversed(known)]
    if as_json:
        print_json(rows)
    elif not rows:
        click.echo("nothing was published yet; the first start publishes the menus as they are")
    else:
        from ivr.commands.table import table

        cells = [
            ["*" if row["on_air"] else "", str(row["revision"]), _last(row), row["author"], row["message"]]
            for row in rows
        ]
        click.echo(table(["", "revision", "on air", "author", "message"], cells, left=5, most=60))


@click.command("diff")
@click.argument("old", required=False, metavar="[A]")
@click.argument("new", required=False, metavar="[B]")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: a list of changes.")
def diff(old: str | None, new: str | None, as_json: bool) -> None:
    """What changes from A to B, by meaning: texts, options, targets, limits, defaults, the calendar.

    A and B are numbers of revisions, or "files" for the folder. Default: from what is on air to the folder.
    Comments, layout and the order of parts make no difference.

    \b
    Example:
      ivr menu diff
      ivr menu diff 3 4
    """
    from ivr.authoring.diff import changes

    settings = load()
    with store(settings) as engine:
        before = _menus(old, settings, engine) if old else _on_air(engine)
        after = _menus(new or FILES, settings, engine)
    found = changes(before, after)
    if as_json:
        print_json(
            [
                {"tree": c.tree, "change": c.kind, "where": c.where, "before": c.before, "after": c.after}
                for c in found
            ]
        )
    elif found:
        click.echo("\n".join(map(str, found)))
    elif before.files == after.files:
        click.echo("no difference")
    else:
        click.echo("no difference in meaning; comments or layout differ")


def _menus(text: str, settings: Settings, engine: Engine) -> Menus:
    if text == FILES:
        from ivr.authoring.folder import read_folder

        return read_folder(settings.menus)
    if not (text.isascii() and text.isdigit()):
        raise UsageFault(f"'{text}' is no revision", mend="a number, or files; ivr menu history shows all")
    return published(engine, int(text))


def _on_air(engine: Engine) -> Menus:
    from ivr.store import revisions

    number = revisions.on_air(engine, utc_now())
    if number is None:
        raise IvrError("nothing is on air yet", mend="ivr menu publish")
    return published(engine, number)


def _row(revision: Revision, switches: Iterable[Switch], now: datetime, settings: Settings) -> dict[str, Any]:
    """A revision as ``history --json`` shows it: ``periods`` on air, what is ``due``, what was ``withdrawn``."""
    good = sorted((s for s in switches if not s.withdrawn), key=lambda s: (s.live_from, s.id))
    ends: list[datetime | None] = [s.live_from for s in good[1:]]
    periods, due = [], []
    on_air = False
    for switch, end in zip(good, [*ends, None], strict=True):
        if switch.revision != revision.number:
            continue
        if switch.live_from > now:
            due.append(coming_json(switch, settings))
            continue
        over = end is not None and end <= now
        on_air = on_air or not over
        periods.append(
            {
                "from": switch.live_from.astimezone(settings.zone).isoformat(),
                "until": end.astimezone(settings.zone).isoformat() if end is not None and over else None,
                "by": switch.made_by,
                "why": switch.why,
            }
        )
    return {
        "revision": revision.number,
        "on_air": on_air,
        "author": revision.author,
        "message": revision.message,
        "created_at": revision.created_at.astimezone(settings.zone).isoformat(),
        "hash": revision.content_hash,
        "periods": periods,
        "due": due,
        "withdrawn": [
            coming_json(s, settings) for s in switches if s.withdrawn and s.revision == revision.number
        ],
    }


def _last(row: dict[str, Any]) -> str:
    """When a revision was last on air, in a few words."""
    if row["due"]:
        return f"from {_clock(row['due'][0]['live_from'])}"
    if not row["periods"]:
        return "never"
    last = row["periods"][-1]
    if last["until"] is None:
        return f"since {_clock(last['from'])}"
    return f"{_clock(last['from'])} to {_clock(last['until'])}"


def _clock(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M:%S}"
