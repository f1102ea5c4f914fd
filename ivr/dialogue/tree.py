"""A menu tree: what an admin wrote, checked and ready to be played. Definitions only.

A tree is made of parts. A part has one verb; ``then``/``go`` name the part that follows, or one of
the words of :data:`TARGETS`. Texts are maps from language to text; ``{name}`` in them is a typed slot and
``[…]`` is left out when a slot in it has no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

from ivr.dialogue.calendar import Calendar
from ivr.dialogue.queues import USUAL, Queue
from ivr.dialogue.words import sentence
from ivr.rail.answers import QuerySpec
from ivr.speech import Wordbooks

#: language → text
Text = Mapping[str, str]

BACK = "back"
AGAIN = "again"
HANGUP = "hangup"
#: Where a part can lead besides other parts: to the menu it was called from, to its own
#: beginning, to the end of the call.
TARGETS = (BACK, AGAIN, HANGUP)

REPEAT = "repeat"
NEXT_LANGUAGE = "next_language"
#: What a key may mean besides a way: the last prompt once more; this part in the next of the tree's languages.
KEY_WORDS = (REPEAT, NEXT_LANGUAGE)


@dataclass(frozen=True)
class Misses:
    """How often a caller may miss in one way, what is said each time (the last text again when
    there are more misses than texts; none: the standing sentence), and where it leads then."""

    tries: int = 2
    then: str = HANGUP
    say: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Tries:
    """The ways to miss in one place: silence, wrong keys, too few keys."""

    no_input: Misses = Misses(2)
    no_match: Misses = Misses(3)
    partial: Misses = Misses(3)


@dataclass(frozen=True)
class Option:
    """One option of a menu: the key, what it is called, where it leads, and the ``language`` that the caller hears
    from there on ("": the same as before)."""

    digit: str
    label: Text
    go: str
    language: str = ""


@dataclass(frozen=True)
class Reply:
    """What is said for one outcome of a query or queue, and what follows.

    ``each`` is said for every item of a list, ``at_a_time`` of them in a row. ``lists``: a slot that is a list itself →
    what is said for each of its entries. ``correct``: the field that the form asks for again, for itself, instead of
    ``then``.
    """

    say: Text | None = None
    each: Text | None = None
    at_a_time: int = 3
    then: str = BACK
    correct: str = ""
    lists: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True)
class SayPart:
    name: str
    text: Text
    then: str = BACK


@dataclass(frozen=True)
class MenuPart:
    """``keys``: what ``*``, ``#`` and ``0`` mean here instead of what they mean everywhere. ``survey``: the options 1 to
    5 are the caller's answers to how the talk with an agent was; it leads to ``then`` where there was none, or the caller was
    asked about it already."""

    name: str
    options: tuple[Option, ...]
    tries: Tries
    intro: Text | None = None
    outro: Text | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    survey: bool = False
    then: str = HANGUP


@dataclass(frozen=True)
class Choice:
    """One of the values of a field: the key, what it is called, the value for the query."""

    digit: str
    label: Text
    value: str


@dataclass(frozen=True)
class Field:
    """One thing a form asks for.

    ``type``: station, train, operated_train, city, booking_train (found by ``lookup``, a query that takes
    ``keys``), seat_class (what ``lookup`` finds is offered), date, resident_id, id_tail, booking_number, phone (see
    :mod:`ivr.dialogue.entries`), digits (``min_keys`` to ``max_keys`` of them), or choice (one of ``choices``).
    ``differs_from``: the names of fields whose value this one must not have. ``only``: the field is
    asked for only when each of these fields has one of those values. ``tries``: instead of the form's. ``last``: the
    sentence that offers what this caller chose last, with the slots ``{last}`` and ``{key}``.
    """

    name: str
    type: str
    label: Text
    prompt: Text
    max_keys: int
    min_keys: int = 1
    lookup: str = ""
    slot: str = ""
    private: bool = False
    differs_from: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    only: tuple[tuple[str, tuple[str, ...]], ...] = ()
    tries: Tries | None = None
    last: Text | None = None


@dataclass(frozen=True)
class Given:
    """What a query gets besides the form's own fields. ``words``: argument → a value. ``keyed``: argument → the
    field, of a form before this part, whose value it gets."""

    words: Mapping[str, str] = field(default_factory=dict)
    keyed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FormPart:
    """Fields, then a read-back, then a query, then a reply by its outcome.

    ``check``: a query that is asked before the read-back, with the same values. Its first outcome goes on to the
    read-back, which may name its slots; the others have replies like those of ``ask``.
    """

    name: str
    fields: tuple[Field, ...]
    ask: QuerySpec
    replies: Mapping[str, Reply]
    tries: Tries
    read_back: Text | None = None
    given: Given = Given()
    check: QuerySpec | None = None


@dataclass(frozen=True)
class AskPart:
    """A query that asks the caller for nothing more."""

    name: str
    ask: QuerySpec
    replies: Mapping[str, Reply]
    given: Given = Given()


@dataclass(frozen=True)
class Condition:
    """One thing that may be so; see :mod:`ivr.dialogue.conditions` for the kinds.

    ``subject``: the queue, for the kinds about queues. ``limit``: seconds, callers or days.
    """

    kind: str
    value: str = ""
    subject: str = ""
    limit: float = 0.0


@dataclass(frozen=True)
class Case:
    """Where a branch goes when all of ``conditions`` are so, and the ``language`` that the caller hears from there on
    ("": the same as before)."""

    conditions: tuple[Condition, ...]
    go: str
    language: str = ""


@dataclass(frozen=True)
class BranchPart:
    name: str
    cases: tuple[Case, ...]
    then: str


@dataclass(frozen=True)
class MemberPart:
    """The seat signs in, out, pauses for a ``reason``; ``staff`` names the form field with the staff number. Where no
    form has asked for it, whoever is signed in at the seat is meant."""

    name: str
    operation: str
    staff: str
    replies: Mapping[str, Reply]
    reason: str = ""


@dataclass(frozen=True)
class TransferPart:
    """Hand over to a queue; ``replies`` by how the queue gave the caller back, or took none (``closed``).

    ``skill``: the queue to which the caller goes instead while it is open and has agents, "" for none. ``raises``: what is added to
    ``priority`` when its conditions are so. ``options``: where the keys lead that work while the caller waits.
    """

    name: str
    queue: str
    priority: int = 0
    skill: str = ""
    raises: tuple[tuple[tuple[Condition, ...], int], ...] = ()
    say: Text | None = None
    replies: Mapping[str, Reply] = field(default_factory=dict)
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class RecordPart:
    """The caller leaves a message of at most ``limit_s`` seconds; ``replies``: recorded, empty, error."""

    name: str
    say: Text
    limit_s: int
    replies: Mapping[str, Reply]


@dataclass(frozen=True)
class EndPart:
    name: str
    say: Text | None = None
    outcome: str = "completed"


Part = Union[SayPart, MenuPart, FormPart, AskPart, BranchPart, MemberPart, TransferPart, RecordPart, EndPart]


@dataclass(frozen=True)
class Limits:
    """Bounds of a whole dialogue: seconds, prompts that ask for keys, silences and mistakes in all.
    When one is passed the call goes to ``then``; passed there too, it ends."""

    seconds: int = 1200
    gathers: int = 150
    silences: int = 12
    mistakes: int = 20
    then: str = HANGUP


@dataclass(frozen=True)
class Tree:
    """A whole menu tree.

    ``keys``: what ``*``, ``#`` and ``0`` do everywhere: one of :data:`KEY_WORDS`, ``back`` or a part's name.
    ``words``: its own standing sentences, see :mod:`ivr.dialogue.words`. ``wordbooks``: how languages other than Chinese
    and English are read. ``queues``: all queues by name. ``facts``: facts of the call that texts may
    name, with the type that tells how they are read. ``first_wait_s``, ``next_wait_s``: seconds.
    """

    name: str
    start: str
    parts: Mapping[str, Part]
    languages: tuple[str, ...] = ("zh",)
    revision: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Text] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    first_wait_s: float = 5.0
    next_wait_s: float = 3.0
    recover: str = HANGUP
    calendar: Calendar = Calendar()
    wordbooks: Wordbooks = field(default_factory=dict)
    queues: Mapping[str, Queue] = field(default_factory=lambda: USUAL)

    def sentence(self, name: str) -> Text:
        """A standing sentence in all languages that have it."""
        return sentence(name, self.words, self.wordbooks)

    def keys_of(self, part: Part) -> Mapping[str, str]:
        """What ``*``, ``#`` and ``0`` mean in a part, unless they are one of its options."""
        return {**self.keys, **part.keys} if isinstance(part, MenuPart) and part.keys else self.keys
