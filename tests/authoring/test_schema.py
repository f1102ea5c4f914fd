"""The schemas that editors use: in step with the readers, true of the shipped menus, false of broken ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from ivr.authoring.grammar import RULES as GRAMMAR
from ivr.authoring.schema import dumped, schemas
from ivr.commands import ivr

PROJECT = Path(__file__).parents[2]
MENUS = PROJECT / "menus"
BROKEN = PROJECT / "tests" / "broken_menus"
TREES = ("hotline", "connected", "agent")
MODELINE = "# yaml-language-server: $schema="

#: Faults that a schema can know: names, verbs and types that do not depend on the rest of the file.
SCHEMATIC = re.compile(
    r"unknown key|has no verb|has no type|must be a map|must be a list|is missing|has no options|is empty;"
    r"|is not a key|cannot mean the same|there is no query|there is no type|member cannot|does not take"
    r"|needs a field|needs \w+: ask for|say nothing for|include needs|an included file needs|a case needs"
    r"|has no '|has no label|needs 'label'|must be a whole number|must be a time|must be true|must be a number such"
    r"|must be such as|hours must|means something already; give the period|a part cannot be called"
)
#: What looks like one of these but needs more than a schema knows: the file's languages, which number is larger.
NEEDS_MORE = {"unknown_language", "field_key_range", "wait_too_long", "between_keys_too_long"}


def value(node: yaml.Node) -> Any:
    """A document as an editor understands it: YAML 1.2, names are text."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: value(inside) for key, inside in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [value(item) for item in node.value]
    if node.style is None:
        if re.fullmatch(r"[-+]?\d+", node.value):
            return int(node.value)
        if re.fullmatch(r"[-+]?\d*\.\d+", node.value):
            return float(node.value)
        if node.value in ("true", "false"):
            return node.value == "true"
        if node.value in ("", "~", "null"):
            return None
    return node.value


def document(path: Path) -> Any:
    node = yaml.compose(path.read_text("utf-8"))
    return None if node is None else value(node)


@pytest.fixture(scope="module")
def refusals():
    """Which errors a schema of that kind finds in a file."""
    from jsonschema import Draft202012Validator

    made = {kind: Draft202012Validator(schema) for kind, schema in schemas().items()}
    for schema in schemas().values():
        Draft202012Validator.check_schema(schema)
    return lambda kind, path: [error.message for error in made[kind].iter_errors(document(path))]


def kind_of(path: Path) -> str:
    return {"calendar.yaml": "calendar", "part.yaml": "included", "notices.yaml": "notices"}.get(
        path.name, "menu"
    )


def fault(path: Path) -> tuple[Path, str]:
    """The file that a broken menu is told about, and what is told."""
    told = path.read_text("utf-8").rstrip().rpartition("# fault: ")[2]
    if told[0].isdigit():
        return path, told
    file, _, rest = told.partition(":")
    return path.with_name(file), rest


SCHEMATIC_FAULTS = [
    path
    for path in sorted([*BROKEN.glob("*.yaml"), *BROKEN.glob("*/hotline.yaml")])
    if SCHEMATIC.search(fault(path)[1])
    and fault(path)[1].rpartition("[")[2].rstrip("]") in GRAMMAR
    and not {path.stem, path.parent.name} & NEEDS_MORE
]


@pytest.mark.parametrize("kind", schemas())
def test_shipped_schema_is_the_one_the_readers_tables_make(kind: str):
    shipped = (MENUS / "schema" / f"{kind}.schema.json").read_text("utf-8")
    assert shipped == dumped(schemas()[kind]), "ivr menu schema --out menus/schema"


@pytest.mark.parametrize("path", sorted(MENUS.glob("*.yaml")), ids=lambda path: path.name)
def test_shipped_file_fits_the_schema_it_names(path: Path, refusals):
    kinds = {"calendar": "calendar", "notices": "notices", "queues": "queues", "booking": "included"}
    kind = "translations" if path.name.endswith(".translations.yaml") else kinds.get(path.stem, "menu")
    assert path.read_text("utf-8").startswith(f"{MODELINE}schema/{kind}.schema.json\n")
    assert refusals(kind, path) == []


@pytest.mark.parametrize("path", SCHEMATIC_FAULTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_broken_file_is_refused_by_the_schema_too(path: Path, refusals):
    file, _ = fault(path)
    assert refusals(kind_of(file), file)


def test_many_broken_files_are_of_that_kind():
    assert len(SCHEMATIC_FAULTS) > 50


def test_files_whose_faults_only_the_checker_knows_fit_the_schema(refusals):
    others = [
        path
        for path in sorted(BROKEN.glob("*.yaml"))
        if path not in SCHEMATIC_FAULTS and "warning" in fault(path)[1] and document(path) is not None
    ]
    assert len(others) > 10
    assert {path.stem: refusals("menu", path) for path in others} == {path.stem: [] for path in others}


def test_an_included_file_may_have_its_parameters_where_the_schema_wants_a_word(tmp_path: Path, refusals):
    path = tmp_path / "part.yaml"
    path.write_text(
        "parameters: {wait: how long}\nstart: a\nparts:\n  a: {record: 请留言。, limit: <wait>, "
        "answers: {recorded: {then: hangup}, empty: {then: hangup}}}\n",
        "utf-8",
    )
    assert refusals("included", path) == []
    path.write_text(path.read_text("utf-8").replace("<wait>", "soon"), "utf-8")
    assert refusals("included", path)


def test_command_prints_one_and_writes_all(tmp_path: Path):
    for kind in schemas():
        result = CliRunner().invoke(ivr, ["menu", "schema", kind])
        assert json.loads(result.output) == schemas()[kind]
    out = tmp_path / "new" / "schema"
    result = CliRunner().invoke(ivr, ["menu", "schema", "--out", str(out)])
    assert result.exit_code == 0
    assert {path.name for path in out.iterdir()} == {f"{kind}.schema.json" for kind in schemas()}
    assert json.loads((out / "menu.schema.json").read_text("utf-8")) == schemas()["menu"]
