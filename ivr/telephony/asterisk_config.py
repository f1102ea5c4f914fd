"""Asterisk's folders and configuration, rendered from ``asterisk_conf/`` into ``IVR_HOME/asterisk``.

A template holds ``@NAME@`` where a value goes (Asterisk's own ``${...}`` stays as it is). A name without a
value is an error, and so is a value that a configuration file would read as more than a value.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ivr.dialogue.queues import AGAIN_S, USUAL
from ivr.errors import IvrError, UsageFault
from ivr.settings import PROJECT, Settings
from ivr.telephony.asterisk_find import Asterisk
from ivr.telephony.queue_config import queue_files
from ivr.telephony.seats import AMI_USER, HOLD_USER, ami_secret, seat_secrets

TEMPLATES = PROJECT / "asterisk_conf"
AGI_SCRIPTS = PROJECT / "agi_scripts"
#: What the dialplan runs: the route of the FastAGI server, and the script's name in process mode.
AGI_NAMES = ("hotline", "after_queue", "connected", "agent", "reach", "callback")
#: The longest path of a unix socket (sun_path less its closing zero).
SOCKET_PATH_LIMIT = 107
_SEAT_TEMPLATE = "pjsip_seat.conf"
_SEATS_FILE = "pjsip_seats.conf"
_NUMBERS_FILE = "seat_numbers.conf"
_PLACEHOLDER = re.compile(r"@([A-Z][A-Z_]*)@")


@dataclass(frozen=True)
class AsteriskHome:
    """The folders of one hotline's Asterisk, all below ``IVR_HOME/asterisk``."""

    root: Path

    @classmethod
    def of(cls, settings: Settings) -> AsteriskHome:
        return cls(settings.home / "asterisk")

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def conf(self) -> Path:
        """What ``asterisk -C`` takes."""
        return self.etc / "asterisk.conf"

    @property
    def data(self) -> Path:
        """Asterisk's data folder; sounds lie in ``data/sounds/<language>``."""
        return self.root / "data"

    @property
    def sounds(self) -> Path:
        return self.data / "sounds"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def queue_log(self) -> Path:
        return self.log / "queue_log"

    @property
    def messages(self) -> Path:
        """Asterisk's warnings and errors."""
        return self.log / "messages"

    @property
    def run(self) -> Path:
        """The folder of the control socket: below the home, or below the system's temporary
        folder when the socket's path would be longer than the system allows."""
        near = self.root / "run"
        if len(os.fsencode(near / "asterisk.ctl")) <= SOCKET_PATH_LIMIT:
            return near
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"ivr-{os.getuid()}-{name}"

    @property
    def control_socket(self) -> Path:
        return self.run / "asterisk.ctl"

    @property
    def local(self) -> Path:
        """The site's own additions; never written by us."""
        return self.root / "local"


def control_address(settings: Settings) -> str:
    """Where AGI and AMI are reached: the bound address, or loopback when every address is bound."""
    address = ipaddress.ip_address(settings.bind)
    if address.is_unspecified:
        return "::1" if address.version == 6 else "127.0.0.1"
    return settings.bind


def host_port(address: str, port: int) -> str:
    """``127.0.0.1:5060`` or ``[::1]:5060``."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def render(settings: Settings, asterisk: Asterisk, templates: Path = TEMPLATES) -> AsteriskHome:
    """Make the folders and write the whole configuration anew (files 0600), with the general queue alone.

    Raises :class:`UsageFault` for a setting that cannot stand in a configuration and
    :class:`IvrError` for a template's unknown name or a folder that cannot be written.
    """
    home = AsteriskHome.of(settings)
    files = _rendered(settings, asterisk, home, templates)
    try:
        _make_folders(home, asterisk)
        _write_agi_wrappers(home)
        _replace_configuration(home, files)
    except OSError as fault:
        raise IvrError(
            f"cannot be written: {fault.strerror}",
            where=str(fault.filename or home.root),
            mend="check IVR_HOME and its owner",
        ) from None
    return home


def _rendered(settings: Settings, asterisk: Asterisk, home: AsteriskHome, templates: Path) -> dict[str, str]:
    values = _values(settings, asterisk, home)
    files = {
        path.name: fill(path.read_text("utf-8"), values, path.name)
        for path in sorted(templates.glob("*.conf"))
        if path.name != _SEAT_TEMPLATE
    }
    seat = (templates / _SEAT_TEMPLATE).read_text("utf-8")
    secrets = seat_secrets(settings.home, settings.seat_list)
    files[_SEATS_FILE] = "".join(
        fill(seat, {"SEAT": number, "SECRET": secret}, _SEAT_TEMPLATE) for number, secret in secrets.items()
    )
    files[_NUMBERS_FILE] = "".join(f"exten => {number},1,Goto(ring,${{EXTEN}},1)\n" for number in secrets)
    return {**files, **queue_files(USUAL.values())}


def fill(template: str, values: dict[str, str], name: str) -> str:
    """``template`` with each ``@NAME@`` replaced; ``name`` stands in the error for an unknown one."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            line = template.count("\n", 0, match.start()) + 1
            raise IvrError(f"there is no value for @{match[1]}@", where=f"asterisk_conf/{name}:{line}")
        return values[match[1]]

    return _PLACEHOLDER.sub(value, template)


def _values(settings: Settings, asterisk: Asterisk, home: AsteriskHome) -> dict[str, str]:
    values = {
        "ETC": home.etc,
        "MODULES": asterisk.modules,
        "LIB": home.root / "lib",
        "DB": home.root / "lib",
        "DATA": home.data,
        "AGI_BIN": home.root / "agi-bin",
        "SPOOL": home.root / "spool",
        "RUN": home.run,
        "LOG": home.log,
        "SBIN": Path(asterisk.command[-1]).parent,
        "LOCAL": home.local,
        "MOH": home.root / "moh",
        "SIP_BIND": host_port(settings.bind, settings.sip_port),
        "TRUNK_ADDRESSES": _trunk_addresses(settings),
        "HOTLINE": _number(settings),
        "CALL_LIMIT": settings.call_limit_s,
        "QUEUE_TIMEOUT": settings.queue_timeout_s,
        "AGAIN": AGAIN_S,
        "RING": settings.ring_s,
        "WRAPUP": settings.wrapup_s,
        "SERVICE_LEVEL": settings.service_level_s,
        "TRUNK_OUT": settings.trunk_out,
        "SEAT_PHONES": settings.seat_phones,
        "SEAT_KEEPALIVE": settings.seat_keepalive_s,
        "CALLBACK_RING": settings.callback_ring_s,
        "RTP_START": settings.rtp_start,
        "RTP_END": settings.rtp_end,
        "CONTROL_ADDRESS": control_address(settings),
        "AMI_PORT": settings.ami_port,
        "AMI_USER": AMI_USER,
        "HOLD_USER": HOLD_USER,
        "AMI_SECRET": ami_secret(settings.home),
        "NAT": "",
    }
    for name in AGI_NAMES:
        values[f"AGI_{name.upper()}"] = _agi(settings, name)
    texts = {name: str(value) for name, value in values.items()}
    for text in texts.values():
        if re.search(r"[;\x00-\x1f]", text) or text != text.strip():
            raise UsageFault(
                f"{text!r} cannot stand in Asterisk's configuration",
                where=settings.origins.get("home", "home"),
                mend="choose a folder without ';', line breaks or outer spaces in its name",
            )
    # Sound leaves from the bound address too; with every address bound, the system chooses.
    bound = control_address(settings) == settings.bind
    texts["MEDIA"] = f"media_address = {settings.bind}\nbind_rtp_to_media_address = yes" if bound else ""
    if settings.public_address:
        nets = [f"local_net = {net}" for net in settings.local_networks.split(",") if net]
        names = ("external_media_address", "external_signaling_address")
        texts["NAT"] = "\n".join([*(f"{name} = {settings.public_address}" for name in names), *nets])
    # Ids of calls begin with it: two Asterisks that count alike do not give out the same.
    texts["SYSTEM_NAME"] = f"systemname = {settings.node}" if settings.node else ""
    return texts


def _agi(settings: Settings, name: str) -> str:
    if settings.agi_mode == "process":
        return f"{name}.py"
    return f"agi://{host_port(control_address(settings), settings.agi_port)}/{name}"


def _number(settings: Settings) -> str:
    if not re.fullmatch(r"\+?[0-9]{1,20}", settings.hotline):
        raise UsageFault(
            f"hotline = {settings.hotline!r} is not a phone number",
            where=settings.origins.get("hotline", "hotline"),
            mend="digits only, e.g. 12306",
        )
    return settings.hotline


def _trunk_addresses(settings: Settings) -> str:
    addresses = [part.strip() for part in settings.trunk_addresses.split(",") if part.strip()]
    try:
        if not addresses:
            raise ValueError("it is empty")
        return ",".join(str(ipaddress.ip_network(address, strict=False)) for address in addresses)
    except ValueError as fault:
        raise UsageFault(
            f"trunk_addresses is wrong: {fault}",
            where=settings.origins.get("trunk_addresses", "trunk_addresses"),
            mend="a comma list of addresses or networks, e.g. 198.51.100.10,198.51.100.16/28",
        ) from None


def _make_folders(home: AsteriskHome, asterisk: Asterisk) -> None:
    home.root.mkdir(parents=True, exist_ok=True)
    home.root.chmod(0o700)
    for name in ("lib", "data", "agi-bin", "spool", "log", "local", "moh", "data/sounds"):
        (home.root / name).mkdir(exist_ok=True)
    home.log.chmod(0o700)
    _make_run_folder(home)
    # Asterisk wants its own documentation, else it refuses to load chan_pjsip.
    for shared in asterisk.data.iterdir():
        link = home.data / shared.name
        if shared.name != "sounds" and not (link.exists() and not link.is_symlink()):
            if link.is_symlink() and link.readlink() != shared:
                link.unlink()
            if not link.is_symlink():
                link.symlink_to(shared)


def _make_run_folder(home: AsteriskHome) -> None:
    run, near = home.run, home.root / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    facts = run.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        if run == near and stat.S_ISDIR(facts.st_mode):
            run.chmod(0o700)
        else:  # in a folder that others can write too: take nothing that somebody else may have put there
            raise IvrError("is not a private folder of ours", where=str(run), mend="remove it")
    if run != near and not near.is_symlink():
        near.symlink_to(run)


def _write_agi_wrappers(home: AsteriskHome) -> None:
    # A shebang cannot hold every path (length, spaces), so that a shell finds our Python.
    for name in AGI_NAMES:
        wrapper = home.root / "agi-bin" / f"{name}.py"
        script = f'#!/bin/sh\nexec {_quoted(sys.executable)} {_quoted(AGI_SCRIPTS / f"{name}.py")} "$@"\n'
        wrapper.write_text(script, "utf-8")
        wrapper.chmod(0o700)


def _quoted(path: str | Path) -> str:
    return "'" + str(path).replace("'", "'\\''") + "'"


def _replace_configuration(home: AsteriskHome, files: dict[str, str]) -> None:
    """The folder changes as a whole: a failed start never leaves half of a configuration."""
    fresh = home.root / f".etc.{os.getpid()}"
    fresh.mkdir(mode=0o700)
    try:
        for name, text in files.items():
            descriptor = os.open(fresh / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
        shutil.rmtree(home.etc, ignore_errors=True)
        fresh.rename(home.etc)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
