"""Hotlines for the tests, each started once; every test leaves its own quiet and empty."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.hotline import Call, Line, missing, running

#: An agent's phone rings for 3 s instead of 15.
SHORT_RING = "[operator](+)\ntimeout=3\nwrapuptime=1\n"


@pytest.fixture(scope="session")
def hotlines() -> Iterator[Callable[..., Line]]:
    """A function that gives the hotline of a name, started with settings at its first use."""
    if why := missing():
        pytest.fail(why, pytrace=False)
    started: dict[str, Line] = {}
    with contextlib.ExitStack() as stack:

        def hotline(name: str, queues: str = SHORT_RING, **environ: str) -> Line:
            if name not in started:
                started[name] = stack.enter_context(running(queues, **environ))
            return started[name]

        yield hotline


@pytest.fixture(scope="session")
def lonely(hotlines: Callable[..., Line]) -> Line:
    """A hotline where no agent ever signs in."""
    return hotlines("lonely", "")


@pytest.fixture(scope="session", autouse=True)
def silent_call(lonely: Line) -> Call:
    """A caller who never presses a key: begun first, since it takes longest."""
    return lonely.call(breathes=True)


@pytest.fixture
def line(hotlines: Callable[..., Line]) -> Iterator[Line]:
    """A hotline of the usual kind, without agents, calls and phones at the test's begin."""
    yield from _tidy(hotlines("usual", IVR_QUEUE_TIMEOUT_S="8"))


@pytest.fixture
def fragile(hotlines: Callable[..., Line]) -> Iterator[Line]:
    """A hotline whose parts a test may kill."""
    yield from _tidy(hotlines("fragile"))


def _tidy(line: Line) -> Iterator[Line]:
    try:
        yield line
    finally:
        line.tidy()
