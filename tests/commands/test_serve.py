"""``ivr serve``: what stops a start is one line and leaves nothing running."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.errors import IvrError, UsageFault
from ivr.settings import load
from ivr.telephony import serving
from tests.telephony.asterisk_bench import free_ports
from tests.telephony.test_asterisk_config import fake_asterisk

_PROJECT = Path(__file__).resolve().parents[2]


def environment(folder: Path) -> dict[str, str]:
    sip, agi, ami = free_ports(3)
    program = fake_asterisk(folder / "prefix", "22.1.0")
    return {
        "IVR_HOME": str(folder / "home"), "IVR_ASTERISK": str(program),
        "IVR_SIP_PORT": str(sip), "IVR_AGI_PORT": str(agi), "IVR_AMI_PORT": str(ami),
    }  # fmt: skip


def serve(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
    return subprocess.run(
        [sys.executable, "cli.py", "serve"], cwd=_PROJECT, env={**clean, **environ},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def one_line(run: subprocess.CompletedProcess[str], code: int) -> str:
    assert run.returncode == code
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("ivr: ")
    return run.stderr


@pytest.mark.parametrize(
    ("name", "kind", "use"),
    [
        ("IVR_SIP_PORT", socket.SOCK_DGRAM, "SIP over UDP"),
        ("IVR_SIP_PORT", socket.SOCK_STREAM, "SIP over TCP"),
        ("IVR_AGI_PORT", socket.SOCK_STREAM, "AGI"),
        ("IVR_AMI_PORT", socket.SOCK_STREAM, "AMI"),
    ],
)
def test_a_busy_port_is_named(tmp_path: Path, name: str, kind: socket.SocketKind, use: str) -> None:
    environ = environment(tmp_path)
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", int(environ[name])))
        if kind is socket.SOCK_STREAM:
            other.listen()
        says = one_line(serve(environ), 1)
    assert f"port {environ[name]} of 127.0.0.1 ({use}) cannot be used: Address already in use" in says
    assert f"set {name}" in says


def test_a_second_start_on_the_same_home(tmp_path: Path) -> None:
    environ = environment(tmp_path)
    with serving.only_one(tmp_path / "home"):
        says = one_line(serve(environ), 1)
    assert f"a hotline already runs with this home (process {os.getpid()})" in says


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    says = one_line(serve({**environment(tmp_path), "IVR_HOME": str(tmp_path / "file" / "home")}), 1)
    assert "the home cannot be written: Not a directory" in says


def test_no_asterisk(tmp_path: Path) -> None:
    says = one_line(serve({**environment(tmp_path), "IVR_ASTERISK": str(tmp_path / "nothing")}), 1)
    assert "no Asterisk from version 18 on" in says


def test_a_wrong_setting(tmp_path: Path) -> None:
    assert "sip_port = '99999' is wrong" in one_line(
        serve({**environment(tmp_path), "IVR_SIP_PORT": "99999"}), 2
    )


def test_an_address_that_is_not_ours(tmp_path: Path) -> None:
    says = one_line(serve({**environment(tmp_path), "IVR_BIND": "203.0.113.7"}), 1)
    assert "Cannot assign requested address" in says
    assert "IVR_BIND" in says


def test_ports_must_differ(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match="must differ"):
        serving.check_ports(load({"IVR_AGI_PORT": "5060"}, Path("/none")))


def test_a_port_that_is_being_let_go_is_waited_for(tmp_path: Path) -> None:
    environ = environment(tmp_path)
    given = load(environ, Path("/none"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", given.agi_port))
        other.listen()
        with pytest.raises(IvrError, match="AGI"):
            serving.check_ports(given, patience_s=0.2)
    serving.check_ports(given, patience_s=0)


def test_what_is_said_is_also_written_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    say = serving.open_log(tmp_path)
    say("agi ended")
    assert capsys.readouterr().out == "agi ended\n"
    assert (tmp_path / "log" / "serve.log").read_text().endswith(" agi ended\n")


def test_the_last_error_of_asterisks_own_log(tmp_path: Path) -> None:
    log = tmp_path / "messages"
    assert serving.last_error(log) == ""
    log.write_text("[x] ERROR[1] a.c: first\n[x] ERROR[1] b.c: second\n[x] WARNING[1] c.c: third\n")
    assert serving.last_error(log) == "[x] ERROR[1] b.c: second"
