"""What booking brought to forms: a check before the read-back, what is offered without keys, fields that are checked."""

from __future__ import annotations

from ivr.dialogue.actions import Ask, Gather, Hangup

from .rehearsal import Rehearsal

SECOND, FIRST = {"code": "second", "zh": "二等座"}, {"code": "first", "zh": "一等座"}
TREE = """
    languages: [zh]
    start: main
    defaults: {keys: {"*": repeat, "#": back}, then: hangup, error: main}
    parts:
      main: {menu: {1: {label: 车次, go: train}, 2: {label: 查询, go: order}}}
      train:
        form:
          fields: {train: {train: 车次}, date: {date: 日期}}
          ask: train_timetable
        answers: {none: {say: 没有列车。}, found: {say: 有这趟列车。, then: classes}}
      classes:
        form:
          with: {train: "{train}", date: "{date}", from: AOH, to: NKH}
          fields: {class: {seat_class: 席别}}
          check: booking_journey
          read_back: "{class}余{left}张[，票价{fare}]。"
          ask: booking_journey
        answers:
          fine: {say: 可以订票。}
          none: {say: 没有这趟列车。}
          closed: {say: 不在预售期。}
          gone: {say: 已经开出。}
          elsewhere: {say: 这里不能订票。}
          sold_out: {say: "{train}已经售完。"}
      order:
        form:
          fields: {number: {booking_number: 订单号}, tail: {id_tail: 末四位}}
          ask: booking_order
        answers:
          held: {say: 有效订单。}
          paid: {say: 已经取票。}
          cancelled: {say: 已经取消。}
          expired: {say: 已经逾期。}
          wrong: {say: 号码不符。}
          locked: {say: 次数过多。}
"""
JOURNEY = {"train": "G1", "from": FIRST, "to": SECOND, "date": "2026-11-22", "dep": "09:00", "arr": "10:00"}


def at_the_classes(write_tree) -> Rehearsal:
    call = Rehearsal(write_tree(TREE))
    call.press("1", "1")
    call.answer("one", {"train": "G1"})
    call.press("1")
    ends = {name: JOURNEY[name] for name in ("from", "to", "dep", "arr")}
    call.answer("found", {"train": "G1", "date": "2026-11-22", **ends, "count": 2})
    return call


def test_what_can_be_chosen_is_looked_up_with_what_was_keyed_before(write_tree) -> None:
    call = at_the_classes(write_tree)
    assert call.last == Ask(
        "classes_left",
        {"from": "AOH", "to": "NKH", "date": "2026-11-22", "train": "G1"},
        part="classes",
    )
    call.answer("one", {"class": SECOND})
    assert isinstance(call.last, Ask)
    assert (call.last.query, call.last.args["class"], call.last.args["from"]) == (
        "booking_journey",
        "second",
        "AOH",
    )
    call.answer("fine", {**JOURNEY, "class": SECOND, "left": 5})
    assert "二等座余五张。" in call.said
    call.press("1")
    call.answer("fine", {**JOURNEY, "class": SECOND, "left": 5})
    assert "可以订票。" in call.said


def test_nothing_to_choose_is_the_forms_answer(write_tree) -> None:
    call = at_the_classes(write_tree)
    call.answer("sold_out", JOURNEY)
    assert "G 一已经售完。" in call.said
    assert isinstance(call.last, Hangup)
    call = at_the_classes(write_tree)
    call.answer("error")
    assert "系统暂时无法查询" in call.said


def test_a_pound_before_the_first_choice_goes_back(write_tree) -> None:
    call = at_the_classes(write_tree)
    call.answer("many", {}, [{"class": SECOND}, {"class": FIRST}])
    assert "重新输入" not in call.said
    call.press("")
    assert isinstance(call.last, Gather)
    assert call.session.part == "main"


def test_what_a_check_finds_before_the_read_back_is_the_forms_answer(write_tree) -> None:
    call = at_the_classes(write_tree)
    call.answer("one", {"class": SECOND})
    call.answer("gone", JOURNEY)
    assert "已经开出。" in call.said


def test_documents_are_private_and_a_slip_is_asked_again_for_itself(write_tree) -> None:
    call = Rehearsal(write_tree(TREE))
    call.press("2", "825317094")
    assert "订单号有误" in call.said
    call.press("825317097", "*123")
    assert "输入有误" in call.said
    assert isinstance(call.last, Gather)
    assert call.last.private
    call.press("012*")
    assert call.last == Ask("booking_order", {"number": "825317097", "tail": "012X"}, ("tail",), "order")
