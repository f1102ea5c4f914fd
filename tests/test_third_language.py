"""A third language made of files alone: checked, rehearsed with the values of a form, and heard."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ivr.authoring.prompts import fixed_phrases
from ivr.settings import PROJECT
from ivr.voice import mastering
from ivr.voice.voice import Voice
from tests.commands.conftest import Ivr, ivr  # noqa: F401
from tests.test_manual import file_of_the_manual

HOTLINE = """
languages: [zh, ru]
start: main
defaults: {keys: {"#": back, "0": agent}, then: main, error: agent}
parts:
  main:
    menu:
      1: {label: {zh: 余票查询, ru: остаток билетов}, go: tickets}
      2: {label: {zh: 俄语服务, ru: русский язык}, go: main, language: ru}
  tickets:
    form:
      fields:
        train: {train: {zh: 车次, ru: поезд}}
        date: {date: {zh: 乘车日期, ru: дата}}
      read_back: {zh: "{train}次列车，{date}。", ru: "Поезд {train}, {date}."}
      ask: train_tickets
    answers:
      none: {say: {zh: 没有。, ru: Такого поезда нет.}}
      closed: {say: {zh: "{last_day}。", ru: "Билеты продаются по {last_day}."}}
      sold_out: {say: {zh: 售完。, ru: Билетов нет.}}
      one: {say: {zh: 有。, ru: "{class}, {dep}."}}
      many:
        say: {zh: "{count}。", ru: "Поезд {train}, из города {from} в {to}, {date}. Поездов {count}."}
        each: {zh: "{class}。", ru: "{class}, отправление {dep}, прибытие {arr}, мест {left}[, цена {fare}]."}
  agent: {transfer: operator, say: {zh: 正在转接。, ru: Соединяю с оператором.}}
"""
CALL = """
# Tickets in Russian
at: 2026-11-23T09:00
answer: find_train one {"train": "G102"}
answer: train_tickets many {"count": 1, "from": {"zh": "上海虹桥"}, "to": {"zh": "北京南"}, "items": [{"dep": "06:26", "arr": "25:02", \
"class": {"zh": "二等座"}, "left": 22, "fare": "553.5"}]}

< 余票查询请按一。
< 俄语服务请按二。
> 2
< остаток билетов: нажмите один.
< русский язык: нажмите два.
> 1
< поезд: введите цифры, затем решётку.
> 102
? find_train one
< дата: сегодня один, завтра два, послезавтра три, или месяц и день четырьмя цифрами.
> 2
< Поезд джи один ноль два, двадцать четвёртое ноября.
< Если всё верно, нажмите один.
< Изменить, поезд: нажмите два.
< Изменить, дата: нажмите три.
> 1
? train_tickets many
< Поезд джи один ноль два, из города Шанхай Хунцяо в Пекин Южный, двадцать четвёртое ноября.
< Поездов один.
< второй класс, отправление шесть часов двадцать шесть минут, прибытие один час две минуты следующего дня, мест двадцать два, \
цена пятьсот пятьдесят три юаня пятьдесят фэней.
< остаток билетов: нажмите один.
< русский язык: нажмите два.
> /timeout
< Извините, вы ничего не нажали.
< остаток билетов: нажмите один.
< русский язык: нажмите два.
> 0
< Соединяю с оператором.
= transferred operator
"""


@pytest.fixture
def menus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "menus"
    shutil.copytree(PROJECT / "menus", folder, ignore=shutil.ignore_patterns("tests", "*.translations.yaml"))
    (folder / "hotline.yaml").write_text(HOTLINE, "utf-8")
    (folder / "words.yaml").write_text(file_of_the_manual("words.yaml"), "utf-8")
    (folder / "tests").mkdir()
    (folder / "tests" / "russian.txt").write_text(CALL.strip() + "\n", "utf-8")
    monkeypatch.setenv("IVR_MENUS", str(folder))
    return folder


def test_a_language_of_files_alone_is_checked_and_rehearsed(ivr: Ivr, menus: Path):  # noqa: F811
    checked = ivr("menu", "check", "--strict")
    assert checked.code == 0, checked.out
    played = ivr("menu", "test")
    assert played.code == 0, played.out
    text = (menus / "words.yaml").read_text("utf-8")
    (menus / "words.yaml").write_text(text.replace('  time: "{hours} {minutes}" ', "  # "), "utf-8")
    checked = ivr("menu", "check")
    assert checked.code == 1
    assert checked.out == f"{menus / 'words.yaml'}:2:1: 'ru' has no time [missing-key]\n"


def test_its_sentences_are_heard(menus: Path, tmp_path: Path):
    said = [phrase for phrase in fixed_phrases(menus) if phrase.language == "ru"]
    assert len(said) > 20
    failures: list[str] = []
    with Voice(tmp_path, 1, on_failure=lambda phrase, why: failures.append(f"{phrase.text}: {why}")) as voice:
        files = voice.ensure(said)
    assert failures == []
    assert all("/sounds/ru/" in file for file in files)
    for file in files:
        samples, rate = mastering.read_wav(Path(f"{file}.wav").read_bytes())
        assert rate == 8000
        assert len(samples) > 0.3 * rate
