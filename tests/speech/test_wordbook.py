"""Readings in a language that the program does not know, from a wordbook."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech import SpeechFault, Wordbook, phrases, readable, speak, spoken_seconds, syllables
from ivr.speech.voices import VOICES
from ivr.speech.wordbook import FRAMES, UNITS, USUAL, Unit

FORMS = {
    "hours": Unit({"one": "{n} час", "few": "{n} часа", "many": "{n} часов"}),
    "minutes": Unit({"one": "{n} минута", "few": "{n} минуты", "many": "{n} минут"}, "f"),
    "yuan": Unit({"one": "{n} юань", "few": "{n} юаня", "many": "{n} юаней"}),
    "fen": Unit({"other": "{n} фэней"}),
}
FRAME = {
    "time": "{hours} {minutes}",
    "full_hour": "{hours} ровно",
    "next_day": "{time} следующего дня",
    "later_day": "{time}, день {day}",
    "date": "{nth} {month}",
}
RU = Wordbook(
    "ru", FRAME, FORMS, {"*": "звёздочка", "#": "решётка"}, names={"北京": "Пекин"}, letters={"G": "джи"}
)
JA = Wordbook(
    "ja",
    {**FRAME, "time": "{hour}じ{minute}ふん", "full_hour": "{hour}じ", "date": "{month}{day}にち"},
    {name: Unit({"other": "{n}こ"}) for name in UNITS},
    {"*": "こめ", "#": "シャープ"},
    digits=("ゼロ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"),
)
DAYS = Wordbook("ru", {"date": "{nth} {month}"}, days=("первое",) * 31, months=("января",) * 12)
CITY = {"code": "BJP", "zh": "北京", "en": "Beijing"}


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("time", "06:26", "шесть часов двадцать шесть минут"),
        ("time", "21:01", "двадцать один час одна минута"),
        ("time", "06:00", "шесть часов ровно"),
        ("time", "25:02", "один час две минуты следующего дня"),
        ("time", "50:00", "два часа ровно, день три"),
        ("date", "2026-02-10", "десятый февраля"),
        ("money", "553", "пятьсот пятьдесят три юаня"),
        ("money", "54.5", "пятьдесят четыре юаня пятьдесят фэней"),
        ("money", "0.05", "пять фэней"),
        ("money", "-0.05", "минус пять фэней"),
        ("money", "-2", "минус два юаня"),
        ("train", "G102", "джи один ноль два"),
        ("train", "D7", "D семь"),
        ("train", "7", "семь"),
        ("count", 2, "два"),
        ("number", -21, "минус двадцать один"),
        ("minutes", 125, "два часа пять минут"),
        ("minutes", 60, "один час"),
        ("minutes", 2, "две минуты"),
        ("digits", "021", "ноль два один"),
        ("key", "#", "решётка"),
        ("key", "9", "девять"),
        ("named", CITY, "Пекин"),
        ("named", {**CITY, "zh": "上海"}, "Beijing"),
        ("named", {**CITY, "ru": "Бэйцзин"}, "Бэйцзин"),
        ("named", {"code": "x", "zh": "上海"}, "上海"),
        ("named", {"code": "a", "fr": "Adulte"}, "Adulte"),
        ("text", "да", "да"),
    ],
)
def test_russian(kind: str, value: object, words: str):
    assert speak(kind, value, "ru", {"ru": RU}) == words


def test_words_of_ones_own_replace_the_usual_ones():
    assert speak("date", "2026-01-01", "ru", {"ru": DAYS}) == "первое января"
    assert speak("digits", "021*", "ja", {"ja": JA}) == "ゼロ に いち こめ"
    assert speak("date", "2026-02-10", "ja", {"ja": JA}) == "二月十にち"  # CLDR writes 2月
    assert speak("time", "06:05", "ja", {"ja": JA}) == "六じ五ふん"


def test_a_language_without_a_wordbook_is_a_fault():
    with pytest.raises(SpeechFault, match=r"unknown language 'fr' \(one of zh, en, ru\)"):
        speak("key", "1", "fr", {"ru": RU})


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("kk", "553"),  # num2words does not know it: the voice reads the digits
        ("kok", "553"),  # not Korean, whatever its first letters say
        ("pt-br", "quinhentos e cinquenta e três"),
        ("fr", "cinq cent cinquante-trois"),
        ("tlh", "553"),
    ],
)
def test_numbers_of_any_language(language: str, words: str):
    assert Wordbook(language).number(553) == words


def test_an_ordinal_or_gender_that_is_not_known_falls_back():
    unit = Wordbook("fr", units={"hours": Unit({"other": "{n} heures"}, "f")})
    assert unit.duration(120) == "deux heures"
    assert Wordbook("kk").ordinal(2) == "2"
    assert Wordbook("th").ordinal(2) == Wordbook("th").number(2)


@given(
    st.sampled_from(VOICES),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.integers(0, 99),
    st.integers(0, 59),
    st.integers(1, 12),
    st.integers(1, 28),
)
def test_no_language_makes_it_raise(language: str, n: int, hours: int, minutes: int, month: int, day: int):
    frames = {name: " ".join(f"{{{slot}}}" for slot in slots) for name, slots in FRAMES.items()}
    book = Wordbook(
        language,
        {name: frame for name, frame in frames.items() if name not in USUAL},
        {name: Unit({"other": "{n}"}, "f") for name in UNITS},
        {"*": "a", "#": "b"},
        months=("m",) * 12,
    )
    said = [
        book.number(n),
        book.ordinal(day),
        book.time(hours, minutes),
        book.date(month, day),
        book.money(Decimal(n % 10**9) / 100),
        book.duration(60 * hours + minutes),
        book.train("G", str(abs(n))[:5]),
        book.line_digits("0123456789*#"),
    ]
    assert all(text.strip() and "{" not in text for text in said)


def test_readable_in_other_languages_is_what_has_no_digits_and_no_markup():
    assert readable("Ещё раз: «нажмите» {key}, l'été — さようなら。", "ru") == []
    assert readable("Звоните 12306 **", "ru") == [
        "'12306': write it in words or use a slot with a type",
        "'*': no voice reads it",
    ]
    assert readable("Нажмите {key", "ru")[0].startswith("'{': a slot is {name}")


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [("До свидания.", "ru", 5), ("в G", "ru", 2), ("été", "fr", 2), ("さよなら", "ja", 4), ("안녕", "ko", 2)],
)
def test_syllables_of_other_languages(text: str, language: str, count: int):
    assert syllables(text, language) == count
    assert spoken_seconds(text, language) == pytest.approx(0.29 * count)
    assert [phrase.text for phrase in phrases(text, language)] == [text]
