"""What a caller meets in a form: fields, choices, read-back, one field corrected."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.dialogue.actions import Ask, Transfer
from ivr.dialogue.events import NoInput

from .conftest import CALL
from .rehearsal import BEIJING, HONGQIAO, SHANGHAI, Rehearsal, filled


def test_form_reads_back_and_asks_the_query(call):
    assert filled(call).said == (
        "北京南到上海虹桥，十一月二十三日。正确请按一。修改出发站请按二。修改到达站请按三。修改日期请按四。"
    )
    call.press("1")
    assert call.last == Ask("timetable", {"from": "VNP", "to": "AOH", "date": "2026-11-23"}, (), "timetable")


def test_one_wrong_field_is_asked_again_for_itself_only(call):
    filled(call).press("3")
    assert "到达站" in call.said
    call.press("021").answer("one", {"station": SHANGHAI})
    assert call.said.startswith("北京南到上海，十一月二十三日。")


def test_hash_while_amending_keeps_the_old_value(call):
    assert filled(call).press("3", "").said.startswith("北京南到上海虹桥")


def test_hash_goes_one_field_back(call):
    call.press("1", "010").answer("one", {"station": BEIJING})
    assert "到达站" in call.said
    assert "出发站" in call.press("").said
    assert call.press("").said.startswith("列车时刻请按一。"), "from the first field to the menu"


def test_hash_after_an_input_that_its_last_key_ended_belongs_to_that_input(call):
    """A date takes four keys: a # after them is heard by the next prompt, which is said again."""
    call.press("1", "010").answer("one", {"station": BEIJING})
    call.press("021").answer("one", {"station": HONGQIAO}).press("1128")
    read_back = call.said
    assert read_back.startswith("北京南到上海虹桥，")
    assert call.press("").said == read_back
    assert not call.press("").said.startswith("北京南到上海虹桥，"), "a second one means back"


def test_several_stations_are_a_choice_of_four_at_a_time(call):
    names = [{"station": {"code": c, "zh": f"{c}站", "en": c}} for c in "甲乙丙丁戊"]
    call.press("1", "7447").answer("many", items=names)
    assert call.said == (
        "请选择出发站。甲站请按一。乙站请按二。丙站请按三。丁站请按四。更多请按星号键。重新输入请按井号键。"
    )
    assert call.press("*").said == ("戊站请按一。以上是全部出发站，从头再听请按星号键。重新输入请按井号键。")
    assert call.press("*").said.startswith("从头开始。甲站请按一。")
    assert call.press("*").said.startswith("戊站请按一。")
    assert "到达站" in call.press("1").said
    assert call.session.values["from"] == ["named", names[4]["station"]]


def test_choice_refuses_a_key_that_has_no_station_and_hash_enters_again(call):
    call.press("1", "7447").answer("many", items=[{"station": BEIJING}, {"station": SHANGHAI}])
    assert call.press("3").said.startswith("对不起，您的输入有误。北京南请按一。")
    assert call.on(NoInput()).said.startswith("对不起，没有收到您的按键。北京南请按一。")
    assert call.press("").said.startswith("请输入出发站")


def test_unknown_station_is_asked_again(call):
    said = call.press("1", "999").answer("none").said
    assert said.startswith("对不起，没有找到您输入的出发站。请输入出发站")
    assert call.press("010").last == Ask("find_station", {"keys": "010"}, (), "timetable")


def test_same_station_twice_is_refused_both_ways(call):
    call.press("1", "010").answer("one", {"station": BEIJING})
    call.press("010").answer("one", {"station": BEIJING})
    assert call.said.startswith("对不起，到达站不能与出发站相同。")
    call.press("021").answer("one", {"station": HONGQIAO})
    call.press("2").press("2").press("021").answer("one", {"station": HONGQIAO})
    assert call.said.startswith("对不起，出发站不能与到达站相同。")


def test_star_repeats_candidates_that_fit_into_one_group(call):
    call.press("1", "7447").answer("many", items=[{"station": BEIJING}, {"station": SHANGHAI}])
    said = call.said
    assert call.press("*").said == said


@pytest.mark.parametrize(
    ("keys", "sorry"),
    [
        *[(keys, "对不起，没有这个日期。星期几也可以输入") for keys in ("0230", "1332", "9", "98")],
        *[(keys, "对不起，您的输入有误。请选择日期。") for keys in ("*1", "12*")],
    ],
)
def test_date_that_does_not_exist_is_asked_again(call, keys, sorry):
    call.press("1", "010").answer("one", {"station": BEIJING})
    call.press("021").answer("one", {"station": HONGQIAO})
    assert call.press(keys).said.startswith(sorry)
    assert call.last.fresh


def test_inputs_end_early_where_no_other_begins_so(call):
    assert call.press("1").last.shorter == {}
    call.press("010").answer("one", {"station": BEIJING})
    call.press("021").answer("one", {"station": HONGQIAO})
    assert [call.last.most(keys) for keys in ("2", "3", "95", "1", "0512")] == [1, 1, 2, 4, 4]
    read_back = call.press("2").said
    assert call.press("").said == read_back, "a # after an input that ended early belongs to it"


def test_what_has_to_be_heard_is_not_answered_by_keys_pressed_before(call):
    assert not call.last.fresh
    assert call.press("8").last.fresh, "a mistake"
    assert not filled(Rehearsal(call.tree)).last.fresh
    answered = (
        filled(Rehearsal(call.tree))
        .press("1")
        .answer("many", {"count": 1}, [{"train": "G1", "dep": "07:00"}])
    )
    assert answered.last.fresh
    twice = call.press("1", "010").answer("one", {"station": BEIJING}).press("010")
    assert twice.answer("one", {"station": BEIJING}).last.fresh


LAST = """
start: form
defaults: {keys: {"0": agent, "*": repeat, "#": back}}
parts:
  form:
    form:
      fields:
        from: {station: 出发站, last: "从{last}出发请按{key}。"}
        to: {station: 到达站, not: from}
        date: {date: 日期}
      read_back: "{from}到{to}，{date}。"
      ask: tickets
    answers:
      none: {say: 没有。, then: form}
      closed: {say: "{date}不卖，现在卖到{last_day}。", correct: date}
      sold_out: {say: 卖完了。, then: form}
      many: {say: 有票。, each: "{train}次。", then: form}
  agent: {transfer: operator}
"""


@pytest.fixture
def known_caller(write_tree):
    return Rehearsal(write_tree(LAST))


def test_the_last_choice_is_offered_first_and_taken_by_one_key(known_caller):
    call = known_caller
    assert call.last == Ask("last_choice", {"caller": CALL.caller, "field": "from"}, ("caller",), "form")
    call.answer("known", {"last": HONGQIAO})
    assert call.said.startswith("从上海虹桥出发请按一。请输入出发站")
    assert call.last.shorter == {"1": 1}
    assert "到达站" in call.press("1").said
    assert call.session.values["from"] == ["named", HONGQIAO]
    assert call.press("", "").said.startswith("从上海虹桥出发请按一。"), "asked once in a call"


def test_what_was_chosen_is_remembered_when_it_is_asked_for(known_caller):
    call = known_caller.answer("none")
    assert call.said.startswith("请输入出发站")
    call.press("010").answer("one", {"station": BEIJING}).press("021").answer("one", {"station": SHANGHAI})
    assert call.press("2", "1").last.remember == {"from": "VNP"}
    assert call.answer("none").said.startswith("没有。从北京南出发请按一。")


@pytest.mark.parametrize("outcome", ["error", "none"])
def test_nothing_is_offered_when_nothing_is_known(known_caller, outcome):
    call = known_caller.answer(outcome)
    assert call.said.startswith("请输入出发站")
    assert call.press("1").last == Ask("find_station", {"keys": "1"}, (), "form")


def test_a_caller_without_a_number_is_neither_asked_about_nor_remembered(known_caller):
    call = Rehearsal(known_caller.tree, replace(CALL, caller=""))
    assert call.said.startswith("请输入出发站")
    call.press("010").answer("one", {"station": BEIJING}).press("021").answer("one", {"station": SHANGHAI})
    assert call.press("2", "1").last.remember == {}


def test_a_date_that_is_not_on_sale_is_asked_again_for_itself_only(known_caller):
    call = known_caller.answer("none")
    call.press("010").answer("one", {"station": BEIJING}).press("021").answer("one", {"station": SHANGHAI})
    call.press("1225", "1").answer(
        "closed", {"date": "2026-12-25", "first_day": "2026-11-22", "last_day": "2026-12-06"}
    )
    assert call.said.startswith("十二月二十五日不卖，现在卖到十二月六日。请选择日期。")
    assert call.press("3").said.startswith("北京南到上海，十一月二十四日。")
    call.press("1")
    assert call.last.args == {"from": "VNP", "to": "SHH", "date": "2026-11-24"}


def test_too_few_digits_are_asked_again(call):
    assert call.press("3", "02").said.startswith("对不起，您输入的位数不够。请输入区号")
    assert call.on(NoInput()).said.startswith("对不起，没有收到您的按键。请输入区号")


def test_form_without_read_back_asks_at_once(call):
    call.press("3", "021")
    assert call.last == Ask("city_of_area_code", {"keys": "021"}, (), "code")
    assert call.answer("one", {"code": "021", "city": SHANGHAI}).said.startswith("零二幺是上海。")


def test_wrong_confirmation_key(call):
    assert filled(call).press("9").said.startswith("对不起，您的输入有误。北京南到上海虹桥")
    assert call.on(NoInput()).said.startswith("对不起，没有收到您的按键。北京南到上海虹桥")


def test_zero_while_choosing_is_an_agent(call):
    call.press("1", "7447").answer("many", items=[{"station": BEIJING}, {"station": SHANGHAI}])
    assert isinstance(call.press("0").last, Transfer)
