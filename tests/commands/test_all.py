"""Every command has help with an example, and none of them ends in a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from ivr.commands import NOUNS, ivr
from ivr.settings import PROJECT, SETTING_FIELDS


def commands() -> Iterator[tuple[str, click.Command]]:
    for noun in NOUNS:
        command = ivr.get_command(click.Context(ivr), noun)
        assert command is not None, noun
        yield noun, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                sub = command.get_command(context, name)
                assert sub is not None, name
                yield f"{noun} {name}", sub


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda value: str(value))
def test_help_has_an_example_that_names_the_command(name: str, command: click.Command):
    result = CliRunner().invoke(ivr, [*name.split(), "--help"])
    assert result.exit_code == 0, result.output
    assert "Example:" in result.output
    assert f"ivr {name.split()[0]}" in result.output


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROJECT / "cli.py", *arguments],
        env={"PATH": "/usr/bin:/bin", "IVR_CONFIG": "/nonexistent", **environ},
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_settings_tells_all_with_their_origin():
    rows = json.loads(run("settings", "--json", IVR_SIP_PORT="5070").stdout)
    assert [row["name"] for row in rows] == [field.name for field in SETTING_FIELDS]
    sip = next(row for row in rows if row["name"] == "sip_port")
    assert (sip["value"], sip["origin"]) == ("5070", "IVR_SIP_PORT")


def test_wrong_setting_is_one_line_and_exit_code_2():
    result = run("settings", IVR_SIP_PORT="abc")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("ivr: IVR_SIP_PORT: sip_port = 'abc' is wrong")


def test_unknown_command_is_wrong_usage():
    assert run("dance").returncode == 2


def test_broken_menu_is_exit_code_1(tmp_path):
    broken = tmp_path / "hotline.yaml"
    broken.write_text("start: main\nparts: {}\n")
    result = run("menu", "check", str(broken))
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout == f"{broken}:1:8: there is no part 'main'; there are none [missing-target]\n"
    faults = json.loads(run("menu", "check", str(broken), "--json").stdout)
    assert faults == [
        {
            "file": str(broken),
            "line": 1,
            "column": 8,
            "message": "there is no part 'main'; there are none",
            "severity": "error",
            "rule": "missing-target",
        }
    ]


def test_shipped_menus_are_fine():
    result = run("menu", "check")
    assert result.returncode == 0
    assert "hotline, connected, agent fine" in result.stdout


def test_simulated_call_can_be_kept_and_replayed(tmp_path):
    kept = tmp_path / "call.txt"
    home = {"IVR_HOME": str(tmp_path / "home")}
    result = run(
        "menu",
        "simulate",
        "--keys",
        "8 2 021# 1 /hangup",
        "--at",
        "2026-02-10T09:00",
        "--save",
        str(kept),
        **home,
    )
    assert result.returncode == 0, result.stderr
    assert "? city_of_area_code one" in result.stdout
    assert kept.read_text("utf-8").endswith("= hung_up\n")
    result = run("menu", "simulate", "--keys", "2", "--at", "noon", **home)
    assert (result.returncode, result.stderr) == (
        2,
        "ivr: --at: 'noon' is not a moment (e.g. 2026-02-10T09:00)\n",
    )
