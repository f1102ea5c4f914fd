"""What follows an answer: the sentence for its outcome, a list in groups, the next part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ivr.dialogue import forms
from ivr.dialogue.events import Answered, Digits, Event
from ivr.dialogue.tree import AskPart, FormPart, Reply, Tries
from ivr.dialogue.turn import Turn
from ivr.rail.answers import LIST, Answer, QuerySpec

NEXT_KEY = "1"


def query_answered(turn: Turn, event: Event) -> None:
    """The answer to the query of a form or of an ask part."""
    part = turn.part
    if not isinstance(part, (FormPart, AskPart)):
        raise TypeError(f"{part.name} asks nothing")
    answered(turn, event, typed(part.ask, _answer(event)), part.replies)


def _answer(event: Event) -> Answer:
    return event.answer if isinstance(event, Answered) else Answer("error")


def typed(spec: QuerySpec, answer: Answer) -> dict[str, Any]:
    """The answer with the declared slot type beside each value: ``name → [type, value]``.

    A slot that the query does not declare is left out: a text cannot name it. ``own``: the slots of items. An entry of
    a list slot has all its slots, with ``None`` for what it lacks.
    """

    def pair(kinds: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, list[Any]]:
        return {
            name: [kinds[name], entries(name, value) if kinds[name] == LIST else value]
            for name, value in values.items()
            if name in kinds
        }

    def entries(name: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, list[Any]]]:
        return [{slot: [kind, row.get(slot)] for slot, kind in spec.lists[name].items()} for row in rows]

    return {
        "slots": pair(spec.outcomes.get(answer.outcome, {}), answer.slots),
        "items": [pair(spec.items.get(answer.outcome, {}), item) for item in answer.items],
        "own": sorted(spec.items.get(answer.outcome, {})),
    }


def answered(turn: Turn, event: Event, answer: Mapping[str, Any], replies: Mapping[str, Reply]) -> None:
    """Say the reply for the outcome; an outcome that the tree has no reply for is an error."""
    outcome = _answer(event).outcome
    if outcome not in replies:
        turn.word("error")
        turn.go(turn.tree.recover)
        return
    turn.change(answer={"outcome": outcome, **answer}, page=0, misses={})
    if outcome != "error":
        turn.change(told=True)
    turn.must_be_heard()
    turn.say(replies[outcome].say, lists=replies[outcome].lists)
    _play_items(turn, replies[outcome])


def _play_items(turn: Turn, reply: Reply) -> None:
    items = turn.session.answer.get("items", []) if reply.each else []
    page = turn.session.page
    group = items[page : page + reply.at_a_time]
    # What an item lacks is not taken from the answer: the origin has no arrival, and the train's is not its.
    own = turn.session.answer.get("own", ())
    around = {name: slot for name, slot in turn.slots().items() if name not in own}
    for item in group:
        turn.say(reply.each, {**around, **{name: (v[0], v[1]) for name, v in item.items()}}, reply.lists)
    left = len(items) - page - len(group)
    turn.change(page=page + len(group))
    if left > 0:
        turn.mark_question()
        turn.word("next_items", left=("count", left), key=("key", NEXT_KEY))
        turn.gather("items")
    else:
        follow(turn, reply)


def follow(turn: Turn, reply: Reply) -> None:
    """What comes after a reply: one field of the form again, for itself, or the part that it names."""
    if reply.correct and isinstance(turn.part, FormPart):
        forms.correct(turn, turn.part, reply.correct)
    else:
        turn.go(reply.then)


def items_keys(turn: Turn, event: Event) -> None:
    """A key, or none, between two groups of a list. Silence goes on to what follows the list."""
    part = turn.part
    if not isinstance(part, (FormPart, AskPart)):
        raise TypeError(f"{part.name} has no list")
    reply = part.replies[turn.session.answer["outcome"]]
    if not isinstance(event, Digits) or event.keys == "":
        follow(turn, reply)
    elif event.keys == NEXT_KEY:
        _play_items(turn, reply)
    elif not turn.pressed_global(event.keys):
        tries = part.tries if isinstance(part, FormPart) else Tries()
        turn.miss(tries, "no_match")
