"""A dialogue over AGI: the right commands, the right events, the right record; whoever carries the lines."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from ivr.dialogue.actions import Action, Ask, Gather, Hangup, Member, Say, Transfer
from ivr.dialogue.call import CallInfo
from ivr.dialogue.events import Answered, Digits, Event, HungUp, NoInput
from ivr.rail.answers import Answer
from ivr.telephony.agi_dialogue import AT_SEAT, REACH, Conversation, Desk, Performer, Sounds, describe, hold
from ivr.telephony.wire import GONE, Head, HeadParser, ReplyParser, WireFault
from tests.telephony.fake_agi import (
    CLOCK,
    FakeChannel,
    MemoryJournal,
    answer_of,
    phrases,
    seat,
    sound,
    tickets,
)


def run(
    channel: FakeChannel,
    conversation: Conversation = tickets,
    entry: str = "hotline",
    journal: Any = None,
    path: Any = sound,
) -> tuple[str, Any]:
    """A driver without any I/O."""
    journal = journal or MemoryJournal()
    head = HeadParser().feed(channel.head(entry))
    assert head is not None
    call = hold(Desk(conversation, journal, CLOCK, lambda: "r7"), head, entry)
    try:
        need = next(call)
        while True:
            given: Any = GONE
            if channel.gone:
                pass
            elif isinstance(need, Sounds):
                given = [path(phrase) for phrase in need.phrases]
            elif isinstance(need, Ask):
                given = answer_of(need)
            else:
                parser = ReplyParser(channel.answer(need.encode() + b"\n"))
                given = parser.next()
            need = call.send(given)
    except StopIteration as end:
        return end.value, journal


def test_a_call_to_its_end() -> None:
    channel = FakeChannel(keys=["4", "123456"])
    outcome, journal = run(channel)
    assert outcome == "completed"
    assert channel.played == [
        ["/sounds/zh/welcome", "/sounds/zh/menu"],
        ["/sounds/zh/which"],
        ["/sounds/zh/for 123456"],
    ]
    assert channel.commands == [
        'GET FULL VARIABLE "${CHANNEL(linkedid)}:${IVR_LANGUAGE}:${IVR_SURVEY}:${MEMBERNAME}"',
        'SET VARIABLE IVR_NOTED ""',
        'EXEC StoreDTMF "RX,IVR_NOTED"',
        'GET FULL VARIABLE "${IVR_NOTED}"',
        'SET VARIABLE TIMEOUT(response) "5"',
        'SET VARIABLE TIMEOUT(digit) "3"',
        'EXEC Exec "ExecIf($[${LEN(${IVR_NOTED})}=0]?Read(IVR_KEYS,/sounds/zh/welcome&/sounds/zh/menu,1,,1,)'
        ':Set(READSTATUS=EARLY))"',
        'GET FULL VARIABLE "${READSTATUS}:${IVR_KEYS}:${IVR_NOTED}"',
        'GET FULL VARIABLE "${IVR_NOTED}"',
        # the first key came at once, as from somebody who knows the menu: the next prompt waits for a moment
        'EXEC Exec "ExecIf($[${LEN(${IVR_NOTED})}=1]?Read(IVR_KEYS,,6,,1,0.5):Set(READSTATUS=EARLY))"',
        'GET FULL VARIABLE "${READSTATUS}:${IVR_KEYS}:${IVR_NOTED}"',
        'SET VARIABLE TIMEOUT(response) "8"',
        'SET VARIABLE TIMEOUT(digit) "4"',
        'EXEC Exec "ExecIf($[${LEN(${IVR_NOTED})}=1]?Read(IVR_KEYS,/sounds/zh/which,6,,1,):Set(READSTATUS=EARLY))"',
        'GET FULL VARIABLE "${READSTATUS}:${IVR_KEYS}:${IVR_NOTED}"',
        'EXEC Playback "/sounds/zh/for 123456"',
        'EXEC StoreDTMF "remove"',
        'SET VARIABLE IVR_NEXT "hangup"',
        'SET VARIABLE IVR_DONE "1"',
    ]
    (call, revision), *_ = journal.begun
    assert revision == "r7"
    assert (call.call_id, call.linked_id, call.caller, call.called) == (
        "1795308086.1",
        "1795308086.1",
        "13800005678",
        "12306",
    )
    assert [(s.seq, s.kind, s.keys, s.outcome) for s in journal.steps] == [
        (1, "gather", "4", "digits"),
        (2, "gather", "******", "digits"),
        (3, "ask", None, "for 123456"),
        (4, "say", None, "said"),
        (5, "hangup", None, "completed"),
    ]
    assert journal.ended == ["completed"]


def test_a_transfer_hands_over_to_the_dialplan_and_the_sign_comes_last() -> None:
    channel = FakeChannel(keys=["", "9"])
    outcome, journal = run(channel)
    assert outcome == "transferred"
    assert channel.commands[-11:] == [
        'SET VARIABLE IVR_NEXT "queue"',
        'SET VARIABLE IVR_QUEUE "operator"',
        'SET VARIABLE IVR_PRIORITY "2"',
        'SET VARIABLE IVR_LEVELS ""',
        'SET VARIABLE IVR_WAIT ""',
        'SET VARIABLE IVR_AGENT ""',
        'SET VARIABLE IVR_AGAIN ""',
        'SET VARIABLE IVR_PART "main"',
        'SET VARIABLE IVR_LIVE_KEYS ""',
        'SET VARIABLE IVR_TELL ""',
        'SET VARIABLE IVR_DONE "1"',
    ]
    assert sum("TIMEOUT(" in command for command in channel.commands) == 2  # the waits did not change
    assert [s.outcome for s in journal.steps] == ["no_input", "digits", "operator"]


@pytest.mark.parametrize("at", range(23))
@pytest.mark.parametrize("keys", [["4", "123456"], ["9"]])
def test_a_hangup_at_any_step_ends_the_dialogue_and_the_record(keys: list[str], at: int) -> None:
    channel = FakeChannel(keys=list(keys), hangup_at=at)
    outcome, journal = run(channel)
    if channel.gone:
        assert outcome == "hung_up" or journal.steps[-1].kind in ("transfer", "hangup")
        assert journal.steps[-1].outcome == "hung_up"
        assert "IVR_DONE" not in channel.variables or at == len(channel.commands) - 1
    assert len(journal.begun) == len(journal.ended) == 1


def one(action: Action, events: list[Event | None]) -> Conversation:
    def conversation(call: CallInfo) -> Generator[Action, Event, str]:
        event = yield action
        events.append(event)
        if not isinstance(event, HungUp):
            yield Hangup()
        return "completed"

    return conversation


@pytest.mark.parametrize(
    ("keys", "event"),
    [
        ("", NoInput()),
        ("#", Digits("")),
        ("12#", Digits("12")),
        ("12", Digits("12")),  # then silence: READSTATUS is TIMEOUT
        ("*", Digits("*")),
        ("1234567", Digits("1234")),
    ],
)
def test_keys(keys: str, event: Event) -> None:
    events: list[Event | None] = []
    run(FakeChannel(keys=[keys]), one(Gather(phrases("a"), 4), events))
    assert events == [event]


def test_a_missing_sound_still_leaves_time_to_press() -> None:
    events: list[Event | None] = []
    channel = FakeChannel(keys=["missing", "7"])
    run(channel, one(Gather(phrases("a")), events))
    assert events == [Digits("7")]
    assert channel.played == [["/sounds/zh/a"], [""]]


@pytest.mark.parametrize("action", [Gather(()), Gather(phrases("a"))])
def test_without_a_prompt_keys_are_still_collected(action: Gather) -> None:
    events: list[Event | None] = []
    run(FakeChannel(keys=["5"]), one(action, events), path=lambda phrase: "/x")
    assert events == [Digits("5")]


@pytest.mark.parametrize("kind", [Gather, Say])
def test_thirty_long_sounds_are_one_playback(kind: Any) -> None:
    texts = [f"{n:02}" + "声" * 30 for n in range(30)]
    events: list[Event | None] = []
    channel = FakeChannel(keys=["5"])
    run(channel, one(kind(phrases(*texts)), events))
    assert channel.played == [[f"/sounds/zh/{text}" for text in texts]]
    assert events[0] == Digits("5") or isinstance(events[0], Answered)


def test_a_hangup_while_long_sounds_are_named() -> None:
    texts = [f"{n:02}" + "声" * 30 for n in range(30)]
    for at in range(1, 4):
        events: list[Event | None] = []
        run(FakeChannel(hangup_at=at), one(Say(phrases(*texts)), events))
        assert events == [HungUp()]


def test_nothing_to_say_says_nothing() -> None:
    events: list[Event | None] = []
    channel = FakeChannel()
    run(channel, one(Say(()), events))
    assert channel.played == []
    assert isinstance(events[0], Answered)


def test_a_playback_that_asterisk_breaks_off_is_a_hangup() -> None:
    events: list[Event | None] = []
    channel = FakeChannel()
    channel._execute = lambda application, text: -1  # type: ignore[method-assign]
    run(channel, one(Say(phrases("a")), events))
    assert events == [HungUp()]


@pytest.mark.parametrize(
    ("code", "operation"),
    [
        ("*51", "sign_in"),
        ("*534", "pause"),
        ("51", "sign_in"),
        ("52", "sign_out"),
        ("53", "pause"),
        ("54", "unpause"),
        ("77", ""),
    ],
)
def test_a_seat_asks_for_what_its_agent_wants(code: str, operation: str) -> None:
    channel = FakeChannel(channel="PJSIP/1001-0000000a", args=(code,))
    assert run(channel, seat, "agent")[0] == f'{operation} of 1023,"x" at 1001'


def test_a_channel_that_is_no_seat_cannot_sign_in() -> None:
    assert run(FakeChannel(channel="Local/1001@x-0000000a;2", args=("51",)), seat, "agent")[0] == "error"


def test_a_seat_that_hangs_up_while_signing_in() -> None:
    call = CallInfo("17.0", entry="agent", facts={"seat": "1001"})
    performing = Performer(call).perform(Member("sign_in", "1023"), ())
    asked = next(performing)
    assert asked == Ask(AT_SEAT, {"operation": "sign_in", "staff": "1023", "reason": "", "seat": "1001"})
    with pytest.raises(StopIteration) as ended:
        performing.send(GONE)
    assert ended.value.value == HungUp()


def test_the_dialplan_learns_where_an_agent_is() -> None:
    head = Head({"uniqueid": "17.0"}, ("agent", "1023"))
    desk = Desk(seat, MemoryJournal(), CLOCK)
    asking = hold(desk, head, "reach")
    assert next(asking) == Ask(REACH, {"line": "agent", "staff": "1023"})
    assert asking.send(Answer("found", {"to": "1001"})) == 'SET VARIABLE IVR_TO "1001"'
    for answer in (GONE, Answer("absent"), Answer("error")):
        asking = hold(desk, head, "reach")
        next(asking)
        with pytest.raises(StopIteration) as ended:
            asking.send(answer)
        assert ended.value.value == "absent"


@pytest.mark.parametrize(
    ("entry", "args", "facts"),
    [
        ("after_queue", ("", "main"), {"queue_status": "answered", "part": "main"}),
        ("after_queue", ("CONTINUE",), {"queue_status": "answered", "part": ""}),
        ("after_queue", ("TIMEOUT", "x"), {"queue_status": "timeout", "part": "x"}),
        ("after_queue", ("FULL",), {"queue_status": "full", "part": ""}),
        ("after_queue", ("JOINEMPTY",), {"queue_status": "join_empty", "part": ""}),
        ("after_queue", ("LEAVEEMPTY",), {"queue_status": "leave_empty", "part": ""}),
        ("after_queue", ("JOINUNAVAIL",), {"queue_status": "unavailable", "part": ""}),
        ("after_queue", ("LEAVEUNAVAIL",), {"queue_status": "unavailable", "part": ""}),
        ("after_queue", ("WITHDRAW",), {"queue_status": "error", "part": ""}),
        ("after_queue", ("KEY2", "main"), {"queue_status": "key_2", "part": "main"}),
        ("agent", ("*5917",), {"operation": "callback", "key": "17"}),
        ("connected", (), {"staff": "1023"}),
        ("hotline", (), {}),
    ],
)
def test_facts_from_the_dialplan(entry: str, args: tuple[str, ...], facts: dict[str, str]) -> None:
    seen: list[CallInfo] = []

    def conversation(call: CallInfo) -> Generator[Action, Event, str]:
        seen.append(call)
        yield Hangup()
        return "completed"

    channel = FakeChannel(args=args, channel="PJSIP/a b-1")
    channel.variables |= {"MEMBERNAME": "1023", "CHANNEL(linkedid)": "17.0"}
    if entry == "after_queue":
        channel.variables |= {"IVR_QUEUE": "tickets", "IVR_PLACE": "1770685200"}
        facts = {**facts, "queue": "tickets", "place": "1770685200"}
    _, journal = run(channel, conversation, entry)
    assert seen[0].facts == facts
    assert seen[0].language == "zh"
    assert seen[0].entry == entry
    assert seen[0].linked_id == "17.0"
    assert journal.ended == ["completed"]


def test_the_wait_ends_in_the_queue_log_when_an_agent_answers() -> None:
    def greeting(_call: CallInfo) -> Generator[Action, Event, str]:
        assert channel.queue_log == [
            ["operator", "1795308086.1", "1023", "AGENTANSWER"]
        ]  # before a word is said
        yield Hangup()
        return "completed"

    channel = FakeChannel(variables={"MEMBERNAME": "1023", "QUEUENAME": "operator"})
    assert run(channel, greeting, "connected")[0] == "completed"
    back = FakeChannel(variables={"MEMBERNAME": "1023", "QUEUENAME": "operator"})
    run(back, tickets, "after_queue")
    assert back.queue_log == []


def test_the_language_that_a_caller_chose_comes_back_from_the_queue() -> None:
    seen: list[str] = []

    def conversation(call: CallInfo) -> Generator[Action, Event, str]:
        seen.append(call.language)
        yield Transfer("operator", language="en")
        return "transferred"

    channel = FakeChannel()
    run(channel, conversation)
    assert 'SET VARIABLE IVR_LANGUAGE "en"' in channel.commands
    again = FakeChannel(args=("TIMEOUT", "agent"))
    again.variables |= {"IVR_LANGUAGE": "en", "CHANNEL(linkedid)": "17.0"}
    run(again, conversation, "after_queue")
    assert seen == ["zh", "en"]
    assert not any("SET VARIABLE IVR_LANGUAGE" in command for command in again.commands)


def test_a_dialogue_that_fails_is_recorded_as_failed_and_leaves_the_caller_to_the_fallback() -> None:
    def conversation(call: CallInfo) -> Generator[Action, Event, str]:
        yield Say(phrases("a"))
        raise KeyError(call.caller)

    channel, journal = FakeChannel(), MemoryJournal()
    with pytest.raises(KeyError) as caught:
        run(channel, conversation, journal=journal)
    assert journal.ended == ["failed"]
    assert "IVR_DONE" not in channel.variables
    assert "13800005678" not in describe(caught.value)
    assert describe(caught.value).startswith("KeyError at ")
    assert describe(ValueError()) == "ValueError at ?"


@pytest.mark.parametrize("hangup_at", [None, 1])
def test_a_dialogue_that_does_not_end_is_stopped(hangup_at: int | None) -> None:
    def conversation(call: CallInfo) -> Generator[Action, Event, str]:
        while True:
            yield Hangup()

    with pytest.raises(RuntimeError):
        run(FakeChannel(hangup_at=hangup_at), conversation)


def test_an_unknown_action_is_a_fault() -> None:
    with pytest.raises(TypeError):
        run(FakeChannel(), one("dance", []))  # type: ignore[arg-type]


def test_a_journal_that_fails_harms_no_call(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(MemoryJournal):
        def step(self, call_id: str, step: Any) -> None:
            raise OSError("13800005678")

    channel = FakeChannel(keys=["4", "123456"])
    assert run(channel, journal=Broken())[0] == "completed"
    assert "not written down: OSError" in caplog.text
    assert "13800005678" not in caplog.text


def test_a_head_without_an_id_is_refused() -> None:
    head = HeadParser().feed(b"agi_network_script: hotline\n\n")
    assert head is not None
    with pytest.raises(WireFault):
        next(hold(Desk(tickets, MemoryJournal(), CLOCK), head, "hotline"))


def test_a_hangup_while_sounds_are_made() -> None:
    events: list[Event | None] = []

    def path(_phrase: object) -> str:
        channel.gone = True
        return "/x"

    channel = FakeChannel(hangup_at=0)
    run(channel, one(Say(phrases("a")), events), path=path)
    assert events == [HungUp()]
