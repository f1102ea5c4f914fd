"""``ivr seat``: the phones."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ivr.settings import Settings


@click.group()
def command() -> None:
    """Seats: list.

    \b
    Example:
      ivr seat list
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def list_seats(as_json: bool) -> None:
    """Every seat with what its phone needs: server, user and secret; and whether it is registered.

    \b
    Example:
      ivr seat list
      ivr seat list --json
    """
    from ivr.settings import load

    rows = _rows(load())
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    states = {True: "yes", False: "no", None: "unknown (the hotline does not run)"}
    click.echo(f"{'seat':<6}{'server':<24}{'user':<8}{'secret':<28}registered")
    for row in rows:
        line = f"{row['seat']:<6}{row['server']:<24}{row['user']:<8}{row['secret']:<28}{states[row['registered']]}"
        click.echo(line)


def _rows(settings: Settings) -> list[dict[str, Any]]:
    """``registered`` is None when no Asterisk answers."""
    from ivr.telephony.asterisk_config import control_address, host_port
    from ivr.telephony.seats import seat_secrets

    registered = _registered(settings)
    server = host_port(control_address(settings), settings.sip_port)
    return [
        {
            "seat": seat,
            "server": server,
            "user": seat,
            "secret": secret,
            "registered": None if registered is None else seat in registered,
        }
        for seat, secret in seat_secrets(settings.home, settings.seat_list).items()
    ]


def _registered(settings: Settings) -> set[str] | None:
    from ivr.errors import IvrError
    from ivr.telephony.asterisk_config import AsteriskHome
    from ivr.telephony.asterisk_process import ask

    try:
        contacts = ask(AsteriskHome.of(settings).control_socket, "pjsip show contacts")
    except IvrError:
        return None
    return set(re.findall(r"^\s*Contact:\s+(\d+)/sips?:", contacts, re.MULTILINE))
