"""``ivr menu check``: what is wrong in the trees, before they go on air."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.errors import UsageFault
from ivr.files import write_whole
from ivr.settings import load

if TYPE_CHECKING:
    from ivr.authoring.source import Fault


@click.command("check")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--strict", is_flag=True, help="Warnings count as errors do.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: a list of faults.")
@click.option("--github", is_flag=True, help="Annotations for a GitHub workflow.")
@click.option(
    "--sarif",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write a SARIF 2.1.0 document to this file; - for stdout.",
)
@click.option("--explain", metavar="RULE", help="The manual page of a rule; all: the whole manual.")
def check(
    path: Path | None, strict: bool, as_json: bool, github: bool, sarif: Path | None, explain: str | None
) -> None:
    """Check all trees of the menu folder, or the folder PATH, or the one file PATH: a tree with all that belongs to
    it, a file that a tree includes, calendar.yaml, queues.yaml, notices.yaml, or words.yaml.

    Errors keep a menu off the air and end with exit code 1; warnings do not.

    \b
    Example:
      ivr menu check menus/hotline.yaml
      ivr menu check --strict --sarif menus.sarif
      ivr menu check --explain endless-loop
    """
    if explain is not None:
        click.echo(_explained(explain), nl=False)
        return
    to_stdout = sarif is not None and str(sarif) == "-"
    if as_json + github + to_stdout > 1:
        raise UsageFault(
            "only one document fits on stdout", where="--json, --github, --sarif -", mend="choose one"
        )
    path = path or load().menus
    faults = _faults(path)
    errors = [fault for fault in faults if strict or fault.severity == "error"]
    if sarif is not None and not to_stdout:
        _write(sarif, _sarif(faults))
    if to_stdout:
        click.echo(_sarif(faults), nl=False)
    elif as_json:
        from ivr.authoring.lint.output import as_rows

        click.echo(json.dumps(as_rows(faults), ensure_ascii=False, indent=2))
    elif github:
        from ivr.authoring.lint.output import as_github

        click.echo("".join(f"{line}\n" for line in as_github(faults, Path.cwd())), nl=False)
    else:
        click.echo(_text(path, faults, errors))
    if errors:
        raise SystemExit(1)


def _faults(path: Path) -> list[Fault]:
    from ivr.authoring.loader import inspect_trees
    from ivr.authoring.one_file import inspect_file

    return inspect_trees(path) if path.is_dir() else inspect_file(path)


def _text(path: Path, faults: Sequence[Fault], errors: Sequence[Fault]) -> str:
    from ivr.authoring.loader import TREES

    lines = [str(fault) for fault in faults]
    if not errors:
        names = ", ".join(TREES) if path.is_dir() else path.stem
        lines.append(f"{path}: {names} fine")
    return "\n".join(lines)


def _sarif(faults: Sequence[Fault]) -> str:
    from ivr.authoring.lint.output import as_sarif

    return json.dumps(as_sarif(faults, Path.cwd()), ensure_ascii=False, indent=2) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text)
    except OSError as fault:
        raise UsageFault(f"cannot be written: {fault.strerror}", where=str(path)) from None


def _explained(name: str) -> str:
    from ivr.authoring.lint import RULES
    from ivr.authoring.lint.manual import book, page
    from ivr.authoring.source import nearest

    if name == "all":
        return book(RULES.values())
    if name not in RULES:
        raise UsageFault(f"there is no rule '{name}'", where="--explain", mend=nearest(name, RULES))
    return page(RULES[name])
