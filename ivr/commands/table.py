"""Plain tables for the terminal; wide characters count as two columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def width(text: str) -> int:
    """How many columns ``text`` takes."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def cut(text: str, columns: int) -> str:
    """``text`` in at most ``columns`` columns, with an ellipsis where it was cut."""
    text = "".join(sign if sign.isprintable() else "�" for sign in text)
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text + "…"


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1, most: int = 28, gap: int = 2
) -> str:
    """Lines of a table; the first ``left`` columns lean to the left, the others to the right; no cell is
    wider than ``most``, and ``gap`` spaces are between them."""
    cells = [[cut(cell, most) for cell in row] for row in [heads, *rows]]
    widths = [max(width(row[column]) for row in cells) for column in range(len(heads))]
    lines = []
    for row in cells:
        padded = []
        for column, cell in enumerate(row):
            space = " " * (widths[column] - width(cell))
            padded.append(cell + space if column < left else space + cell)
        lines.append((" " * gap).join(padded).rstrip())
    return "\n".join(lines)


def seconds(value: float | None) -> str:
    """Seconds as ``m:ss``, ``-`` for none."""
    if value is None:
        return "-"
    whole = round(value)
    return f"{whole // 60}:{whole % 60:02}"


def clock_time(value: float) -> str:
    """Seconds as ``h:mm:ss``."""
    whole = round(value)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def percent(value: float | None, decimals: int = 1) -> str:
    """A ratio as a percentage, ``-`` for none."""
    return "-" if value is None else f"{value * 100:.{decimals}f}%"


_SHORTEST_BAR, _LONGEST_BAR = 4, 20
#: Eighths of a column, from none to all.
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(value: float | None, most: float, columns: int) -> str:
    """A bar of ``columns`` columns, filled as ``value`` is to ``most``; anything above 0 can be seen."""
    filled = round((value or 0) / most * columns * 8) if most > 0 else 0
    if value:
        filled = max(filled, 1)
    whole, rest = divmod(filled, 8)
    return ("█" * whole + _EIGHTHS[rest]).ljust(columns)[:columns]


def with_bars(text: str, head: str, values: Sequence[float | None], columns: int = 100) -> str:
    """A table's lines, each with a bar of its value at the end, as far as ``columns`` columns leave room for it."""
    lines = text.splitlines()
    room = min(columns - max(map(width, lines)) - 1, _LONGEST_BAR)
    if room < _SHORTEST_BAR:
        return text
    most = max((value for value in values if value is not None), default=0)
    ends = [head, *(bar(value, most, room) for value in values)]
    full = max(map(width, lines))
    return "\n".join(
        f"{line}{' ' * (full - width(line))} {end}".rstrip() for line, end in zip(lines, ends, strict=True)
    )
