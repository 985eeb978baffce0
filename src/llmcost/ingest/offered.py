"""The files a run is offered: those its paths name, and standard input."""

from collections.abc import Container, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import IO

from llmcost.domain.errors import DataError
from llmcost.ingest.files import LogFile, find, look_at, unreadable


def looked_at(paths: Sequence[str], *ignored: Path) -> tuple[list[LogFile], dict[int, str]]:
    """Every file the paths name but those `ignored`, and by position what is wrong with those of a folder that cannot be read.

    A file given by name must be readable; one found in a folder must not keep the others from being read.
    """
    files: list[LogFile] = []
    trouble: dict[int, str] = {}
    for path, shown, named in find([path for path in paths if path != "-"], ignored=ignored):
        try:
            files.append(look_at(path, shown, named=named))
        except DataError as error:
            if named:
                raise
            trouble[len(files)] = str(error)
            files.append(unreadable(path, shown))
    return files, trouble


def tell_formats(files: list[LogFile], known: Container[int], trouble: dict[int, str]) -> None:
    """Look into the files that are not known. One of a folder that has gone since does not keep the others from being read."""
    for number, file in enumerate(files):
        if number in known:
            continue
        try:
            _ = file.format
        except DataError as error:
            if file.named:
                raise
            trouble[number] = str(error)
            files[number] = replace(file, stated="unknown")


def spooled_stdin(stdin: IO[bytes], folder: Path) -> LogFile:
    """Standard input as a private file that goes with the run. With no name and no time, all of it is its name."""
    path = folder / "stdin"
    digest = sha256()
    with path.open("xb") as file:
        path.chmod(0o600)
        while part := stdin.read(1024 * 1024):
            digest.update(part)
            file.write(part)
    seen = look_at(path, "-", named=True)
    return replace(seen, ledger_path=f"stdin:{digest.hexdigest()[:32]}", mtime_ns=0, inode=None)
