"""A real Asterisk with our rendered configuration, a stub AGI server and SIPp phones; all on loopback."""

from __future__ import annotations

import math
import os
import shutil
import signal
import socket
import socketserver
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ivr.errors import IvrError
from ivr.settings import Settings, load
from ivr.telephony.asterisk_config import AsteriskHome, render
from ivr.telephony.asterisk_find import Asterisk, find
from ivr.telephony.asterisk_process import ask
from ivr.telephony.seats import seat_secrets

SCENARIOS = Path(__file__).parent / "sipp"


#: Workers of one run begin at the same time with neighbouring process numbers: each has a stretch of its own.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
_ports = iter(range(20000 + 1500 * _WORKER + os.getpid() % 700, 20000 + 1500 * (_WORKER + 1)))


def free_ports(count: int) -> list[int]:
    """Ports of loopback that are free for both TCP and UDP now, below the range the system hands out;
    never the same twice, nor one of another worker's."""
    found: list[int] = []
    for port in _ports:
        try:
            with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
        except OSError:
            continue
        found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """The first true value of ``condition``; fails the test after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.03)
    pytest.fail(f"not within {seconds} s: {what}")


def an_asterisk() -> Asterisk:
    """The Asterisk of this machine; the test is skipped, saying so, when there is none."""
    try:
        return find(load())
    except IvrError as fault:
        pytest.skip(f"no Asterisk here: {fault}")


@dataclass
class StubAgi:
    """An AGI server that does to each script what the test tells it.

    ``answers[script]``: variables to set before an orderly end, ``"freeze"``, ``"die"``, ``"idle"``
    (say nothing until the caller is gone), or ``"keys"`` (collect one key, then end orderly).
    """

    answers: dict[str, object] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    frozen: threading.Event = field(default_factory=threading.Event)

    def handle(self, stream: socketserver.StreamRequestHandler) -> None:
        request: dict[str, str] = {}
        while line := stream.rfile.readline().decode().strip():
            name, _, value = line.partition(": ")
            request[name] = value
        script = request.get("agi_network_script", "")

        def command(text: str) -> str:
            stream.wfile.write(f"{text}\n".encode())
            return stream.rfile.readline().decode()

        for name in ("MEMBERNAME", "IVR_SEAT"):
            reply = command(f"GET VARIABLE {name}")
            if "(" in reply:
                request[name] = reply.split("(")[1].split(")")[0]
        self.requests.append(request)
        answer = self.answers.get(script, {})
        if callable(answer):
            answer = answer()
        if answer == "freeze":
            self.frozen.wait(20)
        elif answer == "idle":
            stream.rfile.readline()
        elif answer == "keys":
            pressed = command("WAIT FOR DIGIT 6000").partition("result=")[2].split()[0]
            self.keys.append(chr(int(pressed)))
            command("SET VARIABLE IVR_DONE 1")
        elif isinstance(answer, dict):
            for name, value in {"IVR_DONE": "1", **answer}.items():
                command(f'SET VARIABLE {name} "{value}"')

    def asked(self, script: str) -> list[dict[str, str]]:
        return [r for r in self.requests if r.get("agi_network_script") == script]


@dataclass
class Bench:
    """One running Asterisk."""

    settings: Settings
    home: AsteriskHome
    process: subprocess.Popen[bytes]
    folder: Path
    sip_ports: list[int]
    agi: StubAgi = field(default_factory=StubAgi)
    phones: list[subprocess.Popen[bytes]] = field(default_factory=list)
    seen: int = 0

    def ask(self, command: str) -> str:
        return ask(self.home.control_socket, command)

    @contextmanager
    def agi_server(self, **answers: object) -> Iterator[StubAgi]:
        self.agi = agi = StubAgi(answers)

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                agi.handle(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

        with Server(("127.0.0.1", self.settings.agi_port), Handler) as server:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            try:
                yield agi
            finally:
                agi.frozen.set()
                server.shutdown()

    def sipp(
        self, scenario: str, *options: str, user: str = "12306", wait_ms: int = 0
    ) -> subprocess.Popen[bytes]:
        # SIPp takes no variable as a timeout, so that the scenario itself is filled in.
        text = (SCENARIOS / scenario).read_text().replace("[wait]", str(wait_ms))
        filled = self.folder / f"{time.monotonic_ns()}.xml"
        filled.write_text(text)
        process = subprocess.Popen(
            ["sipp", f"127.0.0.1:{self.settings.sip_port}", "-sf", str(filled), "-s", user,
             "-trace_err", "-error_file", f"{filled}.log", "-i", "127.0.0.1", "-m", "1", "-nostdin", "-timeout", "40s", "-timeout_error", *options],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.phones.append(process)
        return process

    def call(
        self, *, hold_ms: int = 15000, number: str = "12306", caller: str = "13800001234"
    ) -> subprocess.Popen[bytes]:
        ports = free_ports(12)
        return self.sipp(
            "caller.xml", "-key", "from", caller,
            "-p", str(ports[0]), "-mp", str(ports[4]), user=number, wait_ms=hold_ms,
        )  # fmt: skip

    def press(self, key: str, way: str) -> subprocess.Popen[bytes]:
        """A caller that presses ``key`` a second after the answer: ``event``, ``info`` or ``tone``."""
        ports = free_ports(12)
        pcap = {"event": f"/usr/share/sip-tester/dtmf_2833_{key}.pcap", "info": "", "tone": "tone.pcap"}[way]
        if way == "tone":
            write_tone(self.folder / "tone.pcap", key)
        play = f'<exec play_pcap_audio="{pcap}"/>' if pcap else ""
        # SIPp has no conditions on a key, so that the scenario is cut to what is wanted.
        text = (SCENARIOS / "caller_keys.xml").read_text().replace("[play]", play).replace("[key]", key)
        if way != "info":
            text = text.partition("<!-- info -->")[0] + text.partition("<!-- /info -->")[2]
        if way == "tone":
            text = text.replace(" 101\n", "\n").replace("a=rtpmap:101 telephone-event/8000\n", "")
        scenario = self.folder / f"keys-{way}.xml"
        scenario.write_text(text)
        return self.sipp(str(scenario), "-p", str(ports[0]), "-mp", str(ports[4]))

    def register(self, seat: str, port: int, password: str | None = None) -> int:
        """SIPp's exit code: 0 when the seat is registered."""
        secret = password or seat_secrets(self.settings.home, self.settings.seat_list)[seat]
        process = self.sipp("register.xml", "-au", seat, "-ap", secret, "-p", str(port), user=seat)
        return process.wait(15)

    def seat(self, seat: str, *, talk_ms: int, calls: int = 1) -> subprocess.Popen[bytes]:
        """A registered phone that answers ``calls`` calls."""
        ports = free_ports(12)
        assert self.register(seat, ports[0]) == 0
        return self.sipp(
            "seat.xml", "-p", str(ports[0]), "-mp", str(ports[4]), "-m", str(calls), user=seat, wait_ms=talk_ms,
        )  # fmt: skip

    def seat_dials(self, seat: str, number: str, hold_ms: int = 3000) -> int:
        """SIPp's exit code when ``seat`` dials ``number`` with its password: 0 when it was answered."""
        ports = free_ports(12)
        return self.sipp(
            "seat_dials.xml", "-key", "from", seat, "-au", seat, "-ap", seat_secrets(self.settings.home, self.settings.seat_list)[seat],
            "-p", str(ports[0]), "-mp", str(ports[4]), user=number, wait_ms=hold_ms,
        ).wait(20)  # fmt: skip

    def sign_in(self, seat: str, staff: str) -> None:
        assert "Added" in self.ask(f"queue add member PJSIP/{seat} to operator penalty 0 as {staff}")

    def events(self) -> list[list[str]]:
        """queue_log since :meth:`forget`: [event, queue, agent, data...], without configuration and what the menu
        asked for."""
        text = self.home.queue_log.read_text()[self.seen :]
        rows = [line.split("|") for line in text.splitlines()]
        return [
            [r[4], r[2], r[3], *r[5:]]
            for r in rows
            if r[4] not in {"QUEUESTART", "ADDMEMBER", "REMOVEMEMBER", "OPTION"}
        ]

    def names(self) -> list[str]:
        return [event[0] for event in self.events()]

    def forget(self) -> None:
        """End every phone and member of the last test, and start counting anew."""
        for phone in self.phones:
            phone.kill()
            phone.wait()
        self.phones.clear()
        self.ask("channel request hangup all")
        wait_for(lambda: "0 active channels" in self.ask("core show channels count"), "no channel left")
        for seat in ("1001", "1002"):
            self.ask(f"queue remove member PJSIP/{seat} from operator")
        self.seen = len(self.home.queue_log.read_text())


@contextmanager
def bench(folder: Path, **environ: str) -> Iterator[Bench]:
    """Start an Asterisk of our own in ``folder``; stop it whatever happens."""
    asterisk = an_asterisk()
    if not shutil.which("sipp"):
        pytest.skip("no SIPp here: apt-get install sip-tester")
    sip, agi, ami, *rest = free_ports(30)
    own = {
        "IVR_HOME": str(folder), "IVR_SIP_PORT": str(sip), "IVR_AGI_PORT": str(agi), "IVR_AMI_PORT": str(ami),
        "IVR_RTP_START": "26000", "IVR_RTP_END": "26999", **environ,
    }  # fmt: skip
    settings = load(
        {**{k: v for k, v in os.environ.items() if k.startswith("IVR_ASTERISK")}, **own}, Path("/none")
    )
    home = render(settings, asterisk)
    sounds = home.sounds / "zh"
    sounds.mkdir(parents=True, exist_ok=True)
    for name in ("ivr-sorry", "ivr-limit", "vm-goodbye"):
        (sounds / f"{name}.sln").write_bytes(bytes(8000))  # half a second of silence
    (home.root / "moh" / "silence.sln").write_bytes(bytes(160000))
    process = subprocess.Popen(asterisk.foreground(home.conf), start_new_session=True)
    try:
        wait_for(lambda: booted(home) and home.queue_log.exists(), "Asterisk has booted", 20)
        yield Bench(settings, home, process, folder, rest)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def booted(home: AsteriskHome) -> bool:
    """Whether Asterisk answers and has loaded everything."""
    try:
        return "fully booted" in ask(home.control_socket, "core waitfullybooted")
    except IvrError:
        return False


def write_tone(path: Path, key: str) -> None:
    """A pcap file with 200 ms of the key's two tones as A-law RTP, as a phone sends it."""
    low, high = {"5": (770, 1336)}[key]
    rate, packet = 8000, 160
    frames = []
    for number in range(12):
        times = [(number * packet + i) / rate for i in range(packet)]
        sound = number < 10  # then silence, so that the end of the key is heard
        samples = [
            int(8000 * (math.sin(2 * math.pi * low * t) + math.sin(2 * math.pi * high * t)) * sound)
            for t in times
        ]
        rtp = struct.pack(">BBHII", 0x80, 8, number, number * packet, 7) + bytes(map(a_law, samples))
        udp = struct.pack(">HHHH", 6000, 6000, 8 + len(rtp), 0) + rtp
        ip = (
            struct.pack(
                ">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1"
            )
            + udp
        )
        ethernet = bytes(12) + b"\x08\x00" + ip
        frames.append(struct.pack("<IIII", 0, number * 20000, len(ethernet), len(ethernet)) + ethernet)
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(frames))


def a_law(sample: int) -> int:
    """G.711 A-law of a 16-bit sample."""
    sign, magnitude = (0x80, sample) if sample >= 0 else (0, -sample - 1)
    magnitude >>= 4  # 11 bits
    segment = max(0, magnitude.bit_length() - 4)
    return (sign | segment << 4 | (magnitude >> max(segment - 1, 0)) & 0x0F) ^ 0x55
