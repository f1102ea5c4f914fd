"""``ivr callback``: callers who are to be called back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ivr.commands.table import table
from ivr.errors import IvrError

if TYPE_CHECKING:
    from ivr.settings import Settings
    from ivr.store.database import Engine
    from ivr.store.models.callbacks import Callback


@click.group()
def command() -> None:
    """Callbacks: list, show, cancel. Numbers are masked.

    \b
    Example:
      ivr callback list
    """


@command.command("list")
@click.option("--all", "every", is_flag=True, help="Also those that are over, the newest first.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def list_callbacks(every: bool, limit: int, as_json: bool) -> None:
    """Who is to be called back, in the order of their places: state, attempts, when it is tried again.

    \b
    Example:
      ivr callback list
      ivr callback list --all --json
    """
    from ivr.store.callbacks import listed

    with _opened() as (settings, engine):
        rows = [_row(row, settings, engine) for row in listed(engine, every, limit)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    elif rows:
        click.echo(_table(rows))
    else:
        click.echo("No callback is open.")


@command.command()
@click.argument("callback", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def show(callback: int, as_json: bool) -> None:
    """All of one callback.

    \b
    Example:
      ivr callback show 17
    """
    from ivr.store.callbacks import found

    with _opened() as (settings, engine):
        one = found(engine, callback)
        if one is None:
            raise IvrError(f"there is no callback {callback}", mend="ivr callback list --all")
        row = _row(one, settings, engine)
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(f"{name:<13}{'-' if value is None else value}" for name, value in row.items()))


@command.command()
@click.argument("callback", type=click.IntRange(1))
def cancel(callback: int) -> None:
    """Take a callback back, unless the caller is being called.

    \b
    Example:
      ivr callback cancel 17
    """
    from ivr.clock import utc_now
    from ivr.store.callbacks import end, found

    with _opened() as (_, engine):
        if not end(engine, callback, "cancelled", utc_now()):
            one = found(engine, callback)
            what = f"callback {callback} is {one.state}" if one else f"there is no callback {callback}"
            raise IvrError(what, mend="ivr callback list --all")
    click.echo(f"callback {callback} is cancelled")


def _opened() -> Any:
    from contextlib import contextmanager

    from ivr.app import open_store
    from ivr.settings import load

    @contextmanager
    def opened() -> Any:
        settings = load()
        engine = open_store(settings)
        try:
            yield settings, engine
        finally:
            engine.dispose()

    return opened()


def _row(row: Callback, settings: Settings, engine: Engine) -> dict[str, Any]:
    from ivr.store.callbacks import agent_of

    def local(moment: Any) -> str:
        return str(moment.astimezone(settings.zone).isoformat(timespec="seconds"))

    return {
        "callback": row.id,
        "number": row.number_masked,
        "queue": row.queue,
        "state": row.state,
        "reason": row.reason or None,
        "attempts": row.attempts,
        "place_at": local(row.place_at),
        "requested_at": local(row.requested_at),
        "due_at": local(row.due_at) if row.state == "waiting" else None,
        "changed_at": local(row.changed_at),
        "agent": agent_of(engine, row) or None,
        "talk_s": row.talk_s,
        "call": row.call_uniqueid,
    }


def _table(rows: list[dict[str, Any]]) -> str:
    heads = ["callback", "number", "queue", "state", "attempts", "since", "due"]
    cells = [
        [
            str(row["callback"]),
            row["number"],
            row["queue"],
            row["state"] + (f" ({row['reason']})" if row["reason"] else ""),
            str(row["attempts"]),
            row["requested_at"][5:16].replace("T", " "),
            (row["due_at"] or "-")[5:16].replace("T", " ") or "-",
        ]
        for row in rows
    ]
    return table(heads, cells, left=4)
