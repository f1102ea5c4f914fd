"""The record of a step: an action and its event, with what is private masked."""

from __future__ import annotations

import re
from datetime import datetime

from ivr.dialogue.actions import Action, Ask, Gather, Hangup, Member, Say, Survey, Transfer
from ivr.dialogue.call import Step
from ivr.dialogue.events import Answered, Digits, Event, HungUp, NoInput

#: A phone number as it is told: ten digits and more in a row. The record must not hold it.
_PHONE = re.compile(
    r"(?:[零幺一二三四五六七八九][，、 ]*){10,12}|(?:\b(?:zero|one|two|three|four|five|six|seven|eight|nine)\b[, ]*){10,12}"
)


def step_of(seq: int, at: datetime, action: Action, event: Event | None) -> Step:
    """The step for the record. ``event`` is ``None`` for the actions that nothing answers."""
    keys: str | None = None
    query = ""
    said = ""
    kind = type(action).__name__.lower()
    if isinstance(action, (Say, Gather)):
        said = _PHONE.sub("…", " ".join(phrase.text for phrase in action.phrases))
    if isinstance(action, Gather):
        keys = event.keys if isinstance(event, Digits) else ""
        if action.private:
            keys = "*" * len(keys)
    if isinstance(action, Ask):
        query = action.query
    if isinstance(action, Member):
        query = action.operation
    remember = action.remember if isinstance(action, Ask) else {}
    return Step(seq, at, action.part, kind, said, keys, query, _outcome(action, event), remember)


def _outcome(action: Action, event: Event | None) -> str:
    if isinstance(event, HungUp):
        return "hung_up"
    if isinstance(event, NoInput):
        return "no_input"
    if isinstance(event, Digits):
        return "digits"
    if isinstance(action, Survey):
        return str(action.score or "asked")
    if isinstance(event, Answered):
        return event.answer.outcome
    if isinstance(action, Transfer):
        return action.queue
    if isinstance(action, Hangup):
        return action.outcome
    return ""
