"""What a command does not need it does not import: an ops person waits for each of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ivr.settings import PROJECT

HEAVY = ("sqlalchemy", "alembic", "numpy", "panoramisk", "asyncio", "cryptography", "psycopg", "xlsxwriter")
ASK = """
import sys
from ivr.commands import ivr
try:
    ivr(sys.argv[1:], standalone_mode=False)
finally:
    print("imported", *(name for name in {names} if name in sys.modules))
"""


def imported(names: tuple[str, ...], *words: str) -> list[str]:
    code = ASK.format(names=names)
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1].split()[1:]


@pytest.mark.parametrize("words", [("--help",), ("queue", "stats", "--help")])
def test_help_is_there_at_once(words: tuple[str, ...]) -> None:
    assert imported((*HEAVY, "yaml", "sqlite3"), *words) == []


@pytest.mark.parametrize("words", [("stats",), ("stats", "--by", "day"), ("waits",), ("list",)])
def test_figures_need_the_driver_only(ivr, words: tuple[str, ...]) -> None:
    ivr("db", "upgrade")
    assert imported(HEAVY, "queue", *words) == []
