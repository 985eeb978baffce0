"""Output to stdout or to a file, whole or not at all."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from llmcost.domain.errors import DataError


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


def copy_to_stdout(path: Path) -> None:
    """Write the bytes of a file to stdout, piece by piece."""
    sys.stdout.flush()
    with path.open("rb") as source:
        shutil.copyfileobj(source, sys.stdout.buffer)
    sys.stdout.flush()


@contextlib.contextmanager
def replacing(output: Path) -> Iterator[Path]:
    """A new file beside `output` that takes its place when the block succeeds and vanishes when it fails."""
    if output.exists() and not output.is_file():
        raise DataError(f"cannot write {output}: it is not a file", hint="name a file with --output")
    target = output.resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
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
