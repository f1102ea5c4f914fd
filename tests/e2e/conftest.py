"""Hotlines for the tests, each started once. Scenarios run at the same time, each on a hotline of its own."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.hotline import Call, Line, Together, missing, running

#: An agent's phone rings for 3 s instead of 15, and wraps up for 1 s instead of 5.
SHORT_RING = "[operator](+)\ntimeout=3\nwrapuptime=1\n"
#: The longest wait in the queue on the shared hotlines.
LONGEST_WAIT_S = 12
HOTLINES = 4
#: A caller who asked for a callback is called again within seconds.
RETRIES = {
    "IVR_CALLBACK_BUSY_S": "1",
    "IVR_CALLBACK_NO_ANSWER_S": "1",
    "IVR_CALLBACK_RING_S": "8",
    "IVR_CALLBACK_LEAST_S": "2",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "played" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(240))  # it may wait for its turn
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.asterisk)


@pytest.fixture(scope="session")
def lonely() -> Iterator[Line]:
    """A hotline where no agent ever signs in."""
    if why := missing():
        pytest.fail(why, pytrace=False)
    with running() as line:
        yield line


@pytest.fixture(scope="session", autouse=True)
def silent_call(lonely: Line) -> Call:
    """A caller who never presses a key: begun first, since it takes longest."""
    return lonely.call(breathes=True)


@pytest.fixture(scope="session")
def pool(lonely: Line) -> Iterator[queue.Queue[Line]]:
    """Hotlines that a scenario may have for itself."""
    free: queue.Queue[Line] = queue.Queue()
    with contextlib.ExitStack() as stack:
        starting = [
            running(SHORT_RING, sounds_of=lonely, IVR_QUEUE_TIMEOUT_S=str(LONGEST_WAIT_S), **RETRIES)
            for _ in range(HOTLINES)
        ]
        with ThreadPoolExecutor(2) as starters:
            for line in starters.map(stack.enter_context, starting):
                free.put(line)
        yield free


@pytest.fixture(scope="session")
def played(pool: queue.Queue[Line], request: pytest.FixtureRequest) -> Iterator[Together[None]]:
    """The ``SCENARIOS`` of all modules that were asked for, running side by side with all other tests: ``played[name]``
    waits for one and raises its failure."""
    scenarios: dict[str, Callable[[], None]] = {}
    for item in request.session.items:
        if isinstance(item, pytest.Function) and "played" in item.fixturenames:
            name = str(item.callspec.params["scenario"])
            chosen = next(s for s in item.module.SCENARIOS if s.__name__ == name)
            scenarios[name] = partial(_play, pool, chosen)
    running_ = Together(scenarios, HOTLINES)
    yield running_
    running_.finish()


def _play(pool: queue.Queue[Line], scenario: Callable[[Line], None]) -> None:
    line = pool.get()
    try:
        try:
            scenario(line)
        finally:
            line.tidy()
    finally:
        pool.put(line)
