"""SIPp phones: callers that press keys and hang up when they are told to, and seats that answer.

A caller waits for commands between its steps: a SIP ``MESSAGE`` to its own port presses the next keys, an
``OPTIONS`` hangs up. So a test presses a key at the moment when the hotline listens, and never waits in hope.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import re
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from tests.e2e.rtp import KEY_S, KeyPresses, alaw_tone

LOOPBACK = "127.0.0.1"
_CODECS = {"alaw": (8, "PCMA"), "ulaw": (0, "PCMU"), "g722": (9, "G722")}
_REFUSALS = (401, 403, 404, 480, 484, 486, 488, 500, 503, 603)
_LONGEST_S = 240
# The three ports after each stay free: RTCP goes to the one after a phone's sound.
_ports = itertools.cycle(random.sample(range(12000, 20000, 4), 2000))


def free_port() -> int:
    """A port of loopback that is free for TCP and UDP now, below the range that the system hands out."""
    for port in itertools.islice(_ports, 2000):
        with (
            contextlib.suppress(OSError),
            socket.socket() as tcp,
            socket.socket(type=socket.SOCK_DGRAM) as udp,
        ):
            tcp.bind((LOOPBACK, port))
            udp.bind((LOOPBACK, port))
            return port
    raise RuntimeError("no free port")


@dataclass(frozen=True)
class Exchange:
    """Where the hotline's SIP is."""

    address: str
    port: int


@dataclass(frozen=True)
class Ended:
    """How a phone's call ended. ``status``: the last answer to INVITE; ``by``: who sent BYE, ``phone``,
    ``hotline`` or nobody; ``clean``: the phone's scenario went through."""

    status: int
    by: str
    clean: bool


class Sipp:
    """One SIPp process with its own ports and message log."""

    def __init__(
        self,
        folder: Path,
        at: Exchange,
        scenario: str,
        name: str,
        *,
        calls: int = 1,
        port: int = 0,
        source: str = LOOPBACK,
        options: Sequence[str] = (),
        longest_s: int = _LONGEST_S,
        traced: bool = True,
    ) -> None:
        self.folder, self.port, self.source = folder, port or free_port(), source
        self.call_id = f"{name}-{self.port}-1@{source}"
        self._messages = folder / f"{name}.messages"
        script = folder / f"{name}.xml"
        script.write_text(scenario)
        self._screen = (folder / f"{name}.screen").open("wb")
        self.process = subprocess.Popen(
            ["sipp", f"{at.address}:{at.port}", "-sf", str(script), "-i", source, "-p", str(self.port),
             "-mp", str(free_port()), "-m", str(calls), "-nostdin", "-cid_str", f"{name}-{self.port}-%u@%s",
             "-timeout", str(longest_s), *options,
             *(["-trace_msg", "-message_file", str(self._messages)] if traced else [])],
            stdout=self._screen, stderr=subprocess.STDOUT, cwd=folder,
        )  # fmt: skip

    def log(self) -> list[tuple[str, str]]:
        """Every message of the call so far: ``sent`` or ``received``, and its text."""
        with contextlib.suppress(FileNotFoundError):
            text = self._messages.read_text("utf-8", "replace")
            return re.findall(r"message (sent|received) .*?\n\n(.*?)(?=\n-{20,}|\Z)", text, re.S)
        return []

    def ended(self, seconds: float) -> Ended:
        """Wait for the end of the call. Raises ``subprocess.TimeoutExpired``."""
        code = self.process.wait(seconds)
        self._screen.close()
        return Ended(self.status(), self._by(), code == 0)

    def status(self) -> int:
        """The last final answer to this phone's INVITE; 0 when there is none yet."""
        found = 0
        for way, text in self.log():
            answer = re.match(r"SIP/2\.0 ([2-6]\d\d)", text)
            if way == "received" and answer and re.search(r"(?m)^CSeq: \d+ INVITE", text):
                found = int(answer[1])
        return found

    def _by(self) -> str:
        for way, text in self.log():
            if text.startswith("BYE "):
                return "phone" if way == "sent" else "hotline"
        return ""

    def stop(self) -> None:
        """End the process, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._screen.close()

    def _command(self, method: str, more: str = "") -> None:
        message = (
            f"{method} sip:phone@{self.source}:{self.port} SIP/2.0\r\nVia: SIP/2.0/UDP {LOOPBACK}:9;branch="
            f"z9hG4bK{time.monotonic_ns()}\r\nFrom: <sip:test@test>;tag=1\r\nTo: <sip:phone@test>;tag=2\r\n"
            f"Call-ID: {self.call_id}\r\nCSeq: 1 {method}\r\n{more}Content-Length: 0\r\n\r\n"
        )
        with socket.socket(type=socket.SOCK_DGRAM) as link:
            link.sendto(message.encode(), (self.source, self.port))


class CallerPhone(Sipp):
    """A phone that dials ``number`` as ``caller`` and will press each of ``keys``, one go after the other.

    ``keys_by``: ``events`` (RTP), ``info`` (SIP INFO), ``tones`` (in the A-law sound). ``secret``: a seat's password,
    then ``caller`` is the seat. ``ear``: the port where the sound is to be sent, when not to this phone.
    ``breathes``: it sends silence all the time, as a phone does; needed for calls of a minute and more without keys.
    ``speaks``: it sends a tone all the time, as from somebody who talks.
    """

    def __init__(
        self,
        folder: Path,
        at: Exchange,
        keys: Sequence[str] = (),
        *,
        caller: str,
        number: str = "12306",
        codec: str = "alaw",
        keys_by: str = "events",
        secret: str = "",
        ear: int = 0,
        breathes: bool = False,
        speaks: bool = False,
        source: str = LOOPBACK,
    ) -> None:
        folder.mkdir(parents=True)
        self.keys = list(keys)
        self._pressed, self._busy_until = 0, 0.0
        presses = KeyPresses(folder, tones=keys_by == "tones")
        steps = [
            "".join(_info(key, caller, number, 10 + 50 * i + n) for n, key in enumerate(go))
            if keys_by == "info"
            else f"<nop><action><exec play_pcap_audio={quoteattr(str(presses.file(go)))}/></action></nop>"
            for i, go in enumerate(keys)
        ]
        sound = _sound(codec, events=keys_by == "events", port=str(ear) if ear else "[media_port]")
        start = ""
        if breathes or speaks:
            (folder / "sound.alaw").write_bytes(alaw_tone(440) if speaks else b"\xd5" * 8000)
            start = f'<nop><action><exec rtp_stream="{folder}/sound.alaw,-1,8"/></action></nop>'
        options = ["-au", caller, "-ap", secret] if secret else []
        super().__init__(
            folder, at, _caller_scenario(caller, number, sound, start, steps, bool(secret)), "call",
            source=source, options=options,
        )  # fmt: skip

    def press(self) -> str:
        """Press the next keys; returns them. They take ``KEY_S`` each."""
        time.sleep(max(0.0, self._busy_until - time.monotonic()))  # a finger for each key
        keys = self.keys[self._pressed]
        self._pressed += 1
        self._busy_until = time.monotonic() + len(keys) * KEY_S
        self._command("MESSAGE")
        return keys

    def hang_up(self) -> None:
        """Send BYE."""
        self._command("OPTIONS")

    def dialog(self) -> str:
        """The answered call, as Replaces names it."""
        for way, text in self.log():
            if (
                way == "received"
                and re.match(r"SIP/2\.0 200", text)
                and re.search(r"(?m)^CSeq: \d+ INVITE", text)
            ):
                here = re.findall(r"(?m)^From:.*;tag=(\S+)", text)[0]
                there = re.findall(r"(?m)^To:.*;tag=(\S+)", text)[0]
                return f"{self.call_id};to-tag={there};from-tag={here}"
        raise AssertionError("the call is not answered")


class SeatPhone(Sipp):
    """A seat's phone that registers and then takes ``calls`` calls.

    It rings for ``ring_s``, or for ever with ``None``; ``reject`` answers 486 instead. It hangs up ``talk_s`` after
    answering, or never with ``None``; ``refer``: instead of hanging up it hands the caller over to that number. In the talk it
    does what it is told: :meth:`hold`, :meth:`resume`, :meth:`hand_over`, :meth:`hang_up`, :meth:`press`.
    ``contact``: the address that it gives instead of its own. ``port``: where it is, without registering.
    """

    def __init__(
        self,
        folder: Path,
        at: Exchange,
        seat: str,
        secret: str,
        *,
        ring_s: float | None = 0.2,
        talk_s: float | None = None,
        reject: bool = False,
        calls: int = 1,
        refer: str = "",
        contact: str = "",
        port: int = 0,
        key: str = "1",
    ) -> None:
        folder.mkdir(parents=True)
        self._at = at
        self.registration = 200
        if not port:
            port = free_port()
            self.registration = register(folder, at, seat, secret, port, contact=contact)
        pressing = KeyPresses(folder).file(key)
        scenario = _seat_scenario(ring_s, talk_s, reject, refer, pressing, contact)
        super().__init__(folder, at, scenario, "seat", port=port, calls=calls)

    def press(self) -> None:
        """Press the key."""
        self._in_the_talk("NOTIFY")

    def hang_up(self) -> None:
        """Send BYE in the talk."""
        self._in_the_talk("OPTIONS")

    def hold(self) -> None:
        """Hold the other side (a re-INVITE, sendonly); once in a talk."""
        self._in_the_talk("PUBLISH")

    def resume(self) -> None:
        """Hold it no more; once in a talk."""
        self._in_the_talk("SUBSCRIBE")

    def hand_over(self, to: CallerPhone | str) -> None:
        """Send REFER: to a number, or to whom the phone consults in a second call (Replaces)."""
        where = f"{self._at.address}:{self._at.port}"
        target = (
            f"{to}@{where}" if isinstance(to, str) else f"x@{where}?Replaces={quote(to.dialog(), safe='')}"
        )
        self._in_the_talk("MESSAGE", f"Refer-To: <sip:{target}>\r\n")

    def _in_the_talk(self, method: str, more: str = "") -> None:
        deadline = time.monotonic() + 5
        begun: list[str] = []
        while not begun or begun[-1].startswith("INVITE "):  # the ACK is still to come
            assert time.monotonic() < deadline, "the phone is in no talk"
            received = [text for way, text in self.log() if way == "received"]
            begun = [text for text in received if text.startswith(("INVITE ", "ACK "))]
        self.call_id = re.findall(r"(?m)^Call-ID: *(\S+)", begun[-1])[0]
        self._command(method, more)


class CarrierPhone(Sipp):
    """The carrier at ``port``, which takes ``calls`` calls to callers' numbers, as a :class:`SeatPhone` would."""

    def __init__(
        self,
        folder: Path,
        at: Exchange,
        port: int,
        *,
        ring_s: float | None = 0.2,
        talk_s: float | None = None,
        reject: bool = False,
        calls: int = 1,
    ) -> None:
        folder.mkdir(parents=True)
        super().__init__(
            folder,
            at,
            _seat_scenario(ring_s, talk_s, reject, "", KeyPresses(folder).file("1"), ""),
            "carrier",
            port=port,
            calls=calls,
        )

    def dialled(self) -> list[str]:
        """The numbers that it was asked to call, one for each call."""
        found = {}
        for way, message in self.log():
            invite = re.match(r"INVITE sip:([^@]+)@", message)
            if way == "received" and invite:
                found[re.findall(r"(?m)^Call-ID: *(\S+)", message)[0]] = invite[1]
        return list(found.values())


def register(
    folder: Path,
    at: Exchange,
    seat: str,
    secret: str,
    port: int = 0,
    source: str = LOOPBACK,
    contact: str = "",
) -> int:
    """Register a seat's phone, at ``contact`` (host:port) when given; returns the status of the last answer."""
    phone = Sipp(
        folder, at, _register_scenario(seat, contact), "register", port=port, source=source,
        options=["-au", seat, "-ap", secret],
    )  # fmt: skip
    try:
        phone.process.wait(10)
    finally:
        phone.stop()
    return int(
        re.findall(r"(?m)^SIP/2\.0 (\d\d\d)", "\n".join(t for way, t in phone.log() if way == "received"))[-1]
    )


# ---- scenarios ------------------------------------------------------------------------------------------------------


def _sound(codec: str, *, events: bool, port: str = "[media_port]") -> str:
    kind, name = _CODECS[codec]
    lines = [
        "v=0", "o=- 1 1 IN IP4 [local_ip]", "s=-", "c=IN IP4 [media_ip]", "t=0 0",
        f"m=audio {port} RTP/AVP {kind}{' 101' if events else ''}", f"a=rtpmap:{kind} {name}/8000",
        *(["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16"] if events else []), "a=ptime:20",
    ]  # fmt: skip
    return "\n".join(lines)


def _send(head: str, body: str = "", *, kind: str = "application/sdp", attributes: str = "") -> str:
    end = f"Content-Type: {kind}\nContent-Length: [len]\n\n{body}\n" if body else "Content-Length: 0\n\n"
    return f"<send {attributes}><![CDATA[\n{head.strip()}\n{end}]]></send>\n"


def _request(method: str, url: str, who: str, to: str, cseq: int, more: str = "") -> str:
    return f"""{method} {url} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:{who}@[local_ip]:[local_port]>;tag=[pid]T[call_number]
{to}
Call-ID: [call_id]
CSeq: {cseq} {method.removesuffix("_")}
Contact: <sip:phone@[local_ip]:[local_port]>
Max-Forwards: 70
{more}"""


_ECHO = "[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n"
#: How often a phone may try to hand a caller over in one talk, and is told how one try goes.
_HANDED_OVER, _NOTIFIED = 3, 4
_TARGET = '<ereg regexp=".*" search_in="hdr" header="Refer-To:" assign_to="target"/>'
_OK = _send(f"SIP/2.0 200 OK\n{_ECHO}")
_FORBIDDEN = "".join(f'<recv response="{code}" optional="true" next="refused"/>' for code in _REFUSALS)


def _caller_scenario(
    caller: str, number: str, sound: str, start: str, steps: Sequence[str], with_password: bool
) -> str:
    at = f"sip:{number}@[remote_ip]:[remote_port]"
    to = f"To: <{at}>"
    cseq = 2 if with_password else 1
    parts = [_send(_request("INVITE", at, caller, to, 1), sound, attributes='retrans="500"')]
    if with_password:
        parts.append('<recv response="100" optional="true"/><recv response="401" auth="true"/>')
        parts.append(_send(_request("ACK", at, caller, "[last_To:]", 1)))
        invite = _request("INVITE", at, caller, to, 2, "[authentication]\n")
        parts.append(_send(invite, sound, attributes='retrans="500"'))
    parts.append("".join(f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183)))
    parts.append(_FORBIDDEN)
    parts.append(
        '<recv response="200" rrs="true"><action>'
        '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/></action></recv>'
    )
    parts.append(_send(_request("ACK", "[next_url]", caller, "[last_To:]", cseq)) + start)
    for number_, step in enumerate(steps):
        parts.append(f'<label id="wait{number_}"/>' + _wait(f"press{number_}"))
        parts.append(f'<label id="press{number_}"/>' + step)
    parts.append(_wait("") + '<label id="ours"/>')
    bye = _request("BYE", "[next_url]", caller, "To:[$to]", 9000)
    parts.append(
        _send(bye, attributes='retrans="500"') + '<recv request="BYE" optional="true" next="theirs"/>'
    )
    parts.append('<recv response="481" optional="true" next="end"/><recv response="200" next="end"/>')
    parts.append('<label id="theirs"/>' + _OK + '<nop next="end"/>')
    parts.append('<label id="refused"/>' + _send(_request("ACK", at, caller, "[last_To:]", cseq)))
    parts.append('<label id="end"/>')
    return _scenario("caller", parts)


def _wait(on_press: str) -> str:
    press = f'<recv request="MESSAGE" optional="true" next="{on_press}"/>' if on_press else ""
    return (
        f'{press}<recv request="OPTIONS" optional="true" next="ours"/><recv request="BYE" next="theirs"/>\n'
    )


def _info(key: str, caller: str, number: str, cseq: int) -> str:
    request = _request("INFO", "[next_url]", caller, "To:[$to]", cseq)
    return (
        _send(
            request, f"Signal={key}\nDuration=120", kind="application/dtmf-relay", attributes='retrans="500"'
        )
        + '<recv request="BYE" optional="true" next="theirs"/><recv response="200"/><pause milliseconds="60"/>'
    )


def _seat_scenario(
    ring_s: float | None, talk_s: float | None, reject: bool, refer: str, pressing: Path, contact: str
) -> str:
    saved = "".join(
        f'<ereg regexp=".*" search_in="hdr" header="{name}:" assign_to="{name.lower()}"/>'
        for name in ("Via", "From", "CSeq")
    )
    tagged = "[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]S[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n"
    mine = f"Contact: <sip:seat@{contact or '[local_ip]:[local_port]'}>\n"
    parts = [f'<recv request="INVITE" rrs="true"><action>{saved}</action></recv>']
    if reject:
        parts.append(_send(f"SIP/2.0 486 Busy Here\n{tagged}") + '<recv request="ACK"/>')
        parts.append('<Reference variables="via,from,cseq"/>')
        return _scenario("seat", parts)
    parts.append(_send(f"SIP/2.0 180 Ringing\n{tagged}{mine}"))
    rings = "" if ring_s is None else f' timeout="{round(ring_s * 1000)}" ontimeout="answer"'
    parts.append(f'<recv request="CANCEL"{rings}/>' + _OK)
    kept = (
        "Via:[$via]\nFrom:[$from]\nTo: <sip:seat@[local_ip]>;tag=[pid]S[call_number]\n"
        "Call-ID: [call_id]\nCSeq:[$cseq]\n"
    )
    parts.append(_send(f"SIP/2.0 487 Request Terminated\n{kept}") + '<recv request="ACK" next="end"/>')
    answer = f"SIP/2.0 200 OK\n{kept}{mine}"
    parts.append(
        '<label id="answer"/>' + _send(answer, _sound("alaw", events=True), attributes='retrans="500"')
    )
    parts.append('<recv request="ACK"/>')
    talks = "" if talk_s is None else f' timeout="{round(talk_s * 1000)}" ontimeout="ours"'
    parts.append(
        # SIPp heeds the time of the first message that it waits for.
        f'<label id="talk"/><recv request="PUBLISH" optional="true" next="hold"{talks}/>'
        '<recv request="SUBSCRIBE" optional="true" next="resume"/>'
        '<recv request="NOTIFY" optional="true" next="press"/>'
        '<recv request="MESSAGE" optional="true" next="refer0"><action>'
        f"{_TARGET}</action></recv>"
        f'<recv request="OPTIONS" optional="true" next="ours"/><recv request="BYE"/>{_OK}<nop next="end"/>'
    )

    def ours(method: str, cseq: int, more: str = "", body: str = "") -> str:
        request = f"""{method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:seat@[local_ip]>;tag=[pid]S[call_number]
To:[$from]
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70
{more}"""
        return _send(request, body, attributes="" if method == "ACK" else 'retrans="500"')

    play = f"<nop><action><exec play_pcap_audio={quoteattr(str(pressing))}/></action></nop>"
    parts.append(f'<label id="press"/>{play}<nop next="talk"/>')
    sound = _sound("alaw", events=True)
    for cseq, label, way in ((2, "hold", "sendonly"), (3, "resume", "sendrecv")):
        invite = ours("INVITE", cseq, mine, f"{sound}\na={way}")
        done = '<recv response="100" optional="true"/><recv response="200"/>' + ours("ACK", cseq)
        parts.append(f'<label id="{label}"/>{invite}{done}<nop next="talk"/>')
    if refer:
        parts.append(
            '<label id="ours"/>'
            + ours("REFER", 4, f"{mine}Refer-To: <sip:{refer}@[remote_ip]:[remote_port]>\n")
        )
        parts.append('<nop next="told0"/>')
    for n in range(_HANDED_OVER):
        parts.append(f'<label id="refer{n}"/>' + ours("REFER", 4 + n, f"{mine}Refer-To:[$target]\n"))
        parts.append(_after_refer(n, "end" if refer else "ours"))
    if not refer:
        parts.append('<label id="ours"/>' + ours("BYE", 9))
        parts.append('<recv request="BYE" optional="true" next="both"/><recv response="200" next="end"/>')
        parts.append('<label id="both"/>' + _OK)
    parts.append('<label id="end"/>')
    return _scenario("seat", parts)


def _after_refer(n: int, hang_up: str) -> str:
    """What may come then: NOTIFY of how it goes, BYE when it went well, and else another order. SIPp takes a message only
    once, so that each NOTIFY stands here for itself."""
    orders = (
        f'<recv request="MESSAGE" optional="true" next="refer{n + 1}"><action>{_TARGET}</action></recv>'
        if n + 1 < _HANDED_OVER
        else ""
    )
    orders += f'<recv request="OPTIONS" optional="true" next="{hang_up}"/>'
    ends = f'{orders}<recv request="BYE"/>{_OK}<nop next="end"/>'
    parts = [f'<label id="told{n}"/><recv response="202"/>']
    for told in range(_NOTIFIED):
        parts.append(f'<recv request="NOTIFY" optional="true" next="notified{n}{told}"/>{ends}')
        parts.append(f'<label id="notified{n}{told}"/>{_OK}')
    return "".join(parts) + ends


def _register_scenario(seat: str, contact: str = "") -> str:
    at, to = "sip:[remote_ip]:[remote_port]", f"To: <sip:{seat}@[remote_ip]>"
    contact = f"Expires: 240\nContact: <sip:{seat}@{contact or '[local_ip]:[local_port]'}>\n"

    def request(cseq: int, more: str = "") -> str:
        text = _request("REGISTER", at, seat, to, cseq, contact + more)
        # Sent once: nothing is lost on loopback, and a second challenge, to what was sent twice while Asterisk
        # stalled, would look like a refusal.
        return _send("\n".join(x for x in text.splitlines() if "sip:phone@" not in x))

    parts = [
        request(1),
        '<recv response="403" optional="true" next="end"/><recv response="401" auth="true"/>',
        request(2, "[authentication]\n"),
        '<recv response="401" optional="true" next="end"/><recv response="403" optional="true" next="end"/>',
        '<recv response="200"/><label id="end"/>',
    ]
    return _scenario("register", parts)


def _scenario(name: str, parts: Sequence[str]) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n{"".join(parts)}</scenario>\n'
