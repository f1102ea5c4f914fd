"""``ivr queue abandoned``: the callers who left without an agent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from ivr.clock import utc_now
from ivr.commands.export import Export, export_options
from ivr.commands.period import no_callers, period, period_options, queue_option
from ivr.commands.table import cut, seconds, table
from ivr.errors import UsageFault
from ivr.settings import load

_SHORT = {"abandoned": "hung up", "refused_full": "full", "refused_empty": "no agent"}


@click.command("abandoned")
@period_options
@queue_option
@click.option("--unanswered", is_flag=True, help="Only those who were not answered within 24 h either.")
@click.option("--reveal", is_flag=True, help="Full numbers. Needs --reason; both are in the audit log.")
@click.option("--reason", default="", help="Why the full numbers are needed.")
@click.option("--by", default="", help="Who looks at them, for the audit log.  [default: the user]")
@export_options
def abandoned(
    from_text: str | None,
    to_text: str | None,
    queue: str,
    unanswered: bool,
    reveal: bool,
    reason: str,
    by: str,
    export: Export,
) -> None:
    """Who hung up while waiting or was refused, and whether the same number called again and was answered
    within 24 h. Without --from: today. Numbers are masked.

    \b
    Example:
      ivr queue abandoned --from 2026-02-10 --unanswered
      ivr queue abandoned --unanswered --reveal --reason "calling back, ticket 4711" --csv back.csv
    """
    from ivr.app import open_store, os_user
    from ivr.reports.abandoned import COLUMNS
    from ivr.reports.abandoned import abandoned as followed_up
    from ivr.store.abandoned import leavers, reveal_callers

    reason = " ".join(reason.split())
    if reveal and not reason:
        raise UsageFault("full numbers need a reason", where="--reveal", mend='add --reason "…"')
    if not reveal and (reason or by):
        raise UsageFault("--reason and --by belong to --reveal", mend="add --reveal, or leave them out")
    settings = load()
    now = utc_now()
    since, until = period(from_text, to_text, settings.zone, now)
    columns = list(COLUMNS)
    engine = open_store(settings)
    try:
        rows = followed_up(*leavers(engine, since, until, queue), settings.zone)
        if unanswered:
            rows = [row for row in rows if not row["answered"]]
        if reveal and rows:
            details = {"reason": reason, "queue": queue, "from": since.isoformat(), "to": until.isoformat()}
            keys = [(row["call"], row["number"]) for row in rows]
            numbers = reveal_callers(engine, keys, details, by=by or os_user(), now=now)
            rows = [row | {"caller_number": numbers[key]} for row, key in zip(rows, keys, strict=True)]
    finally:
        engine.dispose()
    if reveal:
        columns.append("caller_number")
    if not export.put(rows, columns, "abandoned", private=reveal):
        click.echo(_table(rows) if rows else no_callers(since, until, settings.zone, "left"))


def _table(rows: Sequence[dict[str, Any]]) -> str:
    cells = []
    for row in rows:
        left = datetime.fromisoformat(row["left_at"])
        later = [_later(row[name], row[f"{name}_at"], left) for name in ("called_again", "answered")]
        cells.append(
            [
                left.strftime("%Y-%m-%d %H:%M:%S"),
                cut(row["call"], 16),
                cut(row["queue"], 12),
                row.get("caller_number") or row["caller"] or "-",
                _SHORT[row["outcome"]],
                seconds(row["wait_s"]),
                *later,
            ]
        )
    heads = ["left", "call", "queue", "caller", "why", "waited", "again", "answered"]
    return table(heads, cells, left=5, most=19, gap=1)


def _later(happened: bool | None, at: str | None, left: datetime) -> str:
    """How long after they left, "no", or "?" where nobody can tell."""
    if at is not None:
        return "+" + seconds((datetime.fromisoformat(at) - left).total_seconds())
    return "?" if happened is None else "no"
