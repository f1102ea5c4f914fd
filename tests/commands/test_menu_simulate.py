"""``ivr menu simulate``, ``ivr menu test`` and ``ivr replay`` as an admin uses them."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ivr.app import open_store
from ivr.settings import PROJECT, load
from ivr.store.notices import clear_notices, set_notice

from .conftest import Ivr

AT = ("--at", "2026-11-23T09:00")
TREE = """
languages: [zh, en]
start: where
defaults: {keys: {"#": back, "0": agent}, then: main}
parts:
  where:
    branch:
      - {when: {queue: operator closed}, go: closed}
      - {when: {queue: operator, waiting: over 20}, go: busy}
      - {when: {returning: 3d}, go: again_soon}
  closed: {say: {zh: 现在没有坐席。, en: Nobody is here.}}
  busy: {say: {zh: 现在排队的人很多。, en: There is a long queue.}}
  again_soon: {say: {zh: 欢迎再次来电。, en: Welcome back.}}
  main:
    menu: {1: {label: {zh: 预售期, en: the presale period}, go: presale}}
  presale: {ask: presale, answers: {told: {say: {zh: "可以购买{last_day}及以前的车票。", en: "Until {last_day}."}}}}
  agent: {transfer: operator, answers: {timeout: {say: {zh: 坐席全忙。, en: All are busy.}}}}
"""


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory, railway: Path) -> Path:
    home = tmp_path_factory.mktemp("shared")
    shutil.copyfile(railway, home / "ivr.db")
    return home


@pytest.fixture
def ivr(ivr: Ivr, shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> Ivr:
    """One home for all: a new one takes seconds, and nothing here changes it."""
    monkeypatch.setenv("IVR_HOME", str(shared_home))
    return ivr


@pytest.fixture
def menus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A menu folder of our own."""
    folder = tmp_path / "menus"
    shutil.copytree(PROJECT / "menus", folder, ignore=shutil.ignore_patterns("tests"))
    (folder / "hotline.yaml").write_text(TREE, "utf-8")
    monkeypatch.setenv("IVR_MENUS", str(folder))
    return folder


def test_the_screen_shows_keys_time_and_totals(ivr: Ivr):
    done = ivr("menu", "simulate", "--keys", "2 /hangup", *AT)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == "  您好，欢迎致电铁路客户服务中心。"
    assert any(line.startswith("[main] ~0:") and line.endswith(" spoken, 0 keys") for line in lines)
    assert "2 → presale (售票预售期)" in done.out
    assert "     * repeat, # back, 0 agent" in lines
    assert {"> 2", "? presale told"} <= {*lines}
    assert lines[-2] == "= hung_up"
    assert lines[-1].endswith("sentences estimated; ivr prompt build makes the sounds), 1 key, 2 inputs")


def test_sounds_that_are_made_are_measured(ivr: Ivr, tmp_path: Path):
    from ivr.speech import Phrase
    from ivr.voice.sounds import SoundStore, replace
    from ivr.voice.spoken import SpokenTime

    home = tmp_path / "sounds-home"
    made, other = Phrase("您好。"), Phrase("再见。")
    size = 16_000 * 2
    header = (
        b"RIFF" + bytes(24) + (16_000).to_bytes(4, "little") + bytes(4) + b"data" + size.to_bytes(4, "little")
    )
    replace(SoundStore(home).path(made), header + bytes(size))
    spoken = SpokenTime(home).of([made, other])
    assert (spoken.phrases, spoken.estimated) == (2, 1)
    assert 2.5 < spoken.seconds < 3.5
    assert str(SpokenTime(home).of([made])) == "0:02"
    assert SpokenTime(home).of([Phrase("Bonjour tout le monde", "fr")]).estimated == 1


def test_what_is_typed_ahead_is_not_heard(ivr: Ivr):
    waiting = ivr("menu", "simulate", "--keys", "8 2 021# 1", "--json", *AT).document
    hurried = ivr("menu", "simulate", "--keys", "82021#1", "--json", *AT).document
    assert hurried["outcome"] == waiting["outcome"] == "served"
    assert hurried["seconds"] < waiting["seconds"]
    assert [step["pressed"] for step in hurried["steps"]] == [step["pressed"] for step in waiting["steps"]]
    assert hurried["key_presses"] == waiting["key_presses"] == 7
    assert waiting["inputs"] == 5
    menu = next(step for step in waiting["steps"] if step["kind"] == "gather")
    assert {"key": "2", "to": "presale", "label": "售票预售期"} in menu["keys"]
    ask = next(step for step in waiting["steps"] if step["kind"] == "ask")
    assert (ask["query"], ask["outcome"]) == ("city_of_area_code", "one")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--queue", "operator closed"], "现在没有坐席。"),
        (["--queue", "operator waiting 21"], "现在排队的人很多。"),
        (["--returning", "3"], "欢迎再次来电。"),
        (["--returning", "4"], "预售期请按一。"),
        (["--language", "en", "--returning", "0"], "Welcome back."),
        (["--entry", "after_queue", "--fact", "part=agent", "--fact", "queue_status=timeout"], "坐席全忙。"),
    ],
)
def test_pretended(ivr: Ivr, menus: Path, options: list[str], said: str):
    done = ivr("menu", "simulate", "--plain", "--keys", "", *options, *AT)
    assert done.code == 0, done.err
    assert next(line for line in done.out.splitlines() if line.startswith("<")) == f"< {said}"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--at", "noon"], "--at: 'noon' is not a moment (e.g. 2026-02-10T09:00)"),
        (["--at", "0001-01-01"], "--at: '0001-01-01' is not a moment (e.g. 2026-02-10T09:00)"),
        (["--keys", "4 021# /hangpu"], "--keys: '/hangpu' is no key of a phone (0 to 9, *, #; or /timeout"),
        (["--caller", "abc"], "--caller: 'abc' is no number (e.g. 13800001234)"),
        (["--queue", "operater closed"], "--queue: there is no queue 'operater' (did you mean 'operator'?)"),
        (["--queue", "operator"], "--queue: 'operator' is not the state of a queue"),
        (["--queue", "operator wait x"], "--queue: 'operator wait x' is not the state of a queue"),
        (["--fact", "part"], "--fact: 'part' is not a fact (e.g. queue_status=timeout)"),
        (["--language", "fr"], "--language: the menu has no language 'fr' (known: zh, en)"),
    ],
)
def test_wrong_options_are_wrong_usage(ivr: Ivr, options: list[str], told: str):
    done = ivr("menu", "simulate", "--keys", "", *options)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"ivr: {told}")


def test_unknown_entry_is_one_line(ivr: Ivr):
    done = ivr("menu", "simulate", "--keys", "", "--entry", "hotlin")
    assert (done.code, done.err) == (1, "ivr: there is no entry 'hotlin' (did you mean 'hotline'?)\n")


def test_what_no_phone_can_key_is_told_and_asked_again(ivr: Ivr):
    done = ivr("menu", "simulate", *AT, stdin="two\n2\n")
    assert done.code == 0, done.err
    assert "'two' is no key of a phone: 0 to 9, *, #; or /timeout, /hangup" in done.out
    assert "? presale told" in done.out
    assert "对不起" not in done.out


def test_rows_of_keys_are_no_wider_than_the_terminal(ivr: Ivr, monkeypatch: pytest.MonkeyPatch):
    for columns, rows in (("80", 6), ("200", 5)):
        monkeypatch.setenv("COLUMNS", columns)
        shown = ivr("menu", "simulate", "--keys", "", *AT).out.splitlines()
        keys = [line for line in shown if line.startswith("     ")]
        assert len(keys) == rows
        assert max(sum(2 if ord(sign) > 0x2E7F else 1 for sign in line) for line in keys) <= int(columns)


def test_a_person_types_and_hangs_up_with_the_end_of_the_input(ivr: Ivr):
    done = ivr("menu", "simulate", *AT, stdin="8 2\n\n021#\n")
    assert done.code == 0, done.err
    assert "  区号零二幺。" in done.out
    assert "= hung_up" in done.out
    assert "\n> " not in done.out, "what is typed is not told once more"


def test_a_kept_call_replays_and_a_changed_sentence_is_told(ivr: Ivr, menus: Path, tmp_path: Path):
    kept = tmp_path / "call.txt"
    options = [
        "--queue",
        "operator waiting 30",
        "--returning",
        "2",
        "--caller",
        "13900001234",
        "--language",
        "en",
    ]
    assert ivr("menu", "simulate", "--keys", "1 0", "--save", kept, *options, *AT).code == 0
    assert ivr("replay", kept).out == f"fine    {kept}\n1 transcript, 1 fine, 0 differ\n"
    path = menus / "hotline.yaml"
    path.write_text(path.read_text("utf-8").replace("There is a long queue.", "Please hold on."), "utf-8")
    done = ivr("replay", tmp_path)
    assert done.code == 1
    assert "- < There is a long queue." in done.out
    assert "+ < Please hold on." in done.out
    (failure,) = ivr("replay", kept, "--json").document["failures"]
    assert (failure["file"], failure["updated"]) == (str(kept), False)


def test_the_tests_beside_the_menus(ivr: Ivr, menus: Path):
    folder = menus / "tests"
    done = ivr("menu", "test")
    assert (done.code, done.err) == (
        1,
        f"ivr: {folder}: there are no transcripts (*.txt) (ivr menu simulate --save FILE keeps a call as one)\n",
    )
    folder.mkdir()
    good = folder / "good.txt"
    assert ivr("menu", "simulate", "--keys", "0", "--save", good, *AT).code == 0
    new = folder / "new.txt"
    new.write_text("# presale\nat: 2026-11-23T09:00\nanswer: presale told\n\n> 1\n> 0\n", "utf-8")
    assert ivr("menu", "test").code == 1
    done = ivr("menu", "test", "--update")
    assert done.code == 0
    assert "+ < 可以购买十一月二十三日及以前的车票。" in done.out
    assert done.out.endswith("2 transcripts, 1 fine, 1 differ, 1 updated\n")
    text = new.read_text("utf-8")
    assert text.startswith("# presale\nat: 2026-11-23T09:00\nanswer: presale told\n\n? queue_state known\n")
    assert ivr("menu", "test").code == 0


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("answer: presal told", "answer: there is no query 'presal' (did you mean 'presale'?)"),
        ("answer: presale sold", "answer: 'presale' cannot come out as 'sold' (did you mean 'told'?)"),
        (
            'answer: trains_with_tickets many {"items": [{"classes": 5}]}',
            "answer: 'classes' must be a list of maps (e.g. \"classes\": [{}])",
        ),
        ("tree: none.yaml", "none.yaml: cannot be read: No such file or directory"),
        ("at: 0001-01-01", "bad.txt:2: '0001-01-01' is not a moment (e.g. 2026-11-22T09:00)"),
        ("something", "bad.txt:2: 'something' is not a line of a transcript"),
    ],
)
def test_a_transcript_that_cannot_be_played_fails_and_is_left_alone(
    ivr: Ivr, tmp_path: Path, head: str, told: str
):
    path = tmp_path / "bad.txt"
    path.write_text(f"at: 2026-11-23T09:00\n{head}\n\n> 1\n", "utf-8")
    before = path.read_bytes()
    done = ivr("menu", "test", path, "--update")
    assert done.code == 1
    assert told in done.out
    assert path.read_bytes() == before
    path.write_bytes(b"\xff")
    assert "is not UTF-8" in ivr("replay", path).out


def test_differences_far_apart_and_pinned_outcomes(ivr: Ivr, tmp_path: Path):
    path = tmp_path / "agent.txt"
    head = "at: 2026-11-23T09:00\nentry: agent\noperation: sign_in\nseat: 1001\nanswer: agent_pin right\nanswer: sign_in already\n"
    path.write_text(f"{head}\n> 1023#\n> 4711#\n", "utf-8")
    assert ivr("menu", "test", path, "--update").code == 0
    text = path.read_text("utf-8")
    assert "! sign_in 1023 already" in text
    text = text.replace("请输入工号", "请输入编号").replace("已经签入", "早已签入")
    path.write_text(text, "utf-8")
    done = ivr("replay", path)
    assert "       …\n" in done.out
    assert "- < 工号幺零二三早已签入。" in done.out


def test_a_call_that_cannot_be_kept_is_one_line(ivr: Ivr, tmp_path: Path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "none" / "call.txt", tmp_path / "file" / "call.txt"):
        done = ivr("menu", "simulate", "--keys", "", "--save", place, *AT)
        assert done.code == 1
        assert done.err.startswith(f"ivr: {place}: cannot be written: ")


def test_the_shipped_tests_pass(ivr: Ivr):
    done = ivr("menu", "test", "--json")
    assert done.code == 0, done.out
    assert done.document["played"] >= 15
    assert done.document["failures"] == []


def test_run_tests_tells_failures_for_a_folder(menus: Path, shared_home: Path):
    from ivr.rehearsal import run_tests
    from ivr.settings import Settings

    settings = Settings(home=shared_home)
    assert run_tests(menus, settings) == []
    tests = menus / "tests"
    tests.mkdir()
    (tests / "a.txt").write_text("# wrong\nat: 2026-11-23T09:00\n\n< 您好\n> 0\n", "utf-8")
    (failure,) = run_tests(menus, settings)
    assert (failure.path, failure.title) == (tests / "a.txt", "wrong")
    assert "   4 - < 您好" in failure.diff


LIMITED = """
start: main
defaults: {keys: {"0": agent}, no_input: {tries: 9, then: agent}, wait: 10s, limits: {length: 30s, then: agent}}
parts:
  main: {menu: {1: {label: 重听, go: main}}}
  agent: {transfer: operator, say: 正在转接。}
"""
TOO_LONG = """# The clock goes on by what is said and by the waits
at: 2026-11-23T09:00

< 重听请按一。
> /timeout
< 对不起，没有收到您的按键。
< 重听请按一。
> 1
< 重听请按一。
> /timeout
< 对不起，没有收到您的按键。
< 重听请按一。
> 1
< 对不起，本次通话时间已到。
< 正在转接。
= transferred operator
"""


def test_the_length_of_a_call_is_reckoned(ivr: Ivr, menus: Path):
    (menus / "hotline.yaml").write_text(LIMITED, "utf-8")
    (menus / "tests").mkdir()
    (menus / "tests" / "too_long.txt").write_text(TOO_LONG, "utf-8")
    done = ivr("menu", "test")
    assert done.code == 0, done.out
    for keys, end in (("1 1 1 1 1 1 1", "= transferred operator"), ("1111111", "= hung_up")):
        # What is typed over is not heard, and takes no time.
        waits = f"{keys} /timeout /timeout /hangup"
        assert ivr("menu", "simulate", "--keys", waits, "--plain", *AT).out.splitlines()[-1] == end


def test_notices_are_heard(ivr: Ivr, menus: Path, shared_home: Path):
    (menus / "notices.yaml").write_text(
        "notices:\n"
        "  - {text: {zh: 部分车站正在改造。, en: Some stations are rebuilt.}, from: 2026-11-23, until: 2026-11-23}\n",
        "utf-8",
    )
    lines = ivr("menu", "simulate", "--keys", "1 /hangup", "--plain", *AT).out.splitlines()
    assert lines.count("< 部分车站正在改造。") == 1
    later = ivr("menu", "simulate", "--keys", "/hangup", "--plain", "--at", "2026-11-24T09:00")
    assert "改造" not in later.out

    engine = open_store(load())
    texts = {"zh": "受台风影响，部分列车停运。", "en": "Trains are cancelled."}
    begin = datetime.fromisoformat("2026-11-23T08:00+08:00")
    until = datetime.fromisoformat("2026-11-23T10:00+08:00")
    number = set_notice(engine, texts, until, before="presale", by="wang", now=begin)
    try:
        kept = menus / "tests" / "typhoon.txt"
        kept.parent.mkdir()
        done = ivr("menu", "simulate", "--keys", "1 /hangup", "--plain", "--save", kept, *AT)
        assert "< 受台风影响，部分列车停运。" in done.out.splitlines()
        assert "notice: before presale: 受台风影响，部分列车停运。\n" in kept.read_text("utf-8")
        english = ivr("menu", "simulate", "--keys", "1 /hangup", "--plain", "--language", "en", *AT)
        assert "< Trains are cancelled." in english.out.splitlines()
        agents = ivr("menu", "simulate", "--keys", "1023#", "--plain", "--entry", "agent", *AT)
        assert "停运" not in agents.out
        late = ivr("menu", "simulate", "--keys", "1 /hangup", "--plain", "--at", "2026-11-23T10:00")
        assert "停运" not in late.out
    finally:
        clear_notices(engine, number, by="wang", now=begin + timedelta(minutes=30))
        engine.dispose()
    # Cleared at half past eight: nobody heard it at nine, but the transcript pretends it.
    assert "停运" not in ivr("menu", "simulate", "--keys", "1 /hangup", "--plain", *AT).out
    assert ivr("menu", "test").code == 0
    (menus / "notices.yaml").write_text("notices: [{text: 12}]\n", "utf-8")
    assert "notices.yaml:1:18" in ivr("menu", "simulate", "--keys", "1").err
