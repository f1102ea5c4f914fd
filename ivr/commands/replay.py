"""``ivr replay``: play kept calls again and compare."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.settings import load


@click.command("replay")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document: the failures.")
def command(files: tuple[Path, ...], as_json: bool) -> None:
    """Play the transcripts FILES (or folders of them) again; exit code 1 with what differs.

    A transcript is a text file that ivr menu simulate --save writes.

    \b
    Example:
      ivr menu simulate --keys "8 2 021# 1" --save call.txt
      ivr replay call.txt
    """
    from ivr.commands.menu_simulate import play_and_compare
    from ivr.rehearsal import transcripts

    paths = [path for file in files for path in transcripts(file)]
    raise SystemExit(play_and_compare(paths, load(), update=False, as_json=as_json))
