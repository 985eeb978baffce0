"""What a file is, told from its beginning."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Literal

Format = Literal["lines", "documents", "csv", "parquet", "sqlite", "empty", "unknown"]

HEAD_BYTES = 1024 * 1024
"""How much of a file is looked at to tell what it is."""

_AS_CSV = "save the sheet as CSV in UTF-8"
_PIECE = 4 * 1024
_LINES_PIECE = 64 * 1024


class DamageError(EOFError):
    """A compressed file ends, or becomes unreadable, inside this line."""

    def __init__(self, line: int) -> None:
        super().__init__(f"damaged in line {line}")
        self.line = line


def is_damage(error: Exception) -> bool:
    """Whether reading a compressed file ended because its content is cut short or corrupt."""
    import zlib

    return isinstance(error, EOFError | zlib.error | gzip.BadGzipFile) or type(error).__name__ == "ZstdError"


def read_head(stream: IO[bytes]) -> tuple[bytes, bool]:
    """The first bytes, one more than `HEAD_BYTES` where there are, and whether the content is damaged right after them."""
    head = bytearray()
    try:
        while len(head) <= HEAD_BYTES and (part := stream.read(min(_PIECE, HEAD_BYTES + 1 - len(head)))):
            head += part
    except Exception as error:
        if not is_damage(error):
            raise
        return bytes(head), True
    return bytes(head), False


def read_first_lines(stream: IO[bytes], count: int) -> list[bytes]:
    """The first lines, without their ends, as far as the first `HEAD_BYTES` have them."""
    head = bytearray()
    try:
        while len(head) < HEAD_BYTES and head.count(b"\n") < count and (part := stream.read(_LINES_PIECE)):
            head += part
    except Exception as error:
        if not is_damage(error):
            raise
    return bytes(head[:HEAD_BYTES]).splitlines()[:count]


def foreign_of(head: bytes, shown: str) -> str | None:
    """What a file is that nobody reads as it is but many people have, and what to do with it; None for any other."""
    name = Path(shown).name.lower()
    if head.startswith(b"PK\x03\x04"):
        if name.endswith((".xlsx", ".xlsm")) or b"xl/" in head:
            return f"an Excel workbook; {_AS_CSV}"
        return f"a spreadsheet; {_AS_CSV}" if name.endswith(".ods") else "a zip archive; unpack it first"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return f"an Office file of the old kind; {_AS_CSV}"
    if head.startswith(b"%PDF-"):
        return "a PDF; ask for the same as CSV or JSON"
    # Without a mark at its beginning, ASCII in UTF-16 has a zero in every second place.
    even, odd = head[:32:2], head[1:32:2]
    half_zero = len(head) >= 4 and any(not any(one) and all(other) for one, other in ((even, odd), (odd, even)))
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or half_zero:
        return "UTF-16 text; save it as UTF-8, or convert it with `iconv -f utf-16 -t utf-8`"
    return None


def format_of(head: bytes, *, complete: bool, shown: str) -> Format:
    """What the content is, told from its first megabyte; `complete` says that this is all of it, `shown` is its name."""
    if foreign_of(head, shown) is not None:
        return "unknown"
    if head[:4] == b"PAR1":
        return "parquet"
    if head.startswith(b"SQLite format 3\x00"):
        return "sqlite"
    text = head.removeprefix(b"\xef\xbb\xbf")
    start = text.lstrip()[:1]
    if not start:
        return "empty"
    lines = [line.strip() for line in text.splitlines()[:50]]
    if not complete and len(lines) < 50:
        lines = lines[:-1] or lines
    lines = [line for line in lines if line]
    objects = sum(_is_object(line) for line in lines[:20])
    # One damaged or foreign line at the top does not make a document of a log.
    if objects > 1 or (objects and start != b"[" and not _is_pretty(lines)):
        return "lines"
    if start == b"[":
        return "documents"
    if start == b"{":
        return "documents" if _is_pretty(lines) else "lines"
    stem = Path(shown).name.lower().removesuffix(".gz").removesuffix(".zst")
    # The last row of a table that is still being written may lack cells.
    if stem.endswith((".csv", ".tsv")) or _is_table(lines) or (not text.endswith(b"\n") and _is_table(lines[:-1])):
        return "csv"
    return "lines" if stem.endswith((".jsonl", ".ndjson", ".json")) else "unknown"


def _is_object(line: bytes) -> bool:
    import json

    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _is_pretty(lines: Sequence[bytes]) -> bool:
    """An object written over several lines: its first line opens it and nothing on that line closes it."""
    return (
        bool(lines)
        and lines[0].startswith(b"{")
        and not lines[0].endswith(b"}")
        and len(lines[0]) < 2000
        and (lines[0] == b"{" or lines[0].endswith((b",", b"{", b"[")))
    )


def _is_table(lines: Sequence[bytes]) -> bool:
    if len(lines) < 2:
        return False
    for separator in (b",", b"\t", b";"):
        width = lines[0].count(separator)
        if width >= 2 and all(line.count(separator) >= width for line in lines[:5]):
            return True
    return False
