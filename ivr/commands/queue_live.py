"""``ivr queue live``: what goes on in the queues now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from ivr.clock import utc_now
from ivr.commands.period import period
from ivr.commands.table import percent, seconds, table
from ivr.commands.watch import repeat
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.store.database import Engine

#: Seconds between two looks: what happens is shown within a second.
EVERY_S = 0.5
#: Of today's figures, from the record.
_TODAY = ("offered", "answered", "abandoned", "answer_rate", "service_level", "standard", "standard_met")


@click.command("live")
@click.option("--once", is_flag=True, help="Show it once; otherwise until Ctrl-C.")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON document, with --once; else one in each line."
)
def live(once: bool, as_json: bool) -> None:
    """The queues now: who waits for how long, what each agent does, and today's figures against the standard.

    It is shown anew twice a second. With --json and without --once a line is printed whenever something other than
    a number of seconds has changed.

    \b
    Example:
      ivr queue live
      ivr queue live --once --json
    """
    from ivr.app import open_store

    settings = load()
    engine = open_store(settings)
    try:
        if once:
            board = _board(settings, engine)
            click.echo(json.dumps(board, ensure_ascii=False, indent=2) if as_json else _text(board))
        elif as_json:
            _stream(settings, engine)
        else:
            repeat(lambda: _text(_board(settings, engine)), EVERY_S, settings.zone)
    finally:
        engine.dispose()


def _stream(settings: Settings, engine: Engine) -> None:
    import time

    before: object = None
    try:
        while True:
            board = _board(settings, engine)
            if (now := _without_seconds(board)) != before:
                click.echo(json.dumps(board, ensure_ascii=False))
                before = now
            time.sleep(EVERY_S)
    except KeyboardInterrupt:
        return


def _without_seconds(board: Any) -> Any:
    if isinstance(board, dict):
        return {k: _without_seconds(v) for k, v in board.items() if k != "at" and not k.endswith("_s")}
    return [_without_seconds(one) for one in board] if isinstance(board, list) else board


def _board(settings: Settings, engine: Engine) -> dict[str, Any]:
    """The document of ``--json``. Raises :class:`ivr.errors.IvrError` when Asterisk does not answer."""
    from ivr.acd.board import agents_now, queues_now
    from ivr.acd.roster import AGAIN
    from ivr.app import menus_on_air
    from ivr.commands.queue import today_by_queue
    from ivr.dialogue.queues import wrapup_of
    from ivr.roster import manager
    from ivr.store.agents import list_agents
    from ivr.store.callbacks import counted, open_callbacks
    from ivr.telephony.ami import QueueStatus

    async def status() -> QueueStatus:
        async with manager(settings) as ami:
            return await ami.queue_status()

    found = asyncio.run(status())
    now = utc_now()
    known = menus_on_air(settings, engine).queues
    agents = agents_now(found.members, int(now.timestamp()), wrapup_of(known, settings.wrapup_s))
    since, until = period(None, None, settings.zone, now)
    today = {row["queue"]: row for row in today_by_queue(engine, since, until, settings, now)}
    callbacks = counted(open_callbacks(engine))
    names = {agent.staff: agent.name for agent in list_agents(engine)}
    # In "again" a caller is for a moment before the queue that is asked for.
    there = [name for name in found.queues if name != AGAIN]
    callers = [caller for caller in found.callers if caller.queue != AGAIN]
    order = [*(name for name in known if name in there), *(name for name in there if name not in known)]
    return {
        "at": now.astimezone(settings.zone).isoformat(timespec="seconds"),
        "queues": [
            {
                "queue": queue.name,
                "label": known[queue.name].label if queue.name in known else "",
                "waiting": queue.waiting,
                "longest_wait_s": queue.longest_wait_s,
                "callbacks": callbacks.get(queue.name, 0),
                "agents": dict(queue.agents),
                **{key: today.get(queue.name, {}).get(key) for key in _TODAY},
            }
            for queue in queues_now(order, callers, agents)
        ],
        "callers": [
            {"queue": one.queue, "position": one.position, "wait_s": one.wait_s, "call": one.call_id}
            for one in sorted(callers, key=lambda one: (order.index(one.queue), one.position))
        ],
        "agents": [
            {
                "staff": agent.staff,
                "name": names.get(agent.staff, ""),
                "seat": agent.seat,
                "state": agent.state,
                "reason": agent.reason or None,
                "since_s": agent.since_s,
                "calls": agent.calls,
                "queues": {name: level for name, level in agent.queues.items() if name != AGAIN},
            }
            for agent in agents
        ],
    }


def _text(board: Mapping[str, Any]) -> str:
    parts = [_queues(board["queues"])]
    if board["callers"]:
        heads = ["waiting in", "place", "for", "call"]
        cells = [[c["queue"], str(c["position"]), seconds(c["wait_s"]), c["call"]] for c in board["callers"]]
        parts.append(table(heads, cells))
    parts.append(_agents(board["agents"]) if board["agents"] else "Nobody is signed in.")
    return "\n\n".join(parts)


def _queues(rows: Sequence[Mapping[str, Any]]) -> str:
    heads = ["queue", "", "wait", "longest", "back", "free", "talk", "ring", "wrap", "pause", "away"]
    heads += ["offer", "answ", "rate", "goal", "met"]
    cells = []
    for row in rows:
        states = (
            row["agents"][state] for state in ("free", "talking", "ringing", "wrap_up", "paused", "away")
        )
        counts = [str(row[key] or 0) for key in ("offered", "answered")]
        goal = [percent(row["answer_rate"]), percent(row["standard"], 0)]
        met = {True: "yes", False: "NO", None: "-"}[row["standard_met"]]
        cell = [row["queue"], row["label"], str(row["waiting"]), seconds(row["longest_wait_s"])]
        cell.append(str(row["callbacks"]))
        cells.append([*cell, *map(str, states), *counts, *goal, met])
    return table(heads, cells, left=2, most=14, gap=1)


def _agents(rows: Sequence[Mapping[str, Any]]) -> str:
    cells = [
        [
            row["staff"],
            row["name"] or "-",
            row["seat"],
            row["state"].replace("_", "-") + (f" {row['reason']}" if row["reason"] else ""),
            " ".join(f"{queue}:{level}" for queue, level in row["queues"].items()),
            seconds(row["since_s"]),
            str(row["calls"]),
        ]
        for row in rows
    ]
    return table(["agent", "name", "seat", "state", "queues", "for", "calls"], cells, left=5, most=40)
