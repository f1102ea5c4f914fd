"""``ivr agent``: agents, their PINs, and signing them in and out."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import click

from ivr.commands.table import table
from ivr.errors import IvrError, UsageFault
from ivr.settings import Settings, load

_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
_staff = click.argument("staff", metavar="STAFF")
_seat = click.option("--seat", required=True, help="The agent's phone, e.g. 1001.")
_queue = click.option("--queue", default="operator", show_default=True, help="Which queue.")


@click.group("agent")
def command() -> None:
    """Agents: add, list, sign in and out, pause.

    \b
    Example:
      ivr agent list
    """


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
        ]
        for row in rows
    ]
    heads = ["staff", "name", "state", "since", "queues", "reason"]
    click.echo(table(heads, cells, left=6, most=24) if cells else "No agents yet: ivr agent add STAFF")


@command.command("login")
@_staff
@_seat
@_queue
def login(staff: str, seat: str, queue: str) -> None:
    """Sign an agent in at a seat.

    \b
    Example:
      ivr agent login 1023 --seat 1001
    """
    settings = load()
    _must_exist(settings, staff)
    _manage(settings, seat, "", queue, lambda ami, phone: ami.queue_add(queue, phone, staff))
    click.echo(f"agent {staff} is signed in to {queue} at seat {seat}")


@command.command("logout")
@_staff
@_seat
@_queue
def logout(staff: str, seat: str, queue: str) -> None:
    """Sign an agent out.

    \b
    Example:
      ivr agent logout 1023 --seat 1001
    """
    _manage(load(), seat, staff, queue, lambda ami, phone: ami.queue_remove(queue, phone))
    click.echo(f"agent {staff} is signed out of {queue}")


@command.command("pause")
@_staff
@_seat
@_queue
@click.option("--reason", default="", help="Why, for the reports.")
def pause(staff: str, seat: str, queue: str, reason: str) -> None:
    """Pause an agent: no calls until unpaused.

    \b
    Example:
      ivr agent pause 1023 --seat 1001 --reason lunch
    """
    _manage(load(), seat, staff, queue, lambda ami, phone: ami.queue_pause(queue, phone, True, reason))
    click.echo(f"agent {staff} is paused")


@command.command("unpause")
@_staff
@_seat
@_queue
def unpause(staff: str, seat: str, queue: str) -> None:
    """End an agent's pause.

    \b
    Example:
      ivr agent unpause 1023 --seat 1001
    """
    _manage(load(), seat, staff, queue, lambda ami, phone: ami.queue_pause(queue, phone, False))
    click.echo(f"agent {staff} is not paused any more")


def _must_exist(settings: Settings, staff: str) -> None:
    from ivr.app import open_store
    from ivr.store.agents import agent_exists

    engine = open_store(settings)
    try:
        if not agent_exists(engine, staff):
            raise IvrError(f"no agent has the staff number {staff}", mend="ivr agent list, ivr agent add")
    finally:
        engine.dispose()


def _manage(
    settings: Settings, seat: str, staff: str, queue: str, act: Callable[[Any, str], Awaitable[object]]
) -> None:
    """Let ``act`` ask Asterisk's manager for something about the phone of a seat, provided that ``staff``
    (if not "") is signed in there."""
    import asyncio

    from ivr.telephony.ami import AmiClient
    from ivr.telephony.asterisk_config import control_address
    from ivr.telephony.seats import AMI_USER, SEATS, ami_secret

    if seat not in SEATS:
        raise UsageFault(f"there is no seat {seat}", where="--seat", mend=f"one of {', '.join(SEATS)}")
    phone = f"PJSIP/{seat}"

    async def run() -> None:
        secret = ami_secret(settings.home)
        async with AmiClient(control_address(settings), settings.ami_port, AMI_USER, secret) as ami:
            if staff:
                status = await ami.queue_status(queue)
                if not any((member.interface, member.name) == (phone, staff) for member in status.members):
                    raise IvrError(
                        f"agent {staff} is not signed in to {queue} at seat {seat}", mend="ivr agent list"
                    )
            await act(ami, phone)

    asyncio.run(run())
