"""The queues as Asterisk reads them: ``queues_on_air.conf``, which ``queues.conf`` includes, ``queuerules.conf``, and
``queue_numbers.conf``, in which the dialplan looks up where an agent hands a caller over to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ivr.acd.roster import AGAIN
from ivr.dialogue.queues import Queue
from ivr.files import write_whole
from ivr.telephony.asterisk_process import ask

QUEUES_FILE = "queues_on_air.conf"
RULES_FILE = "queuerules.conf"
NUMBERS_FILE = "queue_numbers.conf"
#: Our strategy → app_queue's. ``leastrecent`` goes by the end of an agent's last call in any queue (shared_lastcall).
_STRATEGY = {
    "longest_idle": "leastrecent",
    "fewest_calls": "fewestcalls",
    "in_turn": "rrmemory",
    "random": "random",
    "ring_all": "ringall",
}


def queue_files(queues: Iterable[Queue]) -> dict[str, str]:
    """File name → content. What a queue leaves open, the template of ``queues.conf`` says."""
    queues = list(queues)
    return {
        QUEUES_FILE: "\n".join(line for queue in queues for line in _section(queue)) + "\n",
        NUMBERS_FILE: "[numbers]\n"
        + "".join(f"{queue.number} = {queue.name}\n" for queue in queues if queue.number is not None),
        RULES_FILE: "[general]\nrealtime_rules = no\n" + "".join(map(_rule, queues)),
    }


def _section(queue: Queue) -> Iterator[str]:
    yield f"[{queue.name}](usual)"
    yield f"strategy = {_STRATEGY[queue.strategy]}"
    yield f"weight = {queue.weight}"
    yield f"maxlen = {queue.most_waiting}"
    yield f"defaultrule = {queue.name}"
    for key, seconds in (
        ("timeout", queue.ring_s),
        ("wrapuptime", queue.wrapup_s),
        ("servicelevel", queue.service_level_s),
    ):
        if seconds is not None:
            yield f"{key} = {seconds}"
    if queue.name == AGAIN:  # a caller is let in only while the one agent is free
        yield "joinempty = paused,penalty,inuse,ringing,wrapup,unavailable,invalid,unknown"
        yield "leavewhenempty = paused,penalty,unavailable,invalid,unknown"
    yield f"periodic-announce-frequency = {queue.announce_s}"
    yield ""


def _rule(queue: Queue) -> str:
    """Which levels are rung too after how many seconds: an agent's penalty is the level. At first it is the caller's
    ``QUEUE_MAX_PENALTY``: app_queue looks at its rules only after the first ring."""
    steps = "".join(f"penaltychange => {after},{level},0\n" for after, level in queue.widen)
    return f"\n[{queue.name}]\n{steps}"


def sections(text: str) -> tuple[str, ...]:
    """The names of the queues of a ``queues_on_air.conf``."""
    return tuple(line[1:].split("]")[0] for line in text.splitlines() if line.startswith("["))


def write_queues(folder: Path, queues: Iterable[Queue]) -> tuple[str, ...] | None:
    """Write these files into Asterisk's folder of configuration, where they differ; ``None`` when they do not, else the
    queues there were before. Raises :class:`OSError`."""
    files = queue_files(queues)
    before = {name: _read(folder / name) for name in files}
    if before == files:
        return None
    for name, text in files.items():
        write_whole(folder / name, text, private=True)
    return sections(before[QUEUES_FILE])


def reload_queues(control_socket: Path) -> None:
    """Let a running Asterisk read the queues and their rules again; callers and agents stay where they are. Raises
    :class:`ivr.errors.IvrError` when it does not answer."""
    ask(control_socket, "queue reload all")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
