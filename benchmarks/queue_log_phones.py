"""The SIPp phones of ``benchmarks.make_queue_log``: agents who answer, reject, do not answer, hand over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phones:
    """``count`` agents whose phones ring ``ring_s`` (``None``: never answered) and hang up after ``talk_s``."""

    name: str
    count: int
    ring_s: float | None
    talk_s: float
    queues: tuple[str, ...]
    reject: bool = False
    refer: str = ""


#: In a caller's scenario instead of waiting: presses [key] by SIP INFO, then waits.
PRESSES = """<recv request="BYE" timeout="1500" ontimeout="press" next="theirs"/>
  <label id="press"/>
  <send retrans="500"><![CDATA[
INFO [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]T[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 9 INFO
Max-Forwards: 70
Content-Type: application/dtmf-relay
Content-Length: [len]

Signal=[key]
Duration=120
]]></send>
  <recv response="200"/>
  <recv request="BYE" timeout="[wait]" ontimeout="bye"/>
  <label id="theirs"/>"""
_ECHO = "[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n"
_TAGGED = "[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]S[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n"
_KEPT = "Via:[$via]\nFrom:[$from]\nTo: <sip:p@[local_ip]>;tag=[pid]S[call_number]\nCall-ID: [call_id]\nCSeq:[$cseq]\n"
_MINE = "Contact: <sip:p@[local_ip]:[local_port]>\n"
_SOUND = (
    "v=0\no=- 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\n"
    "m=audio [media_port] RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
)
_OWN = (
    "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
    "From: <sip:p@[local_ip]>;tag=[pid]S[call_number]\nTo:[$from]\nCall-ID: [call_id]\nMax-Forwards: 70\n"
)


def phone_scenario(kind: Phones, sip_port: int) -> str:
    """A phone that answers any number of calls at once, as ``kind`` says; ``sip_port``: Asterisk's."""

    def send(head: str, body: str = "", attributes: str = "") -> str:
        end = (
            f"Content-Type: application/sdp\nContent-Length: [len]\n\n{body}"
            if body
            else "Content-Length: 0\n\n"
        )
        return f"<send {attributes}><![CDATA[\n{head}{end}]]></send>\n"

    saved = "".join(
        f'<ereg regexp=".*" search_in="hdr" header="{name}:" assign_to="{name.lower()}"/>'
        for name in ("Via", "From", "CSeq")
    )
    parts = [f'<recv request="INVITE" rrs="true"><action>{saved}</action></recv>']
    if kind.reject:
        parts.append(send(f"SIP/2.0 486 Busy Here\n{_TAGGED}") + '<recv request="ACK"/>')
        return _scenario(parts)
    parts.append(send(f"SIP/2.0 180 Ringing\n{_TAGGED}{_MINE}"))
    rings = "" if kind.ring_s is None else f' timeout="{round(kind.ring_s * 1000)}" ontimeout="answer"'
    parts.append(f'<recv request="CANCEL"{rings}/>' + send(f"SIP/2.0 200 OK\n{_ECHO}"))
    parts.append(send(f"SIP/2.0 487 Request Terminated\n{_KEPT}") + '<recv request="ACK" next="end"/>')
    parts.append('<label id="answer"/>' + send(f"SIP/2.0 200 OK\n{_KEPT}{_MINE}", _SOUND, 'retrans="500"'))
    parts.append('<recv request="ACK"/>')
    if kind.refer:
        refer = f"REFER [next_url] SIP/2.0\n{_OWN}CSeq: 2 REFER\n{_MINE}Refer-To: <sip:{kind.refer}@127.0.0.1:{sip_port}>\n"
        parts.append('<recv request="BYE" timeout="900" ontimeout="refer" next="theirs"/><label id="refer"/>')
        parts.append(send(refer, attributes='retrans="500"'))
        parts.append(
            '<recv response="202" optional="true"/><recv request="BYE" optional="true" next="theirs"/>'
        )
        for _ in range(4):
            parts.append(
                '<recv request="BYE" optional="true" next="theirs"/><recv request="NOTIFY" timeout="3000" ontimeout="ours"/>'
            )
            parts.append(send(f"SIP/2.0 200 OK\n{_ECHO}"))
    parts.append(
        f'<recv request="BYE" timeout="{round(kind.talk_s * 1000)}" ontimeout="ours"/><label id="theirs"/>'
    )
    parts.append(send(f"SIP/2.0 200 OK\n{_ECHO}", attributes='next="end"') + '<label id="ours"/>')
    parts.append(send(f"BYE [next_url] SIP/2.0\n{_OWN}CSeq: 3 BYE\n", attributes='retrans="500"'))
    parts.append('<recv request="BYE" optional="true" next="both"/><recv response="200" next="end"/>')
    parts.append('<label id="both"/>' + send(f"SIP/2.0 200 OK\n{_ECHO}") + '<label id="end"/>')
    return _scenario(parts)


def _scenario(parts: list[str]) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="phone">\n{"".join(parts)}</scenario>\n'
