from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.voice import kokoro_pack, mandarin


def worker_pids() -> list[int]:
    """The voice workers that this process has running."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            continue
        if parent == os.getpid() and b"ivr.voice.worker" in words:
            found.append(int(entry.name))
    return found


@pytest.fixture
def misbehaving(tmp_path: Path) -> Callable[..., tuple[str, ...]]:
    """A command whose worker behaves as ``code`` says the first ``times`` it is started, and is a
    real one after that. ``READY`` in ``code`` is the greeting of a worker that started well."""

    def command(code: str, times: int = 1) -> tuple[str, ...]:
        script = tmp_path / "worker.py"
        script.write_text(
            "import os, sys, time, pathlib\n"
            f"count = pathlib.Path({str(tmp_path / 'starts')!r})\n"
            "started = len(count.read_text()) if count.exists() else 0\n"
            "count.write_text('x' * (started + 1))\n"
            "READY = lambda: print('{\"ready\": true}', flush=True)\n"
            f"if started < {times}:\n" + "".join(f"    {line}\n" for line in code.splitlines()) + "else:\n"
            "    os.execv(sys.executable, [sys.executable, '-m', 'ivr.voice.worker'])\n"
        )
        return (sys.executable, str(script))

    return command


_RUNTIME = '''
"""A stand-in for onnxruntime: the text in the model's file, which IVR_TEST_MODEL names, says how it behaves."""
import os, pathlib, time
import numpy as np

class SessionOptions:
    def add_session_config_entry(self, name, value): pass

class InferenceSession:
    def __init__(self, model, options, providers):
        self.how = pathlib.Path(os.environ["IVR_TEST_MODEL"])
        given = pathlib.Path(model).read_bytes()
        assert given.startswith(self.how.read_bytes()) and given.endswith(b"/encoder/Clip_output_0")

    def run(self, names, feed):
        how, asked = self.how.read_text(), self.how.with_name("asked")
        with asked.open("a") as log:
            log.write("x")
        count = feed["tokens"].shape[1]
        assert feed["tokens"][0, 0] == feed["tokens"][0, -1] == 0 and feed["style"].shape == (1, 256)
        if how == "hang":
            time.sleep(60)
        if how == "die":
            os._exit(3)
        if how == "break":
            raise RuntimeError("no memory left")
        at = np.arange(count * int(24000 * 0.06 / float(feed["speed"][0]))) / 24000
        sound = (0.0 if how == "silence" else 0.3) * np.sin(2 * np.pi * 440 * at).astype(np.float32)
        return [sound, np.ones(count, np.float32)]
'''


class NeuralHome:
    """A home with a neural voice whose model is a word: well, slow to answer (hang), die, break, silence."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = kokoro_pack.folder(home)

    def behaves(self, how: str) -> None:
        (self.folder / kokoro_pack.MODEL).write_text(how)

    @property
    def asked(self) -> int:
        """How often the model was run."""
        log = self.folder / "asked"
        return len(log.read_text()) if log.exists() else 0


@pytest.fixture
def neural_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NeuralHome:
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    (runtime / "onnxruntime.py").write_text(_RUNTIME)
    monkeypatch.syspath_prepend(str(runtime))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(runtime), *sys.path]))
    home = NeuralHome(tmp_path / "home")
    home.folder.mkdir(parents=True)
    monkeypatch.setenv("IVR_TEST_MODEL", str(home.folder / kokoro_pack.MODEL))
    letters = sorted(
        set("".join(mandarin._INITIALS.values()) + "".join(mandarin._FINALS.values()) + "ɨ→↗↓↘ ,.!?;:")
        | set("AIOWYbdfhjklmnpstuvwzæðŋɑɔəɛɜɡɪɹɾʃʊʌʒʤʧθᵊᵻˈˌi")
    )
    (home.folder / kokoro_pack.TOKENS).write_text(
        json.dumps({"vocab": {c: n for n, c in enumerate(letters, 1)}})
    )
    for speaker in kokoro_pack.SPEAKERS:
        (home.folder / kokoro_pack.style_file(speaker)).write_bytes(bytes(510 * 256 * 4))
    home.behaves("well")
    monkeypatch.setattr(
        kokoro_pack,
        "FILES",
        {
            path.name: kokoro_pack.Pinned(path.stat().st_size, kokoro_pack.sha256(path))
            for path in home.folder.iterdir()
            if path.name != kokoro_pack.MODEL
        },
    )
    return home
