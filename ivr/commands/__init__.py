"""The command line: one module per noun, imported only when it is called.

A module ``ivr.commands.NOUN`` holds a click command or group named ``command``.
"""

from __future__ import annotations

import importlib
import sys

import click

from ivr.errors import IvrError

#: noun → its one-line help (kept here so that ``ivr --help`` imports nothing else)
NOUNS = {
    "agent": "Agents: add, list, sign in and out, pause.",
    "booking": "Bookings by telephone: book, list, show, cancel, paid.",
    "call": "Calls: list, show.",
    "callback": "Callbacks: list, show, cancel.",
    "caller": "Callers who are served first: mark, unmark, list.",
    "db": "The database: upgrade.",
    "doctor": "Check every part and say how to mend what is wrong.",
    "menu": "Menu trees: check, rehearse, draw, publish, roll back.",
    "notice": "Emergency announcements: set, list, clear.",
    "prompt": "Sounds: build, missing, say.",
    "queue": "Queues: statistics, waits, who left, entries, ingest.",
    "rail": "Railway data: info, trains, fares, tickets, stations.",
    "report": "Reports: what callers do in the menus.",
    "replay": "Play transcripts again and compare.",
    "seat": "Seats: list.",
    "serve": "Start the hotline's processes.",
    "settings": "Every setting with its value and origin.",
    "voice": "Voices: list, install, use, sample.",
}


class _Nouns(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in NOUNS:
            return None
        command: click.Command = importlib.import_module(f"ivr.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(NOUNS.items()))


@click.group(cls=_Nouns, context_settings={"help_option_names": ["-h", "--help"]})
def ivr() -> None:
    """The railway hotline 12306.

    \b
    Example:
      ivr queue stats --by hour
    """


def main() -> None:
    """Run the command line; every fault a user can mend is one line on stderr."""
    try:
        ivr(prog_name="ivr", standalone_mode=True)
    except IvrError as fault:
        click.echo(f"ivr: {fault}", err=True)
        sys.exit(fault.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
