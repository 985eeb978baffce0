"""Which content a file has, as far as the ledger knows it: a path may hold one after another, and a content have many paths.

The ledger numbers contents. What has grown is the same content still, and so is what was renamed or copied; what has another
beginning is another, and the entry of the one before it stays for as long as anything is known of it.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.ingest.files import EDGE, LogFile, begin_alike, fingerprint_of
from llmcost.ledger.replaced import REPLACED, forget_mended

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

_SEPARATOR = re.compile("[-._]")
_ENTRY = "select file_id, path, size, fingerprint, inode, status, settings, revisions from ledger.file"


@dataclass(frozen=True, slots=True)
class Entry:
    """A content as it was when it was last read."""

    file_id: int
    path: str
    size: int
    fingerprint: str
    inode: str | None
    status: str
    settings: str
    revisions: str

    def read_as(self, settings: str, revisions: Mapping[str, int]) -> bool:
        """Whether it was read in the way that these mean; a source that has come since reads no record otherwise."""
        if way_of(self.settings) != way_of(settings):
            return False
        return all(revisions.get(name, one) == one for name, one in json.loads(self.revisions).items())


@dataclass(frozen=True, slots=True)
class Numbered:
    """The files of a batch, by what they hold."""

    ids: list[int]
    """The ledger's number of each content, old or next free."""
    before: dict[int, int]
    """By number, that of the content which was at its path before it."""
    entries: list[list[Entry]]
    """Of each file, the entries of its content, under whatever path."""


def way_of(settings: str) -> tuple[object, ...]:
    """What of the settings a file was read with decides how each of its records is read."""
    found = json.loads(settings)
    return tuple(found.get(name) or None for name in ("source", "map", "at"))


def numbered(connection: "Connection", files: Sequence[LogFile]) -> Numbered:
    """What the attached ledger knows of the contents of these files."""
    known = _entries(
        connection,
        "path in (select unnest($paths)) or inode in (select unnest($inodes)) or fingerprint in (select unnest($prints))",
        {
            "paths": [path for file in files for path in (file.ledger_path, *_names_before(file))],
            "inodes": [file.inode for file in files if file.inode is not None],
            "prints": [file.fingerprint for file in files if file.fingerprint],
        },
    )
    by_path: dict[str, list[Entry]] = {}
    by_inode: dict[str, list[Entry]] = {}
    by_look: dict[tuple[int, str], list[Entry]] = {}
    for entry in known:
        by_path.setdefault(entry.path, []).append(entry)
        by_look.setdefault((entry.size, entry.fingerprint), []).append(entry)
        if entry.inode is not None:
            by_inode.setdefault(entry.inode, []).append(entry)
    (last,) = connection.execute("select coalesce(max(file_id), 0) from ledger.file").fetchone() or (0,)
    ids: list[int] = []
    fresh: dict[str, int] = {}
    before: dict[int, int] = {}
    entries = []
    for file in files:
        here = by_path.get(file.ledger_path, [])
        own = here if file.grows else _held(file, here)
        current = next((entry for entry in here if entry.status != REPLACED), None)
        if own:
            number = (current if current in own else max(own, key=lambda entry: entry.size)).file_id
        elif file.ledger_path in fresh:
            number = fresh[file.ledger_path]
        else:
            last += 1
            number = fresh[file.ledger_path] = last
        if current is not None and current.file_id != number:
            before[number] = current.file_id
        ids.append(number)
        elsewhere = [*by_inode.get(file.inode or "", []), *by_look.get((file.size, file.fingerprint), [])]
        elsewhere += [entry for path in _names_before(file) for entry in by_path.get(path, [])]
        entries.append([] if file.grows else list(dict.fromkeys([*own, *_held(file, elsewhere)])))
    return Numbered(ids, before, entries)


def _names_before(file: LogFile) -> list[str]:
    """The paths that a log had before it was rotated, or copied and then written anew: `app.log` of `app.log.1` or `app-1.log`."""
    if file.grows:
        return []
    folder, slash, name = file.ledger_path.rpartition("/")
    ending = Path(name).suffix
    stems = [name[: match.start()] for match in _SEPARATOR.finditer(name) if match.start()]
    return [f"{folder}{slash}{one}" for stem in stems for one in (stem, stem + ending) if one != name]


def alike(connection: "Connection", entries: Iterable[Entry]) -> list[Entry]:
    """These entries and those of files that looked the same."""
    looks = {(entry.size, entry.fingerprint) for entry in entries}
    found = _entries(
        connection, "fingerprint in (select unnest($prints))", {"prints": [fingerprint for _, fingerprint in looks]}
    )
    return [entry for entry in found if (entry.size, entry.fingerprint) in looks]


def is_of(file: LogFile, entry: Entry) -> bool | None:
    """Whether a file that looks as an entry does holds its every byte; None where nobody can tell any more.

    A file that kept its name or was renamed is taken by its looks, and so is one of which the looks are all there is.
    """
    if entry.path == file.ledger_path or (entry.inode is not None and entry.inode == file.inode):
        return True
    if entry.size <= 2 * EDGE:
        return True
    original = Path(entry.path)
    try:
        if original.stat().st_size != entry.size:
            return None
        return begin_alike(original, file.path, entry.size)
    except (OSError, ValueError):
        return None


def retire(connection: "Connection", ids: Sequence[int]) -> None:
    """Note that the paths of these contents hold others now; one that nothing is known of has no entry any more."""
    if not ids:
        return
    gone = {"ids": list(ids)}
    connection.execute(f"update ledger.file set status = '{REPLACED}' where list_contains($ids, file_id)", gone)
    forget_mended(connection)
    told = " union all ".join(
        f"select file_id from ledger.{table} where list_contains($ids, file_id)"
        for table in ("request", "usage_bucket", "conflict", "also_in", "reject")
    )
    connection.execute(f"delete from ledger.file where list_contains($ids, file_id) and file_id not in ({told})", gone)


def _entries(connection: "Connection", condition: str, values: Mapping[str, object]) -> list[Entry]:
    rows = connection.execute(f"{_ENTRY} where {condition} order by file_id", dict(values)).fetchall()
    return [Entry(*row) for row in rows]


def _held(file: LogFile, entries: Sequence[Entry]) -> list[Entry]:
    """Those of the entries whose content the file has, or begins with."""
    sure = [entry for entry in entries if (entry.size, entry.fingerprint) == (file.size, file.fingerprint)]
    shorter = [entry for entry in entries if 0 < entry.size < file.size]
    if not shorter:
        return sure
    with file.path.open("rb") as raw:
        return [*sure, *(entry for entry in shorter if fingerprint_of(raw, entry.size) == entry.fingerprint)]
