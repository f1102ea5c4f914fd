"""What is said about the keys is what they do."""

from __future__ import annotations

from itertools import islice

import pytest

from ivr.authoring.loader import load_tree, load_trees
from ivr.dialogue.actions import Gather
from ivr.dialogue.engine import advance, begin
from ivr.dialogue.events import Digits
from ivr.dialogue.keys import KeyMeaning, key_meanings
from ivr.dialogue.tree import FormPart, MenuPart
from ivr.settings import PROJECT

from .callers import CALL, NOW, numbers, walk

FORMS = load_tree(PROJECT / "tests" / "transcripts" / "menus" / "forms.yaml")
TREE = load_trees(PROJECT / "menus")["hotline"]


def test_every_key_that_is_told_does_something_and_leads_where_it_is_told():
    seen: set[str] = set()
    for draw in islice(numbers(7), 300):
        for session, now in walk(TREE, draw, keep=True).stops:
            seen.add(session.phase)
            for meaning in key_meanings(TREE, session):
                if meaning.key == "keys":
                    continue
                after, actions = advance(
                    TREE, session, Digits("" if meaning.key == "#" else meaning.key), now
                )
                wrong = after.misses.get("no_match", 0) > session.misses.get("no_match", 0)
                assert not wrong, (meaning, session)
                if meaning.to in TREE.parts and isinstance(TREE.parts[meaning.to], (MenuPart, FormPart)):
                    assert after.part == meaning.to, meaning
                assert actions, meaning
    assert seen == {"menu", "field", "choose", "confirm", "items"}


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ([], [KeyMeaning("1", "online_booking", "互联网购票")]),
        (["4", "1"], [KeyMeaning("keys", "", "出发站, 1 to 24 keys"), KeyMeaning("*", "repeat")]),
        (["8", "2"], [KeyMeaning("keys", "", "区号, 3 to 4 keys")]),
        (
            ["8", "2", "021"],
            [KeyMeaning("1", "", "ask city_of_area_code"), KeyMeaning("2", "", "change 区号")],
        ),
    ],
)
def test_meanings_of_the_shipped_menus(keys, told):
    session, actions = begin(TREE, CALL, NOW)
    for key in keys:
        assert isinstance(actions[-1], Gather)
        session, actions = advance(TREE, session, Digits(key), NOW)
    assert key_meanings(TREE, session)[: len(told)] == told


def test_choices_and_the_end_of_a_call():
    session, _ = begin(FORMS, CALL, NOW)
    session, _ = advance(FORMS, session, Digits("1"), NOW)
    assert key_meanings(FORMS, session) == [
        KeyMeaning("1", "", "成人"),
        KeyMeaning("2", "", "儿童"),
        KeyMeaning("#", "back"),
        KeyMeaning("0", "agent"),
    ]
    session, _ = advance(FORMS, session, Digits("0"), NOW)
    assert session.outcome == "transferred"
    assert key_meanings(FORMS, session) == [KeyMeaning("#", "back"), KeyMeaning("0", "agent")]
