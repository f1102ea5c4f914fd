"""A dialogue over AGI, sans-IO: what both drivers share.

:func:`hold` is a generator that runs one call. It yields a *need* and is sent what meets it:

==================  =====================================================  ==================
need                meaning                                                met by
==================  =====================================================  ==================
``str``             a command line for Asterisk                            ``Reply``
``Sounds``          sound files for phrases                                list of paths, or ``LATE``
``Ask``             a fact from outside                                    ``Answer``
``Keep``            the same, also when the caller is gone                 ``Answer``
==================  =====================================================  ==================

``wire.GONE`` meets any other need when the caller is gone; a driver then does no more work for the call.

While a sound is made, the caller hears nothing for ``SOON_S`` at most: then 请稍候, and then the music that also plays in the
queue, which begins with as long a silence. Keys that are pressed meanwhile are noted like any others.

Measured on Asterisk 22 and relied upon here:

* Keys pressed between two commands are lost, unless they are noted (:mod:`ivr.telephony.key_reader`); ``Read`` plays
  several files joined with ``&`` and keeps what is pressed during them. Without a timeout argument it waits ``TIMEOUT(response)`` for the first key, from the
  end of the last file, and ``TIMEOUT(digit)`` for each further one.
* ``READSTATUS`` is ``OK`` after ``#`` or the last key, ``TIMEOUT`` after silence *and* after some
  keys and then silence; a last file that is missing is ``ERROR`` at once, with no wait for keys.
* After a hangup ``Read`` still answers ``result=0``, with ``READSTATUS`` ``HANGUP``.
* ``RECORD FILE`` with a silence gives ``result=0 (timeout)`` at its end and at the limit, ``result=35 (dtmf)``
  after ``#``, ``result=-1 (hangup)`` when the caller hangs up, which is how most end a message.
* ``EXEC Exec "Read(…)"`` replaces ``${…}``, plain ``EXEC`` does not: so a list of sounds that is
  too long for one line is first put into variables, and is still one ``Read``.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol, Union

from ivr.clock import Clock
from ivr.dialogue.actions import Action, Ask, Gather, Hangup, Member, Record, Say, Survey, Transfer
from ivr.dialogue.call import CallInfo, Step
from ivr.dialogue.events import Answered, Event, HungUp
from ivr.dialogue.steps import step_of
from ivr.rail.answers import Answer
from ivr.speech.phrase import Phrase
from ivr.telephony import channel_variables as var
from ivr.telephony import wire
from ivr.telephony.key_reader import KeyReader, play
from ivr.telephony.wire import GONE, Head, Reply, WireFault

log = logging.getLogger(__name__)

ENTRIES = ("hotline", "after_queue", "connected", "agent", "reach", "callback")

#: gives the dialogue of a call; which menu and which revision is the app's business
Conversation = Callable[[CallInfo], Generator[Action, Event, str]]

#: A place for a message of the ``call``: ``ready`` with its ``path``.
MESSAGE_PLACE = "message_place"
#: What was recorded at ``path``: ``recorded`` or ``empty``.
MESSAGE_KEEP = "message_keep"
#: What an agent (``staff``, or "" for whoever sits there) does at a ``seat``: the ``operation`` of a ``Member``, with the ``reason`` of a pause.
AT_SEAT = "at_seat"
#: Where an agent (``staff``) is: ``found``, ``to`` the seat; with ``line`` ``home`` the number at home.
REACH = "reach"

#: Whether the number of the callback ``callback`` may be called by its try ``turn``: ``call`` with the ``number``, or ``stop``.
CALLBACK_CLAIM = "callback_claim"

_QUEUE_STATUS = {
    "": "answered",
    "CONTINUE": "answered",
    "TIMEOUT": "timeout",
    "FULL": "full",
    "JOINEMPTY": "join_empty",
    "LEAVEEMPTY": "leave_empty",
    "JOINUNAVAIL": "unavailable",
    "LEAVEUNAVAIL": "unavailable",
    **{f"KEY{key}": f"key_{key}" for key in "0123456789"},
}
_OPERATION = {
    "51": "sign_in",
    "52": "sign_out",
    "53": "pause",
    "54": "unpause",
    "55": "code",
    "59": "callback",
}
_SEAT = re.compile(r"PJSIP/([\w.-]+)-[0-9a-f]{8}")


class Journal(Protocol):
    """Who writes down dialogues, of every entry, and their steps; none of it may block."""

    def begin(self, call: CallInfo, revision: str, at: datetime) -> None: ...
    def step(self, call_id: str, step: Step) -> None: ...
    def end(self, call_id: str, at: datetime, outcome: str) -> None: ...


#: So long a caller hears nothing while sounds are made.
SOON_S = 0.3
#: So long it is looked for the sound that asks the caller to wait.
_AT_ONCE_S = 0.1


class Late:
    """What meets :class:`Sounds` that are not there in time."""


LATE = Late()


@dataclass(frozen=True)
class Sounds:
    """The need for sound files, one path (without extension) for each phrase, in order. With ``within_s`` it is met by
    :data:`LATE` when they are not there by then; the making goes on, and the same need may come again. ``slower``: for a
    caller who did not understand them."""

    phrases: tuple[Phrase, ...]
    within_s: float | None = None
    slower: bool = False


@dataclass(frozen=True)
class Keep:
    """The need to have something done by a query, whether the caller is still there or not."""

    ask: Ask


Need = Union[str, Sounds, Ask, Keep]
Given = Union[Reply, Sequence[str], Answer, Late]


@dataclass(frozen=True)
class Desk:
    """What a site's drivers work with. ``revision`` names the menu revision that a call begins with."""

    converse_for: Conversation
    journal: Journal
    clock: Clock
    revision: Callable[[], str] = field(default=lambda: "")


def hold(desk: Desk, head: Head, entry: str) -> Generator[Need, Any, str]:
    """Run the call ``head`` announces to its end; returns how it ended.

    Raises :class:`WireFault`, and whatever a dialogue raises; the record is then closed as
    ``failed`` and ``IVR_DONE`` is not set, so that the dialplan's fallback takes the caller.
    """
    if entry == REACH:
        return (yield from _reach(head))
    if entry == "callback":
        return (yield from _callback(head))
    call = yield from _introduce(head, entry)
    notes = _Notes(desk, call)
    notes.begin()
    outcome = "failed"
    try:
        outcome = yield from _converse(desk, call, notes)
    finally:
        notes.end(outcome)
    return outcome


def _reach(head: Head) -> Generator[Need, Any, str]:
    """Tell the dialplan where an agent is to be rung: nothing is said, nothing written down."""
    line, staff, *_ = (*head.args, "", "")
    answer = yield Ask(REACH, {"line": line, "staff": staff})
    if answer is GONE or answer.outcome != "found":
        return "absent"
    yield wire.set_variable(var.REACHED, str(answer.slots["to"]))
    return "found"


def _callback(head: Head) -> Generator[Need, Any, str]:
    """Give the dialplan the number to call: it comes from the database by the callback's id, and once for each try."""
    callback, turn = (*head.args, "", "")[:2]
    answer = yield Ask(CALLBACK_CLAIM, {"callback": callback, "turn": turn}, ("callback",))
    if answer is GONE or answer.outcome != "call":
        return "stopped"
    for name, value in ((var.CALLEE, str(answer.slots["number"])), (var.DONE, "1")):
        if (yield wire.set_variable(name, value)).gone:
            return "hung_up"
    return "dialled"


class _Notes:
    """The record of one dialogue. A journal that fails is logged, and harms no call."""

    def __init__(self, desk: Desk, call: CallInfo) -> None:
        self._desk, self._call = desk, call
        self._steps = 0

    def begin(self) -> None:
        journal, revision = self._desk.journal, self._desk.revision()
        self._try(lambda at: journal.begin(self._call, revision, at))

    def step(self, action: Action, event: Event | None) -> None:
        self._steps += 1
        self._try(
            lambda at: self._desk.journal.step(self._call.call_id, step_of(self._steps, at, action, event))
        )

    def end(self, outcome: str) -> None:
        self._try(lambda at: self._desk.journal.end(self._call.call_id, at, outcome))

    def _try(self, write: Callable[[datetime], None]) -> None:
        try:
            write(self._desk.clock())
        except Exception as fault:
            log.error("call %s: not written down: %s", self._call.call_id, describe(fault))


def _introduce(head: Head, entry: str) -> Generator[Need, Any, CallInfo]:
    call_id = head.get("uniqueid")
    if not call_id:
        raise WireFault("the head has no agi_uniqueid")
    channel = head.get("channel")
    facts: dict[str, str] = {}
    if seat := _SEAT.fullmatch(channel):
        facts["seat"] = seat[1]
    args = (*head.args, "", "")
    if entry == "after_queue":
        facts["queue_status"] = _QUEUE_STATUS.get(args[0], "error")
        facts["part"] = args[1]
        place = yield wire.get_expression(f"${{{var.QUEUE}}}:${{{var.PLACE}}}")
        facts["queue"], facts["place"] = (*place.value.split(":", 1), "")[:2]
    elif entry == "agent":
        code = args[0].lstrip("*")
        facts["operation"], facts["key"] = _OPERATION.get(code[:2], ""), code[2:]
    names = (var.LINKED_ID, var.LANGUAGE, var.SURVEY, var.MEMBER_NAME)
    known = yield wire.get_expression(":".join(f"${{{name}}}" for name in names))
    linked_id, language, survey, staff = (*known.value.split(":", 3), "", "", "")[:4]
    if entry == "after_queue" and (survey or not staff):
        facts["surveyed"] = survey or "done"
    if entry == "connected":
        facts["staff"] = staff
        # app_queue writes CONNECT only after this dialogue; the caller's wait ends here.
        queue = yield wire.get_expression(f"${{{var.QUEUE_NAME}}}")
        line = (queue.value, call_id, staff, "AGENTANSWER")
        yield wire.execute("QueueLog", *map(wire.argument, line))
    return CallInfo(
        call_id=call_id,
        linked_id=linked_id or call_id,
        caller=head.get("callerid"),
        called=head.get("dnid") or head.get("extension"),
        channel=channel,
        entry=entry,
        language=language or CallInfo.language,
        facts=facts,
    )


def _converse(desk: Desk, call: CallInfo, notes: _Notes) -> Generator[Need, Any, str]:
    conversation = desk.converse_for(call)
    performer = Performer(call)
    try:
        action = next(conversation)
        while True:
            action, event = yield from _step(performer, action)
            notes.step(action, event)
            if event is not None and not isinstance(event, HungUp):
                action = conversation.send(event)
                continue
            conversation.send(event or HungUp())
            raise RuntimeError("the dialogue goes on after its end")
    except StopIteration as end:
        return str(end.value or "")
    finally:
        conversation.close()


def _step(performer: Performer, action: Action) -> Generator[Need, Any, tuple[Action, Event | None]]:
    """Perform an action; gives it back as it was performed, an input that was not heard without its phrases."""
    if isinstance(action, Ask):
        answer = yield action
        return action, HungUp() if answer is GONE else Answered(answer)
    if isinstance(action, Gather):
        event = yield from performer.early(action)
        if event is not None:
            return replace(action, phrases=()), event
    sounds: Sequence[str] = ()
    if (isinstance(action, (Say, Gather)) and action.phrases) or (
        isinstance(action, Transfer) and action.tell
    ):
        made = yield from _sounds(action)
        if made is None:
            return action, HungUp()
        sounds = made
    return action, (yield from performer.perform(action, sounds))


def _sounds(action: Say | Gather | Transfer) -> Generator[Need, Any, Sequence[str] | None]:
    """The sounds of an action; ``None`` when the caller hung up before they were there."""
    if isinstance(action, Transfer):
        told = yield Sounds(action.tell)
        return None if told is GONE else told
    wanted = Sounds(action.phrases, slower=isinstance(action, Gather) and action.slower)
    made = yield replace(wanted, within_s=SOON_S)
    if made is LATE:
        asked = (yield Sounds(action.one_moment, _AT_ONCE_S)) if action.one_moment else LATE
        if asked not in (LATE, GONE):
            reply = yield from play("Playback", asked)
            made = GONE if _hung_up(reply) else (yield replace(wanted, within_s=0.0))
    if made is LATE:
        yield wire.execute("StartMusicOnHold")
        made = yield wanted
        yield wire.execute("StopMusicOnHold")
    return None if made is GONE else made


def _hung_up(reply: Reply) -> bool:
    return reply.gone or reply.result == "-1"


class Performer:
    """Turns actions into command lines and their replies into events, for one channel."""

    def __init__(self, call: CallInfo) -> None:
        self._call_id = call.call_id
        self._language = call.language
        self._seat = call.facts.get("seat", "")
        self._keys = KeyReader()

    def early(self, action: Gather) -> Generator[Need, Any, Event | None]:
        """The event for an input that keys pressed before it answer, unheard."""
        return (yield from self._keys.early(action))

    def perform(self, action: Action, sounds: Sequence[str]) -> Generator[Need, Any, Event | None]:
        """Perform anything but an ``Ask``; ``None`` after ``Transfer`` and ``Hangup``."""
        if isinstance(action, Gather):
            return (yield from self._keys.read(action, sounds))
        self._keys.forget()
        if isinstance(action, Say):
            return (yield from self._say(sounds))
        if isinstance(action, Member):
            return (yield from self._member(action))
        if isinstance(action, Record):
            return (yield from self._record(action))
        if isinstance(action, Survey):
            return (yield from self._survey(action))
        if isinstance(action, Transfer):
            return (yield from self._leave(self._transfer(action, sounds)))
        if isinstance(action, Hangup):
            return (yield from self._leave([(var.NEXT, "hangup")]))
        raise TypeError(f"a driver cannot perform {type(action).__name__}")

    def _transfer(self, action: Transfer, tell: Sequence[str]) -> list[tuple[str, str]]:
        heard = [(var.LANGUAGE, action.language)] if action.language not in ("", self._language) else []
        return [
            (var.NEXT, "queue"),
            (var.QUEUE, action.queue),
            (var.PRIORITY, str(action.priority)),
            (var.LEVELS, str(action.levels or "")),
            (var.LONGEST_WAIT, str(action.longest_wait_s or "")),
            (var.AGENT, action.agent),
            (var.AGAIN, str(action.again or "")),
            (var.PART, action.part),
            (var.LIVE_KEYS, action.keys),
            (var.TELL, "&".join(tell)),
            *([(var.SKILL, action.skill)] if action.skill else []),
            *heard,
        ]

    def _say(self, sounds: Sequence[str]) -> Generator[str, Reply, Event]:
        if sounds:
            reply = yield from play("Playback", sounds)
            if _hung_up(reply):
                return HungUp()
        return Answered(Answer("said"))

    def _member(self, action: Member) -> Generator[Need, Any, Event]:
        if not self._seat:
            return Answered(Answer("error"))
        asked = {"operation": action.operation, "staff": action.staff, "reason": action.reason}
        answer = yield Ask(AT_SEAT, {**asked, "seat": self._seat}, part=action.part)
        return HungUp() if answer is GONE else Answered(answer)

    def _record(self, action: Record) -> Generator[Need, Any, Event]:
        call = {"call": self._call_id}
        place = yield Ask(MESSAGE_PLACE, call, part=action.part)
        if place is GONE:
            return HungUp()
        if place.outcome != "ready":
            return Answered(Answer("error"))
        path = str(place.slots["path"])
        reply = yield wire.record_file(path.removesuffix(".wav"), action.limit_s, action.silence_s)
        kept = yield Keep(Ask(MESSAGE_KEEP, {**call, "path": path}, part=action.part))
        if reply.gone:
            return HungUp()
        return Answered(Answer("error") if reply.code != 200 or reply.result == "-1" else kept)

    def _survey(self, action: Survey) -> Generator[str, Reply, Event]:
        """Write the line for the record. Of a caller who keys the answer and is gone before it stands there, the dialplan
        writes it: ``IVR_SURVEY`` and the key of the last ``Read`` tell it."""
        talk = yield wire.get_expression(f"${{{var.QUEUE_NAME}}}:${{{var.MEMBER_NAME}}}")
        queue, _, staff = talk.value.partition(":")
        line = ["SURVEYSCORE", str(action.score)] if action.score else ["SURVEYASKED"]
        reply = yield wire.execute("QueueLog", *map(wire.argument, (queue, self._call_id, staff, *line)))
        if not (action.score or reply.gone):
            reply = yield wire.set_variable(var.KEYS, "")
        if not reply.gone:
            reply = yield wire.set_variable(var.SURVEY, "done" if action.score else "asked")
        return HungUp() if reply.gone else Answered(Answer("noted"))

    def _leave(self, variables: list[tuple[str, str]]) -> Generator[Need, Any, Event | None]:
        yield from self._keys.end()
        for name, value in [*variables, (var.DONE, "1")]:  # DONE last: it vouches for the others
            if (yield wire.set_variable(name, value)).gone:
                return HungUp()
        return None


def describe(fault: BaseException) -> str:
    """A fault for the log: its kind and place, never its text, which may hold a caller's data."""
    frames = traceback.extract_tb(fault.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno} in {frames[-1].name}" if frames else "?"
    return f"{type(fault).__name__} at {place}"
