"""Patterns that users write: RE2, as DuckDB reads it."""

import re
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


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
