"""How true the expected wait is that callers are told: our model against app_queue's own, on a simulated day.

The day: 12,626 calls to 120 seats, from 06:00 to 23:00, with two peaks; calls of nearly six minutes with the wrap-up, of very different lengths; shifts
that are short of people in the peaks; callers who give up. Seeded: the same day each time. Each caller is told 8 s after coming and
every 30 s from then on; what is told is compared with what the caller then really waited until an agent answered. Callers who gave up
have no such wait, and are left out for both.

app_queue's own (read from how it is documented and behaves): an average of the waits of those who were answered, each new one
weighing a quarter; what it says is that average plus half a minute less the wait so far, without its sign, in whole minutes. Beside it
stands the average less the wait so far, not below 0 and not rounded, which it never says. "In words": within the minute that was told.
"""

from __future__ import annotations

import argparse
import heapq
import math
import os
import random
import statistics
from collections import deque
from dataclasses import dataclass, field

from ivr.acd.wait import ASSUMED_HANDLE_S, Pace, Told, expected_wait_s, to_tell

CALLS, SEATS = 12_626, 120
OPEN_H, CLOSE_H = 6, 23
#: Calls by hour from 06:00: the shape of a centre's day.
SHAPE = (2, 4, 7, 10, 11, 9, 6, 7, 9, 9, 8, 7, 6, 5, 5, 3, 2)
#: Agents by hour, as shifts give them: fewer than the peaks need.
SHIFTS = (24, 46, 78, 104, 112, 98, 68, 80, 96, 96, 88, 78, 68, 58, 56, 36, 26)
HANDLE_S, SPREAD = 340.0, 0.75
PATIENCE_S = 300.0
FIRST_S, EVERY_S = 8, 30
#: As ivr.store.facts: the mean of so many calls, who gave up within so long.
HANDLED, GIVING_UP_S = 50, 1800


@dataclass(eq=False)
class Caller:
    """A caller who waits: what was told at which moment, by us, in words, and by app_queue, in seconds."""

    came: float
    patience: float
    told: list[tuple[float, float, int, float, float]] = field(default_factory=list)
    last: Told | None = None


@dataclass
class Day:
    """A simulated day; ``errors``: by whom, the absolute errors in seconds."""

    seed: int
    errors: dict[str, list[float]] = field(
        default_factory=lambda: {"ours": [], "words": [], "app_queue": [], "average": []}
    )
    rises: int = 0
    answered: int = 0
    given_up: int = 0

    def run(self) -> None:  # noqa: C901 (a day, event by event)
        """Let the day pass."""
        dice = random.Random(self.seed)
        events: list[tuple[float, int, str, object]] = []
        number = 0

        def at(moment: float, what: str, who: object = None) -> None:
            nonlocal number
            number += 1
            heapq.heappush(events, (moment, number, what, who))

        hours = dice.choices(range(len(SHAPE)), SHAPE, k=CALLS)
        for hour in hours:
            at((hour + dice.random()) * 3600, "call")
        for hour, agents in enumerate(SHIFTS):
            at(hour * 3600.0, "shift", agents)
        queue: deque[Caller] = deque()
        busy, agents, holdtime = 0, 0, 0.0
        handled: deque[float] = deque(maxlen=HANDLED)
        left: deque[tuple[float, float, bool]] = deque()
        mu = math.log(HANDLE_S) - SPREAD * SPREAD / 2

        def serve(now: float) -> None:
            nonlocal busy, holdtime
            while queue and busy < agents:
                caller = queue.popleft()
                busy += 1
                self.answered += 1
                waited = now - caller.came
                left.append((now, waited, False))
                holdtime = int(3 * holdtime + waited) >> 2
                length = dice.lognormvariate(mu, SPREAD)
                at(now + length, "free", length)
                for moment, ours, words, theirs, average in caller.told:
                    really = now - moment
                    self.errors["ours"].append(abs(ours - really))
                    self.errors["words"].append(_outside(words, really))
                    self.errors["app_queue"].append(abs(theirs - really))
                    self.errors["average"].append(abs(average - really))

        while events:
            now, _, what, who = heapq.heappop(events)
            if what == "shift":
                agents = int(who)  # type: ignore[call-overload]
            elif what == "free":
                busy -= 1
                handled.append(float(who))  # type: ignore[arg-type]
            elif what == "call":
                caller = Caller(now, dice.expovariate(1 / PATIENCE_S))
                queue.append(caller)
                at(now + caller.patience, "gives up", caller)
                at(now + FIRST_S, "tell", caller)
            elif what == "gives up" and who in queue:
                queue.remove(who)  # type: ignore[arg-type]
                self.given_up += 1
                left.append((now, now - who.came, True))  # type: ignore[attr-defined]
            elif what == "tell" and isinstance(who, Caller) and who in queue:
                while left and left[0][0] < now - GIVING_UP_S:
                    left.popleft()
                waited_s = sum(wait for _, wait, _ in left)
                theta = sum(gave_up for *_, gave_up in left) / waited_s if waited_s else 0.0
                mean = sum(handled) / len(handled) if handled else ASSUMED_HANDLE_S
                pace = Pace(agents, max(0, agents - busy), mean, theta)
                position = queue.index(who) + 1
                before, who.last = who.last, to_tell(position, pace, who.last)
                self.rises += before is not None and who.last.minutes > before.minutes
                theirs = abs(holdtime + 30 - (now - who.came)) // 60 * 60
                average = max(0.0, holdtime - (now - who.came))
                who.told.append((now, expected_wait_s(position, pace), who.last.minutes, theirs, average))
                at(now + EVERY_S, "tell", who)
            serve(now)


def _outside(minutes: int, really: float) -> float:
    """By how many seconds a wait is outside of what was told: 两分钟 is one and a half to two and a half."""
    least, most = (0.0, 60.0) if minutes == 0 else (minutes * 60 - 30.0, minutes * 60 + 30.0)
    return max(0.0, least - really, really - most)


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--days", type=int, default=5, help="so many days, with seeds from 1 on")
    chosen = options.parse_args()
    print(f"expected waits, {chosen.days} simulated days of {CALLS:,} calls, load {os.getloadavg()[0]:.1f}")
    for seed in range(1, chosen.days + 1):
        day = Day(seed)
        day.run()
        means = {who: statistics.fmean(errors) for who, errors in day.errors.items()}
        print(
            f"day {seed}: {day.answered:,} answered, {day.given_up:,} gave up, {len(day.errors['ours']):,} tellings; mean absolute"
            f" error: ours {means['ours']:.0f} s, ours as told in words {means['words']:.0f} s, app_queue {means['app_queue']:.0f} s,"
            f" its average less the wait so far {means['average']:.0f} s;"
            f" told more than before {day.rises} times (fewer agents)"
        )


if __name__ == "__main__":
    main()
