"""Each file of ``tests/broken_menus`` has one defect and says in its last line what is told about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.authoring.loader import load_tree
from ivr.authoring.source import MenuFaults

FILES = sorted((Path(__file__).parent.parent / "broken_menus").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_one_defect_one_exact_line(path: Path):
    expected = path.read_text("utf-8").rstrip().rpartition("# fault: ")[2]
    with pytest.raises(MenuFaults) as caught:
        load_tree(path)
    assert str(caught.value) == f"{path}:{expected}"


def test_there_are_files():
    assert len(FILES) >= 50
