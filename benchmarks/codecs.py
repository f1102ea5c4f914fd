"""What a caller who hears a prompt costs Asterisk, by codec and by the file that lies there.

    python -m benchmarks.codecs [CALLS [SECONDS]]

CALLS (100) calls of SIPp on a real Asterisk, all hearing the same file for SECONDS (8). Prints which file Asterisk has open, and its processor
time for each second of a call.
"""

from __future__ import annotations

import os
import socketserver
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from ivr.voice.mastering import wav
from tests.e2e.rtp import alaw_encode
from tests.telephony.asterisk_bench import SCENARIOS, Bench, bench, free_ports, wait_for

CALLS, SECONDS = 100, 8
#: codec (its number, its name) → the files that lie there
CASES = {
    "A-law, .wav": ((8, "PCMA"), ("wav",)),
    "A-law, .alaw": ((8, "PCMA"), ("alaw",)),
    "A-law, .wav and .wav16": ((8, "PCMA"), ("wav", "wav16")),
    "G.722, .wav16": ((9, "G722"), ("wav16",)),
    "G.722, .wav and .wav16": ((9, "G722"), ("wav", "wav16")),
    "G.722, .g722": ((9, "G722"), ("g722",)),
    "G.722, .wav": ((9, "G722"), ("wav",)),
}


class _Plays(socketserver.StreamRequestHandler):
    """An AGI server that lets every call hear one file."""

    path = ""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.wfile.write(f'EXEC Playback "{self.path}"\n'.encode())
        self.rfile.readline()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256


def _sounds(folder: Path, asterisk: Bench) -> dict[str, bytes]:
    """A minute of noise that swells like speech, as each kind of file."""
    rng = np.random.default_rng(1)
    made: dict[str, bytes] = {}
    for rate, suffix in ((8000, "wav"), (16000, "wav16")):
        at = np.arange(60 * rate) / rate
        samples = 0.1 * rng.standard_normal(len(at)) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * at))
        made[suffix] = wav(samples, rate)
        if rate == 8000:
            made["alaw"] = alaw_encode(np.round(samples * 32767).astype(np.int16))
    source, encoded = folder / "source.wav16", folder / "source.g722"
    source.write_bytes(made["wav16"])
    asterisk.ask("module load res_convert.so")
    asterisk.ask(f"file convert {source} {encoded}")
    made["g722"] = encoded.read_bytes()
    return made


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _open_files(pid: int, stem: Path) -> set[str]:
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except OSError:
            continue
        if target.startswith(f"{stem}."):
            found.add(target.removeprefix(str(stem)))
    return found


def measured(
    asterisk: Bench, stem: Path, codec: tuple[int, str], calls: int, seconds: int
) -> tuple[float, set[str]]:
    """Milliseconds of processor time for each second of a call, and the files that are open."""
    _Plays.path = str(stem)
    number, name = codec
    scenario = asterisk.folder / f"{stem.name}.xml"
    text = (SCENARIOS / "caller.xml").read_text()
    scenario.write_text(
        text.replace("RTP/AVP 8", f"RTP/AVP {number}").replace("rtpmap:8 PCMA", f"rtpmap:{number} {name}")
    )
    assert f"rtpmap:{number} {name}" in scenario.read_text()
    ports = free_ports(12)
    asterisk.sipp(
        str(scenario), "-key", "from", "13800001234", "-p", str(ports[0]), "-mp", str(ports[4]),
        "-m", str(calls), "-r", "25", "-l", str(calls), wait_ms=60_000,
    )  # fmt: skip
    pid = asterisk.process.pid
    wait_for(lambda: f"{calls} active calls" in asterisk.ask("core show channels count"), "all calls are up")
    began, used = time.monotonic(), _processor_s(pid)
    time.sleep(seconds)
    used, lasted = _processor_s(pid) - used, time.monotonic() - began
    files = _open_files(pid, stem)
    asterisk.forget()
    return 1000 * used / lasted / calls, files


def main(calls: int, seconds: int) -> None:
    with tempfile.TemporaryDirectory() as home, bench(Path(home)) as asterisk:
        sounds = _sounds(Path(home), asterisk)
        with _Server(("127.0.0.1", asterisk.settings.agi_port), _Plays) as server:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            for number, (case, (codec, suffixes)) in enumerate(CASES.items()):
                stem = Path(home) / f"sound{number}"
                for suffix in suffixes:
                    stem.with_suffix(f".{suffix}").write_bytes(sounds[suffix])
                cost, files = measured(asterisk, stem, codec, calls, seconds)
                print(
                    f"{case:<24} plays {', '.join(sorted(files))}: {cost:.2f} ms a second of a call",
                    flush=True,
                )
            server.shutdown()
    print(f"{calls} calls; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:3]]
    main(*numbers, *(CALLS, SECONDS)[len(numbers) :])
