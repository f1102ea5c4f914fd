"""Takes the callers of a dead AGI server out of its menu.

Asterisk notices that the server is gone only when it next has something to tell it: a caller would hear the
rest of a prompt, and the silence after it, before the dialplan's fallback.
"""

from __future__ import annotations

import re
from pathlib import Path

from ivr.telephony.asterisk_process import ask

_CONTEXT, _MENU, _FALLBACK = "callers", "menu", "fallback"


def rescue(control_socket: Path, number: str, timeout_s: float = 1.0) -> int:
    """Send every caller who is in the menu to the fallback of the dialplan; returns how many.

    Callers in the queue or after it stay where they are. Raises :class:`ivr.errors.IvrError` when Asterisk
    does not answer within ``timeout_s``.
    """
    dialplan = ask(control_socket, f"dialplan show {number}@{_CONTEXT}", timeout_s)
    menu = re.search(rf"\[{_MENU}\]\s+(\d+)\.", dialplan)
    if menu is None:
        return 0
    rescued = 0
    for line in ask(control_socket, "core show channels concise", timeout_s).splitlines():
        name, *place = line.split("!")[:4]
        if place == [_CONTEXT, number, menu[1]]:
            ask(control_socket, f"channel redirect {name} {_CONTEXT},{number},{_FALLBACK}", timeout_s)
            rescued += 1
    return rescued
