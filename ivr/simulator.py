"""A caller and a hotline as text: the third driver of the dialogue, and transcripts that replay.

A transcript is a text file. Its head sets the scene, its body is the call::

    # what this shows
    at: 2026-11-22T09:00
    entry: after_queue          (any field of the call or fact; optional)
    tree: menus/choices.yaml    (another tree than the entry's, beside this file; optional)
    queue: operator waiting 20  (pretended: open, closed, waiting N callers, wait N seconds)
    returning: 3                (the caller called three days ago)
    last: 7447                  (the keys of the station that the caller chose last)
    notice: before main: 因台风 …  (on air; also "queue operator: …", or the text alone)
    answer: timetable none      (a query's answer, whatever the data say; slots may follow as JSON)

    < 您好，欢迎致电铁路客户服务中心。
    < 互联网购票请按一。
    << 互联网购票请按一。           (repeated for a caller who pressed *, slower)
    > 4                         (keys)
    > 51010#1021#12#1           (keys typed ahead: inputs that they answer whole are not heard)
    > /timeout                  (silence)  /hangup  (the caller hangs up)
    ? tickets sold_out          (a query and its outcome)
    ! sign_in 1023 done         (a seat's membership)
    ! record recorded           (a message of the caller)
    = transferred operator      (how the dialogue ended)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ivr.dialogue.actions import Action, Ask, Gather, Hangup, Member, Record, Say, Transfer
from ivr.dialogue.call import HUNG_UP, CallInfo
from ivr.dialogue.events import Answered, Digits, Event, HungUp, NoInput
from ivr.dialogue.forms import LAST_CHOICE
from ivr.dialogue.type_ahead import first_input
from ivr.errors import IvrError
from ivr.rail.answers import Answer
from ivr.speech.phrase import Phrase

TIMEOUT = "/timeout"
HANGUP = "/hangup"
_CALL_FIELDS = ("call_id", "linked_id", "caller", "called", "channel", "entry", "language")
_MARKS = ("<", "<<", ">", "?", "!", "=")
_HEAD = re.compile(r"([A-Za-z_]+):(?:\s+(.*))?")
_NOTICE = re.compile(r"(?:(before|queue) (\S+): )?(.+)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


class Caller:
    """Turns tokens of keys into the event for each prompt, as a person at a phone would.

    A token is what is keyed in one go: ``021#``, ``4``, ``/timeout``, ``/hangup``. Keys that an input does
    not take stay for the next one. After the last token the caller hangs up.
    """

    def __init__(self, tokens: Iterator[str]) -> None:
        self._tokens = tokens
        self._ahead = ""
        #: How many keys were pressed so far, ``#`` included.
        self.pressed = 0
        #: What was keyed last, as a transcript's line; "" when an input was answered by keys pressed before.
        self.line = ""

    def early(self, gather: Gather) -> Event | None:
        """The event for an input that keys pressed before it answer: its prompt is not heard. Keys that are no whole
        input end with a wait."""
        if gather.fresh:
            self.forget()
        if not self._ahead:
            return None
        self.line = ""
        return self._first(gather)

    def forget(self) -> None:
        """Keys that were pressed before count no more."""
        self._ahead = ""

    def next(self) -> str:
        """What the caller does next: keys pressed in one go, ``TIMEOUT``, or ``HANGUP``."""
        token = next(self._tokens, HANGUP)
        self.line = f"> {token}"
        return token

    def keys(self, gather: Gather) -> Event:
        """The event for an input, after :meth:`early` gave none."""
        token = self.next()
        if token == TIMEOUT:
            return NoInput()
        if token == HANGUP:
            return HungUp()
        self._ahead = token
        return self._first(gather)

    def _first(self, gather: Gather) -> Event:
        keys, ahead = first_input(gather, self._ahead) or (self._ahead, "")
        self.pressed += len(self._ahead) - len(ahead)
        self._ahead = ahead
        return Digits(keys)


# --- lines --------------------------------------------------------------------------------------


def said_lines(phrases: Sequence[Phrase], slower: bool = False) -> list[str]:
    """What is said as a transcript's lines."""
    return [f"{'<<' if slower else '<'} {phrase.text}" for phrase in phrases]


def end_line(action: Transfer | Hangup) -> str:
    """How the dialogue ended as a transcript's line."""
    if isinstance(action, Hangup):
        return f"= {action.outcome}"
    priority = f" priority {action.priority}" if action.priority else ""
    return f"= transferred {action.queue}{priority}"


def lines_before(action: Action) -> list[str]:
    """The lines of an action before it is answered."""
    if isinstance(action, (Say, Gather)):
        return said_lines(action.phrases, isinstance(action, Gather) and action.slower)
    return [end_line(action)] if isinstance(action, (Transfer, Hangup)) else []


def lines_after(action: Action, event: Event, keyed: str) -> list[str]:
    """The lines of an action that ``event`` answered. ``keyed``: the caller's line, for an input."""
    if isinstance(action, Gather):
        return [keyed] if keyed else []
    outcome = event.answer.outcome if isinstance(event, Answered) else ""
    if isinstance(action, Ask):
        return query_lines(action.query, outcome)
    if isinstance(action, Member):
        return [f"! {' '.join(filter(None, (action.operation, action.staff, action.reason, outcome)))}"]
    return [f"! record {outcome}"] if isinstance(action, Record) else []


def query_lines(query: str, outcome: str) -> list[str]:
    """A query of the menu as a transcript's lines; what a caller chose last is asked by every form, and not told."""
    return [] if query == LAST_CHOICE.name else [f"? {query} {outcome}"]


# --- a call ---------------------------------------------------------------------------------------


def perform(
    conversation: Generator[Action, Event, str],
    caller: Caller,
    answer: Callable[[Ask], Answer],
    do: Callable[[Member | Record], str] = lambda action: (
        "done" if isinstance(action, Member) else "recorded"
    ),
) -> Generator[tuple[Action, Event | None], None, str]:
    """Run a dialogue against a caller: yields each action, then each again with the event that answered it. An input
    that is not heard, since keys pressed before answer it, comes only with its event.

    ``do`` gives the outcome of what a seat or a recording does. Returns how the dialogue ended.
    """
    try:
        action = next(conversation)
        while True:
            early = caller.early(action) if isinstance(action, Gather) else None
            if early is None:
                yield action, None
            event = early or _event(action, caller, answer, do)
            if isinstance(action, (Say, Member, Record)):
                caller.forget()
            if not isinstance(action, (Transfer, Hangup)):
                yield action, event
            action = conversation.send(event)
    except StopIteration as stop:
        return str(stop.value)


def _event(
    action: Action,
    caller: Caller,
    answer: Callable[[Ask], Answer],
    do: Callable[[Member | Record], str],
) -> Event:
    if isinstance(action, Gather):
        return caller.keys(action)
    if isinstance(action, Say):
        return Answered(Answer("said"))
    if isinstance(action, Ask):
        return Answered(answer(action))
    if isinstance(action, (Member, Record)):
        return Answered(Answer(do(action)))
    return HungUp()


def play(
    conversation: Generator[Action, Event, str],
    caller: Caller,
    answer: Callable[[Ask], Answer],
    do: Callable[[Member | Record], str] = lambda action: (
        "done" if isinstance(action, Member) else "recorded"
    ),
) -> Iterator[str]:
    """Run a dialogue against a caller; yields the transcript's lines as the call goes on."""
    performance = perform(conversation, caller, answer, do)
    while True:
        try:
            action, event = next(performance)
        except StopIteration as stop:
            if stop.value in HUNG_UP:
                yield "= hung_up"
            return
        yield from lines_before(action) if event is None else lines_after(action, event, caller.line)


# --- scenes and transcripts -----------------------------------------------------------------------


@dataclass(frozen=True)
class Pinned:
    """The answer that a query gives, whatever the data say. ``given``: its slots, and its list as ``items``.

    ``query`` may also be ``record`` or what a seat does, such as ``sign_in``.
    """

    query: str
    outcome: str
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OnAir:
    """A pretended notice; ``before``: a part, ``queue``: a queue."""

    text: str
    before: str = ""
    queue: str = ""


@dataclass(frozen=True)
class Scene:
    """What a rehearsal takes as so: the moment (naive: the site's zone), the call, and what is pretended.

    ``tree``: the path of another tree than the entry's. ``queues``: queue → its ``agents``, ``waiting``, ``wait_s``;
    one that is not named is open and empty. ``returning``: days since the caller's last call. ``last``: the keys of the station that the caller chose last.
    """

    at: datetime
    call: CallInfo = CallInfo("transcript-1", caller="13800001234", called="12306")
    tree: Path | None = None
    queues: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    returning: int | None = None
    last: str | None = None
    answers: tuple[Pinned, ...] = ()
    notices: tuple[OnAir, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """A call as text. ``tokens``: what the caller keys; ``head``: the lines of the file before the call;
    ``numbers``: the number in the file of each of ``lines``."""

    title: str
    scene: Scene
    lines: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()

    @staticmethod
    def read(path: Path) -> Transcript:
        """Read a transcript. Raises :class:`IvrError` with the line that cannot be understood."""
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            raise IvrError("is not UTF-8", where=str(path), mend="save it as UTF-8") from None
        except OSError as fault:
            raise IvrError(f"cannot be read: {fault.strerror}", where=str(path)) from None
        reader = _Reader(path)
        for number, line in enumerate(text.splitlines(), 1):
            reader.line(number, line)
        return reader.transcript()


class _Reader:
    """Reads one transcript, line by line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.where = str(path)
        self.title: list[str] = []
        self.head: list[str] = []
        self.lines: list[str] = []
        self.numbers: list[int] = []
        self.at: datetime | None = None
        self.scene = Scene(datetime.min)

    def line(self, number: int, line: str) -> None:
        self.where = f"{self.path}:{number}"
        mark = line.split(" ", 1)[0]
        if not self.lines and mark not in _MARKS:
            self.head.append(line.rstrip())
        head = _HEAD.fullmatch(line.rstrip())
        if mark == "#":
            if not self.lines:
                self.title.append(line[1:].strip())
        elif mark in _MARKS:
            self.lines.append(line.rstrip())
            self.numbers.append(number)
        elif head and not self.lines:
            self._setting(head[1], (head[2] or "").strip())
        elif line.strip():
            raise IvrError(
                f"'{line}' is not a line of a transcript",
                where=self.where,
                mend="lines begin with < << > ? ! = or #, or are 'name: value' in the head",
            )

    def transcript(self) -> Transcript:
        if self.at is None:
            raise IvrError("has no 'at:' line", where=str(self.path), mend="e.g. at: 2026-11-22T09:00")
        return Transcript(
            " ".join(self.title),
            replace(self.scene, at=self.at),
            tuple(self.lines),
            tuple(line[2:] for line in self.lines if line.startswith("> ")),
            tuple(self.head),
            tuple(self.numbers),
        )

    def _setting(self, name: str, value: str) -> None:
        if name == "at":
            self.at = _moment(value, self.where)
            return
        scene = self.scene
        if name == "tree":
            scene = replace(scene, tree=self.path.parent / value)
        elif name == "queue":
            scene = replace(scene, queues={**scene.queues, **queue_state(value, self.where)})
        elif name == "returning":
            scene = replace(scene, returning=_days(value, self.where))
        elif name == "last":
            scene = replace(scene, last=value)
        elif name == "answer":
            scene = replace(scene, answers=(*scene.answers, _pinned(value, self.where)))
        elif name == "notice":
            scene = replace(scene, notices=(*scene.notices, _notice(value, self.where)))
        else:
            scene = replace(scene, call=_with(scene.call, name, value))
        self.scene = scene


def queue_state(text: str, where: str) -> dict[str, dict[str, int]]:
    """``operator closed``, ``operator waiting 20 wait 10m`` as the state of that queue: agents, waiting, wait_s."""
    name, *words = text.split() or [""]
    state = {"agents": 1, "waiting": 0, "wait_s": 0}
    understood = bool(words)
    while words and understood:
        word = words.pop(0)
        if word in ("open", "closed"):
            state["agents"] = int(word == "open")
        else:
            amount = _amount(words.pop(0), word) if words and word in ("waiting", "wait") else None
            state["waiting" if word == "waiting" else "wait_s"] = amount or 0
            understood = amount is not None
    if not understood:
        mend = "e.g. operator closed, operator waiting 20, operator wait 10m"
        raise IvrError(f"'{text}' is not the state of a queue", where=where, mend=mend)
    return {name: state}


def _amount(text: str, what: str) -> int | None:
    unit = _SECONDS.get(text[-1:], 1) if what == "wait" else 1
    digits = text[:-1] if what == "wait" and text[-1:] in _SECONDS else text
    return int(digits) * unit if digits.isascii() and digits.isdigit() else None


def _days(text: str, where: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    raise IvrError(f"'{text}' is no number of days", where=where, mend="e.g. returning: 3")


def _pinned(text: str, where: str) -> Pinned:
    query, _, rest = text.partition(" ")
    outcome, _, slots = rest.strip().partition(" ")
    try:
        given = json.loads(slots) if slots.strip() else {}
        if outcome and isinstance(given, dict) and are_rows(given.get("items", [])):
            return Pinned(query, outcome, given)
    except json.JSONDecodeError:
        pass
    mend = 'e.g. answer: timetable none, or answer: presale told {"days": 15}'
    raise IvrError(f"'{text}' is not an answer", where=where, mend=mend)


def are_rows(items: Any) -> bool:
    """Whether it is a list of maps, as a list in an answer must be."""
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)


def _notice(text: str, where: str) -> OnAir:
    found = _NOTICE.fullmatch(text)
    if not found:
        raise IvrError("the notice has no text", where=where, mend="e.g. notice: 因台风影响，部分列车停运。")
    return OnAir(found[3], **({found[1]: found[2]} if found[1] else {}))


def _moment(text: str, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if (
            not 1970 <= at.year < 3000
        ):  # the first and last years there are leave no room for the day before and after
            raise ValueError
        return at
    except ValueError:
        raise IvrError(f"'{text}' is not a moment", where=where, mend="e.g. 2026-11-22T09:00") from None


def _with(call: CallInfo, name: str, value: str) -> CallInfo:
    if name in _CALL_FIELDS:
        changes: dict[str, str] = {name: value}
        return replace(call, **changes)  # type: ignore[arg-type]
    return replace(call, facts={**call.facts, name: value})
