"""The constructs of the menu language beyond menus and plain forms."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.dialogue.actions import Ask, Hangup, Record, Transfer
from ivr.dialogue.call import CallInfo
from ivr.dialogue.conditions import holds
from ivr.dialogue.engine import advance, begin
from ivr.dialogue.events import Answered, Digits, NoInput
from ivr.dialogue.notices import Notice
from ivr.dialogue.tree import Condition, SayPart, Tree
from ivr.rail.answers import Answer

from .conftest import CALL, NOW
from .rehearsal import Rehearsal

# --- branches ------------------------------------------------------------------------------------

BRANCH = """
    languages: [zh]
    start: where
    parts:
      where:
        branch:
          - {when: {%s}, go: yes}
        then: no
      yes: {say: 是的没错。, then: hangup}
      no: {say: 不是这样。, then: hangup}
      main: {menu: {1: {label: 判断, go: where}}}
"""


def said(write_tree, condition, *, call=CALL, answers=(), now=NOW):
    rehearsal = Rehearsal(write_tree(BRANCH % condition), call, now)
    for outcome, slots in answers:
        assert isinstance(rehearsal.last, Ask), rehearsal.actions
        rehearsal.answer(outcome, slots)
    assert isinstance(rehearsal.last, Hangup)
    return rehearsal.said


@pytest.mark.parametrize(
    ("condition", "so"),
    [
        ("calendar: open", True),
        ("calendar: closed", False),
        ("calendar: holiday", True),  # 2026-11-22 is a Sunday
        ("calendar: peak", False),
        ("number: 13800001234", True),
        ("number: 138*", True),
        ("number: 139*", False),
        ("number: 1380000123", False),
        ("language: zh", True),
        ("operation: pause", True),
        ("operation: sign_in", False),
        ("calendar: open, number: 139*", False),
    ],
)
def test_conditions_that_the_call_and_the_clock_tell(write_tree, condition, so):
    call = replace(CALL, facts={"operation": "pause"})
    assert said(write_tree, condition, call=call) == ("是的没错。" if so else "不是这样。")


BUSY = {"agents": 3, "waiting": 21, "wait_s": 601}


@pytest.mark.parametrize(
    ("condition", "state", "so"),
    [
        ("queue: operator open", BUSY, True),
        ("queue: operator closed", BUSY, False),
        ("queue: operator closed", {**BUSY, "agents": 0}, True),
        ("queue: operator, waiting: over 20", BUSY, True),
        ("queue: operator, waiting: over 21", BUSY, False),
        ("queue: operator, wait: over 10m", BUSY, True),
        ("queue: operator, wait: over 601s", BUSY, False),
        ("queue: operator open, wait: over 10m", BUSY, True),
    ],
)
def test_conditions_about_a_queue_are_asked_once(write_tree, condition, state, so):
    assert said(write_tree, condition, answers=[("known", state)]) == ("是的没错。" if so else "不是这样。")


def test_queue_that_cannot_be_asked_is_not_so(write_tree):
    for condition in ("queue: operator closed", "queue: operator, waiting: over 0"):
        assert said(write_tree, condition, answers=[("error", {})]) == "不是这样。"
    rehearsal = Rehearsal(write_tree(BRANCH % "queue: operator open")).on(NoInput())
    assert rehearsal.said == "不是这样。"


@pytest.mark.parametrize(("days", "so"), [(0, True), (7, True), (8, False)])
def test_returning_caller(write_tree, days, so):
    answer = ("known", {"calls": 2, "days": days})
    assert said(write_tree, "returning: 7d", answers=[answer]) == ("是的没错。" if so else "不是这样。")


def test_new_caller_is_not_returning(write_tree):
    assert said(write_tree, "returning: 7d", answers=[("new", {})]) == "不是这样。"


def test_earlier_choice(write_tree):
    tree = write_tree("""
        start: main
        parts:
          main: {menu: {1: {label: 公告, go: notice}, 2: {label: 判断, go: where}}}
          notice: {say: 这是公告。}
          where:
            branch: [{when: {chose: notice}, go: heard}]
            then: main
          heard: {say: 您听过公告了。, then: hangup}
    """)
    assert Rehearsal(tree).press("2").said.startswith("公告请按一。")
    assert Rehearsal(tree).press("1", "2").said == "您听过公告了。"


def test_several_queues_are_asked_one_after_the_other_and_anew_each_time(write_tree):
    tree = write_tree("""
        start: main
        parts:
          main: {menu: {1: {label: 判断, go: where}}}
          where:
            branch:
              - {when: {queue: operator closed}, go: main}
              - {when: {returning: 1d}, go: main}
            then: main
    """)
    call = Rehearsal(tree)
    for _ in range(2):
        assert call.press("1").last == Ask("queue_state", {"queue": "operator"}, (), "where")
        assert call.answer("known", BUSY).last.query == "caller_history"
        assert call.answer("new").said.startswith("判断请按一。")


# --- transfers, recordings -----------------------------------------------------------------------


def test_priority_is_raised_by_its_conditions(write_tree):
    tree = write_tree("""
        start: agent
        parts:
          agent:
            transfer: operator
            priority:
              - {when: {number: 138*}, add: 5}
              - {when: {returning: 2d}, add: 10}
              - {when: {number: 139*}, add: 100}
    """)
    call = Rehearsal(tree)
    assert call.last.query == "caller_history"
    assert call.answer("known", {"calls": 1, "days": 1}).last == Transfer("operator", 15, "agent", 0, 0, "zh")
    assert Rehearsal(tree).answer("new").last.priority == 5


RECORD = """
    start: message
    parts:
      message:
        record: 请在提示音后留言。
        limit: 90s
        answers:
          recorded: {say: 已经收到您的留言。, then: hangup}
          empty: {say: 没有录到声音。, then: again}
"""


def test_message_is_recorded(write_tree):
    call = Rehearsal(write_tree(RECORD))
    assert call.said == "请在提示音后留言。"
    assert call.last == Record(90, 4, "message")
    assert call.answer("empty").said == "没有录到声音。请在提示音后留言。"
    assert call.answer("recorded").said == "已经收到您的留言。"


def test_recording_that_always_stays_empty_ends_within_the_bounds_of_the_call(write_tree):
    call = Rehearsal(write_tree("\n    defaults: {limits: {inputs: 3}}" + RECORD))
    for _ in range(2):
        assert isinstance(call.answer("empty").last, Record)
    assert call.answer("empty").last == Hangup("too_long", "message")


def test_recording_that_fails_is_told(write_tree):
    assert Rehearsal(write_tree(RECORD)).answer("error").said == "对不起，系统暂时无法查询。"


# --- forms ---------------------------------------------------------------------------------------

FORM = """
    start: form
    defaults: {keys: {"#": back, "0": agent}}
    parts:
      form:
        form:
          fields:
            staff: {choice: {1: {label: 成人, value: adult}, 2: {label: 儿童, value: child}}, label: 票种}
            pin: {digits: 年龄, keys: 1 to 2, only: {staff: child}, partial: {tries: 0, then: agent}}
          read_back: "{staff}[，{pin}]。"
          ask: agent_pin
        answers: {right: {say: 好的没问题。, then: hangup}, wrong: {say: 不对。}, locked: {say: 锁定。}}
      agent: {transfer: operator}
"""


def test_choice_and_a_field_that_is_only_asked_for_then(write_tree):
    tree = write_tree(FORM)
    call = Rehearsal(tree)
    assert call.said == "请选择票种。成人请按一。儿童请按二。"
    assert call.press("1").said == "成人。正确请按一。修改票种请按二。"
    assert call.press("1").last.args == {"staff": "adult", "pin": None}
    call = Rehearsal(tree).press("2")
    assert call.said.startswith("请输入年龄")
    assert call.press("8").said == "儿童，八。正确请按一。修改票种请按二。修改年龄请按三。"


def test_field_that_is_no_longer_asked_for_is_dropped_and_a_new_one_asked(write_tree):
    call = Rehearsal(write_tree(FORM)).press("2", "8", "2", "1")
    assert call.said == "成人。正确请按一。修改票种请按二。"
    assert call.press("2", "2").said.startswith("请输入年龄")
    assert call.press("9").said.startswith("儿童，九。")


def test_choice_refuses_other_keys_and_hash_goes_back_over_what_is_not_asked(write_tree):
    call = Rehearsal(write_tree(FORM))
    assert call.press("7").said.startswith("对不起，您的输入有误。请选择票种。成人请按一。")
    assert isinstance(call.press("0").last, Transfer)
    call = Rehearsal(write_tree(FORM)).press("2", "")
    assert call.said == "请选择票种。成人请按一。儿童请按二。"


def test_field_has_tries_of_its_own(write_tree):
    tree = write_tree(FORM.replace("1 to 2", "2"))
    assert isinstance(Rehearsal(tree).press("2", "8").last, Transfer)


# --- escalating prompts --------------------------------------------------------------------------


def test_prompts_escalate_and_the_last_one_stays(write_tree):
    tree = write_tree("""
        start: main
        defaults:
          no_input: {tries: 3, then: hangup, say: [您还在吗？, 请按一个键好吗？]}
        parts:
          main: {menu: {1: {label: 公告, go: main}}}
    """)
    call = Rehearsal(tree)
    assert call.on(NoInput()).said == "您还在吗？公告请按一。"
    assert call.on(NoInput()).said == "请按一个键好吗？公告请按一。"
    assert call.on(NoInput()).said == "请按一个键好吗？公告请按一。"
    assert call.on(NoInput()).last == Hangup("no_input", "main")


# --- notices -------------------------------------------------------------------------------------

LATER = NOW + timedelta(hours=1)


def notice(number, text, **where):
    return Notice(number, {"zh": text}, LATER, **where)


def test_general_notice_is_heard_once_by_each_call(small):
    general = [notice(1, "受台风影响，部分列车停运。")]
    session, actions = begin(small, CALL, NOW, general)
    assert "".join(p.text for p in actions[0].phrases).startswith(
        "您好，这里是测试热线。受台风影响，部分列车停运。列车时刻"
    )
    session, actions = advance(small, session, Digits("4"), NOW, general)
    assert "台风" not in actions[0].phrases[0].text


def test_call_in_progress_hears_a_new_notice_at_its_next_step(small):
    session, _ = begin(small, CALL, NOW)
    _, actions = advance(small, session, Digits("4"), NOW, [notice(1, "受台风影响，部分列车停运。")])
    assert actions[0].phrases[0].text == "受台风影响，部分列车停运。"


def test_notice_before_a_part_and_before_a_queue(small):
    notices = [
        notice(1, "时刻有临时调整。", before="timetable"),
        notice(2, "现在排队的人很多。", queue="operator"),
        notice(3, "别的队列很忙。", queue="tickets"),
    ]
    session, actions = begin(small, CALL, NOW, notices)
    assert actions[0].phrases[0].text.startswith("您好")
    _, actions = advance(small, session, Digits("1"), NOW, notices)
    assert actions[0].phrases[0].text == "时刻有临时调整。"
    _, actions = advance(small, session, Digits("0"), NOW, notices)
    assert [p.text for p in actions[0].phrases] == ["现在排队的人很多。", "正在转接。"]


def test_notice_that_has_run_out_is_not_said(small):
    _, actions = begin(small, CALL, LATER, [notice(1, "受台风影响，部分列车停运。")])
    assert "台风" not in str(actions)


# --- fragments, included files -------------------------------------------------------------------


def test_fragment_is_said_where_it_stands(write_tree):
    tree = write_tree("""
        languages: [zh, en]
        start: a
        fragments: {office: {zh: 售票处, en: the ticket office}}
        parts:
          a: {say: {zh: 请到<office>办理。, en: Please go to <office>.}, then: hangup}
    """)
    assert Rehearsal(tree).said == "请到售票处办理。"
    assert Rehearsal(tree, replace(CALL, language="en")).said == "Please go to the ticket office."


def test_included_file_with_parameters(write_tree, tmp_path):
    (tmp_path / "faq.yaml").write_text(
        """
parameters: {after: 回答以后去哪里, topic: 主题}
start: menu
fragments: {hint: 请注意}
parts:
  menu: {menu: {1: {label: <topic>, go: answer}}}
  answer: {say: "<hint>，这是<topic>的说明。", then: <after>}
""",
        "utf-8",
    )
    tree = write_tree("""
        start: main
        include:
          - {file: faq.yaml, as: pets, with: {after: main, topic: 携带宠物}}
          - {file: faq.yaml, as: bags, with: {after: hangup, topic: 携带行李}}
        parts:
          main: {menu: {1: {label: 宠物, go: pets}, 2: {label: 行李, go: bags}}}
    """)
    call = Rehearsal(tree).press("1")
    assert call.said == "携带宠物请按一。"
    assert call.press("1").said == "请注意，这是携带宠物的说明。宠物请按一。行李请按二。"
    call = Rehearsal(tree).press("2", "1")
    assert (call.said, call.last) == ("请注意，这是携带行李的说明。", Hangup("completed", "bags.answer"))


def test_handler_of_conditions_refuses_another_part(small):
    session, _ = begin(small, CALL, NOW)
    with pytest.raises(TypeError):
        advance(small, session.but(phase="facts"), Answered(Answer("known")), NOW)


def test_unknown_history_and_queue_are_not_so(small):
    session, _ = begin(small, CALL, NOW)
    for condition in (Condition("returning", limit=1), Condition("wait", subject="operator", limit=1)):
        assert not holds(condition, small, session, NOW)


def test_notice_is_said_once_when_one_key_leads_through_several_parts(small):
    session, _ = begin(small, CALL, NOW)
    late = NOW + timedelta(minutes=11)
    notices = [replace(notice(1, "受台风影响，部分列车停运。"), until=late + timedelta(hours=1))]
    session, actions = advance(small, session, Digits("4"), late, notices)
    assert session.heard == [1]
    assert isinstance(actions[-1], Transfer)


def test_option_may_lead_back_or_begin_again(write_tree):
    tree = write_tree("""
        start: main
        defaults: {keys: {"#": back}}
        parts:
          main: {menu: {1: {label: 下一级, go: second}}}
          second: {menu: {1: {label: 返回上一级, go: back}, 2: {label: 重听, go: again}}}
    """)
    call = Rehearsal(tree).press("1")
    assert call.said.startswith("返回上一级请按一。")
    assert call.press("2", "2").said.startswith("返回上一级请按一。")
    assert call.press("1").said.startswith("下一级请按一。")
    assert call.press("1", "2", "").said.startswith("下一级请按一。")


def test_the_callers_number_goes_to_the_query_and_to_no_log(write_tree):
    tree = write_tree("""
        start: where
        parts:
          where: {branch: [{when: {returning: 1d}, go: once_more}], then: new}
          once_more: {end: 又见面了。}
          new: {end: 您好。}
    """)
    ask = Rehearsal(tree).last
    assert ask.args == {"caller": "13800001234", "call": "1700000000.1"}
    assert ask.private == ("caller",)


def test_a_text_that_lacks_the_callers_language_is_read_in_its_own():
    text = {"zh": "因台风停运。"}
    part = SayPart("a", {"zh": "您好。", "en": "Hello."}, "hangup")
    for languages in (("zh", "en"), ("en", "zh")):
        tree = Tree("t", "a", {"a": part}, languages)
        notices = [Notice(1, text, NOW + timedelta(hours=1), before="a")]
        _, actions = begin(tree, CallInfo("1", language="en"), NOW, notices)
        assert [(p.text, p.language) for p in actions[0].phrases] == [
            ("因台风停运。", "zh"),
            ("Hello.", "en"),
        ]
