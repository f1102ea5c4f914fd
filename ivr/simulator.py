"""A caller and a hotline as text: the third driver of the dialogue, and transcripts that replay.

A transcript is a text file. Its head sets the scene, its body is the call::

    # what this shows
    at: 2026-11-22T09:00
    entry: after_queue          (any field of the call or fact; optional)

    < 您好，欢迎致电铁路客户服务中心。
    < 互联网购票请按一。
    > 4                         (keys; a token longer than the input is typed ahead)
    > /timeout                  (silence)  /hangup  (the caller hangs up)
    ? tickets sold_out          (a query and its outcome)
    ! sign_in 1023 done         (a seat's membership)
    = transferred operator      (how the dialogue ended)
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ivr.dialogue.actions import Action, Ask, Gather, Hangup, Member, Say, Transfer
from ivr.dialogue.call import CallInfo
from ivr.dialogue.events import Answered, Digits, Event, HungUp, NoInput
from ivr.errors import IvrError
from ivr.rail.answers import Answer
from ivr.speech.phrase import Phrase

TIMEOUT = "/timeout"
HANGUP = "/hangup"
_CALL_FIELDS = ("call_id", "linked_id", "caller", "called", "channel", "entry", "language")


class Caller:
    """Turns tokens of keys into the event for each prompt, as a person at a phone would.

    A token is what is keyed in one go: ``021#``, ``4``, ``/timeout``, ``/hangup``. Keys that an input does
    not take stay for the next one. After the last token the caller hangs up.
    """

    def __init__(self, tokens: Iterator[str]) -> None:
        self._tokens = tokens
        self._ahead = ""

    def keys(self, max_keys: int) -> Event:
        """The event for an input of ``max_keys`` keys."""
        if not self._ahead:
            token = next(self._tokens, HANGUP)
            if token == TIMEOUT:
                return NoInput()
            if token == HANGUP:
                return HungUp()
            self._ahead = token
        before, hash_key, after = self._ahead.partition("#")
        if hash_key and len(before) < max_keys:
            self._ahead = after
            return Digits(before)
        keys, self._ahead = self._ahead[:max_keys], self._ahead[max_keys:]
        return Digits(keys)


def event_line(event: Event) -> str:
    """A caller's event as a transcript's line."""
    if isinstance(event, NoInput):
        return f"> {TIMEOUT}"
    if isinstance(event, HungUp):
        return f"> {HANGUP}"
    return f"> {event.keys}" if isinstance(event, Digits) and event.keys else "> #"


def said_lines(phrases: Sequence[Phrase]) -> list[str]:
    """What is said as a transcript's lines."""
    return [f"< {phrase.text}" for phrase in phrases]


def end_line(action: Transfer | Hangup) -> str:
    """How the dialogue ended as a transcript's line."""
    return f"= transferred {action.queue}" if isinstance(action, Transfer) else f"= {action.outcome}"


def play(
    conversation: Generator[Action, Event, str],
    caller: Caller,
    answer: Callable[[Ask], Answer],
    member: Callable[[Member], str] = lambda _member: "done",
) -> Iterator[str]:
    """Run a dialogue against a caller; yields the transcript's lines as the call goes on."""
    action = next(conversation, None)
    while action is not None:
        event: Event = HungUp()
        if isinstance(action, Gather):
            yield from said_lines(action.phrases)
            event = caller.keys(action.max_keys)
            yield event_line(event)
        elif isinstance(action, Say):
            yield from said_lines(action.phrases)
            event = Answered(Answer("said"))
        elif isinstance(action, Ask):
            event = Answered(answer(action))
            yield f"? {action.query} {event.answer.outcome}"
        elif isinstance(action, Member):
            event = Answered(Answer(member(action)))
            yield f"! {action.operation} {action.staff} {event.answer.outcome}"
        else:
            yield end_line(action)
        try:
            action = conversation.send(event)
        except StopIteration as stop:
            if stop.value == "hung_up":
                yield "= hung_up"
            return


@dataclass(frozen=True)
class Transcript:
    """A call as text: when it was, who called, what was said and keyed."""

    title: str
    at: datetime
    call: CallInfo
    lines: tuple[str, ...] = ()
    tokens: tuple[str, ...] = field(default=())

    @staticmethod
    def read(path: Path) -> Transcript:
        """Read a transcript. Raises :class:`IvrError` with the line that cannot be understood."""
        title: list[str] = []
        lines: list[str] = []
        at: datetime | None = None
        call = CallInfo("transcript-1", caller="13800001234", called="12306")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if not line.strip():
                continue
            head, _, rest = line.partition(" ")
            if head == "#":
                title.append(rest)
            elif head in ("<", ">", "?", "!", "="):
                lines.append(line.rstrip())
            elif head == "at:":
                at = _moment(rest.strip(), f"{path}:{number}")
            elif head.endswith(":") and not lines:
                call = _with(call, head[:-1], rest.strip())
            else:
                raise IvrError(
                    f"'{line}' is not a line of a transcript",
                    where=f"{path}:{number}",
                    mend="lines begin with < > ? ! = or #, or are 'name: value' in the head",
                )
        if at is None:
            raise IvrError("has no 'at:' line", where=str(path), mend="e.g. at: 2026-11-22T09:00")
        tokens = tuple(line[2:] for line in lines if line.startswith("> "))
        return Transcript(" ".join(title), at, call, tuple(lines), tokens)


def _moment(text: str, where: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise IvrError(f"'{text}' is not a moment", where=where, mend="e.g. 2026-11-22T09:00") from None


def _with(call: CallInfo, name: str, value: str) -> CallInfo:
    if name in _CALL_FIELDS:
        changes: dict[str, str] = {name: value}
        return replace(call, **changes)  # type: ignore[arg-type]
    return replace(call, facts={**call.facts, name: value})
