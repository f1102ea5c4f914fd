"""What bookings need while nobody calls: holds that are over are ended, and text messages are sent."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ivr.clock import Clock
from ivr.errors import IvrError
from ivr.store.booking_orders import expire_due
from ivr.store.sms_outbox import send_due

_log = logging.getLogger(__name__)
_SMS_EVERY_S = 1.0
#: Availability does not wait for this: a hold that is over counts no more, noted or not.
_SWEEP_EVERY_S = 30.0


def keep_up(engine: Engine, send: Callable[[int, str, str], None], clock: Clock, stop: Event) -> None:
    """Sweep and send until ``stop`` is set. Faults are logged and tried again."""
    swept, failing = 0.0, False
    while not stop.is_set():
        try:
            if time.monotonic() - swept >= _SWEEP_EVERY_S or not swept:
                ended = expire_due(engine, clock())
                if ended:
                    _log.info("bookings that ran out: %d", ended)
                swept = time.monotonic()
            send_due(engine, send, clock())
            failing = False
        except (IvrError, SQLAlchemyError) as fault:
            if not failing:
                _log.error("bookings wait for the database: %s", str(fault).splitlines()[0])
            failing = True
        stop.wait(_SMS_EVERY_S)
