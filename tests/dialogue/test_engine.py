"""What a caller meets: menus, forms, lists, mistakes, silence, the end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.dialogue.actions import Ask, Gather, Hangup, Member, Say, Transfer
from ivr.dialogue.engine import advance, begin, converse
from ivr.dialogue.events import Answered, Digits, HungUp, NoInput
from ivr.dialogue.session import Session
from ivr.dialogue.steps import step_of
from ivr.rail.answers import Answer

from .conftest import CALL, NOW

BEIJING = {"code": "VNP", "zh": "北京南", "en": "Beijingnan"}
HONGQIAO = {"code": "AOH", "zh": "上海虹桥", "en": "Shanghaihongqiao"}
SHANGHAI = {"code": "SHH", "zh": "上海", "en": "Shanghai"}


class Rehearsal:
    """One call, a step at a time; the session is written to JSON and read back before each."""

    def __init__(self, tree, call=CALL, now=NOW):
        self.tree, self.now = tree, now
        self.session, self.actions = begin(tree, call, now)

    def on(self, event):
        session = Session.from_json(self.session.to_json())
        assert session == self.session
        self.session, self.actions = advance(self.tree, session, event, self.now)
        return self

    def press(self, *tokens):
        for keys in tokens:
            self.on(Digits(keys))
        return self

    def answer(self, outcome, slots=None, items=()):
        return self.on(Answered(Answer(outcome, slots or {}, tuple(items))))

    @property
    def said(self):
        phrases = [p for a in self.actions if isinstance(a, (Say, Gather)) for p in a.phrases]
        return "".join(p.text for p in phrases)

    @property
    def last(self):
        return self.actions[-1]


@pytest.fixture
def call(small):
    return Rehearsal(small)


def filled(call):
    """The form up to its read-back: 北京南 → 上海虹桥, tomorrow."""
    call.press("1", "010").answer("one", {"station": BEIJING})
    call.press("021").answer("one", {"station": HONGQIAO})
    return call.press("2")


def test_greeting_and_menu_are_one_prompt_that_a_key_can_cut(call):
    assert len(call.actions) == 1
    assert isinstance(call.last, Gather)
    assert call.said == (
        "您好，这里是测试热线。列车时刻请按一。预售期请按二。区号查询请按三。二级菜单请按四。重听请按星号键。"
    )


def test_wrong_key_asks_again_without_the_greeting(call):
    assert call.press("8").said.startswith("对不起，您的输入有误。列车时刻请按一。")


def test_star_repeats_all_that_was_said_and_never_the_apology(call):
    call.press("8", "*")
    assert call.said.startswith("您好")
    assert "对不起" not in call.said


def test_too_many_wrong_keys_lead_to_the_agent(call):
    call.press("8", "8", "8")
    assert call.last == Transfer("operator", 0, "agent", language="zh")
    assert call.said == "正在转接。"
    assert call.session.outcome == "transferred"


def test_silence_leads_to_the_agent(call):
    assert call.on(NoInput()).said.startswith("对不起，没有收到您的按键。列车时刻")
    assert isinstance(call.on(NoInput()).last, Transfer)


def test_zero_is_an_agent_from_anywhere(small):
    for way in ([], ["1"], ["3"], ["4"], ["4", "1"]):
        assert isinstance(Rehearsal(small).press(*way, "0").last, Transfer), way
    assert isinstance(filled(Rehearsal(small)).press("0").last, Transfer)


def test_hash_goes_back_to_the_menu(call):
    assert call.press("4", "").said.startswith("列车时刻请按一。")
    assert call.press("").said.startswith("列车时刻请按一。"), "in the first menu it stays there"


def test_announcement_is_heard_with_what_follows_and_repeated_by_star(call):
    said = call.press("4", "1").said
    assert said == "这是一条公告。主菜单请按一。"
    assert call.press("*").said == said


def test_silence_after_an_answer_ends_the_call_kindly(call):
    call.press("4", "1").on(NoInput()).on(NoInput())
    assert call.actions == [call.actions[0], Hangup("completed", "goodbye")]
    assert call.said == "感谢来电。"


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


def test_list_is_read_in_groups(call):
    trains = [{"train": f"G{n}", "dep": "07:00"} for n in (1, 2, 3, 4, 5)]
    filled(call).press("1").answer("many", {"count": 5}, trains)
    assert call.said == (
        "找到下列列车。G 一次，七点整开。G 二次，七点整开。后面还有三条，继续收听请按一，结束收听请按井号键。"
    )
    assert call.press("1").said.startswith("G 三次，七点整开。G 四次，七点整开。后面还有一条")
    assert call.press("7").said.startswith("对不起，您的输入有误。后面还有一条")
    assert call.press("*").said.startswith("G 三次")
    assert call.press("1").said == "G 五次，七点整开。主菜单请按一。"


def test_list_can_be_left_by_hash_and_by_silence(call):
    trains = [{"train": f"G{n}", "dep": "07:00"} for n in (1, 2, 3)]
    filled(call).press("1").answer("many", {"count": 3}, trains)
    other = Rehearsal(call.tree)
    other.session, other.actions = call.session, call.actions
    assert call.press("").said == "主菜单请按一。"
    assert other.on(NoInput()).said == "主菜单请按一。"


@pytest.mark.parametrize("outcome", ["error", "closed", "a word nobody knows"])
def test_query_that_fails_is_an_honest_sentence_and_an_agent(call, outcome):
    filled(call).press("1").answer(outcome)
    assert call.said == "对不起，系统暂时无法查询。正在转接。"
    assert isinstance(call.last, Transfer)


@pytest.mark.parametrize("event", [Answered(Answer("error")), NoInput()])
def test_lookup_that_fails_is_an_honest_sentence_and_an_agent(call, event):
    assert call.press("1", "010").on(event).said == "对不起，系统暂时无法查询。正在转接。"


def test_query_answered_by_nonsense_is_an_error(call):
    assert filled(call).press("1").on(NoInput()).said.startswith("对不起，系统暂时无法查询。")


def test_ask_part_needs_no_keys(call):
    assert call.press("2").last == Ask("presale", {}, (), "presale")
    said = call.answer("told", {"last_day": "2026-12-06", "days": 15, "secret": "no"}).said
    assert said == "可以购买十二月六日及以前的车票。主菜单请按一。"


def test_wrong_confirmation_key(call):
    assert filled(call).press("9").said.startswith("对不起，您的输入有误。北京南到上海虹桥")
    assert call.on(NoInput()).said.startswith("对不起，没有收到您的按键。北京南到上海虹桥")


def test_a_caller_who_only_heard_menus_was_not_served(call):
    assert call.press("2").on(HungUp()).session.outcome == "hung_up"  # asked, and gone before the answer


@pytest.mark.parametrize("keys", [["2"], ["2", "1"]])
def test_a_caller_who_heard_an_answer_was_served_also_in_the_next_menu(call, keys):
    call.press("2").answer("told", {"last_day": "2026-12-06", "days": 15})
    for key in keys[1:]:
        call.press(key)
    assert call.on(HungUp()).session.outcome == "served"


def test_hangup_ends_and_later_events_change_nothing(call):
    call.on(HungUp())
    assert call.actions == []
    assert call.session.outcome == "hung_up"
    ended = call.session
    assert call.press("1").session == ended


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("timeout", "坐席全忙。主菜单请按一。"),
        ("answered", "感谢来电。"),
        ("full", "对不起，请您稍后再拨。再见。"),
    ],
)
def test_back_from_the_queue(small, status, said):
    call = replace(CALL, entry="after_queue", facts={"part": "agent", "queue_status": status})
    assert Rehearsal(small, call).said == said


def test_back_from_the_queue_after_a_failed_dialogue(small, write_tree):
    call = replace(CALL, entry="after_queue", facts={"queue_status": "timeout"})
    assert Rehearsal(small, call).said == "坐席全忙。主菜单请按一。"
    assert Rehearsal(write_tree(ENDLESS), call).last == Hangup("completed", "a")


def test_back_from_the_queue_to_a_part_that_is_no_transfer(small):
    call = replace(CALL, entry="after_queue", facts={"part": "main", "queue_status": "timeout"})
    assert Rehearsal(small, call).last == Hangup("completed", "greeting")


def test_call_that_lasts_too_long_goes_to_the_agent(call):
    call.now = NOW + timedelta(minutes=11)
    assert call.press("4").said == "对不起，本次通话时间已到。正在转接。"


ENDLESS = """
    start: a
    defaults:
      keys: {"*": repeat}
      limits: {inputs: 5, then: b}
    parts:
      a: {menu: {1: {label: 再来, go: a}}}
      b: {menu: {1: {label: 再来, go: a}}}
"""


def test_limit_passed_twice_ends_the_call(write_tree):
    call = Rehearsal(write_tree(ENDLESS)).press(*"11111")
    assert call.last == Hangup("too_long", "b")
    assert call.said == "对不起，请您稍后再拨。再见。"


def test_limit_without_a_way_ends_the_call(write_tree):
    call = Rehearsal(write_tree(ENDLESS.replace(", then: b", ""))).press(*"11111")
    assert call.last == Hangup("too_long", "a")


def test_many_silences_in_many_places_end_at_the_limit(write_tree):
    tree = write_tree(ENDLESS.replace("inputs: 5", "silences: 2"))
    call = Rehearsal(tree).on(NoInput()).press("1").on(NoInput()).press("1").on(NoInput())
    assert call.said.startswith("对不起，本次通话时间已到。")


@pytest.mark.parametrize(("event", "outcome"), [(NoInput(), "no_input"), (Digits("7"), "too_many_tries")])
def test_tries_without_a_way_end_the_call(write_tree, event, outcome):
    call = Rehearsal(write_tree(ENDLESS))
    for _ in range(4):
        call.on(event)
    assert call.session.outcome == outcome


def test_tree_that_goes_round_without_asking_ends_as_failed(write_tree):
    tree = write_tree(
        "{start: a, parts: {a: {say: 一圈。, then: b}, b: {say: 又一圈。, then: a}}}  # ok: endless-loop"
    )
    call = Rehearsal(tree)
    assert call.last == Hangup("failed", "b")
    assert call.said == "对不起，请您稍后再拨。再见。"


@pytest.mark.parametrize("then", ["back", "hangup"])
def test_announcement_outside_a_menu_ends_the_call(write_tree, then):
    call = Rehearsal(write_tree(f"{{start: a, parts: {{a: {{say: 再见了朋友。, then: {then}}}}}}}"))
    assert call.last == Hangup("completed", "a")


def test_again_begins_the_part_anew(write_tree):
    tree = write_tree("""
        start: code
        parts:
          code:
            form: {fields: {keys: {digits: 区号}}, ask: city_of_area_code}
            answers: {none: {say: 没有。, then: again}, one: {say: 有。}, many: {say: 有。}}
    """)
    call = Rehearsal(tree).press("9").answer("none")
    assert call.said == "没有。请输入区号，按井号键结束。"
    assert call.press("").said.startswith("对不起，您的输入有误。"), "no way back here"


def test_back_key_in_a_first_form_begins_it_again(write_tree):
    tree = write_tree("""
        start: code
        defaults: {keys: {"#": back}}
        parts:
          code:
            form: {fields: {keys: {digits: 区号}}, ask: city_of_area_code}
            answers: {none: {say: 没有。}, one: {say: 有。}, many: {say: 有。}}
    """)
    assert Rehearsal(tree).press("").said == "请输入区号，按井号键结束。"


def test_end_part_has_its_own_outcome(write_tree):
    tree = write_tree("{start: a, parts: {a: {end: failed, say: 今天到此为止。}}}")
    assert Rehearsal(tree).last == Hangup("failed", "a")


AGENT = """
    start: who
    defaults: {then: hangup, error: sorry}
    parts:
      who:
        form:
          fields:
            staff: {digits: 工号, keys: 4}
            pin: {digits: 密码, keys: 4 to 8, private: true}
          ask: agent_pin
        answers: {right: {then: which}, wrong: {say: 不正确。}, locked: {say: 已锁定。}}
      which:
        branch:
          - {when: {operation: sign_in}, go: sign_in}
        then: sorry
      sign_in:
        member: sign_in
        answers: {done: {say: "工号{staff}签入成功。"}}
      sorry: {say: 暂时不能办理。}
"""


def seat_call(operation):
    return replace(CALL, entry="agent", facts={"operation": operation, "seat": "1001"})


def test_agent_signs_in_and_the_pin_is_in_no_record(write_tree):
    call = Rehearsal(write_tree(AGENT, "agent"), seat_call("sign_in")).press("1023")
    gather = call.last
    assert gather.private
    assert step_of(2, NOW, gather, Digits("4711")).keys == "****"
    ask = call.press("4711").last
    assert ask == Ask("agent_pin", {"staff": "1023", "pin": "4711"}, ("pin",), "who")
    assert "4711" not in str(step_of(3, NOW, ask, Answered(Answer("right"))))
    member = call.answer("right").last
    assert member == Member("sign_in", "1023", part="sign_in")
    step = step_of(4, NOW, member, Answered(Answer("done")))
    assert (step.kind, step.query, step.outcome) == ("member", "sign_in", "done")
    assert call.answer("done").said == "工号幺零二三签入成功。"
    assert isinstance(call.last, Hangup)


def test_agent_with_an_unknown_code_or_a_queue_that_fails(write_tree):
    tree = write_tree(AGENT, "agent")
    call = Rehearsal(tree, seat_call("dance")).press("1023", "4711").answer("right")
    assert call.said == "暂时不能办理。"
    call = Rehearsal(tree, seat_call("sign_in")).press("1023", "4711").answer("right").answer("error")
    assert call.said == "对不起，系统暂时无法查询。暂时不能办理。"


def test_staff_number_is_told_to_the_caller(write_tree):
    tree = write_tree(
        '{start: a, facts: {staff: digits}, parts: {a: {say: "工号{staff}为您服务。", then: hangup}}}'
    )
    assert Rehearsal(tree, replace(CALL, facts={"staff": "1023"})).said == "工号幺零二三为您服务。"


def test_second_language_is_spoken_when_the_call_has_it(write_tree):
    tree = write_tree("""
        languages: [zh, en]
        start: a
        parts:
          a: {menu: {1: {label: {zh: 时刻, en: the timetable}, go: a}}}
    """)
    assert Rehearsal(tree, replace(CALL, language="en")).said == "For the timetable, press one."
    assert Rehearsal(tree, replace(CALL, language="fr")).said == "时刻请按一。", "an unknown one: the first"


def test_generator_gives_one_action_at_a_time(small):
    talk = converse(small, CALL, lambda: NOW)
    assert isinstance(next(talk), Gather)
    say = talk.send(Digits("0"))
    assert isinstance(say, Say)
    assert isinstance(talk.send(Answered(Answer("said"))), Transfer)
    with pytest.raises(StopIteration) as stop:
        talk.send(Answered(Answer("said")))
    assert stop.value.value == "transferred"


def test_generator_ends_when_the_caller_hangs_up_under_an_announcement(small):
    talk = converse(small, CALL, lambda: NOW)
    next(talk)
    talk.send(Digits("0"))
    with pytest.raises(StopIteration) as stop:
        talk.send(HungUp())
    assert stop.value.value == "hung_up"


def test_steps_tell_silence_from_a_lone_hash_and_name_the_end(small):
    gather = begin(small, CALL, NOW)[1][0]
    silent, lone = step_of(1, NOW, gather, NoInput()), step_of(1, NOW, gather, Digits(""))
    assert (silent.keys, silent.outcome) == ("", "no_input")
    assert (lone.keys, lone.outcome) == ("", "digits")
    assert step_of(1, NOW, gather, HungUp()).outcome == "hung_up"
    assert step_of(1, NOW, Transfer("operator"), None).outcome == "operator"
    assert step_of(1, NOW, Hangup("completed"), None).outcome == "completed"
    assert step_of(1, NOW, Say(()), None).outcome == ""
    assert step_of(1, NOW, Ask("presale"), Answered(Answer("told"))).query == "presale"


def test_handlers_refuse_a_part_of_another_kind(small):
    session, _ = begin(small, CALL, NOW)
    for phase in ("menu", "field", "query", "items", "facts", "done"):
        wrong = session.but(phase=phase, part="greeting")
        with pytest.raises(TypeError):
            advance(small, wrong, NoInput(), NOW)


KEYS = st.text("0123456789*", max_size=6)
CALLERS = st.lists(
    st.one_of(KEYS.map(Digits), st.just(NoInput()), st.just(HungUp()), st.sampled_from("019").map(Digits)),
    min_size=60,
    max_size=80,
)
ANSWERS = st.sampled_from(
    [
        Answer("one", {"station": BEIJING, "code": "021", "city": SHANGHAI, "train": "G1"}),
        Answer("many", {}, ({"station": HONGQIAO, "train": "G1", "dep": "25:10", "city": SHANGHAI},) * 5),
        Answer("none"),
        Answer("told", {"last_day": "2026-12-06"}),
        Answer("error"),
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(events=CALLERS, data=st.data())
def test_every_caller_comes_to_an_end(small, events, data):
    call = Rehearsal(small)
    for event in events:
        if call.session.ended:
            break
        assert call.actions
        assert all(isinstance(action, Say) for action in call.actions[:-1])
        if isinstance(call.last, Ask):
            event = Answered(data.draw(ANSWERS))
            if event.answer.outcome == "one" and call.last.query == "timetable":
                event = Answered(Answer("none"))
        elif isinstance(call.last, Gather) and isinstance(event, Digits):
            event = Digits(event.keys[: call.last.max_keys])
        call.on(event)
        json.loads(call.session.to_json())
    assert call.session.ended or call.session.totals["gathers"] <= small.limits.gathers + 1


def test_announcement_leads_back_to_its_menu_and_a_transfer_may_say_nothing(write_tree):
    tree = write_tree("""
        start: main
        defaults: {keys: {"0": agent}}
        parts:
          main: {menu: {1: {label: 公告, go: notice}}}
          notice: {say: 这是公告。}
          agent: {transfer: operator}
    """)
    call = Rehearsal(tree).press("1")
    assert call.said == "这是公告。公告请按一。"
    assert call.press("0").actions == [Transfer("operator", 0, "agent", language="zh")]


def test_zero_while_choosing_is_an_agent(call):
    call.press("1", "7447").answer("many", items=[{"station": BEIJING}, {"station": SHANGHAI}])
    assert isinstance(call.press("0").last, Transfer)
