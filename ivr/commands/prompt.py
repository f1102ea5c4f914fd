"""``ivr prompt``: the sounds of the hotline."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ivr.errors import IvrError, UsageFault
from ivr.settings import load

if TYPE_CHECKING:
    from ivr.speech import Phrase
    from ivr.voice.voice import Voice

#: Nobody waits on the line for a sentence that is made from the command line.
PATIENT_S = 30.0


def _home_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--home", type=click.Path(path_type=Path), help="Instead of the setting home (IVR_HOME)."
    )(function)


def _fixed_phrases() -> list[Phrase]:
    """What the menus say without a slot in it."""
    from ivr.authoring.prompts import fixed_phrases

    return list(fixed_phrases(load().menus))


@click.group("prompt")
def command() -> None:
    """Sounds: build, missing, say.

    \b
    Example:
      ivr prompt build
    """


@command.command("build")
@_home_option
@click.option("--workers", type=click.IntRange(1, 64), help="Processes at once; default: one a processor.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def build_command(home: Path | None, workers: int | None, as_json: bool) -> None:
    """Make every sound that is known beforehand and not there yet.

    The fixed phrases of the menus, the sounds that Asterisk itself plays, and the waiting music.
    Exit code 1 when a phrase could not be made.

    \b
    Example:
      ivr prompt build --workers 4
    """
    from ivr.commands.progress import sounds_done
    from ivr.voice.build import build

    settings = load()
    built = build(
        _fixed_phrases(),
        home or settings.home,
        workers or os.cpu_count() or 2,
        sounds_done,
        settings.voice,
    )
    if as_json:
        rows = {
            "phrases": built.phrases,
            "made": built.made,
            "installed": built.installed,
            "failed": _reasons(built.failed),
            "stood_in": _reasons(built.stood_in),
        }
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        click.echo(
            f"{built.phrases} phrases, {built.made} made now, {built.installed} sounds for Asterisk new"
        )
        for phrase, why in built.failed:
            click.echo(f"not made: {phrase.text} ({phrase.language}): {why}", err=True)
        for phrase, why in built.stood_in:
            click.echo(f"in espeak's voice: {phrase.text}: {why}", err=True)
    if built.failed:
        raise SystemExit(1)


def _reasons(phrases: Iterable[tuple[Phrase, str]]) -> list[dict[str, str]]:
    return [{"text": p.text, "language": p.language, "reason": why} for p, why in phrases]


@command.command("missing")
@_home_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def missing_command(home: Path | None, as_json: bool) -> None:
    """List the fixed phrases that have no sound yet; exit code 1 when there are any.

    \b
    Example:
      ivr prompt missing --json
    """
    from ivr.voice.build import missing

    settings = load()
    found = missing(_fixed_phrases(), home or settings.home, settings.voice)
    if as_json:
        rows = [{"text": phrase.text, "language": phrase.language} for phrase in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for phrase in found:
            click.echo(f"{phrase.language}  {phrase.text}")
    if found:
        raise SystemExit(1)


@command.command("say")
@click.argument("text")
@_home_option
@click.option(
    "--language", default="zh", show_default=True, help="zh, en, or a voice of espeak-ng, such as ru."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the sound here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def say_command(text: str, home: Path | None, language: str, out: Path | None, as_json: bool) -> None:
    """Make the sound of TEXT and print where it is, how long and how loud.

    What a voice would stumble over (digits, say) is pointed out.

    \b
    Example:
      ivr prompt say "G 幺零二次，六点二十六分开。" --out /tmp/g102.wav
    """
    from ivr.speech import Phrase, readable, syllables
    from ivr.voice import mastering
    from ivr.voice.voice import Voice

    if not syllables(text, language):
        raise UsageFault("TEXT has no word in it", where="ivr prompt say")
    phrase = Phrase(text, language)
    settings = load()
    with Voice(home or settings.home, 1, PATIENT_S, voice=settings.voice) as voice:
        path = made_sound(voice, phrase)
    samples, rate = mastering.read_wav(path.read_bytes())
    row = {
        "text": text,
        "language": language,
        "path": str(written(path, out)),
        "seconds": round(len(samples) / rate, 2),
        "dbfs": round(mastering.dbfs(mastering.active_rms(samples)), 1),
        "problems": readable(text, language),
    }
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False, indent=2))
        return
    click.echo(f"{row['path']}  {row['seconds']} s  {row['dbfs']} dBFS")
    for problem in readable(text, language):
        click.echo(f"hard to read: {problem}", err=True)


def made_sound(voice: Voice, phrase: Phrase) -> Path:
    """The phrase's sound in its own voice, made now unless it is there. Raises :class:`IvrError`."""
    from ivr.voice.pool import SynthesisFault

    voice.store.writable()
    if not voice.store.ready(phrase):
        try:
            voice.make(phrase).result()
        except SynthesisFault as fault:
            raise IvrError(f"the sound could not be made: {fault}", where=phrase.text) from None
    return voice.store.path(phrase)


def written(sound: Path, out: Path | None) -> Path:
    """Copy ``sound`` to ``out`` unless that is None; where to look for it. Raises :class:`IvrError`."""
    from ivr.voice.sounds import replace

    if out:
        try:
            replace(out, sound.read_bytes())
        except OSError as fault:
            raise IvrError(f"cannot be written: {fault.strerror}", where=str(out)) from None
    return out or sound
