"""The ledger as a bill sees it: usage and cost by day, with everything else a price depends on.

Requests are grouped so that each group is charged by one rate per unit: by what was asked for, by the price that held, and by
the size of the prompt. Quantities within a group may then be added up before they are priced again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.period import Period
from llmcost.ledger.composition import Basis, Query, Selection
from llmcost.ledger.exported_days import exported_time
from llmcost.ledger.keys import resolve

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

QUANTITIES = (
    "uncached_input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_text_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "cache_read_audio_tokens",
    "input_image_tokens",
    "output_image_tokens",
    "web_searches",
    "rerank_searches",
    "images",
    "audio_seconds",
    "characters",
    "pages",
    "citation_tokens",
    "file_searches",
    "map_searches",
    "code_sessions",
    "video_seconds",
)
TOOLS = ("web_searches", "file_searches", "map_searches", "code_sessions")
"""Quantities of tools that a model of any kind may call; bills have lines of their own for them, without a model."""
_INSTEAD_OF_TOKENS = ("rerank_searches", "images", "audio_seconds", "characters", "pages", "video_seconds")
_OF_MODEL = (
    f"{' + '.join(f'coalesce({column}, 0)' for column in _INSTEAD_OF_TOKENS)} > 0 "
    f"and {' + '.join(f'coalesce({column}, 0)' for column in TOOLS)} = 0"
)
"""SQL: whether what is not charged by the token is the model's own work, and no tool's."""
_COSTS = {
    "input": "input_cost",
    "cache_read": "cache_read_cost",
    "cache_write": "cache_write_cost",
    "output": "coalesce(output_cost, 0) + coalesce(reasoning_cost, 0)",
    "audio": "audio_cost",
    "image": "image_cost",
    "units": f"case when {_OF_MODEL} then null else unit_cost end",
    "model_units": f"case when {_OF_MODEL} then unit_cost end",
}
_RATED = " + ".join(f"coalesce({expression}, 0)" for expression in _COSTS.values())
"""SQL: what of a cost is told by token class; a bill that tells its classes apart leaves nothing besides."""
_PROMPT = (
    "uncached_input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "cache_read_audio_tokens",
    "input_image_tokens",
)
_CONTEXT = (
    "provider",
    "model",
    "request_model",
    "response_model",
    "processing",
    "service_tier",
    "speed",
    "inference_region",
    "operation",
    "unit_size",
    "price_id",
    "cost_status",
)
ACCOUNTS = ("api_key_id", "virtual_account", "project")
"""Columns that can tell whose account a call was made with."""
_HELD: dict[str, Basis] = {"requests": "requests", "usage exports": "exports"}
_MOST_ACCOUNTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedUsage:
    """Requests of one day that are charged alike."""

    day: date
    provider: str | None
    model: str | None
    request_model: str | None
    response_model: str | None
    processing: str | None
    service_tier: str | None
    speed: str | None
    inference_region: str | None
    operation: str | None
    unit_size: str | None
    price_id: str | None
    cost_status: str
    failed: bool
    """Whether the calls ended in an error or were cancelled."""
    prompt_from: int
    """The largest of the thresholds asked about that every prompt here reaches."""
    accounts: tuple[str | None, ...]
    """In the order of ACCOUNTS."""
    requests: int
    unpriced: int
    """Requests that count here as unpriced, if only for a pass billed apart."""
    quantities: dict[str, Decimal]
    """By column of `request`; those that are zero are left out."""
    costs: dict[str, Decimal]
    """By token class. What the model charges for instead of tokens has the class `model_units`, other units `units`; what of a
    provider's own charge has no components has the class `whole`."""


def logged_usage(
    connection: "DuckDBPyConnection", selection: Selection, thresholds: Sequence[int] = ()
) -> list[LoggedUsage]:
    """Usage by day in the selection's time zone; `thresholds` are the prompt sizes at which some price changes.

    Accounts are told apart where there are a dozen at most.
    """
    query = Query()
    day = resolve(connection, "day")
    source = query.rows(connection, selection, [day])
    prompt = " + ".join(f"coalesce({column}, 0)" for column in _PROMPT)
    bands = " ".join(
        f"when {prompt} >= {query.bind(start)} then {query.bind(start)}" for start in sorted(thresholds, reverse=True)
    )
    keys = [
        "key_0",
        *_CONTEXT,
        "status in ('error', 'cancelled')",
        f"case {bands} else 0 end" if bands else "0",
        *_accounts(connection, selection),
    ]
    names = [f"group_{index}" for index in range(len(keys))]
    sums = [
        "coalesce(sum(calls), 0)",
        "coalesce(sum(unpriced_calls), 0)",
        *(f"coalesce(sum({column}), 0)" for column in QUANTITIES),
        *(f"coalesce(sum({expression}), 0)" for expression in _COSTS.values()),
        f"coalesce(sum(cost - ({_RATED})) filter (where cost_status = 'billed'), 0)",
    ]
    rows = connection.execute(
        f"""
        {source},
        grouped as (
            select *, {", ".join(f"{key} as {name}" for key, name in zip(keys, names, strict=True))}
            from keyed
        )
        select {", ".join([*names, *sums])}
        from grouped
        group by {", ".join(names)}
        order by all
        """,
        query.parameters,
    ).fetchall()
    return [_usage(row) for row in rows]


def _accounts(connection: "DuckDBPyConnection", selection: Selection) -> list[str]:
    """The columns of ACCOUNTS as SQL, null in place of one with too many values."""
    query = Query()
    source = query.rows(connection, selection, [])
    counts = connection.execute(
        f"{source} select {', '.join(f'count(distinct {column})' for column in ACCOUNTS)} from keyed", query.parameters
    ).fetchone()
    return [
        column if count <= _MOST_ACCOUNTS else "cast(null as varchar)"
        for column, count in zip(ACCOUNTS, counts or (), strict=True)
    ]


def _usage(row: tuple[object, ...]) -> LoggedUsage:
    values = iter(row)
    found: dict[str, object] = {"day": next(values)}
    found |= {name: next(values) for name in _CONTEXT}
    found |= {"failed": bool(next(values)), "prompt_from": next(values)}
    found["accounts"] = tuple(next(values) for _ in ACCOUNTS)
    found["requests"] = int(str(next(values)))
    found["unpriced"] = int(str(next(values)))
    found["quantities"] = {name: number for name in QUANTITIES if (number := Decimal(str(next(values))))}
    found["costs"] = {name: number for name in (*_COSTS, "whole") if (number := Decimal(str(next(values))))}
    return LoggedUsage(**found)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Half an hour of one model's requests."""

    start: datetime
    """Naive UTC."""
    provider: str | None
    model: str | None
    cost: Decimal
    """Of what is priced."""
    requests: int


def slots(connection: "DuckDBPyConnection", selection: Selection) -> list[Slot]:
    """Every half hour with a request of the selection, by provider and model."""
    query = Query()
    source = query.rows(connection, selection, [])
    rows = connection.execute(
        f"""
        {source}
        select time_bucket(interval 30 minutes, started_at) as start, provider, model, coalesce(sum(cost), 0), cast(coalesce(sum(calls), 0) as bigint)
        from keyed
        group by start, provider, model
        order by all
        """,
        query.parameters,
    ).fetchall()
    return [
        Slot(start=start, provider=provider, model=model, cost=cost, requests=requests)
        for start, provider, model, cost, requests in rows
    ]


def logged_span(connection: "DuckDBPyConnection", basis: Basis = "requests", zone: tzinfo = UTC) -> Period:
    """From the first to the last request, or usage bucket, of the ledger; unbounded without any.

    The days of buckets are days in `zone`.
    """
    start = exported_time(connection, zone, "bucket_start")
    of_exports = f"select min({start}), max({start}) from usage_bucket"
    of_requests = "select min(started_at), max(started_at) from request"
    found = connection.execute(of_requests if basis == "requests" else of_exports).fetchone()
    if found is None or found[0] is None:
        return Period()
    return Period(since=found[0].replace(tzinfo=UTC), until=found[1].replace(tzinfo=UTC))


def no_requests(connection: "DuckDBPyConnection", zone: tzinfo) -> str:
    """That a period has no requests, and of which days the ledger has some, in the zone."""
    said = "no requests in this period"
    for what, basis in _HELD.items():
        span = logged_span(connection, basis, zone)
        if span.since is not None and span.until is not None:
            first, last = (moment.astimezone(zone).date() for moment in (span.since, span.until))
            return f"{said}; the ledger has {what} of {first} to {last}"
    return said
