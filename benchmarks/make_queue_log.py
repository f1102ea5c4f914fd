"""Makes a queue_log of real calls: SIPp callers and phones on a real Asterisk with the hotline's own configuration.

    python -m benchmarks.make_queue_log FOLDER [--minutes 7] [--calls 20]

``FOLDER`` keeps the home between runs, so that a long log is made in pieces; each piece goes on in the same
``asterisk/log/queue_log`` (and begins with Asterisk's QUEUESTART). Callers have made-up numbers. A small AGI server
stands for the menus: it sends each caller to a queue by the first digits of the number, so that every way in and out
of a queue is taken; everything that stands in the log was written by Asterisk. ``--calls``: new calls a second.

What happens: callers who are served, hang up in the talk, hang up while waiting, never leave the menu, are refused
(queue full, nobody signed in), press a key to leave, wait until the time is over, come back to a second queue; agents who answer at
different speeds, hang up first or last, reject, do not answer, are out of reach, hand callers over to a queue or to
another agent, hold callers and take them back, consult a colleague and join the two, pause for reasons, sign out while callers wait; two queues that ring every phone at once; Asterisk killed in mid-call.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.queue_log_phones import PRESSES, Phones, phone_scenario
from ivr.errors import IvrError
from ivr.settings import Settings, load
from ivr.telephony.asterisk_config import TEMPLATES, AsteriskHome, render
from ivr.telephony.asterisk_find import Asterisk, find
from ivr.telephony.asterisk_process import ask
from ivr.telephony.holds import write_holds
from tests.e2e.desk_phone import DeskPhone, Talk
from tests.e2e.sipp import Exchange

SCENARIOS = Path(__file__).parent.parent / "tests" / "telephony" / "sipp"
SIP, AGI, AMI, FIRST_PHONE = 15060, 14573, 15038, 15100
NUMBERS = 3000  #: different callers, so that some call again
REASONS = ("lunch", "training", "tea", "")


@dataclass(frozen=True)
class Callers:
    """Of all calls the share ``share``: numbers that begin with ``prefix``, who hang up after ``patience_s``."""

    prefix: str
    share: float
    patience_s: float
    queue: str = "operator"
    key: str = ""


CALLERS = (
    Callers("1390", 0.22, 40),
    Callers("1391", 0.12, 3.0),  # hang up in the talk, or before
    Callers("1392", 0.10, 0.9),  # hang up while it rings
    Callers("1393", 0.08, 9, ""),  # stay in the menu
    Callers("1394", 0.05, 20, "nobody"),
    Callers("1395", 0.08, 15, "small"),  # often full
    Callers("1396", 0.03, 30, "deaf"),  # time out, or left empty
    Callers("1397", 0.06, 15, "everyone"),
    Callers("1398", 0.10, 30, "tickets"),
    Callers("1399", 0.04, 30, "deaf", key="0"),
    Callers("1380", 0.06, 30, "handover"),
    Callers("1381", 0.06, 30, "desk"),
)


PHONES = (
    Phones("quick", 8, 0.1, 1.2, ("operator", "tickets")),
    Phones("usual", 8, 0.6, 2.5, ("operator",)),
    Phones("slow", 4, 1.0, 5, ("operator", "tickets")),
    Phones("patient", 4, 0.4, 60, ("operator",)),  # the caller hangs up
    Phones("few", 1, 0.2, 2.0, ("small",)),
    Phones("all1", 1, 0.3, 1.5, ("everyone",)),
    Phones("all2", 1, 0.5, 1.5, ("everyone",)),
    Phones("all3", 1, 0.9, 1.0, ("everyone",)),
    Phones("busy", 1, 0.1, 1, ("operator", "everyone"), reject=True),
    Phones("deaf", 2, None, 1, ("deaf", "operator")),
    Phones("hand1", 2, 0.1, 8, ("handover",), refer="tickets"),
    Phones("hand2", 1, 0.1, 8, ("handover",), refer="colleague"),
    Phones("colleague", 1, 0.3, 1.5, ()),
)
SECOND = Phones("second", 1, 0.2, 2.0, ())  #: whom the desks consult
DESKS = ("d1", "d2", "d3")  #: agents with two lines (tests/e2e/desk_phone.py), in the queue "desk"
UNREACHABLE = "9999"  #: an agent at whose address there is no phone

QUEUES = {
    "operator": "strategy=leastrecent\ntimeout=2",
    "tickets": "strategy=rrmemory\ntimeout=3",
    "small": "strategy=leastrecent\ntimeout=3\nmaxlen=1",
    "everyone": "strategy=ringall\ntimeout=2",
    "deaf": "strategy=leastrecent\ntimeout=2\ncontext=left-by-key",
    "nobody": "strategy=leastrecent\ntimeout=2",
    "handover": "strategy=leastrecent\ntimeout=2",
    "desk": "strategy=leastrecent\ntimeout=2",
}
_QUEUE = """[{name}]{again}
{rules}
retry=1
autofill=yes
ringinuse=no
wrapuptime=0
joinempty=unavailable,invalid,unknown
leavewhenempty=unavailable,invalid,unknown
setqueuevar=yes
setinterfacevar=yes
reportholdtime=no
musicclass=default
announce-frequency=0
"""
_DIALPLAN = """
[left-by-key]
include => call-end
exten => 0,1,Hangup(16)

[handing-over]
include => call-end
exten => tickets,1,Queue(tickets,c,,,8)
 same => n,Hangup(16)
exten => colleague,1,Dial(PJSIP/{colleague},5,U(leg^blind^${{CUT(BLINDTRANSFER,-,1)}}^PJSIP/{colleague}))
 same => n,Hangup(16)

[desk]
exten => second,1,Dial(PJSIP/{second},5,U(leg^direct^${{CUT(CHANNEL,-,1)}}^PJSIP/{second}))
 same => n,Hangup(16)
"""
_ENDPOINT = """[{name}]
type=endpoint
context={context}
disallow=all
allow=alaw
direct_media=no
aors={name}
device_state_busy_at=1
set_var=TRANSFER_CONTEXT=handing-over
[{name}]
type=aor
contact=sip:{name}@127.0.0.1:{port}
"""


def main() -> None:
    """Make one piece."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=7)
    parser.add_argument("--calls", type=float, default=20)
    given = parser.parse_args()
    centre = Centre(given.folder.absolute())
    before = centre.lines()
    try:
        centre.start()
        centre.run(given.minutes * 60, given.calls)
    finally:
        centre.stop()
    print(f"{centre.lines() - before} lines more, {centre.lines()} in {centre.home.queue_log}")


class Centre:
    """One Asterisk with its phones, callers and menus."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        own = {
            "IVR_HOME": str(folder), "IVR_SIP_PORT": str(SIP), "IVR_AGI_PORT": str(AGI), "IVR_AMI_PORT": str(AMI),
            "IVR_RTP_START": "20000", "IVR_RTP_END": "23999", "IVR_QUEUE_TIMEOUT_S": "9",
        }  # fmt: skip
        found = {key: value for key, value in os.environ.items() if key.startswith("IVR_ASTERISK")}
        self.folder = folder
        self.settings: Settings = load({**found, **own}, Path("/none"))
        self.asterisk: Asterisk = find(self.settings)
        self.home = AsteriskHome.of(self.settings)
        self._process: subprocess.Popen[bytes] | None = None
        self._sipp: list[subprocess.Popen[bytes]] = []
        self._desks: list[DeskPhone] = []
        self._stopping = threading.Event()
        self._rng = random.Random(os.getpid())
        self._ports = iter(range(FIRST_PHONE, FIRST_PHONE + 400, 8))
        #: agent → (interface, queues)
        self.agents: dict[str, tuple[str, tuple[str, ...]]] = {}

    def lines(self) -> int:
        return self.home.queue_log.read_bytes().count(b"\n") if self.home.queue_log.exists() else 0

    def start(self) -> None:
        """The phones first, since their addresses stand in the configuration."""
        endpoints, colleague = [], ""
        for kind_number, kind in enumerate(PHONES):
            port = self._phones(kind)
            for number in range(kind.count):
                name = f"p{kind_number:02}{number}"
                endpoints.append(_ENDPOINT.format(name=name, port=port, context="seats"))
                if kind.queues:
                    self.agents[str(8000 + 10 * kind_number + number)] = (f"PJSIP/{name}", kind.queues)
                else:
                    colleague = name
        endpoints.append(_ENDPOINT.format(name="p999", port=9, context="seats"))
        endpoints.append(_ENDPOINT.format(name="second", port=self._phones(SECOND), context="seats"))
        for number, name in enumerate(DESKS):
            phone = DeskPhone(Exchange("127.0.0.1", SIP), name)
            self._desks.append(phone)
            threading.Thread(target=self._work_at, args=(phone,), daemon=True).start()
            endpoints.append(_ENDPOINT.format(name=name, port=phone.port, context="desk"))
            self.agents[str(8900 + number)] = (f"PJSIP/{name}", ("desk",))
        self.agents[UNREACHABLE] = ("PJSIP/p999", ("tickets",))
        local = self.home.local
        local.mkdir(parents=True, exist_ok=True)
        (local / "pjsip.conf").write_text("".join(endpoints))
        (local / "extensions.conf").write_text(_DIALPLAN.format(colleague=colleague, second="second"))
        queues = (
            _QUEUE.format(name=name, rules=rules, again="(+)" if name == "operator" else "")
            for name, rules in QUEUES.items()
        )
        (local / "queues.conf").write_text("\n".join(queues))
        threading.Thread(target=lambda: asyncio.run(serve_menus()), daemon=True).start()
        self.start_asterisk()
        threading.Thread(target=write_holds, args=(self.settings, self._stopping), daemon=True).start()

    def start_asterisk(self) -> None:
        render(self.settings, self.asterisk, TEMPLATES)
        for name in ("ivr-sorry", "ivr-limit"):
            sound = self.home.sounds / "zh" / f"{name}.sln"
            sound.parent.mkdir(parents=True, exist_ok=True)
            sound.write_bytes(bytes(800))
        (self.home.root / "moh" / "silence.sln").write_bytes(bytes(160000))
        with (self.folder / "console").open("ab") as console:
            self._process = subprocess.Popen(  # noqa: S603
                self.asterisk.foreground(self.home.conf),
                start_new_session=True,
                stdout=console,
                stderr=console,
            )
        deadline = time.monotonic() + 60
        while "fully booted" not in self.ask("core waitfullybooted"):
            if time.monotonic() > deadline:
                raise IvrError("Asterisk does not start", where=str(self.folder / "console"))
            time.sleep(0.1)
        for agent in self.agents:
            self.sign_in(agent)

    def ask(self, command: str) -> str:
        try:
            return ask(self.home.control_socket, command)
        except IvrError:
            return ""

    def sign_in(self, agent: str) -> None:
        interface, queues = self.agents[agent]
        for queue in queues:
            self.ask(f"queue add member {interface} to {queue} penalty 0 as {agent}")

    def sign_out(self, agent: str) -> None:
        interface, queues = self.agents[agent]
        for queue in queues:
            self.ask(f"queue remove member {interface} from {queue}")

    def pause(self, agent: str, reason: str) -> None:
        interface, queues = self.agents[agent]
        for queue in queues[: self._rng.randrange(1, len(queues) + 1)]:
            self.ask(
                f"queue pause member {interface} queue {queue}" + (f" reason {reason}" if reason else "")
            )

    def unpause(self, agent: str) -> None:
        interface, queues = self.agents[agent]
        for queue in queues:
            self.ask(f"queue unpause member {interface} queue {queue}")

    def run(self, seconds: float, calls_a_second: float) -> None:
        """Callers call for ``seconds`` while agents come and go; half-way Asterisk is killed and started again."""
        end = time.monotonic() + seconds
        for kind in CALLERS:
            self._callers(kind, calls_a_second * kind.share, seconds - 12)
        half = time.monotonic() + seconds / 2
        paused: list[str] = []
        movable = [agent for agent in self.agents if agent != UNREACHABLE]
        deaf = [agent for agent, (_, queues) in self.agents.items() if "deaf" in queues]
        turn = 0
        while time.monotonic() < end:
            turn += 1
            if time.monotonic() > half and self._process is not None:
                half = end + 1
                self._process.kill()
                self._process.wait()
                self.start_asterisk()
                paused.clear()
            agent = self._rng.choice(movable)
            if self._rng.random() < 0.3:
                self.sign_out(agent)
                time.sleep(0.3)
                self.sign_in(agent)
            elif agent in paused:
                self.unpause(agent)
                paused.remove(agent)
            else:
                self.pause(agent, self._rng.choice(REASONS))
                paused.append(agent)
            if len(paused) > 4:
                self.unpause(paused.pop(0))
            if turn % 40 == 0:  # who waits at the deaf is sent away
                for one in deaf:
                    self.sign_out(one)
                time.sleep(2)
                for one in deaf:
                    self.sign_in(one)
            time.sleep(0.5)

    def _work_at(self, phone: DeskPhone) -> None:
        """An agent who holds each caller, and hands over every second one after a consultation."""
        number = 0
        while not self._stopping.wait(0.02):
            talks = phone.talks
            if len(talks) <= number or not talks[number].up:
                continue
            talk = talks[number]
            number += 1
            try:
                self._handle(phone, talk, consult=number % 2 == 0)
            except (AssertionError, OSError):  # Asterisk was killed, the caller or the colleague is gone
                continue

    def _handle(self, phone: DeskPhone, talk: Talk, *, consult: bool) -> None:
        time.sleep(self._rng.choice([0.3, 0.8]))
        if talk.over:
            return
        phone.hold(talk)
        time.sleep(self._rng.choice([0.4, 1.3]))
        if consult and not talk.over:
            consultation = phone.dial("second")
            time.sleep(0.6)
            if talk.over:
                phone.hang_up(consultation)
            else:
                phone.join(talk, consultation)
        elif not talk.over:
            phone.unhold(talk)
            time.sleep(0.5)
            if not talk.over:
                phone.hang_up(talk)

    def stop(self) -> None:
        self._stopping.set()
        for desk in self._desks:
            desk.stop()
        for phone in self._sipp:
            phone.kill()
            phone.wait()
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _callers(self, kind: Callers, rate: float, seconds: float) -> None:
        folder = self.folder / f"callers{kind.prefix}"
        folder.mkdir(exist_ok=True)
        with (folder / "numbers.csv").open("w") as stream:
            numbers = range(max(1, int(NUMBERS * kind.share)))
            stream.write("".join(["RANDOM\n", *(f"{kind.prefix}{number:07}\n" for number in numbers)]))
        text = (SCENARIOS / "caller.xml").read_text("utf-8").replace("[from]", "[field0]")
        if kind.key:
            text = text.replace(
                '<recv request="BYE" timeout="[wait]" ontimeout="bye"/>', PRESSES.replace("[key]", kind.key)
            )
        text = text.replace("[wait]", str(int(kind.patience_s * 1000)))
        self._start_sipp(
            folder, text, "-inf", "numbers.csv", "-s", self.settings.hotline,
            "-r", f"{max(1, round(rate * 10))}", "-rp", "10000", "-m", str(max(1, int(rate * seconds))),
        )  # fmt: skip

    def _phones(self, kind: Phones) -> int:
        folder = self.folder / f"phones-{kind.name}"
        folder.mkdir(exist_ok=True)
        port = next(self._ports)
        self._start_sipp(folder, phone_scenario(kind, SIP), port=port)
        return port

    def _start_sipp(self, folder: Path, scenario: str, *options: str, port: int | None = None) -> None:
        (folder / "scenario.xml").write_text(scenario, "utf-8")
        port = port or next(self._ports)
        command = [
            "sipp", f"127.0.0.1:{SIP}", "-sf", "scenario.xml", "-i", "127.0.0.1", "-p", str(port), "-nostdin",
            "-mp", str(port + 20000), "-trace_err", "-error_file", "errors", "-recv_timeout", "60000", *options,
        ]  # fmt: skip
        self._sipp.append(
            subprocess.Popen(  # noqa: S603
                command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        )


async def serve_menus() -> None:
    """An AGI server: menus of one decision, by the first digits of the caller's number."""
    queue_of = {kind.prefix: kind.queue for kind in CALLERS}
    rng = random.Random(7)

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def command(text: str) -> str:
            writer.write(f"{text}\n".encode())
            return (await reader.readline()).decode()

        try:
            request: dict[str, str] = {}
            while line := (await reader.readline()).decode().strip():
                name, _, value = line.partition(": ")
                request[name] = value
            script = request.get("agi_network_script", "")
            if script == "connected":
                names = [await command(f"GET VARIABLE {name}") for name in ("QUEUENAME", "MEMBERNAME")]
                queue, member = (text.partition("(")[2].partition(")")[0] for text in names)
                await command(f'EXEC QueueLog "{queue},{request["agi_uniqueid"]},{member},AGENTANSWER"')
                await asyncio.sleep(rng.choice([0, 0.3]))
                return
            queue = queue_of.get(request.get("agi_callerid", "")[:4], "")
            again = script == "after_queue" and rng.random() < 0.1
            variables = {"IVR_NEXT": "hangup", "IVR_DONE": "1"}
            if script == "hotline" and queue:
                variables |= {"IVR_NEXT": "queue", "IVR_QUEUE": queue}
            elif again:
                variables |= {"IVR_NEXT": "queue", "IVR_QUEUE": "tickets"}
            for name, value in variables.items():
                await command(f'SET VARIABLE {name} "{value}"')
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", AGI)
    async with server:
        await server.serve_forever()


def check() -> None:
    """Raises SystemExit with one line when something that is needed is missing or taken."""
    if not shutil.which("sipp"):
        raise SystemExit("make_queue_log: SIPp is missing: apt-get install sip-tester")
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", SIP))
        except OSError as fault:
            raise SystemExit(f"make_queue_log: port {SIP}: {fault.strerror}") from None


if __name__ == "__main__":
    check()
    main()
