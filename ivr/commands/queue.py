"""``ivr queue``: the figures of the queues, and who came to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ivr.clock import utc_now
from ivr.commands.export import Export, export_options
from ivr.commands.lazy import LazyGroup
from ivr.commands.period import no_callers, period, period_options, queue_option
from ivr.commands.table import percent, seconds, table, with_bars
from ivr.commands.watch import repeat
from ivr.errors import IvrError, UsageFault
from ivr.reports.queue_stats import GROUPS, OF_HOURS
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.store.plain import Source

_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@click.group(
    "queue",
    cls=LazyGroup,
    lazy={
        "abandoned": "ivr.commands.queue_abandoned:abandoned",
        "live": "ivr.commands.queue_live:live",
        "waits": "ivr.commands.queue_waits:waits",
    },
)
def command() -> None:
    """The figures of the queues, and who came to them.

    \b
    Example:
      ivr queue stats --by hour
    """


@command.command("stats")
@period_options
@queue_option
@click.option("--by", type=click.Choice(GROUPS), default="queue", show_default=True, help="One row for each.")
@click.option("--compare", is_flag=True, help="Beside the same days of the week before, up to the same time.")
@click.option(
    "--watch", type=click.IntRange(1, 3600), metavar="SECONDS", help="Again and again, until Ctrl-C."
)
@export_options
def stats(
    from_text: str | None,
    to_text: str | None,
    queue: str,
    by: str,
    compare: bool,
    watch: int | None,
    export: Export,
) -> None:
    """Calls, answer rate, service level, waits and talk. Without --from: today.

    \b
    Example:
      ivr queue stats --from 2026-02-01 --to 2026-02-10 --by day
      ivr queue stats --by hour --xlsx today.xlsx
      ivr queue stats --by hour --compare
      ivr queue stats --watch 5
    """
    settings = load()
    source = settings.database

    def shown() -> str:
        now = utc_now()
        since, until = period(from_text, to_text, settings.zone, now)
        if compare:
            rows, columns = _compared(source, since, min(until, now), queue, by, settings)
        else:
            rows, columns = _figures(source, since, until, queue, by, settings, now)
        if export.put(rows, columns, f"queue stats by {by}"):
            return ""
        if not rows:
            return no_callers(since, until, settings.zone)
        text = _compare_table(rows, by) if compare else _stats_table(rows, by, settings.service_level_s)
        return with_bars(text, "load", [row["offered"] for row in rows])

    if watch is None:
        text = shown()
        if text:
            click.echo(text)
    elif export != Export():
        raise UsageFault("--watch shows a table", mend="leave out --json, --csv and --xlsx")
    else:
        repeat(shown, watch, settings.zone)


_Rows = tuple[list[dict[str, Any]], list[str]]


def _figures(
    source: Source, since: datetime, until: datetime, queue: str, by: str, settings: Settings, now: datetime
) -> _Rows:
    from ivr.reports.queue_stats import columns, queue_stats
    from ivr.reports.summary import limits_for
    from ivr.store.queue import report_spans

    # Only these rows have an occupancy.
    sessions, pauses = report_spans(source, since, until, queue) if by in ("agent", "queue") else ((), ())
    limits = limits_for(settings.service_level_s, settings.short_abandon_s)
    peak = _peak(settings)
    rows = queue_stats(
        _entries(source, since, until, queue, by, settings.zone, limits, peak),
        by=by,
        threshold_s=settings.service_level_s,
        short_s=settings.short_abandon_s,
        zone=settings.zone,
        sessions=sessions,
        pauses=pauses,
        since=since,
        until=min(until, now),
        peak=peak,
    )
    return rows, columns(by)


def today_by_queue(
    source: Source, since: datetime, until: datetime, settings: Settings, now: datetime
) -> list[dict[str, Any]]:
    """The rows of ``ivr queue stats`` by queue."""
    return _figures(source, since, until, "", "queue", settings, now)[0]


def _compared(
    source: Source, since: datetime, until: datetime, queue: str, by: str, settings: Settings
) -> _Rows:
    from ivr.reports.compare import columns, compare, week_before
    from ivr.reports.summary import LIMITS_S

    zone = settings.zone
    entries = _entries(source, since, until, queue, by, zone, LIMITS_S)
    then = week_before(since, zone), week_before(until, zone)
    before = _entries(source, *then, queue, by, zone, LIMITS_S)
    return compare(entries, before, by=by, zone=zone), columns(by)


def _entries(
    source: Source,
    since: datetime,
    until: datetime,
    queue: str,
    by: str,
    zone: tzinfo,
    limits: Sequence[int],
    peak: Callable[[date], bool] | None = None,
) -> Iterable[Any]:
    from ivr.reports.summary import LIMITS_S
    from ivr.store.queue import report_entries, report_hours, report_sums

    if by in OF_HOURS:
        return report_hours(source, since, until, queue, zone, limits)
    if tuple(limits) == LIMITS_S:
        return report_sums(source, since, until, queue, by, zone, peak)
    return report_entries(source, since, until, queue)


def _peak(settings: Settings) -> Callable[[date], bool] | None:
    """Which days are peak days, by the calendar of the menus on air."""
    from ivr.app import calendar_on_air

    try:
        return calendar_on_air(settings).is_peak
    except IvrError as fault:
        why = str(fault).splitlines()[0]
        click.echo(f"ivr: no calendar can be read, so no day is a peak day: {why}", err=True)
        return None


def _stats_table(rows: Sequence[dict[str, Any]], by: str, threshold_s: int) -> str:
    heads = [by, "offer", "answ", "aband", "t.out", "refus", "other", "wait", "rate", f"≤{threshold_s}s"]
    heads += ["ASA", "max", "AHT", "occ", "met"]
    cells = []
    for row in rows:
        other = ("left_by_key", "left_empty", "withdrawn", "lost")
        counts = [row["offered"], row["answered"], row["abandoned"], row["timed_out"]]
        counts += [row["refused_full"] + row["refused_empty"], sum(row[key] for key in other), row["waiting"]]
        figures = [percent(row["answer_rate"]), percent(row["service_level"])]
        figures += [seconds(row[key]) for key in ("asa_s", "longest_wait_s", "aht_s")]
        figures += [percent(row["occupancy"], 0), {True: "yes", False: "no", None: "-"}[row["standard_met"]]]
        cells.append([_name(row, by), *map(str, counts), *figures])
    return table(heads, cells, most=16, gap=1)


def _compare_table(rows: Sequence[dict[str, Any]], by: str) -> str:
    cells = []
    for row in rows:
        cell = [_name(row, by)]
        for figure in ("offered", "answered"):
            cell += [str(row[figure]), str(row[f"{figure}_week_before"]), f"{row[f'{figure}_difference']:+}"]
        rise = row["answer_rate_difference"]
        cell += [percent(row["answer_rate"]), percent(row["answer_rate_week_before"])]
        cell.append("-" if rise is None else f"{rise * 100:+.1f}")
        longer = row["asa_s_difference"]
        cell += [seconds(row["asa_s"]), seconds(row["asa_s_week_before"])]
        cell.append("-" if longer is None else ("-" if longer < 0 else "+") + seconds(abs(longer)))
        cells.append(cell)
    heads = [head for figure in ("offer", "answ", "rate", "ASA") for head in (figure, "before", "±")]
    return table([by, *heads], cells, most=16, gap=1)


def _name(row: dict[str, Any], by: str) -> str:
    name: str = row[by] or "-"
    return name[:16].replace("T", " ") if by == "hour" else name


@command.command("list")
@queue_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many.")
@_json
def list_command(queue: str, limit: int, as_json: bool) -> None:
    """Who came to the queues last, newest first.

    \b
    Example:
      ivr queue list --queue operator --limit 50
    """
    from ivr.store.queue import last_entries

    settings = load()
    entries = last_entries(settings.database, limit, queue)
    if as_json:
        rows = [
            {
                "call": row.call,
                "number": row.number,
                "queue": row.queue,
                "caller": row.caller,
                "entered_at": row.entered_at.astimezone(settings.zone).isoformat(),
                "outcome": row.outcome,
                "wait_s": row.wait_s,
                "agent": row.agent or None,
                "talk_s": row.talk_s,
                "ended_by": row.ended_by or None,
                "attempts": row.attempts,
            }
            for row in entries
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    cells = [
        [
            row.entered_at.astimezone(settings.zone).strftime("%Y-%m-%d %H:%M:%S"),
            row.call,
            row.queue,
            row.caller or "-",
            row.outcome,
            row.agent or "-",
            seconds(row.wait_s),
            seconds(row.talk_s),
        ]
        for row in entries
    ]
    heads = ["entered", "call", "queue", "caller", "outcome", "agent", "wait", "talk"]
    click.echo(table(heads, cells, left=6, most=19) if cells else "No entries yet.")


@command.command("ingest")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--node", help="Whose log it is, as IVR_NODE names it there.  [default: IVR_NODE]")
@_json
def ingest(file: Path, node: str | None, as_json: bool) -> None:
    """Take an Asterisk queue_log, plain or .gz, into the record. The same file twice changes nothing.

    \b
    Example:
      ivr queue ingest /var/log/asterisk/queue_log.1
    """
    from ivr.app import ingest_queue_log, open_store

    settings = load()
    engine = open_store(settings)
    try:
        lines = ingest_queue_log(engine, file, settings.node if node is None else node)
    finally:
        engine.dispose()
    if as_json:
        click.echo(json.dumps({"file": str(file), "new_lines": lines}, ensure_ascii=False))
    else:
        click.echo(f"{lines} new lines from {file}")
