"""What the README shows of a call is what the hotline says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.commands import ivr
from ivr.settings import PROJECT


def test_the_simulated_call_of_the_tour(
    tmp_path: Path, railway: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(railway, tmp_path / "ivr.db")
    monkeypatch.setenv("IVR_HOME", str(tmp_path))
    readme = (PROJECT / "README.md").read_text("utf-8")
    (block,) = re.findall(r"```\n\$ ivr (menu simulate .*)\n((?:.*\n)+?)```", readme)
    said = CliRunner().invoke(ivr, shlex.split(block[0]))
    assert said.exit_code == 0, said.output
    lines = iter(said.stdout.splitlines())
    for line in block[1].splitlines():
        assert line == "…" or line in lines, f"not said, or not in this order: {line}"
