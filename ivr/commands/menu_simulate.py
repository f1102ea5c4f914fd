"""``ivr menu simulate`` and ``ivr menu test``: rehearse a call as text, play the admin's transcripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from ivr.errors import UsageFault
from ivr.settings import Settings, load


@click.command("simulate")
@click.option("--keys", help='What the caller keys, e.g. "4 1 021# 010# 1 1"; also /timeout, /hangup.')
@click.option("--at", help="Pretend that it is this moment, e.g. 2026-02-10T09:00.")
@click.option("--caller", default="13800001234", show_default=True, help="The caller's number.")
@click.option("--save", type=click.Path(path_type=Path), help="Keep the call as a transcript.")
def simulate(keys: str | None, at: str | None, caller: str, save: Path | None) -> None:
    """Rehearse a call as text: real menus, real data, no phone. Without --keys you are the caller.

    \b
    Example:
      ivr menu simulate --keys "2 /hangup" --at 2026-02-10T09:00
    """
    from dataclasses import replace

    from ivr.rehearsal import Rehearsal, head_of, write_transcript
    from ivr.simulator import Scene

    settings = load()
    moment = _moment(at, settings) if at else datetime.now(settings.zone).replace(microsecond=0)
    scene = Scene(moment)
    scene = replace(scene, call=replace(scene.call, caller=caller))
    tokens = iter(keys.split()) if keys is not None else _typed()
    lines = []
    with Rehearsal(settings) as rehearsal:
        for line in rehearsal.lines(scene, tokens):
            lines.append(line)
            if keys is not None or not line.startswith(">"):
                click.echo(line)
    if save is not None:
        write_transcript(save, head_of(scene, "a call kept by ivr menu simulate"), lines)


def _moment(text: str, settings: Settings) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageFault(f"'{text}' is not a moment", where="--at", mend="e.g. 2026-02-10T09:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=settings.zone)


def _typed() -> Iterator[str]:
    """Tokens that are typed at the terminal; the end of the input hangs up."""
    while True:
        try:
            line = click.prompt(
                "keys (/timeout, /hangup)", prompt_suffix="> ", default="/timeout", show_default=False
            )
        except click.Abort:
            return
        yield from str(line).split()
