"""``ivr menu check``: what is wrong in the trees, before they go on air."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ivr.settings import load


@click.command("check")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document: a list of faults.")
def check(path: Path | None, as_json: bool) -> None:
    """Check all trees of the menu folder, or the one file or folder PATH.

    \b
    Example:
      ivr menu check menus/hotline.yaml
    """
    from ivr.authoring.loader import load_tree, load_trees
    from ivr.authoring.source import MenuFaults

    path = path or load().menus
    faults = []
    names = [path.stem]
    try:
        if path.is_dir():
            names = list(load_trees(path))
        else:
            load_tree(path)
    except MenuFaults as found:
        faults = found.faults
    if as_json:
        click.echo(json.dumps([vars(fault) for fault in faults], ensure_ascii=False, indent=2))
    elif faults:
        click.echo("\n".join(str(fault) for fault in faults))
    else:
        click.echo(f"{path}: {', '.join(names)} fine")
    if faults:
        raise SystemExit(1)
