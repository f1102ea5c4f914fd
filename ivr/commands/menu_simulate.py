"""``ivr menu simulate`` and ``ivr menu test``: rehearse a call as text, play the admin's transcripts."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ivr.commands.period import YEARS
from ivr.errors import IvrError, UsageFault
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.dialogue.actions import Action
    from ivr.dialogue.events import Event
    from ivr.dialogue.keys import KeyMeaning
    from ivr.dialogue.session import Session
    from ivr.dialogue.tree import Tree
    from ivr.rehearsal import Rehearsal
    from ivr.simulator import Caller, Scene
    from ivr.voice.spoken import Spoken

_WIDTH = 100
_INDENT = "     "
_TOKEN = re.compile(r"[0-9*#]+|/timeout|/hangup")


@click.command("simulate")
@click.option("--keys", help='What the caller keys, e.g. "4 1 021# 010# 1 1"; also /timeout, /hangup.')
@click.option("--at", help="Pretend that it is this moment, e.g. 2026-02-10T09:00.")
@click.option("--caller", default="13800001234", show_default=True, help="The caller's number.")
@click.option(
    "--queue", "queues", multiple=True, help='Pretend, e.g. "operator closed", "operator wait 10m".'
)
@click.option("--returning", type=click.IntRange(0), help="Days since the caller's last call.")
@click.option("--language", default="", help="The caller's language at the beginning.")
@click.option(
    "--entry",
    default="hotline",
    show_default=True,
    help="Which dialogue: hotline, after_queue, agent, connected.",
)
@click.option("--fact", "facts", multiple=True, help="A fact of the call, e.g. queue_status=timeout.")
@click.option("--save", type=click.Path(path_type=Path), help="Keep the call as a transcript.")
@click.option("--plain", is_flag=True, help="Only the lines of the transcript.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: the steps and the totals.")
def simulate(
    keys: str | None,
    at: str | None,
    caller: str,
    queues: tuple[str, ...],
    returning: int | None,
    language: str,
    entry: str,
    facts: tuple[str, ...],
    save: Path | None,
    plain: bool,
    as_json: bool,
) -> None:
    """Rehearse a call as text: real menus, real data, the notices of that moment, no phone. Without --keys you are
    the caller.

    At each input it shows what the keys would do, how long has been spoken (~ where sounds are not made yet and the
    time is estimated) and how many keys were pressed so far.

    \b
    Example:
      ivr menu simulate --keys "2 /hangup" --at 2026-02-10T09:00
      ivr menu simulate --queue "operator closed"
    """
    from ivr.rehearsal import Rehearsal, head_of, write_transcript
    from ivr.simulator import Scene, queue_state

    strange = _strange((keys or "").split())
    if strange:
        raise UsageFault(
            f"'{strange}' is no key of a phone", where="--keys", mend="0 to 9, *, #; or /timeout, /hangup"
        )
    if not re.fullmatch(r"\+?[0-9]*", caller):
        raise UsageFault(f"'{caller}' is no number", where="--caller", mend="e.g. 13800001234")
    settings = load()
    scene = Scene(_moment(at, settings), returning=returning)
    for queue in queues:
        try:
            scene = replace(scene, queues={**scene.queues, **queue_state(queue, "--queue")})
        except IvrError as fault:
            raise UsageFault(fault.what, where=fault.where, mend=fault.mend) from None
    changes: dict[str, Any] = {"caller": caller, "entry": entry, "facts": _facts(facts)}
    if language:
        changes["language"] = language
    scene = replace(scene, call=replace(scene.call, **changes))
    show = _Nothing() if as_json else _Lines(keys is not None) if plain else _Screen(keys is not None)
    with Rehearsal(settings) as rehearsal:
        if language and language not in rehearsal.tree(scene).languages:
            known = ", ".join(rehearsal.tree(scene).languages)
            raise UsageFault(
                f"the menu has no language '{language}'", where="--language", mend=f"known: {known}"
            )
        _check_queues(scene.queues, rehearsal.tree(scene))
        scene = replace(scene, notices=rehearsal.notices_set(scene))
        call = _Call(rehearsal, scene, settings)
        call.run(keys.split() if keys is not None else _typed(), show)
    if as_json:
        click.echo(json.dumps(call.document(), ensure_ascii=False, indent=2))
    if save is not None:
        write_transcript(save, head_of(scene, "a call kept by ivr menu simulate"), call.lines)


def _check_queues(pretended: Iterable[str], tree: Tree) -> None:
    from ivr.authoring.source import nearest

    for name in pretended:
        if name not in tree.queues:
            raise UsageFault(f"there is no queue '{name}'", where="--queue", mend=nearest(name, tree.queues))


def _moment(text: str | None, settings: Settings) -> datetime:
    if text is None:
        return datetime.now(settings.zone).replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(text)
        if moment.year not in YEARS:
            raise ValueError
    except ValueError:
        raise UsageFault(f"'{text}' is not a moment", where="--at", mend="e.g. 2026-02-10T09:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=settings.zone)


def _facts(words: Iterable[str]) -> dict[str, str]:
    facts = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageFault(f"'{word}' is not a fact", where="--fact", mend="e.g. queue_status=timeout")
        facts[name] = value
    return facts


def _strange(words: Iterable[str]) -> str:
    """The first that a caller cannot do; "" when there is none."""
    return next((word for word in words if not _TOKEN.fullmatch(word)), "")


def _typed() -> Iterator[str]:
    """Tokens that are typed at the terminal; the end of the input hangs up."""
    while True:
        try:
            line = click.prompt(
                "keys (/timeout, /hangup)", prompt_suffix="> ", default="/timeout", show_default=False
            )
        except click.Abort:
            click.echo()  # the cursor stands behind the question
            return
        words = str(line).split()
        strange = _strange(words)
        if strange:
            click.echo(f"'{strange}' is no key of a phone: 0 to 9, *, #; or /timeout, /hangup")
        else:
            yield from words


@dataclass
class _Step:
    """One action of a call, as the JSON document has it."""

    kind: str
    part: str
    said: list[str] = field(default_factory=list)
    seconds: float = 0.0
    estimated: bool = False
    heard: bool = True
    keys: list[dict[str, str]] = field(default_factory=list)
    pressed: str | None = None
    query: str = ""
    outcome: str = ""


class _Call:
    """One simulated call and its account: lines, steps, time, keys."""

    def __init__(self, rehearsal: Rehearsal, scene: Scene, settings: Settings) -> None:
        from ivr.voice.spoken import Spoken, SpokenTime

        self._rehearsal = rehearsal
        self._scene = scene
        self._time = SpokenTime(settings.home, settings.voice, settings.voice_speed)
        self._session: Session | None = None
        self.tree: Tree = rehearsal.tree(scene)
        self.lines: list[str] = []
        self.steps: list[_Step] = []
        self.spoken: Spoken = Spoken()
        self.keys = 0
        self.inputs = 0
        self.outcome = ""

    def run(self, tokens: Iterable[str], show: _Nothing) -> None:
        """Play the call to its end; ``show`` is told each step."""
        from ivr.dialogue.call import HUNG_UP
        from ivr.simulator import Caller

        caller = Caller(iter(tokens))
        before: Action | None = None
        performance = self._rehearsal.perform(self._scene, caller, self._watch)
        while True:
            try:
                action, event = next(performance)
            except StopIteration as stop:
                self.outcome = str(stop.value)
                break
            if event is None:
                self._before(action, show)
                before = action
            else:
                if action is not before:
                    self._before(action, show, heard=False)
                self._after(action, event, caller, show)
        if self.outcome in HUNG_UP:
            self.lines.append("= hung_up")
            show.line("= hung_up")
        show.total(self)

    def _watch(self, session: Session) -> Session:
        self._session = session
        return session

    def _before(self, action: Action, show: _Nothing, *, heard: bool = True) -> None:
        from ivr.dialogue.actions import Gather, Say
        from ivr.dialogue.keys import key_meanings
        from ivr.dialogue.steps import step_of
        from ivr.simulator import lines_before

        step = _Step(step_of(0, self._scene.at, action, None).kind, action.part)
        self.steps.append(step)
        lines = lines_before(action)
        step.heard = heard
        if heard:
            self.lines += lines
        if isinstance(action, (Say, Gather)):
            spoken = self._time.of(action.phrases, isinstance(action, Gather) and action.slower)
            step.said = [phrase.text for phrase in action.phrases]
            step.seconds, step.estimated = round(spoken.seconds, 2), spoken.estimated > 0
            if heard:
                self.spoken += spoken
        else:
            step.outcome = step_of(0, self._scene.at, action, None).outcome
        for line in lines:
            show.line(line, heard=heard)
        if isinstance(action, Gather) and self._session is not None:
            meanings = key_meanings(self.tree, self._session)
            step.keys = [asdict(meaning) for meaning in meanings]
            show.choices(self, action.part, meanings)

    def _after(self, action: Action, event: Event, caller: Caller, show: _Nothing) -> None:
        from ivr.dialogue.actions import Gather
        from ivr.dialogue.steps import step_of
        from ivr.simulator import lines_after

        step, seen = self.steps[-1], step_of(0, self._scene.at, action, event)
        step.pressed, step.query, step.outcome = seen.keys, seen.query, seen.outcome
        if isinstance(action, Gather):
            self.inputs += 1
            self.keys = caller.pressed
        for line in lines_after(action, event, caller.line):
            self.lines.append(line)
            show.line(line)

    def document(self) -> dict[str, Any]:
        """The call as JSON data."""
        return {
            "at": self._scene.at.isoformat(),
            "entry": self._scene.call.entry,
            "revision": self.tree.revision,
            "steps": [asdict(step) for step in self.steps],
            "outcome": self.outcome,
            "seconds": round(self.spoken.seconds, 2),
            "estimated": self.spoken.estimated,
            "key_presses": self.keys,
            "inputs": self.inputs,
        }


class _Nothing:
    """Shows nothing; the others show more."""

    def line(self, line: str, *, heard: bool = True) -> None:
        """A line of the transcript; a prompt that was typed over is not heard."""

    def choices(self, call: _Call, part: str, meanings: list[KeyMeaning]) -> None:
        """What the keys would do at an input."""

    def total(self, call: _Call) -> None:
        """The end of the call."""


class _Lines(_Nothing):
    """Shows the bare transcript. ``echo``: the caller's keys too, when they are not typed here."""

    def __init__(self, echo: bool) -> None:
        self._echo = echo

    def line(self, line: str, *, heard: bool = True) -> None:
        if heard and (self._echo or not line.startswith(">")):
            click.echo(line)


class _Screen(_Lines):
    """Shows the call to a person."""

    def line(self, line: str, *, heard: bool = True) -> None:
        if line.startswith("<"):
            click.secho(f"  {line[2:]}", dim=not heard)
        elif line.startswith(">"):
            if self._echo:
                click.secho(line, bold=True)
        else:
            click.secho(line, fg="cyan")

    def choices(self, call: _Call, part: str, meanings: list[KeyMeaning]) -> None:
        here = [m for m in meanings if not _is_everywhere(call.tree, m)]
        everywhere = [m for m in meanings if _is_everywhere(call.tree, m)]
        rows = _wrapped([_meaning(m) for m in here], "   ")
        last = ", ".join(f"{m.key} {m.to}" for m in everywhere)
        click.secho(f"[{part}] {call.spoken} spoken, {_counted(call.keys, 'key')}", dim=True)
        for row in [*rows, last] if last else rows:
            click.secho(f"{_INDENT}{row}", fg="green")

    def total(self, call: _Call) -> None:
        spoken = call.spoken
        how = "measured from the sounds"
        if spoken.estimated:
            how = f"{spoken.estimated} of {_counted(spoken.phrases, 'sentence')} estimated; ivr prompt build makes the sounds"
        click.secho(
            f"{spoken.seconds:.1f} s spoken ({how}), {_counted(call.keys, 'key')}, {_counted(call.inputs, 'input')}",
            bold=True,
        )


def _is_everywhere(tree: Tree, meaning: KeyMeaning) -> bool:
    return tree.keys.get(meaning.key) == meaning.to and not meaning.label


def _meaning(meaning: KeyMeaning) -> str:
    if not meaning.to:
        return f"{meaning.key}: {meaning.label}"
    return f"{meaning.key} → {meaning.to}" + (f" ({meaning.label})" if meaning.label else "")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _wrapped(pieces: list[str], gap: str) -> list[str]:
    """The pieces in rows as wide as the terminal, if it is not very wide; a Chinese character takes two columns."""
    width = min(_WIDTH, shutil.get_terminal_size((_WIDTH, 24)).columns)
    rows: list[str] = []
    for piece in pieces:
        if rows and _columns(rows[-1]) + len(gap) + _columns(piece) <= width - len(_INDENT):
            rows[-1] += gap + piece
        else:
            rows.append(piece)
    return rows


def _columns(text: str) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


@click.command("test")
@click.argument("folder", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--update", is_flag=True, help="Show what differs, then write what comes now into the transcripts."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document: the failures.")
def test(folder: Path | None, update: bool, as_json: bool) -> None:
    """Play the transcripts of FOLDER (default: the folder tests beside the menus) and compare.

    \b
    Example:
      ivr menu test
      ivr menu test menus/tests/tickets.txt --update
    """
    from ivr.rehearsal import TESTS, transcripts

    settings = load()
    place = folder or settings.menus / TESTS
    paths = transcripts(place) if place.exists() else []
    if not paths:
        mend = "ivr menu simulate --save FILE keeps a call as one"
        raise IvrError("there are no transcripts (*.txt)", where=str(place), mend=mend)
    raise SystemExit(play_and_compare(paths, settings, update=update, as_json=as_json))


def play_and_compare(paths: list[Path], settings: Settings, *, update: bool, as_json: bool) -> int:
    """Play transcripts and show what differs; the exit code."""
    from ivr.rehearsal import Rehearsal, replayed, write_transcript
    from ivr.simulator import Transcript

    failures = []
    with Rehearsal(settings) as rehearsal:
        for path in paths:
            failure = replayed(rehearsal, path)
            if failure is None:
                if not as_json:
                    click.echo(f"fine    {path}")
                continue
            failures.append(failure)
            if not as_json:
                click.secho(f"differs {path}" + (f"  # {failure.title}" if failure.title else ""), fg="red")
                click.echo("\n".join(f"    {line}" for line in failure.diff))
            if update and failure.came is not None:
                write_transcript(path, Transcript.read(path).head, failure.came)
    updated = [failure for failure in failures if update and failure.came is not None]
    if as_json:
        rows = [
            {"file": str(f.path), "title": f.title, "diff": list(f.diff), "updated": f in updated}
            for f in failures
        ]
        click.echo(json.dumps({"played": len(paths), "failures": rows}, ensure_ascii=False, indent=2))
    else:
        end = f", {len(updated)} updated" if update else ""
        click.echo(
            f"{_counted(len(paths), 'transcript')}, {len(paths) - len(failures)} fine, {len(failures)} differ{end}"
        )
    return 1 if len(failures) > len(updated) else 0
