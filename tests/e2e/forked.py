"""The command line, each time in a process of its own, forked from one that has everything imported: a start costs a
twentieth of the processor time, which on two cores the calls need."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ivr.settings import PROJECT

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["ivr.app", "ivr.sound_pack", "ivr.roster"]
    + [f"ivr.commands.{file.stem}" for file in sorted((PROJECT / "ivr" / "commands").glob("[a-z]*.py"))]
)


def ivr() -> None:
    """The command line."""
    from ivr.commands import main

    main()


def run(
    words: Sequence[str], environ: Mapping[str, str], seconds: float, program: Callable[[], None] = ivr
) -> tuple[int, str, str]:
    """``ivr words…`` in the environment ``environ``: its exit code and what it printed. ``program``: another one than ``ivr``.
    Raises ``TimeoutError``."""
    with tempfile.TemporaryDirectory() as folder:
        process = _CONTEXT.Process(target=_child, args=(program, list(words), dict(environ), folder))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"ivr {' '.join(words)}: not within {seconds:g} s")
        out, err = (Path(folder, name).read_text("utf-8") for name in ("out", "err"))
        # Not process.exitcode: with processes started in several threads one may read it for the other, which has 255 then.
        return int(Path(folder, "code").read_text()), out, err


def _child(program: Callable[[], None], words: list[str], environ: dict[str, str], folder: str) -> None:
    """As if Python had just been started: own environment, folder, arguments and standard streams."""
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(PROJECT)
    sys.argv = ["ivr", *words]
    streams = [os.open(os.devnull, os.O_RDONLY)]
    streams += [os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT, 0o600) for name in ("out", "err")]
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), *(os.fdopen(n, "w", encoding="utf-8") for n in (1, 2))
    code = 0
    try:
        program()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    Path(folder, "code").write_text(str(code))
    os._exit(code)
