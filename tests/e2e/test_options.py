"""Each of the nine options to its end, by key presses over RTP, with answers from the railway's data."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from ivr.dialogue.call import CallInfo
from ivr.rehearsal import Rehearsal
from ivr.settings import PROJECT
from ivr.simulator import Scene
from ivr.speech.phrase import Phrase
from ivr.voice.sounds import SoundStore
from tests.e2e.calls import Story
from tests.e2e.hotline import Line

TO_SHANGHAI = ["1", "010#", "1", "021#", "1", "2", "1"]  # 北京南, 上海虹桥, tomorrow, right
KEYS = {
    "online_booking": ["1", "1"],
    "presale": ["2"],
    "documents": ["3", "1"],
    "children": ["3", "2"],
    "tickets_by_station": ["4", *TO_SHANGHAI],
    "tickets_by_train": ["4", "2", "1#", "2", "1"],
    "timetable_by_station": ["5", *TO_SHANGHAI],
    "timetable_by_train": ["5", "2", "1#", "2", "1"],
    "fares_by_station": ["6", "1", "010#", "1", "021#", "1"],
    "fares_by_train": ["6", "2", "1#"],
    "operator_of_train": ["7", "1#", "1", "1"],
    "code_of_city": ["8", "1", "74#", "1", "1"],
    "city_of_code": ["8", "2", "021#", "1"],
    "in_english": ["*", "8", "2", "021#", "1"],
}
DIGITS = "零一二三四五六七八九"


def zh(number: int) -> str:
    """A number below 1000 in words."""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    words = f"{DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        words += ("" if tens == 1 and not hundreds else DIGITS[tens]) + "十"
    elif hundreds and ones:
        words += "零"
    return words + (DIGITS[ones] if ones or not words else "")


def spoken(text: str) -> Phrase:
    """A sentence in the language it is written in."""
    return Phrase(text, "zh" if re.search("[一-鿿]", text) else "en")


def zh_date(day: date) -> str:
    return f"{zh(day.month)}月{zh(day.day)}日"


def data(name: str) -> list[dict[str, str]]:
    with (PROJECT / "data" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Told:
    """One finished call: its record, the sounds of its prompts, what the text simulator says for the same keys."""

    line: Line
    story: Story
    prompts: list[list[Path]]
    simulated: list[str]

    @property
    def answer(self) -> str:
        return self.story.said[-1]

    @property
    def today(self) -> date:
        return datetime.fromisoformat(self.story["began_at"]).date()


def through(line: Line, keys: list[str]) -> Told:
    """A call through an option, which ends while the caller hears what comes after the answer."""
    call = line.call(keys)
    call.press_all()
    call.ready()
    assert call.hang_up().by == "phone"
    story = call.story()
    scene = Scene(datetime.fromisoformat(story["began_at"]), CallInfo("simulated-1", caller=call.caller))
    with Rehearsal(line.settings) as rehearsal:
        return Told(line, story, call.prompts, list(rehearsal.lines(scene, keys)))


CALLS = {option: partial(through, keys=keys) for option, keys in KEYS.items()}


@pytest.mark.parametrize("option", KEYS)
def test_the_call_goes_as_the_menu_says(calls: Callable[[str], Told], option: str) -> None:
    call = calls(option)
    assert call.story.keys == [keys.rstrip("#") for keys in KEYS[option]]
    assert " ".join(call.story.said) == " ".join(x[2:] for x in call.simulated if x[:2] == "< ")
    assert (call.story["outcome"], call.story["fallback"], call.story.entries) == (
        "self_service",
        False,
        [],
    )


@pytest.mark.parametrize("option", KEYS)
def test_every_prompt_was_played_from_its_files(calls: Callable[[str], Told], option: str) -> None:
    call = calls(option)
    sounds = SoundStore(call.line.settings.home)
    gathers = [step["said"] for step in call.story["steps"] if step["kind"] == "gather"]
    expected = [
        [sounds.path(spoken(text)).with_suffix("") for text in re.split(r"(?<=[。.]) ", said)]
        for said in gathers
    ]
    assert call.prompts == expected
    assert all(sound.with_suffix(".wav").stat().st_size > 4000 for prompt in call.prompts for sound in prompt)


def test_the_last_day_on_sale(calls: Callable[[str], Told]) -> None:
    rule = max((row for row in data("presale")), key=lambda row: row["valid_from"])
    last = calls("presale").today + timedelta(days=int(rule["days"]) - 1)
    for option in ("presale", "online_booking"):
        assert f"今天可以购买{zh_date(last)}及以前的车票" in calls(option).answer
    assert f"预售期为{zh(int(rule['days']))}天" in calls("presale").answer


def test_rules(calls: Callable[[str], Told]) -> None:
    assert "居民身份证" in calls("documents").answer
    assert "年满六周岁、未满十四周岁" in calls("children").answer


def test_trains_and_their_times(calls: Callable[[str], Told]) -> None:
    call = calls("timetable_by_station")
    tomorrow = call.today + timedelta(days=1)
    known = call.line.read("rail", "trains", "北京南", "上海虹桥", "--date", tomorrow.isoformat())
    assert f"{zh_date(tomorrow)}从北京南到上海虹桥，共有{zh(known['slots']['count'])}趟列车" in call.answer
    stops = [row for row in data("timetable") if row["train"] == "G1"]
    of_train = calls("timetable_by_train").answer
    assert of_train.startswith("G 一次列车，北京南")
    hour, minute = map(int, stops[0]["dep"].split(":"))
    assert f"北京南{zh(hour)}点{'整' if minute == 0 else zh(minute) + '分'}开" in of_train


def test_fares(calls: Callable[[str], Told]) -> None:
    assert "高铁，二等座五百五十三元" in calls("fares_by_station").answer
    fare = calls("fares_by_train").line.read("rail", "fare", "G1")["second"]
    assert f"二等座{zh(fare)}元" in calls("fares_by_train").answer


def test_remaining_tickets_are_those_of_the_inventory(calls: Callable[[str], Told]) -> None:
    call = calls("tickets_by_train")
    tomorrow = (call.today + timedelta(days=1)).isoformat()
    for item in call.line.read("rail", "tickets", "G1", "--date", tomorrow)["items"]:
        assert f"{item['class']['zh']}余{zh(item['left']).replace('二张', '两张')}张" in call.answer
    assert re.search(r"从北京南到上海虹桥，\S+趟列车有票", calls("tickets_by_station").answer)


def test_the_operator_of_a_train(calls: Callable[[str], Told]) -> None:
    rows = [row for row in data("operators") if row["train"] == "G1"]
    names = {row["bureau"]: row["name"] for row in data("bureaus")}
    assert any(
        f"G 一次列车由{names[row['operator']]}担当" in calls("operator_of_train").answer for row in rows
    )


def test_area_codes_both_ways(calls: Callable[[str], Told]) -> None:
    assert "上海的区号" in calls("city_of_code").answer
    asked = calls("code_of_city").story
    city = re.search(r"(\S+)的区号是(\S+)。", calls("code_of_city").answer)
    assert city, asked.said
    (row,) = (row for row in data("area_codes") if row["city"] == city[1])
    assert city[2] == "".join("幺" if d == "1" else DIGITS[int(d)] for d in row["code"])


def test_a_caller_who_presses_star_hears_the_same_in_english(calls: Callable[[str], Told]) -> None:
    call = calls("in_english")
    assert "For English, press star." in call.story.said[0]
    assert call.story.said[1].startswith("For buying and booking tickets, press one.")
    assert call.answer.startswith("zero two one is the area code of Shanghai.")
