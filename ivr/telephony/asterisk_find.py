"""Which Asterisk to run: the one named in the settings, the system's, or our own copy.

Our own copy is a folder with Debian's files in it (``scripts/get-asterisk`` makes it). It runs without
chroot and without root through its own loader, whatever the C library of the machine.

``python -m ivr.telephony.asterisk_find`` prints what is found; exit code 1 when there is none.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import IvrError
from ivr.settings import Settings

OLDEST = 18
COPY_NAME = "asterisk-22"
_MEND = "scripts/get-asterisk fetches one, or set IVR_ASTERISK"


@dataclass(frozen=True)
class Asterisk:
    """An Asterisk that was asked its version and answered."""

    command: tuple[str, ...]
    version: str
    modules: Path
    data: Path

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def foreground(self, conf: Path) -> list[str]:
        """The command that runs it in the foreground with the configuration file ``conf``."""
        return [*self.command, "-C", str(conf), "-f"]


def find(settings: Settings) -> Asterisk:
    """The Asterisk to run. Raises :class:`IvrError` that says how to get one."""
    if settings.asterisk:
        named = Path(settings.asterisk).expanduser()
        found = _copy(named) if named.is_dir() else _program(shutil.which(settings.asterisk) or str(named))
        if found is None:
            raise IvrError(
                f"no Asterisk from version {OLDEST} on at {settings.asterisk}",
                where=settings.origins.get("asterisk", "asterisk"),
                mend="name the program, or a folder made by scripts/get-asterisk",
            )
        return found
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"])
    program = shutil.which("asterisk", path=path)
    installed = _program(program) if program else None
    if installed is not None:
        return installed
    for folder in copies(settings):
        copy = _copy(folder)
        if copy is not None:
            return copy
    raise IvrError("Asterisk is not installed", mend=_MEND)


def copies(settings: Settings) -> list[Path]:
    """Where our own copy may lie: the cache that all homes share, then this home."""
    if settings.asterisk_cache:
        return [Path(settings.asterisk_cache).expanduser().absolute() / COPY_NAME]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return [cache / "railway-hotline" / COPY_NAME, settings.home / "asterisk-root"]


def _copy(root: Path) -> Asterisk | None:
    """An extracted Asterisk under ``root``, run through the copy's own loader."""
    program = root / "usr/sbin/asterisk"
    loaders = sorted(root.glob("usr/lib*/ld-linux*.so.*")) + sorted(root.glob("usr/lib/*/ld-linux*.so.*"))
    modules = sorted(root.glob("usr/lib/*/asterisk/modules"))
    if not (program.is_file() and loaders and modules):
        return None
    libraries = modules[0].parent.parent
    command = (str(loaders[0]), "--library-path", str(libraries), str(program))
    return _asked(command, modules[0], root / "usr/share/asterisk")


def _program(program: str) -> Asterisk | None:
    """An installed Asterisk; its modules lie beside it under the same prefix."""
    prefix = Path(program).resolve().parent.parent
    folders = [*prefix.glob("lib/*/asterisk/modules"), *prefix.glob("lib*/asterisk/modules")]
    modules = next((f for f in folders if (f / "res_agi.so").exists()), None)
    shares = [prefix / "share/asterisk", Path("/usr/share/asterisk"), Path("/var/lib/asterisk")]
    data = next((f for f in shares if any((f / "documentation").glob("core-*.xml"))), None)
    return _asked((program,), modules, data) if modules and data else None


def _asked(command: tuple[str, ...], modules: Path, data: Path) -> Asterisk | None:
    try:
        answer = subprocess.run(  # noqa: S603 - the program the settings name
            [*command, "-V"], capture_output=True, text=True, timeout=10
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"Asterisk (?:certified[-/])?(\d+[\w.~+-]*)", answer)
    if version is None or int(re.match(r"\d+", version[1])[0]) < OLDEST:  # type: ignore[index]
        return None
    return Asterisk(command, version[1], modules, data)


def main(arguments: list[str]) -> int:
    """For ``scripts/get-asterisk``: prints what is found, or with ``--places`` where a copy may lie."""
    from ivr.settings import load

    try:
        settings = load()
        if arguments == ["--places"]:
            print(*copies(settings), sep="\n")
        else:
            asterisk = find(settings)
            print("Asterisk", asterisk.version, asterisk.command[-1])
    except IvrError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
