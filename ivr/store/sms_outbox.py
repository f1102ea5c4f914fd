"""The outbox of text messages: written with what they tell, sent later by whoever has the time.

A message is sent at least once: it is marked as sent after the gateway took it, so a process that is killed in between
sends it again. ``subject`` (``booking 825317097``) makes sure that it is written once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ivr.errors import SmsDelayed, SmsRefused
from ivr.store.database import reading, writing
from ivr.store.models.bookings import OutgoingSms
from ivr.store.secrets import mask

_log = logging.getLogger(__name__)

#: After a failed try: 10 s, twice as long each time, at most an hour.
FIRST_PAUSE_S = 10
LONGEST_PAUSE_S = 3600
#: A message that nobody took for so long is given up: it would only surprise.
KEPT_FOR = timedelta(hours=12)
_AT_ONCE = 100


def write_sms(session: Session, subject: str, recipient: str, text: str, now: datetime) -> None:
    """Put a message into the outbox, within the session's transaction."""
    session.add(
        OutgoingSms(
            subject=subject,
            recipient=recipient,
            recipient_masked=mask(recipient),
            text=text,
            written_at=now,
            due_at=now,
        )
    )


def send_due(engine: Engine, send: Callable[[int, str, str], None], now: datetime) -> tuple[int, int]:
    """Give ``send`` (id, recipient, text) every message that is due; how many were sent, and how many were not.

    ``send`` raises :class:`SmsDelayed` or :class:`SmsRefused`. No transaction is open while it works.
    """
    with reading(engine) as session:
        waiting = select(OutgoingSms).where(
            OutgoingSms.sent_at.is_(None), OutgoingSms.given_up_at.is_(None), OutgoingSms.due_at <= now
        )
        due = session.scalars(waiting.order_by(OutgoingSms.id).limit(_AT_ONCE)).all()
    sent = 0
    for message in due:
        try:
            send(message.id, message.recipient, message.text)
        except SmsRefused as fault:
            _note(engine, message.id, now, fault, give_up=True)
        except SmsDelayed as fault:
            _note(engine, message.id, now, fault, give_up=now - message.written_at >= KEPT_FOR)
        else:
            _note(engine, message.id, now)
            sent += 1
    return sent, len(due) - sent


def _note(
    engine: Engine, message_id: int, now: datetime, fault: Exception | None = None, *, give_up: bool = False
) -> None:
    with writing(engine) as session:
        message = session.get_one(OutgoingSms, message_id)
        message.tries += 1
        message.fault = "" if fault is None else str(fault)[:200]
        if fault is None:
            message.sent_at = now
            return
        pause = min(FIRST_PAUSE_S * 2 ** min(message.tries - 1, 20), LONGEST_PAUSE_S)
        message.due_at = now + timedelta(seconds=pause)
        if give_up:
            message.given_up_at = now
        _log.error(
            "text message %d to %s not sent%s: %s",
            message_id,
            message.recipient_masked,
            ", given up" if give_up else f", next try in {pause} s",
            message.fault,
        )
