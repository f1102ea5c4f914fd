"""Station names for people who read no Chinese, made from the pinyin."""

from __future__ import annotations

from collections.abc import Mapping

#: What stands behind a place's name and is put into English.
_ENDINGS = {
    "东": ("dong", "East"),
    "西": ("xi", "West"),
    "南": ("nan", "South"),
    "北": ("bei", "North"),
    "机场": ("jichang", "Airport"),
}


def english_name(name: str, pinyin: str, city: str, known: Mapping[str, str]) -> str:
    """A station's name in Latin letters, as signs at Chinese stations divide it: 上海虹桥 (shanghaihongqiao) → Shanghai
    Hongqiao, 北京南 → Beijing South, 济南 → Jinan.

    ``known``: the names of places → pinyin. A name is divided behind its ``city`` and before a part of
    ``_ENDINGS`` behind any place; so 渭南 stays Weinan and 马鞍山, although there is a 马鞍, Maanshan.
    """
    for end in range(len(name) - 1, 1, -1):
        base, (sound, word) = known.get(name[:end], ""), _ENDINGS.get(name[end:], ("", ""))
        if base and word and pinyin == base + sound:
            return f"{english_name(name[:end], base, city, known)} {word}"
    base = known.get(city, "")
    if base and name.startswith(city) and pinyin.startswith(base) and pinyin != base:
        return f"{base.capitalize()} {pinyin.removeprefix(base).capitalize()}"
    return pinyin.capitalize()
