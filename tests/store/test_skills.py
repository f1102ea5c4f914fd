"""What agents know, in SQL."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, event

from ivr.acd.roster import AGAIN
from ivr.acd.staff_list import Listed
from ivr.errors import IvrError
from ivr.store.agents import add_agent, list_agents, verify_pin
from ivr.store.audit import entries
from ivr.store.skills import Taken, places_of_all, set_skills, take_staff_list


def skills_of_all(engine: Engine) -> dict[str, dict[str, int]]:
    """The skills alone; the numbers in the queue ``again`` are of each agent's own."""
    places = places_of_all(engine)
    numbers = [place.pop(AGAIN) for place in places.values()]
    assert len(set(numbers)) == len(numbers)
    return places


def test_skills_are_given_and_taken_away(engine):
    add_agent(engine, "1023", "4711")
    add_agent(engine, "1024", "4711")
    assert set_skills(engine, "1023", {"tickets": 2, "english": 1}, (), "boss") == {
        "english": 1,
        "tickets": 2,
    }
    assert set_skills(engine, "1023", {"tickets": 5}, ("english",), "boss") == {"tickets": 5}
    assert skills_of_all(engine) == {"1023": {"tickets": 5}, "1024": {}}
    assert [agent.skills for agent in list_agents(engine)] == [{"tickets": 5}, {}]
    set_skills(engine, "1023", {}, (), "boss")
    last, first = entries(engine, action="agent skill")
    assert (last.who, last.subject) == ("boss", "1023")
    assert last.details == {"before": {"english": 1, "tickets": 2}, "after": {"tickets": 5}}
    assert first.details["before"] == {}
    with pytest.raises(IvrError, match="no agent has the staff number 9"):
        set_skills(engine, "9", {}, (), "boss")
    with pytest.raises(IvrError, match="does not have the skill english"):
        set_skills(engine, "1023", {"english": 1}, ("english",), "boss")
    assert skills_of_all(engine)["1023"] == {"tickets": 5}


def test_a_staff_list_changes_what_it_says_and_nothing_else(engine):
    add_agent(engine, "1023", "4711", "甲班")
    add_agent(engine, "1024", "4712", "乙班")
    set_skills(engine, "1023", {"tickets": 2}, (), "boss")
    listed = [
        Listed("1023", skills={"tickets": 2}),
        Listed("1024", "乙班", "9999", {}),
        Listed("1025", "丙班", None, {"english": 1}),
        Listed("1026", pin="4713"),
    ]
    added = take_staff_list(engine, listed, "boss")
    assert added == [
        Taken("1023", "same"), Taken("1024", "changed"), Taken("1025", "added", added[2].pin), Taken("1026", "added"),
    ]  # fmt: skip
    pins = {"1023": "4711", "1024": "9999", "1025": added[2].pin, "1026": "4713"}
    assert all(verify_pin(engine, staff, str(pin)) for staff, pin in pins.items())
    assert skills_of_all(engine) == {"1023": {"tickets": 2}, "1024": {}, "1025": {"english": 1}, "1026": {}}
    assert [agent.name for agent in list_agents(engine)] == ["甲班", "乙班", "丙班", ""]
    (noted,) = entries(engine, action="agent import")
    assert noted.details == {"added": 2, "changed": 1, "same": 1}
    assert [one.what for one in take_staff_list(engine, [Listed("1024", "丁班")], "boss")] == ["changed"]


def test_an_agent_who_is_added_while_skills_are_read_is_there_at_the_next_look(engine):
    add_agent(engine, "1023", "4711")
    set_skills(engine, "1023", {"tickets": 2}, (), "boss")
    added = []

    def add_one(*_: object) -> None:
        if not added:
            added.append("1024")
            take_staff_list(engine, [Listed("1024", pin="4712", skills={"tickets": 1})], "boss")

    event.listen(engine, "after_cursor_execute", add_one)
    assert skills_of_all(engine)["1023"] == {"tickets": 2}
    assert skills_of_all(engine) == {"1023": {"tickets": 2}, "1024": {"tickets": 1}}
