"""Who is a member of which queue, and what changes when somebody signs in or learns something."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ivr.acd.roster import (
    GENERAL,
    Add,
    Change,
    Membership,
    Remove,
    SetPenalty,
    at_seat,
    interface_of,
    penalties,
    reconcile,
    seat_of,
    sign_in,
    state_of,
)

QUEUES = (GENERAL, "tickets", "complaints")


def after(now: list[Membership], changes: list[Change]) -> list[Membership]:
    """What Asterisk has once the changes are made; it refuses a seat that is in the queue already."""
    there = {(one.queue, one.interface): one for one in now}
    for change in changes:
        if isinstance(change, Add):
            key = (change.membership.queue, change.membership.interface)
            assert key not in there
            there[key] = change.membership
        elif isinstance(change, SetPenalty):
            key = (change.queue, change.interface)
            there[key] = replace(there[key], penalty=change.penalty)
        else:
            assert isinstance(change, Remove)
            del there[change.queue, change.interface]
    return list(there.values())


def test_every_agent_is_in_the_general_queue_and_where_the_skills_say():
    assert penalties({}, QUEUES) == {GENERAL: 1}
    assert penalties({"tickets": 3, "nothing": 1}, QUEUES) == {GENERAL: 1, "tickets": 3}
    assert penalties({GENERAL: 5}, QUEUES) == {GENERAL: 5}


def test_who_is_signed_in_as_it_should_be_changes_nothing():
    now = [
        Membership(GENERAL, "PJSIP/1001", "1023"),
        Membership("tickets", "PJSIP/1001", "1023", 2, True, "lunch"),
    ]
    assert sign_in(now, "1023", "PJSIP/1001", {"tickets": 2}, QUEUES) == []


def test_whoever_sits_at_a_seat():
    now = [Membership(GENERAL, "PJSIP/1001", "1023"), Membership(GENERAL, "PJSIP/1002", "1024")]
    assert at_seat(now, "", "PJSIP/1001") == now[:1]
    assert at_seat(now, "1024", "PJSIP/1001") == at_seat(now, "", "PJSIP/1003") == []


def test_a_new_queue_takes_the_pause_over_and_a_lost_skill_leaves():
    lunch = Membership("tickets", "PJSIP/1001", "1023", 2, True, "lunch")
    own = Membership("of_the_site", "PJSIP/1001", "1023", 0, True, "lunch")
    stranger = Membership("tickets", "PJSIP/1002", "supervisor", 7)
    changes = reconcile([lunch, own, stranger], {"1023": {"complaints": 4}}, QUEUES)
    assert changes == [
        Add(Membership(GENERAL, "PJSIP/1001", "1023", 1, True, "lunch")),
        Add(Membership("complaints", "PJSIP/1001", "1023", 4, True, "lunch")),
        Remove("tickets", "PJSIP/1001"),
    ]
    assert reconcile([replace(lunch, penalty=9)], {"1023": {"tickets": 2}}, ("tickets",)) == [
        SetPenalty("tickets", "PJSIP/1001", 2)
    ]


def test_an_interface_is_a_seat_with_one_phone_or_more_or_a_home():
    for interface, seat, state in (
        ("PJSIP/1001", "1001", ""),
        ("Local/1001@phones", "1001", "PJSIP/1001"),
        ("Local/1023@home-agents/n", "home1023", ""),
    ):
        assert (seat_of(interface), state_of(interface)) == (seat, state)
        assert interface_of(seat, 2 if state else 1) == interface
    assert (seat_of("SIP/x"), state_of("SIP/x")) == ("SIP/x", "")


STAFF, SEATS = ("1023", "1024", "1025"), ("PJSIP/1001", "PJSIP/1002")
SKILLS = st.dictionaries(st.sampled_from(QUEUES), st.integers(1, 9))
#: One agent at a seat, in some queues; an agent may have stayed signed in at another seat.
NOW = st.dictionaries(
    st.sampled_from(SEATS),
    st.tuples(
        st.sampled_from(STAFF),
        st.dictionaries(
            st.sampled_from((*QUEUES, "of_the_site")), st.tuples(st.integers(0, 9), st.booleans())
        ),
    ),
).map(
    lambda seats: [
        Membership(queue, seat, staff, penalty, paused)
        for seat, (staff, queues) in seats.items()
        for queue, (penalty, paused) in queues.items()
    ]
)


@given(NOW, st.sampled_from(STAFF), st.sampled_from(SEATS), SKILLS)
def test_after_a_sign_in_the_agent_is_at_that_seat_alone_and_nobody_else_is(now, staff, seat, skills):
    wanted = penalties(skills, QUEUES)
    there = after(now, sign_in(now, staff, seat, skills, QUEUES))
    mine = [one for one in there if one.staff == staff]
    assert {one.interface for one in mine} == {seat}
    assert [one for one in there if one.interface == seat] == mine
    assert {one.queue: one.penalty for one in mine if one.queue in QUEUES} == wanted
    others = [one for one in now if one.staff != staff and one.interface != seat]
    assert [one for one in there if one.staff != staff] == others


@given(NOW, st.dictionaries(st.sampled_from(STAFF[:2]), SKILLS))
def test_what_is_in_line_stays_so(now, skills):
    there = after(now, reconcile(now, skills, QUEUES))
    assert reconcile(there, skills, QUEUES) == []
    assert [one for one in there if one.staff not in skills] == [
        one for one in now if one.staff not in skills
    ]
