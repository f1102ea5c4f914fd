"""A seat's phone with two lines, which SIPp has not: it holds a caller, asks a colleague, and joins the two.

SIP over UDP in a thread, as little of it as Asterisk needs: no sound, every request is sent again until it is answered.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import quote

from tests.e2e.sipp import LOOPBACK, Exchange, free_port

_AGAIN_S, _ANSWER_S = 0.5, 15.0
_numbers = itertools.count(1)


@dataclass
class Talk:
    """One call of the phone. ``ours``, ``theirs``: the ends of the dialogue as From and To have them."""

    call_id: str
    ours: str
    theirs: str
    target: str
    cseq: int = 1
    up: bool = False
    over: bool = False
    version: int = field(default_factory=lambda: next(_numbers))


def _branch(talk: Talk, cseq: int, end: str = "") -> str:
    return f"z9hG4bK{re.sub('[^A-Za-z0-9]', '', talk.call_id)}{cseq}{end}"


def _tag(end: str) -> str:
    found = re.search(r"tag=([^;>\s]+)", end)
    return found[1] if found else ""


def header(message: str, name: str) -> str:
    """The value of a header, "" when it is not there."""
    found = re.search(rf"(?mi)^{name}\s*:\s*(.*?)\s*$", message)
    return found[1] if found else ""


def _headers(message: str, name: str) -> list[str]:
    return re.findall(rf"(?mi)^({name}\s*:.*?)\s*$", message)


class DeskPhone:
    """The phone of ``seat``, which answers every call ``ring_s`` after it rings. ``with`` ends it."""

    def __init__(
        self, at: Exchange, seat: str, secret: str = "", *, port: int = 0, ring_s: float = 0.1
    ) -> None:
        self._at, self._seat, self._secret, self._ring_s = at, seat, secret, ring_s
        self.port = port or free_port()
        self.talks: list[Talk] = []
        self._answers: dict[tuple[str, int], list[str]] = {}
        self._stop = threading.Event()
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, self.port))
        self._socket.settimeout(0.05)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self) -> DeskPhone:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Go away without a word."""
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def taken(self, number: int = 1, seconds: float = 30) -> Talk:
        """Wait for the phone's ``number``-th call to be connected."""
        _until(lambda: len(self.talks) >= number and self.talks[number - 1].up, "a call", seconds)
        return self.talks[number - 1]

    def dial(self, number: str) -> Talk:
        """Call a number and wait until it answers."""
        mark = next(_numbers)
        target = f"sip:{number}@{self._at.address}:{self._at.port}"
        own = f"<sip:{self._seat}@{LOOPBACK}:{self.port}>;tag=d{mark}"
        talk = Talk(f"dial-{self.port}-{mark}@{LOOPBACK}", own, f"<{target}>", target, cseq=0)
        answer = self._invite(talk, "sendrecv")
        if " 401 " in answer.splitlines()[0]:
            talk.theirs = f"<{target}>"
            answer = self._invite(talk, "sendrecv", self._authorization(answer, "INVITE", target))
        assert " 200 " in answer.splitlines()[0], answer.splitlines()[0]
        talk.up = True
        return talk

    def hold(self, talk: Talk) -> None:
        """Put the other side on hold."""
        self._invite(talk, "sendonly")

    def unhold(self, talk: Talk) -> None:
        """Take it back."""
        self._invite(talk, "sendrecv")

    def join(self, talk: Talk, consultation: Talk) -> None:
        """An attended transfer: whoever is in ``talk`` is given to whoever is in ``consultation``."""
        ends = f";to-tag={_tag(consultation.theirs)};from-tag={_tag(consultation.ours)}"
        uri = re.sub(r"^<|>.*$", "", consultation.theirs)
        refer = f"Refer-To: <{uri}?Replaces={quote(consultation.call_id + ends, safe='')}>"
        answer = self._request(talk, "REFER", refer)
        assert " 202 " in answer.splitlines()[0], answer.splitlines()[0]

    def hand_over(self, talk: Talk, number: str) -> None:
        """A blind transfer to a number."""
        answer = self._request(talk, "REFER", f"Refer-To: <sip:{number}@{self._at.address}:{self._at.port}>")
        assert " 202 " in answer.splitlines()[0], answer.splitlines()[0]

    def hang_up(self, talk: Talk) -> None:
        """Send BYE."""
        talk.over = True
        self._request(talk, "BYE")

    # ---- what is sent

    def _invite(self, talk: Talk, direction: str, more: str = "") -> str:
        answer = self._request(talk, "INVITE", more, self._sound(talk, direction))
        if _tag(header(answer, "To")):
            talk.theirs = header(answer, "To")
        if contact := re.search(r"<([^>]+)>", header(answer, "Contact")):
            talk.target = contact[1]
        ok = answer.startswith("SIP/2.0 2")
        self._send(self._text(talk, "ACK", talk.cseq, branch="" if ok else _branch(talk, talk.cseq)))
        return answer

    def _request(self, talk: Talk, method: str, more: str = "", body: str = "") -> str:
        talk.cseq += 1
        text = self._text(talk, method, talk.cseq, more, body)
        key = (talk.call_id, talk.cseq)
        answers = self._answers.setdefault(key, [])
        deadline = time.monotonic() + _ANSWER_S
        while time.monotonic() < deadline:
            if not answers:
                self._send(text)
            again = time.monotonic() + _AGAIN_S
            while time.monotonic() < again:
                final = [one for one in answers if not one.startswith("SIP/2.0 1")]
                if final:
                    return final[0]
                time.sleep(0.01)
        raise AssertionError(f"no answer to {method}")

    def _text(
        self, talk: Talk, method: str, cseq: int, more: str = "", body: str = "", branch: str = ""
    ) -> str:
        branch = branch or _branch(talk, cseq, "a" if method == "ACK" else "")
        kind = "Content-Type: application/sdp\n" if body else ""
        return (
            f"""{method} {talk.target} SIP/2.0
Via: SIP/2.0/UDP {LOOPBACK}:{self.port};branch={branch};rport
From: {talk.ours}
To: {talk.theirs}
Call-ID: {talk.call_id}
CSeq: {cseq} {method}
Contact: <sip:{self._seat}@{LOOPBACK}:{self.port}>
Max-Forwards: 70
{more + chr(10) if more else ""}{kind}Content-Length: {len(body.encode())}

""".replace("\n", "\r\n")
            + body
        )

    def _sound(self, talk: Talk, direction: str) -> str:
        talk.version += 1
        lines = [
            "v=0", f"o=- 1 {talk.version} IN IP4 {LOOPBACK}", "s=-", f"c=IN IP4 {LOOPBACK}", "t=0 0",
            f"m=audio {self.port + 2} RTP/AVP 8", "a=rtpmap:8 PCMA/8000", f"a={direction}",
        ]  # fmt: skip
        return "\r\n".join(lines) + "\r\n"

    def _authorization(self, challenge: str, method: str, uri: str) -> str:
        asked = dict(re.findall(r'(\w+)="?([^",]+)"?', header(challenge, "WWW-Authenticate")))

        def digest(*words: str) -> str:
            return hashlib.md5(":".join(words).encode()).hexdigest()

        ha1 = digest(self._seat, asked["realm"], self._secret)
        ha2 = digest(method, uri)
        response = digest(ha1, asked["nonce"], "00000001", "ab", "auth", ha2)
        return (
            f'Authorization: Digest username="{self._seat}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", '
            f'uri="{uri}", response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="ab"'
            + (f', opaque="{asked["opaque"]}"' if "opaque" in asked else "")
        )

    def _send(self, text: str) -> None:
        self._socket.sendto(text.encode(), (self._at.address, self._at.port))

    # ---- what comes

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                message = self._socket.recv(65536).decode("utf-8", "replace").replace("\r\n", "\n")
            except (TimeoutError, ConnectionError):
                continue
            if message.startswith("SIP/2.0"):
                number = int(header(message, "CSeq").split()[0])
                self._answers.setdefault((header(message, "Call-ID"), number), []).append(message)
            elif message.strip():
                self._answer(message)

    def _answer(self, message: str) -> None:
        method = message.split(" ", 1)[0]
        talk = next((one for one in self.talks if one.call_id == header(message, "Call-ID")), None)
        if method == "ACK":
            if talk is not None:
                talk.up = True
        elif method == "INVITE" and talk is None:
            own = f"{header(message, 'To')};tag=s{next(_numbers)}"
            contact = re.search(r"<([^>]+)>", header(message, "Contact"))
            talk = Talk(
                header(message, "Call-ID"), own, header(message, "From"), contact[1] if contact else ""
            )
            self.talks.append(talk)
            self._reply(message, "180 Ringing", talk)
            time.sleep(self._ring_s)
            self._reply(message, "200 OK", talk, self._sound(talk, "sendrecv"))
        elif method == "INVITE":
            self._reply(message, "200 OK", talk, self._sound(talk, "sendrecv") if talk else "")
        else:
            if method == "BYE" and talk is not None:
                talk.over = True
            self._reply(message, "200 OK", talk)

    def _reply(self, message: str, status: str, talk: Talk | None, body: str = "") -> None:
        to = header(message, "To")
        if talk is not None and not _tag(to):
            to = talk.ours
        lines = [
            f"SIP/2.0 {status}", *_headers(message, "Via"), *_headers(message, "Record-Route"),
            f"From: {header(message, 'From')}", f"To: {to}", f"Call-ID: {header(message, 'Call-ID')}",
            f"CSeq: {header(message, 'CSeq')}", f"Contact: <sip:{self._seat}@{LOOPBACK}:{self.port}>",
            *(["Content-Type: application/sdp"] if body else []), f"Content-Length: {len(body.encode())}", "", body,
        ]  # fmt: skip
        self._send("\r\n".join(lines))


def _until(condition: Callable[[], bool], what: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain for {seconds:g} s: {what}")
        time.sleep(0.02)
