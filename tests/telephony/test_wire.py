"""Whatever comes over the wire is understood or refused; whatever is put on it stays one argument."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.telephony import wire
from ivr.telephony.wire import GONE, HeadParser, Reply, ReplyParser, WireFault
from tests.telephony.fake_agi import split_arguments, split_words

nasty = st.text(
    alphabet=st.one_of(st.sampled_from('\\",()[]{}$& \t\r\n\0;|#中\u2028\udc80'), st.characters())
)


def head_of(*chunks: bytes) -> tuple[wire.Head | None, bytes]:
    parser = HeadParser()
    for chunk in chunks:
        if head := parser.feed(chunk):
            return head, parser.rest
    return None, parser.rest


def replies(*chunks: bytes) -> list[Reply]:
    parser, found = ReplyParser(), []
    for chunk in chunks:
        parser.feed(chunk)
        while (reply := parser.next()) is not None:
            found.append(reply)
    return found


def test_a_head_gives_variables_arguments_and_route() -> None:
    data = (
        b"agi_network_script: after_queue?x=1\nagi_uniqueid: 17.1\nagi_callerid: unknown\n"
        b"agi_calleridname: \xff\xe4\xb8\xad\nagi_arg_1: TIMEOUT\nagi_arg_2: a: b\nagi_arg_4: x\n\n200 result"
    )
    head, rest = head_of(data)
    assert head is not None
    assert head.script == "after_queue"
    assert head.get("uniqueid") == "17.1"
    assert head.get("callerid") == head.get("nothing") == ""
    assert head.get("calleridname") == "\ufffd中"
    assert head.args == ("TIMEOUT", "a: b")
    assert rest == b"200 result"


@pytest.mark.parametrize(
    "request_line", ["agi://h:4573/hotline", "agi://h/hotline?a=b/c", "/opt/agi/hotline.py", "hotline.py"]
)
def test_the_route_of_a_request(request_line: str) -> None:
    head, _ = head_of(f"agi_request: {request_line}\n\n".encode())
    assert head is not None
    assert head.script == "hotline"


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"agi_a: b\n" * 201,
        b"agi_a: " + b"x" * 70_000,
        b"agi_a: " + b"x" * 70_000 + b"\n",
        (b"agi_a: " + b"x" * 30_000 + b"\n") * 3,
        b"agi_a\n",
    ],
)
def test_what_is_no_head_is_refused(data: bytes) -> None:
    with pytest.raises(WireFault):
        head_of(data)


def test_replies_of_every_kind() -> None:
    data = (
        b"100 result=0 Trying...\n200 result=1 (timeout) endpos=1234\n200 result=-1\n200 result=\n"
        b"510 Invalid or unknown command\n511 Command Not Permitted on a dead channel or intercept routine\n"
        b"520-Invalid command syntax.  Proper usage follows:\n200 result=7\nHANGUP\n520 End of proper usage.\n"
        b"520 Invalid command syntax.  Proper usage not available.\n200 result=1 (a (b) c)\r\nHANGUP\n"
        b"200 result=-1 (hangup)\n200\n"
    )
    assert replies(data) == [
        Reply(200, "1", "timeout"),
        Reply(200, "-1"),
        Reply(200, ""),
        Reply(510),
        Reply(511, gone=True),
        Reply(520),
        Reply(520),
        Reply(200, "1", "a (b) c"),
        GONE,
        Reply(200, "-1", "hangup", gone=True),
        Reply(200),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"hello\n",
        b"\n",
        b"20 result=1\n",
        "２００ result=1\n".encode(),
        b"x" * 70_000,
        b"520-a\n" + b"b\n" * 40_000,
    ],
)
def test_what_is_no_reply_is_refused(data: bytes) -> None:
    with pytest.raises(WireFault):
        replies(data)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=8))
def test_any_bytes_give_the_same_however_they_are_cut(data: bytes, cuts: list[int]) -> None:
    for prefix in (b"", b"agi_a: b\n", b"200 result=1\n520-x\n"):
        whole = prefix + data
        edges = [0, *sorted(cuts), len(whole)]
        chunks = [whole[a:b] for a, b in zip(edges, edges[1:], strict=False)]
        assert outcome(head_of, chunks, rest=whole) == outcome(head_of, [whole], rest=whole)
        assert outcome(replies, chunks) == outcome(replies, [whole])


def outcome(parse, chunks: list[bytes], rest: bytes = b"") -> object:
    try:
        result = parse(*chunks)
    except WireFault:
        return "fault"
    return result[0] if rest else result


lines = st.sampled_from(
    [
        b"200 result=1 (x)\n",
        b"HANGUP\n",
        b"520-a\n",
        b"520 b\n",
        b"100 Trying\n",
        b"511 x\n",
        b"agi_x: y\n",
        b"\n",
    ]
)


@given(st.lists(lines, max_size=12), st.lists(st.integers(0, 200), max_size=6))
def test_likely_lines_give_the_same_however_they_are_cut(parts: list[bytes], cuts: list[int]) -> None:
    test_any_bytes_give_the_same_however_they_are_cut.hypothesis.inner_test(b"".join(parts), cuts)  # type: ignore[attr-defined]


@given(nasty)
def test_a_value_stays_one_word_on_one_line(value: str) -> None:
    line = wire.set_variable("IVR_PART", value[:400])
    assert "\n" not in line
    assert "\r" not in line
    assert "\0" not in line
    assert split_words(line) == ["SET", "VARIABLE", "IVR_PART", wire.clean(value[:400])]


@given(st.lists(nasty.map(lambda text: text[:100]), min_size=1, max_size=5))
def test_a_value_stays_one_argument_of_an_application(values: list[str]) -> None:
    line = wire.execute("AddQueueMember", *map(wire.argument, values))
    assert len(line.splitlines()) == 1
    words = split_words(line)
    assert words[:2] == ["EXEC", "AddQueueMember"]
    assert len(words) == 3
    assert split_arguments(words[2]) == [wire.clean(value) for value in values]


@given(st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="&"), min_size=1, max_size=60))
def test_a_path_of_printable_characters_arrives_as_it_is(path: str) -> None:
    words = split_words(wire.execute("Playback", wire.files([path, path])))
    assert split_arguments(words[2]) == [f"{path}&{path}"]


def test_what_cannot_be_sent_is_refused() -> None:
    for path in ("", "a&b", "a\nb"):
        with pytest.raises(WireFault):
            wire.files([path])
    with pytest.raises(WireFault):
        wire.pieces(["x" * 2000])
    with pytest.raises(WireFault):
        wire.set_variable("A", "x" * 3000)


@given(st.lists(st.integers(1, 300), max_size=40))
def test_long_lists_of_files_are_cut_into_pieces_that_fit(sizes: list[int]) -> None:
    paths = ["(" * size for size in sizes]
    found = wire.pieces(paths)
    assert "&".join(found) == wire.files(paths)
    for piece in found:
        wire.set_variable("IVR_SOUNDS1", piece)  # raises when it is too long
