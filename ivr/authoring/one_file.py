"""One file of a menu folder, checked as what it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import yaml

from ivr.authoring import calendar_file, notices_file, queues_file, words_file
from ivr.authoring.lint import needless_comments
from ivr.authoring.loader import TREES, TreeReader, inspect_tree
from ivr.authoring.source import Fault, MenuFaults, Source
from ivr.errors import IvrError

#: The files beside the trees.
_NO_TREES = (calendar_file.FILE, words_file.FILE, notices_file.FILE, queues_file.FILE)


def inspect_file(path: Path) -> list[Fault]:
    """Every error and warning in a calendar, in notices, in words, in queues, in a file that a tree beside or above it includes,
    or in a tree with all that belongs to it.

    Raises :class:`IvrError` for a file that cannot be read, and for one with parameters that no tree includes.
    """
    try:
        if path.name == calendar_file.FILE:
            source = Source(path)
            calendar_file.read_calendar(source)
            return _sorted(source.faults + needless_comments([source]))
        if path.name == words_file.FILE:
            source = words_file.read_wordbooks(path)[1]
            return _sorted(source.faults + needless_comments([source]))
        if path.name == queues_file.FILE:
            source = queues_file.read_queues(path)[1]
            return _sorted(source.faults + needless_comments([source]))
        if path.name == notices_file.FILE:
            return _sorted(_of_notices(path))
    except MenuFaults as found:
        return found.faults
    trees = [] if path.stem in TREES else list(_including(path))
    if not trees:
        if _has_parameters(path):
            mend = "include it in a tree beside it, such as hotline.yaml"
            raise IvrError(
                "no tree includes it, so nobody knows what its parameters are", where=str(path), mend=mend
            )
        return inspect_tree(path)[1]
    faults = [fault for tree in trees for fault in inspect_tree(tree)[1]]
    here = [fault for fault in faults if Path(fault.file).resolve() == path.resolve()]
    return _sorted([replace(fault, file=str(path)) for fault in here])


def _sorted(faults: list[Fault]) -> list[Fault]:
    return sorted(dict.fromkeys(faults), key=lambda fault: fault.place)


def _of_notices(path: Path) -> list[Fault]:
    hotline = path.with_name("hotline.yaml")
    tree = inspect_tree(hotline)[0] if hotline.is_file() else None
    if tree is None:  # only what the file tells by itself
        return notices_file.read_notices(path, ("zh",))[1]
    return notices_file.check_notices(path.parent, tree)


def _including(path: Path) -> Iterator[Path]:
    """The trees beside the file, or in the folder above, that include it."""
    for folder in (path.parent, path.parent.resolve().parent):
        for tree in sorted(folder.glob("*.yaml")):
            if tree.name in (path.name, *_NO_TREES):
                continue
            try:
                reader = TreeReader(tree)
                reader.read()
            except IvrError:  # whatever else lies there says nothing about this file
                continue
            if any(Path(source.name).resolve() == path.resolve() for source in reader.sources):
                yield tree


def _has_parameters(path: Path) -> bool:
    try:
        root = Source(path).root()
    except MenuFaults:
        return False
    return any(isinstance(key, yaml.ScalarNode) and key.value == "parameters" for key, _ in root.value)
