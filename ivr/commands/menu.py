"""``ivr menu``: everything an admin does with the trees; each subcommand is imported when it is called."""

from __future__ import annotations

import importlib
import importlib.util

import click

#: subcommand → the module of ``ivr.commands`` that holds it under its own name, and its one-line help
SUBCOMMANDS = {
    "check": ("menu_check", "Check the trees: every fault with its place, and how to mend it."),
    "schema": ("menu_schema", "The JSON Schema with which editors complete and check menus."),
    "simulate": ("menu_simulate", "Rehearse a call as text."),
    "test": ("menu_simulate", "Play the transcripts beside the menus and compare."),
    "graph": ("menu_graph", "The trees as a picture."),
    "publish": ("menu_publish", "Put the menus on air as a new revision."),
    "history": ("menu_history", "The revisions: author, message, time."),
    "diff": ("menu_history", "What changes between two revisions, by meaning."),
    "withdraw": ("menu_publish", "Take back what was published for a later moment."),
    "rollback": ("menu_publish", "Put an earlier revision on air again."),
}


class _Subcommands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in sorted(SUBCOMMANDS) if self._load(name) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self._load(cmd_name) if cmd_name in SUBCOMMANDS else None

    def _load(self, name: str) -> click.Command | None:
        module = f"ivr.commands.{SUBCOMMANDS[name][0]}"
        if importlib.util.find_spec(module) is None:
            return None
        found: click.Command | None = getattr(importlib.import_module(module), name, None)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUBCOMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group("menu", cls=_Subcommands)
def command() -> None:
    """Menu trees: check, rehearse, draw, publish, roll back.

    \b
    Example:
      ivr menu check
      ivr menu simulate --keys "8 2 021# 1"
    """
