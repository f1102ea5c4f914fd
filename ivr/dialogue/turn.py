"""One turn of a dialogue: what the handlers of the parts have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ivr.dialogue.actions import Action, Ask, Gather, Hangup, Say
from ivr.dialogue.notices import Notice
from ivr.dialogue.session import Session, Spoken
from ivr.dialogue.tree import (
    AGAIN,
    BACK,
    HANGUP,
    NEXT_LANGUAGE,
    REPEAT,
    Given,
    Misses,
    Option,
    Part,
    Text,
    Tree,
    Tries,
)
from ivr.rail.answers import QuerySpec
from ivr.speech.compose import compose
from ivr.speech.phrase import Phrase
from ivr.speech.reading import LABEL

#: slot name → (slot type, JSON value)
Slots = Mapping[str, tuple[str, Any]]

#: A tree that passes the checker never walks so far without asking the caller.
MAX_HOPS = 50


class Turn:
    """The working copy of a session while one event is handled.

    ``actions`` collects what is to be done; the last one is the one whose event comes back.
    """

    def __init__(
        self,
        tree: Tree,
        session: Session,
        now: datetime,
        notices: Sequence[Notice],
        begin_part: Callable[[Turn], None],
    ) -> None:
        self._begin_part = begin_part
        self._notices = [n for n in notices if n.until > now and n.id not in session.heard]
        self.tree = tree
        self.session = session
        self.now = now
        self.actions: list[Action] = []
        self.hops = 0
        self._fresh = False

    @property
    def part(self) -> Part:
        """The part the call is in."""
        return self.tree.parts[self.session.part]

    def change(self, **changes: Any) -> None:
        """Change fields of the session."""
        self.session = self.session.but(**changes)

    # --- words -------------------------------------------------------------------------------

    def language_of(self, text: Text) -> str:
        """The language in which the caller hears it: their own, or the tree's first one, or any."""
        wanted = (self.session.language, self.tree.languages[0], *text)
        return next((language for language in wanted if text.get(language)), self.session.language)

    def text_in(self, text: Text) -> str:
        """The text in the caller's language, or in the one there is."""
        return text.get(self.language_of(text), "")

    def slots(self) -> dict[str, tuple[str, Any]]:
        """Everything that a text may name here: facts of the call, fields, the last answer."""
        facts = self.session.call.facts
        slots: dict[str, tuple[str, Any]] = {
            name: (kind, facts[name]) for name, kind in self.tree.facts.items() if name in facts
        }
        for name, (kind, value) in self.session.values.items():
            slots[name] = (kind, value)
        for name, (kind, value) in self.session.answer.get("slots", {}).items():
            slots[name] = (kind, value)
        return slots

    def say(
        self, text: Text | None, slots: Slots | None = None, lists: Mapping[str, Text] = MappingProxyType({})
    ) -> None:
        """Put a text into what is played next. ``lists``: the slots that are lists, each with the text for one entry."""
        if text is None:
            return
        language = self.language_of(text)
        filled = self.slots() if slots is None else slots
        entries = {name: self.text_in(entry) for name, entry in lists.items()}
        spoken = compose(self.text_in(text), filled, language, self.tree.wordbooks, entries)
        self.change(pending=self.session.pending + [[p.text, p.language, list(p.parts)] for p in spoken])

    def word(self, name: str, **slots: tuple[str, Any]) -> None:
        """Put a standing sentence into what is played next."""
        self.say(self.tree.sentence(name), slots)

    def told_options(self, options: Iterable[Option]) -> tuple[Phrase, ...]:
        """What each of the keys does, in the caller's language; said by somebody else."""
        before = self.session.pending
        self.change(pending=[])
        for option in options:
            self.word("option", label=self.label(option.label), key=("key", option.digit))
        told = _phrases(self.session.pending)
        self.change(pending=before)
        return told

    def label(self, text: Text) -> tuple[str, str]:
        """A label as a slot value."""
        return (LABEL, self.text_in(text))

    def mark_question(self) -> None:
        """What is said from here on is the question itself and is repeated when it is missed."""
        self.change(lead=len(self.session.pending))

    # --- actions -----------------------------------------------------------------------------

    def gather(
        self,
        phase: str,
        max_keys: int = 1,
        *,
        shorter: Mapping[str, int] = MappingProxyType({}),
        private: bool = False,
    ) -> None:
        """Play what is pending and wait for keys in ``phase``."""
        prompt = self.session.pending
        self.change(
            gathering=phase,
            prompt=prompt,
            pending=[],
            max_keys=max_keys,
            shorter=dict(shorter),
            private=private,
        )
        self._emit_gather(prompt)

    def repeat(self, *, slower: bool = False) -> None:
        """Play the last prompt once more; ``slower`` for a caller who did not understand it."""
        self._emit_gather(self.session.prompt, slower)

    def _ask_again(self, sorry: Text, slots: Slots | None) -> None:
        """Say what was wrong and put the question again, without what came before it."""
        self.change(pending=[])
        self.say(sorry, slots)
        prompt = self.session.pending + self.session.prompt[self.session.lead :]
        self.change(pending=[])
        self.must_be_heard()
        self._emit_gather(prompt)

    def must_be_heard(self) -> None:
        """What is played next has to be heard, an answer or what was wrong: keys pressed before do not count."""
        self._fresh = True

    def _emit_gather(self, prompt: list[Spoken], slower: bool = False) -> None:
        if self.one_more_question():
            self.over_limit()
            return
        self.change(phase=self.session.gathering)
        session = self.session
        self.actions.append(
            Gather(
                _phrases(prompt),
                session.max_keys,
                self.tree.first_wait_s,
                self.tree.next_wait_s,
                session.private,
                session.part,
                session.shorter,
                self._fresh,
                self._one_moment(),
                slower,
            )
        )

    def _one_moment(self) -> tuple[Phrase, ...]:
        text = self.tree.sentence("one_moment")
        return tuple(compose(self.text_in(text), {}, self.language_of(text), self.tree.wordbooks))

    def ask(
        self,
        phase: str,
        query: str,
        args: Mapping[str, Any],
        private: tuple[str, ...] = (),
        remember: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Ask for a fact from outside; the answer is handled in ``phase``."""
        self.change(phase=phase)
        self.actions.append(Ask(query, args, private, self.session.part, remember))

    def query(
        self,
        spec: QuerySpec,
        given: Given,
        fields: Mapping[str, Any],
        private: tuple[str, ...] = (),
        remember: Mapping[str, str] = MappingProxyType({}),
        phase: str = "query",
    ) -> None:
        """Ask a part's query; the answer is handled in ``phase``. What it takes comes from the form's fields; else as
        the part says, from earlier forms or as it stands there; else from the call: today, the seat, the key after a feature code, the call's id and
        the caller's number, which is private. What may be left out and comes from nowhere is left out."""
        keyed, call = self.session.keyed, self.session.call
        args: dict[str, Any] = {
            "date": self.now.date().isoformat(),
            "seat": call.facts.get("seat", ""),
            "key": call.facts.get("key", ""),
            "call": call.call_id,
            "caller": call.caller,
            **{name: call.facts.get(name, "") for name in ("queue", "place", "key")},
            **given.words,
            **{name: argument(keyed[field][1]) for name, field in given.keyed.items() if field in keyed},
            **fields,
        }
        needed = [name for name in spec.takes if name in args or name not in spec.optional]
        hidden = tuple(name for name in ("caller", *private) if name in needed)
        self.ask(phase, spec.name, {name: args.get(name) for name in needed}, hidden, remember)

    def wait_for(self, action: Action) -> None:
        """Do something whose outcome decides how the part goes on."""
        self.change(phase="done")
        self.actions.append(action)

    def play_pending(self) -> None:
        """Play what is pending without asking for keys."""
        if self.session.pending:
            self.actions.append(Say(_phrases(self.session.pending), self.session.part, self._one_moment()))
            self.change(pending=[])

    def end(self, last: Action, outcome: str) -> None:
        """Play what is pending, do ``last``, and end the dialogue."""
        self.play_pending()
        self.actions.append(last)
        self.change(phase="ended", outcome=outcome)

    def hang_up(self, outcome: str) -> None:
        """End the call."""
        self.end(Hangup(outcome, self.session.part), outcome)

    # --- bounds ------------------------------------------------------------------------------

    def count(self, what: str) -> int:
        """One more of ``what`` in this call; how many there are now."""
        number = self.session.totals.get(what, 0) + 1
        self.change(totals={**self.session.totals, what: number})
        return number

    def one_more_question(self) -> bool:
        """Count a question to the caller; whether it is one too many, or too late."""
        elapsed = (self.now - self.session.began_at).total_seconds()
        limits = self.tree.limits
        return self.count("gathers") > limits.gathers or elapsed > limits.seconds

    def miss(self, tries: Tries, kind: str, *, word: str = "", **slots: tuple[str, Any]) -> None:
        """The caller was silent (``no_input``), wrong (``no_match``) or keyed too little (``partial``):
        ask again, or follow the tree when it was too often."""
        misses: Misses = getattr(tries, kind)
        missed = self.session.misses.get(kind, 0) + 1
        self.change(misses={**self.session.misses, kind: missed})
        silent = kind == "no_input"
        limits = self.tree.limits
        total = self.count("silences" if silent else "mistakes")
        if total > (limits.silences if silent else limits.mistakes):
            self.over_limit()
        elif missed > misses.tries:
            if misses.then == HANGUP:
                self.word("sorry_goodbye")
                self.hang_up("no_input" if silent else "too_many_tries")
            else:
                self.go(misses.then)
        elif misses.say:
            self._ask_again(misses.say[min(missed, len(misses.say)) - 1], None)
        else:
            self._ask_again(self.tree.sentence(word or kind), slots)

    def over_limit(self) -> None:
        """A bound of the whole call is passed: to where the tree says, the second time to the end."""
        self.change(pending=[])
        if self.session.over_limit or self.tree.limits.then == HANGUP:
            self.word("sorry_goodbye")
            self.hang_up("too_long")
            return
        self.change(over_limit=True)
        self.must_be_heard()
        self.word("too_long")
        self.go(self.tree.limits.then)

    # --- ways --------------------------------------------------------------------------------

    def go(self, target: str) -> None:
        """Follow a target: a part's name or one of the words of ``TARGETS``."""
        if target == HANGUP:
            self.hang_up("completed")
        elif target == AGAIN:
            self.enter(self.session.part)
        elif target != BACK:
            self.enter(target)
        elif self.session.history:
            self.back()
        else:
            self.hang_up("completed")

    def back(self) -> None:
        """To the menu that the caller came from; in the first one, that one again."""
        history = list(self.session.history)
        name = history.pop() if history else self.session.part
        self.change(history=history)
        self.enter(name)

    def enter(self, name: str) -> None:
        """Begin a part."""
        self.hops += 1
        if self.hops > MAX_HOPS:
            self.change(pending=[])
            self.word("sorry_goodbye")
            self.hang_up("failed")
            return
        visited = self.session.visited
        self.change(part=name, misses={}, visited=visited if name in visited else [*visited, name])
        self._begin_part(self)

    def speak(self, language: str) -> None:
        """What the caller hears from here on; "" changes nothing."""
        if language:
            self.change(language=language)

    def tell_notices(self, *, general: bool = False, queue: str = "") -> None:
        """Say the notices for this part or queue, and, when ``general``, those for every call."""
        for notice in self._notices:
            if notice.id in self.session.heard:
                continue
            here = notice.before == self.session.part or (queue and notice.queue == queue)
            if here or (general and not notice.before and not notice.queue):
                self.change(heard=[*self.session.heard, notice.id])
                self.say(notice.text, {})

    def pressed_global(self, keys: str) -> bool:
        """Handle a key that means the same everywhere; whether it was one."""
        meaning = self.tree.keys_of(self.part).get(keys or "#")
        if meaning is None:
            return False
        if meaning == REPEAT:
            self.repeat(slower=True)
        elif meaning == NEXT_LANGUAGE:
            known = self.tree.languages
            self.speak(known[(known.index(self.session.language) + 1) % len(known)])
            self.enter(self.session.part)
        elif meaning == "back":
            self.back()
        else:
            self.enter(meaning)
        return True


def argument(value: Any) -> Any:
    """A field's value as a query takes it."""
    return value["code"] if isinstance(value, dict) else value


def _phrases(texts: list[Spoken]) -> tuple[Phrase, ...]:
    return tuple(Phrase(text, language, tuple(parts)) for text, language, parts in texts)
