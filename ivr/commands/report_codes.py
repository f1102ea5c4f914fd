"""``ivr report codes``: what calls were about."""

from __future__ import annotations

import click

from ivr.clock import utc_now
from ivr.commands.export import Export, export_options
from ivr.commands.period import no_callers, period, period_options, queue_option
from ivr.commands.table import percent, table, with_bars
from ivr.settings import load


@click.command("codes")
@period_options
@queue_option
@export_options
def codes(from_text: str | None, to_text: str | None, queue: str, export: Export) -> None:
    """What calls were about, by the codes that agents dial after them (*55), in each queue; the last row of a queue: answered
    calls without a code. Without --from: today.

    \b
    Example:
      ivr report codes --from 2026-02-01 --to 2026-02-10
    """
    from ivr.app import open_store
    from ivr.reports.codes import COLUMNS, code_report
    from ivr.reports.queue_stats import queue_stats
    from ivr.reports.summary import LIMITS_S
    from ivr.store.call_codes import coded
    from ivr.store.queue import report_hours

    settings = load()
    since, until = period(from_text, to_text, settings.zone, utc_now())
    engine = open_store(settings)
    try:
        entries = report_hours(engine, since, until, queue, settings.zone, LIMITS_S)
        answered = {row["queue"]: row["answered"] for row in queue_stats(entries, zone=settings.zone)}
        rows = code_report(coded(engine, since, until, queue), answered)
    finally:
        engine.dispose()
    if export.put(rows, COLUMNS, "codes"):
        return
    if not rows:
        click.echo(no_callers(since, until, settings.zone))
        return
    cells = [
        [
            row["queue"],
            row["code"] or "-",
            row["label"] or "no code",
            str(row["calls"]),
            percent(row["share"]),
        ]
        for row in rows
    ]
    click.echo(with_bars(table(COLUMNS, cells, left=3, most=24), "", [row["calls"] for row in rows]))
