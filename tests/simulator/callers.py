"""Random callers and random answers: nothing here knows what a tree is for."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ivr.authoring.queries import QUERIES
from ivr.dialogue.actions import Action, Ask, Gather, Hangup, Member, Record, Say, Survey, Transfer
from ivr.dialogue.call import CallInfo
from ivr.dialogue.conditions import CALLER_HISTORY, CALLER_MARKS, LAST_AGENT, QUEUE_STATE
from ivr.dialogue.engine import advance, begin
from ivr.dialogue.events import Answered, Digits, Event, HungUp, NoInput
from ivr.dialogue.forms import LAST_CHOICE
from ivr.dialogue.notices import Notice
from ivr.dialogue.session import Session
from ivr.dialogue.tree import Tree
from ivr.rail.answers import LIST, Answer
from ivr.rail.booking_number import with_check_digit
from ivr.rail.documents import check_sign

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
CALL = CallInfo("1795308086.1", caller="13800001234", called="12306")
_SPECS = {
    **QUERIES,
    CALLER_HISTORY.name: CALLER_HISTORY,
    QUEUE_STATE.name: QUEUE_STATE,
    LAST_CHOICE.name: LAST_CHOICE,
    CALLER_MARKS.name: CALLER_MARKS,
    LAST_AGENT.name: LAST_AGENT,
}
_NAMES = [
    {"code": f"c{n}", "zh": name} for n, name in enumerate(["上海", "北京", "天津", "重庆", "广州", "西安"])
]


def value(draw: random.Random, kind: str) -> Any:
    """A value of a slot type."""
    if kind == "named":
        return draw.choice(_NAMES)
    return {
        "time": f"{draw.randrange(30):02d}:{draw.randrange(60):02d}",
        "date": (NOW + timedelta(draw.randrange(20))).date().isoformat(),
        "money": f"{draw.randrange(2000)}.5",
        "train": f"G{draw.randrange(1, 9999)}",
        "count": draw.randrange(900),
        "number": draw.randrange(900),
        "minutes": draw.randrange(900),
        "digits": f"0{draw.randrange(10, 999)}",
        "key": "1",
        "grouped": "825317097",
        "document": "11010519491231002X",
        "text": "样例",
    }[kind]


def answer(draw: random.Random, ask: Ask, outcome: str = "") -> Answer:
    """An answer that the query may give: any, ``error`` too, or one with that outcome."""
    spec = _SPECS[ask.query]
    outcome = outcome or draw.choice([*spec.outcomes, "error"])
    if outcome == "error":
        return Answer(outcome)

    def fill(kinds: Any, place: str) -> dict[str, Any]:
        maybe = {name.split(".")[1] for name in spec.optional if name.startswith(f"{place}.")}
        return {n: of(n, kind) for n, kind in kinds.items() if n not in maybe or draw.random() < 0.5}

    def of(name: str, kind: str) -> Any:
        if kind != LIST:
            return value(draw, kind)
        return [fill(spec.lists[name], name) for _ in range(draw.randrange(1, 4))]

    kinds = spec.items.get(outcome)
    rows = [fill(kinds, "items") for _ in range(draw.randrange(1, 9))] if kinds else []
    return Answer(outcome, fill(spec.outcomes[outcome], outcome), tuple(rows))


def _resident_id(draw: random.Random) -> str:
    digits = f"110105{draw.randrange(1950, 2024)}0{draw.randrange(1, 10)}1{draw.randrange(10)}{draw.randrange(1000):03}"
    return (digits + check_sign(digits)).replace("X", "*")


#: How many keys an input takes → keys that its check digit fits.
_CHECKED: Mapping[int, Callable[[random.Random], str]] = {
    18: _resident_id,
    9: lambda draw: with_check_digit(f"{draw.randrange(10**8):08}"),
}


def keyed(draw: random.Random, gather: Gather) -> Event:
    """What a caller may do at an input: keys that fit or not, silence, hanging up."""
    dice = draw.random()
    if dice < 0.04:
        return HungUp()
    if dice < 0.12:
        return NoInput()
    if gather.max_keys in _CHECKED and dice < 0.8:
        return Digits(_CHECKED[gather.max_keys](draw))
    if dice < 0.75:
        return Digits(draw.choice("1123456789"))
    return Digits("".join(draw.choice("0123456789*") for _ in range(draw.randrange(gather.max_keys + 1))))


def event(draw: random.Random, action: Action) -> Event:
    """What answers an action."""
    if isinstance(action, Gather):
        return keyed(draw, action)
    if isinstance(action, Ask):
        return Answered(answer(draw, action))
    if isinstance(action, Member):
        return Answered(Answer(draw.choice(["done", "already", "absent", "error"])))
    if isinstance(action, Record):
        return Answered(Answer(draw.choice(["recorded", "empty", "error"])))
    return Answered(Answer("said"))


@dataclass
class Walk:
    """What a random call was: how many inputs, how long, the sessions at its inputs."""

    outcome: str = ""
    gathers: int = 0
    actions: int = 0
    seconds: float = 0.0
    stops: tuple[tuple[Session, datetime], ...] = ()


def walk(
    tree: Tree,
    draw: random.Random,
    call: CallInfo = CALL,
    *,
    keep: bool = False,
    notices: Sequence[Notice] = (),
) -> Walk:
    """Call ``tree`` once, on a clock that goes on while something is said. The engine may raise nothing."""
    now = NOW + timedelta(hours=draw.randrange(24 * 90))
    began = now
    done = Walk()
    session, actions = begin(tree, call, now, notices)
    while actions:
        last = actions[-1]
        assert all(isinstance(action, (Say, Survey)) for action in actions[:-1])
        done.actions += len(actions)
        assert done.actions < 20_000, "the call does not end"
        if isinstance(last, (Gather, Record)):
            done.gathers += 1
            if keep and isinstance(last, Gather):
                done.stops = (*done.stops, (session, now))
        now += timedelta(seconds=draw.uniform(0.5, 25.0))
        answered: Event = HungUp() if isinstance(last, (Transfer, Hangup)) else event(draw, last)
        session, actions = advance(tree, session, answered, now, notices)
    assert session.ended
    done.outcome, done.seconds = session.outcome, (now - began).total_seconds()
    return done


#: Moments between which a calendar decides otherwise. At the first one the queues are open.
_MOMENTS = (NOW, NOW.replace(hour=3), NOW.replace(month=10, day=1), NOW.replace(month=2, day=10))
_MOST_STEPS = 400


def reaches_agent(tree: Tree, session: Session, now: datetime, draw: random.Random) -> bool:
    """Whether keys, silences and answers can lead from here to a transfer: the key that calls an agent everywhere
    at once, or else some way, at some time of the year, for some caller with a fresh call: what a branch asks about
    the time, the queue and the caller is taken as so and as not so."""
    if any(_at_once(tree, session, now, key, draw) for key, to in tree.keys.items() if to == "agent"):
        return True
    fresh = session.but(totals={}, misses={}, over_limit=False)
    calls = (session.call, replace(session.call, facts={"queue_status": "timeout"}, caller="010"))
    return any(
        _by_some_way(
            tree,
            fresh.but(began=moment.isoformat(), call=call, language=language, visited=visited),
            moment,
            draw,
        )
        for visited in (session.visited, list(tree.parts), [])
        for call in calls
        for moment in (*_MOMENTS, now)
        for language in (session.language, *tree.languages)
    )


def _at_once(tree: Tree, session: Session, now: datetime, key: str, draw: random.Random) -> bool:
    session, actions = advance(tree, session, Digits(key), now)
    for _ in range(50):
        if not actions or isinstance(actions[-1], Hangup):
            return False
        last = actions[-1]
        if isinstance(last, Transfer):
            return True
        told = Digits(key) if isinstance(last, Gather) else event(draw, last)
        session, actions = advance(tree, session, told, now)
    return False


def _by_some_way(tree: Tree, session: Session, now: datetime, draw: random.Random) -> bool:
    todo: deque[tuple[Session, Action]] = deque([(session, Gather(()))])
    seen: set[str] = set()
    for _ in range(_MOST_STEPS):
        if not todo:
            return False
        session, action = todo.popleft()
        for told in _everything(action, draw):
            after, actions = session, [action]
            for _ in range(7 if told in _MISSES else 1):  # a caller who misses until it leads elsewhere
                after, actions = advance(tree, after.but(totals={}), told, now)
                if not actions or not isinstance(actions[-1], Gather) or after.part != session.part:
                    break
            if actions and isinstance(actions[-1], Transfer):
                return True
            if not actions or isinstance(actions[-1], Hangup):
                continue
            place = repr((after.part, after.phase, after.field_index, after.known, after.history[-2:]))
            if place not in seen or draw.random() < 0.1:  # what was keyed before may matter too
                seen.add(place)
                todo.append((after.but(misses={}), actions[-1]))
    return False


#: Silence, what is never right, and what may be too little.
_MISSES = (NoInput(), Digits("**"), Digits("1"))
_STATES = ({"agents": 0, "waiting": 0, "wait_s": 0}, {"agents": 3, "waiting": 50, "wait_s": 5000})


def _everything(action: Action, draw: random.Random) -> list[Event]:
    """Everything of a kind that may answer an action."""
    if isinstance(action, Gather):
        keys = [Digits(key) for key in "0123456789"]
        return [*keys, Digits("1" * max(4, action.max_keys // 2)), Digits(""), *_MISSES]
    if isinstance(action, Ask):
        if action.query == QUEUE_STATE.name:
            return [Answered(Answer("known", state)) for state in _STATES]
        if action.query == CALLER_HISTORY.name:
            return [Answered(Answer("new")), Answered(Answer("known", {"calls": 1, "days": 1}))]
        return [Answered(answer(draw, action, outcome)) for outcome in _SPECS[action.query].outcomes]
    outcomes = ("recorded", "empty") if isinstance(action, Record) else ("said",)
    return [Answered(Answer(outcome)) for outcome in outcomes]


def random_call(draw: random.Random) -> CallInfo:
    """A call to the hotline, sometimes in another language, sometimes one that is back from the queue."""
    call = replace(CALL, language=draw.choice(["zh", "zh", "en", "ru"]))
    if draw.random() < 0.15:
        status = draw.choice(
            ["timeout", "full", "answered", "join_empty", "leave_empty", "unavailable", "error", "nonsense"]
        )
        return replace(call, entry="after_queue", facts={"part": "agent", "queue_status": status})
    return call


def numbers(seed: int) -> Iterator[random.Random]:
    """One generator after the other, each with its own seed."""
    while True:
        yield random.Random(seed)
        seed += 1
