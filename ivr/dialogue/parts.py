"""How each verb of a menu tree begins, and what a key does in a menu."""

from __future__ import annotations

from ivr.dialogue import forms, replies
from ivr.dialogue.actions import Member, Transfer
from ivr.dialogue.events import Digits, Event
from ivr.dialogue.tree import (
    AskPart,
    BranchPart,
    FormPart,
    MemberPart,
    MenuPart,
    SayPart,
    TransferPart,
)
from ivr.dialogue.turn import Turn


def begin_part(turn: Turn) -> None:
    """Begin the part that the session is in."""
    part = turn.part
    if isinstance(part, SayPart):
        turn.say(part.text)
        turn.go(part.then)
    elif isinstance(part, MenuPart):
        _begin_menu(turn, part)
    elif isinstance(part, FormPart):
        forms.begin_form(turn, part)
    elif isinstance(part, AskPart):
        turn.query(part.ask, {})
    elif isinstance(part, BranchPart):
        facts = turn.session.call.facts
        chosen = (case.go for case in part.cases if facts.get(case.fact) == case.value)
        turn.go(next(chosen, part.then))
    elif isinstance(part, MemberPart):
        _, staff = turn.session.values[part.staff]
        turn.change(phase="member")
        turn.actions.append(Member(part.operation, staff, part=part.name))
    elif isinstance(part, TransferPart):
        turn.say(part.say)
        turn.end(Transfer(part.queue, part.priority, part.name), "transferred")
    else:
        turn.say(part.say)
        turn.hang_up(part.outcome)


def _begin_menu(turn: Turn, menu: MenuPart) -> None:
    turn.mark_question()
    turn.say(menu.intro)
    for option in menu.options:
        turn.word("option", label=turn.label(option.label), key=("key", option.digit))
    turn.say(menu.outro)
    turn.gather("menu")


def menu_keys(turn: Turn, event: Event) -> None:
    """A key, or none, in a menu."""
    menu = turn.part
    if not isinstance(menu, MenuPart):
        raise TypeError(f"{menu.name} is not a menu")
    if not isinstance(event, Digits):
        turn.miss(menu.tries, silent=True)
        return
    for option in menu.options:
        if option.digit == event.keys:
            turn.change(history=[*turn.session.history, menu.name])
            turn.go(option.go)
            return
    if not turn.pressed_global(event.keys):
        turn.miss(menu.tries, silent=False)


def member_done(turn: Turn, event: Event) -> None:
    """The seat has joined, left or paused, or could not."""
    part = turn.part
    if not isinstance(part, MemberPart):
        raise TypeError(f"{part.name} is not a member part")
    replies.answered(turn, event, {}, part.replies)
