"""Excel files: reports and requests as sheets in which text is text and numbers are numbers.

Every text is written as a string, so that what looks like a formula or a link stays one. A number in Excel is a binary
fraction of 15 digits (https://support.microsoft.com/office/excel-specifications-and-limits): exact amounts are those of
JSON, CSV and Parquet.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.domain.errors import UsageError
from llmcost.domain.printable import printable
from llmcost.ledger.exports import Shape, request_rows
from llmcost.render.parquet import distinct, tables
from llmcost.render.progress import Advance, progress
from llmcost.reports.record import Column, Overview, Report, Study

if TYPE_CHECKING:
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection

ROWS = 1_048_576
"""The most rows a sheet has, its heading included; what is beyond goes to a further sheet."""
_STEP = 1_000
"""How many rows are written before progress is told."""
_LONGEST = 32_767
_LARGEST = 2**53
_FORMATS = {
    "money": "#,##0.00##########",
    "count": "#,##0",
    "tokens": "#,##0",
    "percent": "0.0%",
    "duration": "#,##0",
    "rate": "#,##0.0",
    "ratio": "#,##0.00",
    "number": "#,##0.0",
    "moment": "yyyy-mm-dd hh:mm:ss.000",
    "day": "yyyy-mm-dd",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """A workbook being written, and its formats by kind of value."""

    workbook: Any
    formats: dict[str, Any]
    advance: Advance
    """Told how many rows of a table are written."""


def written(document: Report | Overview | Study, path: Path) -> None:
    """A report at `path`: a sheet for each table, and one that says what they are made of; an overview is its total.

    Raises UsageError where the extra is not installed.
    """
    from llmcost.render.footer import footer

    base = document.total if isinstance(document, Overview) else document
    report = base.base if isinstance(base, Study) else base
    with _workbook(path) as book:
        for title, columns, rows in tables(base):
            names, kinds = distinct(columns), [_kind(column) for column in columns]
            _sheets(book, title, names, kinds, rows)
        about = book.workbook.add_worksheet("About")
        about.set_column(0, 0, 60)
        lines = [
            (base.title,),
            *((fact.title, fact.value, fact.kind) for fact in base.facts),
            *((line,) for line in footer(report)),
        ]
        for number, (text, *value) in enumerate(lines):
            _write(about, (number, 0), text, "text", book.formats)
            if value:
                _write(about, (number, 1), value[0], str(value[1]), book.formats)


def excel_table(title: str, names: Sequence[str], rows: Iterable[Sequence[object]], path: Path) -> int:
    """Rows at `path` below a heading, as many sheets as it takes; returns how many rows.

    Raises UsageError where the extra is not installed.
    """
    with _workbook(path) as book:
        return _sheets(book, title, names, [""] * len(names), rows)


def export_sheets(connection: "Connection", selection: "Selection", path: Path, shape: Shape) -> int:
    """The selected requests at `path`, as many sheets as it takes; returns how many requests.

    Raises UsageError where the extra is not installed.
    """
    return excel_table("Requests", *request_rows(connection, selection, shape), path)


def _sheets(
    book: _Book, title: str, names: Sequence[str], kinds: Sequence[str], rows: Iterable[Sequence[object]]
) -> int:
    """Write rows below a heading, beginning another sheet when one is full; returns how many."""
    sheet, number, place, pages = None, 0, ROWS, 0
    total = len(rows) if isinstance(rows, Sized) else None
    for row in rows:
        if number % _STEP == 0:
            book.advance(number, total)
        if place == ROWS:
            pages += 1
            sheet, place = _begun(book, title if pages == 1 else f"{title} {pages}", names), 1
        for column, (value, kind) in enumerate(zip(row, kinds, strict=True)):
            _write(sheet, (place, column), value, kind, book.formats)
        place, number = place + 1, number + 1
    if sheet is None:
        _begun(book, title, names)
    return number


def _begun(book: _Book, title: str, names: Sequence[str]) -> Any:
    """A further sheet with its heading."""
    sheet = book.workbook.add_worksheet(title)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(names):
        sheet.write_string(0, column, _text(name), book.formats["heading"])
        sheet.set_column(column, column, min(max(len(name) + 2, 10), 40))
    return sheet


def _write(sheet: Any, place: tuple[int, int], value: Any, kind: str, formats: dict[str, Any]) -> None:
    match value:
        case None:
            return
        case bool():
            sheet.write_boolean(*place, value)
        case int() | float() | Decimal() if -_LARGEST < float(value) < _LARGEST:
            sheet.write_number(*place, float(value), formats.get(kind))
        case datetime():
            # Excel knows no time zones.
            plain = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
            sheet.write_datetime(*place, plain, formats["moment"])
        case date():
            sheet.write_datetime(*place, value, formats["day"])
        case dict():
            sheet.write_string(*place, _text(json.dumps(value, ensure_ascii=False)))
        case _:
            sheet.write_string(*place, _text(str(value)))


def _text(text: str) -> str:
    """What a cell can hold, with nothing in it that could command whoever shows it."""
    shown = printable(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _kind(column: Column) -> str:
    return "text" if column.role == "key" else column.kind


@contextlib.contextmanager
def _workbook(path: Path) -> Iterator[_Book]:
    """A workbook that is written when the block succeeds; a second takes some 3,000 rows, so that progress is shown."""
    try:
        import xlsxwriter
    except ImportError as error:
        raise UsageError(
            "Excel files need the package XlsxWriter, which is not installed", hint="pip install 'llmcost[excel]'"
        ) from error
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook: Any = xlsxwriter.Workbook(str(path), options)
    # The same ledger gives the same bytes.
    workbook.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
    formats = {kind: workbook.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
    heading = workbook.add_format({"bold": True})
    with progress("writing") as advance:
        yield _Book(workbook=workbook, formats={**formats, "heading": heading}, advance=advance)
        try:
            workbook.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            # It stands around what the system said. With room again, what is still held of the file is dropped without a word.
            with contextlib.suppress(OSError):
                os.truncate(path, 0)
            raise error.args[0] from None
