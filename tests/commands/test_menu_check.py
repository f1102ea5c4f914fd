"""``ivr menu check``: what a person reads, what CI reads, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.authoring.lint import RULES
from ivr.authoring.lint.output import as_github, as_sarif
from ivr.authoring.source import Fault
from ivr.commands import ivr
from ivr.errors import UsageFault
from ivr.settings import PROJECT

BROKEN = "start: main\nparts:\n  main: {menu: {1: {label: 公告, go: notice}}}\n  notice: {say: 请拨12306。}\n"
GAP = "start: main\nparts:\n  main: {menu: {2: {label: 公告, go: notice}}}\n  notice: {say: 公告。}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.yaml").write_text(BROKEN, "utf-8")
    (tmp_path / "gap.yaml").write_text(GAP, "utf-8")
    (tmp_path / "calendar.yaml").write_text("hours: {daily: 25:00-26:00}\n", "utf-8")
    return tmp_path


def check(*arguments: str) -> Result:
    return CliRunner().invoke(ivr, ["menu", "check", *arguments])


DIGITS = "cannot be spoken: '12306': write it in words or use a slot with a type"
ORDER = "menu 'main' reads its keys as 2; count from 1 without a gap, 0 last"
CALENDAR = "hours must be such as 06:00-23:00, or closed, not '25:00-26:00'"


def test_faults_are_lines_and_exit_code_1(folder: Path):
    # The calendar beside a tree belongs to it.
    result = check("broken.yaml")
    assert result.exit_code == 1
    assert result.output == (
        f"broken.yaml:4:17: {DIGITS} [unreadable-text]\ncalendar.yaml:1:16: {CALENDAR} [wrong-value]\n"
    )
    assert check("calendar.yaml").output == f"calendar.yaml:1:16: {CALENDAR} [wrong-value]\n"


def test_warnings_are_shown_and_count_only_when_asked(folder: Path):
    (folder / "calendar.yaml").write_text("", "utf-8")
    line = f"gap.yaml:3:17: warning: {ORDER} [option-order]\n"
    result = check("gap.yaml")
    assert (result.exit_code, result.output) == (0, line + "gap.yaml: gap fine\n")
    result = check("gap.yaml", "--strict")
    assert (result.exit_code, result.output) == (1, line)
    assert check("calendar.yaml").output == "calendar.yaml: calendar fine\n"


def test_json_is_one_list_of_faults(folder: Path):
    (folder / "calendar.yaml").unlink()
    assert json.loads(check("gap.yaml", "--json").output) == [
        {
            "file": "gap.yaml",
            "line": 3,
            "column": 17,
            "message": ORDER,
            "severity": "warning",
            "rule": "option-order",
        }
    ]


def test_github_annotations(folder: Path):
    lines = check(str(folder / "broken.yaml"), "--github").output.splitlines()
    assert lines == [
        f"::error file=broken.yaml,line=4,col=17,title=unreadable-text::{DIGITS}",
        f"::error file=calendar.yaml,line=1,col=16,title=wrong-value::{CALENDAR}",
    ]


def test_github_annotations_are_escaped(tmp_path: Path):
    fault = Fault("/elsewhere/a,b:c.yaml", 1, 2, "100 % wrong:\nmend it", "warning", "no-agent")
    assert as_github([fault], tmp_path) == [
        "::warning file=/elsewhere/a%2Cb%3Ac.yaml,line=1,col=2,title=no-agent::100 %25 wrong:%0Amend it"
    ]


def test_sarif_has_what_the_format_requires(folder: Path):
    result = check("broken.yaml", "--sarif", "-")
    assert result.exit_code == 1
    log = json.loads(result.output)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "ivr menu check"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    assert ids == list(RULES)
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")
    assert [r["ruleId"] for r in run["results"]] == ["unreadable-text", "wrong-value"]
    for found in run["results"]:
        assert ids[found["ruleIndex"]] == found["ruleId"]
        assert found["level"] == "error"
        assert found["message"]["text"]
        (location,) = found["locations"]
        place = location["physicalLocation"]
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert min(place["region"].values()) >= 1
    assert run["results"][0]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "broken.yaml"},
        "region": {"startLine": 4, "startColumn": 17},
    }


def test_sarif_tells_files_elsewhere_by_a_whole_uri(tmp_path: Path):
    log = as_sarif([Fault("/elsewhere/菜 单.yaml", 1, 1, "wrong", "error", "wrong-value")], tmp_path)
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "file:///elsewhere/%E8%8F%9C%20%E5%8D%95.yaml"
    inside = as_sarif([Fault(str(tmp_path / "菜 单.yaml"), 1, 1, "wrong", "error", "wrong-value")], tmp_path)
    place = inside["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "%E8%8F%9C%20%E5%8D%95.yaml"


def test_sarif_file_stands_beside_what_a_person_reads(folder: Path):
    result = check("broken.yaml", "--sarif", "menus.sarif")
    assert "[unreadable-text]" in result.output
    assert json.loads((folder / "menus.sarif").read_text("utf-8"))["version"] == "2.1.0"
    assert [path.name for path in folder.glob(".*")] == []


def test_sarif_file_that_cannot_be_written_is_one_line(folder: Path):
    result = check("broken.yaml", "--sarif", "nowhere/menus.sarif")
    assert isinstance(result.exception, UsageFault)
    assert str(result.exception) == "nowhere/menus.sarif: cannot be written: No such file or directory"


def test_two_documents_on_stdout_are_wrong_usage(folder: Path):
    assert isinstance(check("broken.yaml", "--json", "--github").exception, UsageFault)
    assert isinstance(check("broken.yaml", "--json", "--sarif", "-").exception, UsageFault)


def test_manual_page_of_a_rule():
    assert check("--explain", "endless-loop").output.startswith("## endless-loop\n\n*error*\n\nParts that")
    assert check("--explain", "all").output == Path(PROJECT, "docs/menu-rules.md").read_text("utf-8")
    fault = check("--explain", "endles-loop").exception
    assert str(fault) == "--explain: there is no rule 'endles-loop' (did you mean 'endless-loop'?)"


def test_schemas_folder_that_cannot_be_made_is_one_line(folder: Path):
    result = CliRunner().invoke(ivr, ["menu", "schema", "--out", "gap.yaml/schema"])
    assert str(result.exception) == "gap.yaml/schema: cannot be written: Not a directory"


TREE = """
start: main
defaults: {keys: {"0": agent}}
include:
  - {file: part/leaflet.yaml, as: pets, with: {next: agent}}
parts:
  main: {menu: {1: {label: 公告, go: pets}}}
  agent: {transfer: operator}
"""


def test_a_file_is_checked_as_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("hotline.yaml").write_text(TREE, "utf-8")
    Path("part").mkdir()
    leaflet = Path("part/leaflet.yaml")
    leaflet.write_text(
        "parameters: {next: where}\nstart: told\nparts: {told: {say: 行李房。, then: <next>}}\n", "utf-8"
    )
    assert check("part/leaflet.yaml").output == "part/leaflet.yaml: leaflet fine\n"
    leaflet.write_text(leaflet.read_text("utf-8").replace("行李房", "12306"), "utf-8")
    assert check("part/leaflet.yaml").output == f"part/leaflet.yaml:3:21: {DIGITS} [unreadable-text]\n"
    notices = Path("notices.yaml")
    notices.write_text("notices: [{text: 停运。, before: mian}]\n", "utf-8")
    assert check("notices.yaml").output == (
        "notices.yaml:1:31: there is no part 'mian'; did you mean 'main'? [missing-target]\n"
    )
    notices.write_text("notices: [{text: 停运。, before: main}]\n", "utf-8")
    assert check("notices.yaml").output == "notices.yaml: notices fine\n"
    Path("words.yaml").write_text("xx: {}\n", "utf-8")
    assert "words.yaml:1:1: no voice of espeak-ng speaks 'xx'" in check("words.yaml").output
    Path("words.yaml").unlink()
    Path("hotline.yaml").write_text("start: main\nparts: {main: {say: 好。, then: hangup}}\n", "utf-8")
    told = str(check("part/leaflet.yaml").exception)
    assert told.startswith(
        "part/leaflet.yaml: no tree includes it, so nobody knows what its parameters are (include"
    )
    Path("hotline.yaml").write_text("a: [", "utf-8")
    assert check("notices.yaml").output == "notices.yaml: notices fine\n"
    leaflet.write_text("parameters: [", "utf-8")
    assert "is not YAML" in check("part/leaflet.yaml").output


def test_what_else_lies_beside_a_file_does_not_hinder_its_check(tmp_path: Path):
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "old.yaml").write_bytes("start: 旧".encode("gbk"))
    (tmp_path / "brackets.yaml").write_text("start: " + "[" * 100_000, "utf-8")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nothing")
    fine = tmp_path / "fine.yaml"
    fine.write_text("start: bye\nparts:\n  bye: {say: 再见。, then: hangup}\n", "utf-8")
    result = check(str(fine))
    assert (result.exit_code, result.output) == (0, f"{fine}: fine fine\n")


def test_a_file_that_is_not_utf8_is_a_fault_among_the_others(tmp_path: Path):
    for name in ("hotline", "connected"):
        (tmp_path / f"{name}.yaml").write_bytes("start: 旧".encode("gbk"))
    (tmp_path / "agent.yaml").write_text(BROKEN, "utf-8")
    rows = json.loads(check(str(tmp_path), "--json").stdout)
    assert [(Path(row["file"]).stem, row["rule"]) for row in rows] == [
        ("agent", "unreadable-text"),
        ("connected", "not-yaml"),
        ("hotline", "not-yaml"),
    ]


def test_an_included_name_that_no_file_can_have_is_not_there(tmp_path: Path):
    path = tmp_path / "tree.yaml"
    for name in (r'"a\0b"', "x" * 5000):
        path.write_text(f"include: [{{file: {name}, as: more}}]\n{GAP}", "utf-8")
        result = check(str(path))
        assert result.exit_code == 1
        assert result.output.startswith(f"{path}:1:18: there is no file '")
