"""Holds, which no application of Asterisk writes down: seen by way of AMI and written into queue_log, so that the record has them
from the log alone.

A line names the channel that holds and the moment, and belongs to the call of the channel's linked id. Nothing is kept
here: while the connection is away holds are not seen, and are part of the talk.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping

from ivr.errors import IvrError
from ivr.settings import Settings
from ivr.telephony.ami import AmiClient
from ivr.telephony.asterisk_config import control_address
from ivr.telephony.seats import HOLD_USER, ami_secret

_log = logging.getLogger(__name__)
_AGAIN_S = 1.0
_LOOK_S = 0.2
#: Asterisk starts after this, and may be started again: only what lasts is worth a line.
_TOLD_AFTER = 20


def write_holds(settings: Settings, stopping: threading.Event) -> None:
    """Write holds down until ``stopping``; whatever goes wrong is tried again."""
    failures = 0
    while not stopping.is_set():
        try:
            asyncio.run(_write(settings, stopping))
            failures = 0
        except (IvrError, OSError) as fault:
            failures += 1
            if failures == _TOLD_AFTER:
                _log.warning("holds are not written down: %s", fault)
        stopping.wait(_AGAIN_S)


async def _write(settings: Settings, stopping: threading.Event) -> None:
    """Until ``stopping``, or until the connection ends."""
    client = AmiClient(control_address(settings), settings.ami_port, HOLD_USER, ami_secret(settings.home))
    async with client as ami:
        seen: asyncio.Queue[Mapping[str, str]] = asyncio.Queue()
        await ami.watch(("Hold", "Unhold"), seen.put_nowait)
        while not (stopping.is_set() or ami.closed):
            try:
                event = await asyncio.wait_for(seen.get(), _LOOK_S)
            except asyncio.TimeoutError:
                continue
            name, call, data = line_of(event)
            if call:
                await ami.queue_log(name, call=call, data=data)


def line_of(event: Mapping[str, str]) -> tuple[str, str, str]:
    """The name, the call and the data of an event's line."""
    seconds, _, fraction = event.get("timestamp", "").partition(".")
    moment = f"{seconds}.{(fraction + '000')[:3]}" if seconds else ""
    return event.get("event", "").upper(), event.get("linkedid", ""), f"{event.get('uniqueid', '')}|{moment}"
