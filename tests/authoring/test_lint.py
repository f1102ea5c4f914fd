"""What the rules find beyond their examples, how they are silenced, how quick they are."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.authoring.lint.offers import Offer, offers, same_thing
from ivr.authoring.lint.rules_texts import seconds
from ivr.authoring.lint.ways import cycles, knots
from ivr.authoring.loader import inspect_tree, inspect_trees, load_tree
from ivr.authoring.source import MenuFaults

MENUS = Path(__file__).parents[2] / "menus"


@pytest.fixture
def told(tmp_path: Path):
    """What is told about a tree: ``line rule`` of each fault."""

    def tell(text: str, **files: str) -> list[str]:
        for name, more in files.items():
            (tmp_path / f"{name}.yaml").write_text(dedent(more), "utf-8")
        path = tmp_path / "hotline.yaml"
        path.write_text(dedent(text).lstrip(), "utf-8")
        return [f"{fault.line} {fault.rule}" for fault in inspect_tree(path)[1]]

    return tell


# --- silence -------------------------------------------------------------------------------------

LOOP = """
    start: main
    parts:
      main: {menu: {1: {label: 公告, go: notice}}}%s
      notice: {say: 这是一条公告。, then: notice}%s
"""


def test_comment_silences_a_rule_on_its_line(told):
    assert told(LOOP % ("", "")) == ["4 endless-loop"]
    assert told(LOOP % ("", "  # ok: endless-loop")) == []
    assert told(LOOP % ("", "  # ok: no-agent, endless-loop (it is a test)")) == []


def test_comment_in_a_line_of_its_own_is_about_the_next_line(told):
    assert told(LOOP % ("\n      # ok: endless-loop — it is a test", "")) == []
    assert told(LOOP % ("  # ok: endless-loop", "")) == ["4 endless-loop"]


def test_comment_about_another_rule_silences_nothing(told):
    assert told(LOOP % ("", "  # ok: no-agent")) == ["4 endless-loop"]
    assert told(LOOP % ("", "  # ok: endless-lop")) == ["4 endless-loop", "4 unknown-rule"]


def test_what_a_tree_cannot_be_built_without_cannot_be_silenced(told, tmp_path: Path):
    assert told("start: main  # ok: missing-target\nparts: {}\n") == ["1 missing-target", "1 unknown-rule"]
    comment = inspect_tree(tmp_path / "hotline.yaml")[1][1]
    assert str(comment).endswith(
        "1:20: warning: 'missing-target' cannot be silenced: without it the menu cannot be read; mend the fault"
        " [unknown-rule]"
    )


def test_faults_of_the_language_are_silenced_where_the_tree_can_be_built(told, tmp_path: Path):
    assert (
        told("""
        languages: [zh, en]
        start: code
        parts:
          code:
            form:
              fields: {keys: {digits: {zh: 区号}, keys: 3 to 4}}    # ok: missing-text
              ask: city_of_area_code
              voice: soft                                     # ok: unknown-key
            answers:
              # ok: missing-answer — a failed query is all that callers need to know here
              none: {say: {zh: 没有查到。, en: Nothing found.}, then: hangup}
              none: {say: {zh: 没有。, en: No.}, then: hangup}  # ok: duplicate-key
        """)
        == []
    )
    form = load_tree(tmp_path / "hotline.yaml").parts["code"]
    assert form.fields[0].label == {"zh": "区号"}
    assert form.replies["none"].say == {"zh": "没有查到。", "en": "Nothing found."}


def test_comments_in_the_calendar_are_read_too(told):
    assert told(
        "start: bye\nparts: {bye: {say: 再见。, then: hangup}}\n",
        calendar="""
        ours: {mon: closed}     # ok: unknown-key
        hours: {mon: closing}   # ok: wrong-value
    """,
    ) == ["3 wrong-value", "3 unknown-rule"]


# --- all at once ---------------------------------------------------------------------------------


def test_texts_are_told_beside_faults_of_the_language_and_ways_wait_for_them(told):
    assert told("""
        start: main
        parts:
          main: {menu: {1: {label: 公告12, go: notise}}}
          notice: {say: 这是一条公告。, then: notice}
    """) == ["3 unreadable-text", "3 missing-target"]


def test_warnings_alone_do_not_keep_a_menu_off_the_air(told, tmp_path: Path):
    assert told("""
        start: main
        parts:
          main: {menu: {1: {label: 公告, go: notice}, 3: {label: 公告, go: notice}}}
          notice: {say: 这是一条公告。}
    """) == ["3 option-order", "3 duplicate-label"]
    assert load_tree(tmp_path / "hotline.yaml").start == "main"


def test_only_errors_are_told_when_a_menu_is_kept_off_the_air(told, tmp_path: Path):
    told(LOOP % ("", "\n      forgotten: {say: 这是一条公告。}"))
    with pytest.raises(MenuFaults) as caught:
        load_tree(tmp_path / "hotline.yaml")
    assert [fault.rule for fault in caught.value.faults] == ["endless-loop"]


# --- ways ----------------------------------------------------------------------------------------


def test_unreachable_parts_that_lead_to_each_other_are_told_once(told):
    assert (
        told("""
        start: bye
        parts:
          bye: {say: 再见。, then: hangup}
          a: {menu: {1: {label: 公告, go: b}}}
          b: {menu: {1: {label: 公告, go: a}}}
    """)[0]
        == "4 unreachable-part"
    )
    assert (
        len(told("{start: bye, parts: {bye: {say: 再见。, then: hangup}, a: {say: 好的。, then: a}}}")) == 2
    )


def test_agent_may_be_reached_by_going_back(told):
    tree = """
        start: main
        defaults: {keys: {"#": %s}}
        parts:
          main: {menu: {1: {label: 公告, go: second}, 2: {label: 人工服务, go: agent}}}
          second: {menu: {1: {label: 更多公告, go: third}, 2: {label: 主菜单, go: back}}}
          third: {menu: {1: {label: 公告, go: notice}}}
          notice: {say: 这是一条公告。}
          agent: {transfer: operator}
    """
    assert told(tree % "back") == []
    assert told(tree % "repeat") == ["6 no-agent", "6 no-way-back"]


def test_agent_out_of_reach_where_going_back_leads_to_a_menu_without_one(told):
    assert told("""
        start: time
        defaults: {keys: {"#": back}}
        parts:
          time: {branch: [{when: {calendar: open}, go: agent}], then: night}
          night: {menu: {1: {label: 公告, go: notices}}}
          notices: {menu: {1: {label: 公告, go: notice}}}
          notice: {say: 这是一条公告。}
          agent: {transfer: operator}
    """) == ["5 no-agent", "6 no-agent"]


def test_silence_and_mistakes_may_lead_to_an_agent(told):
    assert (
        told("""
        start: code
        defaults: {no_match: {then: agent}}
        parts:
          code:
            form: {fields: {keys: {digits: 区号}}, ask: city_of_area_code}
            answers: {none: {then: again}, one: {then: again}, many: {then: again}}
          agent: {transfer: operator}
    """)
        == []
    )


def test_recording_that_begins_again_is_bounded_and_no_loop(told):
    assert (
        told("""
        start: message
        parts:
          message:
            record: 请留言。
            answers: {recorded: {then: hangup}, empty: {then: again}, error: {then: hangup}}
    """)
        == []
    )


def test_seat_that_signs_in_again_and_again_is_a_loop(told):
    assert told("""
        start: who
        parts:
          who:
            form: {fields: {staff: {digits: 工号}, pin: {digits: 密码}}, ask: agent_pin}
            answers: {right: {then: in}, wrong: {then: hangup}, locked: {then: hangup}}
          in: {member: sign_in, answers: {done: {then: in}}}
          bye: {end: done}
    """) == ["6 endless-loop", "7 unreachable-part"]


def test_waiting_again_in_a_queue_is_no_loop(told):
    assert (
        told("""
        start: agent
        parts:
          agent: {transfer: operator, answers: {timeout: {say: 请再等一下。, then: agent}}}
    """)
        == []
    )


def test_longest_circle_is_told_by_its_shortest_way(told, tmp_path: Path):
    told("""
        start: before
        parts:
          before: {say: 您好。, then: a}
          a: {branch: [{when: {calendar: open}, go: b}, {when: {calendar: peak}, go: c}], then: b}
          b: {branch: [{when: {calendar: open}, go: b2}], then: c}
          b2: {say: 请稍候。, then: c}
          c: {say: 请等一下。, then: a}
    """)
    (fault,) = inspect_tree(tmp_path / "hotline.yaml")[1]
    assert fault.message.startswith("a → c → a goes round")


NAMES = "abcdefg"
GRAPHS = st.fixed_dictionaries({name: st.frozensets(st.sampled_from(NAMES)) for name in NAMES})


@given(GRAPHS)
def test_knots_are_the_parts_that_reach_each_other(graph):
    reach = {name: set(goals) for name, goals in graph.items()}
    for middle in NAMES:
        for name in NAMES:
            if middle in reach[name]:
                reach[name] |= reach[middle]
    expected = {
        frozenset(other for other in NAMES if other in reach[name] and name in reach[other])
        for name in NAMES
        if name in reach[name]
    }
    assert len(knots(graph)) == len(expected)
    assert set(knots(graph)) == expected
    for cycle in cycles(graph):
        assert all(after in graph[name] for name, after in zip(cycle, [*cycle[1:], cycle[0]], strict=True))
        assert any(set(cycle) <= knot for knot in expected)


# --- texts ---------------------------------------------------------------------------------------


def test_seconds_are_reckoned_by_syllables_and_slots():
    assert seconds("预售期为三十天。", "zh") == pytest.approx(7 * 0.36)
    assert seconds("{train}次", "zh") == pytest.approx(5 * 0.36)
    assert seconds("Hello there.", "en") == pytest.approx(3 * 0.29)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("重听请按星号键。", "zh", [Offer("重听请按星号键", "重听", "*")]),
        ("要人工服务，请按零。", "zh", [Offer("要人工服务，请按零", "要人工服务", "0")]),
        ("请按一到九。", "zh", [Offer("请按一", "", "1")]),
        ("请按一定的顺序。按车站查询。", "zh", []),
        ("For an agent, press zero.", "en", [Offer("For an agent, press zero", "an agent", "0")]),
        ("Press the pound key to go back.", "en", [Offer("Press the pound", "", "#")]),
        ("Press 2 for fares.", "en", [Offer("Press 2 for fares", "fares", "2")]),
        ("Drücken Sie 1.", "de", []),
    ],
)
def test_keys_that_a_text_offers(text: str, language: str, expected: list[Offer]):
    assert list(offers(text, language)) == expected


def test_words_that_may_mean_the_same():
    assert same_thing("听余票", "余票查询", "zh")
    assert not same_thing("听余票", "列车时刻", "zh")
    assert same_thing("the fares", "Fares and discounts", "en")
    assert not same_thing("the fares", "The timetable", "en")


def test_prompt_of_a_choice_is_held_against_its_keys(told):
    assert told("""
        start: f
        parts:
          f:
            form:
              fields:
                staff:
                  choice: {1: {label: 成人, value: a}, 2: {label: 儿童, value: b}}
                  label: 票种
                  prompt: 成人请按一，儿童请按三。
                pin: {digits: 密码}
              ask: agent_pin
            answers: {right: {then: hangup}, wrong: {then: hangup}, locked: {then: hangup}}
    """) == ["9 label-key-mismatch"]


def test_first_menu_needs_no_way_back(told):
    assert (
        told("""
        start: main
        parts:
          main: {menu: {1: {label: 公告, go: notice}}}
          notice: {say: 这是一条公告。, then: main}
    """)
        == []
    )


def test_texts_of_every_place_are_read(told):
    assert (
        told("""
        languages: [zh, en]
        start: main
        words: {error: {zh: 错误404。, en: Error.}}
        parts:
          main:
            menu: {1: {label: {zh: 公告, en: notice}, go: form}}
            no_input: {say: [{zh: 请按1。, en: Press a key.}]}
          form:
            form:
              fields:
                say: {digits: {zh: 工号1, en: number}}
                pin: {digits: {zh: 密码, en: pin}, prompt: {zh: 请输入A B C密码。, en: "Your *pin*"}}
              ask: agent_pin
            answers: {right: {then: hangup}, wrong: {then: hangup}, locked: {then: hangup}}
    """)[0]
        == "3 unreadable-text"
    )


def test_parameters_are_read_where_they_are_used(told, tmp_path: Path):
    part = "parameters: {day: which}\nstart: a\nparts: {a: {say: <day>没有公告。, then: hangup}}\n"
    tree = "start: p\ninclude: [{file: part.yaml, as: p, with: {day: %s}}]\nparts: {bye: {end: done}}  # ok: unreachable-part\n"
    assert told(tree % "今天", part=part) == []
    assert told(tree % "2日", part=part) == ["3 unreadable-text"]


# --- the shipped menus, large trees --------------------------------------------------------------


def test_shipped_menus_have_no_fault_and_no_warning():
    assert inspect_trees(MENUS) == []


def test_shipped_menus_are_checked_in_half_a_second(record_property):
    began = time.process_time()
    inspect_trees(MENUS)
    took = time.process_time() - began
    record_property("seconds", took)
    print(f"ivr menu check of the shipped menus: {took:.3f} s")
    assert took < 0.5


def large(parts: int) -> str:
    """A tree of menus, announcements and forms in equal numbers, each menu leading on to the next three."""
    lines = [
        'defaults: {keys: {"#": back, "0": agent}}',
        "start: m0",
        "parts:",
        "  agent: {transfer: operator}",
    ]
    for n in range(parts // 3):
        following = f"m{n + 1}" if n + 1 < parts // 3 else "agent"
        lines += [
            f"  m{n}: {{menu: {{1: {{label: 公告, go: s{n}}}, 2: {{label: 查询, go: f{n}}}, 3: {{label: 下一级, go: {following}}}}}}}",
            f"  s{n}: {{say: 这是一条公告，请按需要选择。}}",
            f"  f{n}:",
            "    form: {fields: {keys: {digits: 区号, keys: 3 to 4}}, ask: city_of_area_code}",
            "    answers: {none: {say: 没有查到。}, one: {say: '{code}是{city}。'}, many: {say: 有几个。, each: '{city}。'}}",
        ]
    return "\n".join(lines) + "\n"


def test_tree_of_a_thousand_parts_loads_and_is_checked_within_a_second(tmp_path: Path):
    path = tmp_path / "hotline.yaml"
    path.write_text(large(1000), "utf-8")
    began = time.process_time()
    tree = load_tree(path)
    took = time.process_time() - began
    print(f"loading and checking {len(tree.parts)} parts: {took:.2f} s")
    assert len(tree.parts) == 1000
    assert took < 1


@pytest.mark.parametrize("keys", ['"#": back', '"*": repeat'])
def test_deep_tree_without_short_cuts_is_checked_quickly_too(tmp_path: Path, keys: str):
    path = tmp_path / "hotline.yaml"
    path.write_text(large(1000).replace('"#": back, "0": agent', keys), "utf-8")
    began = time.process_time()
    inspect_tree(path)
    assert time.process_time() - began < 5


def test_faults_of_a_folder_are_told_once_and_sorted(tmp_path: Path):
    shutil.copytree(MENUS, tmp_path / "menus")
    calendar = tmp_path / "menus" / "calendar.yaml"
    calendar.write_text("hour: {}\n" + calendar.read_text("utf-8"), "utf-8")
    hotline = tmp_path / "menus" / "hotline.yaml"
    text = hotline.read_text("utf-8").replace("languages: [zh, en]", "languages: [zh]")
    text = text.replace('    keys: {"*": next_language}\n', "")
    hotline.write_text(text.replace("您好，", "您好OK，"), "utf-8")
    assert [Path(f.file).name for f in inspect_trees(tmp_path / "menus")] == ["calendar.yaml", "hotline.yaml"]
