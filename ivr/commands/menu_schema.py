"""``ivr menu schema``: the JSON Schemas with which editors complete and check menu files."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.errors import UsageFault
from ivr.files import write_whole


@click.command("schema")
@click.argument(
    "kind",
    type=click.Choice(["menu", "included", "calendar", "notices", "words", "translations", "queues"]),
    default="menu",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write all of them to this folder, as KIND.schema.json.",
)
def schema(kind: str, out: Path | None) -> None:
    """The JSON Schema of a tree's file, of a file that is included, of calendar.yaml, queues.yaml, notices.yaml, words.yaml
    or of a tree's translations.

    A first line in the file tells editors about it: # yaml-language-server: $schema=schema/menu.schema.json

    \b
    Example:
      ivr menu schema calendar
      ivr menu schema --out menus/schema
    """
    from ivr.authoring.schema import dumped, schemas

    if out is None:
        click.echo(dumped(schemas()[kind]), nl=False)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, made in schemas().items():
            write_whole(out / f"{name}.schema.json", dumped(made))
    except OSError as fault:
        raise UsageFault(f"cannot be written: {fault.strerror}", where=str(out)) from None
    click.echo(f"{out}: {', '.join(f'{name}.schema.json' for name in schemas())}")
