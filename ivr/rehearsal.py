"""Calls as text with a home's data: simulated, replayed from transcripts, and the admin's own tests.

Stands beside :mod:`ivr.app`: it brings menus, answers and the text caller together.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from ivr.app import TOLD, make_home, open_store, tree_of_entry
from ivr.authoring.loader import load_tree, load_trees
from ivr.authoring.notices_file import FILE as NOTICES_FILE
from ivr.authoring.notices_file import Standing, on_air, read_notices
from ivr.authoring.part_reader import MEMBER_OPERATIONS, MEMBER_OUTCOMES, RECORD_OUTCOMES
from ivr.authoring.queries import QUERIES
from ivr.authoring.source import MenuFaults, nearest
from ivr.clock import fixed_clock
from ivr.dialogue.actions import Action, Ask, Gather, Member, Record, Say
from ivr.dialogue.conditions import CALLER_HISTORY, CALLER_MARKS, LAST_AGENT, QUEUE_STATE
from ivr.dialogue.engine import converse
from ivr.dialogue.events import Event, NoInput
from ivr.dialogue.forms import LAST_CHOICE
from ivr.dialogue.notices import Notice
from ivr.dialogue.session import Session
from ivr.dialogue.tree import Tree
from ivr.errors import IvrError
from ivr.files import write_whole
from ivr.query_service import QueryService
from ivr.rail.answers import LIST, Answer, QuerySpec
from ivr.rail.booking_queries import CHANGING
from ivr.settings import Settings
from ivr.simulator import Caller, OnAir, Pinned, Scene, Transcript, are_rows, perform, play
from ivr.speech import spoken_seconds
from ivr.store.notices import notices_at

#: The folder of the admin's own transcripts, beside the menus.
TESTS = "tests"

#: What stands for a slot that a pinned answer does not give, by its type.
_SAMPLES: Mapping[str, Any] = {
    "time": "08:00",
    "money": "100",
    "train": "G1",
    "count": 2,
    "number": 1,
    "minutes": 60,
    "digits": "010",
    "grouped": "825317097",
    "document": "11010519491231002X",
    "key": "1",
    "named": {"code": "SAMPLE", "zh": "样例", "en": "Sample"},
    "text": "样例",
}
_SAMPLE_ITEMS = 2
_OPEN = {"agents": 1, "waiting": 0, "wait_s": 0}


@dataclass(frozen=True)
class Failure:
    """A transcript that does not replay. ``diff``: the lines around what differs, marked ``-`` (expected) and
    ``+`` (came); or the one line that says why it cannot be played, and then ``came`` is ``None``."""

    path: Path
    title: str
    diff: tuple[str, ...]
    came: tuple[str, ...] | None = None


class Rehearsal:
    """Plays calls with the menus of a folder and the data of a home, which is made when it is missing.

    A context manager. Raises :class:`IvrError` for menus that cannot go on air.
    """

    def __init__(self, settings: Settings, menus: Path | None = None) -> None:
        self.settings = settings
        folder = menus or settings.menus
        self._trees = load_trees(folder)
        self._standing = _standing(folder, self._trees["hotline"])
        self._others: dict[Path, Tree] = {}

    def __enter__(self) -> Rehearsal:
        from ivr.store.migrate import upgrade
        from ivr.store.rail import load_bundled_data

        make_home(self.settings)
        self.engine = open_store(self.settings)
        try:
            upgrade(self.engine)
            load_bundled_data(self.engine)
        except BaseException:
            self.engine.dispose()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.dispose()

    def tree(self, scene: Scene) -> Tree:
        """The tree in which the scene's call begins."""
        if scene.tree is None:
            name = tree_of_entry(scene.call.entry)
            if name not in self._trees:
                hint = nearest(name, self._trees)
                raise IvrError(f"there is no entry '{scene.call.entry}'", mend=hint)
            return self._trees[name]
        path = scene.tree.resolve()
        if path not in self._others:
            self._others[path] = load_tree(path)
        return self._others[path]

    def conversation(
        self, scene: Scene, caller: Caller, watch: Callable[[Session], Session] = lambda session: session
    ) -> Generator[Action, Event, str]:
        """The dialogue of the scene's call, on a clock that goes on with it.

        What is on air are the pretended notices and, in the folder's own trees, those of ``notices.yaml``.
        """
        tree, clock = self.tree(scene), PretendedClock(self._now(scene))

        def notices() -> list[Notice]:
            told = scene.tree is None and scene.call.entry in TOLD
            standing = on_air(self._standing, clock(), self.settings.zone) if told else []
            return [*notices_of(scene, tree, clock()), *standing]

        call = replace(scene.call, called=scene.call.called or self.settings.hotline)
        return clock.along(converse(tree, call, clock, notices, watch), caller)

    def notices_set(self, scene: Scene) -> tuple[OnAir, ...]:
        """The notices that ``ivr notice set`` has on air at the scene's moment, as its caller hears them."""
        tree = self.tree(scene)
        if scene.tree is not None or scene.call.entry not in TOLD:
            return ()
        return tuple(
            OnAir(
                next(text for text in (notice.text.get(scene.call.language), *notice.text.values()) if text),
                notice.before if notice.before in tree.parts else "",
                notice.queue,
            )
            for notice in notices_at(self.engine, self._now(scene))
        )

    def perform(
        self, scene: Scene, caller: Caller, watch: Callable[[Session], Session] = lambda session: session
    ) -> Generator[tuple[Action, Event | None], None, str]:
        """The call, action by action (see :func:`ivr.simulator.perform`)."""
        pinned = Pretended(scene, self._answers(scene))
        return perform(self.conversation(scene, caller, watch), caller, pinned.answer, pinned.do)

    def lines(self, scene: Scene, tokens: Iterable[str]) -> Iterator[str]:
        """The call as the lines of a transcript."""
        pinned = Pretended(scene, self._answers(scene))
        caller = Caller(iter(tokens))
        yield from play(self.conversation(scene, caller), caller, pinned.answer, pinned.do)

    def replay(self, path: Path) -> tuple[Transcript, tuple[str, ...]]:
        """The transcript of a file, and the lines that come now. Raises :class:`IvrError`."""
        transcript = Transcript.read(path)
        return transcript, tuple(self.lines(transcript.scene, transcript.tokens))

    def _now(self, scene: Scene) -> datetime:
        return scene.at if scene.at.tzinfo else scene.at.replace(tzinfo=self.settings.zone)

    def _answers(self, scene: Scene) -> Callable[[Ask], Answer]:
        """The home's data. What would change them is only pretended: a rehearsal holds no seat and opens no case."""
        service = QueryService(self.engine, fixed_clock(self._now(scene)))

        def answer(ask: Ask) -> Answer:
            if ask.query not in CHANGING:
                return service(ask)
            spec = QUERIES[ask.query]
            return sample_answer(spec, Pinned(ask.query, next(iter(spec.outcomes))), scene.at, ask.args)

        return answer


def _standing(folder: Path, hotline: Tree) -> list[Standing]:
    """The notices of the folder's file. Raises :class:`MenuFaults` when it is broken."""
    path = folder / NOTICES_FILE
    if not path.is_file():
        return []
    found, faults = read_notices(path, hotline.languages, hotline.parts)
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        raise MenuFaults(errors)
    return found


class PretendedClock:
    """The clock of a rehearsed call: it goes on by what is said and by the waits for keys that do not come.

    What is said is reckoned, never measured, so that a call takes the same time whether its sounds are made or not.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self) -> datetime:
        """The moment that the call has come to."""
        return self._now

    def along(
        self, conversation: Generator[Action, Event, str], caller: Caller
    ) -> Generator[Action, Event, str]:
        """The same conversation, during which the clock goes on. What is typed over is not said."""
        try:
            action = next(conversation)
            while True:
                event = yield action
                if isinstance(action, Say) or (isinstance(action, Gather) and caller.line):
                    said = sum(spoken_seconds(phrase.text, phrase.language) for phrase in action.phrases)
                    self._now += timedelta(seconds=said)
                if isinstance(action, Gather) and isinstance(event, NoInput):
                    self._now += timedelta(seconds=action.first_wait_s)
                action = conversation.send(event)
        except StopIteration as end:
            return str(end.value)


class Pretended:
    """Answers a scene's queries: as pinned, then queues and caller as pretended, then from the data."""

    def __init__(self, scene: Scene, data: Callable[[Ask], Answer]) -> None:
        self._scene = scene
        self._data = data
        self._pinned: dict[str, list[Pinned]] = {}
        for pinned in scene.answers:
            _check(pinned)
            self._pinned.setdefault(pinned.query, []).append(pinned)

    def answer(self, ask: Ask) -> Answer:
        """The answer to a query."""
        pinned = self._next(ask.query)
        if pinned is not None:
            return sample_answer(QUERIES[ask.query], pinned, self._scene.at, ask.args)
        if ask.query == QUEUE_STATE.name:
            return Answer("known", self._scene.queues.get(ask.args["queue"], _OPEN))
        if ask.query == LAST_AGENT.name:
            return Answer("none")
        if ask.query == CALLER_MARKS.name:
            marks = self._scene.marks
            return Answer("known", {"marks": marks}) if marks else Answer("none")
        if ask.query == CALLER_HISTORY.name:
            days = self._scene.returning
            return Answer("new") if days is None else Answer("known", {"calls": 1, "days": days})
        if ask.query == LAST_CHOICE.name:
            return Answer("none") if self._scene.last is None else self._last(ask)
        return self._data(ask)

    def _last(self, ask: Ask) -> Answer:
        """The pretended last choice: the first station that its keys mean."""
        found = self._data(Ask("find_station", {"keys": self._scene.last}))
        station = found.slots.get("station") or next((item["station"] for item in found.items), None)
        return Answer("known", {"last": station}) if station else Answer("none")

    def do(self, action: Member | Record) -> str:
        """The outcome of what a seat does, or of a recording."""
        name, usual = (action.operation, "done") if isinstance(action, Member) else ("record", "recorded")
        pinned = self._next(name)
        return usual if pinned is None else pinned.outcome

    def _next(self, query: str) -> Pinned | None:
        """Several answers pinned for a query come one after the other; the last one stays."""
        answers = self._pinned.get(query)
        if not answers:
            return None
        return answers.pop(0) if len(answers) > 1 else answers[0]


def _check(pinned: Pinned) -> None:
    """Raises :class:`IvrError` for an answer that no query can give."""
    outcomes: tuple[str, ...]
    if pinned.query in QUERIES:
        outcomes = (*QUERIES[pinned.query].outcomes, "error")
    elif pinned.query in MEMBER_OPERATIONS:
        outcomes = MEMBER_OUTCOMES
    elif pinned.query == "record":
        outcomes = RECORD_OUTCOMES
    else:
        raise IvrError(f"answer: there is no query '{pinned.query}'", mend=nearest(pinned.query, QUERIES))
    if pinned.outcome not in outcomes:
        mend = nearest(pinned.outcome, outcomes)
        raise IvrError(f"answer: '{pinned.query}' cannot come out as '{pinned.outcome}'", mend=mend)
    lists = QUERIES[pinned.query].lists if pinned.query in QUERIES else {}
    for values in (pinned.given, *pinned.given.get("items", [])):
        for name in lists:
            if not are_rows(values.get(name) or []):
                raise IvrError(f"answer: '{name}' must be a list of maps", mend=f'e.g. "{name}": [{{}}]')


def sample_answer(
    spec: QuerySpec, pinned: Pinned, at: datetime, args: Mapping[str, Any] | None = None
) -> Answer:
    """A pinned answer with a value for each slot that it does not give: what was asked, else a made-up one. A slot
    that is given as ``None`` has no value."""
    args = args or {}
    samples = {**_SAMPLES, "date": at.date().isoformat()}
    # What a choice stands for, its field knows.
    asked = {
        name: value
        for name, value in args.items()
        if value is not None and spec.takes.get(name, "choice") != "choice"
    }

    def fill(kinds: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
        # A named slot that was asked for is left out: its argument is a code, and the form knows its name.
        usual = {
            name: asked.get(name, [{}] if kind == LIST else samples[kind])
            for name, kind in kinds.items()
            if not (name in asked and kind == "named")
        }
        told = {name: value for name, value in {**usual, **values}.items() if value is not None}
        lists = {
            name: [fill(spec.lists[name], row) for row in told[name]] for name in spec.lists if name in told
        }
        return {**told, **lists}

    outcome = pinned.outcome
    slots = {name: value for name, value in pinned.given.items() if name != "items"}
    kinds = spec.items.get(outcome)
    rows = pinned.given.get("items", [{}] * _SAMPLE_ITEMS if kinds else [])
    items = tuple(fill(kinds or {}, row) for row in rows)
    return Answer(outcome, fill(spec.outcomes.get(outcome, {}), slots), items)


def notices_of(scene: Scene, tree: Tree, now: datetime) -> list[Notice]:
    """The pretended notices of a scene; each has its one text in all languages of the tree."""
    until = datetime.max.replace(tzinfo=now.tzinfo)
    return [
        Notice(number, dict.fromkeys(tree.languages, notice.text), until, notice.before, notice.queue)
        for number, notice in enumerate(scene.notices, 1)
    ]


# --- transcripts ----------------------------------------------------------------------------------


def transcripts(path: Path) -> list[Path]:
    """The transcripts of a folder, in the order of their names; or the one that ``path`` is."""
    return sorted(path.glob("**/*.txt")) if path.is_dir() else [path]


def run_tests(
    folder: Path,
    settings: Settings,
    tests: Path | None = None,
    passed: Callable[[Path, str], None] = lambda _path, _title: None,
) -> list[Failure]:
    """Play the transcripts of ``tests`` (default: ``folder/tests``) with the menus of ``folder`` and compare.

    ``passed`` is told each one that replays, with its title. No transcripts: no failures. Raises
    :class:`IvrError` when the menus themselves are broken.
    """
    tests = tests or folder / TESTS
    failures: list[Failure] = []
    if not tests.exists():
        return failures
    with Rehearsal(settings, folder) as rehearsal:
        for path in transcripts(tests):
            failure = replayed(rehearsal, path)
            if failure is None:
                passed(path, Transcript.read(path).title)
            else:
                failures.append(failure)
    return failures


def replayed(rehearsal: Rehearsal, path: Path) -> Failure | None:
    """What differs when the transcript is played; ``None`` when nothing does."""
    try:
        transcript, lines = rehearsal.replay(path)
    except IvrError as fault:
        return Failure(path, "", (str(fault),))
    if lines == transcript.lines:
        return None
    return Failure(path, transcript.title, difference(transcript, lines), lines)


def difference(transcript: Transcript, lines: tuple[str, ...], context: int = 2) -> tuple[str, ...]:
    """What was expected (``-``) and what came (``+``), with the numbers of the transcript's lines."""
    expected = transcript.lines
    shown = []
    last = 0
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, expected, lines, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        start = max(last, i1 - context)
        if start > last:
            shown.append("   …")
        shown += [_row(transcript, index, " ") for index in range(start, i1)]
        shown += [_row(transcript, index, "-") for index in range(i1, i2)]
        shown += [f"     + {line}" for line in lines[j1:j2]]
        last = i2
    return tuple(shown)


def _row(transcript: Transcript, index: int, mark: str) -> str:
    return f"{transcript.numbers[index]:4} {mark} {transcript.lines[index]}"


def transcript_text(head: Iterable[str], lines: Iterable[str]) -> str:
    """A transcript's file."""
    top = "\n".join(head).rstrip("\n")
    return f"{top}\n\n" + "".join(f"{line}\n" for line in lines)


def head_of(scene: Scene, title: str) -> list[str]:
    """The head of a transcript that begins in ``scene``."""
    call, usual = scene.call, Scene(scene.at).call
    head = [f"# {title}", f"at: {scene.at:%Y-%m-%dT%H:%M:%S}"]
    for name in ("caller", "called", "entry", "language"):
        if getattr(call, name) != getattr(usual, name):
            head.append(f"{name}: {getattr(call, name)}")
    head += [f"{name}: {value}" for name, value in call.facts.items()]
    for name, state in scene.queues.items():
        word = "open" if state["agents"] else "closed"
        head.append(f"queue: {name} {word} waiting {state['waiting']} wait {state['wait_s']}")
    if scene.returning is not None:
        head.append(f"returning: {scene.returning}")
    for notice in scene.notices:
        place = (
            f"before {notice.before}: "
            if notice.before
            else f"queue {notice.queue}: "
            if notice.queue
            else ""
        )
        head.append(f"notice: {place}{' '.join(notice.text.split())}")
    if scene.last is not None:
        head.append(f"last: {scene.last}")
    return head


def write_transcript(path: Path, head: Iterable[str], lines: Iterable[str]) -> None:
    """Write a transcript; a file that was there is replaced whole. Raises :class:`IvrError`."""
    try:
        write_whole(path, transcript_text(head, lines))
    except OSError as fault:
        raise IvrError(f"cannot be written: {fault.strerror}", where=str(path)) from None
