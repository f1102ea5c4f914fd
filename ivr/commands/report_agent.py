"""``ivr report agent``: what each agent did."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import click

from ivr.clock import utc_now
from ivr.commands.export import Export, export_options
from ivr.commands.period import period, period_options, queue_option
from ivr.commands.table import clock_time, percent, seconds, table, with_bars
from ivr.reports.agents import PIECE_S
from ivr.settings import load


@click.command("agent")
@period_options
@queue_option
@click.option(
    "--piece",
    "piece_s",
    type=click.IntRange(0, 3600),
    default=PIECE_S,
    show_default=True,
    metavar="SECONDS",
    help="A call with a talk of at least this is a piece.",
)
@export_options
def agent(from_text: str | None, to_text: str | None, queue: str, piece_s: int, export: Export) -> None:
    """Each agent's time signed in and on breaks, calls answered, refused and missed, handling time, occupancy, and
    pieces for piece-rate pay. Without --from: today.

    \b
    Example:
      ivr report agent --from 2026-02-01 --to 2026-02-10
      ivr report agent --from 2026-02-01 --to 2026-02-28 --xlsx pay.xlsx
    """
    from ivr.app import open_store
    from ivr.reports.agents import COLUMNS, agent_report
    from ivr.reports.spans import agent_times
    from ivr.store.agent_report import agent_names, handled, rings, taken_over
    from ivr.store.call_codes import coded
    from ivr.store.queue import report_spans, report_sums
    from ivr.store.surveys import surveyed

    settings = load()
    now = utc_now()
    since, until = period(from_text, to_text, settings.zone, now)
    engine = open_store(settings)
    try:
        rows = agent_report(
            report_sums(engine, since, until, queue, "agent", settings.zone),
            rings(engine, since, until, queue),
            agent_times(*report_spans(engine, since, until, queue), since, min(until, now)),
            handled=handled(engine, since, until, queue, piece_s=piece_s),
            names=agent_names(engine),
            # Of one queue only those are known whom it gave the agent itself.
            taken_over={} if queue else taken_over(engine, since, until),
            piece_s=piece_s,
            coded=_coded(coded(engine, since, until, queue)),
            surveyed=surveyed(engine, since, until, queue, by="agent", zone=settings.zone),
        )
    finally:
        engine.dispose()
    flat = rows if export.as_json else [row | {"pauses": _reasons(row)} for row in rows]
    if export.put(flat, COLUMNS, "agents"):
        return
    if not rows:
        local = [moment.astimezone(settings.zone).strftime("%Y-%m-%d %H:%M") for moment in (since, until)]
        click.echo(f"No agent was signed in from {local[0]} to {local[1]}.")
        return
    click.echo(with_bars(_table(rows), "pieces", [row["pieces"] for row in rows]))
    for row in rows:
        if row["pauses"]:
            click.echo(f"{row['agent']} paused: " + ", ".join(_spoken(row)))


def _coded(codes: Iterable[Any]) -> Counter[str]:
    calls: Counter[str] = Counter()
    for one in codes:
        calls[one.agent] += one.calls
    return calls


def _reasons(row: dict[str, Any]) -> str:
    """The pauses of a row in one cell of a spreadsheet."""
    return json.dumps(row["pauses"], ensure_ascii=False) if row["pauses"] else ""


def _spoken(row: dict[str, Any]) -> list[str]:
    return [f"{reason or 'no reason'} {clock_time(spent)}" for reason, spent in row["pauses"].items()]


def _table(rows: Sequence[dict[str, Any]]) -> str:
    heads = [
        "agent",
        "name",
        "in",
        "paused",
        "rings",
        "answ",
        "refus",
        "missed",
        "transf",
        "taken",
        "talk",
        "AHT",
        "occ",
        "score",
        "pieces",
    ]
    cells = [
        [
            row["agent"], row["name"] or "-", clock_time(row["signed_in_s"]), clock_time(row["paused_s"]),
            *(str(row[key]) for key in ("rings", "answered", "refused", "missed", "transferred", "taken_over")),
            seconds(row["talk_s"]), seconds(row["aht_s"]), percent(row["occupancy"], 0),
            "-" if row["survey_mean"] is None else str(row["survey_mean"]), str(row["pieces"]),
        ]
        for row in rows
    ]  # fmt: skip
    return table(heads, cells, left=2, most=14, gap=1)
