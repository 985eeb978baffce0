"""The type of an open ledger, for layers that pass it on and do not speak DuckDB."""

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    Connection: TypeAlias = DuckDBPyConnection
