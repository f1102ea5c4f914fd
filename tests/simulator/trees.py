"""Random menu files, with every construct of the language and perhaps with faults."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

from ivr.authoring.form_reader import FROM_THE_CALL
from ivr.authoring.part_reader import QUEUE_STATUSES
from ivr.authoring.queries import QUERIES
from ivr.dialogue.calendar import KINDS
from ivr.dialogue.notices import Notice
from ivr.dialogue.tree import Tree
from ivr.rail.answers import QuerySpec

from .callers import NOW

Files = dict[str, str]

_LABELS = ("余票查询", "列车时刻", "票价查询", "购票规定", "儿童购票", "退票改签", "区号查询")
_EN = ("tickets", "times", "fares", "rules", "children", "refunds", "codes")
_VERBS = ("say", "say", "menu", "menu", "form", "form", "form", "ask", "branch", "record", "end", "transfer")
_ASKS = tuple(
    name
    for name, spec in QUERIES.items()
    if not [taken for taken in spec.takes if taken not in FROM_THE_CALL]
)
CALENDAR = {
    "hours": {"daily": "06:00-23:00"},
    "holiday_hours": {"daily": "08:00-20:00"},
    "exceptions": {"2026-12-24": "closed"},
    "periods": {"rush": {"days": "2027-01-22 to 2027-03-02", "peak": "true"}},
}


QUEUES = {
    "queues": {
        "english": {"hours": {"daily": "08:00-20:00"}},
        "operator": {"hours": {"daily": "06:00-23:00"}},
    }
}


def random_files(draw: random.Random) -> Files:
    """The files of a menu folder by name; JSON is YAML. ``tree.yaml`` is the tree itself."""
    tree = _Tree(draw)
    files = {"tree.yaml": tree.file(), "calendar.yaml": CALENDAR, "queues.yaml": QUEUES, **tree.included}
    return {name: json.dumps(text, ensure_ascii=False) for name, text in files.items()}


def random_notices(draw: random.Random, tree: Tree) -> list[Notice]:
    """Some notices that are on air, some of them for one part or queue, some that are over soon."""
    return [
        Notice(
            number,
            dict.fromkeys(tree.languages, "部分列车停运。" if draw.random() < 0.5 else "请注意。"),
            NOW + timedelta(hours=draw.randrange(24 * 90)),
            draw.choice(["", "", *tree.parts]),
            draw.choice(["", "", "operator"]),
        )
        for number in range(1, draw.choice([1, 1, 2, 4]))
    ]


class _Tree:
    """One tree while it is made up."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.languages = draw.choice([["zh"], ["zh"], ["zh", "en"], ["en", "zh"]])
        self.names = [f"part_{number}" for number in range(draw.randrange(2, 9))]
        self.included: dict[str, Any] = {}
        self.fragment = draw.random() < 0.4

    def chance(self, share: float) -> bool:
        return self.draw.random() < share

    def file(self) -> dict[str, Any]:
        include = self.include() if self.chance(0.4) else []
        parts = {name: self.part() for name in self.names}
        parts["start"] = {"menu": self.options(), "intro": self.text("您好，请选择。", "Please choose.")}
        parts["agent"] = self.transfer()
        tree: dict[str, Any] = {
            "languages": self.languages,
            "start": "start",
            "defaults": self.defaults(),
            "parts": parts,
        }
        if self.fragment:
            tree["fragments"] = {"company": self.text("铁路", "railway", plain=True)}
            parts["start"]["intro"] = self.text("这里是<company>热线。", "This is the <company>.", plain=True)
        if include:
            tree["include"] = include
        if self.chance(0.2):
            tree["words"] = {"no_input": self.text("没有听到按键。", "No key.", plain=True)}
        return tree

    def include(self) -> list[dict[str, Any]]:
        """A file that is included once or twice."""
        self.included["leaflet.yaml"] = {
            "parameters": {"topic": "what", "next": "where"},
            "start": "told",
            "fragments": {"ask_for": self.text("请咨询车站", "Please ask", plain=True)},
            "parts": {
                "told": {
                    "say": self.text("<topic>，<ask_for>。", "<topic>, <ask_for>.", plain=True),
                    "then": "more",
                },
                "more": {"menu": self.options(["told", "<next>"])},
            },
        }
        copies = []
        for number in range(self.draw.randrange(1, 3)):
            topic = "宠物" if self.languages == ["zh"] else "pets" if self.languages == ["en"] else "G"
            given = {"topic": topic, "next": self.draw.choice([*self.names, "start", "agent"])}
            copies.append({"file": "leaflet.yaml", "as": f"leaflet_{number}", "with": given})
        self.names += [copy["as"] for copy in copies]
        own = self.names[: -len(copies)]
        self.names, self.targets = own, self.names
        return copies

    targets: list[str] = []

    def go(self) -> str:
        """Where an option leads."""
        return self.draw.choice([*(self.targets or self.names), "start", "agent"])

    def then(self) -> str:
        return self.draw.choice(
            [self.go(), self.go(), "back", "hangup", "again" if self.chance(0.1) else "start"]
        )

    def text(self, zh: str, en: str, *, plain: bool = False) -> Any:
        texts = {"zh": zh, "en": en}
        if len(self.languages) == 1 and (plain or self.chance(0.8)):
            return texts[self.languages[0]]
        return {language: texts[language] for language in self.languages}

    def defaults(self) -> dict[str, Any]:
        keys = {"0": "agent"} if self.chance(0.8) else {}
        if self.chance(0.7):
            keys["*"] = "repeat"
        if self.chance(0.7):
            keys["#"] = "back"
        found: dict[str, Any] = {
            "keys": keys,
            "then": self.draw.choice(["start", "back"]),
            "error": self.draw.choice(["agent", "start"]),
            "wait": "4s",
            **self.some_misses(0.6),
        }
        if self.chance(0.9):
            found["limits"] = {
                "length": f"{self.draw.randrange(1, 20)}m",
                "inputs": self.draw.randrange(5, 60),
                "silences": self.draw.randrange(1, 8),
                "mistakes": self.draw.randrange(1, 12),
                "then": self.draw.choice(["agent", "hangup", "start"]),
            }
        return found

    # --- pieces --------------------------------------------------------------------------------

    def options(self, goals: list[str] | None = None) -> dict[str, Any]:
        options: dict[str, Any] = {}
        for number in range(1, self.draw.randrange(2, 6)):
            goal = self.draw.choice(goals) if goals else self.go()
            options[str(number)] = {"label": self.text(_LABELS[number - 1], _EN[number - 1]), "go": goal}
            if self.chance(0.2):
                options[str(number)]["language"] = self.draw.choice(self.languages)
        if self.chance(0.15):
            options["0"] = {"label": self.text("人工服务", "an agent"), "go": "agent"}
        return options

    def some_misses(self, share: float) -> dict[str, Any]:
        return {kind: self.misses() for kind in ("no_input", "no_match", "partial") if self.chance(share)}

    def misses(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "tries": self.draw.randrange(4),
            "then": self.draw.choice([self.go(), "hangup"]),
        }
        if self.chance(0.3):
            said = [self.text("请按键。", "Choose a key."), self.text("请您现在按键。", "Choose a key now.")]
            found["say"] = said[: self.draw.randrange(1, 3)]
        return found

    def when(self) -> dict[str, Any]:
        kinds: list[dict[str, Any]] = [
            {"calendar": self.draw.choice([*KINDS, "rush"])},
            {"queue": f"operator {self.draw.choice(['open', 'closed'])}"},
            {"queue": "operator", "waiting": "over 20"},
            {"queue": "operator", "wait": "over 5m"},
            {"returning": "3d"},
            {"number": "138*"},
            {"caller": "elder"},
            {"chose": self.go()},
            {"language": self.draw.choice(self.languages)},
            {"queue_status": "timeout"},
        ]
        both = {**self.draw.choice(kinds), **self.draw.choice(kinds)}
        return (
            both
            if self.chance(0.2) and ("queue" in both or not {"wait", "waiting"} & set(both))
            else self.draw.choice(kinds)
        )

    def say(self, slots: dict[str, str], optional: set[str]) -> Any:
        """A sentence with some of the slots."""
        names = self.draw.sample(sorted(slots), min(len(slots), self.draw.randrange(4)))
        words = "，".join(f"[有{{{name}}}]" if name in optional else f"{{{name}}}" for name in names)
        return self.text(f"结果{words}。", f"Result {words.replace('有', 'has ').replace('，', ', ')}.")

    def reply(self, slots: dict[str, str], optional: set[str]) -> dict[str, Any]:
        found: dict[str, Any] = {} if self.chance(0.1) else {"say": self.say(slots, optional)}
        if self.chance(0.7):
            found["then"] = self.then()
        return found

    def answers(self, spec: QuerySpec, slots: dict[str, str]) -> dict[str, Any]:
        """A reply to every outcome."""
        answers: dict[str, Any] = {}
        for outcome, given in spec.outcomes.items():
            if (
                outcome == "one"
                and "many" in spec.outcomes
                and self.chance(0.3)
                and spec.outcomes["many"] == given
            ):
                continue
            optional = {name.split(".")[1] for name in spec.optional if name.startswith(f"{outcome}.")}
            answers[outcome] = self.reply({**slots, **given}, optional)
            if outcome in spec.items and self.chance(0.8):
                maybe = optional | {name.split(".")[1] for name in spec.optional if name.startswith("items.")}
                said = self.say({**slots, **given, **spec.items[outcome]}, maybe)
                answers[outcome] |= {"each": said, "at_a_time": self.draw.randrange(1, 4)}
            if spec.lists:
                answers[outcome]["lists"] = {
                    name: self.say(
                        dict(own), {o.split(".")[1] for o in spec.optional if o.startswith(f"{name}.")}
                    )
                    for name, own in spec.lists.items()
                }
        if self.chance(0.3):
            answers["error"] = self.reply({}, set())
        return answers

    # --- parts ---------------------------------------------------------------------------------

    def part(self) -> dict[str, Any]:
        verb = self.draw.choice(_VERBS)
        if verb == "say":
            return {"say": self.text("没有公告。", "No news."), "then": self.then()}
        if verb == "menu":
            found: dict[str, Any] = {"menu": self.options(), **self.some_misses(0.3)}
            found.pop("partial", None)
            if self.chance(0.3):
                found["outro"] = self.text("请您选择。", "Please choose.")
            return found
        if verb == "form":
            return self.form()
        if verb == "ask":
            name = self.draw.choice(_ASKS)
            return {"ask": name, "answers": self.answers(QUERIES[name], {})}
        if verb == "branch":
            cases = [{"when": self.when(), "go": self.go()} for _ in range(self.draw.randrange(1, 4))]
            return {"branch": cases, "then": self.go()}
        if verb == "record":
            answers = {outcome: self.reply({}, set()) for outcome in ("recorded", "empty", "error")}
            return {"record": self.text("请留言。", "Please speak."), "limit": "20s", "answers": answers}
        return (
            {"end": "finished", "say": self.text("再见。", "Goodbye.")} if verb == "end" else self.transfer()
        )

    def transfer(self) -> dict[str, Any]:
        found: dict[str, Any] = {"transfer": "operator", "say": self.text("正在转接。", "One moment.")}
        if self.chance(0.4):
            cases = [
                {"when": self.when(), "add": self.draw.randrange(9)} for _ in range(self.draw.randrange(1, 3))
            ]
            found["priority"] = cases
        if self.chance(0.2):
            found["skill"] = "english"
        if self.chance(0.5):
            back = [status for status in QUEUE_STATUSES if self.chance(0.6)]
            found["answers"] = {
                status: {"say": self.text("坐席全忙。", "All are busy."), "then": self.then()}
                for status in back
            }
        return found

    def form(self) -> dict[str, Any]:
        spec = QUERIES[self.draw.choice(sorted(QUERIES))]
        fields = {name: self.field(kind) for name, kind in spec.takes.items() if name != "seat"}
        choices = [name for name, field in fields.items() if "choice" in field]
        names = list(fields)
        if choices and names[-1] != choices[0] and self.chance(0.7):
            fields[names[-1]]["only"] = {choices[0]: "a"}
        pair = [name for name, field in fields.items() if "station" in field]
        if len(pair) == 2 and self.chance(0.7):
            fields[pair[1]]["not"] = pair[0]
        skipped = {name for name, field in fields.items() if "only" in field}
        slots = {name: "text" for name in fields if name not in skipped}
        body: dict[str, Any] = {"fields": fields, "ask": spec.name}
        if self.chance(0.6):
            body["read_back"] = self.say(slots, set())
        return {"form": body, "answers": self.answers(spec, slots), **self.some_misses(0.3)}

    def field(self, kind: str) -> dict[str, Any]:
        label = self.text("内容", "value")
        if self.chance(0.25):
            choices = {
                key: {"label": self.text(_LABELS[int(key)], _EN[int(key)]), "value": "ab"[int(key) - 1]}
                for key in "12"
            }
            return {"choice": choices, "label": label}
        known = kind if kind in ("station", "train", "city", "date") else "digits"
        found: dict[str, Any] = {known: label}
        if known == "digits":
            found |= {
                "keys": self.draw.choice(["4", "3 to 4", "2 to 8"]),
                "private": "true" if self.chance(0.2) else "false",
            }
        if self.chance(0.2):
            found |= {
                "prompt": self.text("请输入{label}。", "Please key in the {label}."),
                **self.some_misses(0.5),
            }
        return found
