"""How long after a key the caller hears the next prompt, on a real Asterisk.

    python -m benchmarks.key_to_sound [CALLS [KEYS]]

From the first packet that ends the key (an RTP event, RFC 4733) to the first packet that holds sound of the answer's file, in a call
alone and in CALLS (50) at once. Keys that end an input, into a submenu, into an answer from the data, and back; every sound is there. SIPp
makes the calls; keys are sent and sound is taken here, each packet with the kernel's time. Fails when p99 is above 150 ms.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.e2e.calls import Call
from tests.e2e.hotline import Line, running
from tests.e2e.rtp import ALAW_TYPE, EVENT_TYPE, RATE, alaw_decode, read_wav
from tests.e2e.waits import wait_for

LIMIT_MS = 150
#: Each ends an input: 实名制 and back, the presale period (a query) and back.
CYCLE = ("3", "#", "2", "#")
CALLS, KEYS = 50, 8
_LISTENS_S = 1.3  # who answers sooner knows the prompt by heart, and gets silence to key on
_FRAME = 160
_PRESS_FRAMES = 6
_SO_TIMESTAMPNS = 35


@dataclass
class Phone:
    """The sound of one call: a socket whose port SIPp gives as the caller's."""

    heard: list[tuple[float, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port = self._socket.getsockname()[1]
        self.to = 0
        self._sequence, self._time = 100, 10_000
        self._open = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while self._open:
            try:
                packet, extra, _, _ = self._socket.recvmsg(2048, 64)
            except OSError:
                continue
            if packet[1] & 0x7F == ALAW_TYPE:
                seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
                self.heard.append((seconds + nanoseconds / 1e9, packet[12:]))

    def press(self, key: str) -> float:
        """Press for 120 ms; when the packet was sent that first says that the key was let go."""
        event, ended = "0123456789*#".index(key), 0.0
        for frame in range(1, _PRESS_FRAMES + 3):
            last = frame >= _PRESS_FRAMES
            length = min(frame, _PRESS_FRAMES) * _FRAME
            self._sequence += 1
            head = struct.pack(
                ">BBHII",
                0x80,
                EVENT_TYPE | (0x80 if frame == 1 else 0),
                self._sequence,
                self._time,
                0x51990001,
            )
            packet = head + struct.pack(">BBH", event, 10 | (0x80 if last else 0), length)
            if last and not ended:
                ended = time.time()
            self._socket.sendto(packet, ("127.0.0.1", self.to))
            if not last:
                time.sleep(_FRAME / RATE)
        self._time += RATE
        return ended

    def close(self) -> None:
        self._open = False
        self._thread.join(1)
        self._socket.close()


@dataclass(frozen=True)
class Beginning:
    """The first packet of a file in which something is heard."""

    sound: np.ndarray

    @staticmethod
    def of(path: Path) -> Beginning:
        samples = read_wav(path.with_suffix(".wav")).astype(float)
        for at in range(0, len(samples) - _FRAME, _FRAME):
            if np.sqrt((samples[at : at + _FRAME] ** 2).mean()) > 300:
                return Beginning(samples[at : at + _FRAME])
        raise ValueError(f"{path} is silent")

    def is_in(self, payload: bytes) -> bool:
        heard = alaw_decode(payload).astype(float)
        if len(heard) != _FRAME:
            return False
        norm = np.sqrt((heard**2).sum() * (self.sound**2).sum()) + 1e-9
        return float((heard * self.sound).sum() / norm) > 0.95


def remote_port(call: Call) -> int:
    """Where Asterisk takes the sound of this call."""

    def found() -> list[str]:
        return [
            m[1]
            for way, text in call.phone.log()
            if way == "received" and (m := re.search(r"(?m)^m=audio (\d+)", text))
        ]

    return int(wait_for(found, "Asterisk's answer")[-1])


def beginnings(line: Line) -> dict[str, Beginning]:
    """Prompt by prompt, what is heard first after each key of the cycle; makes what is missing."""
    phone = Phone()
    call = line.call(CYCLE, keys_by="info", ear=phone.port)
    for _ in CYCLE:
        call.press()
    call.ready()
    call.hang_up()
    phone.close()
    return {
        f"{n}{key}": Beginning.of(prompt[0])
        for (n, key), prompt in zip(enumerate(CYCLE), call.prompts[1:], strict=True)
    }


def measured(line: Line, expected: dict[str, Beginning], keys: int) -> list[float]:
    """One call that presses ``keys`` keys: the milliseconds of each; those that were never answered count as 10 s."""
    phone, found = Phone(), []
    try:
        call = line.call((), ear=phone.port)
        phone.to = remote_port(call)
        wait_for(lambda: len(phone.heard) * _FRAME / RATE > _LISTENS_S, "the first menu")
        for number in range(keys):
            step = number % len(CYCLE)
            beginning = expected[f"{step}{CYCLE[step]}"]
            before = len(phone.heard)
            ended = phone.press(CYCLE[step])
            found.append(_first(phone, before, ended, beginning))
            begun = time.monotonic()
            wait_for(lambda begun=begun: time.monotonic() - begun > _LISTENS_S, "the caller listens")
        call.hang_up()
    finally:
        phone.close()
    return found


def _first(phone: Phone, before: int, ended: float, beginning: Beginning) -> float:
    deadline, looked = time.monotonic() + 10, before
    while time.monotonic() < deadline:
        for at, payload in phone.heard[looked:]:
            looked += 1
            if at >= ended and beginning.is_in(payload):
                return 1000 * (at - ended)
        time.sleep(0.02)
    return 10_000.0


def told(what: str, found: Sequence[float]) -> float:
    ordered = sorted(found)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(
        f"{what}: {len(ordered)} keys, median {ordered[len(ordered) // 2]:.0f} p95 {ordered[int(len(ordered) * 0.95)]:.0f} "
        f"p99 {p99:.0f} most {ordered[-1]:.0f} ms; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors",
        flush=True,
    )
    return p99


def main(calls: int, keys: int) -> None:
    with running(IVR_VOICE="espeak") as line:
        expected = beginnings(line)
        worst = [told("one call", measured(line, expected, 5 * keys))]
        with ThreadPoolExecutor(calls) as callers:
            begun = []
            for _ in range(calls):
                begun.append(callers.submit(measured, line, expected, keys))
                time.sleep(0.15)
            worst.append(told(f"{calls} calls at once", [ms for one in begun for ms in one.result()]))
    if max(worst) > LIMIT_MS:
        raise SystemExit(f"p99 is above {LIMIT_MS} ms")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:3]]
    main(*numbers, *(CALLS, KEYS)[len(numbers) :])
