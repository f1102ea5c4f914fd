"""How a whole call ended, from what the log and the dialogue know of it."""

from __future__ import annotations

from collections.abc import Sequence

#: What the dialogue calls its end → the call's outcome.
_BY_DIALOGUE = {
    "completed": "self_service",
    "served": "self_service",
    "": "hung_up",
    "transferred": "hung_up",
    "queue": "hung_up",
}


def call_outcome(*, ended: bool, lost: bool, entry: str, dialogue: str, entries: Sequence[str]) -> str:
    """The outcome of a call. The first rule that fits counts:

    1. ``lost``: Asterisk was restarted in mid-call;
    2. ``open``: it goes on;
    3. ``seat``: not a caller's call but an agent's, to sign in or out (``entry`` is ``agent``);
    4. ``answered``: an agent took it, in whichever of its queue entries;
    5. the outcome of its last queue entry: abandoned, timed_out, left_by_key, left_empty, refused_full,
       refused_empty, withdrawn, callback, lost; what the dialogue says after the queue does not change it;
    6. it never came to a queue: ``self_service`` when the dialogue ended as completed or served, else what the dialogue
       says (no_input, too_many_tries, too_long, failed, hung_up), and ``hung_up`` when it says nothing.

    ``entries``: the outcomes of the call's queue entries in the order of the log.
    """
    if lost:
        return "lost"
    if not ended:
        return "open"
    if entry == "agent":
        return "seat"
    if "answered" in entries:
        return "answered"
    if entries:
        return entries[-1]
    return _BY_DIALOGUE.get(dialogue, dialogue)
