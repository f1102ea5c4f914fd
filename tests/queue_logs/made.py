"""Lines of queue_log, and logs made by chance: any order of events, any clock."""

from __future__ import annotations

from hypothesis import strategies as st

ZERO = 1770685000


def line(at: int, call: str, queue: str, agent: str, name: str, *data: object) -> bytes:
    return "|".join([str(ZERO + at), call, queue, agent, name, *map(str, data)]).encode()


CALLS = st.sampled_from(["c1", "c2", "c3"])
QUEUES = st.sampled_from(["a", "b"])
AGENTS = st.sampled_from(["1", "2"])
EVENTS = st.sampled_from(
    [
        "CALLBEGIN",
        "CALLEND",
        "AGENTANSWER",
        "CALLERSTAYS",
        "CONSULTATION",
        "FALLBACK",
        "FULL",
        "JOINEMPTY",
        "ENTERQUEUE",
        "ENTERQUEUE",
        "CONNECT",
        "CONNECT",
        "ABANDON",
        "EXITWITHTIMEOUT",
        "EXITWITHKEY",
        "EXITEMPTY",
        "WITHDRAW",
        "RINGNOANSWER",
        "RINGCANCELED",
        "AGENTDUMP",
        "SYSCOMPAT",
        "COMPLETECALLER",
        "COMPLETEAGENT",
        "BLINDTRANSFER",
        "ATTENDEDTRANSFER",
        "QUEUESTART",
        "ADDMEMBER",
        "REMOVEMEMBER",
        "PAUSE",
        "UNPAUSE",
        "PAUSEALL",
        "UNPAUSEALL",
        "X",
    ]
)
DATA = st.lists(st.sampled_from(["0", "1", "20", "PAUSED", "", "x"]), max_size=5)


@st.composite
def logs(draw: st.DrawFn) -> list[bytes]:
    rows = draw(st.lists(st.tuples(st.integers(0, 30), CALLS, QUEUES, AGENTS, EVENTS, DATA), max_size=40))
    return [line(at, call, queue, agent, name, *data) for at, call, queue, agent, name, data in rows]
