"""Lines of queue_log, and logs made by chance: any order of events, any clock."""

from __future__ import annotations

from collections.abc import Sequence

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
        "OPTION",
        "HOLD",
        "UNHOLD",
        "HOLD",
        "UNHOLD",
        "LEGBEGIN",
        "LEGEND",
        "SEAT",
        "X",
    ]
)
DATA = st.lists(st.sampled_from(["0", "1", "20", "PAUSED", "", "x"]), max_size=5)
_CHANNELS = st.sampled_from(["0", "1", "x"])  # as CONNECT has them
_KINDS, _SEATS = st.sampled_from(["blind", "direct"]), st.sampled_from(["PJSIP/1", "PJSIP/2", ""])
_MOMENTS = st.integers(0, 30_000).map(lambda ms: f"{ZERO + ms // 1000}.{ms % 1000:03}")
#: Events whose data have a form of their own, so that something comes of them.
_OWN_DATA = {
    "HOLD": st.tuples(_CHANNELS, _MOMENTS),
    "UNHOLD": st.tuples(_CHANNELS, _MOMENTS),
    "LEGBEGIN": st.tuples(_CHANNELS, _KINDS, _SEATS, _SEATS, _MOMENTS),
    "LEGEND": st.tuples(_CHANNELS, _MOMENTS),
    "SEAT": st.tuples(_SEATS),
}


@st.composite
def _event(draw: st.DrawFn) -> tuple[str, Sequence[str]]:
    name = draw(EVENTS)
    return name, draw(_OWN_DATA.get(name, DATA))


@st.composite
def logs(draw: st.DrawFn) -> list[bytes]:
    rows = draw(st.lists(st.tuples(st.integers(0, 30), CALLS, QUEUES, AGENTS, _event()), max_size=40))
    return [line(at, call, queue, agent, name, *data) for at, call, queue, agent, (name, data) in rows]
