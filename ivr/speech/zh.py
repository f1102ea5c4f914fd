"""Mandarin readings, as railway announcers and the hotline's own operators read them.

All functions take plain values and give words without a single digit; those of slot types give them in chunks, each out of
a small vocabulary, so that the sounds of all chunks can be made ahead. Rules, each with its example, ``|`` between chunks:

==========================  ============  ============================
0 is always 零              1002          一千零二
one stands before ten       12 / 112      十二 / 一百一十二
a count of two is 两        2 / 22        两 / 二十二
trains digit by digit,      G102          G 幺零二
1 as 幺; with one or two    K5 / D21      K 五 / D 二十一
digits as a number
minutes below ten with 零   06:05         六点零五分
the full hour with 整       06:00         六点整
times past midnight         25:10         次日一点十分
money by unit               54.5          五十四元五角
a train's letter with one   G102, G7613   G 幺|零二, G 七六|幺三
or two digits, then pairs
hours, then minutes         06:26, 25:10  六点|二十六分, 次日|一点|十分
the month, then the day     2026-02-10    二月|十日
numbers after 千 and 百     1024, 553元   一千|零二十四, 五百|五十三元
角 by themselves            54.5          五十四元|五角
digits in pairs             0571, 021     零五|七幺, 零二|幺
==========================  ============  ============================
"""

from __future__ import annotations

import re
from decimal import Decimal

DIGITS = "零一二三四五六七八九"
_LINE_DIGITS = "零幺二三四五六七八九"  # on the telephone and in train numbers 1 is yāo, never yī
_KEYS = {"*": "星号键", "#": "井号键"}
_ORDINAL_DAYS = {1: "次日", 2: "第三日"}
_AFTER_A_UNIT = re.compile(rf"(?<=[千百万亿])(?=[{DIGITS}两])")


def _section(n: int) -> str:
    """1 to 9999, without regard to what stands before it: 10 is 一十, 1002 is 一千零二."""
    words, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = n // unit % 10
        if digit:
            words += ("零" if gap and words else "") + DIGITS[digit] + name
            gap = False
        else:
            gap = True
    return words


def number(n: int) -> str:
    """A number below 10¹⁶: 2 → 二, 12 → 十二, 200 → 二百, 2000 → 两千, 10010 → 一万零一十."""
    if n < 0:
        return "负" + number(-n)
    if n == 0:
        return "零"
    words, gap = "", False
    for unit, name in ((10**12, "万亿"), (10**8, "亿"), (10**4, "万"), (1, "")):
        section = n // unit % 10**4
        if section:
            words += ("零" if words and (gap or section < 1000) else "") + _section(section) + name
        gap = not section
    if words.startswith("一十"):
        return words[1:]
    return "两" + words[1:] if words.startswith(("二千", "二万", "二亿")) else words


def count(n: int) -> str:
    """How many of a thing: 2 → 两, 200 → 两百, but 12 → 十二 and 22 → 二十二."""
    words = number(n)
    if words == "二" or words.startswith("二百"):
        return "两" + words[1:]
    return words


def counted(n: int) -> tuple[str, ...]:
    """:func:`count` in chunks: 518 → 五百|一十八."""
    return tuple(_AFTER_A_UNIT.split(count(n)))


def numbered(n: int) -> tuple[str, ...]:
    """:func:`number` in chunks."""
    return tuple(_AFTER_A_UNIT.split(number(n)))


def train(letter: str, digits: str) -> tuple[str, ...]:
    """``G 幺|零二``; the word 次 stands in the menu's text. One or two digits are a number."""
    if len(digits) <= 2:
        return (f"{letter} {number(int(digits))}".strip(),)
    first = 2 - len(digits) % 2
    return (f"{letter} {spelled(digits[:first])}".strip(), *line_digits(digits[first:]))


def line_digits(text: str) -> tuple[str, ...]:
    """Digits one by one, 1 as 幺, in pairs: 021 → 零二|幺."""
    return tuple(map(spelled, re.findall(r"[0-9]{1,2}|[*#]", text)))


def spelled(text: str) -> str:
    """Digits one by one: 02 → 零二."""
    return "".join(_KEYS[c] if c in _KEYS else _LINE_DIGITS[int(c)] for c in text)


def key(name: str) -> str:
    """The name of a telephone key: 1 → 一, * → 星号键, # → 井号键."""
    return _KEYS[name] if name in _KEYS else DIGITS[int(name)]


def time(hours: int, minutes: int) -> tuple[str, ...]:
    """A time of a service day; hours may pass 24: 25:10 → 次日|一点|十分."""
    day, hour = divmod(hours, 24)
    before = (_ORDINAL_DAYS.get(day) or f"第{number(day + 1)}日",) if day else ()
    clock = ("两" if hour == 2 else number(hour)) + "点"
    if minutes == 0:
        return (*before, f"{clock}整")
    return (*before, clock, f"{'零' if minutes < 10 else ''}{number(minutes)}分")


def date(month: int, day: int) -> tuple[str, ...]:
    """二月|十日."""
    return (f"{number(month)}月", f"{number(day)}日")


def money(yuan: Decimal) -> tuple[str, ...]:
    """An amount in yuan, whole fen: 553 → 五百|五十三元, 54.5 → 五十四元|五角, 0.05 → 五分."""
    if yuan < 0:
        first, *rest = money(-yuan)
        return ("负" + first, *rest)
    fen = int(yuan * 100)
    whole, jiao, odd = fen // 100, fen // 10 % 10, fen % 10
    words = _AFTER_A_UNIT.split(count(whole) + "元") if whole else []
    if jiao:
        words.append((number(jiao) if words else count(jiao)) + "角")
    if odd:
        zero = "零" if whole and not jiao else ""
        words.append(zero + (number(odd) if words else count(odd)) + "分")
    return tuple(words) or ("零元",)


def duration(minutes: int) -> tuple[str, ...]:
    """How long: 125 → 两小时|五分钟, 60 → 一小时, 45 → 四十五分钟."""
    hours, rest = divmod(minutes, 60)
    whole = (f"{count(hours)}小时",) if hours else ()
    return (*whole, f"{count(rest)}分钟") if rest or not hours else whole
