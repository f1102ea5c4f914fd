"""A prompt's id: the name of its recording, which must never change while the words stay."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ivr.speech import Phrase


def test_it_is_that_of_the_words_and_the_language_and_never_changes():
    assert Phrase("六").prompt_id == "369fccbf473a"  # recordings lie in studios under such names
    assert len({Phrase(text, language).prompt_id for text in ("六", "七") for language in ("zh", "en")}) == 4


def test_white_space_and_the_way_accents_are_written_do_not_count():
    plain = Phrase("Café Liège, press one.", "fr").prompt_id
    assert Phrase("  Café  Liège,\npress one. ", "fr").prompt_id == plain
    assert Phrase(unicodedata.normalize("NFD", "Café Liège, press one."), "fr").prompt_id == plain


@given(st.text(), st.text())
def test_other_words_have_another_id(one: str, other: str):
    words = [" ".join(unicodedata.normalize("NFC", text).split()) for text in (one, other)]
    assert (Phrase(one).prompt_id == Phrase(other).prompt_id) == (words[0] == words[1])
