"""All menus of a folder at once: the trees, and exactly the texts they were read from."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ivr.authoring.loader import TREES, TreeReader
from ivr.authoring.source import Fault, MenuFaults, Source
from ivr.dialogue.queues import USUAL, Queue
from ivr.dialogue.tree import Tree
from ivr.errors import IvrError


@dataclass(frozen=True)
class Menus:
    """The trees of one revision by name. ``files``: the texts they were read from, path within the folder → text."""

    revision: str
    trees: Mapping[str, Tree]
    files: Mapping[str, str]

    @property
    def queues(self) -> Mapping[str, Queue]:
        """The queues by name; all trees of a folder have the same."""
        return next((tree.queues for tree in self.trees.values()), USUAL)


def read_folder(folder: Path, revision: str = "") -> Menus:
    """The menus of a folder, under the name ``revision`` (default: a hash of all their texts).

    Raises :class:`MenuFaults` with the faults of all files, or :class:`IvrError` when a file cannot be read.
    """
    trees: dict[str, Tree] = {}
    faults: dict[Fault, None] = {}  # the calendar's would be told with each tree
    sources: list[Source] = []
    for name in TREES:
        try:
            trees[name], read = TreeReader(folder / f"{name}.yaml").read()
        except MenuFaults as found:
            faults.update(dict.fromkeys(found.faults))
        else:
            faults.update(dict.fromkeys(fault for source in read for fault in source.faults))
            sources += read
    if any(fault.severity == "error" for fault in faults):
        raise MenuFaults(faults)
    files = _files(folder, sources)
    revision = revision or hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:12]
    return Menus(revision, {name: replace(tree, revision=revision) for name, tree in trees.items()}, files)


def read_files(files: Mapping[str, str], revision: str) -> Menus:
    """The menus of ``files``, path within a folder → text. Raises as :func:`read_folder` does."""
    where = f"revision {revision}"
    # The reader follows includes from file to file, so it is given files.
    with tempfile.TemporaryDirectory(prefix="ivr-menus-") as made:
        folder = Path(made).resolve()
        for name, text in files.items():
            path = folder / name
            if not path.resolve().is_relative_to(folder):
                raise IvrError(f"'{name}' lies outside the menu folder", where=where)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        try:
            return read_folder(folder, revision)
        except MenuFaults as found:
            raise MenuFaults(
                replace(
                    fault,
                    file=fault.file.replace(str(folder), where),
                    message=fault.message.replace(str(folder), where),
                )
                for fault in found.faults
            ) from None
        except IvrError as fault:
            raise IvrError(
                fault.what, where=fault.where.replace(str(folder), where), mend=fault.mend
            ) from None


def standing(folder: Path, on_air: Menus) -> tuple[str, str]:
    """How the files of a folder stand to the revision on air: what to say of it and how to mend it, or
    ``("", "")`` when they are the same."""
    try:
        files = read_folder(folder).files
    except MenuFaults as found:
        return f"menus are broken, revision {on_air.revision} is on air: {found.faults[0]}", "ivr menu check"
    except IvrError as fault:
        return f"menus are broken, revision {on_air.revision} is on air: {fault}", "ivr menu check"
    if files == on_air.files:
        return "", ""
    return f"menus differ from revision {on_air.revision} on air", "ivr menu diff; ivr menu publish"


def _files(folder: Path, sources: list[Source]) -> dict[str, str]:
    files: dict[str, str] = {}
    for source in sources:
        path = Path(source.name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise IvrError("lies outside the menu folder", where=source.name, mend="move it into the folder")
        name = path.relative_to(folder.resolve()).as_posix()
        if files.setdefault(name, source.text) != source.text:
            raise IvrError("was changed while it was read", where=source.name, mend="try again")
    return dict(sorted(files.items()))
