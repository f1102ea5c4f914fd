"""Random callers, random answers, random trees: nothing here knows what a tree is for."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ivr.authoring.queries import QUERIES
from ivr.dialogue.actions import Action, Ask, Gather, Hangup, Member, Record, Say, Transfer
from ivr.dialogue.call import CallInfo
from ivr.dialogue.conditions import CALLER_HISTORY, QUEUE_STATE
from ivr.dialogue.engine import advance, begin
from ivr.dialogue.events import Answered, Digits, Event, HungUp, NoInput
from ivr.dialogue.session import Session
from ivr.dialogue.tree import Tree
from ivr.rail.answers import Answer
from ivr.rail.booking_number import with_check_digit
from ivr.rail.documents import check_sign

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
CALL = CallInfo("1795308086.1", caller="13800001234", called="12306")
_SPECS = {**QUERIES, CALLER_HISTORY.name: CALLER_HISTORY, QUEUE_STATE.name: QUEUE_STATE}
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


def answer(draw: random.Random, ask: Ask) -> Answer:
    """Any answer that the query may give, ``error`` too."""
    spec = _SPECS[ask.query]
    outcome = draw.choice([*spec.outcomes, "error"])
    if outcome == "error":
        return Answer(outcome)

    def fill(kinds: Any, place: str) -> dict[str, Any]:
        maybe = {name.split(".")[1] for name in spec.optional if name.startswith(f"{place}.")}
        return {n: value(draw, kind) for n, kind in kinds.items() if n not in maybe or draw.random() < 0.5}

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


def walk(tree: Tree, draw: random.Random, call: CallInfo = CALL, *, keep: bool = False) -> Walk:
    """Call ``tree`` once, on a clock that goes on while something is said. The engine may raise nothing."""
    now = NOW + timedelta(hours=draw.randrange(24 * 90))
    began = now
    done = Walk()
    session, actions = begin(tree, call, now)
    while actions:
        last = actions[-1]
        assert all(isinstance(action, Say) for action in actions[:-1])
        done.actions += len(actions)
        assert done.actions < 20_000, "the call does not end"
        if isinstance(last, (Gather, Record)):
            done.gathers += 1
            if keep and isinstance(last, Gather):
                done.stops = (*done.stops, (session, now))
        now += timedelta(seconds=draw.uniform(0.5, 25.0))
        answered: Event = HungUp() if isinstance(last, (Transfer, Hangup)) else event(draw, last)
        session, actions = advance(tree, session, answered, now)
    assert session.ended
    done.outcome, done.seconds = session.outcome, (now - began).total_seconds()
    return done


def reaches_agent(tree: Tree, session: Session, now: datetime, key: str, draw: random.Random) -> bool:
    """Whether the key that calls an agent everywhere leads to a transfer from here."""
    session, actions = advance(tree, session, Digits(key), now)
    for _ in range(50):
        if not actions:
            return False
        last = actions[-1]
        if isinstance(last, Transfer):
            return True
        if isinstance(last, Hangup):
            return False
        told = Digits(key) if isinstance(last, Gather) else event(draw, last)
        session, actions = advance(tree, session, told, now)
    return False


# --- trees ----------------------------------------------------------------------------------------


def random_tree(draw: random.Random) -> str:
    """A menu file (JSON is YAML) with an agent, some menus and anything else; perhaps with faults."""
    names = [f"part_{n}" for n in range(draw.randrange(2, 9))]
    parts = {name: part(draw, names) for name in names}
    parts["start"] = {"menu": options(draw, names), "intro": "您好，请选择。"}
    parts["agent"] = transfer(draw, names)
    keys = {"0": "agent"}
    if draw.random() < 0.7:
        keys["*"] = "repeat"
    if draw.random() < 0.7:
        keys["#"] = "back"
    defaults: dict[str, Any] = {
        "keys": keys,
        "then": draw.choice(["start", "back"]),
        "error": draw.choice(["agent", "start"]),
    }
    for kind in ("no_input", "no_match", "partial"):
        if draw.random() < 0.6:
            defaults[kind] = misses(draw, names)
    defaults["limits"] = {
        "length": f"{draw.randrange(1, 20)}m",
        "inputs": draw.randrange(5, 60),
        "silences": draw.randrange(1, 8),
        "mistakes": draw.randrange(1, 12),
        "then": draw.choice(["agent", "hangup", "start"]),
    }
    return json.dumps({"start": "start", "defaults": defaults, "parts": parts}, ensure_ascii=False)


def target(draw: random.Random, names: list[str]) -> str:
    return draw.choice([*names, *names, "start", "agent", "back", "hangup"])


def options(draw: random.Random, names: list[str]) -> dict[str, Any]:
    return {
        str(n): {"label": f"第{'一二三四五六七'[n - 1]}项", "go": draw.choice([*names, "start", "agent"])}
        for n in range(1, draw.randrange(2, 6))
    }


def misses(draw: random.Random, names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "tries": draw.randrange(4),
        "then": draw.choice([*names, "agent", "hangup", "start"]),
    }
    if draw.random() < 0.3:
        found["say"] = ["请按键。", "请您现在按键。"][: draw.randrange(1, 3)]
    return found


def conditions(draw: random.Random) -> dict[str, Any]:
    return draw.choice(
        [
            {"calendar": draw.choice(["open", "closed", "holiday", "workday", "peak"])},
            {"queue": f"operator {draw.choice(['open', 'closed'])}"},
            {"queue": "operator", "waiting": "over 20"},
            {"queue": "operator", "wait": "over 5m"},
            {"returning": "3d"},
            {"number": "138*"},
            {"chose": "start"},
        ]
    )


def transfer(draw: random.Random, names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"transfer": "operator", "say": "正在为您转接。"}
    if draw.random() < 0.5:
        found["priority"] = [{"when": conditions(draw), "add": draw.randrange(1, 9)}]
    if draw.random() < 0.5:
        found["answers"] = {"timeout": {"say": "坐席全忙。", "then": target(draw, names)}}
    return found


def reply(draw: random.Random, names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"say": "请听结果。"}
    if draw.random() < 0.7:
        found["then"] = target(draw, names)
    return found


def part(draw: random.Random, names: list[str]) -> dict[str, Any]:
    verb = draw.choice(
        ["say", "say", "menu", "menu", "form", "form", "ask", "branch", "record", "end", "transfer"]
    )
    if verb == "say":
        return reply(draw, names)
    if verb == "menu":
        found: dict[str, Any] = {"menu": options(draw, names)}
        for kind in ("no_input", "no_match"):
            if draw.random() < 0.3:
                found[kind] = misses(draw, names)
        return found
    if verb == "form":
        return form(draw, names)
    if verb == "ask":
        return {"ask": "presale", "answers": {"told": {**reply(draw, names), "say": "截止{last_day}。"}}}
    if verb == "branch":
        cases = [{"when": conditions(draw), "go": target(draw, names)} for _ in range(draw.randrange(1, 3))]
        return {"branch": cases, "then": target(draw, names)}
    if verb == "record":
        answers = {outcome: reply(draw, names) for outcome in ("recorded", "empty", "error")}
        return {"record": "请留言。", "answers": answers}
    return {"end": "finished", "say": "感谢来电。"} if verb == "end" else transfer(draw, names)


def form(draw: random.Random, names: list[str]) -> dict[str, Any]:
    name, fields = draw.choice(
        [
            (
                "timetable",
                {
                    "from": {"station": "出发站"},
                    "to": {"station": "到达站", "not": "from"},
                    "date": {"date": "日期"},
                },
            ),
            ("city_of_area_code", {"keys": {"digits": "区号", "keys": "3 to 4"}}),
            ("train_timetable", {"train": {"train": "车次"}, "date": {"date": "日期"}}),
            (
                "agent_pin",
                {
                    "staff": {
                        "choice": {
                            "1": {"label": "成人", "value": "a"},
                            "2": {"label": "儿童", "value": "b"},
                        },
                        "label": "票种",
                    },
                    "pin": {"digits": "口令", "keys": "4", "private": True, "only": {"staff": "a"}},
                },
            ),
        ]
    )
    spec = QUERIES[name]
    answers: dict[str, Any] = {}
    for outcome in spec.outcomes:
        answers[outcome] = reply(draw, names)
        if outcome in spec.items and draw.random() < 0.8:
            answers[outcome] |= {"each": "下一条。", "at_a_time": draw.randrange(1, 4)}
    body: dict[str, Any] = {"fields": json.loads(json.dumps(fields)), "ask": name}
    if draw.random() < 0.6:
        body["read_back"] = "请您确认。"
    found: dict[str, Any] = {"form": body, "answers": answers}
    if draw.random() < 0.4:
        found["partial"] = misses(draw, names)
    return found


def random_call(draw: random.Random) -> CallInfo:
    """A call to the hotline, sometimes one that is back from the queue."""
    if draw.random() < 0.15:
        status = draw.choice(["timeout", "full", "answered", "join_empty", "nonsense"])
        return replace(CALL, entry="after_queue", facts={"part": "agent", "queue_status": status})
    return CALL


def numbers(seed: int) -> Iterator[random.Random]:
    """One generator after the other, each with its own seed."""
    while True:
        yield random.Random(seed)
        seed += 1
