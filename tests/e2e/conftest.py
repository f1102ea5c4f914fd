"""Hotlines for the tests, each started once. Scenarios run at the same time, each on a hotline of its own."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.e2e.calls import Call
from tests.e2e.hotline import Line, missing, running
from tests.e2e.scenarios import WITHIN_S, Together, fault_of

WRAPUP_S = 1
#: An agent's phone rings for 3 s instead of 15.
QUICK = {"IVR_RING_S": "3", "IVR_WRAPUP_S": str(WRAPUP_S)}
#: The longest wait in the queue on the shared hotlines.
LONGEST_WAIT_S = 30
HOTLINES = 6  #: for scenarios that need no settings of their own
OWN_HOTLINES = 2  #: at a time, beside these
CALLERS = 6  #: at a time, of the calls where nobody is signed in; with more, small machines send keys late and in bursts
#: A caller who asked for a callback is called again within seconds.
RETRIES = {
    "IVR_CALLBACK_BUSY_S": "1",
    "IVR_CALLBACK_NO_ANSWER_S": "1",
    "IVR_CALLBACK_RING_S": "8",
    "IVR_CALLBACK_LEAST_S": "2",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"played", "all_calls"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.timeout(WITHIN_S + 10))
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.asterisk)


@pytest.fixture(scope="session")
def lonely() -> Iterator[Line]:
    """A hotline where no agent ever signs in."""
    if why := missing():
        pytest.fail(why, pytrace=False)
    with running() as line:
        line.keep()
        yield line


@pytest.fixture(scope="session")
def silent_call(lonely: Line) -> Call:
    """A caller who never presses a key: begun first, since it takes longest."""
    return lonely.call(breathes=True)


@pytest.fixture(scope="session", autouse=True)
def all_at_once(silent_call: Call, request: pytest.FixtureRequest) -> None:
    """Whatever the chosen tests wait for is begun before the first of them."""
    for name in ("all_calls", "played"):
        if _modules(request, name):
            request.getfixturevalue(name)


def _modules(request: pytest.FixtureRequest, fixture: str) -> list[ModuleType]:
    """The modules with chosen tests that use ``fixture``, in their order."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    return list(dict.fromkeys(item.module for item in items if fixture in item.fixturenames))


@pytest.fixture(scope="session")
def all_calls(lonely: Line, request: pytest.FixtureRequest) -> Iterator[Together[Any]]:
    """The ``CALLS`` of the modules, all on one hotline."""
    tasks = {
        f"{module.__name__}: {name}": partial(task, lonely)
        for module in _modules(request, "all_calls")
        for name, task in module.CALLS.items()
    }
    calls = Together[Any](tasks, CALLERS)
    yield calls
    calls.finish()


@pytest.fixture(scope="module")
def calls(all_calls: Together[Any], request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """What one of the module's ``CALLS`` returned; waits for it, and raises what it raised."""
    return lambda name: all_calls[f"{request.module.__name__}: {name}"]


@pytest.fixture(scope="session")
def pool(lonely: Line) -> Iterator[queue.Queue[Line]]:
    """Hotlines that a scenario may have for itself."""
    free: queue.Queue[Line] = queue.Queue()
    with contextlib.ExitStack() as stack:
        starting = [
            running("", lonely, IVR_QUEUE_TIMEOUT_S=str(LONGEST_WAIT_S), **QUICK, **RETRIES)
            for _ in range(HOTLINES)
        ]
        with ThreadPoolExecutor(2) as starters:
            for line in starters.map(stack.enter_context, starting):
                free.put(line)
        yield free


@pytest.fixture(scope="session")
def played(
    pool: queue.Queue[Line], lonely: Line, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], None]]:
    """The ``SCENARIOS`` of all modules that were asked for, and those of their ``OWN`` hotlines, running side by side with all other
    tests: ``played(name)`` waits for one and raises its failure."""
    chosen = {
        str(item.callspec.params["scenario"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and "played" in item.fixturenames
    }
    modules = _modules(request, "played")
    owns = [own.of(chosen) for module in modules for own in getattr(module, "OWN", ())]
    outcomes: dict[str, Future[None]] = {name: Future() for own in owns for name in own.scenarios}
    on_their_own = Together[None](
        {str(n): partial(own.play, lonely, outcomes) for n, own in enumerate(owns) if own.scenarios},
        OWN_HOTLINES,
    )
    scenarios = {
        scenario.__name__: partial(_play, pool, scenario)
        for module in modules
        if not hasattr(module, "OWN")
        for scenario in module.SCENARIOS
        if scenario.__name__ in chosen
    }
    together = Together[None](scenarios, HOTLINES)
    yield lambda name: outcomes[name].result(WITHIN_S) if name in outcomes else together[name]
    on_their_own.finish()
    together.finish()


def _play(pool: queue.Queue[Line], scenario: Callable[[Line], None]) -> None:
    line = pool.get()
    try:
        if fault := fault_of(scenario, line):
            raise fault
    finally:
        pool.put(line)
