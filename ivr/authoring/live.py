"""The trees on air: read again when a file changes, the last good ones kept when it is broken."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from ivr.authoring.loader import TREES, load_trees
from ivr.dialogue.tree import Tree
from ivr.errors import IvrError

log = logging.getLogger(__name__)

#: Seconds between two looks at the files.
LOOK_EVERY_S = 1.0


class LiveTrees:
    """The trees of a menu folder as new calls get them.

    The first reading raises :class:`~ivr.authoring.source.MenuFaults` for broken files; later ones
    keep the trees that were good and log each fault once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp = self._look()
        self._trees = load_trees(folder)
        self._looked = time.monotonic()

    def tree(self, name: str) -> Tree:
        """The newest good tree of that name."""
        if time.monotonic() - self._looked >= LOOK_EVERY_S:
            self._refresh()
        return self._trees[name]

    def _refresh(self) -> None:
        self._looked = time.monotonic()
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._trees = load_trees(self._folder)
        except IvrError as fault:
            log.error("menus stay as they were; %s", fault)
        else:
            log.info("menus read again: %s", self._trees["hotline"].revision)

    def _look(self) -> tuple[tuple[int, int], ...]:
        stamps = []
        for name in TREES:
            try:
                status = (self._folder / f"{name}.yaml").stat()
            except OSError:
                stamps.append((0, 0))
            else:
                stamps.append((status.st_mtime_ns, status.st_size))
        return tuple(stamps)
