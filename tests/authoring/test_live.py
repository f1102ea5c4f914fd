"""What calls get: the menus on air for new ones, those they began with for the others, never broken ones."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from ivr.authoring import live
from ivr.authoring.folder import read_files, read_folder, standing
from ivr.authoring.live import Folder, LiveMenus, Stored
from ivr.authoring.source import MenuFaults
from ivr.dialogue.call import CallInfo
from ivr.errors import IvrError

MENUS = Path(__file__).parents[2] / "menus"
SMALL = "{start: a, parts: {a: {say: %s, then: hangup}}}"


def files(words: str) -> dict[str, str]:
    return {f"{name}.yaml": SMALL % words for name in ("hotline", "connected", "agent")}


class Memory:
    """Revisions that a test puts on air by hand."""

    def __init__(self, *texts: str) -> None:
        self.texts: dict[str, Mapping[str, str]] = {
            str(number): files(words) for number, words in enumerate(texts, 1)
        }
        self.order = list(reversed(self.texts))
        self.calls: dict[str, str] = {}
        self.away = False
        self.read: list[str] = []

    def on_air(self) -> list[str]:
        if self.away:
            raise IvrError("the database cannot be used: away")
        return self.order

    def files(self, revision: str) -> dict[str, str]:
        if self.away or revision not in self.texts:
            raise IvrError(f"there is no revision {revision}")
        self.read.append(revision)
        return dict(self.texts[revision])

    def of_call(self, call_id: str) -> str:
        return self.calls.get(call_id, "")

    def put(self, revision: str, texts: Mapping[str, str] | None = None) -> None:
        if texts is not None:
            self.texts[revision] = texts
        self.order = [revision, *(r for r in self.order if r != revision)]


def started(memory: Memory, keep: Path | None = None) -> LiveMenus:
    menus = LiveMenus(Stored(memory), keep)
    menus.start()
    return menus


def turn(menus: LiveMenus) -> None:
    found = menus.look()
    if found is not None:
        menus.take(found)


def call(call_id: str = "1.1", entry: str = "hotline") -> CallInfo:
    return CallInfo(call_id, entry=entry)


def revision_of(menus: LiveMenus, what: CallInfo) -> str:
    found = menus.of(what)
    assert found is not None
    assert {tree.revision for tree in found.trees.values()} == {found.revision}
    return found.revision


def test_what_is_put_on_air_is_for_new_calls_and_old_calls_keep_theirs():
    memory = Memory("您好。")
    menus = started(memory)
    assert revision_of(menus, call("1.1")) == "1"
    memory.put("2", files("早上好。"))
    turn(menus)
    assert revision_of(menus, call("1.2")) == "2"
    assert revision_of(menus, call("1.1", "after_queue")) == "1"
    assert revision_of(menus, call("1.1", "connected")) == "1"
    memory.put("1")
    turn(menus)
    assert revision_of(menus, call("1.3", "agent")) == "1"
    assert revision_of(menus, call("1.2", "after_queue")) == "2"
    assert memory.read == ["1", "2"]  # what is at hand is not read again


def test_nothing_is_read_while_nothing_changes():
    memory = Memory("您好。")
    menus = started(memory)
    assert [menus.look() for _ in range(5)] == [None] * 5
    assert memory.read == ["1"]


def test_a_call_that_this_program_does_not_know_goes_on_as_the_record_says():
    memory = Memory("您好。", "早上好。")
    memory.calls["0.9"] = "1"
    menus = started(memory)
    back = call("0.9", "after_queue")
    assert menus.of(back) is None
    assert menus.recall("0.9")
    assert revision_of(menus, back) == "1"
    lost = call("0.8", "after_queue")
    assert menus.of(lost) is None
    assert not menus.recall("0.8")
    assert revision_of(menus, lost) == "2"


def test_only_so_many_revisions_and_calls_stay_in_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "KEPT", 2)
    monkeypatch.setattr(live, "PINNED", 3)
    memory = Memory("一。")
    menus = started(memory)
    assert revision_of(menus, call("1")) == "1"
    for number in range(2, 5):
        memory.put(str(number), files(f"{number}。"))
        turn(menus)
    assert menus.of(call("1", "after_queue")) is None  # revision 1 has to be read again
    assert menus.recall("1")
    assert revision_of(menus, call("1", "after_queue")) == "1"
    for number in range(2, 6):
        menus.of(call(str(number)))
    assert menus.of(call("1", "after_queue")) is None  # and so has what it began with


def test_a_revision_that_does_not_read_leaves_the_last_good_one(caplog: pytest.LogCaptureFixture):
    memory = Memory("您好。")
    menus = started(memory)
    memory.put("2", {**files("早上好。"), "agent.yaml": "start: nowhere\nparts: {}\n"})
    for _ in range(3):
        turn(menus)
    assert menus.now.revision == "1"
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == [
        "revision 2 of the menus does not read: revision 2/agent.yaml:1:8: "
        "there is no part 'nowhere'; there are none [missing-target]"
    ]
    assert memory.read == ["1", "2"]
    assert started(memory).now.revision == "1"  # a start finds the last good one too


def test_whatever_is_wrong_with_a_revision_nothing_is_raised(monkeypatch: pytest.MonkeyPatch):
    memory = Memory("您好。")
    menus = started(memory)
    memory.put("2", {"../../hotline.yaml": "x"})
    turn(menus)
    memory.put("3", {"hotline.yaml": None})  # type: ignore[dict-item]
    turn(menus)
    monkeypatch.setattr(memory, "on_air", lambda: 1 / 0)
    turn(menus)
    assert menus.now.revision == "1"


def test_a_database_that_is_away_is_told_once_and_changes_nothing(caplog: pytest.LogCaptureFixture):
    memory = Memory("您好。")
    menus = started(memory)
    memory.away = True
    for _ in range(3):
        turn(menus)
    assert len([r for r in caplog.records if "menus stay as they were" in r.message]) == 1
    memory.away = False
    memory.put("2", files("早上好。"))
    turn(menus)
    assert menus.now.revision == "2"


def test_what_could_not_be_fetched_is_tried_again(monkeypatch: pytest.MonkeyPatch):
    memory = Memory("您好。")
    menus = started(memory)
    memory.put("2")
    turn(menus)
    memory.texts["2"] = files("早上好。")
    turn(menus)
    assert menus.now.revision == "1"  # not at every look
    monkeypatch.setattr(live.time, "monotonic", lambda: float(2**40))
    turn(menus)
    assert menus.now.revision == "2"


def test_a_start_while_the_database_is_away_goes_on_as_last_time(tmp_path: Path):
    memory, keep = Memory("您好。"), tmp_path / "keep.json"
    started(memory, keep)
    memory.away = True
    menus = started(memory, keep)
    assert menus.now.revision == "1"
    assert menus.now.trees == read_files(files("您好。"), "1").trees
    for damaged in ("", "[]", json.dumps({"revision": 1, "files": {"hotline.yaml": "parts: ["}})):
        keep.write_text(damaged)
        with pytest.raises(IvrError, match="away"):
            started(memory, keep)
    with pytest.raises(IvrError, match="away"):
        started(memory)


def test_a_keep_that_cannot_be_written_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    assert started(Memory("您好。"), tmp_path / "none" / "keep.json").now.revision == "1"
    assert "cannot be written" in caplog.text


def test_without_any_revision_there_is_no_start():
    with pytest.raises(IvrError, match="no menus are on air"):
        started(Memory())


# --- the folder -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(MENUS, tmp_path / "menus")
    return tmp_path / "menus"


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "hotline.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))


def test_with_live_files_an_edited_sentence_is_on_air(folder: Path):
    menus = LiveMenus(Folder(folder))
    menus.start()
    edit(folder, "您好，欢迎致电", "早上好，欢迎致电")
    turn(menus)
    assert menus.now.trees["hotline"].parts["greeting"].text["zh"].startswith("早上好")


def test_with_live_files_a_broken_one_is_told_once_and_never_on_air(
    folder: Path, caplog: pytest.LogCaptureFixture
):
    menus = LiveMenus(Folder(folder))
    menus.start()
    good = menus.now
    edit(folder, "go: agent", "go: agnet")
    for _ in range(3):
        turn(menus)
    assert menus.now is good
    assert len([r for r in caplog.records if "menus stay as they were" in r.message]) == 1
    edit(folder, "go: agnet", "go: agent")
    turn(menus)
    assert menus.now == good
    (folder / "hotline.yaml").unlink()
    turn(menus)
    assert menus.now == good


def test_with_live_files_a_call_keeps_what_it_began_with(folder: Path):
    menus = LiveMenus(Folder(folder))
    menus.start()
    first = menus.of(call())
    edit(folder, "您好，欢迎致电", "早上好，欢迎致电")
    turn(menus)
    assert menus.of(call(entry="after_queue")) is first is not menus.now


def test_the_files_of_a_folder_are_those_that_the_trees_read(folder: Path):
    (folder / "notes.yaml").write_text("what: ever")
    (folder / "sub").mkdir()
    (folder / "sub" / "more.yml").write_text("start: a\nparts: {a: {say: 好。}}\n")
    edit(folder, "\ninclude:", "\ninclude:\n  - {file: sub/more.yml, as: more_about}")
    edit(folder, "then: main", "then: more_about")
    menus = read_folder(folder)
    assert "sub/more.yml" in menus.files
    assert "notes.yaml" not in menus.files
    assert read_files(menus.files, menus.revision) == menus
    assert standing(folder, menus) == ("", "")
    edit(folder, "您好，欢迎致电", "早上好，欢迎致电")
    assert standing(folder, menus)[1] == "ivr menu diff; ivr menu publish"
    edit(folder, "start: greeting", "start: greting")
    assert standing(folder, menus)[0].startswith(f"menus are broken, revision {menus.revision} is on air: ")
    (folder / "agent.yaml").unlink()
    assert "agent.yaml: cannot be read" in standing(folder, menus)[0]


def test_a_file_outside_the_folder_cannot_be_published(folder: Path):
    (folder.parent / "more.yaml").write_text("start: a\nparts: {a: {say: 好。}}\n")
    edit(folder, "\ninclude:", "\ninclude:\n  - {file: ../more.yaml, as: more_about}")
    edit(folder, "then: main", "then: more_about")
    with pytest.raises(IvrError, match="lies outside the menu folder"):
        read_folder(folder)


def test_faults_of_stored_files_name_the_revision():
    with pytest.raises(MenuFaults) as found:
        read_files({**files("好。"), "agent.yaml": "start: [\n"}, "7")
    assert str(found.value).startswith("revision 7/agent.yaml:2:1: is not YAML")
    with pytest.raises(IvrError) as missing:
        read_files({"hotline.yaml": SMALL % "好。"}, "7")
    assert missing.value.where == "revision 7/connected.yaml"
