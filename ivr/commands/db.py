"""``ivr db``: the database."""

from __future__ import annotations

import json

import click

from ivr.settings import load


@click.group("db")
def command() -> None:
    """The database.

    \b
    Example:
      ivr db upgrade
    """


@command.command("upgrade")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def upgrade_command(as_json: bool) -> None:
    """Make or update the tables. Safe to repeat; nothing happens when they are up to date.

    \b
    Example:
      IVR_DATABASE_URL=postgresql+psycopg://ivr@localhost/ivr ivr db upgrade
    """
    from ivr.app import open_store
    from ivr.store.migrate import upgrade

    settings = load()
    engine = open_store(settings)
    try:
        revision = upgrade(engine)
        where = engine.url.render_as_string(hide_password=True)
    finally:
        engine.dispose()
    if as_json:
        click.echo(json.dumps({"database": where, "revision": revision}))
    else:
        click.echo(f"{where} is at revision {revision}")
