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


def percent(value: float | None, decimals: int = 1) -> str:
    """A ratio as a percentage, ``-`` for none."""
    return "-" if value is None else f"{value * 100:.{decimals}f}%"
