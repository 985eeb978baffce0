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
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Literal

from llmcost.domain.errors import DataError, UsageError
from llmcost.ingest.formats import HEAD_BYTES, Format, foreign_of, format_of, read_first_lines, read_head

Compression = Literal["uncompressed", "gzip", "zstd"]

PULLED = "pulled:"
"""What the ledger's name of an API begins with."""
RECEIVED = "otlp:"
"""What the ledger's name of an address begins with at which spans were received."""
EDGE = 64 * 1024
"""Bytes at either end of a file that are hashed."""
_BLOCK = 1024 * 1024
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
    ledger_path: str
    """The name the ledger knows it by."""
    grows: bool = False
    """What is read comes on top of what was read under this name before: a part of a stream, not a file."""
    stated: Format | None = None
    """What the content is where that is known without a look at it: `unknown` of a file that cannot be read."""

    @property
    def format(self) -> Format:
        """What the content is. Raises DataError when it can no longer be read."""
        return self.stated or _told(self)[0]

    @property
    def damaged(self) -> bool:
        """Whether the content can no longer be decompressed from somewhere near its beginning."""
        return self.stated is None and _told(self)[1]

    @property
    def foreign(self) -> str | None:
        """What a file of unknown content is that many people have, and what to do with it."""
        if self.stated is not None or self.format != "unknown":
            return None
        try:
            return foreign_of(self.head(), self.shown)
        except OSError:
            return None

    def head(self) -> bytes:
        """The first megabyte, decompressed, read anew: of thousands of files it does not fit into memory."""
        with self.open() as stream:
            return read_head(stream)[0][:HEAD_BYTES]

    def first_lines(self, count: int) -> list[bytes]:
        """The first lines, without their ends, as far as the first megabyte has them."""
        with self.open() as stream:
            return read_first_lines(stream, count)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The decompressed content."""
        with self.path.open("rb") as raw:
            yield _decompressed(raw, self.compression)


@lru_cache(maxsize=10_000)
def _told(file: LogFile) -> tuple[Format, bool]:
    """Format and damage of a file, from its beginning; only asked of files that are not known by their looks."""
    try:
        with file.open() as stream:
            head, damaged = read_head(stream)
    except OSError as error:
        raise _unreadable(file.shown, error) from error
    # What cannot be decompressed at all is no empty file: the strict reader says what is wrong with it.
    if damaged and not head.strip():
        return "lines", damaged
    return format_of(head[:HEAD_BYTES], complete=len(head) <= HEAD_BYTES, shown=file.shown), damaged


def _unreadable(shown: str, error: OSError) -> DataError:
    return DataError(f"cannot read {shown}: {error.strerror or error}", hint="check its permissions")


def find(arguments: Sequence[str], *, ignored: Iterable[Path] = ()) -> list[tuple[Path, str, bool]]:
    """(path, shown name, given by name) of every file behind paths, folders and globs, each once, in order.

    In folders hidden entries, ledgers and files that cannot be logs (code, configuration) are passed over. A folder that
    cannot be listed stands for what is in it: `look_at` says why. Raises UsageError for a path that does not exist and a glob that matches nothing.
    """
    found: dict[Path, tuple[str, bool]] = {}
    without = {Path(os.path.realpath(path)) for path in ignored}
    for argument in arguments:
        path = Path(argument).expanduser()
        if path.is_dir():
            for name in sorted(_walk(path)):
                found.setdefault(Path(os.path.realpath(name)), (str(name), name == path))
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
    closed: list[Path] = []
    for base, folders, names in os.walk(
        folder, followlinks=True, onerror=lambda error: closed.append(Path(error.filename))
    ):
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
    yield from closed


def look_at(path: Path, shown: str, *, named: bool) -> LogFile:
    """A file as it is now. Raises DataError when it cannot be read."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            os.scandir(path).close()
            raise DataError(f"{shown} is a folder", hint="name one of its files")
        # Opening a pipe would wait for somebody to write into it.
        if not stat.S_ISREG(mode):
            raise DataError(f"{shown} is not a regular file", hint="pipe it in instead: `... | llmcost ingest -`")
        with path.open("rb") as raw:
            status = os.fstat(raw.fileno())
            fingerprint = fingerprint_of(raw, status.st_size)
            raw.seek(0)
            magic = raw.read(4)
    except OSError as error:
        raise _unreadable(shown, error) from error
    return LogFile(
        path=path,
        shown=shown,
        named=named,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        fingerprint=fingerprint,
        inode=f"{status.st_dev}:{status.st_ino}",
        compression=_compression(magic),
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
        ledger_path=printable_path(path),
        stated="unknown",
    )


def printable_path(path: Path) -> str:
    """A path as text the ledger can hold, whatever bytes the file system allowed in it."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def fingerprint_of(raw: IO[bytes], size: int) -> str:
    """A hash of the edges of a file's first `size` bytes."""
    raw.seek(0)
    digest = hashlib.sha256(raw.read(min(EDGE, size)))
    start = max(size - EDGE, 0)
    raw.seek(start)
    digest.update(raw.read(size - start))
    return digest.hexdigest()[:32]


def _compression(magic: bytes) -> Compression:
    if magic[:2] == b"\x1f\x8b":
        return "gzip"
    # RFC 8878: frames to be skipped, of which there are sixteen kinds, may stand before those of data as well.
    skippable = magic[1:] == b"\x2a\x4d\x18" and 0x50 <= magic[0] <= 0x5F
    return "zstd" if skippable or magic == b"\x28\xb5\x2f\xfd" else "uncompressed"


def _decompressed(raw: IO[bytes], compression: Compression) -> IO[bytes]:
    if compression == "gzip":
        return gzip.GzipFile(fileobj=raw)  # type: ignore[return-value]  # a binary stream like the others
    if compression == "zstd":
        return io.BufferedReader(_ZstdStream(raw))
    return raw


def begin_alike(one: Path, other: Path, size: int) -> bool:
    """Whether both files begin with the same `size` bytes. Raises OSError."""
    with one.open("rb", buffering=0) as left, other.open("rb", buffering=0) as right:
        while size:
            part = left.read(min(size, _BLOCK))
            if not part or part != right.read(len(part)):
                return False
            size -= len(part)
    return True


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
            part = self._left or self._raw.read(EDGE)
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
