"""Documents, booking numbers, and the rules of booking."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ivr.rail.booking import (
    ADULT,
    CHILD,
    DeadlineRule,
    deadline,
    party_fault,
    ticket_kind,
    total_of,
)
from ivr.rail.booking_number import grouped, is_booking_number, with_check_digit
from ivr.rail.booking_offer import Offer, fare_of, offered
from ivr.rail.booking_queries import booking_text, mobile_of
from ivr.rail.documents import age_on, birth_date, check_sign, masked_id, read_id
from ivr.rail.fare_rules import read_fare_book
from ivr.rail.inquiry import Inquiry
from ivr.rail.queries import ask
from ivr.settings import PROJECT

TODAY = date(2026, 11, 22)
ZONE = ZoneInfo("Asia/Shanghai")

# --- documents ------------------------------------------------------------------------------------


def test_the_example_of_the_standard() -> None:
    # GB 11643-1999 gives these two with their check signs.
    assert read_id("11010519491231002*", TODAY) == "11010519491231002X"
    assert read_id("440524188001010014", TODAY) is None  # well formed, but nobody is 146
    assert check_sign("44052418800101001") == "4"


@pytest.mark.parametrize(
    "keys",
    [
        "",
        "11010519491231002",
        "110105194912310020",
        "11010519491231002*0",
        "1101051949123100*2",
        "*10105194912310020",
        "11010519491231002Z",
        "１１０１０５１９４９１２３１００２＊",
    ],
)
def test_what_is_no_resident_id(keys: str) -> None:
    assert read_id(keys, TODAY) is None


@pytest.mark.parametrize(
    "digits",
    [
        "11010520230229001",  # no such day
        "11010520261123001",  # tomorrow
        "99010519491231002",  # no such place
        "11010518960101001",  # 130 years and more ago: taken for a slip
    ],
)
def test_a_fitting_check_sign_is_not_enough(digits: str) -> None:
    assert (read_id(digits + check_sign(digits), TODAY) is None) == (not digits.startswith("110105189601"))


IDS = st.builds(
    lambda place, born, sequence: (text := f"{place}0105{born:%Y%m%d}{sequence:03}") + check_sign(text),
    st.sampled_from([11, 31, 44, 65, 81]),
    st.dates(date(1930, 1, 1), date(2026, 11, 22)),
    st.integers(0, 999),
)


@given(IDS, st.integers(0, 16), st.integers(1, 9))
def test_every_wrong_digit_is_found(number: str, place: int, by: int) -> None:
    assert read_id(number.replace("X", "*"), TODAY) == number
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert read_id(wrong, TODAY) is None


@given(IDS, st.integers(0, 15))
def test_every_swap_of_neighbours_is_found(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert read_id(swapped, TODAY) is None


def test_ages_count_on_the_day() -> None:
    assert birth_date("11010519491231002X") == date(1949, 12, 31)
    born = date(2012, 11, 24)
    assert [age_on(born, day) for day in (date(2026, 11, 23), date(2026, 11, 24))] == [13, 14]
    leap = date(2012, 2, 29)
    assert [age_on(leap, date(2026, 2, 28)), age_on(leap, date(2026, 3, 1))] == [13, 14]
    assert masked_id("11010519491231002X") == "**************002X"


# --- booking numbers ------------------------------------------------------------------------------

EIGHT = st.text("0123456789", min_size=8, max_size=8)


@given(EIGHT, st.integers(0, 8), st.integers(1, 9))
def test_a_booking_number_finds_every_wrong_digit(digits: str, place: int, by: int) -> None:
    number = with_check_digit(digits)
    assert is_booking_number(number)
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert not is_booking_number(wrong)


@given(EIGHT, st.integers(0, 7))
def test_a_booking_number_finds_every_swap_of_neighbours(digits: str, place: int) -> None:
    number = with_check_digit(digits)
    assume(number[place] != number[place + 1])
    assert not is_booking_number(number[:place] + number[place + 1] + number[place] + number[place + 2 :])


def test_booking_numbers_are_told_in_threes() -> None:
    assert with_check_digit("572")[-1] == "4"  # the example of Damm's algorithm
    assert grouped("825317097") == "825 317 097"
    assert not is_booking_number("82531709")
    assert not is_booking_number("82531709*")


# --- rules ----------------------------------------------------------------------------------------

RULES = (
    DeadlineRule(date(2011, 1, 1), time(0), 0, 1440),
    DeadlineRule(date(2011, 1, 1), time(12), 1, 720),
    DeadlineRule(date(2012, 1, 16), time(0), 1, 720),
    DeadlineRule(date(2012, 1, 16), time(12), 1, 1440),
)


@pytest.mark.parametrize(
    ("made", "until"),
    [
        ("2011-06-01T11:59", "2011-06-02T00:00"),
        ("2011-06-01T12:00", "2011-06-02T12:00"),
        ("2012-01-15T12:00", "2012-01-16T12:00"),
        ("2012-01-16T11:59", "2012-01-17T12:00"),
        ("2026-11-22T12:00", "2026-11-24T00:00"),
    ],
)
def test_the_deadline_is_that_of_the_rule_in_force(made: str, until: str) -> None:
    at = datetime.fromisoformat(made).replace(tzinfo=ZONE)
    far = at.replace(year=at.year + 1)
    assert deadline(RULES, at, far) == datetime.fromisoformat(until).replace(tzinfo=ZONE)
    soon = at.replace(minute=at.minute, second=1)
    assert deadline(RULES, at, soon) == soon


def test_without_a_rule_nothing_can_be_held() -> None:
    at = datetime(2010, 1, 1, 9, tzinfo=ZONE)
    with pytest.raises(LookupError, match="2010-01-01 09:00"):
        deadline(RULES, at, at)


def test_tickets_by_age() -> None:
    travel = date(2026, 11, 24)
    documents = {"201211240": ADULT, "201211250": CHILD, "202201010": CHILD}
    for born, kind in documents.items():
        assert ticket_kind(f"110105{born}", travel) == kind
    assert party_fault([CHILD], 0) == "child_alone"
    assert party_fault([ADULT, CHILD], 2) == "too_many_free"
    assert party_fault([ADULT, ADULT], 2) == ""


def test_each_passenger_pays_the_published_fare_and_no_estimate(source) -> None:
    def fares(train: str, to: str, seat_class: str) -> list[int | None]:
        journey = {"from": "VNP", "to": to, "date": "2026-11-24", "train": train, "class": seat_class}
        inquiry = Inquiry(source, journey, TODAY)
        offer = offered(inquiry, 1)
        assert isinstance(offer, Offer)
        return [fare_of(inquiry, offer, kind) for kind in (ADULT, CHILD)]

    assert fares("G1", "AOH", "second") == [5530, None], "without rules no child fare is known"
    source.book = read_fare_book(json.loads((PROJECT / "data" / "fare_rules.json").read_text("utf-8")))
    source.leg_lengths = {"G1": 1318.0, "D2": 1318.0, "K1": 1463.4}
    assert fares("G1", "AOH", "second") == [5530, 2765]
    adult, child = fares("K1", "SHH", "hard_seat")
    assert (adult, child is not None and child < 1775) == (1775, True)
    assert fares("K1", "SHH", "hard_sleeper") == [None, None], "which berth is not known beforehand"
    assert fares("D2", "AOH", "second") == [None, None], "reckoned, not published"


def test_totals() -> None:
    assert total_of([5530, 2765]) == 8295
    assert total_of([5530, None]) is None


@pytest.mark.parametrize(
    ("caller", "mobile"),
    [
        ("13800001234", "13800001234"),
        ("+8613800001234", "13800001234"),
        ("8613800001234", "13800001234"),
        ("008613800001234", "13800001234"),
        ("013800001234", "13800001234"),
        ("12800001234", ""),
        ("02112345678", ""),
        ("", ""),
    ],
)
def test_mobile_numbers(caller: str, mobile: str) -> None:
    assert mobile_of(caller) == mobile


def test_the_text_message_says_what_was_booked_and_until_when() -> None:
    until = datetime(2026, 12, 1, 0, 0, tzinfo=ZONE)
    ends, seats = ("上海虹桥", "南京南"), ("二等座", 2)
    assert booking_text("825 317 097", date(2026, 12, 3), "G102", ends, "06:39", seats, until) == (
        "您已预订12月3日G102次，上海虹桥 06:39开，到南京南，二等座2张，订单号825 317 097。"
        "请于12月1日00:00前凭身份证取票，逾期自动取消。"
    )


# --- what can be booked ---------------------------------------------------------------------------

RIDE = {"from_": "VNP", "to": "AOH", "date": "2026-11-24"}


def test_trains_between_stations_by_digits(asked) -> None:
    assert asked("find_train_between", keys="1", from_="VNP", to="AOH").slots == {"train": "G1"}
    assert asked("find_train_between", keys="9", from_="VNP", to="AOH").outcome == "none"
    assert asked("find_train_between", keys="1", from_="AOH", to="VNP").outcome == "none"
    answer = asked("find_train_between", keys="1", from_="VNP", to="NKH")
    assert [item["train"] for item in answer.items] == ["G1", "K1"]


def test_classes_with_seats_left(asked, source) -> None:
    answer = asked("classes_left", **RIDE, train="G1")
    assert [item["class"]["code"] for item in answer.items] == ["second", "business"]
    source.sold_rows["G1", date(2026, 11, 24), "business", 1] = 10
    assert asked("classes_left", **RIDE, train="G1").slots["class"]["code"] == "second"
    source.sold_rows["G1", date(2026, 11, 24), "second", 2] = 518
    assert asked("classes_left", **RIDE, train="G1").outcome == "sold_out"
    assert asked("classes_left", **RIDE, train="K9").outcome == "none"
    assert asked("classes_left", **{**RIDE, "date": "2027-11-24"}, train="G1").outcome == "closed"


def test_seats_of_a_sites_ticket_source_are_not_ours_to_sell(source) -> None:
    class Site:
        def left(self, travels):
            raise AssertionError("nothing is asked")

    journey = {"from": "VNP", "to": "AOH", "date": "2026-11-24", "train": "G1", "class": "second"}
    for query in ("classes_left", "booking_journey"):
        assert ask(source, query, journey, TODAY, None, Site()).outcome == "elsewhere"


def test_a_journey_tells_its_fare_and_its_hindrance(asked, source) -> None:
    answer = asked("booking_journey", **RIDE, train="G1", class_="second")
    assert (answer.outcome, answer.slots["fare"], answer.slots["left"]) == ("fine", "553", 518)
    assert "fare" not in asked("booking_journey", **RIDE, train="G1", class_="business").slots
    assert asked("booking_journey", **RIDE, train="G1", class_="first").outcome == "sold_out"
    today = {**RIDE, "date": "2026-11-22"}
    for now, outcome in ((time(8, 59), "fine"), (time(9, 0), "gone"), (None, "fine")):
        assert asked("booking_journey", now=now, **today, train="G1", class_="second").outcome == outcome


def test_an_offer_knows_its_departure_through_midnight(source) -> None:
    journey = {"from": "NKH", "to": "SHH", "date": "2026-11-24", "train": "K1", "class": "hard_seat"}
    offer = offered(Inquiry(source, journey, TODAY), 1)
    assert isinstance(offer, Offer)
    assert offer.boarding.service_date == date(2026, 11, 23), "it left its origin the evening before"
    assert offer.departure(ZONE) == datetime(2026, 11, 24, 2, 10, tzinfo=ZONE)


def test_more_tickets_than_seats_are_few_and_none_is_sold_out(source) -> None:
    inquiry = Inquiry(
        source, {"from": "VNP", "to": "AOH", "date": "2026-11-24", "train": "G1", "class": "business"}, TODAY
    )
    source.sold_rows["G1", date(2026, 11, 24), "business", 2] = 9
    answer = offered(inquiry, 2)
    assert not isinstance(answer, Offer)
    assert (answer.outcome, answer.slots["left"], answer.slots["class"]["code"]) == ("few", 1, "business")
    assert isinstance(offered(inquiry, 1), Offer)
    source.sold_rows["G1", date(2026, 11, 24), "business", 2] = 10
    answer = offered(inquiry, 1)
    assert not isinstance(answer, Offer)
    assert answer.outcome == "sold_out"
