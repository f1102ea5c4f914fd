"""Every example of the admin's manual is checked: YAML is loaded, commands are parsed and, where they can be, run."""

from __future__ import annotations

import re
import shlex
import shutil
import textwrap
from datetime import datetime, tzinfo
from pathlib import Path

import click
import pytest
import yaml

from ivr.authoring import queues_file, words_file
from ivr.authoring.calendar_file import TOP as CALENDAR_TOP
from ivr.authoring.loader import TOP, inspect_tree
from ivr.authoring.notices_file import read_notices
from ivr.authoring.source import Fault
from ivr.authoring.translations import Translations
from ivr.commands import ivr as program
from ivr.settings import PROJECT
from ivr.simulator import Transcript
from ivr.voice.build import Built
from tests.commands.conftest import Ivr, ivr  # noqa: F401

DOCS = PROJECT / "docs"
MANUALS = ("admin.md", "admin.zh.md")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What these do is shown with the shipped menus and a home of its own; the others have a test below.
RUN = ("menu check", "menu simulate", "menu test", "menu graph", "menu schema", "prompt say", "replay")
_DEFAULTS = 'defaults: {keys: {"*": repeat, "#": back, "0": agent}, then: main, error: agent}\n'
_MISSING = re.compile(r"there is no part '([\w.]+)'")


def blocks(manual: str, kind: str) -> list[str]:
    text = (DOCS / manual).read_text("utf-8")
    return [body for found, body in _BLOCK.findall(text) if found == kind]


EXAMPLES = blocks("admin.md", "yaml")
COMMANDS = [line[2:] for block in blocks("admin.md", "console") for line in block.splitlines()]


#: Those of the examples that are whole trees.
TREES_OF_THE_MANUAL = [text for text in EXAMPLES if {"start", "parts"} <= {*map(str, yaml.safe_load(text))}]


def test_both_manuals_have_the_same_examples():
    for kind in ("yaml", "console", "transcript"):
        assert blocks("admin.md", kind) == blocks("admin.zh.md", kind)
    english, chinese = ((DOCS / manual).read_text("utf-8") for manual in MANUALS)
    headings = [re.findall(r"^#+", text, re.MULTILINE) for text in (english, chinese)]
    assert headings[0] == headings[1]


def test_the_manual_begins_with_what_is_done_most():
    text = (DOCS / "admin.md").read_text("utf-8")
    titles = re.findall(r"^## (.*)$", text, re.MULTILINE)[:4]
    assert titles == ["Change a sentence", "Add an option", "Close early today", "Emergency notice"]


# --- YAML -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: next(iter(text.splitlines())))
def test_yaml_example(example: str, tmp_path: Path):
    name = re.match(r"# menus/([\w.]+)\n", example)
    if name:
        (tmp_path / name[1]).write_text(example, "utf-8")
    if name and name[1].endswith(".translations.yaml"):
        translations = Translations(tmp_path / "hotline.yaml", ("zh", "en"))
        assert [words for *_, words in translations.texts()] == ["Welcome.", "timetables"]
        assert translations.sources[0].faults == []
        return
    top = set(yaml.safe_load(example))
    if top <= set(CALENDAR_TOP):
        example = "calendar.yaml"
    elif top == {"notices"}:
        notices, faults = read_notices(tmp_path / name[1], ["zh"])
        assert (len(notices), faults) == (1, [])
        return
    elif name and name[1] == queues_file.FILE:
        queues, source = queues_file.read_queues(tmp_path / name[1])
        assert (list(queues), source.faults) == (["operator", "tickets", "complaints"], [])
        return
    elif name and name[1] == words_file.FILE:
        books, source = words_file.read_wordbooks(tmp_path / name[1])
        assert (list(books), source.faults) == (["ru"], [])
        return
    elif "parameters" in top:
        example = including(name[1], example)
    if example == "calendar.yaml":
        example = "start: main\nparts: {main: {menu: {1: {label: 重听, go: main}}}}\n"
    for other in ("leaflet.yaml", words_file.FILE, queues_file.FILE):
        (tmp_path / other).write_text(file_of_the_manual(other), "utf-8")
    assert faults_of(example, tmp_path / "tree.yaml") == []


def file_of_the_manual(name: str) -> str:
    return next(text for text in EXAMPLES if text.startswith(f"# menus/{name}\n"))


def including(file: str, text: str) -> str:
    """A tree that includes the file: a part for each parameter that is a way, words for the others."""
    ways = re.findall(r"go: <(\w+)>", text)
    given = {name: "main" if name in ways else "宠物托运" for name in yaml.safe_load(text)["parameters"]}
    include = yaml.safe_dump([{"file": file, "as": "sub", "with": given}], allow_unicode=True)
    return f"include:\n{include}parts:\n  main: {{menu: {{1: {{label: 重听, go: sub}}}}}}\n"


def faults_of(example: str, path: Path) -> list[str]:
    """The errors of a tree, or of a part of one: what it lacks is put beside it."""
    added: dict[str, str] = {}
    for _ in range(20):
        path.write_text(completed(example, added), "utf-8")
        _, faults = inspect_tree(path)
        errors = [fault for fault in faults if fault.severity == "error"]
        missing = {name for fault in errors for name in _MISSING.findall(fault.message)}
        if not missing - set(added):
            return [told(fault, path) for fault in errors]
        for name in missing:
            added[name] = stub(name, example)
    raise AssertionError("the example does not become whole")


def told(fault: Fault, path: Path) -> str:
    return f"{fault}\n{path.read_text('utf-8')}"


def stub(name: str, example: str) -> str:
    if name == "main":
        return "{menu: {1: {label: 重听, go: main}, 0: {label: 人工服务, go: agent}}}"
    return "{transfer: operator}" if name == "agent" else "{say: 请稍候。, then: main}"


def completed(example: str, added: dict[str, str]) -> str:
    """A whole tree around an example: parts alone, or some of the keys at the top."""
    top = yaml.safe_load(example)
    if {"start", "parts"} <= set(top):
        return example
    parts = {}
    if set(top) <= set(TOP):
        head = example
        parts = top.get("parts") or {}
    else:
        parts, head = top, "parts:\n" + textwrap.indent(example, "  ")
    if "parts" not in head:
        head += "parts:\n"
    stubs = {"main": stub("main", example), "agent": stub("agent", example), **added}
    lines = [f"  {name}: {body}" for name, body in stubs.items() if name not in parts]
    head = re.sub(r"^parts:\n", "parts:\n" + "".join(f"{line}\n" for line in lines), head, flags=re.MULTILINE)
    defaults = "" if "defaults" in top else _DEFAULTS
    return f"start: main\n{defaults}{head}"


# --- commands -------------------------------------------------------------------------------------


def resolved(words: list[str]) -> tuple[str, click.Command, list[str]]:
    """The command that the words name, and the words that are left for it."""
    command: click.Command = program
    name: list[str] = []
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"ivr {' '.join([*name, words[0]])} is no command"
        name.append(words.pop(0))
        command = found
    return " ".join(name), command, words


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, railway: Path) -> Path:
    folder = tmp_path_factory.mktemp("manual")
    (folder / "home").mkdir()
    shutil.copyfile(railway, folder / "home" / "ivr.db")
    return folder


@pytest.mark.parametrize("line", COMMANDS)
def test_command_example(line: str, ivr: Ivr, home: Path, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    words = shlex.split(line)
    assert words[0] == "ivr"
    monkeypatch.chdir(home)
    monkeypatch.setenv("IVR_HOME", str(home / "home"))
    if words[1] == "replay":
        assert (
            Path("presale.txt").exists()
            or ivr("menu", "simulate", "--keys", "2", "--save", "presale.txt").code == 0
        )
    name, command, rest = resolved(words[1:])
    command.make_context(name, list(rest))
    assert name in (*RUN, *CHANGING)
    if name not in RUN or ("svg" in line and shutil.which("dot") is None):
        return
    done = ivr(*words[1:])
    if "--update" not in line:
        assert done.code == 0, done.err or done.out


#: What these do changes what is on air: they are run one after the other, as the manual has them.
CHANGING = ("menu publish", "menu history", "menu diff", "menu rollback", "menu withdraw")
CHANGING += ("notice set", "notice list", "notice clear")


class _Noon(datetime):
    """A clock on which 18:00 is still to come."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz).replace(hour=12, minute=0)


def test_commands_that_change_what_is_on_air(ivr: Ivr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    folder = tmp_path / "menus"
    shutil.copytree(PROJECT / "menus", folder, ignore=shutil.ignore_patterns("tests"))
    monkeypatch.setenv("IVR_MENUS", str(folder))
    monkeypatch.setattr("ivr.voice.build.build", lambda phrases, _home, **_: Built(len(phrases), 0, (), 0))
    monkeypatch.setattr("ivr.commands.notice._make_sounds", lambda *_given: [])
    monkeypatch.setattr("ivr.commands.notice.datetime", _Noon)
    hotline = folder / "hotline.yaml"
    text = hotline.read_text("utf-8")

    def change(number: int) -> None:
        said = "一二三四五六七八九十"[number % 10]
        hotline.write_text(text.replace("您好，欢迎致电", f"您好，{said}，欢迎致电"), "utf-8")

    for number in range(4):
        change(number)
        assert ivr("menu", "publish").code == 0
    ran: list[str] = []
    for number, line in enumerate(COMMANDS, 4):
        words = shlex.split(re.sub(r"\b2027-", f"{datetime.now().year + 1}-", line))[1:]
        name, _, _ = resolved(list(words))
        if name in CHANGING:
            if name == "menu publish":
                change(number)
            done = ivr(*words)
            assert done.code == 0, f"{line}: {done.err}"
            ran.append(name)
    assert set(ran) == set(CHANGING)
    actions = [row["state"] for row in ivr("notice", "list", "--all", "--json").document]
    assert sorted(actions) == ["cleared", "on_air", "on_air"]
    assert len(ivr("menu", "history", "--json").document) == 4 + ran.count("menu publish")


def test_no_command_is_shown_twice_in_the_same_words():
    twice = {line for line in COMMANDS if COMMANDS.count(line) > 1}
    assert twice <= {"ivr menu check", "ivr menu diff", "ivr menu rollback", "ivr menu test --update"}


@pytest.mark.parametrize("manual", MANUALS)
def test_transcript_example_can_be_read(manual: str, tmp_path: Path):
    (example,) = blocks(manual, "transcript")
    path = tmp_path / "example.txt"
    path.write_text(example, "utf-8")
    transcript = Transcript.read(path)
    assert transcript.scene.returning == 2
    assert transcript.tokens == ("2",)


def test_every_verb_condition_and_field_is_in_the_manual():
    from ivr.authoring.form_reader import FIELD_KEYS, FIELD_TYPES
    from ivr.authoring.part_reader import QUEUE_STATUSES, VERBS
    from ivr.authoring.pieces import CONDITIONS

    for manual in MANUALS:
        text = (DOCS / manual).read_text("utf-8")
        for word in (
            *VERBS,
            *CONDITIONS,
            *FIELD_TYPES,
            *FIELD_KEYS,
            *QUEUE_STATUSES,
            *TOP,
            *CALENDAR_TOP,
            *words_file.TOP,
        ):
            assert re.search(rf"\b{word}\b", text), f"{manual} does not tell of '{word}'"
