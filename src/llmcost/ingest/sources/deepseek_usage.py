"""DeepSeek's usage export, a ZIP of CSV files: `amount-*.csv` (requests and tokens by key) and `cost-*.csv` (what is charged).

A row counts one thing: requests, input read from the cache, other input, or output; those of a day, model and key become one
bucket, whatever their price. A day is the one the file names, also where it begins at +08:00.
A charge in another currency than the price list's is only reported. Fields as in exports of 2025 and 2026
(https://platform.deepseek.com/usage).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llmcost.ingest.source import Numbered, Record, Source
from llmcost.ingest.sources._usage_pages import billed

_COUNTED = {"request_count", "input_cache_hit_tokens", "input_cache_miss_tokens", "output_tokens"}
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00:00(?:\.0+)?[+-]\d{2}:?\d{2}")


def _is_row(record: Record) -> bool:
    timed = "start_time_iso" in record or "utc_date" in record
    counted = str(record.get("type")) in _COUNTED and "amount" in record
    return timed and "model" in record and (counted or ("wallet_type" in record and "cost" in record))


def _rows(numbered: Iterable[Numbered], _lineage: Mapping[str, str]) -> Iterator[Numbered]:
    for line, row in numbered:
        yield (
            line,
            {
                **row,
                "llmcost_bucket": "deepseek",
                "llmcost_start": _day(row.get("start_time_iso") or row.get("utc_date")),
                "llmcost_end": _day(row.get("end_time_iso")),
            },
        )


def _day(edge: Any) -> Any:
    """Midnight of wherever it is as the day that begins there: days of exporters are compared as days."""
    found = _MIDNIGHT.fullmatch(str(edge))
    return found[1] if found is not None else edge


source = Source(
    title="DeepSeek usage export",
    grain="bucket",
    revision=4,
    issuer="'deepseek'",
    claims="@llmcost_bucket = 'deepseek'",
    steps={"amount": "case when @cost is null then #amount end"},
    fields={
        "started_at": "@llmcost_start:time",
        "ended_at": "@llmcost_end:time",
        "scope": "case when @cost is null then 'usage' else 'costs' end",
        "provider": "'deepseek'",
        "request_model": "filled(@model)",
        "api_key_id": "coalesce(filled(@api_key_name), filled(@api_key))",
        "requests": "case when @type = 'request_count' then $amount end",
        "uncached_input_tokens": "case when @type = 'input_cache_miss_tokens' then $amount end",
        "cache_read_tokens": "case when @type = 'input_cache_hit_tokens' then $amount end",
        "output_text_tokens": "case when @type = 'output_tokens' then $amount end",
        **billed("sum_amount(@cost)", "@currency", "deepseek"),
    },
    tags=("pair('user_id', @user_id)", "pair('wallet', @wallet_type)"),
    recognises_stream=_is_row,
    stream=_rows,
)
