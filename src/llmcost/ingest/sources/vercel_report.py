"""Vercel AI Gateway's spend report: answers of `/v1/report`, by day.

`total_cost` is what Vercel charges, 0 for calls with a customer's own key. Input includes cached tokens, output includes
reasoning. A day, model, user, tag or provider is told only where the report is grouped by it; without a day a row is rejected.
https://vercel.com/docs/ai-gateway/capabilities/custom-reporting
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llmcost.ingest.source import Numbered, Record, Source
from llmcost.ingest.sources._statements import TOLD, told

_GROUPS = ("credential_type", "model", "provider", "tag", "user")
"""What a report may be grouped by, besides time. A row has all of its report's groups, null where it is of none."""


def _is_answer(record: Record) -> bool:
    rows = record.get("results")
    return _is_row(record) or (isinstance(rows, list) and bool(rows) and all(_is_row(row) for row in rows))


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and "total_cost" in row and "market_cost" in row and "request_count" in row


def _rows(numbered: Iterable[Numbered], _lineage: Mapping[str, str]) -> Iterator[Numbered]:
    for number, record in numbered:
        for row in told(number, record, None if _is_row(record) else record["results"]):
            groups = ",".join(name for name in _GROUPS if name in row)
            yield number, {**row, "llmcost_bucket": "vercel", "llmcost_groups": groups}


source = Source(
    title="Vercel AI Gateway report",
    grain="bucket",
    revision=3,
    issuer="'vercel'",
    claims="@llmcost_bucket = 'vercel'",
    steps={
        "cached": "coalesce(#cached_input_tokens, 0)",
        "written": "coalesce(#cache_creation_input_tokens, 0)",
        "reasoning": "coalesce(#reasoning_tokens, 0)",
    },
    fields={
        "started_at": "coalesce(@hour:time, @day:time)",
        "ended_at": "case when @hour is not null then @hour:time + interval 1 hour end",
        "provider": "'vercel_ai_gateway'",
        "request_model": "filled(@model)",
        "requests": "#request_count",
        "uncached_input_tokens": "beyond(#input_tokens, $cached + $written)",
        "cache_read_tokens": "$cached",
        "cache_write_5m_tokens": "$written",
        "output_text_tokens": "beyond(#output_tokens, $reasoning)",
        "reasoning_tokens": "$reasoning",
        "billed_cost": "sum_amount(@total_cost)",
        **TOLD,
        "stated_breakdown": "filled(@llmcost_groups)",
    },
    tags=(
        "pair('user', @user)",
        "pair('request_tags', @tag)",
        "pair('upstream_provider', @provider)",
        "pair('credential_type', @credential_type)",
    ),
    recognises_stream=_is_answer,
    stream=_rows,
)
