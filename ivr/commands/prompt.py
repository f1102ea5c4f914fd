"""``ivr prompt``: the sounds of the hotline."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ivr.commands.prompt_clean import clean_command
from ivr.commands.prompt_kinds import KINDS, kinds_option, only, pack_of_folder
from ivr.commands.prompt_record import record_check_command, script_command, told
from ivr.errors import IvrError, UsageFault
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.speech import Phrase
    from ivr.voice.voice import Voice

#: Nobody waits on the line for a sentence that is made from the command line.
PATIENT_S = 30.0


def _home_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--home", type=click.Path(path_type=Path), help="Instead of the setting home (IVR_HOME)."
    )(function)


def _settings(home: Path | None) -> Settings:
    return replace(load(), home=home) if home else load()


@click.group("prompt")
def command() -> None:
    """Sounds: build, missing, say, clean; recordings: script, record-check.

    \b
    Example:
      ivr prompt build
    """


for _sub in (clean_command, script_command, record_check_command):
    command.add_command(_sub)


@command.command("build")
@_home_option
@click.option("--workers", type=click.IntRange(1, 64), help="Processes at once; default: one a processor.")
@kinds_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def build_command(home: Path | None, workers: int | None, kinds: tuple[str, ...], as_json: bool) -> None:
    """Make every sound that is known beforehand and not there yet.

    The fixed sentences of the menus, what their answers are joined from (words, numbers, times, names of the railway
    data), the sounds that Asterisk itself plays, and the waiting music; those that are needed most come first, and a build that was
    broken off goes on. Recordings of the folder IVR_RECORDINGS are checked and win over every voice. Exit code 1
    when a phrase could not be made or a recording is not good.

    \b
    Example:
      ivr prompt build --workers 4
      ivr prompt build --kind menus --kind carriers
    """
    from ivr.commands.progress import sounds_done
    from ivr.voice.build import build
    from ivr.voice.sounds import SoundStore

    settings = _settings(home)
    SoundStore(settings.home, settings.voice).writable()
    pack = pack_of_folder(settings)
    built = build(
        only(pack, kinds),
        settings.home,
        workers or os.cpu_count() or 2,
        sounds_done,
        settings.voice,
        speed=settings.voice_speed,
        recorded=settings.recordings_folder,
        recordable=pack,
    )
    recorded = built.recorded
    if as_json:
        rows = {
            "phrases": built.phrases,
            "made": built.made,
            "installed": built.installed,
            "failed": _reasons(built.failed),
            "stood_in": _reasons(built.stood_in),
            "recorded": recorded.used,
            "recordings_changed": recorded.changed,
            "recordings_not_used": [asdict(recording) for recording in recorded.troubles],
        }
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        click.echo(
            f"{built.phrases} phrases, {built.made} made now, {built.installed} sounds for Asterisk new"
        )
        if recorded.used or recorded.changed:
            click.echo(f"{recorded.used} recordings in use, {recorded.changed} changed")
        for recording in recorded.troubles:
            click.echo(told(recording), err=True)
        for phrase, why in built.failed:
            click.echo(f"not made: {phrase.text} ({phrase.language}): {why}", err=True)
        for phrase, why in built.stood_in:
            click.echo(f"in espeak's voice: {phrase.text}: {why}", err=True)
    if built.failed or any(recording.state == "wrong" for recording in recorded.troubles):
        raise SystemExit(1)


def _reasons(phrases: Iterable[tuple[Phrase, str]]) -> list[dict[str, str]]:
    return [{"text": p.text, "language": p.language, "reason": why} for p, why in phrases]


@command.command("missing")
@_home_option
@click.option("--recordings", is_flag=True, help="Those that nobody has recorded yet, sound or not.")
@click.option("--language", help="Only this language, such as zh.")
@kinds_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def missing_command(
    home: Path | None, recordings: bool, language: str | None, kinds: tuple[str, ...], as_json: bool
) -> None:
    """How many phrases of each kind have no sound yet; with --kind, which; exit code 1 when there are any.

    \b
    Example:
      ivr prompt missing
      ivr prompt missing --kind menus --json
      ivr prompt missing --recordings --kind carriers --language zh
    """
    from ivr.commands.table import table
    from ivr.voice.build import missing
    from ivr.voice.recordings import lacking

    settings = _settings(home)
    pack = pack_of_folder(settings)
    wanted = only(pack, kinds, language)
    if recordings:
        found = lacking(wanted, settings.recordings_folder)
    else:
        lacks = {*missing(wanted, settings.home, settings.voice, settings.voice_speed)}
        found = [phrase for phrase in wanted if phrase in lacks]
    if as_json:
        rows = [{"id": p.prompt_id, "text": p.text, "language": p.language, "kind": pack[p]} for p in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    elif kinds:
        for phrase in found:
            click.echo(f"{phrase.language}/{phrase.prompt_id}  {phrase.text}")
    elif found:
        there, without = Counter(pack[p] for p in wanted), Counter(pack[p] for p in found)
        cells = [(kind, str(without[kind]), str(there[kind])) for kind in KINDS if without[kind]]
        click.echo(table(("kind", "missing", "of"), cells, left=1))
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
    """Make the sound of TEXT and print where it is, how long and how loud, and how it is read.

    Of Mandarin the pinyin of the neural voice is told, and of words that are not read by the dictionary where their reading
    comes from: words.yaml of the menus, or the lexicon of stations. What a voice would stumble over (digits, say) is pointed out.

    \b
    Example:
      ivr prompt say "G 幺零二次，六点二十六分开。" --out /tmp/g102.wav
    """
    from ivr.authoring.words_file import readings_in
    from ivr.speech import Phrase, readable, syllables
    from ivr.speech.lexicon import applying
    from ivr.voice import mandarin, mastering
    from ivr.voice.voice import Voice

    if not syllables(text, language):
        raise UsageFault("TEXT has no word in it", where="ivr prompt say")
    settings = load()
    own = applying(text, readings_in(settings.menus)) if language == "zh" else ()
    phrase = Phrase(text, language, readings=own)
    with Voice(
        home or settings.home, 1, PATIENT_S, voice=settings.voice, speed=settings.voice_speed
    ) as voice:
        path = made_sound(voice, phrase)
    samples, rate = mastering.read_wav(path.read_bytes())
    row: dict[str, Any] = {
        "text": text,
        "language": language,
        "path": str(written(path, out)),
        "seconds": round(len(samples) / rate, 2),
        "dbfs": round(mastering.dbfs(mastering.active_rms(samples)), 1),
        "problems": readable(text, language),
        "readings": [
            {"words": words, "pinyin": pinyin, "from": source}
            for words, pinyin, source in (mandarin.readings(text, own) if language == "zh" else ())
        ],
    }
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False, indent=2))
        return
    click.echo(f"{row['path']}  {row['seconds']} s  {row['dbfs']} dBFS")
    if row["readings"]:
        click.echo(" ".join(reading["pinyin"] for reading in row["readings"]))
    for reading in row["readings"]:
        if reading["from"] != mandarin.DICTIONARY:
            click.echo(f"{reading['words']} {reading['pinyin']}: {reading['from']}")
    for problem in readable(text, language):
        click.echo(f"hard to read: {problem}", err=True)


def made_sound(voice: Voice, phrase: Phrase) -> Path:
    """The phrase's sound: a person's recording, or that of its own voice, made now unless it is there. Raises
    :class:`IvrError`."""
    from ivr.voice.pool import SynthesisFault

    voice.store.writable()
    if not voice.store.ready(phrase):
        try:
            return voice.make(phrase).result().path
        except SynthesisFault as fault:
            raise IvrError(f"the sound could not be made: {fault}", where=phrase.text) from None
    return voice.store.heard(phrase) or voice.store.path(phrase)


def written(sound: Path, out: Path | None) -> Path:
    """Copy ``sound`` to ``out`` unless that is None; where to look for it. Raises :class:`IvrError`."""
    from ivr.commands.export import write_to

    if out:
        write_to(out, sound.read_bytes(), make_folder=True)
    return out or sound
