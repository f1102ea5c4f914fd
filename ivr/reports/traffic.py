"""Where calls go in the menus: what was counted, as plain rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Passage:
    """``calls`` different calls went from one step to the next in this way.

    ``part``, ``kind``, ``keys``, ``outcome``: of the step (see :class:`ivr.dialogue.call.Step`; of an input of several
    keys ``keys`` is "…"); ``part`` is "" for the beginning of a call. ``next_part``: the next step's, "" when
    there is none.
    """

    part: str
    kind: str
    keys: str
    outcome: str
    next_part: str
    calls: int
