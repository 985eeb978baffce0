"""DeepSeek's usage export, a ZIP of CSV files: `amount-*.csv` (requests and tokens by key) and `cost-*.csv` (what is charged).

A row counts one thing: requests, input read from the cache, other input, or output. Days may begin at +08:00, as the file says.
A charge in another currency than the price list's is only reported. Fields as in exports of 2025 and 2026
(https://platform.deepseek.com/usage).
"""

from collections.abc import Iterable, Iterator, Mapping

from llmcost.ingest.source import Numbered, Record, Source
from llmcost.ingest.sources._usage_pages import billed

_CLASSES = {"input_cache_hit_tokens": "cache_read", "input_cache_miss_tokens": "input", "output_tokens": "output"}


def _is_row(record: Record) -> bool:
    timed = "start_time_iso" in record or "utc_date" in record
    counted = str(record.get("type")) in {*_CLASSES, "request_count"} and "amount" in record
    return timed and "model" in record and (counted or ("wallet_type" in record and "cost" in record))


def _rows(numbered: Iterable[Numbered], _lineage: Mapping[str, str]) -> Iterator[Numbered]:
    for line, row in numbered:
        yield (
            line,
            {
                **row,
                "llmcost_bucket": "deepseek",
                "llmcost_start": row.get("start_time_iso") or row.get("utc_date"),
                "llmcost_end": row.get("end_time_iso"),
                "llmcost_class": _CLASSES.get(str(row.get("type"))),
            },
        )


source = Source(
    title="DeepSeek usage export",
    grain="bucket",
    revision=3,
    issuer="'deepseek'",
    claims="@llmcost_bucket = 'deepseek'",
    steps={"amount": "case when @cost is null then #amount end"},
    fields={
        "started_at": "@llmcost_start:time",
        "ended_at": "@llmcost_end:time",
        "scope": "case when @cost is null then 'usage' else 'costs' end",
        "provider": "'deepseek'",
        "request_model": "filled(@model)",
        "token_class": "@llmcost_class",
        "api_key_id": "coalesce(filled(@api_key_name), filled(@api_key))",
        "requests": "case when @type = 'request_count' then $amount end",
        "uncached_input_tokens": "case when @llmcost_class = 'input' then $amount end",
        "cache_read_tokens": "case when @llmcost_class = 'cache_read' then $amount end",
        "output_text_tokens": "case when @llmcost_class = 'output' then $amount end",
        **billed("sum_amount(@cost)", "@currency", "deepseek"),
    },
    tags=("pair('user_id', @user_id)", "pair('wallet', @wallet_type)"),
    recognises_stream=_is_row,
    stream=_rows,
)
