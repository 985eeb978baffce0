"""The usage and cost exports of OpenAI and Anthropic: one record a result.

The APIs have pages of buckets of results; the CSV files of the dashboards become the results that the APIs would have.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from llmcost.domain.bill_words import amount_of, class_of, line_item
from llmcost.ingest.source import Numbered, Record

_NOTHING = {"start_time", "end_time", "start_time_iso", "end_time_iso"}
"""The only cells of a dashboard's row for a day on which nothing was used."""

_CONSOLE_TOKENS = {
    "uncached_input_tokens": "usage_input_tokens_no_cache",
    "cache_read_input_tokens": "usage_input_tokens_cache_read",
    "output_tokens": "usage_output_tokens",
}


def is_openai(record: Record) -> bool:
    """A bucket of OpenAI's usage or costs API, or a row of its dashboard's CSV files."""
    return (record.get("object") == "bucket" and isinstance(record.get("results"), list)) or _is_dashboard_row(record)


def is_anthropic(record: Record) -> bool:
    """A bucket of Anthropic's usage or cost report, or a row of its Console's CSV files."""
    return ("starting_at" in record and isinstance(record.get("results"), list)) or _is_console_row(record)


def _is_dashboard_row(record: Record) -> bool:
    return "start_time_iso" in record and (
        "amount_value" in record or "num_model_requests" in record or record.keys() <= _NOTHING
    )


def _is_console_row(record: Record) -> bool:
    return "usage_date_utc" in record and ("cost_usd" in record or "usage_output_tokens" in record)


def results(numbered: Iterable[Numbered], _lineage: Mapping[str, str]) -> Iterator[Numbered]:
    """One record per result, which says whose bucket it is from and its span; an empty bucket gives one without a result.

    The APIs never part a bucket: one that comes again is another statement. Of a CSV file all rows are one statement.
    """
    for number, record in numbered:
        bucket = record
        if _is_dashboard_row(record):
            bucket = _dashboard_bucket(record)
        elif _is_console_row(record):
            bucket = _console_bucket(record)
        vendor = "openai" if is_openai(bucket) else "anthropic"
        span = {
            "llmcost_bucket": vendor,
            "llmcost_start": bucket.get("start_time") or bucket.get("starting_at"),
            "llmcost_end": bucket.get("end_time") or bucket.get("ending_at"),
            "llmcost_statement": number if bucket is record else None,
        }
        for result in bucket["results"] or [{"object": f"{vendor}.nothing"}]:
            yield number, {**_read(result), **span} if isinstance(result, dict) else span


def _dashboard_bucket(row: Record) -> Record:
    """A row of `cost_*.csv` or `completions_usage_*.csv` as a bucket with one result, or none."""
    kind = "organization.costs.result" if "amount_value" in row else "organization.usage.completions.result"
    result = {**row, "object": kind}
    if "amount_value" in row:
        result["amount"] = {"value": row["amount_value"], "currency": row.get("amount_currency")}
    start = row.get("start_time") or row["start_time_iso"]
    end = row.get("end_time") or row.get("end_time_iso")
    nothing = row.keys() <= _NOTHING
    return {"object": "bucket", "start_time": start, "end_time": end, "results": [] if nothing else [result]}


def _console_bucket(row: Record) -> Record:
    """A row of the Console's usage or cost CSV as a bucket with one result.

    The files name keys and workspaces; a file of costs has dollars rounded to the cent, and models by their display names.
    """
    result = {**row, "api_key_id": row.get("api_key_id") or row.get("api_key"), "workspace_id": row.get("workspace")}
    if "batch" in str(row.get("usage_type")):
        result["service_tier"] = "batch"
    if "cost_usd" in row:
        result["amount"] = _cents(row["cost_usd"])
        result["cost_type"] = row.get("cost_type") or row.get("usage_type") or ""
        if "token_type" in row:
            result["cost_type"] = "tokens"
    else:
        result |= {name: _plain(row.get(cell)) for name, cell in _CONSOLE_TOKENS.items()}
        written = row.get("usage_input_tokens_cache_write_5m") or row.get("usage_input_tokens_cache_write")
        result["cache_creation"] = {
            "ephemeral_5m_input_tokens": _plain(written),
            "ephemeral_1h_input_tokens": _plain(row.get("usage_input_tokens_cache_write_1h")),
        }
        result["server_tool_use"] = {"web_search_requests": _plain(row.get("web_search_count"))}
        result["model"] = row.get("model_version") or row.get("model")
    return {"starting_at": row["usage_date_utc"], "results": [result]}


def _plain(count: Any) -> str:
    """A count without the commas that part its thousands; none is 0."""
    return str(count or "0").replace(",", "")


def _cents(dollars: Any) -> str:
    """Dollars as the API has them, in cents; left as they are where they are no amount."""
    try:
        return format(amount_of(str(dollars)) * Decimal(100), "f")
    except ValueError:
        return str(dollars)


def _read(result: Record) -> Record:
    """A result with what its words say: model and token class of a charge."""
    if result.get("object") == "organization.costs.result":
        model, token_class = line_item(_text(result.get("line_item")))
        amount = result.get("amount")
        value = amount.get("value") if isinstance(amount, dict) else amount
        return {**result, **_unreadable(value), "llmcost_model": model, "llmcost_class": token_class}
    if "cost_type" in result or "token_type" in result:
        kind, token_type = _text(result.get("cost_type")), _text(result.get("token_type"))
        token_class = class_of(token_type) if token_type else "units" if kind and kind != "tokens" else None
        return {**result, **_unreadable(result.get("amount")), "llmcost_class": token_class}
    return result


def _unreadable(amount: Any) -> Record:
    """What rejects a charge: an amount that is none, as text, where a count is expected."""
    try:
        amount_of(amount if amount is None else str(amount))
    except ValueError:
        return {"unreadable_amount": str(amount or "empty")}
    return {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def billed(amount: str, currency: str, exporter: str) -> dict[str, str]:
    """Columns of an amount (SQL) that `exporter` invoices; one in another currency than the price list's is only a claim."""
    own = f"coalesce(upper({currency}), 'USD') = 'USD'"
    return {
        "billed_cost": f"case when {own} then {amount} end",
        "reported_cost": f"case when not {own} then {amount} end",
        "reported_currency": f"case when not {own} then upper({currency}) end",
        "reported_by": f"case when not {own} then '{exporter}' end",
    }


SPAN = {
    "started_at": "@llmcost_start:time",
    "ended_at": "@llmcost_end:time",
    "statement": "@llmcost_statement",
}
"""When a result's bucket begins and ends, and which statement it is from."""
