"""``words.yaml``: a language without code, and what is told when something is missing in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ivr.authoring.diff import changes
from ivr.authoring.folder import read_files, read_folder
from ivr.authoring.loader import inspect_tree, load_tree
from ivr.authoring.prompts import phrases_of
from ivr.authoring.words_file import read_wordbooks
from ivr.dialogue.words import WORDS
from ivr.settings import PROJECT
from tests.test_manual import TREES_OF_THE_MANUAL, file_of_the_manual

RUSSIAN = file_of_the_manual("words.yaml")
TREE = "languages: [zh, ru]\nstart: bye\nparts: {bye: {say: {zh: 再见。, ru: До свидания.}, then: hangup}}\n"
MENUS = PROJECT / "menus"


@pytest.fixture
def told(tmp_path: Path):
    """What is told about a words file: ``line:column: message``."""

    def tell(text: str) -> list[str]:
        path = tmp_path / "words.yaml"
        path.write_text(text, "utf-8")
        return [str(fault).removeprefix(f"{path}:") for fault in read_wordbooks(path)[1].faults]

    return tell


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            '  time: "{hours} {minutes}"              # 06:26\n',
            "",
            "2:1: 'ru' has no time [missing-key]",
        ),
        (
            '"{hours} ровно" ',
            '"{hour} {minute}" ',
            "4:14: full_hour names {minute}, which has no value there; known are: hour, hours [unfilled-slot]",
        ),
        ("full_hour:", "full_our:", None),
        (', many: "{n} часов"}', "}", "13:10: hours has no form for many [missing-key]"),
        ('"{n} часов"', '"часов"', "13:50: hours: many does not say its number: {n} [unfilled-slot]"),
        ("gender: f", "gender: x", "14:12: gender must be m, f or n, not 'x' [wrong-value]"),
        (
            "keys: {",
            "keys: {1: один, ",
            "17:10: unknown key '1' in keys; known are: *, # [unknown-key]",
        ),
        (', "#": решётка}', "}", "17:9: keys has no # [missing-key]"),
        ("days: [первое, ", "days: [", "8:9: days must be a list of 31 words [wrong-shape]"),
        (
            "no_input: Извините, вы ничего не нажали.",
            "no_inputs: Извините, вы ничего не нажали.",
            None,
        ),
        (
            "    no_input: Извините, вы ничего не нажали.\n",
            "",
            "21:5: warning: 'ru' has no sentence for no_input [missing-text]",
        ),
        (
            "Если всё верно, нажмите {key}.",
            "Если всё верно, нажмите {label}.",
            "37:14: confirm names {label}, which has no value there; known are: key [unfilled-slot]",
        ),
        (
            "джи, D",
            "G1, D",
            "18:16: cannot be spoken: '1': write it in words or use a slot with a type [unreadable-text]",
        ),
        ("\nru:", "\nrus:", "2:1: no voice of espeak-ng speaks 'rus'; did you mean 'ru'? [unknown-name]"),
        ("\nru:", "\nen:", "2:1: 'en' is read by the program; leave it out [taken-name]"),
        ("\nru:", "\nlfn:", "2:1: 'lfn' has no months [missing-key]"),
    ],
)
def test_one_defect_one_exact_line(told, old: str, new: str, fault: str | None):
    assert old in RUSSIAN
    found = told(RUSSIAN.replace(old, new, 1))
    if new.strip() == "lfn:":  # Babel knows its plurals as little, which is told for each unit
        found = [line for line in found if "unknown key" not in line and "no form" not in line]
    if fault is None:  # a key that is misspelt is missing as well
        assert len(found) == 2
        assert "unknown key" in "".join(found)
    else:
        assert found == [fault]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "zh: {readings: {六安: lu4}}",
            "1:21: 六安 cannot be read 'lu4': it has 2 characters and 1 syllables; write such as lu4 an1 [wrong-value]",
        ),
        (
            "zh: {readings: {六安: lu an}}",
            "1:21: 六安 cannot be read 'lu an': 'lu' is no syllable of pinyin; write it in small letters with its tone,"
            " 1 to 5 [wrong-value]",
        ),
        (
            "zh: {readings: {Lu'an: lu4 an1}}",
            "1:24: Lu'an cannot be read 'lu4 an1': only a word of Chinese characters has a reading [wrong-value]",
        ),
        ("zh: {reading: {}}", "1:6: unknown key 'reading' in 'zh'; did you mean 'readings'? [unknown-key]"),
    ],
)
def test_a_reading_that_cannot_be_is_told_where_it_stands(told, text: str, fault: str):
    assert told(text) == [fault]


def test_readings_of_mandarin_belong_to_the_revision_and_to_what_holds_their_words(tmp_path: Path):
    (tmp_path / "hotline.yaml").write_text(
        "start: bye\nparts: {bye: {say: 开往六安的列车已经开出。下一趟是上海虹桥方向。, then: hangup}}\n",
        "utf-8",
    )
    for name in ("agent", "connected"):
        (tmp_path / f"{name}.yaml").write_text(
            "start: bye\nparts: {bye: {say: 再见。, then: hangup}}\n", "utf-8"
        )
    (tmp_path / "words.yaml").write_text("zh: {readings: {上海: shang3 hai3}}\n", "utf-8")
    before = read_folder(tmp_path)
    (tmp_path / "words.yaml").write_text("zh: {readings: {六安: liu4 an1}}\n", "utf-8")
    after = read_folder(tmp_path)
    assert before.revision != after.revision
    told = [str(change) for change in changes(before, after)]
    assert len(told) == 2
    assert "六安" in "".join(told)
    assert "liu4 an1" in "".join(told)
    said = {phrase.text: phrase.readings for phrase in phrases_of(after.trees.values())}
    assert said["开往六安的列车已经开出。"] == (("六安", "liu4 an1"),)
    assert said["下一趟是上海虹桥方向。"] == ()
    assert {words: readings for words, readings in said.items() if readings} == {
        "开往六安的列车已经开出。": (("六安", "liu4 an1"),)
    }


def test_a_silenced_sentence_is_heard_in_the_first_language(tmp_path: Path):
    text = RUSSIAN.replace("    partial: Извините, введены не все цифры.\n", "")
    text = text.replace("  sentences:\n", "  sentences:\n    # ok: missing-text\n")
    (tmp_path / "words.yaml").write_text(text, "utf-8")
    (tmp_path / "hotline.yaml").write_text(TREE, "utf-8")
    tree = load_tree(tmp_path / "hotline.yaml")
    assert tree.sentence("partial") == WORDS["partial"]
    assert tree.sentence("no_input")["ru"] == "Извините, вы ничего не нажали."


def test_a_language_that_nobody_describes_is_told_where_it_is_named(tmp_path: Path):
    (tmp_path / "hotline.yaml").write_text(TREE, "utf-8")
    _, (fault,) = inspect_tree(tmp_path / "hotline.yaml")
    assert str(fault).endswith(
        "hotline.yaml:1:17: nobody reads the language 'ru': describe it in words.yaml; known are: zh, en [unknown-name]"
    )


def test_a_trees_own_sentence_comes_first_and_its_slots_are_checked(tmp_path: Path):
    (tmp_path / "words.yaml").write_text(RUSSIAN, "utf-8")
    path = tmp_path / "hotline.yaml"
    path.write_text(TREE + 'words: {option: {zh: "按{key}。", ru: "Клавиша {key}."}}\n', "utf-8")
    assert load_tree(path).sentence("option") == {
        **WORDS["option"],
        "zh": "按{key}。",
        "ru": "Клавиша {key}.",
    }
    path.write_text(TREE + 'words: {option: {zh: "按{kee}。", ru: "Клавиша {key}."}}\n', "utf-8")
    (fault,) = inspect_tree(path)[1]
    assert fault.message == (
        "the sentence 'option' names {kee}, which has no value there; did you mean 'key'?"
    )


def test_the_words_belong_to_the_revision_and_changes_are_told_once(tmp_path: Path):
    for path in MENUS.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    for name in ("hotline", "connected"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(TREE, "utf-8")
    (tmp_path / "words.yaml").write_text(RUSSIAN, "utf-8")
    before = read_folder(tmp_path)
    assert read_files(before.files, before.revision).trees["hotline"].wordbooks["ru"].keys["#"] == "решётка"
    (tmp_path / "words.yaml").write_text(RUSSIAN.replace("Пекин Южный", "Бэйцзин Южный"), "utf-8")
    assert [str(change) for change in changes(before, read_folder(tmp_path))] == [
        "~ words ru names 北京南: Пекин Южный → Бэйцзин Южный"
    ]


def test_fixed_sentences_of_the_language_are_made_ahead(tmp_path: Path):
    (tmp_path / "words.yaml").write_text(RUSSIAN, "utf-8")
    path = tmp_path / "hotline.yaml"
    path.write_text(next(tree for tree in TREES_OF_THE_MANUAL if "ru]" in tree), "utf-8")
    said = [phrase.text for phrase in phrases_of([load_tree(path)]) if phrase.language == "ru"]
    assert "срок продажи билетов: нажмите один." in said
    assert "Извините, вы ничего не нажали." in said


def test_the_schema_takes_the_manuals_file_and_refuses_a_broken_one():
    from jsonschema import Draft202012Validator

    schema: dict[str, Any] = json.loads((MENUS / "schema" / "words.schema.json").read_text("utf-8"))
    valid = Draft202012Validator(schema)
    book = yaml.safe_load(RUSSIAN)
    assert [error.message for error in valid.iter_errors(book)] == []
    assert not valid.is_valid({"tlh": book["ru"]})
    assert not valid.is_valid({"ru": {**book["ru"], "hours": "часов"}})
    del book["ru"]["sentences"]["option"]
    assert not valid.is_valid(book)
