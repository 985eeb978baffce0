"""Rows put into a table together: an insert takes DuckDB five times as long to plan as a row more of it."""

from collections.abc import Mapping, Sequence
from typing import Any

_TOGETHER = 200

METERED_CALL: Mapping[str, Any] = {
    "part": 0,
    "ingest_id": 1,
    "time_origin": "log",
    "final": True,
    "operation": "chat",
    "status": "ok",
    "gateway_cached": False,
    "usage_origin": "billed",
    "charge_basis": "metered",
}
"""What every row of `request` has to say, of a call that went well and is paid by use; who made it and what it cost come on top."""


def insert(connection: Any, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put these rows into a table; what one lacks and another has is null in it, and each has a key of its own."""
    key = "bucket_key" if table == "usage_bucket" else "row_key"
    names = list(dict.fromkeys(name for row in rows for name in row))
    marks = f"(uuid(), {', '.join('?' for _ in names)})"
    for start in range(0, len(rows), _TOGETHER):
        some = rows[start : start + _TOGETHER]
        connection.execute(
            f"insert into {table} ({key}, {', '.join(names)}) values {', '.join([marks] * len(some))}",
            [row.get(name) for row in some for name in names],
        )
