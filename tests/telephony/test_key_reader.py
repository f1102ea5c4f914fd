"""No key is lost, whenever it is pressed: during a prompt, between two commands, while something is looked up."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.dialogue.actions import Action, Ask, Gather, Hangup, Say, Transfer
from ivr.dialogue.call import CallInfo
from ivr.dialogue.events import Digits, Event, HungUp, NoInput
from ivr.telephony.agi_dialogue import Desk, Sounds, hold
from ivr.telephony.wire import GONE, HeadParser, ReplyParser
from tests.telephony.fake_agi import CLOCK, FakeChannel, MemoryJournal, Seconds, answer_of, phrases, sound

STATION = {"1": 1}
DATE = {"2": 1, "3": 1, "9": 2}
FORM: list[Action] = [
    Gather(phrases("menu")),
    Gather(phrases("tickets")),
    Gather(phrases("from"), 24, shorter=STATION),
    Ask("find_station", {"train": ""}),
    Gather(phrases("which")),
    Gather(phrases("to"), 24, shorter=STATION),
    Ask("find_station", {"train": ""}),
    Gather(phrases("which")),
    Gather(phrases("date"), 4, shorter=DATE),
    Gather(phrases("right?")),
]
EXPERT = "41021#1010#121"
INPUTS = ["4", "1", "021", "1", "010", "1", "2", "1"]


@dataclass
class Line(FakeChannel):
    """A caller who presses ``stream`` key by key. ``gaps``: before the n-th command so many of them, while nobody
    listens; a ``Read`` hears as many as it takes, and at most ``patience`` of them before it gives up."""

    stream: str = ""
    gaps: list[int] = field(default_factory=list)
    patience: int = 99
    repeats: bool = False
    reads: list[str] = field(default_factory=list)
    seconds: Seconds = field(default_factory=Seconds)

    def answer(self, line: bytes) -> bytes:
        if self.gaps:
            self.press(self._next(self.gaps.pop(0)))
        return super().answer(line)

    def _next(self, count: int) -> str:
        keys, self.stream = self.stream[:count], self.stream[count:]
        return keys

    def _read(self, variable: str, files: str, most: str, options: str, tries: str, wait: str) -> int:
        self.reads.append(files)
        heard, status = "", "TIMEOUT"
        while self.stream and len(heard) < min(int(most), self.patience) and status == "TIMEOUT":
            key = self._next(1)
            self.press(key * 2 if self.repeats else key)
            if key == "#":
                status = "OK"
            else:
                heard += key
        if len(heard) == int(most):
            status = "OK"
        self.variables |= {"READSTATUS": status, "IVR_KEYS": heard}
        return 0


def events_of(
    channel: FakeChannel, actions: list[Action], journal: MemoryJournal | None = None
) -> list[Event]:
    """What the caller's keys became."""
    events: list[Event] = []

    def conversation(_: CallInfo) -> Generator[Action, Event, str]:
        for action in actions:
            event = yield action
            if isinstance(action, Gather):
                events.append(event)
            if isinstance(event, HungUp):
                return "hung_up"
        yield Hangup()
        return "completed"

    head = HeadParser().feed(channel.head())
    assert head is not None
    call = hold(Desk(conversation, journal or MemoryJournal(), CLOCK), head, "hotline")
    try:
        need = next(call)
        while True:
            if channel.gone:
                need = call.send(GONE)
            elif isinstance(need, Sounds):
                need = call.send([sound(phrase) for phrase in need.phrases])
            elif isinstance(need, Ask):
                need = call.send(answer_of(need))
            else:
                assert isinstance(need, str)
                need = call.send(ReplyParser(channel.answer(need.encode() + b"\n")).next())
    except StopIteration:
        return events


def keys_of(events: list[Event]) -> list[str]:
    assert all(isinstance(event, Digits) for event in events), events
    return [event.keys for event in events if isinstance(event, Digits)]


@given(st.lists(st.integers(0, 4), max_size=60), st.sampled_from([0.6, 2.0]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_form_keyed_in_one_go_loses_no_key(key_time: Seconds, gaps: list[int], step: float) -> None:
    key_time.step = step
    # Before the fourth command nothing is noted yet: the call has just been answered.
    channel = Line(stream=EXPERT, gaps=[0, 0, 0, *gaps])
    assert keys_of(events_of(channel, FORM)) == INPUTS
    assert channel.stream == ""


@dataclass
class Burst(Line):
    """A bad line: a key that is pressed while nobody listens is noted, kept back, and let through into the next
    ``Read``, where it is noted ``again`` or not. Time passes only where ``Read`` waits for a finger."""

    again: bool = True
    kept: str = ""
    quiet: bool = False

    def answer(self, line: bytes) -> bytes:
        if self.gaps and self.gaps[0]:
            self.kept = self.stream[:1]
            self.seconds.now += 0.1  # for the finger
        return super().answer(line)

    def press(self, keys: str) -> None:
        if not (self.quiet and keys):
            super().press(keys)
        self.quiet = self.quiet and not keys

    def _read(self, variable: str, files: str, most: str, options: str, tries: str, wait: str) -> int:
        self.seconds.now += 0.04 if self.kept else 0.2
        if self.kept:
            self.stream, self.kept, self.quiet = self.kept + self.stream, "", not self.again
        return super()._read(variable, files, most, options, tries, wait)


@given(st.lists(st.integers(0, 1), max_size=60), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_echo_of_a_key_is_no_key(key_time: Seconds, gaps: list[int], again: bool) -> None:
    key_time.step = 0.001
    channel = Burst(stream=EXPERT, gaps=[0, 0, 0, 0, *gaps], again=again, seconds=key_time)
    assert keys_of(events_of(channel, FORM)) == INPUTS


def test_an_expert_hears_the_first_prompt_only() -> None:
    channel, journal = Line(stream=EXPERT), MemoryJournal()
    events_of(channel, FORM, journal=journal)
    assert [files for files in channel.reads if files] == ["/sounds/zh/menu"]
    assert [step.said for step in journal.steps if step.said] == ["menu"]


def test_who_listens_hears_every_prompt_at_once(key_time: Seconds) -> None:
    key_time.step = 2.0
    channel = Line(stream=EXPERT)
    assert keys_of(events_of(channel, FORM)) == INPUTS
    prompts = [action.phrases[0].text for action in FORM if isinstance(action, Gather)]
    assert [files for files in channel.reads if files] == [f"/sounds/zh/{text}" for text in prompts]
    assert not any("0.5" in command for command in channel.commands)


def test_without_the_module_keys_are_read_as_ever() -> None:
    channel = Line(stream=EXPERT, notes_keys=False)
    assert keys_of(events_of(channel, FORM)) == INPUTS
    assert not any("ExecIf" in command for command in channel.commands)
    assert not any("remove" in command for command in channel.commands)


def test_read_is_believed_when_the_note_says_keys_twice() -> None:
    channel = Line(stream="021#", repeats=True)
    assert keys_of(events_of(channel, [Gather(phrases("a"), 24)])) == ["021"]


def test_what_has_to_be_heard_is_not_answered_by_keys_pressed_before() -> None:
    channel = Line(stream="4555578", gaps=[0] * 8 + [4])
    asked: list[Action] = [Gather(phrases("a")), Gather(phrases("b"), fresh=True), Gather(phrases("c"))]
    assert keys_of(events_of(channel, asked)) == ["4", "7", "8"]
    assert "/sounds/zh/b" in channel.reads


@pytest.mark.parametrize("action", [Say(phrases("sorry")), Say(())])
def test_keys_during_an_announcement_are_ignored(action: Action) -> None:
    channel = Line(stream="4779", gaps=[0] * 8 + [2])
    events = events_of(channel, [Gather(phrases("a")), action, Gather(phrases("b"))])
    assert keys_of(events)[0] == "4"
    assert "/sounds/zh/b" in channel.reads


def test_the_beginning_of_an_input_is_waited_for_in_silence_and_then_taken() -> None:
    channel = Line(stream="402", gaps=[0] * 8 + [2])
    events = events_of(channel, [Gather(phrases("a")), Gather(phrases("b"), 6, 5, 3)])
    assert keys_of(events) == ["4", "02"]
    assert "/sounds/zh/b" not in channel.reads
    assert any(',,4,,1,3"' in command or ",,4,,1,3)" in command for command in channel.commands)


def test_silence_is_no_input() -> None:
    assert events_of(Line(), [Gather(phrases("a"), 4, shorter=DATE)]) == [NoInput()]


def test_a_key_just_after_the_wait_counts() -> None:
    channel = Line(stream="7", gaps=[0] * 6 + [1])
    assert keys_of(events_of(channel, [Gather(phrases("a"), 1)])) == ["7"]


def test_an_endless_note_is_not_needed() -> None:
    channel = Line(stream="5" * 700)
    events = events_of(channel, [Gather(phrases("a"), 20)] * 35)
    assert keys_of(events) == ["5" * 20] * 35
    assert "ExecIf" not in channel.commands[-4]


def test_a_note_that_stands_still_is_believed_no_more() -> None:
    channel = Line(stream="45")
    channel.press = lambda keys: None  # type: ignore[method-assign]
    channel._value = lambda name: "9" if name.startswith("LEN") else FakeChannel._value(channel, name)  # type: ignore[method-assign]
    assert keys_of(events_of(channel, [Gather(phrases("a")), Gather(phrases("b"))])) == ["4", "5"]


@pytest.mark.parametrize("last", [Hangup(), Transfer("operator")])
def test_nothing_is_noted_after_the_dialogue(last: Action) -> None:
    channel = Line(stream="4")
    events_of(channel, [Gather(phrases("a")), last])
    assert channel.noting is False
    assert any("remove" in command for command in channel.commands)


def test_a_path_with_a_dollar_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.telephony.test_key_reader.sound", lambda phrase: f"/a$b/{phrase.text}")
    channel = Line(stream="4")
    assert keys_of(events_of(channel, [Gather(phrases("a", "b"))])) == ["4"]
    assert channel.reads == ["/a$b/a&/a$b/b"]


@pytest.mark.parametrize("at", range(16))
def test_a_hangup_at_any_command_ends_the_input(at: int) -> None:
    channel = Line(stream="4021#", hangup_at=at, gaps=[0] * 8 + [2])
    events = events_of(channel, [Gather(phrases("a")), Gather(phrases("b"), 24, shorter=STATION)])
    if channel.gone and len(events) < 3 and at < 10:
        assert events == [] or events[-1] == HungUp() or at >= len(channel.commands) - 4


@pytest.mark.parametrize(("twice", "step"), [("77", 0.04), ("7474", 0.02)])
def test_keys_that_are_noted_twice_while_something_is_looked_up_are_pressed_once(
    key_time: Seconds, twice: str, step: float
) -> None:
    """Seen on a busy machine: more keys are noted than can have been pressed since the note was read last."""
    key_time.step = step
    channel = Line(stream="5", seconds=key_time)
    expected = twice[: len(twice) // 2] + "9"
    answer = channel.answer

    def busy(line: bytes) -> bytes:
        if (
            channel.reads
            and channel.commands[-1].endswith('IVR_KEYS}:${IVR_NOTED}"')
            and twice not in channel.variables["IVR_NOTED"]
        ):
            channel.press(twice)
            channel.stream = "9"
        return answer(line)

    channel.answer = busy  # type: ignore[method-assign]
    asked: list[Action] = [Gather(phrases(text)) for text in ["a", *expected]]
    assert "".join(keys_of(events_of(channel, asked))) == f"5{expected}"
