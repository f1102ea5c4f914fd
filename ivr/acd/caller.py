"""What a caller's number tells by itself: the area code, for reports; and what may be known of the caller."""

from __future__ import annotations

import re

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
#: 010 and 02x have two digits after the 0 trunk prefix, all others three (YD/T 1057, 长途区号).
_LANDLINE = re.compile(r"(0(?:10|2[0-9]|[3-9][0-9]{2}))[0-9]{7,8}")
#: An area code as it is dialled after +86; mobile numbers begin with 13 to 19.
_WITHOUT_ZERO = re.compile(r"10|[2-9]")
_CHINA = re.compile(r"(?:\+|00)86")

#: A withheld number comes as a word ("anonymous"), or as nothing: such callers are not one caller.
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
#: Why a caller may be served before others.
MARKS = ("elder", "disabled", "vip")


def is_number(caller: str) -> bool:
    """Whether it is a number by which a caller can be known again."""
    return _NUMBER.fullmatch(caller) is not None


def area_of(number: str) -> str:
    """The area code of a landline (``021``, ``0512``), ``mobile``, ``abroad``; "" for withheld and short numbers."""
    from_china = _CHINA.match(number)
    national = number[from_china.end() :] if from_china else number
    if from_china and _WITHOUT_ZERO.match(national):
        national = f"0{national}"
    if _MOBILE.fullmatch(national):
        return "mobile"
    landline = _LANDLINE.fullmatch(national)
    if landline:
        return landline[1]
    return "abroad" if number.startswith(("+", "00")) and not from_china else ""
