"""The usage and cost APIs of OpenAI and Anthropic: pages of buckets of results, taken apart into one record a result."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llmcost.domain.bill_words import class_of, line_item
from llmcost.ingest.source import Numbered, Record


def is_openai(record: Record) -> bool:
    """A bucket of OpenAI's usage or costs API."""
    return record.get("object") == "bucket" and isinstance(record.get("results"), list)


def is_anthropic(record: Record) -> bool:
    """A bucket of Anthropic's usage or cost report."""
    return "starting_at" in record and isinstance(record.get("results"), list)


def results(numbered: Iterable[Numbered], _lineage: Mapping[str, str]) -> Iterator[Numbered]:
    """One record per result, which says whose bucket it is from and its span; an empty bucket gives one without a result."""
    for line, bucket in numbered:
        vendor = "openai" if is_openai(bucket) else "anthropic"
        span = {
            "llmcost_bucket": vendor,
            "llmcost_start": bucket.get("start_time") or bucket.get("starting_at"),
            "llmcost_end": bucket.get("end_time") or bucket.get("ending_at"),
        }
        for result in bucket["results"] or [{"object": f"{vendor}.nothing"}]:
            yield line, {**_read(result), **span} if isinstance(result, dict) else span


def _read(result: Record) -> Record:
    """A result with what its words say: model and token class of a charge."""
    if result.get("object") == "organization.costs.result":
        model, token_class = line_item(_text(result.get("line_item")))
        return {**result, "llmcost_model": model, "llmcost_class": token_class}
    if "cost_type" in result or "token_type" in result:
        kind, token_type = _text(result.get("cost_type")), _text(result.get("token_type"))
        token_class = class_of(token_type) if token_type else "units" if kind and kind != "tokens" else None
        return {**result, "llmcost_class": token_class}
    return result


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


SPAN = {"started_at": "@llmcost_start:time", "ended_at": "@llmcost_end:time"}
"""When a result's bucket begins and ends."""
