"""``ivr report``: what the record says about the menus and the agents."""

from __future__ import annotations

import json
from typing import Any

import click

from ivr.clock import utc_now
from ivr.commands.lazy import LazyGroup
from ivr.commands.period import no_callers, period, period_options
from ivr.commands.table import percent, table, with_bars
from ivr.settings import load

#: The dialogues of callers, as the record names them.
_ENTRIES = ("hotline", "after_queue")


@click.group("report", cls=LazyGroup, lazy={"agent": "ivr.commands.report_agent:agent"})
def command() -> None:
    """What callers do in the menus, and what agents do.

    \b
    Example:
      ivr report menu --from 2026-02-10
    """


@command.command("menu")
@period_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def menu(from_text: str | None, to_text: str | None, as_json: bool) -> None:
    """What callers choose, where they give up, how many need no agent and how many call again within 24 h.
    Without --from: today.

    \b
    Example:
      ivr report menu --from 2026-02-01 --to 2026-02-10
    """
    from ivr.app import open_store
    from ivr.reports.menu import menu_report
    from ivr.store.menu_report import menu_calls, menu_choices

    settings = load()
    since, until = period(from_text, to_text, settings.zone, utc_now())
    engine = open_store(settings)
    try:
        calls = menu_calls(engine, since, until, _ENTRIES)
        report = menu_report(calls, *menu_choices(engine, since, until, _ENTRIES), until)
    finally:
        engine.dispose()
    if as_json:
        zone = settings.zone
        bounds = {"from": since.astimezone(zone).isoformat(), "to": until.astimezone(zone).isoformat()}
        click.echo(json.dumps(bounds | report, ensure_ascii=False, indent=2))
    elif report["calls"]:
        click.echo(_text(report))
    else:
        click.echo(no_callers(since, until, settings.zone))


def _text(report: dict[str, Any]) -> str:
    lines = [
        f"calls         {report['calls']}, of which {report['ended']} are over",
        f"self-service  {report['self_service']}  {percent(report['self_service_rate'])}",
        f"gave up       {report['gave_up']}  {percent(report['gave_up_rate'])}",
        f"called again  {report['repeated']}  {percent(report['repeat_rate'])} within 24 h",
        f"resolved      {report['resolved']}  {percent(report['first_call_resolution'])} of the served did not call again",
    ]
    cells, bars = [], []
    for part in report["parts"]:
        cells.append(
            [part["part"], "", str(part["calls"]), "", str(part["gave_up"]), percent(part["gave_up_rate"])]
        )
        bars.append(part["calls"])
        for choice in part["choices"]:
            key = choice["key"] or "none"
            cells.append(["", key, str(choice["calls"]), percent(choice["share"]), "", ""])
            bars.append(choice["calls"])
    if cells:
        heads = ["part", "key", "calls", "share", "gave up", "rate"]
        lines += ["", with_bars(table(heads, cells, left=2), "", bars)]
    return "\n".join(lines)
