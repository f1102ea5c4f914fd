"""``ivr prompt script`` and ``record-check``: sentences that a person records."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ivr.commands.prompt_kinds import kinds_option, only, pack_of_folder
from ivr.errors import IvrError
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.voice.recordings import Recording

_SHOWN = 60  # columns of a cell on the terminal


@click.command("script")
@click.option("--language", help="Only this language, such as zh.")
@kinds_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the table here: .csv or .xlsx.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def script_command(language: str | None, kinds: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """The sentences to record, for a voice talent: the menus' fixed ones, those that Asterisk plays, and what answers are
    joined from. A sentence of an answer is in the recorded voice when all of its pieces are recorded.

    The recording of a sentence is the file LANGUAGE/ID.wav in the folder IVR_RECORDINGS (default: recordings in the
    home). An id stays as long as the words do. Then: ivr prompt record-check, ivr prompt build.

    \b
    Example:
      ivr prompt script --language zh --out script.csv
      ivr prompt script --kind menus --kind carriers --out script.xlsx
    """
    from ivr.commands.table import table

    rows = _script(load(), kinds, language)
    if out:
        _write(out, rows)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    elif out:
        minutes = sum(row["seconds"] for row in rows) / 60
        click.echo(f"{out}: {len(rows)} sentences, about {minutes:.0f} min of speech")
    elif rows:
        heads = ("file", "seconds", "text", "where")
        cells = [
            (f"{row['language']}/{row['id']}", f"{row['seconds']:.1f}", row["text"], row["where"])
            for row in rows
        ]
        click.echo(table(heads, cells, left=len(heads), most=_SHOWN))


def _script(settings: Settings, kinds: tuple[str, ...], language: str | None) -> list[dict[str, Any]]:
    from ivr.authoring.loader import load_trees
    from ivr.authoring.prompts import places_of
    from ivr.speech import spoken_seconds
    from ivr.voice import mandarin, system_sounds

    places = places_of(load_trees(settings.menus))
    for phrase, names in system_sounds.names().items():
        places[phrase] = (*places.get(phrase, ()), *(f"asterisk/{name}" for name in names))
    pack = pack_of_folder(settings)
    return [
        {
            "id": phrase.prompt_id,
            "language": phrase.language,
            "text": phrase.text,
            "pinyin": mandarin.pinyin(phrase.text) if phrase.language == "zh" else "",
            "seconds": round(spoken_seconds(phrase.text, phrase.language), 1),
            "where": "; ".join(places.get(phrase) or (pack[phrase],)),
            "kind": pack[phrase],
        }
        for phrase in only(pack, kinds, language)
    ]


def _write(out: Path, rows: list[dict[str, Any]]) -> None:
    from ivr.commands.export import csv_text, workbook, write_to

    columns = ("id", "language", "text", "pinyin", "seconds", "where", "kind")
    if out.suffix.lower() == ".xlsx":
        data = workbook(rows, columns, "prompts")
    elif out.suffix.lower() == ".csv":
        data = csv_text(rows, columns).encode("utf-8-sig")  # its mark tells spreadsheets that it is UTF-8
    else:
        raise IvrError("a table is CSV or a workbook", where=str(out), mend="name it .csv or .xlsx")
    write_to(out, data, make_folder=True)


@click.command("record-check")
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def record_check_command(folder: Path | None, as_json: bool) -> None:
    """Check the recordings of FOLDER (default: those that the next build would use). Nothing is changed.

    Readable, 8000 Hz or more, not clipped, not too quiet, no long silence, as long as the sentence is. Exit code 1 when
    one is wrong.

    \b
    Example:
      ivr prompt record-check ~/from-the-studio
    """
    from ivr.voice.recordings import check

    settings = load()
    folder = folder or settings.recordings_folder
    found = check(folder, pack_of_folder(settings))
    wrong = [recording for recording in found if recording.state == "wrong"]
    if as_json:
        click.echo(json.dumps([asdict(recording) for recording in found], ensure_ascii=False, indent=2))
    else:
        for recording in found:
            click.echo(told(recording))
        good = sum(recording.state == "good" for recording in found)
        click.echo(f"{folder}: {good} good, {len(wrong)} wrong, {len(found) - good - len(wrong)} unused")
    if wrong:
        raise SystemExit(1)


def told(recording: Recording) -> str:
    """One line about a recording."""
    if recording.state == "good":
        return f"{recording.file}: good, {recording.seconds} s, {recording.dbfs} dBFS: {recording.text}"
    what = f" ({recording.text})" if recording.text else ""
    return f"{recording.file}{what}: not used: {recording.wrong} ({recording.mend})"
