"""A bill's file, opened: the cells of a CSV or the pages of a JSON export, each with its place."""

import codecs
import contextlib
import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from llmcost.domain.errors import DataError, UsageError

_LONGEST_CELL = 10_000_000
"""Characters; the JSON of tags in a cost report stays far below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """One record of a CSV file."""

    place: str
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """The cell without surrounding blanks; empty where the record has none, or says NULL."""
        text = self.values.get(column, "").strip()
        return "" if text.upper() == "NULL" else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill's file. CSV is read again for every pass, since cost reports may be larger than memory."""

    path: Path
    columns: tuple[str, ...]
    """Of a CSV file, as written; none for JSON."""
    delimiter: str = ","
    pages: tuple[tuple[str, Any], ...]
    """Of a JSON file: place and value of each page."""

    def rows(self) -> Iterator[Cells]:
        """The records of a CSV file; DataError where it breaks off."""
        line = 0
        try:
            with _opened(self.path) as text:
                reader = csv.reader(text, delimiter=self.delimiter)
                next(reader)
                for values in reader:
                    line = reader.line_num
                    if any(values):
                        place = f"{self.path}:{line}"
                        yield Cells(place=place, values=dict(zip(self.columns, values, strict=False)))
        except (csv.Error, UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
            raise _unreadable(self.path, error, line) from error


def open_bill(path: Path) -> Bill:
    """Open a bill, compressed with gzip or not; DataError when it is neither CSV nor JSON, UsageError when it is not there."""
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with _opened(path) as text:
            start = text.read(4096)
            if start.lstrip()[:1] in {"{", "["}:
                return Bill(path=path, columns=(), pages=tuple(_pages(path, start + text.read())))
            if not start.strip():
                raise DataError(f"{path}: the file is empty", hint="export the bill again")
            header = start + (text.readline() if "\n" not in start else "")
    except FileNotFoundError:
        raise UsageError(f"no such file: {path}", hint="check the path given with --invoice") from None
    except (UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
        raise _unreadable(path, error) from error
    first = header.splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    columns = tuple(next(csv.reader([first], delimiter=delimiter)))
    return Bill(path=path, columns=columns, delimiter=delimiter, pages=())


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """The text of a file, whatever its byte order mark says it is written in."""
    with contextlib.ExitStack() as files:
        packed = files.enter_context(path.open("rb"))
        raw: Any = packed
        if packed.peek(2)[:2] == b"\x1f\x8b":
            raw = files.enter_context(io.BufferedReader(gzip.GzipFile(fileobj=packed)))
        wide = raw.peek(2)[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
        yield files.enter_context(io.TextIOWrapper(raw, encoding="utf-16" if wide else "utf-8-sig", newline=""))


def _pages(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    """Pages of one document, of a list of them, or one to a line."""
    try:
        whole = _parsed(text)
    except ValueError as error:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2:
            raise DataError(f"{path}: not JSON: {error}", hint="export the bill again") from error
        for number, line in lines:
            try:
                yield f"{path}:{number}", _parsed(line)
            except ValueError as broken:
                raise DataError(f"{path}:{number}: not JSON: {broken}", hint="export the bill again") from broken
        return
    if isinstance(whole, list):
        yield from ((f"{path}: [{index}]", page) for index, page in enumerate(whole))
    else:
        yield f"{path}:", whole


def _parsed(text: str) -> Any:
    def constant(name: str) -> Any:
        raise ValueError(f"{name} is not a number")

    try:
        return json.loads(text, parse_float=Decimal, parse_constant=constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _unreadable(path: Path, error: Exception, line: int | None = None) -> DataError:
    place = str(path) if line is None else f"{path}:{line + 1}"
    if isinstance(error, UnicodeDecodeError):
        return DataError(f"{place}: not UTF-8 text", hint="export the bill again as CSV or JSON")
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return DataError(f"{place}: cannot be read: {reason.lower()}", hint="name a CSV or JSON export of the bill")
