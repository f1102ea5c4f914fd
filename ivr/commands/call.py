"""``ivr call``: the calls and the whole story of one."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

import click

from ivr.commands.period import moment, period_options
from ivr.commands.table import cut, seconds, table
from ivr.settings import load

if TYPE_CHECKING:
    from ivr.store.calls import Story
    from ivr.store.models.acd import Attempt, Leg, QueueEntry
    from ivr.store.models.calls import Call, CallStep

_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@click.group("call")
def command() -> None:
    """The calls, and the whole story of one.

    \b
    Example:
      ivr call list --outcome abandoned
    """


@command.command("list")
@period_options
@click.option("--outcome", default="", help="answered, abandoned, self_service, hung_up, lost, open …")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many.")
@_json
def list_command(from_text: str | None, to_text: str | None, outcome: str, limit: int, as_json: bool) -> None:
    """The last calls, newest first; callers' numbers are masked.

    \b
    Example:
      ivr call list --from 2026-02-10 --outcome abandoned
    """
    from ivr.app import open_store
    from ivr.store.calls import list_calls

    settings = load()
    zone = settings.zone
    engine = open_store(settings)
    try:
        calls = list_calls(
            engine,
            since=moment(from_text, "--from", zone) if from_text else None,
            until=moment(to_text, "--to", zone, end=True) if to_text else None,
            outcome=outcome,
            limit=limit,
        )
    finally:
        engine.dispose()
    if as_json:
        click.echo(json.dumps([_call(row, zone) for row in calls], ensure_ascii=False, indent=2))
        return
    cells = [
        [
            row.began_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
            row.uniqueid,
            row.caller_masked or "-",
            row.outcome,
            seconds((row.ended_at - row.began_at).total_seconds()) if row.ended_at else "-",
        ]
        for row in calls
    ]
    heads = ["began", "call", "caller", "outcome", "length"]
    click.echo(table(heads, cells, left=4) if cells else "No calls.")


@command.command("show")
@click.argument("uniqueid", metavar="ID")
@_json
def show(uniqueid: str, as_json: bool) -> None:
    """The whole story of a call: what was said, keyed and answered, queues, rings, agent, outcome.

    \b
    Example:
      ivr call show 1770685201.12
    """
    from ivr.app import open_store
    from ivr.store.calls import story

    settings = load()
    engine = open_store(settings)
    try:
        found = story(engine, uniqueid)
    finally:
        engine.dispose()
    if as_json:
        click.echo(json.dumps(_document(found, settings.zone), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_lines(found, settings.zone)))


def _iso(at: datetime | None, zone: tzinfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None


def _call(row: Call, zone: tzinfo) -> dict[str, Any]:
    return {
        "call": row.uniqueid,
        "linked_id": row.linked_id,
        "caller": row.caller_masked,
        "called": row.called,
        "language": row.language,
        "menu_revision": row.menu_revision,
        "began_at": _iso(row.began_at, zone),
        "ended_at": _iso(row.ended_at, zone),
        "outcome": row.outcome,
        "dialogue": row.dialogue or None,
        "fallback": row.fallback,
        "hangup_cause": row.hangup_cause,
    }


def _document(found: Story, zone: tzinfo) -> dict[str, Any]:
    document: dict[str, Any] = _call(found.call, zone) if found.call else {"call": found.uniqueid}
    document["steps"] = [
        {
            "seq": row.seq,
            "at": _iso(row.at, zone),
            "entry": row.entry,
            "part": row.part,
            "kind": row.kind,
            "said": row.said,
            "keys": row.keys,
            "query": row.query or None,
            "outcome": row.outcome,
        }
        for row in found.steps
    ]
    document["queue_entries"] = [
        {
            "number": row.number,
            "queue": row.queue,
            "position": row.position,
            "entered_at": _iso(row.entered_at, zone),
            "outcome": row.outcome,
            "left_at": _iso(row.left_at, zone),
            "wait_s": row.wait_s,
            "exit_key": row.exit_key or None,
            "attempts": [
                {
                    "agent": ring.agent,
                    "at": _iso(ring.at, zone),
                    "ring_ms": ring.ring_ms,
                    "outcome": ring.outcome,
                }
                for ring in found.attempts
                if ring.entry == row.number
            ],
            "agent": row.agent or None,
            "talk_s": row.talk_s,
            "hold_s": row.hold_s,
            "ended_at": _iso(row.ended_at, zone),
            "ended_by": row.ended_by or None,
            "transfer_to": row.transfer_to or None,
        }
        for row in found.entries
    ]
    document["legs"] = [
        {
            "kind": leg.kind,
            "from": _seat(leg.from_seat) or None,
            "seat": _seat(leg.seat) or None,
            "agent": leg.agent or None,
            "began_at": _iso(leg.began_at, zone),
            "ended_at": _iso(leg.ended_at, zone),
            "consult_s": leg.consult_s,
            "talk_s": leg.talk_s,
            "hold_s": leg.hold_s,
            "lost": leg.lost,
        }
        for leg in found.legs
    ]
    document["messages"] = [
        {"at": _iso(row.at, zone), "part": row.part, "seconds": row.seconds, "path": row.path}
        for row in found.messages
    ]
    return document


#: What comes first within one second: the log has no smaller unit than that.
_FIRST, _MENU, _QUEUE, _AFTER, _LAST = range(5)


def _lines(found: Story, zone: tzinfo) -> list[str]:
    """The story as a timeline, each line at most 100 columns wide."""
    events: list[tuple[datetime, int, str]] = []
    call = found.call
    if call is not None:
        events.append(
            (call.began_at, _FIRST, f"{call.caller_masked or 'unknown number'} calls {call.called}")
        )
        if call.ended_at is not None:
            cause = f", cause {call.hangup_cause}" if call.hangup_cause is not None else ""
            events.append((call.ended_at, _LAST, f"the call ends: {call.outcome}{cause}"))
    for step in found.steps:
        after = _MENU if step.entry in ("hotline", "agent") else _AFTER
        events += [(step.at, after, line) for line in _step_lines(step)]
    for message in found.messages:
        line = f"{message.part:<14} message  {seconds(message.seconds)} in {message.path}"
        events.append((message.at, _AFTER, line))
    for entry in found.entries:
        rings = [ring for ring in found.attempts if ring.entry == entry.number]
        events += [(at, _QUEUE, line) for at, line in _entry_lines(entry, rings)]
    for leg in found.legs:
        events += [(at, _QUEUE, line) for at, line in _leg_lines(leg)]
    events.sort(key=lambda event: (event[0].replace(microsecond=0), event[1]))
    head = [f"call {found.uniqueid}"]
    if call is not None:
        head.append(f"{call.began_at.astimezone(zone):%Y-%m-%d}  {call.outcome}")
        if call.menu_revision:
            head.append(f"menu {call.menu_revision[:12]}")
        if call.fallback:
            head.append("fallback: the dialogue was out of reach")
    lines = [f"{at.astimezone(zone):%H:%M:%S}  {line}" for at, _, line in events]
    return [cut(line, 100) for line in ["  ".join(head), *lines]]


def _step_lines(step: CallStep) -> list[str]:
    where = f"{step.part or step.entry or '-':<14}"
    lines = [f"{where} said     {step.said}"] if step.said else []
    if step.keys is not None:
        lines.append(f"{where} keys     {step.keys or step.outcome}")
    elif step.kind == "ask":
        lines.append(f"{where} answer   {step.query}: {step.outcome}")
    elif step.entry == "connected" and step.kind == "hangup":
        pass  # the greeting is over; the talk begins
    elif step.kind != "say" or step.outcome == "hung_up":
        lines.append(f"{where} {step.kind:<8} {step.outcome}")
    return lines


def _entry_lines(entry: QueueEntry, rings: list[Attempt]) -> list[tuple[datetime, str]]:
    where = f"{entry.queue:<14}"
    place = f" at position {entry.position}" if entry.position is not None else ""
    lines = [(entry.entered_at, f"{where} enters  {place}")]
    lines += [(ring.at, _ring_line(ring)) for ring in rings]
    if entry.left_at is not None:
        agent = f" by agent {entry.agent}" if entry.agent else ""
        wait = f" after {seconds(entry.wait_s)}" if entry.wait_s is not None else ""
        lines.append((entry.left_at, f"{where} {entry.outcome}{agent}{wait}"))
    if entry.ended_at is not None:
        talk = f" after a talk of {seconds(entry.talk_s)}" if entry.talk_s is not None else ""
        talk += f" and {seconds(entry.hold_s)} of hold" if entry.hold_s is not None else ""
        target = f" to {entry.transfer_to}" if entry.transfer_to else ""
        lines.append((entry.ended_at, f"{where} talk ended by {entry.ended_by}{target}{talk}"))
    return lines


def _seat(interface: str) -> str:
    return interface.partition("/")[2] or interface


def _leg_lines(leg: Leg) -> list[tuple[datetime, str]]:
    where = f"{_seat(leg.seat):<14}"
    agent = f" (agent {leg.agent})" if leg.agent else ""
    lines = [(leg.began_at, f"{where} takes a {leg.kind} call from {_seat(leg.from_seat) or '-'}{agent}")]
    if leg.ended_at is not None:
        consulted = f", {seconds(leg.consult_s)} of consultation before" if leg.consult_s else ""
        talk = f" after a talk of {seconds(leg.talk_s)}{consulted}" if leg.talk_s is not None else ""
        lines.append((leg.ended_at, f"{where} {'lost' if leg.lost else 'that talk ends'}{talk}"))
    return lines


def _ring_line(ring: Attempt) -> str:
    rang = timedelta(milliseconds=ring.ring_ms).total_seconds() if ring.ring_ms is not None else None
    return f"{'':<14} ring     agent {ring.agent}: {ring.outcome}, rang {seconds(rang)}"
