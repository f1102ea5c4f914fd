"""How each verb of a menu tree begins, and what a key does in a menu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ivr.acd.roster import LEVELS
from ivr.dialogue import forms, replies
from ivr.dialogue.actions import Member, Record, Survey, Transfer
from ivr.dialogue.conditions import PRIVATE, holds, needed
from ivr.dialogue.events import Answered, Digits, Event
from ivr.dialogue.tree import (
    TARGETS,
    AskPart,
    BranchPart,
    Case,
    Condition,
    FormPart,
    MemberPart,
    MenuPart,
    RecordPart,
    SayPart,
    TransferPart,
)
from ivr.dialogue.turn import Turn
from ivr.rail.answers import Answer


def _has_chosen(turn: Turn) -> bool:
    """Whether a key of the caller has led anywhere yet; the greeting comes before."""
    totals = turn.session.totals
    return totals.get("gathers", 0) > totals.get("silences", 0) + totals.get("mistakes", 0)


def begin_part(turn: Turn) -> None:
    """Begin the part that the session is in."""
    part = turn.part
    turn.tell_notices(general=isinstance(part, (MenuPart, FormPart)))
    if isinstance(part, SayPart):
        turn.say(part.text)
        if _has_chosen(turn):
            turn.change(told=True)
        turn.go(part.then)
    elif isinstance(part, MenuPart):
        _begin_menu(turn, part)
    elif isinstance(part, FormPart):
        forms.begin_form(turn, part)
    elif isinstance(part, AskPart):
        turn.query(part.ask, part.given, {})
    elif isinstance(part, BranchPart):
        _branch(turn, part)
    elif isinstance(part, TransferPart):
        _transfer(turn, part)
    elif isinstance(part, MemberPart):
        turn.wait_for(Member(part.operation, _staff(turn, part), part.reason, part.name))
    elif isinstance(part, RecordPart):
        _begin_recording(turn, part)
    else:
        turn.say(part.say)
        turn.hang_up(part.outcome)


def _staff(turn: Turn, part: MemberPart) -> str:
    """The staff number that a form has asked for, or ""."""
    _, staff = turn.session.values.get(part.staff, ("digits", ""))
    return str(staff)


def _begin_recording(turn: Turn, part: RecordPart) -> None:
    if turn.one_more_question():
        turn.over_limit()
        return
    turn.say(part.say)
    turn.play_pending()
    turn.wait_for(Record(part.limit_s, part=part.name))


def _branch(turn: Turn, branch: BranchPart) -> None:
    if not _all_known(turn, [c for case in branch.cases for c in case.conditions]):
        return
    chosen = (case for case in branch.cases if _hold(turn, case.conditions))
    case = next(chosen, Case((), branch.then))
    turn.change(known={})  # a queue's state is not kept: it is another one at the next branch
    turn.speak(case.language)
    turn.go(case.go)


def _transfer(turn: Turn, part: TransferPart) -> None:
    if not _all_known(turn, _asked_by(turn, part)):
        return
    queue = turn.tree.queues[_queue_for(turn, part)]
    if not queue.is_open(turn.tree.calendar, turn.now):
        turn.change(known={})
        given_back(turn, part, "closed")
        return
    priority = part.priority + sum(add for conditions, add in part.raises if _hold(turn, conditions))
    turn.tell_notices(queue=queue.name)
    turn.say(part.say)
    levels = queue.levels if queue.levels < LEVELS else 0
    last = turn.session.known.get(f"sticky:{queue.name}", {})
    turn.end(
        Transfer(
            queue.name,
            priority,
            part.name,
            levels,
            queue.longest_wait_s or 0,
            turn.session.language,
            next(iter(_wanted(turn, part)), ""),
            last.get("number", 0),
            last.get("staff", ""),
            "".join(option.digit for option in part.options),
            turn.told_options(part.options),
        ),
        "transferred",
    )


def given_back(turn: Turn, part: TransferPart, status: str) -> None:
    """How it goes on for a caller whom the queue gave back with ``status``, or would not take. A queue that is
    ``closed`` is one without agents where the part does not say more. ``key_1``: the waiting caller pressed 1."""
    option = next((option for option in part.options if status == f"key_{option.digit}"), None)
    if option is not None:
        turn.go(option.go)
        return
    reply = part.replies.get(status)
    if reply is None and status == "closed":
        reply = part.replies.get("join_empty")
    if reply is None:
        turn.word("sorry_goodbye")
        turn.hang_up("completed")
        return
    turn.say(reply.say)
    turn.go(reply.then)


def _queue_for(turn: Turn, part: TransferPart) -> str:
    """The first queue for the caller's language or the skill that is wanted which is open and has agents; else the one
    that takes anybody."""
    queues, calendar = turn.tree.queues, turn.tree.calendar
    wanted = (name for name in _wanted(turn, part) if queues[name].is_open(calendar, turn.now))
    return next((name for name in wanted if _hold(turn, [_staffed(name)])), part.queue)


def _wanted(turn: Turn, part: TransferPart) -> list[str]:
    """The queues that know more of what this caller needs than the one that takes anybody."""
    of_language = [q.name for q in turn.tree.queues.values() if q.language == turn.session.language]
    return [name for name in dict.fromkeys([*of_language, part.skill]) if name not in ("", part.queue)]


def _staffed(queue: str) -> Condition:
    return Condition("queue", "open", queue)


def _asked_by(turn: Turn, part: TransferPart) -> list[Condition]:
    """All that has to be known before the caller is handed over."""
    raises = [c for conditions, _ in part.raises for c in conditions]
    wanted = _wanted(turn, part)
    queues = [turn.tree.queues[name] for name in (*wanted, part.queue)]
    again = [Condition("sticky", "", queue.name, queue.sticky_s) for queue in queues if queue.sticky_s]
    return [*raises, *map(_staffed, wanted), *again]


def _hold(turn: Turn, conditions: Sequence[Condition]) -> bool:
    return all(holds(c, turn.tree, turn.session, turn.now) for c in conditions)


def _all_known(turn: Turn, conditions: Sequence[Condition]) -> bool:
    """Whether all can be judged; otherwise the first thing that is missing is asked."""
    for name, (query, args) in needed(conditions, turn.session.call).items():
        if name not in turn.session.known:
            turn.ask("facts", query, args, tuple(name for name in PRIVATE if name in args))
            return False
    return True


def facts_known(turn: Turn, event: Event) -> None:
    """The answer to what a condition needs; the part begins again with it."""
    part = turn.part
    if isinstance(part, BranchPart):
        conditions = [c for case in part.cases for c in case.conditions]
    elif isinstance(part, TransferPart):
        conditions = _asked_by(turn, part)
    else:
        raise TypeError(f"{part.name} has no conditions")
    known = dict(turn.session.known)
    missing = next(name for name in needed(conditions, turn.session.call) if name not in known)
    found = event.answer if isinstance(event, Answered) else Answer("error")
    known[missing] = dict(found.slots) if found.outcome == "known" else {}
    turn.change(known=known)
    begin_part(turn)


def _begin_menu(turn: Turn, menu: MenuPart) -> None:
    if menu.survey:
        if not _to_be_asked(turn):
            turn.go(menu.then)
            return
        turn.actions.append(Survey(part=menu.name))
        turn.must_be_heard()
    turn.mark_question()
    turn.say(menu.intro)
    for option in menu.options:
        turn.word("option", label=turn.label(option.label), key=("key", option.digit))
    turn.say(menu.outro)
    turn.gather("menu")


def _to_be_asked(turn: Turn) -> bool:
    """Whether the caller comes from a talk with an agent, and was not asked yet how it was."""
    facts = turn.session.call.facts
    talked = facts.get("queue_status") == "answered" and not facts.get("surveyed")
    return talked and turn.count("surveys") == 1


def menu_keys(turn: Turn, event: Event) -> None:
    """A key, or none, in a menu."""
    menu = turn.part
    if not isinstance(menu, MenuPart):
        raise TypeError(f"{menu.name} is not a menu")
    if not isinstance(event, Digits):
        turn.miss(menu.tries, "no_input")
        return
    for option in menu.options:
        if option.digit == event.keys:
            if option.go not in TARGETS:  # back and again are meant from here, not from below
                turn.change(history=[*turn.session.history, menu.name])
            turn.speak(option.language)
            if menu.survey:
                turn.actions.append(Survey(int(option.digit), menu.name))
            turn.go(option.go)
            return
    if not turn.pressed_global(event.keys):
        turn.miss(menu.tries, "no_match")


def done(turn: Turn, event: Event) -> None:
    """The seat has joined, left or paused; the message is recorded; or it could not be done."""
    part = turn.part
    if not isinstance(part, (MemberPart, RecordPart)):
        raise TypeError(f"{part.name} does nothing")
    told: dict[str, Any] = {}
    if isinstance(part, MemberPart) and isinstance(event, Answered):
        staff = _staff(turn, part) or event.answer.slots.get("staff", "")
        told = {"slots": {part.staff: ["digits", staff]}}
    replies.answered(turn, event, told, part.replies)
