"""OpenRouter's activity: answers of `/api/v1/activity`, and its daily CSV (`Date`, `Slug`, `Usage`, ...).

`usage` is what OpenRouter charged, `byok_usage_inference` what the upstream charges for calls with a customer's own key, which
is on no bill of OpenRouter's and is left out. The prompt includes cached tokens, the completion includes reasoning. Days are
UTC days. https://openrouter.ai/docs/api-reference/analytics/get-user-activity
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llmcost.ingest.source import Numbered, Record, Source
from llmcost.ingest.sources._statements import TOLD, told

_CSV = {
    "date": "Date",
    "model_permaslug": "Slug",
    "usage": "Usage",
    "byok_usage_inference": "BYOK Usage",
    "requests": "Requests",
    "prompt_tokens": "Prompt Tokens",
    "completion_tokens": "Completion Tokens",
    "reasoning_tokens": "Reasoning Tokens",
}


def _is_answer(record: Record) -> bool:
    items = record.get("data")
    return (
        _is_item(record)
        or ("Slug" in record and "Date" in record and "Usage" in record)
        or (isinstance(items, list) and bool(items) and all(_is_item(item) for item in items))
    )


def _is_item(item: Any) -> bool:
    return isinstance(item, dict) and "model_permaslug" in item and "byok_usage_inference" in item and "date" in item


def _items(numbered: Iterable[Numbered], _lineage: Mapping[str, str]) -> Iterator[Numbered]:
    for number, record in numbered:
        if "Slug" in record:
            items = iter([{name: record.get(cell) or "0" for name, cell in _CSV.items()}])
        else:
            items = told(number, record, None if _is_item(record) else record["data"])
        yield from ((number, {**item, "llmcost_bucket": "openrouter"}) for item in items)


source = Source(
    title="OpenRouter activity",
    grain="bucket",
    revision=3,
    issuer="'openrouter'",
    claims="@llmcost_bucket = 'openrouter'",
    steps={"cached": "coalesce(#cached_tokens, 0)", "reasoning": "coalesce(#reasoning_tokens, 0)"},
    fields={
        "started_at": "try_cast(left(@date, 10) as timestamp)",
        "provider": "'openrouter'",
        "request_model": "coalesce(filled(@model_permaslug), filled(@model))",
        "requests": "#requests",
        "uncached_input_tokens": "beyond(#prompt_tokens, $cached)",
        "cache_read_tokens": "$cached",
        "output_text_tokens": "beyond(#completion_tokens, $reasoning)",
        "reasoning_tokens": "$reasoning",
        "billed_cost": "sum_amount(@usage)",
        **TOLD,
    },
    tags=("pair('upstream_provider', @provider_name)", "pair('endpoint_id', @endpoint_id)"),
    recognises_stream=_is_answer,
    stream=_items,
)
