"""``ivr queue waits``: how long callers waited, as a distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ivr.clock import utc_now
from ivr.commands.export import Export, export_options
from ivr.commands.period import no_callers, period, period_options, queue_option
from ivr.commands.table import bar, percent, table
from ivr.settings import load

_BAR = 20


@click.command("waits")
@period_options
@queue_option
@export_options
def waits(from_text: str | None, to_text: str | None, queue: str, export: Export) -> None:
    """How long callers waited until they were answered, and until they hung up. Without --from: today.

    \b
    Example:
      ivr queue waits --from 2026-02-10 --to 2026-02-10 --queue operator
    """
    from ivr.reports.summary import LIMITS_S
    from ivr.reports.waits import COLUMNS
    from ivr.reports.waits import waits as distribution
    from ivr.store.queue import report_hours

    settings = load()
    since, until = period(from_text, to_text, settings.zone, utc_now())
    rows = distribution(report_hours(settings.database, since, until, queue, settings.zone, LIMITS_S))
    if export.put(rows, COLUMNS, "queue waits"):
        return
    if any(row["answered"] or row["abandoned"] for row in rows):
        click.echo(_table(rows))
    else:
        click.echo(no_callers(since, until, settings.zone, "were answered or hung up"))


def _table(rows: Sequence[dict[str, Any]]) -> str:
    """Both bars have one scale: a column of one is as many callers as one of the other."""
    most = max(row[outcome] for row in rows for outcome in ("answered", "abandoned"))
    cells = []
    for row in rows:
        cell = [f"{row['from_s']}–{'' if row['to_s'] is None else row['to_s']} s"]
        for outcome in ("answered", "abandoned"):
            cell += [bar(row[outcome], most, _BAR), str(row[outcome])]
            cell += [percent(row[f"{outcome}{figure}"]) for figure in ("_share", "_share_so_far")]
        cells.append(cell)
    heads = ["wait", "answered", "calls", "share", "so far", "hung up", "calls", "share", "so far"]
    heads[1], heads[5] = heads[1].ljust(_BAR), heads[5].ljust(_BAR)
    return table(heads, cells, gap=1)
