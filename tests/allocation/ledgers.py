"""Requests and aggregates put into a ledger by hand, and what owners bear of them."""

from datetime import datetime
from typing import Any

_DEFAULTS = {
    "part": 0,
    "source": "llmcost",
    "issuer": "openai",
    "ingest_id": 1,
    "time_origin": "log",
    "final": True,
    "provider": "openai",
    "model": "gpt-5",
    "operation": "chat",
    "status": "ok",
    "gateway_cached": False,
    "usage_origin": "billed",
    "cost_status": "priced",
    "charge_basis": "metered",
}


def put(connection: Any, started_at: str, cost: str | None, **values: Any) -> None:
    """Put one request into a ledger: `put(ledger, "2026-10-03 10:00", "1.50", team="search")`, UTC; no cost is unpriced."""
    row = {**_DEFAULTS, "started_at": datetime.fromisoformat(started_at), "cost": cost, **values}
    if cost is None:
        row["cost_status"] = "unpriced"
    names = ", ".join(row)
    marks = ", ".join(f"${name}" for name in row)
    connection.execute(f"insert into request (row_key, {names}) values (uuid(), {marks})", row)


def put_export(connection: Any, day: str, cost: str, requests: int, **values: Any) -> None:
    """Put the aggregate of a day into a ledger: `put_export(ledger, "2026-10-03", "60", 2, team="search")`, UTC."""
    row = {"source": "s", "ingest_id": 1, "cost_status": "billed", "cost": cost, "requests": requests, **values}
    names = ", ".join(row)
    marks = ", ".join(f"${name}" for name in row)
    connection.execute(
        f"insert into usage_bucket (bucket_key, bucket_start, bucket_end, {names}) "
        f"values (uuid(), date '{day}', date '{day}' + 1, {marks})",
        row,
    )


def amounts(allocation: Any) -> dict[tuple[str | None, str], str]:
    """What each owner bears of each cost."""
    return {(line.owner, line.source): f"{line.amount:f}" for line in allocation.lines}
