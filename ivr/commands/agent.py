"""``ivr agent``: agents, their PINs, and signing them in and out."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from ivr.commands.agent_home import home
from ivr.commands.agent_skills import import_command, skill
from ivr.commands.table import table
from ivr.errors import IvrError, UsageFault
from ivr.settings import load

_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
_staff = click.argument("staff", metavar="STAFF")
_seat = click.option("--seat", required=True, help="The agent's phone, e.g. 1001; home: the stored number.")


@click.group("agent")
def command() -> None:
    """Agents: add, list, skills, sign in and out, pause.

    \b
    Example:
      ivr agent list
    """


command.add_command(skill)
command.add_command(import_command)
command.add_command(home)


@command.command("add")
@_staff
@click.option("--name", default="", help="The agent's name.")
@click.option("--pin", default=None, help="4 to 12 digits. Without it one is made and shown once.")
@click.option("--pin-stdin", is_flag=True, help="Read the PIN from standard input.")
@_json
def add(staff: str, name: str, pin: str | None, pin_stdin: bool, as_json: bool) -> None:
    """Add an agent with a staff number.

    \b
    Example:
      ivr agent add 1023 --name "Wang Fang"
    """
    from ivr.app import open_store
    from ivr.store.agents import add_agent, new_pin

    if pin is not None and pin_stdin:
        raise UsageFault("--pin and --pin-stdin exclude each other")
    if pin_stdin:
        pin = sys.stdin.readline().strip()
    made = pin is None
    pin = new_pin() if pin is None else pin
    engine = open_store(load())
    try:
        add_agent(engine, staff, pin, name)
    finally:
        engine.dispose()
    if as_json:
        click.echo(
            json.dumps({"staff": staff, "name": name, "pin": pin if made else None}, ensure_ascii=False)
        )
    else:
        click.echo(f"agent {staff} added" + (f", PIN {pin} (it is not shown again)" if made else ""))


@command.command("list")
@_json
def list_command(as_json: bool) -> None:
    """All agents, and who is signed in or paused, as the record has it.

    \b
    Example:
      ivr agent list --json
    """
    from ivr.app import open_store
    from ivr.store.agents import list_agents

    settings = load()
    engine = open_store(settings)
    try:
        agents = list_agents(engine)
    finally:
        engine.dispose()
    rows: list[dict[str, Any]] = [
        {
            "staff": agent.staff,
            "name": agent.name,
            "active": agent.active,
            "state": agent.state,
            "since": agent.since.astimezone(settings.zone).isoformat() if agent.since else None,
            "queues": list(agent.queues),
            "pause_reason": agent.pause_reason or None,
            "skills": dict(agent.skills),
        }
        for agent in agents
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    cells = [
        [
            row["staff"],
            row["name"] or "-",
            row["state"] if row["active"] else "inactive",
            (row["since"] or "-")[:19].replace("T", " "),
            ", ".join(row["queues"]) or "-",
            row["pause_reason"] or "-",
            " ".join(f"{skill}:{level}" for skill, level in row["skills"].items()) or "-",
        ]
        for row in rows
    ]
    heads = ["staff", "name", "state", "since", "queues", "reason", "skills"]
    click.echo(table(heads, cells, left=7, most=24) if cells else "No agents yet: ivr agent add STAFF")


@command.command("login")
@_staff
@_seat
def login(staff: str, seat: str) -> None:
    """Sign an agent in at a seat, to all queues that the agent's skills allow.

    \b
    Example:
      ivr agent login 1023 --seat 1001
    """
    already = _at_seat("sign_in", staff, seat) == "already"
    click.echo(f"agent {staff} is signed in {'already ' if already else ''}at seat {seat}")


@command.command("logout")
@_staff
@_seat
def logout(staff: str, seat: str) -> None:
    """Sign an agent out, of all queues.

    \b
    Example:
      ivr agent logout 1023 --seat 1001
    """
    _at_seat("sign_out", staff, seat)
    click.echo(f"agent {staff} is signed out")


@command.command("pause")
@_staff
@_seat
@click.option("--reason", default="", help="Why, for the reports.")
def pause(staff: str, seat: str, reason: str) -> None:
    """Pause an agent: no calls until unpaused.

    \b
    Example:
      ivr agent pause 1023 --seat 1001 --reason lunch
    """
    _at_seat("pause", staff, seat, reason)
    click.echo(f"agent {staff} is paused")


@command.command("unpause")
@_staff
@_seat
def unpause(staff: str, seat: str) -> None:
    """End an agent's pause.

    \b
    Example:
      ivr agent unpause 1023 --seat 1001
    """
    _at_seat("unpause", staff, seat)
    click.echo(f"agent {staff} is not paused any more")


def _at_seat(operation: str, staff: str, seat: str, reason: str = "") -> str:
    """Let the agent do something at the seat; ``done`` or ``already``. Raises :class:`IvrError` for an agent who is not
    signed in there, where that is needed."""
    from ivr.app import menus_on_air, open_store
    from ivr.roster import Roster

    settings = load()
    if seat not in (*settings.seat_list, "home"):
        raise UsageFault(f"there is no seat {seat}", where="--seat", mend=f"home, or one of {settings.seats}")
    engine = open_store(settings)
    try:
        roster = Roster(settings, engine, lambda: menus_on_air(settings, engine).queues)
        outcome = roster.does(operation, staff, seat, reason).outcome
    finally:
        engine.dispose()
    if outcome == "absent":
        raise IvrError(f"agent {staff} is not signed in at seat {seat}", mend="ivr agent list")
    return outcome
