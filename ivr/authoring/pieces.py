"""What all readers of menu files share: texts, times, tries, conditions."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

import yaml

from ivr.acd.caller import MARKS
from ivr.authoring import grammar
from ivr.authoring.source import Source, nearest
from ivr.authoring.translations import Translations
from ivr.dialogue.calendar import KINDS
from ivr.dialogue.queues import USUAL
from ivr.dialogue.tree import KEY_WORDS, NEXT_LANGUAGE, Condition, Misses, Text, Tries

#: The keys that can mean something everywhere.
GLOBAL_KEYS = ("*", "#", "0")
MISSES = ("no_input", "no_match", "partial")
#: Facts of a call that a branch may ask for.
FACTS = ("operation", "key", "queue_status")
#: The kinds of condition an admin may write.
CONDITIONS = (
    *FACTS,
    "calendar",
    "language",
    "number",
    "caller",
    "chose",
    "returning",
    "queue",
    "waiting",
    "wait",
)

#: One word, in any script, without the punctuation of ASCII but - and _.
NAME = r"[^\s!-,./:-@\[-^`{-~]+"

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(s|m|h|d)")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_OVER = re.compile(r"over\s+(.+)")
_FRAGMENT = re.compile(r"<([A-Za-z_][A-Za-z0-9_]*)>")
_NUMBER = re.compile(r"\+?[0-9]+\*?")


class Pieces:
    """Reads pieces from one source. ``periods``: the names of the calendar's periods; ``queues``: the
    queues there are; ``languages``: those every text must have; ``fragments``: what ``<name>``
    stands for in texts; ``translations``: what texts in one language are completed from;
    ``complete``: whether a text needs all languages."""

    def __init__(
        self,
        source: Source,
        languages: tuple[str, ...],
        periods: Iterable[str] = (),
        queues: Iterable[str] = USUAL,
        fragments: Mapping[str, Text] | None = None,
        translations: Translations | None = None,
        *,
        complete: bool = True,
    ) -> None:
        self.source = source
        self.fragments = {} if fragments is None else fragments
        self.translations = translations
        self.complete = complete
        self.languages = languages
        self.periods = tuple(periods)
        self.queues = tuple(queues)

    def name(self, node: yaml.Node, name: str) -> None:
        """Note a name of a part that transcripts, pictures and the dialplan could not carry."""
        if name and not re.fullmatch(NAME, name):
            self.source.fault(
                node,
                grammar.wrong_value,
                f"a part cannot be called '{name}'; its name is one word of letters, digits, _ and -",
            )

    # --- texts -------------------------------------------------------------------------------

    def text(self, node: yaml.Node, what: str) -> Text:
        """A text in one language, or a map from language to text; what is missing comes from the translations."""
        first = self.languages[0]
        in_map = isinstance(node, yaml.MappingNode)
        texts = self.source.known(node, what, self.languages) if in_map else {first: node}
        spoken = {
            language: self._spoken(self.source, value, what, language) for language, value in texts.items()
        }
        original = self.source.word(texts[first], what) if first in texts else ""
        missing = []
        for language in self.languages:
            if language not in texts:
                found = self.translations.find(original, language) if self.translations else None
                if found is None:
                    missing.append(language)
                else:
                    spoken[language] = self._spoken(*found, what, language)
        if missing and (self.complete or first in missing):
            mend = "add it" if in_map else f"write {{{first}: …, {missing[0]}: …}}"
            mend += f", or put it into {self.translations.name}" if self.translations else ""
            names = ", ".join(f"'{language}'" for language in missing)
            self.source.fault(node, grammar.missing_text, f"{what} has no text for {names}; {mend}")
        return spoken

    def _spoken(self, source: Source, node: yaml.Node, what: str, language: str) -> str:
        def fragment(match: re.Match[str]) -> str:
            if match[1] in self.fragments:
                return self.fragments[match[1]].get(language, "")
            if match[1] in self.source.missing:
                return ""
            source.fault(
                node,
                grammar.unknown_name,
                f"there is no fragment or parameter '{match[1]}'; {nearest(match[1], self.fragments)}",
            )
            return ""

        return _FRAGMENT.sub(fragment, source.word(node, what))

    def optional_text(self, values: Mapping[str, yaml.Node], key: str, what: str) -> Text | None:
        """The text under ``key``, if there is one."""
        return self.text(values[key], what) if key in values else None

    def language(self, node: yaml.Node) -> str:
        """One of the languages of the menu."""
        language = self.source.word(node, "language")
        if language and language not in self.languages:
            message = f"the menu has no language '{language}'; {nearest(language, self.languages)}"
            self.source.fault(node, grammar.unknown_name, message)
        return language

    def keys(self, node: yaml.Node, what: str) -> dict[str, str]:
        """What ``*``, ``#`` and ``0`` mean: a way, or one of :data:`KEY_WORDS`."""
        keys = {}
        for key, place, value in self.source.pairs(node, what):
            if key not in GLOBAL_KEYS:
                message = f"'{key}' cannot mean the same everywhere; only *, # and 0 can"
                self.source.fault(place, grammar.wrong_value, message)
            meaning = self.source.word(value, f"key {key}")
            if meaning == NEXT_LANGUAGE and len(self.languages) == 1:
                message = f"there is no other language than '{self.languages[0]}'; add one to languages"
                self.source.fault(value, grammar.wrong_value, message)
            elif meaning not in KEY_WORDS:
                meaning = self.source.target(value, f"key {key}")
            keys[key] = meaning
        return keys

    # --- times and numbers -------------------------------------------------------------------

    def duration(self, node: yaml.Node, what: str, most_s: float = math.inf) -> float:
        """Seconds of ``5s``, ``20m``, ``1h`` or ``3d``, at most ``most_s``."""
        text = self.source.word(node, what)
        seconds = seconds_of(text)
        if seconds and seconds > most_s:
            self.source.fault(node, grammar.wrong_value, f"{what} is {text}; it is at most {most_s:g}s")
        if seconds:
            return seconds
        if text:
            self.source.fault(
                node, grammar.wrong_value, f"{what} must be a time such as 5s, 20m, 1h or 3d, not '{text}'"
            )
        return 1.0

    # --- tries -------------------------------------------------------------------------------

    def tries(self, values: Mapping[str, yaml.Node], default: Tries) -> Tries:
        """The ways to miss, each ``{tries, then, say}``, over what holds otherwise."""
        return Tries(*(self._misses(values, kind, getattr(default, kind)) for kind in MISSES))

    def _misses(self, values: Mapping[str, yaml.Node], kind: str, default: Misses) -> Misses:
        if kind not in values:
            return default
        given = self.source.known(values[kind], kind, ("tries", "then", "say"))
        return Misses(
            self.source.number(given["tries"], f"{kind}: tries") if "tries" in given else default.tries,
            self.source.target(given["then"], f"{kind}: then") if "then" in given else default.then,
            self._texts(given["say"], f"{kind}: say") if "say" in given else default.say,
        )

    def _texts(self, node: yaml.Node, what: str) -> tuple[Text, ...]:
        if isinstance(node, yaml.SequenceNode):
            return tuple(self.text(item, what) for item in node.value)
        return (self.text(node, what),)

    # --- conditions --------------------------------------------------------------------------

    def conditions(self, node: yaml.Node) -> tuple[Condition, ...]:
        """All of a ``when``: every one of them must be so."""
        given = self.source.known(node, "when", CONDITIONS)
        if not given and isinstance(node, yaml.MappingNode) and not node.value:
            self.source.fault(node, grammar.missing_key, f"when is empty; known are: {', '.join(CONDITIONS)}")
        queue = self._queue(given, node)
        conditions = []
        for kind, value in given.items():
            condition = self._condition(kind, value, queue)
            if condition is not None:
                conditions.append(condition)
        return tuple(conditions)

    def _queue(self, given: Mapping[str, yaml.Node], node: yaml.Node) -> str:
        """The queue that ``waiting`` and ``wait`` are about: named beside them."""
        if "queue" not in given:
            if "waiting" in given or "wait" in given:
                self.source.fault(
                    node, grammar.missing_key, "waiting and wait need a queue beside them: queue: operator"
                )
            return ""
        words = self.source.word(given["queue"], "queue").split()
        if words and words[0] not in self.queues:
            hint = nearest(words[0], self.queues)
            self.source.fault(given["queue"], grammar.unknown_name, f"there is no queue '{words[0]}'; {hint}")
        elif len(words) == 1 and not {"waiting", "wait"} & {*given}:
            message = (
                f"queue says nothing about '{words[0]}': add open or closed, or waiting or wait beside it"
            )
            self.source.fault(given["queue"], grammar.missing_key, message)
        return words[0] if words else ""

    def _condition(self, kind: str, node: yaml.Node, queue: str) -> Condition | None:
        value = self.source.word(node, kind)
        if not value:
            return None
        if kind in FACTS:
            return Condition("fact", value, kind)
        if kind == "queue":
            return self._queue_state(node, value, queue)
        if kind in ("waiting", "wait"):
            return self._over(node, kind, value, queue)
        if kind == "returning":
            return Condition(kind, limit=self.duration(node, "returning") / _UNITS["d"])
        if kind == "calendar":
            known = (*KINDS, *self.periods)
            if value not in known:
                self.source.fault(
                    node, grammar.unknown_name, f"the calendar knows no '{value}'; {nearest(value, known)}"
                )
        elif kind == "number" and not _NUMBER.fullmatch(value):
            self.source.fault(
                node,
                grammar.wrong_value,
                f"number must be digits, with * at the end for any more, not '{value}'",
            )
        elif kind == "caller" and value not in MARKS:
            self.source.fault(
                node, grammar.unknown_name, f"callers are not marked '{value}'; {nearest(value, MARKS)}"
            )
        elif kind == "chose":
            value = self.source.target(node, kind)
        elif kind == "language":
            value = self.language(node)
        return Condition(kind, value)

    def _queue_state(self, node: yaml.Node, value: str, queue: str) -> Condition | None:
        words = value.split()
        if len(words) == 1:
            return None  # it only names the queue for what stands beside it
        if len(words) == 2 and words[1] in ("open", "closed"):
            return Condition("queue", words[1], queue)
        self.source.fault(
            node, grammar.wrong_value, f"queue must be a name, with open or closed after it, not '{value}'"
        )
        return None

    def _over(self, node: yaml.Node, kind: str, value: str, queue: str) -> Condition | None:
        match = _OVER.fullmatch(value)
        rest = match[1] if match else ""
        if kind == "waiting" and re.fullmatch("[0-9]{1,9}", rest):
            return Condition(kind, subject=queue, limit=int(rest))
        if kind == "wait" and seconds_of(rest):
            return Condition(kind, subject=queue, limit=seconds_of(rest))
        example = "over 20" if kind == "waiting" else "over 10m"
        self.source.fault(node, grammar.wrong_value, f"{kind} must be such as '{example}', not '{value}'")
        return None


def seconds_of(text: str) -> float:
    """Seconds of ``5s``, ``20m``, ``1h`` or ``3d``; 0 for anything else."""
    match = _DURATION.fullmatch(text)
    return float(match[1]) * _UNITS[match[2]] if match else 0.0
