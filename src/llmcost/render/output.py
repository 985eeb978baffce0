"""Output to stdout or to a file, whole or not at all."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from llmcost.domain.errors import DataError, UsageError

Result = TypeVar("Result")


def write(text: str, output: Path | None = None) -> None:
    """Write text as UTF-8, line ends as they are, to stdout or in place of a file."""
    if output is not None:
        with replacing(output) as path:
            path.write_bytes(text.encode())
        return
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        binary.write(text.encode())
    sys.stdout.flush()


def piped(produce: Callable[[Path], Result]) -> Result:
    """Send to stdout what `produce` writes to a path, as it is written; returns what it returns.

    When nobody reads stdout any more, its next write fails, which ends it early.
    """
    from concurrent.futures import ThreadPoolExecutor

    sys.stdout.flush()
    reading, writing = os.pipe()

    def work() -> Result:
        try:
            return produce(Path(f"/dev/fd/{writing}"))
        finally:
            os.close(writing)

    with ThreadPoolExecutor(max_workers=1) as pool:
        with open(reading, "rb") as source:  # noqa: PTH123  a descriptor has no path
            done = pool.submit(work)
            shutil.copyfileobj(source, sys.stdout.buffer)
            sys.stdout.flush()
        return done.result()


@contextlib.contextmanager
def replacing(output: Path) -> Iterator[Path]:
    """A new file beside `output` that takes its place when the block succeeds and vanishes when it fails."""
    if output.exists() and not output.is_file():
        raise DataError(f"cannot write {output}: it is not a file", hint="name a file with --output")
    target = output.resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"cannot write {output}: its folder does not exist", hint="make the folder first") from None
    except OSError as error:
        raise _unwritable(output, error) from error
    fresh = Path(name)
    try:
        fresh.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_mask())
        yield fresh
        fresh.replace(target)
    except OSError as error:
        raise _unwritable(output, error) from error
    finally:
        fresh.unlink(missing_ok=True)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(output: Path, error: OSError) -> DataError:
    return DataError(
        f"cannot write {output}: {error.strerror or error}",
        hint="name a file in a folder you may write to with --output",
    )
