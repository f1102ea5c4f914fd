"""The command line run in this process, as ``ivr`` runs it."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ivr.commands import main


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document that it printed."""
        return json.loads(self.out)


Ivr = Callable[..., Done]


@pytest.fixture
def tables(tmp_path: Path, with_tables: Path) -> None:
    """``ivr db upgrade``, quickly: in the home of :func:`ivr` there is a database with all tables."""
    _furnish(tmp_path, with_tables)


@pytest.fixture
def data(tmp_path: Path, railway: Path) -> None:
    """``ivr rail import``, quickly: in the home of :func:`ivr` there is the project's railway data, too."""
    _furnish(tmp_path, railway)


def _furnish(folder: Path, database: Path) -> None:
    (folder / "home").mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(database, folder / "home" / "ivr.db")


@pytest.fixture
def ivr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ivr:
    """Runs ``ivr WORDS…`` with a home of its own."""
    monkeypatch.setenv("IVR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IVR_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.delenv("IVR_DATABASE_URL", raising=False)

    def run(*words: str | Path, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "argv", ["ivr", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        code: Any = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Done(code, printed.out, printed.err)

    return run
