"""The strict reader: what DuckDB cannot take in bulk, record by record, in Python.

It reads JSON documents, CSV and Parquet, lines DuckDB gave up on, containers, and shapes that only make sense in
sequence. A damaged line gets one repair (byte order mark, bad UTF-8, lone surrogates) before it is rejected. The first
of two equal keys counts, as in DuckDB.
"""

import codecs
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from llmcost.ingest.databases import NotADatabaseError, records_of
from llmcost.ingest.files import LogFile
from llmcost.ingest.formats import DamageError, is_damage
from llmcost.ingest.lines import numbered_lines
from llmcost.ingest.source import Record

_DOCUMENT_LIMIT = 256 * 1024 * 1024
"""A single JSON document larger than this (in bytes) is refused rather than held in memory."""
_CELL_LIMIT = 16 * 1024 * 1024

NOT_UTF8 = "\ufdd0\ufdd1"
"""Stands for a byte that is no UTF-8: two noncharacters, which no text has side by side."""
WHY_NOT_UTF8 = "not UTF-8 text; save the file as UTF-8, or convert it with iconv"
_MARKED = "llmcost-marked"


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return NOT_UTF8 * (error.end - error.start), error.end


codecs.register_error(_MARKED, _mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Something offered that could not be read."""

    line: int
    reason: str
    line_hash: str
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A truncated last line, left for the next run."""

    line: int


Item = tuple[int, Record] | Reject | Pending


def hash_of(line: bytes) -> str:
    """A short hash that tells two lines apart without keeping them."""
    return hashlib.sha256(line.strip()).hexdigest()[:16]


def read(file: LogFile) -> Iterator[Item]:
    """Every record of a file with the line it starts on, and what could not be read."""
    if file.format == "sqlite":
        yield from _database(file)
        return
    if (foreign := file.foreign) is not None:
        yield Reject(line=1, reason=foreign, line_hash="")
        return
    with file.open() as stream:
        match file.format:
            case "documents":
                items = _documents(stream)
            case "csv":
                items = read_rows(stream, file.head())
            case "parquet":
                raise AssertionError("Parquet is read by the ledger's engine")
            case _:
                items = read_lines(numbered_lines(stream))
        yield from up_to_damage(items)


def up_to_damage(items: Iterable[Item]) -> Iterator[Item]:
    """The items of a compressed file as far as it can be decompressed, then a reject that says it ends too early."""
    line = 0
    try:
        for item in items:
            line = item[0] if isinstance(item, tuple) else item.line
            yield item
    except Exception as error:
        if not is_damage(error):
            raise
        line = error.line if isinstance(error, DamageError) else line + 1
        yield Reject(line=line, reason="the compressed data ends too early or is damaged from here on", line_hash="")


def read_lines(lines: Iterable[tuple[int, bytes, bool]]) -> Iterator[Item]:
    """One record a line."""
    for number, line, ended in lines:
        try:
            record = parse(line)
        except ValueError as error:
            if line.strip() == codecs.BOM_UTF8:
                continue
            several = _side_by_side(line)
            if several is not None:
                for one in several:
                    yield number, one
                continue
            if not ended and line.lstrip().startswith(b"{") and not line.rstrip().endswith(b"}"):
                yield Pending(line=number)
            else:
                yield Reject(line=number, reason=f"not JSON: {error}", line_hash=hash_of(line))
            continue
        if isinstance(record, dict):
            yield number, record
        elif isinstance(record, list) and record and all(isinstance(item, dict) for item in record):
            for item in record:
                yield number, item
        else:
            yield Reject(line=number, reason=f"not an object but {_kind(record)}", line_hash=hash_of(line))


def _side_by_side(line: bytes) -> list[Record] | None:
    """The objects of a line that holds several, one after the other; None when it holds anything else."""
    if b"}{" not in line and b"} {" not in line:
        return None
    items = list(_documents(io.BytesIO(line)))
    return [item[1] for item in items if isinstance(item, tuple)] if all(isinstance(i, tuple) for i in items) else None


def parse(text: bytes) -> Any:
    """A JSON value, repaired if need be. Raises ValueError with a reason fit to print."""
    return parse_text(text.decode("utf-8-sig", _MARKED).strip().lstrip("\ufeff"))


def parse_text(text: str) -> Any:
    """A JSON value. Raises ValueError with a reason fit to print."""
    try:
        return json.loads(text, object_pairs_hook=_first_wins, parse_constant=_no_number, strict=False)
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg.lower().removesuffix(' at')} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _first_wins(pairs: list[tuple[str, Any]]) -> Record:
    record: Record = {}
    for key, value in pairs:
        record.setdefault(key, value)
    return record


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number JSON knows")


def _kind(value: Any) -> str:
    return {list: "a list", str: "a text", bool: "a truth value", type(None): "null"}.get(type(value), "a number")


def _documents(stream: IO[bytes]) -> Iterator[Item]:
    """An array, one object, or several one after the other, over as many lines as they like.

    A broken element costs itself alone: reading goes on where the next one starts.
    """
    content = stream.read(_DOCUMENT_LIMIT + 1)
    if len(content) > _DOCUMENT_LIMIT:
        yield Reject(line=1, reason="a JSON document larger than 256 MiB; one record a line has no limit", line_hash="")
        return
    text = content.decode("utf-8-sig", _MARKED)
    decoder = json.JSONDecoder(object_pairs_hook=_first_wins, parse_constant=_no_number, strict=False)
    place, line, counted = 0, 1, 0
    inside = False
    while True:
        while place < len(text) and text[place] in " \t\r\n,\ufeff":
            place += 1
        line += text.count("\n", counted, place)
        counted = place
        if place >= len(text):
            return
        if text[place] == "[" and not inside:
            inside, place = True, place + 1
            continue
        if text[place] == "]" and inside:
            inside, place = False, place + 1
            continue
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            reason = (
                f"not JSON: {error.msg.lower()}" if isinstance(error, json.JSONDecodeError) else f"not JSON: {error}"
            )
            place = _next_element(text, place)
            broken = text[counted:place].rstrip().removesuffix(",")
            yield Reject(line=line, reason=reason, line_hash=hash_of(broken.encode("utf-8", "replace")))
            continue
        if isinstance(value, dict):
            yield line, value
        else:
            rest = text[counted:place].encode("utf-8", "replace")
            yield Reject(line=line, reason=f"not an object but {_kind(value)}", line_hash=hash_of(rest))


def _next_element(text: str, broken: int) -> int:
    """Where the element after a broken one starts, or the end of the text.

    An object that opens a line is followed by the next that opens a line as far to the left; one amid a line by the next
    after `},`. An object deeper inside the broken one may be taken for its follower: no source knows it, so it is one more
    reject.
    """
    start = text.rfind("\n", 0, broken) + 1
    indent = text[start:broken]
    pattern = rf"^{indent}(?=\{{)" if not indent.strip(" \t\ufeff") else r"\}\s*,\s*(?=\{)"
    following = re.compile(pattern, re.MULTILINE).search(text, broken + 1)
    return following.end() if following is not None else len(text)


def _database(file: LogFile) -> Iterator[Item]:
    """The records of a database, numbered in order."""
    if file.compression != "uncompressed":
        yield Reject(line=1, reason="a compressed database; decompress it first", line_hash="")
        return
    line = 0
    try:
        for record in records_of(file.path):
            line += 1
            if isinstance(record, dict):
                yield line, record
            else:
                yield Reject(line=line, reason="not an object in a column that holds one", line_hash=hash_of(record))
    except NotADatabaseError as error:
        yield Reject(line=line + 1, reason=str(error), line_hash="")


def read_rows(stream: IO[bytes], head: bytes) -> Iterator[Item]:
    """CSV or TSV rows as objects of texts; empty cells are absent."""
    with io.TextIOWrapper(stream, encoding="utf-8-sig", errors=_MARKED, newline="") as text:
        yield from _cells(text, head)


def delimiter_of(head: bytes) -> str:
    """What stands between the cells of a table that begins so."""
    first = head.splitlines()[0].decode("utf-8-sig", "replace") if head else ""
    return max(",\t;|", key=first.count)


def _cells(text: IO[str], head: bytes) -> Iterator[Item]:
    delimiter = delimiter_of(head)
    csv.field_size_limit(_CELL_LIMIT)
    lines = _Lines(text)
    header: list[str] | None = None
    while True:
        line = lines.number + 1
        try:
            # One row a reader, so that what a stray quote swallowed can be read again line by line.
            row = next(csv.reader(lines, delimiter=delimiter, strict=True))
        except StopIteration:
            return
        except csv.Error as error:
            yield Reject(line=line, reason=f"not CSV: {error}", line_hash=hash_of(lines.again().encode()))
            continue
        if header is None:
            header = [name.strip() for name in row]
        elif len(row) == len(header):
            if any(cell.strip() for cell in row):
                yield line, {name: cell for name, cell in zip(header, row, strict=True) if cell != ""}
        elif any(cell.strip() for cell in row):
            if len(row) < len(header) and not lines.ended:
                yield Pending(line=line)
                return
            reason = f"{len(row)} cells where the header has {len(header)}"
            yield Reject(line=line, reason=reason, line_hash=hash_of(lines.again().encode("utf-8", "replace")))
        lines.forget()


class _Lines:
    """Physical lines of a table, of which those of a bad row can be offered once more."""

    def __init__(self, text: IO[str]) -> None:
        self._text = text
        self._taken: list[str] = []
        self._again: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._text)
        self._taken.append(line)
        self.number += 1
        return line

    @property
    def ended(self) -> bool:
        """Whether the last line of the row has an end."""
        return self._taken[-1].endswith(("\n", "\r"))

    def again(self) -> str:
        """Give up the first line of the row, which is returned, and put back the rest."""
        bad, *rest = self._taken
        self._again.extend(reversed(rest))
        self.number -= len(rest)
        self._taken = []
        return bad

    def forget(self) -> None:
        """The row is done with."""
        self._taken = []


def json_text(record: Record) -> str:
    """A record as JSON that DuckDB takes: half of a surrogate pair is no text and becomes a question mark."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
