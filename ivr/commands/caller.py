"""``ivr caller``: callers who are served first."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ivr.acd.caller import MARKS
from ivr.clock import utc_now
from ivr.commands.table import table
from ivr.errors import UsageFault
from ivr.settings import load

_Function = TypeVar("_Function", bound=Callable[..., Any])


@click.group("caller")
def command() -> None:
    """Callers who are served first: the elderly, the disabled, and others.

    \b
    Example:
      ivr caller mark 13812345678 --elder --reason "asked by phone"
    """


def _marks(what: str) -> Callable[[_Function], _Function]:
    """An option for each mark."""

    def add(function: _Function) -> _Function:
        for mark in reversed(MARKS):
            function = click.option(f"--{mark}", is_flag=True, help=f"{what} the mark {mark}.")(function)
        return function

    return add


@command.command("mark")
@click.argument("number")
@_marks("Give")
@click.option("--reason", required=True, help="Why; it is in the list and in the audit log.")
def mark(number: str, reason: str, **marks: bool) -> None:
    """Mark the caller with this number; menus ask for it ({caller: elder}).

    \b
    Example:
      ivr caller mark 13812345678 --elder --disabled --reason "asked by phone"
    """
    from ivr.app import open_store, os_user
    from ivr.store.caller_marks import mark_caller
    from ivr.store.secrets import mask

    chosen = [name for name, given in marks.items() if given]
    if not chosen:
        raise UsageFault("no mark is given", mend=" or ".join(f"--{name}" for name in MARKS))
    if not reason.strip():
        raise UsageFault("the reason is empty", mend='--reason "asked by phone"')
    engine = open_store(load())
    try:
        mark_caller(engine, number, chosen, reason.strip(), os_user(), utc_now())
    finally:
        engine.dispose()
    click.echo(f"{mask(number)}: {', '.join(chosen)}")


@command.command("unmark")
@click.argument("number")
@_marks("Take away only")
def unmark(number: str, **marks: bool) -> None:
    """Take the marks of the caller with this number away, all or those that are named.

    \b
    Example:
      ivr caller unmark 13812345678
    """
    from ivr.app import open_store, os_user
    from ivr.store.caller_marks import unmark_caller
    from ivr.store.secrets import mask

    chosen = [name for name, given in marks.items() if given]
    engine = open_store(load())
    try:
        had = unmark_caller(engine, number, chosen, os_user(), utc_now())
    finally:
        engine.dispose()
    click.echo(f"{mask(number)}: no longer {', '.join(had)}")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_command(as_json: bool) -> None:
    """Who is marked, numbers masked, the newest first.

    \b
    Example:
      ivr caller list
    """
    from ivr.app import open_store
    from ivr.store.caller_marks import marked_callers

    settings = load()
    engine = open_store(settings)
    try:
        found = marked_callers(engine)
    finally:
        engine.dispose()
    rows = [
        {
            "caller": one.caller,
            "mark": one.mark,
            "reason": one.reason,
            "who": one.who,
            "at": one.at.astimezone(settings.zone).isoformat(timespec="seconds"),
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    cells = [
        [row["caller"], row["mark"], row["at"][:16].replace("T", " "), row["who"], row["reason"]]
        for row in rows
    ]
    click.echo(
        table(["caller", "mark", "since", "who", "reason"], cells, left=5, most=30)
        if cells
        else "Nobody is marked."
    )
