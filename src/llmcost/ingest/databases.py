"""Records in the SQLite databases that tools keep their calls in.

A table is known by its name and the columns it must have; of its other columns those that hold prompts and answers are
never read. The file is opened for reading only, beside a tool that may be writing to it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from llmcost.ledger.identifiers import quote_identifier

if TYPE_CHECKING:
    import sqlite3

Record = dict[str, Any]


class NotADatabaseError(Exception):
    """The database cannot be read, or holds no table that is known; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose rows are records."""

    needs: tuple[str, ...]
    """Columns without which it is another table of that name."""
    reads: tuple[str, ...] = ()
    """Further columns, read where they are there."""
    record: Callable[[Record], Record | bytes] = lambda row: row
    """From a row to the record that a source knows; bytes are what could not be made one."""


def _message(row: Record) -> Record | bytes:
    """A message of opencode, whose row holds it as JSON beside its ids."""
    try:
        message = json.loads(row["data"])
    except (TypeError, ValueError):
        message = None
    if not isinstance(message, dict):
        return str(row["data"]).encode("utf-8", "replace")
    return {**message, "id": row["id"], "sessionID": row["session_id"]}


_TURN = Table(
    needs=("id", "model", "datetime_utc", "input_tokens", "output_tokens"),
    reads=("resolved_model", "token_details", "duration_ms", "conversation_id", "thread_id"),
)
TABLES: Mapping[str, Table] = {
    "turns": _TURN,
    "responses": _TURN,
    "message": Table(needs=("id", "session_id", "data"), record=_message),
}
"""By name: llm's turns and its older responses (https://llm.datasette.io/en/stable/logging.html), opencode's messages."""


def records_of(path: Path) -> Iterator[Record | bytes]:
    """The records of every known table, in the order of `TABLES`. Raises NotADatabaseError."""
    import sqlite3

    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise NotADatabaseError(f"the database cannot be opened: {error}") from error
    try:
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        connection.row_factory = sqlite3.Row
        yield from _rows(connection)
    except sqlite3.Error as error:
        raise NotADatabaseError(f"the database cannot be read: {error}") from error
    finally:
        connection.close()


def _rows(connection: "sqlite3.Connection") -> Iterator[Record | bytes]:
    found = [
        row["name"] for row in connection.execute("select name from sqlite_master where type = 'table' order by 1")
    ]
    known = False
    for name, table in TABLES.items():
        columns = _columns(connection, name) if name in found else []
        if not columns or not set(table.needs) <= set(columns):
            continue
        known = True
        chosen = ", ".join(quote_identifier(column) for column in (*table.needs, *table.reads) if column in columns)
        for row in connection.execute(f"select {chosen} from {quote_identifier(name)} order by rowid"):
            yield table.record({key: row[key] for key in row.keys() if row[key] is not None})  # noqa: SIM118  a Row's keys
    if not known:
        names = ", ".join(found[:5]) + (", ..." if len(found) > 5 else "")
        raise NotADatabaseError(f"a database with none of the tables {', '.join(TABLES)}: {names or 'it is empty'}")


def _columns(connection: "sqlite3.Connection", table: str) -> list[str]:
    return [row["name"] for row in connection.execute("select name from pragma_table_info(?)", (table,))]
