"""The dialogue engine, sans-IO: ``(Session, Event) → (Session, [Action])``.

Rules:

- Of the actions of a turn only the last one is answered by an event that decides something; the ones
  before it are ``Say`` and ``Survey``.
- ``HungUp`` ends the dialogue at any point; an event after the end changes nothing.
- Every dialogue ends: prompts, silences, mistakes and seconds are counted against the tree's limits.

=========  =============================================  ==================================
phase      waiting for                                    goes on to
=========  =============================================  ==================================
menu       one key                                        the option's part
field      the keys of a form's field                     lookup, the next field, confirm
recall     what the caller chose last                     field
lookup     what the keys can mean                         choose, the next field, confirm
choose     one key for one of several candidates          the next field, confirm
check      the answer to what is asked before it          confirm, or what follows
confirm    one key after the read-back                    query, or one field again
query      the answer of a query                          items, or what follows
items      one key between two groups of a list           items, or what follows
facts      what a condition needs to know                 the branch or transfer itself
done       the seat's sign-in or pause, a recording       what follows
ended      nothing
=========  =============================================  ==================================
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime

from ivr.clock import Clock
from ivr.dialogue import forms, parts, replies
from ivr.dialogue.actions import Action, Transfer
from ivr.dialogue.call import CallInfo
from ivr.dialogue.events import Digits, Event, HungUp, NoInput
from ivr.dialogue.notices import Notice
from ivr.dialogue.session import Session
from ivr.dialogue.tree import TransferPart, Tree
from ivr.dialogue.turn import Turn

_HANDLERS: Mapping[str, Callable[[Turn, Event], None]] = {
    "menu": parts.menu_keys,
    "field": forms.field_keys,
    "recall": forms.recalled,
    "lookup": forms.looked_up,
    "choose": forms.choose_keys,
    "check": forms.checked,
    "confirm": forms.confirm_keys,
    "query": replies.query_answered,
    "items": replies.items_keys,
    "facts": parts.facts_known,
    "done": parts.done,
}


def begin(
    tree: Tree, call: CallInfo, now: datetime, notices: Sequence[Notice] = ()
) -> tuple[Session, list[Action]]:
    """Begin a dialogue at ``now`` (aware, in the site's zone); ``notices``: all that are on air.

    A caller who comes back from a queue (entry ``after_queue``) continues at the transfer part
    that is named by ``call.facts["part"]``, else at the tree's first one, by the reply for ``call.facts["queue_status"]``.
    """
    language = call.language if call.language in tree.languages else tree.languages[0]
    session = Session(call, tree.revision, language, now.isoformat(), part=tree.start)
    turn = Turn(tree, session, now, notices, parts.begin_part)
    if call.entry == "after_queue":
        _back_from_queue(turn)
    else:
        turn.enter(tree.start)
    return turn.session, turn.actions


def _back_from_queue(turn: Turn) -> None:
    facts = turn.session.call.facts
    part = turn.tree.parts.get(facts.get("part", "")) or _first_transfer(turn.tree)
    if not isinstance(part, TransferPart):
        turn.word("sorry_goodbye")
        turn.hang_up("completed")
        return
    turn.change(part=part.name, visited=[part.name])
    parts.given_back(turn, part, facts.get("queue_status", ""))


def _first_transfer(tree: Tree) -> TransferPart | None:
    """Where a caller belongs whom the dialplan queued because the dialogue had failed."""
    return next((part for part in tree.parts.values() if isinstance(part, TransferPart)), None)


def advance(
    tree: Tree, session: Session, event: Event, now: datetime, notices: Sequence[Notice] = ()
) -> tuple[Session, list[Action]]:
    """Handle the event that answered the last action."""
    if session.ended:
        return session, []
    if isinstance(event, HungUp):
        return session.but(phase="ended", outcome="served" if session.told else "hung_up"), []
    turn = Turn(tree, session, now, notices, parts.begin_part)
    if session.full and event == Digits(""):
        # The last key had ended the input already: this # belongs to it, and means nothing more.
        turn.change(full=False)
        turn.repeat()
        return turn.session, turn.actions
    if isinstance(event, (Digits, NoInput)):
        turn.change(full=isinstance(event, Digits) and _is_full(session, event.keys))
    _HANDLERS[session.phase](turn, event)
    return turn.session, turn.actions


def _is_full(session: Session, keys: str) -> bool:
    """Whether the last key ended an input that might have taken more than one."""
    return session.max_keys > 1 and len(keys) == session.shorter.get(keys[:1], session.max_keys)


def converse(
    tree: Tree,
    call: CallInfo,
    clock: Clock,
    notices: Callable[[], Sequence[Notice]] = tuple,
    watch: Callable[[Session], Session] = lambda session: session,
) -> Generator[Action, Event, str]:
    """A dialogue as a generator: yields one action at a time, is sent the event that answers it.
    ``notices`` gives those on air at each turn. ``watch`` sees the session after each turn, and gives the one to
    go on with.

    After ``Transfer`` and ``Hangup`` whatever is sent is ignored. Returns how the dialogue ended:
    ``transferred``, ``completed``, ``served`` (hung up, but an answer or an announcement that the caller had chosen
    was told before), ``hung_up``, ``no_input``, ``too_many_tries``, ``too_long``, ``failed``.
    """
    session, actions = begin(tree, call, clock(), notices())
    while actions:
        session = watch(session)
        event: Event = HungUp()
        for action in actions:
            event = yield action
            if isinstance(event, HungUp):
                break
        if session.outcome == "transferred" and not isinstance(action, Transfer):
            return "hung_up"  # gone before the transfer that the turn had decided on
        session, actions = advance(tree, session, event, clock(), notices())
    return session.outcome
