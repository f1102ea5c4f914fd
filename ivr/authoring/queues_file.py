"""Reads ``queues.yaml``: which queues there are, and how each hands its callers to agents.

::

    queues:
      operator: {label: 咨询}        # the general queue, with every agent; always there
      tickets:                       # agents with the skill tickets
        label: 票务
        weight: 2
        levels: 3                    # levels 1 to 3 are rung at first,
        widen: {60s: 6, 2m: 9}       # from these waits on others too
        longest_wait: 3m             # then the caller comes back to the menu (timeout)
        most_waiting: 30             # more are refused (full)
        hours: {weekdays: 08:00-18:00}
        codes: {31: 改签}              # what a call was about, besides the codes of all queues
    codes: {10: 余票, 20: 列车时刻}

A file that is missing is one general queue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from ivr.acd.roster import AGAIN, LEVELS
from ivr.authoring import grammar
from ivr.authoring.calendar_file import read_hours
from ivr.authoring.pieces import Pieces, seconds_of
from ivr.authoring.source import Source, nearest
from ivr.dialogue.queues import STRATEGIES, USUAL, Queue
from ivr.speech import LANGUAGES
from ivr.speech.voices import VOICES

FILE = "queues.yaml"
KEYS = (
    "label",
    "strategy",
    "weight",
    "levels",
    "widen",
    "most_waiting",
    "longest_wait",
    "service_level",
    "ring",
    "wrapup",
    "announce",
    "hours",
    "language",
    "number",
    "codes",
    "sticky",
)
TOP = ("queues", "codes")
CODE = r"[0-9]{1,4}"
#: The key of a time → the longest there may be, in seconds.
TIMES = {
    "longest_wait": 7200,
    "service_level": 600,
    "ring": 120,
    "wrapup": 600,
    "announce": 600,
    "sticky": 30 * 86_400,
}
#: Within how many seconds a queue has to be widened: who waits longer is served by another rule.
_LONGEST_S = 7200
#: A heavier queue than the heaviest changes nothing.
HEAVIEST = 1000
NAME = r"[a-z][a-z0-9_]{0,39}"
#: Words that mean something else in Asterisk's own file of queues.
TAKEN = ("general", "usual", AGAIN)
NEVER = "never"


def read_queues(path: Path) -> tuple[dict[str, Queue], Source]:
    """The queues of a file by name, as far as they can be read, and the source with its faults."""
    source = Source(path)
    top = source.known(source.root("the queues", may_be_empty=True), "the queues", TOP)
    codes = _codes(source, top["codes"], {}) if "codes" in top else {}
    queues = {name: replace(queue, codes=codes) for name, queue in USUAL.items()}
    for name, key, node in source.pairs(top["queues"], "queues") if "queues" in top else ():
        if name in TAKEN:
            source.fault(
                key, grammar.taken_name, f"'{name}' means something already; give the queue another name"
            )
        elif not re.fullmatch(NAME, name):
            message = (
                f"a queue cannot be called '{name}'; its name is of a-z, 0-9 and _, and begins with a letter"
            )
            source.fault(key, grammar.wrong_value, message)
        else:
            queue = queues[name] = _QueueReader(source, name, codes).queue(node)
            for other in list(queues.values())[:-1]:
                if queue.number is not None and other is not queue and other.number == queue.number:
                    message = f"queue '{other.name}' has the number {queue.number} already"
                    source.fault(key, grammar.contradiction, message)
    return queues, source


def _codes(source: Source, node: yaml.Node, general: Mapping[str, str]) -> dict[str, str]:
    """What calls are about, code → label, with the ``general`` ones of all queues."""
    codes = dict(general)
    for code, key, value in source.pairs(node, "codes"):
        label = source.word(value, f"code {code}")
        if not re.fullmatch(CODE, code):
            source.fault(key, grammar.wrong_value, f"'{code}' is no code; a code has 1 to 4 digits")
        elif code in general:
            source.fault(key, grammar.contradiction, f"code {code} is '{general[code]}' in all queues")
        elif label in codes.values():
            source.fault(key, grammar.contradiction, f"two codes are called '{label}'")
        elif label:
            codes[code] = label
    return codes


class _QueueReader:
    """Reads one queue. ``codes``: what calls of all queues may be about."""

    def __init__(self, source: Source, name: str, codes: Mapping[str, str]) -> None:
        self.source = source
        self.codes = codes
        self.pieces = Pieces(source, ("zh",))
        self.name = name

    def queue(self, node: yaml.Node) -> Queue:
        given = self.source.known(node, f"queue '{self.name}'", KEYS)
        usual = Queue(self.name)
        levels = self._level(given["levels"], "levels") if "levels" in given else LEVELS
        return Queue(
            self.name,
            self.source.word(given["label"], "label") if "label" in given else "",
            self._strategy(given),
            self._number(given["weight"], "weight", HEAVIEST) if "weight" in given else usual.weight,
            levels,
            self._widen(node, given, levels),
            self._number(given["most_waiting"], "most_waiting", 10_000) if "most_waiting" in given else 0,
            self._announce(given.get("announce"), usual.announce_s),
            self._time(given, "ring"),
            self._time(given, "wrapup"),
            self._time(given, "longest_wait"),
            self._time(given, "service_level"),
            read_hours(self.source, given["hours"], "hours") if "hours" in given else None,
            self._language(given["language"]) if "language" in given else "",
            self._digit(given["number"]) if "number" in given else None,
            _codes(self.source, given["codes"], self.codes) if "codes" in given else self.codes,
            self._time(given, "sticky") or 0,
        )

    def _digit(self, node: yaml.Node) -> int | None:
        text = self.source.word(node, "number")
        if text and not re.fullmatch("[0-8]", text):  # *69 is the survey
            self.source.fault(
                node, grammar.wrong_value, f"number must be one digit from 0 to 8, not '{text}'"
            )
            return None
        return int(text) if text else None

    def _language(self, node: yaml.Node) -> str:
        language = self.source.word(node, "language")
        known = [*LANGUAGES, *VOICES]
        if language and language not in known:
            message = f"there is no language '{language}'; {nearest(language, known)}"
            self.source.fault(node, grammar.unknown_name, message)
        return language

    def _strategy(self, given: Mapping[str, yaml.Node]) -> str:
        if "strategy" not in given:
            return STRATEGIES[0]
        strategy = self.source.word(given["strategy"], "strategy")
        if strategy and strategy not in STRATEGIES:
            message = f"there is no strategy '{strategy}'; {nearest(strategy, STRATEGIES)}"
            self.source.fault(given["strategy"], grammar.unknown_name, message)
            return STRATEGIES[0]
        return strategy

    def _number(self, node: yaml.Node, what: str, most: int) -> int:
        number = self.source.number(node, what)
        if number > most:
            self.source.fault(node, grammar.wrong_value, f"{what} is {number}; it is at most {most}")
        return number

    def _level(self, node: yaml.Node, what: str) -> int:
        text = self.source.word(node, what)
        if text and not re.fullmatch(rf"[1-{LEVELS}]", text):
            message = f"{what} must be a level from 1 to {LEVELS}, not '{text}'"
            self.source.fault(node, grammar.wrong_value, message)
            return LEVELS
        return int(text or LEVELS)

    def _time(self, given: Mapping[str, yaml.Node], key: str) -> int | None:
        if key not in given:
            return None
        if key == "wrapup" and self.source.word(given[key], key) == "0s":
            return 0
        return max(1, round(self.pieces.duration(given[key], key, TIMES[key])))

    def _announce(self, node: yaml.Node | None, usual: int) -> int:
        if node is None:
            return usual
        if self.source.word(node, "announce") == NEVER:
            return 0
        seconds = round(self.pieces.duration(node, "announce", TIMES["announce"]))
        if seconds < 15:  # the voice would hardly stop
            self.source.fault(node, grammar.wrong_value, f"announce must be at least 15s, or {NEVER}")
        return seconds

    def _widen(
        self, node: yaml.Node, given: Mapping[str, yaml.Node], levels: int
    ) -> tuple[tuple[int, int], ...]:
        steps: list[tuple[int, int]] = []
        last = (0, levels)
        for text, key, value in self.source.pairs(given["widen"], "widen") if "widen" in given else ():
            after, level = round(seconds_of(text)), self._level(value, f"widen after {text}")
            if not 0 < after <= _LONGEST_S:
                self.source.fault(key, grammar.wrong_value, f"widen: '{text}' is no time such as 60s or 2m")
            elif after <= last[0] or level <= last[1]:
                message = (
                    f"widen: {text} does not come after {last[0]}s with levels to {last[1]}, or adds no level"
                )
                self.source.fault(key, grammar.contradiction, message)
            else:
                last = (after, level)
                steps.append(last)
        if last[1] < LEVELS and not self.source.faults:
            message = (
                f"queue '{self.name}': agents of levels {last[1] + 1} to {LEVELS} never get a caller; "
                f"let widen end at {LEVELS}"
            )
            self.source.fault(given.get("widen", given["levels"]), grammar.contradiction, message)
        return tuple(steps)
