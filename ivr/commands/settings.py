"""``ivr settings``: every setting with its value and where it comes from."""

from __future__ import annotations

import json
import re

import click

from ivr.settings import SETTING_FIELDS, load, unknown_variables

#: A password within an address is not for the screen.
_PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")


@click.command("settings")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(as_json: bool) -> None:
    """Every setting with its value and origin.

    \b
    Example:
      IVR_SIP_PORT=5070 ivr settings
    """
    settings = load()
    for name, mend in unknown_variables():
        click.echo(f"{name}: no such setting ({mend})", err=True)
    rows = [
        {
            "name": f.name,
            "value": _PASSWORD.sub(r"\1***@", str(getattr(settings, f.name))),
            "origin": settings.origins[f.name],
            "about": f.metadata["about"],
        }
        for f in SETTING_FIELDS
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo(f"{row['name']:<20} {row['value'] or '-':<36} {row['origin']:<16} {row['about']}")
