"""What is rendered for Asterisk, and which Asterisk is found; no Asterisk is started."""

from __future__ import annotations

import os
import re
import socket
import stat
from pathlib import Path

import pytest

from ivr.errors import IvrError, UsageFault
from ivr.settings import Settings, load
from ivr.telephony import asterisk_config, asterisk_find
from ivr.telephony.asterisk_config import TEMPLATES, AsteriskHome, control_address, fill, host_port, render
from ivr.telephony.asterisk_find import Asterisk
from ivr.telephony.asterisk_process import ask
from ivr.telephony.seats import ami_secret, seat_secrets


def settings(home: Path, **environ: str) -> Settings:
    return load({"IVR_HOME": str(home), **environ}, Path("/none"))


@pytest.fixture
def asterisk(tmp_path: Path) -> Asterisk:
    data = tmp_path / "share"
    (data / "documentation").mkdir(parents=True)
    (data / "sounds").mkdir()
    return Asterisk(("/usr/sbin/asterisk",), "22.1.0", tmp_path / "modules", data)


def test_every_value_is_rendered_into_private_files(tmp_path: Path, asterisk: Asterisk) -> None:
    given = settings(tmp_path / "home", IVR_SIP_PORT="6060", IVR_HOTLINE="95105")
    home = render(given, asterisk)
    texts = {path.name: path.read_text() for path in home.etc.iterdir()}
    assert all(not re.search(r"@[A-Z_]+@", text) for text in texts.values())
    assert "bind = 127.0.0.1:6060" in texts["pjsip.conf"]
    assert "exten => 95105,1," in texts["extensions.conf"]
    for seat, secret in seat_secrets(given.home, given.seat_list).items():
        assert f"[{seat}](seat)" in texts["pjsip_seats.conf"]
        assert f"password = {secret}" in texts["pjsip_seats.conf"]
    assert f"secret = {ami_secret(given.home)}" in texts["manager.conf"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.etc.iterdir()} == {0o600}
    assert stat.S_IMODE(home.root.stat().st_mode) == stat.S_IMODE(home.log.stat().st_mode) == 0o700
    assert (home.data / "documentation").resolve() == asterisk.data / "documentation"
    assert not (home.data / "sounds").is_symlink()


def test_rendering_again_follows_a_new_asterisk_and_keeps_what_is_the_sites(
    tmp_path: Path, asterisk: Asterisk
) -> None:
    given = settings(tmp_path / "home")
    home = render(given, asterisk)
    (home.local / "pjsip.conf").write_text("; ours\n")
    (home.etc / "old.conf").write_text("from an older version\n")
    secrets = seat_secrets(given.home, given.seat_list)
    newer = tmp_path / "newer"
    (newer / "documentation").mkdir(parents=True)
    render(given, Asterisk(asterisk.command, "23.0", asterisk.modules, newer))
    assert (home.data / "documentation").resolve() == newer / "documentation"
    assert (home.local / "pjsip.conf").read_text() == "; ours\n"
    assert not (home.etc / "old.conf").exists()
    assert seat_secrets(given.home, given.seat_list) == secrets
    assert not list(home.root.glob(".etc*"))


def test_a_name_without_a_value_is_an_error_with_its_place() -> None:
    assert fill("a @B@ ${C} @d@ x@y", {"B": "1"}, "t.conf") == "a 1 ${C} @d@ x@y"
    with pytest.raises(IvrError, match=re.escape("asterisk_conf/t.conf:2: there is no value for @NOPE@")):
        fill("a\n@NOPE@", {}, "t.conf")


def test_a_fault_in_a_template_leaves_the_old_configuration(tmp_path: Path, asterisk: Asterisk) -> None:
    given = settings(tmp_path / "home")
    home = render(given, asterisk)
    before = {path.name: path.read_text() for path in home.etc.iterdir()}
    broken = tmp_path / "templates"
    broken.mkdir()
    (broken / "pjsip_seat.conf").write_text("")
    (broken / "asterisk.conf").write_text("@NOPE@")
    with pytest.raises(IvrError):
        render(given, asterisk, broken)
    assert {path.name: path.read_text() for path in home.etc.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("IVR_HOTLINE", "12306,1,Dial(x)", "not a phone number"),
        ("IVR_TRUNK_ADDRESSES", "carrier.example", "trunk_addresses is wrong"),
        ("IVR_TRUNK_ADDRESSES", " , ", "it is empty"),
    ],
)
def test_settings_that_cannot_stand_in_a_configuration(
    tmp_path: Path, asterisk: Asterisk, name: str, value: str, says: str
) -> None:
    with pytest.raises(UsageFault, match=re.escape(says)):
        render(settings(tmp_path / "home", **{name: value}), asterisk)


def test_a_home_with_a_semicolon_is_refused(tmp_path: Path, asterisk: Asterisk) -> None:
    with pytest.raises(UsageFault, match="cannot stand in Asterisk's configuration"):
        render(settings(tmp_path / "a;b"), asterisk)


def test_trunk_addresses_may_be_networks(tmp_path: Path, asterisk: Asterisk) -> None:
    home = render(
        settings(tmp_path / "home", IVR_TRUNK_ADDRESSES="198.51.100.10, 203.0.113.0/28,2001:db8::1"), asterisk
    )
    assert "match = 198.51.100.10/32,203.0.113.0/28,2001:db8::1/128" in (home.etc / "pjsip.conf").read_text()


def test_agi_as_a_process_runs_wrappers_that_find_our_python(tmp_path: Path, asterisk: Asterisk) -> None:
    home = render(settings(tmp_path / "it's home", IVR_AGI_MODE="process"), asterisk)
    dialplan = (home.etc / "extensions.conf").read_text()
    assert "AGI(hotline.py)" in dialplan
    assert "agi://" not in dialplan
    wrapper = home.root / "agi-bin" / "hotline.py"
    assert os.access(wrapper, os.X_OK)
    assert "agi_scripts/hotline.py" in wrapper.read_text()


def test_a_deep_home_has_a_short_control_socket(tmp_path: Path, asterisk: Asterisk) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    home = render(settings(deep), asterisk)
    try:
        assert len(os.fsencode(home.control_socket)) <= 107
        assert (home.root / "run").resolve() == home.run
        assert stat.S_IMODE(home.run.stat().st_mode) == 0o700
        home.run.chmod(0o755)  # somebody else could have put something there
        with pytest.raises(IvrError, match="not a private folder"):
            render(settings(deep), asterisk)
    finally:
        home.run.rmdir()


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path, asterisk: Asterisk) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IvrError, match="cannot be"):
        render(settings(tmp_path / "file" / "home"), asterisk)


def test_every_address_bound_means_control_over_loopback(tmp_path: Path, asterisk: Asterisk) -> None:
    given = settings(tmp_path / "home", IVR_BIND="0.0.0.0")
    assert control_address(given) == "127.0.0.1"
    home = render(given, asterisk)
    assert "bindaddr = 127.0.0.1" in (home.etc / "manager.conf").read_text()
    pjsip = (home.etc / "pjsip.conf").read_text()
    assert "bind = 0.0.0.0:5060" in pjsip
    assert "media_address" not in pjsip
    assert control_address(settings(tmp_path, IVR_BIND="::")) == "::1"
    assert host_port("::1", 5060) == "[::1]:5060"


def test_no_way_to_dial_out() -> None:
    """Each Dial() rings a seat, waits in a queue, rings an agent's stored number, or calls who asked for a callback; nobody's phone has a
    way to the last: nothing leads to its context. No template loads what could place another call."""
    dialplan = (TEMPLATES / "extensions.conf").read_text()
    lines = [line for line in dialplan.splitlines() if not line.startswith(";")]
    assert [line for line in lines if re.search(r"\bDial\(", line)] == [
        " same => n,Dial(Local/${IVR_QUEUE}@consultation/n)",
        ' same => n,Dial(${IVR_PHONES},30,U(leg^${IF($["${IVR_BEGUN}" = ""]?direct:blind)}^${IVR_FROM}^PJSIP/${EXTEN}))',
        "exten => _home.,1,Dial(Local/${EXTEN:4}@home-agents/n,60)",
        ' same => n,ExecIf($["${IVR_PHONES}" != ""]?Dial(${IVR_PHONES},300))',
        " same => n,Dial(PJSIP/trunk/sip:${FILTER(+0-9,${IVR_TO})}@@TRUNK_OUT@,120,U(home-confirm))",
        " same => n,Dial(PJSIP/trunk/sip:${FILTER(0-9,${IVR_CALLEE})}@@TRUNK_OUT@,@CALLBACK_RING@,"
        "gU(callback-answered^${IVR_QUEUE}^${IVR_CALLBACK}^${IVR_TURN}))",
    ]
    # Nothing leads to ring, phones and home-agents but seats, agents' numbers and app_queue.
    assert not [
        line for line in lines if re.match(r"include => (ring|phones|home-agents|consultation)", line)
    ]
    assert lines[lines.index("[callers]") + 1] == "include => call-end"
    mentions = [line for line in lines if re.search(r"callback-(dial|place)", line)]
    assert mentions == ["[callback-place]", "[callback-dial]"]
    others = "".join(path.read_text() for path in TEMPLATES.glob("*.conf") if path.name != "extensions.conf")
    assert not re.search(r"callback-(dial|place)", others)
    assert not re.search(r"Originate|System\(|TrySystem|SHELL\(|Transfer\(", "\n".join(lines))
    modules = (TEMPLATES / "modules.conf").read_text()
    assert not re.search(r"app_originate|app_system|func_shell|pbx_spool|app_transfer|app_disa", modules)


def test_seats_phones_and_a_nat_are_as_the_settings_say(tmp_path: Path, asterisk: Asterisk) -> None:
    before = seat_secrets(tmp_path / "home", ("1001", "1002"))
    given = settings(
        tmp_path / "home", IVR_SEATS="1002-1003", IVR_SEAT_PHONES="2", IVR_SEAT_KEEPALIVE_S="25",
        IVR_PUBLIC_ADDRESS="203.0.113.5", IVR_LOCAL_NETWORKS="10.0.0.0/8, 192.168.1.7/24",
    )  # fmt: skip
    home = render(given, asterisk)
    numbers = (home.etc / "seat_numbers.conf").read_text().splitlines()
    assert numbers == [f"exten => {seat},1,Goto(ring,${{EXTEN}},1)" for seat in ("1002", "1003")]
    secrets = seat_secrets(given.home, ("1001", "1002", "1003"))
    assert {seat: secrets[seat] for seat in before} == before  # a new seat changes no other's
    pjsip = (home.etc / "pjsip.conf").read_text()
    assert "max_contacts = 2\n" in pjsip
    assert "qualify_frequency = 25\n" in pjsip
    for line in ("external_media_address = 203.0.113.5", "external_signaling_address = 203.0.113.5", "local_net = 10.0.0.0/8", "local_net = 192.168.1.0/24"):  # fmt: skip
        assert pjsip.count(line) == 2  # UDP and TCP
    assert "external" not in (render(settings(tmp_path / "other"), asterisk).etc / "pjsip.conf").read_text()


def test_damaged_secrets_say_how_to_mend(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "seats.json").write_text('{"1001": "a;b"}')
    with pytest.raises(IvrError, match="the seats' secrets are damaged"):
        seat_secrets(tmp_path, ("1001",))
    (tmp_path / "secrets" / "ami.secret").write_text("")
    with pytest.raises(IvrError, match="the manager's secret is damaged"):
        ami_secret(tmp_path)


def fake_asterisk(root: Path, version: str) -> Path:
    """An installed program that tells a version, with modules and documentation under its prefix."""
    program = root / "sbin" / "asterisk"
    for folder in (program.parent, root / "lib/asterisk/modules", root / "share/asterisk/documentation"):
        folder.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'Asterisk {version}'\n")
    program.chmod(0o755)
    (root / "lib/asterisk/modules/res_agi.so").touch()
    (root / "share/asterisk/documentation/core-en_US.xml").touch()
    return program


def test_the_named_asterisk_is_taken(tmp_path: Path) -> None:
    program = fake_asterisk(tmp_path / "a", "20.6.0~dfsg+~cs6.13.40431414-2build5")
    found = asterisk_find.find(settings(tmp_path, IVR_ASTERISK=str(program)))
    assert found.command == (str(program),)
    assert found.major == 20
    assert found.modules == tmp_path / "a/lib/asterisk/modules"
    assert found.foreground(Path("/c")) == [str(program), "-C", "/c", "-f"]


@pytest.mark.parametrize("version", ["16.28.0", "GIT-master"])
def test_a_named_asterisk_that_is_too_old_is_refused(tmp_path: Path, version: str) -> None:
    program = fake_asterisk(tmp_path / "a", version)
    with pytest.raises(IvrError, match="no Asterisk from version 18 on"):
        asterisk_find.find(settings(tmp_path, IVR_ASTERISK=str(program)))


def test_none_at_all_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = fake_asterisk(tmp_path / "old", "11.0")  # on the path, but too old: as if it were not there
    monkeypatch.setenv("PATH", str(old.parent))
    with pytest.raises(IvrError, match="Asterisk is not installed .*scripts/get-asterisk"):
        asterisk_find.find(settings(tmp_path, IVR_ASTERISK_CACHE=str(tmp_path / "cache")))


def test_nobody_answers_on_a_dead_socket(tmp_path: Path) -> None:
    path = tmp_path / "asterisk.ctl"
    with pytest.raises(IvrError, match="Asterisk does not answer"):
        ask(path, "core show uptime")
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        with pytest.raises(IvrError, match="Asterisk does not answer: timed out"):
            ask(path, "core show uptime", timeout_s=0.2)
    with pytest.raises(ValueError, match="one line"):
        ask(path, "core\nstop now")


def test_the_home_names_its_folders(tmp_path: Path) -> None:
    home = AsteriskHome.of(settings(tmp_path))
    assert home.queue_log == tmp_path / "asterisk" / "log" / "queue_log"
    assert home.sounds == tmp_path / "asterisk" / "data" / "sounds"
    assert asterisk_config.AGI_NAMES == ("hotline", "after_queue", "connected", "agent", "reach", "callback")
