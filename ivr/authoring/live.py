"""The menus on air in a running program, and those of the calls that began on earlier ones.

Where menus come from is a :class:`Shelf`: the published revisions (:class:`Stored`), or, for authors at their own
desk, the folder itself (:class:`Folder`). Menus that do not read never go on air: the last good ones stay.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ivr.authoring.folder import Menus, read_files, read_folder
from ivr.authoring.source import MenuFaults
from ivr.dialogue.call import CallInfo
from ivr.errors import IvrError
from ivr.files import write_whole

log = logging.getLogger(__name__)

#: Seconds between two looks at what is on air.
LOOK_EVERY_S = 0.4
#: How many revisions stay at hand for the calls that began on them.
KEPT = 16
#: How many calls are remembered with the revision they began on.
PINNED = 20_000
#: What :meth:`LiveMenus.recall` is asked as, where it must not keep a call waiting.
MENU_OF_CALL = "menu_of_call"

#: The dialogues that belong to a call which has begun before.
_LATER = ("after_queue", "connected")
#: Until revisions that could not be fetched are tried again.
_RETRY_S = 5.0


class Shelf(Protocol):
    """Where menus come from. Each method raises :class:`IvrError` for what cannot be had."""

    def on_air(self) -> Sequence[str]:
        """The revision on air, then those to take when it does not read, the best one first."""

    def read(self, revision: str) -> Menus:
        """The menus of a revision."""

    def of_call(self, call_id: str) -> str:
        """The revision with which a call began, "" when that is not known."""


class Revisions(Protocol):
    """What :class:`Stored` needs of the store."""

    def on_air(self) -> Sequence[str]: ...
    def files(self, revision: str) -> dict[str, str]: ...
    def of_call(self, call_id: str) -> str: ...


class Stored:
    """The published revisions."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions
        self.on_air = revisions.on_air
        self.of_call = revisions.of_call

    def read(self, revision: str) -> Menus:
        """The menus of a revision. Raises :class:`IvrError`."""
        return read_files(self._revisions.files(revision), revision)


class Folder:
    """The files of a folder, on air as soon as they are saved and good."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: object = None
        self._menus: Menus | None = None

    def on_air(self) -> list[str]:
        """The folder's present content. Raises :class:`IvrError` once for each broken state of it."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            self._menus = read_folder(self._folder)
        return [self._menus.revision] if self._menus else []

    def read(self, revision: str) -> Menus:
        """The menus of the present content. Raises :class:`IvrError` for any other."""
        if self._menus is None or self._menus.revision != revision:
            raise IvrError(f"the files of {revision} are gone")
        return self._menus

    def of_call(self, call_id: str) -> str:
        """Nothing is known of calls of an earlier run."""
        return ""

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        stamps = []
        for path in sorted(self._folder.rglob("*")):
            try:
                status = path.stat()
            except OSError:  # gone since the folder was listed
                continue
            stamps.append((str(path), status.st_mtime_ns, status.st_size))
        return tuple(stamps)


class LiveMenus:
    """The menus as calls get them.

    :meth:`start` first; then :meth:`look` regularly, in a thread, and :meth:`take` what it gives where calls
    begin, so that no call finds two revisions. ``keep``: a file with the menus last on air, for a start while the
    database is away.
    """

    def __init__(self, shelf: Shelf, keep: Path | None = None) -> None:
        self._shelf, self._keep = shelf, keep
        self._now: Menus | None = None
        self._kept: OrderedDict[str, Menus] = OrderedDict()
        self._calls: OrderedDict[str, str] = OrderedDict()
        self._broken: dict[str, float] = {}
        self._lock = threading.Lock()
        self._trouble = ""

    @property
    def now(self) -> Menus:
        """The menus on air."""
        assert self._now is not None, "start() first"
        return self._now

    def start(self) -> None:
        """Take what is on air. Raises :class:`IvrError` when there is nothing."""
        try:
            found = self._find()
        except IvrError as fault:
            found = self._from_keep()
            if found is None:
                raise
            log.error("menus: %s; on air is revision %s, as last time", fault, found.revision)
        if found is None:
            raise IvrError("no menus are on air", mend="ivr menu publish")
        self._write(found)
        self.take(found)

    def look(self) -> Menus | None:
        """The menus to take, when others are on air now than before; raises nothing. May take a while."""
        try:
            found = self._find()
        except IvrError as fault:
            self._tell(f"menus stay as they were; {fault}")
            return None
        except Exception as fault:  # calls go on with what they have
            self._tell(f"menus stay as they were; {type(fault).__name__}")
            return None
        self._tell("")
        if found is not None:
            self._write(found)
        return found

    def take(self, menus: Menus) -> None:
        """From now on new calls get these."""
        self._now = menus
        log.info("on air is revision %s of the menus", menus.revision)

    def of(self, call: CallInfo) -> Menus | None:
        """The menus for a dialogue of ``call``: those on air for a new call, those with which it began for a
        later one; ``None`` when they are not at hand and :meth:`recall` has to find them."""
        with self._lock:
            if call.entry not in _LATER:
                self._pin(call.call_id, self.now.revision)
                return self.now
            revision = self._calls.get(call.call_id)
            if revision == self.now.revision:
                return self.now
            return self._kept.get(revision) if revision is not None else None

    def recall(self, call_id: str) -> bool:
        """Make the menus with which a call began ready for :meth:`of`, or else those on air. May take a while.

        Whether they were found. Raises :class:`IvrError` when they cannot be looked for.
        """
        with self._lock:
            revision = self._calls.get(call_id, "")
        revision = revision or self._shelf.of_call(call_id)
        menus = self._read(revision) if revision else None
        with self._lock:
            self._pin(call_id, (menus or self.now).revision)
        return menus is not None

    def _pin(self, call_id: str, revision: str) -> None:
        self._calls[call_id] = revision
        self._calls.move_to_end(call_id)
        if len(self._calls) > PINNED:
            self._calls.popitem(last=False)

    def _find(self) -> Menus | None:
        for revision in self._shelf.on_air():
            if self._now is not None and revision == self._now.revision:
                return None
            menus = self._read(revision)
            if menus is not None:
                return menus
        return None

    def _read(self, revision: str) -> Menus | None:
        """The menus of a revision, ``None`` when it does not read."""
        with self._lock:
            if revision in self._kept:
                self._kept.move_to_end(revision)
                return self._kept[revision]
            if time.monotonic() < self._broken.get(revision, 0.0):
                return None
        again = float("inf")  # it never changes, so what is wrong in it stays wrong
        try:
            menus = self._shelf.read(revision)
        except MenuFaults as found:
            log.error("revision %s of the menus does not read: %s", revision, found.faults[0])
        except IvrError as fault:
            log.error("revision %s of the menus cannot be had: %s", revision, fault)
            again = time.monotonic() + _RETRY_S
        except Exception as fault:  # whatever another version wrote must not end this one
            log.error("revision %s of the menus does not read: %s", revision, type(fault).__name__)
        else:
            with self._lock:
                self._kept[revision] = menus
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return menus
        self._broken[revision] = again
        return None

    def _tell(self, trouble: str) -> None:
        """Log what stands in the way, once."""
        if trouble and trouble != self._trouble:
            log.error("%s", trouble)
        self._trouble = trouble

    def _from_keep(self) -> Menus | None:
        if self._keep is None:
            return None
        try:
            kept = json.loads(self._keep.read_text("utf-8"))
            return read_files(kept["files"], str(kept["revision"]))
        except (OSError, ValueError, LookupError, TypeError, AttributeError, IvrError):
            return None

    def _write(self, menus: Menus) -> None:
        if self._keep is None:
            return
        text = json.dumps({"revision": menus.revision, "files": dict(menus.files)}, ensure_ascii=False)
        try:
            if not self._keep.exists() or self._keep.read_text("utf-8", "replace") != text:
                write_whole(self._keep, text)
        except OSError as fault:
            log.warning("%s cannot be written: %s", self._keep, fault.strerror)
