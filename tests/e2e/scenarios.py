"""Scenarios that run side by side, on hotlines that they share one after the other or have for themselves."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from tests.e2e.hotline import Line

T = TypeVar("T")
WITHIN_S = 400  #: is the result of a task there, which may have to wait for its turn


class Together(Generic[T]):
    """Runs all ``tasks``, ``workers`` at a time. ``together[name]``: the result of one, when it is there; raises what it raised."""

    def __init__(self, tasks: Mapping[str, Callable[[], T]], workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers)
        self._futures = {name: self._pool.submit(task) for name, task in tasks.items()}

    def __getitem__(self, name: str) -> T:
        return self._futures[name].result(WITHIN_S)

    def finish(self) -> None:
        """Wait for every task, also for one whose result nobody asked for."""
        self._pool.shutdown()


@dataclass(frozen=True)
class Own:
    """Scenarios that have, one after the other, a hotline of their own; ``start``: makes it, given one that runs already."""

    start: Callable[[Line], contextlib.AbstractContextManager[Line]]
    scenarios: Mapping[str, Callable[[Line], None]]

    def of(self, chosen: Collection[str]) -> Own:
        """Those that are ``chosen``."""
        return replace(self, scenarios={name: x for name, x in self.scenarios.items() if name in chosen})

    def play(self, like: Line, outcomes: Mapping[str, Future[None]]) -> None:
        """Fill in the outcome of each; also what is wrong after the last, when the hotline has stopped."""
        last = list(self.scenarios)[-1]
        try:
            with self.start(like) as line:
                for name, scenario in self.scenarios.items():
                    fault = fault_of(scenario, line)
                    if fault is not None:
                        outcomes[name].set_exception(fault)
                    elif name != last:
                        outcomes[name].set_result(None)
            if not outcomes[last].done():
                outcomes[last].set_result(None)
        except BaseException as fault:
            for outcome in outcomes.values():
                if not outcome.done():
                    outcome.set_exception(fault)


def fault_of(scenario: Callable[[Line], None], line: Line) -> BaseException | None:
    """Play a scenario, and leave the hotline as it was."""
    try:
        try:
            scenario(line)
        finally:
            line.tidy()
    except BaseException as fault:
        return fault
    return None


def add_to(
    scenarios: list[Callable[[Line], None]], scenario: Callable[[Line], None]
) -> Callable[[Line], None]:
    """A decorator: ``scenario = partial(add_to, SCENARIOS)``."""
    scenarios.append(scenario)
    return scenario


def by_name(*scenarios: Callable[[Line], None]) -> dict[str, Callable[[Line], None]]:
    """Each under its own name."""
    return {scenario.__name__: scenario for scenario in scenarios}
