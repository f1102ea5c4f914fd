"""RTP for the phones: keys as events (RFC 4733) and as A-law tones, in pcap files for SIPp; and an ear.

SIPp's own pcap files repeat one sequence number and time for each key, so a key pressed twice is heard once.
Here a phone's whole call is one RTP stream, as a real phone sends it.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

RATE = 8000
EVENT_TYPE, ALAW_TYPE, G722_TYPE = 101, 8, 9
_FRAME_S, _FRAME = 0.02, 160
_KEY_FRAMES, _GAP_S = 6, 0.08  # 120 ms pressed, 80 ms between two keys
_PCAP_HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
_EVENTS = {key: number for number, key in enumerate("0123456789*#")}
_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)
_PAD = ("123", "456", "789", "*0#")

KEY_S = _KEY_FRAMES * _FRAME_S + _GAP_S  #: how long one key takes


class KeyPresses:
    """The RTP stream of one phone's key presses: a file for each go, times and numbers running on."""

    def __init__(self, folder: Path, *, tones: bool = False) -> None:
        self._folder, self._tones = folder, tones
        self._sequence, self._time, self._files = 1000, 50_000, 0

    def file(self, keys: str) -> Path:
        """The pcap file of pressing ``keys`` in one go."""
        packets = [p for key in keys for p in (self._tone(key) if self._tones else self._event(key))]
        start = packets[0][0]
        path = self._folder / f"keys{self._files}.pcap"
        path.write_bytes(_PCAP_HEAD + b"".join(_pcap_packet(at - start, rtp) for at, rtp in packets))
        self._files += 1
        self._time += 8 * RATE  # some seconds later
        return path

    def _event(self, key: str) -> list[tuple[float, bytes]]:
        begun, packets = self._time, []
        for frame in range(1, _KEY_FRAMES + 3):
            length = min(frame, _KEY_FRAMES)
            payload = struct.pack(
                ">BBH", _EVENTS[key], 10 | (0x80 if frame >= _KEY_FRAMES else 0), length * _FRAME
            )
            at = begun / RATE + length * _FRAME_S  # the end is sent three times
            packets.append((at, self._packet(EVENT_TYPE, begun, payload, marked=frame == 1)))
        self._time += int(KEY_S * RATE)
        return packets

    def _tone(self, key: str) -> list[tuple[float, bytes]]:
        row = next(i for i, keys in enumerate(_PAD) if key in keys)
        at = np.arange(int(KEY_S * RATE)) / RATE
        wave_ = np.sin(2 * np.pi * _ROWS[row] * at) + np.sin(2 * np.pi * _COLUMNS[_PAD[row].index(key)] * at)
        wave_[_KEY_FRAMES * _FRAME :] = 0
        sound = alaw_encode((wave_ * 6000).astype(np.int16))
        packets = []
        for start in range(0, len(sound), _FRAME):
            packets.append(
                (self._time / RATE, self._packet(ALAW_TYPE, self._time, sound[start : start + _FRAME]))
            )
            self._time += _FRAME
        return packets

    def _packet(self, kind: int, at: int, payload: bytes, marked: bool = False) -> bytes:
        self._sequence += 1
        return (
            struct.pack(">BBHII", 0x80, kind | (0x80 if marked else 0), self._sequence, at, 0x51990001)
            + payload
        )


def _pcap_packet(at: float, rtp: bytes) -> bytes:
    udp = struct.pack(">HHHH", 6000, 6000, 8 + len(rtp), 0) + rtp
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
    frame = bytes(12) + b"\x08\x00" + ip + udp
    seconds, rest = divmod(round(at * 1_000_000), 1_000_000)
    return struct.pack("<IIII", seconds, rest, len(frame), len(frame)) + frame


def alaw_decode(sound: bytes) -> np.ndarray:
    """A-law (G.711) to 16-bit samples."""
    value = np.frombuffer(sound, np.uint8).astype(np.int32) ^ 0x55
    exponent, mantissa = (value >> 4) & 7, value & 15
    size = np.where(
        exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0)
    )
    return np.where(value & 0x80, size, -size).astype(np.int16)


_ALAW = alaw_decode(bytes(range(256))).astype(np.int32)
_ORDER = np.argsort(_ALAW)


def alaw_encode(samples: np.ndarray) -> bytes:
    """16-bit samples to A-law: the nearest of its 256 values."""
    levels = _ALAW[_ORDER]
    above = np.clip(np.searchsorted(levels, samples), 1, 255)
    nearer = above - (samples - levels[above - 1] < levels[above] - samples)
    return _ORDER[nearer].astype(np.uint8).tobytes()


def alaw_tone(hertz: int) -> bytes:
    """A second of a tone, which may be repeated without a click."""
    return alaw_encode((np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE) * 8000).astype(np.int16))


def read_wav(path: Path) -> np.ndarray:
    """The samples of an 8 kHz, 16-bit, mono file."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (RATE, 2, 1), path
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


@dataclass
class Ear:
    """A socket where a call's sound arrives; it keeps every packet's moment and payload."""

    kind: int = ALAW_TYPE
    heard: list[tuple[float, int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port = self._socket.getsockname()[1]
        self._open = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while self._open:
            try:
                packet = self._socket.recv(2048)
            except OSError:
                continue
            if len(packet) > 12 and packet[1] & 0x7F == self.kind:
                self.heard.append((time.monotonic(), struct.unpack(">H", packet[2:4])[0], packet[12:]))

    def quiet_for(self, seconds: float, since: float) -> bool:
        """Whether something came after ``since`` and then nothing for ``seconds``."""
        last = self.heard[-1][0] if self.heard else 0.0
        return last > since and time.monotonic() - last > seconds

    def sound(self, since: float) -> np.ndarray:
        """All that was heard after ``since``."""
        return alaw_decode(b"".join(payload for at, _, payload in self.heard if at > since))

    def close(self) -> None:
        self._open = False
        self._thread.join(2)
        self._socket.close()
