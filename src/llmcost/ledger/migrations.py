"""The ledger's schema as an ordered list of SQL files, each applied once.

`schema/NNNN_name.sql` is a migration named `NNNN_name`. A ledger records which ones it has; compared with the ones this
llmcost knows, that tells whether the ledger is current, older or newer.
"""

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC
from importlib import resources
from typing import TYPE_CHECKING

from llmcost import __version__
from llmcost.domain.period import clock

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_RECORD = """
    create table if not exists schema_migration (
        name              varchar   not null,
        applied_at        timestamp not null,      -- UTC
        llmcost_version   varchar   not null
    )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema."""

    name: str
    """The file's name without its suffix; its first four digits are the schema version it leads to."""
    sql: str


def known() -> tuple[Migration, ...]:
    """Every migration this llmcost carries, oldest first."""
    folder = resources.files("llmcost.ledger.schema")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return tuple(
        Migration(name=entry.name.removesuffix(".sql"), sql=entry.read_text(encoding="utf-8")) for entry in files
    )


def applied_names(connection: "DuckDBPyConnection") -> tuple[str, ...]:
    """The migrations the current catalog has, oldest first; none when it is not a ledger."""
    import duckdb

    try:
        rows = connection.execute("select name from schema_migration order by name").fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        return ()
    return tuple(row[0] for row in rows)


def apply(connection: "DuckDBPyConnection", only: Collection[str] | None = None) -> None:
    """Bring the current catalog to the known schema, in one transaction; with `only`, to an older one that has just those."""
    present = set(applied_names(connection))
    with transaction(connection):
        connection.execute(_RECORD)
        for migration in known():
            if migration.name not in present and (only is None or migration.name in only):
                connection.execute(migration.sql)
                connection.execute(
                    "insert into schema_migration values ($name, $applied_at, $version)",
                    {
                        "name": migration.name,
                        "applied_at": clock().astimezone(UTC).replace(tzinfo=None),
                        "version": __version__,
                    },
                )


def version(names: tuple[str, ...]) -> int:
    """The schema version a ledger with these migrations has: the number its last one begins with; 0 for none."""
    return int(names[-1].split("_", 1)[0]) if names else 0


@contextlib.contextmanager
def transaction(connection: "DuckDBPyConnection") -> Iterator[None]:
    """Commit what the block did, or nothing of it."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
