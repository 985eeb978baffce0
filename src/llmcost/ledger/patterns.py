"""Patterns that users write: RE2, as DuckDB reads it."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def check_patterns(patterns: Iterable[str]) -> None:
    """Raise UsageError for the first that is not RE2, where no ledger is open yet."""
    import duckdb

    with duckdb.connect() as connection:
        for pattern in patterns:
            check_pattern(connection, pattern)


def check_pattern(connection: "DuckDBPyConnection", pattern: str) -> None:
    """Raise UsageError when the pattern is not RE2."""
    import duckdb

    try:
        connection.execute("select regexp_matches('', $pattern)", {"pattern": pattern})
    except duckdb.Error as error:
        reason = re.sub(r"^[A-Za-z ]+ Error: ", "", str(error)).splitlines()[0]
        raise UsageError(
            f"cannot read the pattern {pattern!r}: {reason}", hint="patterns are RE2, unanchored"
        ) from error
