"""A ledger as a folder that any version of DuckDB reads: one Parquet file for each table, and a manifest.

The file of a ledger follows DuckDB's storage format and our schema; the folder follows neither. What is read back is the same
ledger: rows, their order, every amount to its last digit.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost import __version__
from llmcost.domain.errors import DataError, UsageError
from llmcost.ledger import database, failures, migrations, scratch
from llmcost.ledger.identifiers import quote_identifier, quote_literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MANIFEST = "manifest.json"
SCHEMA = "llmcost/db-export/1"
_BLOCK = 1 << 20
_WORKING = "export"
"""What a working folder inside the one asked for is named after. The manifest goes up last: without it nothing is imported."""
_OF_THE_DISK = {"lost+found"}
"""What a folder that a disk is mounted at holds from the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """What was written or read."""

    schema_version: int
    rows: Mapping[str, int]
    """By table."""


def export_ledger(ledger: Path, folder: Path, *, wait: float = 5) -> Archived:
    """Write the ledger as a folder, whole or not at all; DataError where the folder holds something already."""
    _check_free(folder)
    mask = os.umask(0o077)
    # A folder that is there may be a mount, which no other can be put in the place of: what is written goes up into it.
    near = folder / _WORKING if folder.exists() else folder
    try:
        with scratch.folder_beside(near) as working, database.reading(ledger, wait=wait) as connection:
            made = working / "export"
            made.mkdir()
            tables = {name: _written(connection, name, made / f"{name}.parquet") for name in tables_of(connection)}
            names = migrations.applied_names(connection)
            manifest = {
                "schema": SCHEMA,
                "llmcost_version": __version__,
                "schema_version": migrations.version(names),
                "migrations": list(names),
                "tables": tables,
            }
            (made / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
            if near == folder:
                made.replace(folder)
            else:
                _check_empty(folder, working)
                for path in sorted(made.iterdir(), key=lambda path: path.name == MANIFEST):
                    path.replace(folder / path.name)
    except OSError as error:
        raise DataError(f"cannot write {folder}: {(error.strerror or str(error)).lower()}") from error
    finally:
        os.umask(mask)
    return Archived(schema_version=migrations.version(names), rows={name: one["rows"] for name, one in tables.items()})


def import_ledger(folder: Path, ledger: Path) -> Archived:
    """Make a ledger of a folder that `export_ledger` wrote.

    Every file is held against its checksum before anything is made of it. An older schema is migrated. Raises UsageError
    where there is no such folder, DataError for a folder that is incomplete, changed or of a newer llmcost, and where there is a ledger already.
    """
    manifest = _manifest(folder)
    names = manifest["migrations"]
    known = [migration.name for migration in migrations.known()]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise failures.newer(folder, unknown)
    for table, entry in manifest["tables"].items():
        path = folder / entry["file"]
        if not path.is_file():
            raise DataError(f"{folder} is not complete: {entry['file']} is missing", hint="export the ledger again")
        if _checksum(path) != entry["sha256"]:
            raise DataError(
                f"{path} is not what was exported: the checksum of table {table} differs",
                hint="copy the folder again, or export the ledger again",
            )
    with database.creating(ledger, names) as connection:
        with migrations.transaction(connection):
            for table in tables_of(connection):
                entry = manifest["tables"].get(table)
                if entry is None:
                    raise DataError(
                        f"{folder} is not complete: it has no table {table}", hint="export the ledger again"
                    )
                _read(connection, table, folder / entry["file"], entry["rows"])
        migrations.apply(connection)
    return Archived(
        schema_version=migrations.version(tuple(known)),
        rows={name: entry["rows"] for name, entry in manifest["tables"].items()},
    )


def tables_of(connection: "DuckDBPyConnection", catalog: str = "ledger") -> list[str]:
    """The tables of an attached ledger, by name."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = $catalog and not temporary order by table_name",
        {"catalog": catalog},
    ).fetchall()
    return [row[0] for row in rows]


def _written(connection: "DuckDBPyConnection", table: str, path: Path) -> dict[str, Any]:
    connection.execute(
        f"copy (from ledger.{quote_identifier(table)}) to {quote_literal(str(path))} (format parquet, compression zstd)"
    )
    (rows,) = connection.execute(f"select count(*) from ledger.{quote_identifier(table)}").fetchone() or (0,)
    return {"file": path.name, "rows": rows, "sha256": _checksum(path)}


def _read(connection: "DuckDBPyConnection", table: str, path: Path, rows: int) -> None:
    target = f"ledger.{quote_identifier(table)}"
    # What making the tables has noted of itself gives way to what was exported.
    connection.execute(f"delete from {target}")
    connection.execute(f"insert into {target} by name select * from read_parquet({quote_literal(str(path))})")
    (found,) = connection.execute(f"select count(*) from {target}").fetchone() or (0,)
    if found != rows:
        raise DataError(f"{path} has {found:,} rows, its manifest says {rows:,}", hint="export the ledger again")


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    foreign = DataError(f"{folder} is no exported ledger", hint="name a folder that `llmcost db export` wrote")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        if not folder.exists():
            raise UsageError(f"no such folder: {folder}", hint="check the path") from None
        raise foreign from None
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise foreign
    tables, names = manifest.get("tables"), manifest.get("migrations")
    listed = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not listed or not isinstance(tables, dict) or not all(map(_is_entry, tables.values())):
        raise DataError(f"{path} is damaged", hint="export the ledger again")
    return manifest


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("rows"), int)
        and isinstance(entry.get("sha256"), str)
        and isinstance(entry.get("file"), str)
        # A manifest from elsewhere must not make us read any other file.
        and re.fullmatch(r"[a-z0-9_]+\.parquet", entry["file"]) is not None
    )


def _checksum(path: Path) -> str:
    found = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _check_free(folder: Path) -> None:
    there = folder.exists()
    if there:
        _check_empty(folder, None)
    place = folder if there else folder.absolute().parent
    if not failures.is_there(place):
        raise DataError(f"cannot write {folder}: its parent folder does not exist", hint="make the parent folder first")
    if not os.access(place, os.W_OK | os.X_OK):
        raise DataError(f"cannot write {folder}: {place} may not be written to", hint="name a folder elsewhere")


def _check_empty(folder: Path, working: Path | None) -> None:
    """DataError where a folder holds anything but our working folder, or what exports that were killed left."""
    found = {path.name for path in (folder.iterdir() if folder.is_dir() else [folder])}
    ours = {name for name in found if name.startswith(f"{_WORKING}.tmp-")} if working is None else {working.name}
    if found - ours - _OF_THE_DISK:
        raise DataError(f"{folder} is there already and holds something", hint="name a new folder")
