"""Which files an ingest reads, and what each of them is."""

import glob
import gzip
import hashlib
import io
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from llmcost.domain.errors import DataError, UsageError

Compression = Literal["uncompressed", "gzip", "zstd"]
Format = Literal["lines", "documents", "csv", "parquet", "sqlite", "empty", "unknown"]

PULLED = "pulled:"
"""What the ledger's name of an API begins with."""
RECEIVED = "otlp:"
"""What the ledger's name of an address begins with at which spans were received."""
_HEAD = 1024 * 1024
_EDGE = 64 * 1024
_PIECE = 4 * 1024
_LEDGER_FILE = re.compile(r"\.duckdb\.(tmp-|v\d+\.bak$)")
_SKIPPED_SUFFIXES = (
    ".duckdb",
    ".duckdb.wal",
    ".db",
    ".sqlite",
    ".py",
    ".pyc",
    ".toml",
    ".yaml",
    ".yml",
    ".md",
    ".lock",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """One file as it was when the run began."""

    path: Path
    """Where it is read: absolute, links resolved."""
    shown: str
    """What the user calls it."""
    named: bool
    """Given by name, not found in a folder: then it must be readable."""
    size: int
    mtime_ns: int
    fingerprint: str
    """Hash of the first and last bytes."""
    inode: str | None
    """Device and inode, which a file keeps when it is renamed."""
    compression: Compression
    format: Format
    head: bytes
    """The first bytes, decompressed."""
    complete: bool
    """Whether `head` is the whole content."""
    damaged: bool
    """Whether `head` ends where the content can no longer be decompressed."""
    ledger_path: str
    """The name the ledger knows it by."""
    grows: bool = False
    """What is read comes on top of what was read under this name before: a part of a stream, not a file."""

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The decompressed content."""
        with self.path.open("rb") as raw:
            yield _decompressed(raw, self.compression)


def find(arguments: Sequence[str], *, ignored: Iterable[Path] = ()) -> list[tuple[Path, str, bool]]:
    """(path, shown name, given by name) of every file behind paths, folders and globs, each once, in order.

    In folders hidden entries, ledgers and files that cannot be logs (code, configuration) are passed over. Raises
    UsageError for a path that does not exist and a glob that matches nothing.
    """
    found: dict[Path, tuple[str, bool]] = {}
    without = {Path(os.path.realpath(path)) for path in ignored}
    for argument in arguments:
        path = Path(argument).expanduser()
        if path.is_dir():
            for name in sorted(_walk(path)):
                found.setdefault(Path(os.path.realpath(name)), (str(name), False))
        elif path.exists():
            found[Path(os.path.realpath(path))] = (argument, True)
        elif glob.has_magic(argument):
            found_names = glob.glob(str(path), recursive=True)  # noqa: PTH207  Path.glob refuses absolute patterns
            matches = sorted(match for match in map(Path, found_names) if match.is_file())
            if not matches:
                raise UsageError(
                    f"no file matches {argument!r}", hint="quote the pattern if the shell should not expand it"
                )
            for match in matches:
                found.setdefault(Path(os.path.realpath(match)), (str(match), True))
        else:
            raise UsageError(f"no such file or folder: {argument}", hint="check the path; `-` reads standard input")
    return [(path, shown, named) for path, (shown, named) in found.items() if path not in without]


def _walk(folder: Path) -> Iterator[Path]:
    seen = set()
    for base, folders, names in os.walk(folder, followlinks=True):
        # Links to folders are followed, each real folder once, so that no circle of links goes on for ever.
        real = os.path.realpath(base)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and ".duckdb.tmp-" not in name)
        for name in names:
            if not name.startswith(".") and not name.endswith(_SKIPPED_SUFFIXES) and not _LEDGER_FILE.search(name):
                yield Path(base) / name


def look_at(path: Path, shown: str, *, named: bool) -> LogFile:
    """Read the head of a file and tell what it is. Raises DataError when it cannot be read."""
    try:
        # Opening a pipe would wait for somebody to write into it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{shown} is not a regular file", hint="pipe it in instead: `... | llmcost ingest -`")
        with path.open("rb") as raw:
            status = os.fstat(raw.fileno())
            fingerprint = _fingerprint(raw, status.st_size)
            raw.seek(0)
            magic = raw.read(4)
            raw.seek(0)
            compression = _compression(magic)
            head, damaged = _head(_decompressed(raw, compression))
    except OSError as error:
        raise DataError(f"cannot read {shown}: {error.strerror or error}", hint="check its permissions") from error
    complete = len(head) <= _HEAD
    return LogFile(
        path=path,
        shown=shown,
        named=named,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        fingerprint=fingerprint,
        inode=f"{status.st_dev}:{status.st_ino}",
        compression=compression,
        # What cannot be decompressed at all is no empty file: the strict reader says what is wrong with it.
        format="lines" if damaged and not head.strip() else _format(head, complete=complete, shown=shown),
        head=head[:_HEAD],
        complete=complete,
        damaged=damaged,
        ledger_path=printable_path(path),
    )


def unreadable(path: Path, shown: str) -> LogFile:
    """A file of a folder that could not even be looked at."""
    return LogFile(
        path=path,
        shown=shown,
        named=False,
        size=0,
        mtime_ns=0,
        fingerprint="",
        inode=None,
        compression="uncompressed",
        format="unknown",
        head=b"",
        complete=False,
        damaged=False,
        ledger_path=printable_path(path),
    )


def printable_path(path: Path) -> str:
    """A path as text the ledger can hold, whatever bytes the file system allowed in it."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


class DamageError(EOFError):
    """A compressed file ends, or becomes unreadable, inside this line."""

    def __init__(self, line: int) -> None:
        super().__init__(f"damaged in line {line}")
        self.line = line


def is_damage(error: Exception) -> bool:
    """Whether reading a compressed file ended because its content is cut short or corrupt."""
    import zlib

    return isinstance(error, EOFError | zlib.error | gzip.BadGzipFile) or type(error).__name__ == "ZstdError"


def _head(stream: IO[bytes]) -> tuple[bytes, bool]:
    """The first bytes, and whether the content is damaged right after them."""
    head = bytearray()
    try:
        while len(head) <= _HEAD and (part := stream.read(min(_PIECE, _HEAD + 1 - len(head)))):
            head += part
    except Exception as error:
        if not is_damage(error):
            raise
        return bytes(head), True
    return bytes(head), False


def _fingerprint(raw: IO[bytes], size: int) -> str:
    digest = hashlib.sha256(raw.read(_EDGE))
    raw.seek(max(size - _EDGE, 0))
    digest.update(raw.read(_EDGE))
    return digest.hexdigest()[:32]


def _compression(magic: bytes) -> Compression:
    if magic[:2] == b"\x1f\x8b":
        return "gzip"
    return "zstd" if magic == b"\x28\xb5\x2f\xfd" else "uncompressed"


def _decompressed(raw: IO[bytes], compression: Compression) -> IO[bytes]:
    if compression == "gzip":
        return gzip.GzipFile(fileobj=raw)  # type: ignore[return-value]  # a binary stream like the others
    if compression == "zstd":
        return io.BufferedReader(_ZstdStream(raw))
    return raw


class _ZstdStream(io.RawIOBase):
    """Decompressed frames, one after the other. Unlike the library's own reader it notices when the last is cut short."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._frame: Any = None
        self._left = b""
        self._ready = b""

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`; 0 at the end. Raises EOFError inside a frame, the library's ZstdError on corrupt data."""
        while not self._ready:
            part = self._left or self._raw.read(_EDGE)
            self._left = b""
            if not part:
                if self._frame is not None:
                    raise EOFError("a frame of compressed data is cut short")
                return 0
            if self._frame is None:
                import zstandard

                self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._ready = self._frame.decompress(part)
            if self._frame.eof:
                self._frame, self._left = None, self._frame.unused_data
        taken = self._ready[: len(buffer)]
        buffer[: len(taken)] = taken
        self._ready = self._ready[len(taken) :]
        return len(taken)


def _format(head: bytes, *, complete: bool, shown: str) -> Format:
    """What the content is, told from its first megabyte."""
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
    if stem.endswith((".csv", ".tsv")) or _is_table(lines):
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
