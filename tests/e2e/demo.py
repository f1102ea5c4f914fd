"""``make demo``: a minute of real SIP callers and agents on the running hotline, then what it wrote down.

Callers use the self-service options, reach agents or give up waiting. Three agents with the staff numbers 8003 to
8005 (made when missing) sit at the seats 1003 to 1005 and are signed out at the end.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from ivr.errors import IvrError
from ivr.settings import load
from tests.e2e.hotline import Line, missing
from tests.e2e.waits import Overdue, wait_for

AGENTS = {"8003": "1003", "8004": "1004", "8005": "1005"}
CALLS_FOR_S, EVERY_S = 48, 2.0
TO_SHANGHAI = ("1", "010#", "1", "021#", "1", "2", "1")
SELF_SERVICE = {
    "online booking": ("1", "1"),
    "presale period": ("2",),
    "real-name rules": ("3", "1"),
    "remaining tickets": ("4", *TO_SHANGHAI),
    "timetable of G1": ("5", "2", "1#", "2", "1"),
    "fares": ("6", "1", "010#", "1", "021#", "1"),
    "operator of G1": ("7", "1#", "1", "1"),
    "area code 0512": ("8", "2", "0512#", "1"),
}


class Demo:
    """One demonstration on ``line``."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.ended: Counter[str] = Counter()
        self._begun = time.monotonic()

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self._begun:5.1f} s  {text}", flush=True)

    def run(self) -> None:
        """Agents, callers, and everybody gone again."""
        for number, (staff, seat) in enumerate(AGENTS.items()):
            self.line.seat(seat, ring_s=1 + number, talk_s=7 + 2 * number, calls=99)
            self.line.sign_in(staff, seat)
            self.say(f"agent {staff} signs in at seat {seat}")
        callers: list[threading.Thread] = []
        try:
            until = time.monotonic() + CALLS_FOR_S
            while time.monotonic() < until:
                callers.append(threading.Thread(target=self._caller, args=(len(callers),)))
                callers[-1].start()
                time.sleep(EVERY_S)
            for caller in callers:
                caller.join(60)
        finally:
            self.line.stop_phones()
            for staff, seat in AGENTS.items():
                self.line.cli("agent", "logout", staff, "--seat", seat)
        self.say(", ".join(f"{count} {what}" for what, count in self.ended.most_common()))

    def _caller(self, number: int) -> None:
        kind = ("self-service", "agent", "self-service", "agent", "gives up")[number % 5]
        try:
            if kind == "self-service":
                option, keys = random.choice(list(SELF_SERVICE.items()))
                self._asks(option, keys)
            else:
                self._wants_an_agent(patience_s=2.0 if kind == "gives up" else None)
            self.ended[kind] += 1
        except (Overdue, IvrError) as fault:
            self.ended["failed"] += 1
            self.say(f"a call failed: {fault}")

    def _asks(self, option: str, keys: tuple[str, ...]) -> None:
        call = self.line.call(keys)
        call.press_all()
        call.ready()
        time.sleep(3)  # listens for a while
        call.hang_up()
        self.say(f"{call.masked} asked for: {option}")

    def _wants_an_agent(self, patience_s: float | None) -> None:
        call = self.line.call(["9"])
        call.press_all()
        wait_for(lambda: call.is_in("Queue"), f"{call.masked} is in the queue", 20)
        if patience_s is None:
            self.say(f"{call.masked} waits for an agent")
            self.say(f"{call.masked} talked with an agent; {call.ended(90).by} hung up")
        else:
            time.sleep(patience_s)
            call.hang_up()
            self.say(f"{call.masked} gave up")


def main() -> None:
    """Run the demonstration; exit code 1 with one line when it cannot be."""
    if why := missing():
        sys.exit(f"demo: {why}")
    settings = load()
    with tempfile.TemporaryDirectory(prefix="ivr-demo-") as folder:
        line = Line(settings, dict(os.environ), Path(folder) / "phones")
        try:
            line.console("core waitfullybooted")
        except IvrError:
            sys.exit(
                f"demo: no hotline runs with the home {settings.home}: start it with `make run` in another terminal"
            )
        try:
            Demo(line).run()
        finally:
            line.stop_phones()
    print("\n$ ivr queue stats\n" + line.cli("queue", "stats"))
    print("$ ivr call list\n" + line.cli("call", "list"))


if __name__ == "__main__":
    main()
