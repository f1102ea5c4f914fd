"""How far a long piece of work is, on the terminal."""

from __future__ import annotations

import sys

import click


def sounds_done(done: int, total: int, left_s: float | None) -> None:
    """One line on stderr that is written over; nothing when stderr is no terminal."""
    if sys.stderr.isatty():
        left = "" if left_s is None or done == total else f", about {duration(left_s)} left"
        click.echo(f"\r{done}/{total} sentences{left}\033[K", err=True, nl=done == total)


def duration(seconds: float) -> str:
    """``40 s``, ``3 min``."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
