"""Is it alive? Questions over the network that a healthy part answers at once."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from ivr.telephony.asterisk_config import host_port

_HEALTH = b"agi_network: yes\nagi_network_script: health\n\n"


async def agi_answers(host: str, port: int, timeout_s: float = 1.2) -> bool:
    """Whether the AGI server answers the request ``health`` with the line ``HEALTHY``."""
    try:
        return await asyncio.wait_for(_ask_agi(host, port), timeout_s)
    except (OSError, asyncio.TimeoutError):
        return False


async def _ask_agi(host: str, port: int) -> bool:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(_HEALTH)
        return (await reader.readline()).strip() == b"HEALTHY"
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def sip_answers(host: str, port: int, timeout_s: float = 1.0) -> bool:
    """Whether a SIP OPTIONS over UDP gets any answer."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as phone:
        phone.settimeout(timeout_s)
        try:
            phone.connect((host, port))
            own = host_port(*phone.getsockname()[:2])
            at = host_port(host, port)
            phone.send(
                f"OPTIONS sip:{at} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{id(phone):x};rport\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:doctor@{own}>;tag=1\r\nTo: <sip:{at}>\r\n"
                f"Call-ID: {id(phone):x}@{own}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n".encode()
            )
            return phone.recv(4096).startswith(b"SIP/2.0 ")
        except OSError:
            return False
