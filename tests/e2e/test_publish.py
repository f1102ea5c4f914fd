"""Publishing while callers are on the line: each call hears one revision from its beginning to its end."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ivr.authoring.folder import read_folder
from ivr.authoring.prompts import phrases_of
from ivr.commands import ivr
from ivr.settings import PROJECT
from ivr.voice.build import build
from tests.e2e import forked, sipp
from tests.e2e.hotline import Line, running
from tests.e2e.scenarios import Own, by_name
from tests.e2e.sipp import Sipp
from tests.e2e.waits import wait_for

CALLS, LATER_CALLS, PUBLISHED = 100, 20, 50
#: Each says which revision it is of.
HOTLINE = """
languages: [zh]
start: greeting
defaults:
  wait: 5s
  no_input: {tries: 50, then: main}
  limits: {silences: 100, mistakes: 100}
parts:
  greeting: {say: "您好，第N版。", then: main}
  main:
    menu:
      1: {label: 第N版的介绍, go: about}
      9: {label: 第N版的人工服务, go: agent}
  about: {say: "这是第N版。", then: main}
  agent:
    transfer: operator
    say: "正在转接，第N版。"
    answers:
      join_empty: {say: "现在没有坐席，第N版。", then: goodbye}
      timeout: {say: "等待太久，第N版。", then: goodbye}
  goodbye: {say: "再见，第N版。", then: hangup}
"""
CLOSE = timedelta(seconds=1)
EVERY_S = 0.3


def in_words(number: int) -> str:
    return "".join("零一二三四五六七八九"[int(digit)] for digit in str(number))


def write(folder: Path, number: int) -> None:
    (folder / "hotline.yaml").write_text(HOTLINE.replace("第N版", f"第{in_words(number)}版"), "utf-8")


@contextlib.contextmanager
def published(_like: Line) -> Iterator[Line]:
    """A hotline with revision 1 on air and nobody signed in."""
    ports = {"IVR_RTP_START": "21000", "IVR_RTP_END": "21599"}  # for more calls than usual
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("connected.yaml", "agent.yaml"):
            (folder / file).write_text((PROJECT / "menus" / file).read_text("utf-8"), "utf-8")
        write(folder, 1)
        silent = "[trunk](+)\nrtp_timeout = 0\n"  # the callers send no sound
        with running("", pjsip=silent, IVR_MENUS=name, **ports) as line:
            yield line


def publish_often() -> None:
    """A program that publishes one revision after the other from the folder it is given, and prints their numbers."""
    began = time.monotonic()
    for number in range(2, PUBLISHED + 2):
        time.sleep(max(0.0, began + EVERY_S * (number - 2) - time.monotonic()))
        write(Path(sys.argv[1]), number)
        done = CliRunner().invoke(ivr, ["menu", "publish", "-m", f"the {number}th", "--json"])
        assert done.exit_code == 0, done.output
        document = json.loads(done.stdout)
        print(document["revision"], document["changed"])


def make_sounds(line: Line) -> None:
    """The sentences of all revisions, at once; each publishing finds its own made."""
    phrases = []
    for number in range(1, PUBLISHED + 2):
        write(line.settings.menus, number)
        phrases += phrases_of(read_folder(line.settings.menus).trees.values())
    assert not build(phrases, line.settings.home).failed


def crowd(line: Line, name: str, calls: int, a_second: float, keys: str, prefix: str) -> Sipp:
    """Many callers in one SIPp: each presses the next key every 2.5 s and waits for the hotline's goodbye."""
    caller = f"{prefix}[call_number]"
    at = "sip:12306@[remote_ip]:[remote_port]"
    steps = [
        sipp._send(
            sipp._request("INVITE", at, caller, f"To: <{at}>", 1),
            sipp._sound("alaw", events=False),
            attributes='retrans="500"',
        ),
        "".join(f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183)),
        '<recv response="200" rrs="true"><action>'
        '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/></action></recv>',
        sipp._send(sipp._request("ACK", "[next_url]", caller, "[last_To:]", 1)),
    ]
    for number, key in enumerate(keys):
        steps.append(f'<recv request="BYE" timeout="2500" ontimeout="key{number}" next="theirs"/>')
        steps.append(f'<label id="key{number}"/>{sipp._info(key, caller, "12306", 10 + number)}')
    steps.append(f'<recv request="BYE"/><label id="theirs"/>{sipp._OK}')
    folder = line.folder / name
    folder.mkdir(parents=True)
    options = ["-r", "1", "-rp", f"{1000 / a_second:.0f}", "-l", str(calls), "-recv_timeout", "60000"]
    phone = Sipp(folder, line.at, sipp._scenario(name, steps), name, calls=calls, options=options)
    line.phones.append(phone)
    return phone


def steps_of(line: Line, prefix: str) -> dict[str, list[tuple[str, str]]]:
    """Call → (entry, what was said) of each step; calls of callers whose number begins with ``prefix``."""
    found: dict[str, list[tuple[str, str]]] = {}
    query = (
        "SELECT c.uniqueid, s.entry, s.said FROM calls c JOIN call_steps s ON s.call_uniqueid = c.uniqueid "
        "WHERE c.caller_masked LIKE ? ORDER BY c.uniqueid, s.seq"
    )
    for uniqueid, entry, said in line.rows(query, f"{prefix[:3]}%"):
        found.setdefault(uniqueid, []).append((entry, said))
    return found


def check_calls(line: Line, prefix: str, calls: int) -> dict[str, str]:
    """Every call ended as planned and heard one revision only; call → the number it heard, in words."""
    query = (
        "SELECT uniqueid, menu_revision, dialogue, fallback, lost, ended_at IS NOT NULL FROM calls "
        "WHERE caller_masked LIKE ?"
    )
    rows = wait_for(
        lambda: (
            rows
            if len(rows := line.rows(query, f"{prefix[:3]}%")) == calls and all(row[5] for row in rows)
            else None
        ),
        f"the end of {calls} calls in SQL",
        20,
    )
    steps = steps_of(line, prefix)
    heard: dict[str, str] = {}
    for uniqueid, revision, dialogue, fallback, lost, _ in rows:
        assert (dialogue, fallback, lost) == ("completed", 0, 0), uniqueid
        said = " ".join(text for _, text in steps[uniqueid])
        assert set(re.findall(r"第(.+?)版", said)) == {in_words(int(revision))}, (uniqueid, revision, said)
        entries = [entry for entry, _ in steps[uniqueid]]
        assert entries[0] == "hotline"
        assert entries[-1] == "after_queue"  # the caller came back from the queue to the same revision
        assert "没有坐席" in said
        heard[uniqueid] = revision
    return heard


def on_air_about(history: list[dict[str, Any]], moment: datetime) -> set[int]:
    """The revisions on air within a second of ``moment``."""
    return {
        row["revision"]
        for row in history
        for period in row["periods"]
        if datetime.fromisoformat(period["from"]) <= moment + CLOSE
        and (period["until"] is None or datetime.fromisoformat(period["until"]) >= moment - CLOSE)
    }


def publishing_50_times_disturbs_none_of_100_calls(line: Line) -> None:
    make_sounds(line)
    write(line.settings.menus, 1)
    early = crowd(line, "early", CALLS, 30, "1" * 40 + "9" * 5, "139000000")
    begun = "SELECT count(*) FROM calls WHERE menu_revision = '1'"
    wait_for(lambda: line.rows(begun)[0][0] == CALLS, f"{CALLS} calls on revision 1", 20)
    late = crowd(line, "late", LATER_CALLS, 1.5, "1119999", "137000000")
    code, out, err = forked.run([str(line.settings.menus)], line.environ, 90, publish_often)
    assert code == 0, err
    assert out.splitlines() == [f"{number} True" for number in range(2, PUBLISHED + 2)]
    assert len([c for c in line.channels() if c.caller.startswith("139")]) == CALLS  # all of them stayed
    for phone in (early, late):
        assert phone.ended(150).clean
    assert set(check_calls(line, "139000000", CALLS).values()) == {"1"}
    heard = check_calls(line, "137000000", LATER_CALLS)
    assert len(set(heard.values())) >= 5
    history = line.read("menu", "history")
    listed = {row["call"]: row["began_at"] for row in line.read("call", "list", "--limit", "500")}
    for uniqueid, revision in heard.items():
        began_at = datetime.fromisoformat(listed[uniqueid])
        assert int(revision) in on_air_about(history, began_at), (uniqueid, revision, began_at)
    assert [row["revision"] for row in history] == list(range(PUBLISHED + 1, 0, -1))


SCENARIOS = by_name(publishing_50_times_disturbs_none_of_100_calls)
OWN = [Own(published, SCENARIOS)]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_publish(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
