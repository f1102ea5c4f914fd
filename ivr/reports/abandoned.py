"""The callers who left without an agent, and whether the same number was answered soon after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

#: Outcomes of entries whose caller hung up while waiting, or was not let in.
LEFT = ("abandoned", "refused_full", "refused_empty")
#: For so long after they left, a call or an answer counts as theirs.
WITHIN = timedelta(hours=24)
COLUMNS = (
    "call", "number", "queue", "caller", "entered_at", "left_at", "outcome", "wait_s",
    "called_again", "called_again_at", "answered", "answered_at",
)  # fmt: skip


@dataclass(frozen=True)
class Leaver:
    """A queue entry, one of :data:`LEFT`. ``caller``: the masked number; ``caller_key`` stands for the number
    without telling it, "" when it is withheld. Aware times."""

    call: str
    number: int
    queue: str
    caller: str
    caller_key: str
    entered_at: datetime
    left_at: datetime
    outcome: str
    wait_s: int | None


@dataclass(frozen=True)
class Contact:
    """At ``at`` (aware) a caller began ``call`` or came to a queue with it; or, ``answered``, an agent took it."""

    call: str
    caller_key: str
    at: datetime
    answered: bool = False


def abandoned(leavers: Iterable[Leaver], contacts: Iterable[Contact], zone: tzinfo) -> list[dict[str, Any]]:
    """One row for each leaver, in their order, with the keys :data:`COLUMNS`; times as ISO 8601 in ``zone``.

    ``called_again``: the number began another call within 24 h after the caller left; ``answered``: an agent took
    a call of the number, or the rest of the same call (a refused caller may be let into the next queue), within 24 h.
    Both are ``None`` where nobody can tell: the number is withheld.
    """
    by_caller: dict[str, list[Contact]] = {}
    by_call: dict[str, list[Contact]] = {}
    for contact in sorted(contacts, key=lambda contact: contact.at):
        by_call.setdefault(contact.call, []).append(contact)
        if contact.caller_key:
            by_caller.setdefault(contact.caller_key, []).append(contact)
    rows = []
    for leaver in leavers:
        same = [*by_call.get(leaver.call, ()), *by_caller.get(leaver.caller_key, ())]
        left = leaver.left_at.astimezone(
            timezone.utc
        )  # in a zone a sum would be one of the clock on the wall
        later = [contact for contact in same if left <= contact.at <= left + WITHIN]
        again = min((contact.at for contact in later if contact.call != leaver.call), default=None)
        answer = min((contact.at for contact in later if contact.answered), default=None)
        unknown = None if not leaver.caller_key else False
        values = (
            leaver.call, leaver.number, leaver.queue, leaver.caller,
            _iso(leaver.entered_at, zone), _iso(leaver.left_at, zone), leaver.outcome, leaver.wait_s,
            unknown if again is None else True, _iso(again, zone),
            unknown if answer is None else True, _iso(answer, zone),
        )  # fmt: skip
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def _iso(at: datetime | None, zone: tzinfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat()
