"""What a caller meets: menus, lists, the queue, other languages, the end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.dialogue.actions import Ask, Gather, Hangup, Member, Say, Transfer
from ivr.dialogue.engine import advance, begin, converse
from ivr.dialogue.events import Answered, Digits, HungUp, NoInput
from ivr.dialogue.steps import step_of
from ivr.rail.answers import Answer

from .conftest import CALL, NOW
from .rehearsal import Rehearsal, filled


def test_greeting_and_menu_are_one_prompt_that_a_key_can_cut(call):
    assert len(call.actions) == 1
    assert isinstance(call.last, Gather)
    assert call.said == (
        "您好，这里是测试热线。列车时刻请按一。预售期请按二。区号查询请按三。二级菜单请按四。重听请按星号键。"
    )


def test_wrong_key_asks_again_without_the_greeting(call):
    assert call.press("8").said.startswith("对不起，您的输入有误。列车时刻请按一。")


def test_star_repeats_all_that_was_said_and_never_the_apology(call):
    assert not call.press("8").last.slower
    for _ in range(2):  # the second time too
        call.press("*")
        assert call.said.startswith("您好")
        assert call.last.slower
    assert not call.press("8").last.slower
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


def test_back_from_the_queue_to_a_part_that_is_no_transfer(small):
    call = replace(CALL, entry="after_queue", facts={"part": "main", "queue_status": "timeout"})
    assert Rehearsal(small, call).last == Hangup("completed", "greeting")


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


TWO_LANGUAGES = """
    languages: [zh, en]
    start: hello
    defaults: {keys: {"*": repeat, "0": agent}}
    parts:
      hello:
        branch: [{when: {number: "001*"}, go: main, language: en}]
        then: main
      main:
        menu: {1: {label: {zh: 时刻, en: the timetable}, go: times}}
        keys: {"*": next_language}
      times:
        menu: {1: {label: {zh: 主菜单, en: the main menu}, go: main}}
      agent: {transfer: operator}
"""


def test_a_key_changes_the_language_and_back_and_means_repeat_elsewhere(write_tree):
    call = Rehearsal(write_tree(TWO_LANGUAGES))
    assert call.press("*").said == "For the timetable, press one."
    assert call.press("1").said == call.press("*").said == "For the main menu, press one."
    call.press("1")
    assert call.press("*").said == "时刻请按一。"
    assert call.press("0").last == Transfer("operator", 0, "agent", language="zh")


def test_the_language_goes_with_the_caller_to_the_queue(write_tree):
    assert Rehearsal(write_tree(TWO_LANGUAGES)).press("*", "0").last.language == "en"


def test_a_rule_gives_callers_their_language(write_tree):
    tree = write_tree(TWO_LANGUAGES)
    assert Rehearsal(tree, replace(CALL, caller="0014155550100")).said == "For the timetable, press one."
    assert Rehearsal(tree, replace(CALL, caller="13800138000")).said == "时刻请按一。"


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
