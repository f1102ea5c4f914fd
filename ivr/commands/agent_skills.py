"""``ivr agent skill`` and ``ivr agent import``: what agents know."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.acd.staff_list import Listed, SkillFault, read_skill, read_staff_list
from ivr.commands.table import table
from ivr.errors import IvrError, UsageFault
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.store.database import Engine

_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@click.command("skill")
@click.argument("staff", metavar="STAFF")
@click.argument("skills", metavar="[SKILL:LEVEL]...", nargs=-1)
@click.option("--drop", multiple=True, metavar="SKILL", help="Take this skill away.")
@_json
def skill(staff: str, skills: tuple[str, ...], drop: tuple[str, ...], as_json: bool) -> None:
    """What an agent knows. A skill has the name of a queue; level 1 is the best, 9 the last.

    An agent who is signed in is in the other queues within a second or so; a call in progress goes on.

    \b
    Example:
      ivr agent skill 1023
      ivr agent skill 1023 tickets:1 complaints:3
      ivr agent skill 1023 --drop english
    """
    from ivr.app import open_store, os_user
    from ivr.store.skills import set_skills

    settings = load()
    engine = open_store(settings)
    try:
        known = _skills_there_are(settings, engine) if skills else ()
        try:
            given = dict(read_skill(text, known) for text in skills)
        except SkillFault as fault:
            raise UsageFault(
                str(fault), mend="the queues stand in menus/queues.yaml; ivr menu publish"
            ) from None
        now = set_skills(engine, staff, given, drop, os_user())
    finally:
        engine.dispose()
    if as_json:
        click.echo(json.dumps({"staff": staff, "skills": now}, ensure_ascii=False))
    else:
        words = " ".join(f"{name}:{level}" for name, level in now.items())
        click.echo(f"agent {staff}: {words or 'no skill, so the general queue only'}")


@click.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_json
def import_command(file: Path, as_json: bool) -> None:
    """Add or change agents from a CSV file with the columns staff, name, pin, skills (or 工号, 姓名, 密码, 技能).

    The file is checked as a whole before anything changes. Agents who are not in it stay as they are. A new agent
    without a PIN gets one, which is shown once.

    \b
    Example:
      ivr agent import staff.csv
    """
    from ivr.app import open_store, os_user
    from ivr.store.skills import take_staff_list

    settings = load()
    engine = open_store(settings)
    try:
        listed = _read(file, _skills_there_are(settings, engine))
        taken = take_staff_list(engine, listed, os_user())
    finally:
        engine.dispose()
    if as_json:
        rows = [{"staff": one.staff, "what": one.what, "pin": one.pin} for one in taken]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    pins = [[one.staff, one.pin] for one in taken if one.pin]
    if pins:
        click.echo(table(["staff", "PIN (it is not shown again)"], pins, left=2))
    counts = [(what, sum(one.what == what for one in taken)) for what in ("added", "changed", "same")]
    click.echo(", ".join(f"{count} {'as before' if what == 'same' else what}" for what, count in counts))


def _read(file: Path, known: Collection[str]) -> list[Listed]:
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageFault("is not UTF-8", where=str(file), mend="save it as CSV UTF-8") from None
    except OSError as fault:
        raise UsageFault(f"cannot be read: {fault.strerror}", where=str(file)) from None
    listed, faults = read_staff_list(text.splitlines(keepends=True), known)
    if faults:
        raise IvrError("\n".join(f"{file}:{line}: {what}" for line, what in faults))
    return listed


def _skills_there_are(settings: Settings, engine: Engine) -> tuple[str, ...]:
    """The queues on air."""
    from ivr.app import menus_on_air

    return tuple(menus_on_air(settings, engine).queues)
