"""``--json``, ``--csv`` and ``--xlsx``: the same rows with the same keys, for programs and for spreadsheets."""

from __future__ import annotations

import csv
import functools
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ivr.errors import IvrError, UsageFault
from ivr.files import write_whole

Row = Mapping[str, Any]
_STDOUT = "-"
#: A spreadsheet takes text that begins with one of these in a CSV file for a formula (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\n")
#: Columns of a workbook are as wide as their heads and cells, within these bounds.
_NARROW, _WIDE = 8, 40


@dataclass(frozen=True)
class Export:
    """Where rows go besides the terminal: ``csv`` is a path, "-" for the standard output, or ``None``."""

    as_json: bool = False
    csv: str | None = None
    xlsx: str | None = None

    def __post_init__(self) -> None:
        """Raises :class:`UsageFault` for options that exclude each other."""
        if self.as_json and self.csv == _STDOUT:
            raise UsageFault("--json and --csv - cannot both be printed", mend="name a file for --csv")
        if self.xlsx == _STDOUT:
            raise UsageFault("a workbook is not printed", where="--xlsx", mend="name a file")

    def put(self, rows: Sequence[Row], columns: Sequence[str], title: str, *, private: bool = False) -> bool:
        """Write ``rows`` wherever they were asked for; False when nowhere, so that they are still to be shown.

        ``columns``: the keys, which stand as heads even without rows. ``private``: new files are for their
        owner only. Raises :class:`IvrError` for a file that cannot be written; one that was there is then as it was.
        """
        files = []
        if self.csv is not None and self.csv != _STDOUT:
            files.append((Path(self.csv), csv_text(rows, columns).encode()))
        if self.xlsx is not None:
            files.append((Path(self.xlsx), workbook(rows, columns, title)))
        for path, data in files:
            write_to(path, data, private=private)
        if self.as_json:
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        elif self.csv == _STDOUT:
            click.echo(csv_text(rows, columns), nl=False)
        else:
            for path, _ in files:
                click.echo(f"{len(rows)} {'row' if len(rows) == 1 else 'rows'} written to {path}")
        return self.as_json or self.csv is not None or self.xlsx is not None


def export_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--json``, ``--csv`` and ``--xlsx``, handed over as one :class:`Export` named ``export``."""

    @functools.wraps(command)
    def collected(*args: Any, as_json: bool, csv_to: str | None, xlsx_to: str | None, **words: Any) -> Any:
        return command(*args, export=Export(as_json, csv_to, xlsx_to), **words)

    with_options = click.option("--xlsx", "xlsx_to", metavar="FILE", help="Into an Excel workbook.")(
        collected
    )
    with_options = click.option(
        "--csv", "csv_to", metavar="FILE", help="Into a CSV file, replaced whole; - prints it."
    )(with_options)
    return click.option("--json", "as_json", is_flag=True, help="One JSON document.")(with_options)


def csv_text(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """The rows as CSV (RFC 4180, lines end in LF, UTF-8): heads first, nothing for null, ``true``
    and ``false`` as in JSON. Text that a spreadsheet would take for a formula begins with an apostrophe."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(row[column]) for column in columns] for row in rows)
    return stream.getvalue()


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        value = value.replace("\r", "\n")  # a lone CR is not quoted by csv before Python 3.13
        return "'" + value if value.startswith(_FORMULA) else value
    return value


def workbook(rows: Sequence[Row], columns: Sequence[str], title: str) -> bytes:
    """The rows as an Excel workbook of one sheet: text stays text, whatever it begins with."""
    from xlsxwriter import Workbook

    stream = io.BytesIO()
    with Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet(title)
        bold = book.add_format({"bold": True})
        for at, column in enumerate(columns):
            sheet.write_string(0, at, column, bold)
            longest = max((len(str(row[column])) for row in rows), default=0)
            sheet.set_column(at, at, min(max(len(column), longest, _NARROW) + 2, _WIDE))
            for line, row in enumerate(rows, 1):
                value = row[column]
                if isinstance(value, bool):
                    sheet.write_boolean(line, at, value)
                elif isinstance(value, (int, float)):
                    sheet.write_number(line, at, value)
                elif value is not None:
                    sheet.write_string(line, at, str(value))
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    return stream.getvalue()


def write_to(path: Path, data: bytes, *, private: bool = False, make_folder: bool = False) -> None:
    """:func:`ivr.files.write_whole` for a path that a person named. Raises :class:`IvrError`."""
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data, private=private)
    except OSError as fault:
        raise IvrError(
            f"cannot be written: {fault.strerror}", where=str(path), mend="name a file that you may write"
        ) from None
