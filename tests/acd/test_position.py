from __future__ import annotations

from ivr.acd.position import Position


def test_a_file_is_known_by_its_bytes() -> None:
    here = Position(path="queue_log", id=7).moved(12, b"first line\n", b"the end\n")
    assert (here.offset, here.head_size, here.tail_size, here.id, here.path) == (12, 11, 8, 7, "queue_log")
    assert here.fits(b"first line\n", b"the end\n")
    assert not here.fits(b"first line\n", b"another\n")
    assert not here.fits(b"other line\n", b"the end\n")
