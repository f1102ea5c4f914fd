"""One call, a step at a time."""

from __future__ import annotations

from ivr.dialogue.actions import Gather, Say
from ivr.dialogue.engine import advance, begin
from ivr.dialogue.events import Answered, Digits
from ivr.dialogue.session import Session
from ivr.rail.answers import Answer

from .conftest import CALL, NOW

BEIJING = {"code": "VNP", "zh": "北京南", "en": "Beijingnan"}


HONGQIAO = {"code": "AOH", "zh": "上海虹桥", "en": "Shanghaihongqiao"}


SHANGHAI = {"code": "SHH", "zh": "上海", "en": "Shanghai"}


class Rehearsal:
    """One call, a step at a time; the session is written to JSON and read back before each."""

    def __init__(self, tree, call=CALL, now=NOW):
        self.tree, self.now = tree, now
        self.session, self.actions = begin(tree, call, now)

    def on(self, event):
        session = Session.from_json(self.session.to_json())
        assert session == self.session
        self.session, self.actions = advance(self.tree, session, event, self.now)
        return self

    def press(self, *tokens):
        for keys in tokens:
            self.on(Digits(keys))
        return self

    def answer(self, outcome, slots=None, items=()):
        return self.on(Answered(Answer(outcome, slots or {}, tuple(items))))

    @property
    def said(self):
        phrases = [p for a in self.actions if isinstance(a, (Say, Gather)) for p in a.phrases]
        return "".join(p.text for p in phrases)

    @property
    def last(self):
        return self.actions[-1]


def filled(call):
    """The form up to its read-back: 北京南 → 上海虹桥, tomorrow."""
    call.press("1", "010").answer("one", {"station": BEIJING})
    call.press("021").answer("one", {"station": HONGQIAO})
    return call.press("2")
