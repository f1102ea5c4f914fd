"""``ivr prompt clean``: room for new sounds."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import click

from ivr.settings import load


@click.command("clean")
@click.option("--home", type=click.Path(path_type=Path), help="Instead of the setting home (IVR_HOME).")
@click.option("--dry-run", is_flag=True, help="Only tell what would be removed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def clean_command(home: Path | None, dry_run: bool, as_json: bool) -> None:
    """Remove the sounds that were not played for longest, beyond IVR_SOUNDS_MB (2000).

    The hotline does it by itself every hour. What the menus on air, those that are scheduled and those of before say
    stays, and so does what was played within two hours. A removed sound is made again when it is needed.

    \b
    Example:
      ivr prompt clean --dry-run
    """
    from ivr.sound_pack import clean_sounds
    from ivr.voice.cleaning import MB

    settings = replace(load(), home=home.absolute()) if home else load()
    cleaned = clean_sounds(settings, dry_run)
    if as_json:
        click.echo(
            json.dumps({**asdict(cleaned), "limit": settings.sounds_mb * MB, "dry_run": dry_run}, indent=2)
        )
        return
    how = "would be removed" if dry_run else "removed"
    click.echo(
        f"{cleaned.files} sounds ({cleaned.bytes / MB:.1f} MB) {how}, {cleaned.left / MB:.1f} MB of "
        f"{settings.sounds_mb} MB stay"
    )
    if cleaned.over:
        click.echo("all of them are needed or were played within two hours; raise IVR_SOUNDS_MB", err=True)
