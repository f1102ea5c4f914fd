"""Reads ``notices.yaml``: standing notices, on air from the moment the file is saved.

::

    notices:
      - text: {zh: 受台风影响，部分列车停运。, en: Some trains are cancelled.}
        from: 2026-07-24           # a day or 2026-07-24T18:00; without it: at once
        until: 2026-07-26T12:00    # a day is included; without it: until it is taken out
        before: tickets            # said before this part; or queue: operator, before that queue
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import yaml

from ivr.authoring import grammar
from ivr.authoring.lint import needless_comments
from ivr.authoring.lint.rules_texts import unreadable_text
from ivr.authoring.pieces import Pieces
from ivr.authoring.source import Fault, MenuFaults, Source, nearest
from ivr.dialogue.notices import Notice
from ivr.dialogue.tree import Text, Tree
from ivr.errors import IvrError
from ivr.speech import placeholders, readable
from ivr.speech.compose import compose
from ivr.speech.phrase import Phrase
from ivr.speech.reading import NO_WORDBOOKS, Wordbooks

log = logging.getLogger(__name__)

FILE = "notices.yaml"
KEYS = ("text", "from", "until", "before", "queue")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?")
#: For a notice without an end. Not the last year there is: that has no room for other zones.
_NEVER = datetime(9999, 1, 1)


@dataclass(frozen=True)
class Standing:
    """A notice of the file; ``first`` and ``until`` are in the site's zone, without it."""

    text: Text
    first: datetime
    until: datetime
    before: str
    queue: str

    def notice(self, zone: tzinfo) -> Notice:
        """As the engine knows it. Its number is made from what it says, so that it stays the same when other
        notices come and go; it is negative, unlike those in SQL."""
        text = repr((sorted(self.text.items()), self.first, self.until, self.before, self.queue))
        number = -1 - int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)
        return Notice(number, self.text, self.until.replace(tzinfo=zone), self.before, self.queue)


def read_notices(
    path: Path, languages: Sequence[str], parts: Iterable[str] | None = None
) -> tuple[list[Standing], list[Fault]]:
    """The notices of a file, as far as they can be read, and its faults. ``languages``: those every text must
    have; ``parts``: those of the tree, ``None`` when they are not known."""
    source = Source(path)
    try:
        root = source.root("the notices", may_be_empty=True)
    except MenuFaults as unread:
        return [], unread.faults
    pieces = Pieces(source, tuple(languages), complete=False)
    top = source.known(root, "the notices", ("notices",))
    found: list[Standing] = []
    node = top.get("notices")
    if isinstance(node, yaml.SequenceNode):
        known = None if parts is None else list(parts)
        found = [_read(pieces, item, known) for item in node.value]
    elif node is not None and node.tag != "tag:yaml.org,2002:null":
        source.fault(node, grammar.wrong_shape, "notices must be a list of {text: …, until: …}")
    return found, source.faults + needless_comments([source])


def check_notices(folder: Path, hotline: Tree | None) -> list[Fault]:
    """What is wrong in the folder's notices, as far as ``hotline``, the callers' tree, can tell."""
    path = folder / FILE
    if hotline is None or not path.is_file():
        return []
    return read_notices(path, hotline.languages, hotline.parts)[1]


def _read(pieces: Pieces, node: yaml.Node, parts: Sequence[str] | None) -> Standing:
    source = pieces.source
    given = source.known(node, "a notice", KEYS)
    text: Mapping[str, str] = {}
    if "text" in given:
        text = pieces.text(given["text"], "the notice")
        _check_text(source, given["text"], text)
    elif isinstance(node, yaml.MappingNode):
        source.fault(node, grammar.missing_key, "a notice has no 'text'")
    first = _moment(source, given.get("from"), "from", datetime.min)
    until = _moment(source, given.get("until"), "until", _NEVER)
    if until <= first:
        source.fault(given.get("until", node), grammar.contradiction, "the notice ends before it begins")
    before = source.word(given["before"], "before") if "before" in given else ""
    if before and parts is not None and before not in parts:
        source.fault(
            given["before"], grammar.missing_target, f"there is no part '{before}'; {nearest(before, parts)}"
        )
    queue = source.word(given["queue"], "queue") if "queue" in given else ""
    if queue and queue not in pieces.queues:
        source.fault(
            given["queue"],
            grammar.unknown_name,
            f"there is no queue '{queue}'; {nearest(queue, pieces.queues)}",
        )
    return Standing(text, first, until, before, queue)


def _check_text(source: Source, node: yaml.Node, text: Text) -> None:
    for language, words in text.items():
        for problem in unreadable(words, language):
            source.fault(node, unreadable_text, f"the notice cannot be read: {problem}")


def unreadable(words: str, language: str) -> list[str]:
    """What no voice can read in a notice, which has no slots to fill; one line each."""
    slots = [f"'{{{name}}}': a notice has no slots; write the words" for name in placeholders(words)]
    return [*slots, *readable(words, language)]


def _moment(source: Source, node: yaml.Node | None, what: str, otherwise: datetime) -> datetime:
    if node is None:
        return otherwise
    text = source.word(node, what)
    try:
        if _MOMENT.fullmatch(text):
            at = datetime.fromisoformat(text)
            whole_day = what == "until" and "T" not in text
            return at + timedelta(days=1) if whole_day else at
    except (ValueError, OverflowError):
        pass
    if text:
        source.fault(
            node,
            grammar.wrong_value,
            f"{what} must be a day or a moment such as 2026-02-10T18:00, not '{text}'",
        )
    return otherwise


def on_air(standing: Iterable[Standing], now: datetime, zone: tzinfo) -> list[Notice]:
    """Those that are on air at ``now`` (aware). ``zone``: the site's."""
    local = now.astimezone(zone).replace(tzinfo=None)
    return [one.notice(zone) for one in standing if one.first <= local < one.until]


class StandingNotices:
    """The notices of a menu folder's file at a moment; read again when the file changes. While it is broken, those
    that were good stay. ``zone``: the site's; ``languages`` gives those of the tree on air."""

    def __init__(self, folder: Path, zone: tzinfo, languages: Callable[[], Sequence[str]]) -> None:
        self._path, self._zone, self._languages = folder / FILE, zone, languages
        self._stamp: tuple[int, int] | None = None
        self._known: list[Standing] = []

    def __call__(self, now: datetime) -> list[Notice]:
        """Those on air at ``now`` (aware)."""
        self._refresh()
        return on_air(self._known, now, self._zone)

    def phrases(self, now: datetime, wordbooks: Wordbooks = NO_WORDBOOKS) -> list[Phrase]:
        """What those on air at ``now`` (aware) say."""
        return [
            phrase
            for notice in self(now)
            for language, words in notice.text.items()
            for phrase in compose(words, {}, language, wordbooks)
        ]

    def _refresh(self) -> None:
        try:
            status = self._path.stat()
        except OSError:
            self._stamp, self._known = None, []
            return
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            found, faults = read_notices(self._path, self._languages())
            errors = [fault for fault in faults if fault.severity == "error"]
            if errors:
                raise MenuFaults(errors)
        except IvrError as fault:
            log.error("standing notices stay as they were; %s", fault)
        else:
            self._known = found
