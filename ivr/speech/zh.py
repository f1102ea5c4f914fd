"""Mandarin readings, as railway announcers and the hotline's own operators read them.

All functions take plain values and give words without a single digit. Rules, each with its example:

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
==========================  ============  ============================
"""

from __future__ import annotations

from decimal import Decimal

DIGITS = "零一二三四五六七八九"
_LINE_DIGITS = "零幺二三四五六七八九"  # on the telephone and in train numbers 1 is yāo, never yī
_KEYS = {"*": "星号键", "#": "井号键"}
_ORDINAL_DAYS = {1: "次日", 2: "第三日"}


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


def train(letter: str, digits: str) -> str:
    """``G 幺零二``; the word 次 stands in the menu's text. One or two digits are a number."""
    words = number(int(digits)) if len(digits) <= 2 else line_digits(digits)
    return f"{letter} {words}".strip()


def line_digits(text: str) -> str:
    """Digits one by one, 1 as 幺: 021 → 零二幺."""
    return "".join(_KEYS[c] if c in _KEYS else _LINE_DIGITS[int(c)] for c in text)


def key(name: str) -> str:
    """The name of a telephone key: 1 → 一, * → 星号键, # → 井号键."""
    return _KEYS[name] if name in _KEYS else DIGITS[int(name)]


def time(hours: int, minutes: int) -> str:
    """A time of a service day; hours may pass 24: 25:10 → 次日一点十分."""
    day, hour = divmod(hours, 24)
    before = "" if day == 0 else _ORDINAL_DAYS.get(day) or f"第{number(day + 1)}日"
    clock = ("两" if hour == 2 else number(hour)) + "点"
    if minutes == 0:
        return f"{before}{clock}整"
    return f"{before}{clock}{'零' if minutes < 10 else ''}{number(minutes)}分"


def date(month: int, day: int) -> str:
    """二月十日."""
    return f"{number(month)}月{number(day)}日"


def money(yuan: Decimal) -> str:
    """An amount in yuan, whole fen: 553 → 五百五十三元, 54.5 → 五十四元五角, 0.05 → 五分."""
    if yuan < 0:
        return "负" + money(-yuan)
    fen = int(yuan * 100)
    whole, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    words = count(whole) + "元" if whole else ""
    if jiao:
        words += (number(jiao) if words else count(jiao)) + "角"
    if rest:
        words += ("零" if whole and not jiao else "") + (number(rest) if words else count(rest)) + "分"
    return words or "零元"


def duration(minutes: int) -> str:
    """How long: 125 → 两小时五分钟, 60 → 一小时, 45 → 四十五分钟."""
    hours, rest = divmod(minutes, 60)
    words = f"{count(hours)}小时" if hours else ""
    return words + (f"{count(rest)}分钟" if rest or not hours else "")
