"""What is made ahead is all that can be said: the same rules, for every value there can be."""

from __future__ import annotations

import functools
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ivr.speech import Phrase, SpeechFault
from ivr.speech.compose import compose
from ivr.speech.vocabulary import Known, Vocabulary

KNOWN = Known(
    names=[{"zh": "北京南", "en": "Beijing South"}, {"zh": "上海", "en": "Shanghai"}, {"zh": "San José"}],
    words=["上海段"],
    trains=["G102", "D21", "7613", "DJ7602", "K5"],
    last_hour=30,
)
VALUES = KNOWN.values()
KINDS = {
    "train": "train",
    "dep": "time",
    "arr": "time",
    "day": "date",
    "from": "named",
    "to": "named",
    "left": "count",
    "days": "number",
    "fare": "money",
    "long": "minutes",
    "code": "digits",
    "number": "grouped",
    "tail": "document",
    "depot": "text",
}
OWN = {"label": ("label", "出发站"), "key": ("key", "1")}


def pack(text: str, language: str = "zh", entry: str = "") -> dict[Phrase, str]:
    vocabulary = Vocabulary(language)
    vocabulary.add(text, KINDS, OWN, ["list"])
    if entry:
        vocabulary.add(entry, KINDS, OWN)
    return vocabulary.phrases(VALUES)


def test_it_is_carriers_then_values_by_type_then_names():
    found = pack("{from}到{to}，{days}天[，最晚{day}]，请按{key}。")
    kinds = list(dict.fromkeys(found.values()))
    assert kinds == ["carriers", "date", "number", "names"]
    assert [p.text for p, kind in found.items() if kind == "carriers"] == ["到", "最晚", "请按一。"]
    assert {p.text for p, kind in found.items() if kind == "number"} >= {"九十九天", "零天"}
    assert [p for p, kind in found.items() if kind == "names"] == [
        Phrase("北京南"),
        Phrase("上海"),
        Phrase("San José", "en"),
    ]


def test_of_values_that_are_not_given_nothing_is_made():
    vocabulary = Vocabulary("zh")
    vocabulary.add("{from}到{to}。", KINDS)
    assert [p.text for p in vocabulary.phrases({})] == ["到"]


def test_texts_without_values_and_languages_of_wordbooks_have_no_fragments():
    for language, text in (("zh", "请输入{label}。"), ("zh", "您好。"), ("ru", "{from}: {to}.")):
        vocabulary = Vocabulary(language)
        vocabulary.add(text, KINDS, OWN)
        assert vocabulary.phrases(VALUES) == {}


def test_a_slot_that_nobody_fills_is_a_fault():
    with pytest.raises(SpeechFault, match="unknown slot '{colour}'"):
        Vocabulary("zh").add("{colour}。", KINDS)


def test_documents_and_numbers_of_bookings_have_few_sounds():
    assert len(pack("{tail}")) == 110
    assert len(pack("{number}，{code}")) == 100 + 10 + 2


VALUE = {
    "train": st.sampled_from(KNOWN.trains),
    "time": st.builds("{:02}:{:02}".format, st.integers(0, 30), st.integers(0, 59)),
    "date": st.dates().map(str),
    # A Latin name in Mandarin would take the next train's letter into its phrase.
    "named": st.sampled_from(KNOWN.names[:2]),
    "count": st.integers(0, 999),
    "number": st.integers(0, 99),
    "money": st.integers(0, 99_999).map(lambda jiao: f"{jiao // 10}.{jiao % 10}"),
    "minutes": st.integers(0, 30 * 60),
    "digits": st.from_regex(r"\A[0-9]{1,9}\Z"),
    "grouped": st.from_regex(r"\A[0-9]{9}\Z"),
    "document": st.from_regex(r"\A[0-9]{17}[0-9X]\Z"),
    "text": st.sampled_from(KNOWN.words),
}
SLOTS = st.fixed_dictionaries({name: st.tuples(st.just(kind), VALUE[kind]) for name, kind in KINDS.items()})
WORDS = [
    "次",
    "次列车",
    "开",
    "到",
    "从",
    "余",
    "约",
    "起",
    "，",
    "。",
    "、",
    "列车",
    "请稍候。",
    "好。",
    "票价",
    " ",
]
ENGLISH = [" at ", " to ", ". ", ", ", " trains ", " left", "Wait. ", " from "]


def texts(words: list[str]) -> st.SearchStrategy[str]:
    piece = st.sampled_from([*(f"{{{name}}}" for name in (*KINDS, *OWN)), *words])
    pieces = st.lists(piece, max_size=5).map("".join)
    return st.lists(st.one_of(pieces, pieces.map(lambda inner: f"[{inner}]")), max_size=4).map("".join)


@settings(deadline=None)  # the first one loads what the others use
@given(
    st.one_of(texts(WORDS).map(lambda t: (t, "zh")), texts(ENGLISH).map(lambda t: (t, "en"))),
    SLOTS,
    st.data(),
)
def test_every_fragment_that_is_ever_said_is_made_ahead(text, slots, data):
    words, language = text
    # A word that is Mandarin in every language would take the next one into its phrase.
    assume(language == "zh" or "{depot}{depot}" not in re.sub(r"[\[\] ]", "", words))
    vocabulary = Vocabulary(language)
    vocabulary.add(words, KINDS, OWN)
    # What is missing leaves its bracket out.
    bare = "".join(
        piece.partition("]")[2] if number else piece for number, piece in enumerate(words.split("["))
    )
    given_ = {
        name: slot for name, slot in slots.items() if f"{{{name}}}" in bare or data.draw(st.booleans(), name)
    }
    said = compose(words, {**given_, **OWN}, language)
    used = {kind: [value for _, (k, value) in given_.items() if k == kind] for kind in KINDS.values()}
    made = vocabulary.phrases(used)
    if any(name in KINDS for name in _slots(words)):
        for phrase in said:
            for fragment, _ in phrase.fragments or ((phrase, ""),):
                assert fragment in made


def _slots(text: str) -> list[str]:
    return [piece.partition("}")[0] for piece in text.split("{")[1:]]


@functools.cache
def everything(language: str) -> dict[Phrase, str]:
    return pack(ALL[language], language)


ALL = {
    "zh": "从{from}到{to}，{train}次，{dep}开，{arr}到。余{left}张，第{days}位，票价{fare}起。"
    "运行{long}，{day}从{code}是{depot}，您的号码是，{number}，尾号{tail}。",
    "en": "{train} from {from} at {dep} to {to} on {day}, {arr}. Only {left} left, {days}, {fare} for {depot}. "
    "It takes {long}, {code}, {number}, {tail}.",
}


@settings(deadline=None)
@given(st.sampled_from([*ALL]), SLOTS)
def test_the_values_bring_every_chunk_there_can_be(language, slots):
    for phrase in compose(ALL[language], slots, language):
        for fragment, _ in phrase.fragments or ((phrase, ""),):
            assert fragment in everything(language)


def test_the_entries_of_a_list_are_told_by_themselves():
    entry = "{to}余{left}张[，票价{fare}]。"
    made = pack("{train}次。{list}", entry=entry)
    rows = [
        {"to": ("named", {"zh": "上海"}), "left": ("count", 2), "fare": ("money", fare)}
        for fare in ("5.5", None)
    ]
    slots = {"train": ("train", "G102"), "list": ("list", rows)}
    for phrase in compose("{train}次。{list}", slots, "zh", lists={"list": entry}):
        assert all(fragment in made for fragment, _ in phrase.fragments)
