"""Asterisk's side of AGI, as Asterisk 22 was seen to behave, and small dialogues to run against it.

``split_words`` and ``split_arguments`` cut a command the way Asterisk does; they are written from its behaviour, not
from ``ivr.telephony.wire``, so that they can judge it.
"""

from __future__ import annotations

import asyncio
import re
import wave
from array import array
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timezone

from ivr.clock import fixed_clock
from ivr.dialogue.actions import Action, Ask, Gather, Hangup, Member, Say, Transfer
from ivr.dialogue.call import CallInfo, Step
from ivr.dialogue.events import Answered, Digits, Event, HungUp
from ivr.rail.answers import Answer
from ivr.speech.phrase import Phrase
from ivr.telephony.agi_dialogue import AT_SEAT

NOW = datetime(2026, 2, 10, 9, 0, tzinfo=timezone.utc)
CLOCK = fixed_clock(NOW)
LINE_BYTES = 2047


def split_words(line: str) -> list[str]:
    """An AGI command's words: blanks part them, quotes hold them together, a backslash takes the next as it is."""
    words: list[str] = []
    word, inside, escaped, fresh = "", False, False, True
    for c in line:
        if escaped:
            word, escaped, fresh = word + c, False, False
        elif c == "\\":
            escaped = True
        elif c == '"':
            inside, fresh = not inside, False
        elif c in " \t" and not inside:
            if not fresh:
                words.append(word)
            word, fresh = "", True
        else:
            word, fresh = word + c, False
    if not fresh:
        words.append(word)
    return words


def split_arguments(text: str) -> list[str]:
    """An application's arguments, cut at commas outside quotes and brackets."""
    arguments, one, depth, square, inside, escaped = [], "", 0, 0, False, False
    for c in text:
        if escaped:
            one, escaped = one + c, False
        elif c == "\\":
            escaped = True
        elif c == '"':
            inside = not inside
        elif c == "," and not (depth or square or inside):
            arguments.append(one)
            one = ""
        else:
            depth = max(0, depth + (c == "(") - (c == ")"))
            square = max(0, square + (c == "[") - (c == "]"))
            one += c
    return [*arguments, one]


class Seconds:
    """A clock that goes on by ``step`` each time it is read: people need time for their keys, tests do not."""

    def __init__(self, step: float = 0.6) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@dataclass
class FakeChannel:
    """One call. ``keys``: what the caller does at each ``Read``: keys, "" (silence) or "missing"
    (no sound file); what a ``Read`` does not take is pressed right after it. ``notes_keys``: there is an app_dtmfstore.
    ``messages``: what the caller does at each ``RECORD FILE``: seconds of speech, after them
    "#" or "hangup" if so: "3 #"; "full" is a disk without room. ``hangup_at``: the number of the command during which the caller hangs up."""

    keys: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    hangup_at: int | None = None
    channel: str = "PJSIP/trunk-00000007"
    callerid: str = "13800005678"
    args: tuple[str, ...] = ()
    usage_error_at: int | None = None
    variables: dict[str, str] = field(default_factory=dict)
    played: list[list[str]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    queue_log: list[list[str]] = field(default_factory=list)
    gone: bool = False
    notes_keys: bool = True
    noting: bool = False

    def head(self, script: str = "hotline") -> bytes:
        lines = [
            "agi_network: yes",
            f"agi_network_script: {script}",
            f"agi_request: agi://127.0.0.1:4573/{script}",
            f"agi_channel: {self.channel}",
            "agi_uniqueid: 1795308086.1",
            f"agi_callerid: {self.callerid}",
            "agi_dnid: unknown",
            "agi_extension: 12306",
            *(f"agi_arg_{n}: {arg}" for n, arg in enumerate(self.args, 1)),
        ]
        return ("\n".join(lines) + "\n\n").encode()

    def answer(self, line: bytes) -> bytes:
        assert line.endswith(b"\n"), line
        assert len(line) <= LINE_BYTES, f"a command of {len(line)} bytes"
        text = line[:-1].decode()
        self.commands.append(text)
        before = b""
        if len(self.commands) - 1 == self.hangup_at:
            self.gone, before = True, b"HANGUP\n"
        if len(self.commands) - 1 == self.usage_error_at:
            return (
                before
                + b"520-Invalid command syntax.  Proper usage follows:\nSets.\n520 End of proper usage.\n"
            )
        return before + (self._run(split_words(text)) + "\n").encode()

    def _run(self, words: list[str]) -> str:
        if words[:2] == ["SET", "VARIABLE"] and len(words) == 4:
            self.variables[words[2]] = words[3]
            return "200 result=1"
        if words[:3] == ["GET", "FULL", "VARIABLE"] and len(words) == 4:
            return f"200 result=1 ({self._expanded(words[3])})"
        if words[0] == "EXEC" and len(words) == 3:
            return f"200 result={self._execute(words[1], words[2])}"
        if words[:2] == ["RECORD", "FILE"] and len(words) == 8:
            return self._record(*words[2:])
        return "510 Invalid or unknown command"

    def _record(self, path: str, form: str, keys: str, limit_ms: str, beep: str, silence: str) -> str:
        assert (form, keys, beep, silence[:2]) == ("wav", "#", "BEEP", "s=")
        does = self.messages.pop(0)
        if does == "full":
            return "200 result=-1 (writefile)"
        speech, _, end = does.partition(" ")
        spoken = min(float(speech), int(limit_ms) / 1000)
        # Asterisk leaves one second of the silence that ended it.
        seconds = spoken if end or spoken < float(speech) else spoken + 1
        with wave.open(f"{path}.wav", "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            frames = (8000 if n < spoken * 8000 and n % 2 else 0 for n in range(round(seconds * 8000)))
            sound.writeframes(array("h", frames).tobytes())
        self.gone = self.gone or end == "hangup"
        reply = {"#": "35 (dtmf)", "hangup": "-1 (hangup)", "": "0 (timeout)"}[end]
        return f"200 result={reply} endpos={round(seconds * 8000)}"

    def _expanded(self, text: str) -> str:
        for pattern, made in (
            (r"\$\{(\w[^{}]*)\}", lambda m: self._value(m[1])),
            (r"\$\[(\d+)=(\d+)\]", lambda m: str(int(m[1] == m[2]))),
        ):
            while re.search(pattern, text):
                text = re.sub(pattern, made, text)
        return text

    def _value(self, name: str) -> str:
        if length := re.fullmatch(r"LEN\((.*)\)", name):
            return str(len(length[1]))
        return self.variables.get(name, "")

    def _execute(self, application: str, text: str) -> int:
        if application == "Exec":
            match = re.fullmatch(r"(\w+)\((.*)\)", text)
            assert match, text
            return self._execute(match[1], self._expanded(match[2]))
        if application == "ExecIf":
            match = re.fullmatch(r"([01])\?(\w+)\((.*)\):(\w+)\((.*)\)", text)
            assert match, text
            return self._execute(match[2], match[3]) if match[1] == "1" else self._execute(match[4], match[5])
        if application == "Set":
            name, _, value = text.partition("=")
            self.variables[name] = value
            return 0
        arguments = split_arguments(text)
        if application == "StoreDTMF":
            if not self.notes_keys:
                return -2
            assert self.noting == (text == "remove"), text
            self.noting = text != "remove"
            return 0
        if application == "Playback":
            self.played.append(arguments[0].split("&"))
            return -1 if self.gone else 0
        if application == "Read":
            return self._read(*arguments)
        if application in ("StartMusicOnHold", "StopMusicOnHold"):
            self.played.append([application])
            return 0
        if application == "QueueLog":
            self.queue_log.append(arguments)
            return 0
        raise AssertionError(f"the dialogue never executes {application}")

    def press(self, keys: str) -> None:
        """The caller presses keys, whether a command listens or not."""
        if self.noting:
            self.variables["IVR_NOTED"] = self.variables.get("IVR_NOTED", "") + keys

    def _read(self, variable: str, files: str, most: str, options: str, tries: str, wait: str) -> int:
        assert (variable, options, tries) == ("IVR_KEYS", "", "1")
        if not wait:  # else it listens for the rest of an input
            self.played.append(files.split("&"))
        keys = "" if self.gone else self.does(wait)
        status = "HANGUP" if self.gone else "TIMEOUT"
        if keys == "missing":
            status, keys = "ERROR", ""
        self.press(keys)
        if "#" in keys[: int(most)]:
            status, keys = "OK", keys.split("#")[0]
        elif len(keys) >= int(most):
            status, keys = "OK", keys[: int(most)]
        self.variables |= {"READSTATUS": status, "IVR_KEYS": keys}
        return 0

    def does(self, wait: str) -> str:
        """What the caller does at a ``Read``; ``wait``: it plays nothing, and listens for the rest of an input, or for a
        moment, in which this caller presses nothing."""
        if wait and float(wait) < 1:
            return ""
        return self.keys.pop(0) if self.keys else ""

    async def call(self, port: int, script: str = "hotline") -> None:
        """Call the FastAGI server and obey it until it closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(self.head(script))
            while line := await asyncio.wait_for(reader.readline(), 20):
                writer.write(self.answer(line))
        except ConnectionError:
            pass
        finally:
            writer.close()


class MemoryJournal:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.begun: list[tuple[CallInfo, str]] = []
        self.steps: list[Step] = []
        self.ended: list[str] = []

    def begin(self, call: CallInfo, revision: str, at: datetime) -> None:
        self.begun.append((call, revision))

    def step(self, call_id: str, step: Step) -> None:
        self.steps.append(step)

    def end(self, call_id: str, at: datetime, outcome: str) -> None:
        self.ended.append(outcome)


def phrases(*texts: str) -> tuple[Phrase, ...]:
    return tuple(Phrase(text) for text in texts)


def sound(phrase: Phrase, slower: bool = False) -> str:
    return f"/sounds/zh{'/slower' if slower else ''}/{phrase.text}"


def tickets(call: CallInfo) -> Generator[Action, Event, str]:
    """A menu: 4 asks for tickets, 9 transfers, # hangs up, silence repeats once."""
    event = yield Gather(phrases("welcome", "menu"), 1, 5, 3, part="main")
    if not isinstance(event, (Digits, HungUp)):
        event = yield Gather(phrases("again"), 1, 5, 3, part="main")
    if isinstance(event, HungUp):
        return "hung_up"
    if event == Digits("9"):
        yield Transfer("operator", 2, part="main")
        return "transferred"
    if event == Digits("4"):
        pin = yield Gather(phrases("which"), 6, 8, 4, private=True, part="train")
        if isinstance(pin, HungUp):
            return "hung_up"
        assert isinstance(pin, Digits)
        answer = yield Ask("tickets", {"train": pin.keys}, part="train")
        if isinstance(answer, HungUp):
            return "hung_up"
        assert isinstance(answer, Answered)
        said = yield Say(phrases(answer.answer.outcome), part="train")
        if isinstance(said, HungUp):
            return "hung_up"
    yield Hangup("completed", part="bye")
    return "completed"


def seat(call: CallInfo) -> Generator[Action, Event, str]:
    """What the dialled feature code says, for agent 1023."""
    event = yield Member(call.facts["operation"], '1023,"x"')
    if isinstance(event, HungUp):
        return "hung_up"
    assert isinstance(event, Answered)
    yield Say(phrases(event.answer.outcome))
    yield Hangup("completed")
    return event.answer.outcome


def answer_of(ask: Ask) -> Answer:
    if ask.query == AT_SEAT:
        return Answer(f"{ask.args['operation']} of {ask.args['staff']} at {ask.args['seat']}")
    return Answer(f"for {ask.args['train']}")
