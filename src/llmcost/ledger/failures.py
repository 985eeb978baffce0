"""What DuckDB says when a ledger cannot be opened or read, in words a user can act on.

DuckDB has one exception type for most of these and the types differ between versions, so its text decides.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.domain.errors import DataError

if TYPE_CHECKING:
    import duckdb

_HELD = re.compile(r"Conflicting lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")
_DAMAGE = re.compile(
    r"Corrupt database file|does not match stored checksum|Could not read enough bytes|Serialization Error"
)

_FULL = re.compile(
    r'Could not write file \\?"(?P<path>.*?)\\?": (?P<reason>No space left on device|Disk quota exceeded|File too large)'
)
"""The system's words where a disk, a share of it or a file may grow no more."""


class InUseError(DataError):
    """Another process has the ledger; it may be free a little later."""


def is_there(path: Path) -> bool:
    """Whether we can see the path: one inside a folder closed to us is, to us, not there."""
    try:
        return path.exists()
    except OSError:
        return False


def is_locked(error: "duckdb.Error") -> bool:
    """Whether another process holds the file."""
    return "Could not set lock on file" in str(error)


def locked(path: Path, error: "duckdb.Error", waited: float, *, told: bool) -> InUseError:
    """Another process held the file for as long as we were `told` to wait, or as is usual."""
    held = _HELD.search(str(error))
    holder = f"process {held['pid']} ({Path(held['program']).name})" if held else "another process"
    return InUseError(
        f"{path} is in use by {holder}; gave up after {waited:g} s",
        hint="let it finish, or wait longer with --wait SECONDS" if told else "let it finish, and try again",
    )


def missing(path: Path) -> DataError:
    """There is no ledger yet."""
    return DataError(
        f"no ledger at {path}", hint="make one with `llmcost ingest PATH...`, or name another with --db PATH"
    )


def unnameable(path: Path) -> DataError | None:
    """Why no ledger may have this name: DuckDB takes what follows a `?` for a query and puts its log elsewhere."""
    if "?" not in str(path):
        return None
    return DataError(
        f"cannot keep a ledger at {path}: DuckDB gives '?' in a name a meaning of its own",
        hint="name a file and folders without a question mark with --db PATH",
    )


def closed_folder(path: Path) -> DataError:
    """The ledger may be written to, its folder not."""
    return DataError(
        f"cannot write to {path}: its folder is not writable",
        hint="DuckDB keeps its log beside the ledger; make the folder writable, or name another ledger with --db PATH",
    )


def foreign(path: Path) -> DataError:
    """The file is somebody else's; we neither read nor write it."""
    return DataError(
        f"{path} is not an llmcost ledger", hint="name another file with --db PATH; this one is left alone"
    )


def newer(path: Path, unknown: list[str]) -> DataError:
    """The ledger has migrations we have never heard of."""
    return DataError(
        f"{path} was written by a newer llmcost (it has {', '.join(unknown)})", hint="upgrade llmcost to read it"
    )


def older(path: Path, lacking: list[str]) -> DataError:
    """A reader does not change a ledger, so it cannot go on."""
    return DataError(
        f"{path} was written by an older llmcost (it lacks {', '.join(lacking)})",
        hint="run `llmcost db migrate`; the old file is kept as a copy",
    )


def unusable(path: Path) -> DataError | None:
    """Why an existing file cannot be a ledger, as far as that shows without opening it."""
    if path.is_dir():
        return DataError(f"{path} is a folder, not a ledger", hint="name a file inside it with --db PATH")
    if path.stat().st_size == 0:
        return DataError(f"{path} is empty, not a ledger", hint="delete it, then run `llmcost ingest PATH...`")
    return None


def explained(path: Path, error: "duckdb.Error", *, opening: bool) -> DataError | None:
    """The error as the user's to mend, or None when it can only be ours.

    While opening, any failed read or write is about the ledger; later it may be about a log or an output file.
    """
    import duckdb

    text = str(error)
    reason = re.sub(r"^[A-Za-z ]+ Error: ", "", text).splitlines()[0]
    if "not a valid DuckDB database file" in text:
        return foreign(path)
    if "version number" in text:
        return DataError(f"{path} was written by a newer DuckDB", hint="upgrade llmcost and its duckdb package")
    if _DAMAGE.search(text):
        return DataError(
            f"{path} is damaged: {reason}", hint="restore it from a copy, or ingest the logs into a new file with --db"
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return DataError(f"out of memory: {reason}", hint="ask for less at once: a shorter period or fewer dimensions")
    full = _FULL.search(text)
    if full is not None and not full["path"].startswith(str(path)):
        folder = Path(full["path"]).parent
        return DataError(f"cannot write to {folder}: {full['reason']}", hint="make room there, or name another place")
    if full is not None or (opening and "already attached" not in text):
        return DataError(f"cannot use {path}: {reason}", hint="check the file's permissions and the free disk space")
    return None


def is_out_of_memory(error: Exception) -> bool:
    """Whether a query took more memory than DuckDB may use."""
    import duckdb

    return isinstance(error, duckdb.OutOfMemoryException)


def why_no_parquet(error: Exception) -> str | None:
    """What is wrong with a Parquet file that could not be read; None where it is not the file."""
    import duckdb

    if is_out_of_memory(error):
        return "texts too long for the memory there is; leave such columns out, or write the file as JSON lines"
    if not isinstance(error, duckdb.Error) or isinstance(error, duckdb.InterruptException) or _FULL.search(str(error)):
        return None
    if "string encoding" in str(error):
        return "from here on texts that are not UTF-8; write them as UTF-8"
    # DuckDB's own words may quote what the file holds.
    return "damaged, or not all there: no Parquet from here on"


def cannot_take(error: Exception) -> bool:
    """Whether DuckDB gave up on a log file as a whole: a line beyond its limit, broken compression, too little memory.

    Such a file is read record by record instead.
    """
    import duckdb

    return is_out_of_memory(error) or (
        isinstance(error, duckdb.Error)
        and bool(
            re.search(
                r"maximum_object_size|gzip|zstd|Data corruption detected|miniz|decompress|Invalid Input Error: Malformed",
                str(error),
                re.IGNORECASE,
            )
        )
    )
