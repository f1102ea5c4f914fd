"""Area codes (区号), both ways."""

from __future__ import annotations

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.inquiry import Inquiry, Query, unique


def area_code_of(inquiry: Inquiry) -> Answer:
    """City → area code. The argument is a city's code, which is its Chinese name."""
    rows = inquiry.source.city(inquiry.text("city"))
    if not rows:
        return Answer("none")
    city = {"city": rows[0].named}
    codes = unique(row.area_code for row in rows)
    if len(codes) == 1:
        return Answer("one", {**city, "code": codes[0]})
    return Answer("many", {**city, "count": len(codes)}, tuple({"code": code} for code in codes))


def city_of_area_code(inquiry: Inquiry) -> Answer:
    """Area code → city; the leading 0 may be left out."""
    code = "0" + inquiry.text("keys").lstrip("0")
    cities = inquiry.source.cities_with_code(code)
    if not cities:
        return Answer("none", {"code": inquiry.text("keys")})
    # A municipality is its own province: 023 is 重庆, not all its districts,
    cities = [city for city in cities if city.province == city.name] or cities
    if len(cities) == 1:
        city = cities[0]
        # and 上海上海 is not what anybody says.
        province = {} if city.province == city.name else {"province": city.province}
        return Answer("one", {"code": code, "city": city.named, **province})
    items = tuple({"city": city.named} for city in cities)
    return Answer("many", {"code": code, "count": len(cities), "province": cities[0].province}, items)


QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "area_code_of",
            takes={"city": "city"},
            outcomes={
                "none": {},
                "one": {"city": "named", "code": "digits"},
                "many": {"city": "named", "count": "count"},
            },
            items={"many": {"code": "digits"}},
            about="the area code of a city",
        ),
        area_code_of,
    ),
    (
        QuerySpec(
            "city_of_area_code",
            takes={"keys": "digits"},
            outcomes={
                "none": {"code": "digits"},
                "one": {"code": "digits", "city": "named", "province": "text"},
                "many": {"code": "digits", "count": "count", "province": "text"},
            },
            items={"many": {"city": "named"}},
            optional=frozenset({"one.province"}),
            about="the cities of an area code",
        ),
        city_of_area_code,
    ),
)
