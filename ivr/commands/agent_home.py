"""``ivr agent home``: the number at which an agent is rung at home."""

from __future__ import annotations

import json

import click

from ivr.errors import UsageFault
from ivr.settings import load


@click.command("home")
@click.argument("staff", metavar="STAFF")
@click.option("--number", default=None, help="As the trunk dials it.")
@click.option("--clear", is_flag=True, help="Forget the number.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def home(staff: str, number: str | None, clear: bool, as_json: bool) -> None:
    """Show, set or forget the outside number of an agent who works at home.

    It is stored encrypted, shown masked, and is the only outside number that is rung for this agent: ivr agent login
    1023 --seat home. Who answers takes a call with key 1.

    \b
    Example:
      ivr agent home 1023 --number 13800001234
    """
    from ivr.app import open_store, os_user
    from ivr.store.homes import home_of, set_home
    from ivr.store.secrets import mask

    if clear and number is not None:
        raise UsageFault("--number and --clear exclude each other")
    if number == "":
        raise UsageFault("the number is empty", where="--number", mend="--clear forgets it")
    engine = open_store(load())
    try:
        if clear or number is not None:
            set_home(engine, staff, number or "", os_user())
        masked = mask(home_of(engine, staff)) or None
    finally:
        engine.dispose()
    if as_json:
        click.echo(json.dumps({"staff": staff, "number": masked}))
    else:
        click.echo(f"agent {staff} at home: {masked or 'no number'}")
