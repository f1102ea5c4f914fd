"""Cases (工单): what an agent has to take over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from ivr.store.database import writing
from ivr.store.models.bookings import Case
from ivr.store.secrets import keyed_hash, mask


def open_case(
    engine: Engine, kind: str, details: dict[str, Any], call: str, caller: str, now: datetime
) -> int:
    """Open a case and give its number; the same one of the same call again gives the number it has."""
    words = "|".join([call, kind, *(f"{name}={details[name]}" for name in sorted(details))])
    request = keyed_hash(words) if call else None
    try:
        return _open(engine, kind, details, call, caller, request, now)
    except IntegrityError:  # the same request at the same time
        return _open(engine, kind, details, call, caller, request, now)


def _open(
    engine: Engine,
    kind: str,
    details: dict[str, Any],
    call: str,
    caller: str,
    request: str | None,
    now: datetime,
) -> int:
    with writing(engine) as session:
        known = select(Case.id).where(Case.request == request) if request else None
        number = session.scalar(known) if known is not None else None
        if number is not None:
            return number
        case = Case(
            kind=kind,
            call_uniqueid=call,
            caller=caller or None,
            caller_hash=keyed_hash(caller) if caller else "",
            caller_masked=mask(caller),
            details=details,
            request=request,
            opened_at=now,
        )
        session.add(case)
        session.flush()
        return case.id
