"""Each file of ``tests/broken_menus`` has one defect and says in its last line what is told about it.

A folder is a case of several files: the defect is in one of them, ``hotline.yaml`` says what is told.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.authoring.loader import inspect_tree, load_tree
from ivr.authoring.source import MenuFaults

FOLDER = Path(__file__).parent.parent / "broken_menus"
FILES = sorted([*FOLDER.glob("*.yaml"), *FOLDER.glob("*/hotline.yaml")])


def name(path: Path) -> str:
    return path.stem if path.parent == FOLDER else path.parent.name


@pytest.mark.parametrize("path", FILES, ids=name)
def test_one_defect_one_exact_line(path: Path):
    expected = path.read_text("utf-8").rstrip().rpartition("# fault: ")[2]
    if not expected[0].isdigit():  # it is told about another file of the folder
        file, _, expected = expected.partition(":")
        told = f"{path.with_name(file)}:{expected}"
    else:
        told = f"{path}:{expected}"
    assert "\n".join(map(str, inspect_tree(path)[1])) == told


@pytest.mark.parametrize("path", FILES, ids=name)
def test_errors_keep_it_off_the_air_and_warnings_do_not(path: Path):
    if ": warning: " in path.read_text("utf-8").rstrip().rpartition("\n")[2]:
        load_tree(path)
    else:
        with pytest.raises(MenuFaults):
            load_tree(path)


def test_there_are_files():
    assert len(FILES) >= 130
