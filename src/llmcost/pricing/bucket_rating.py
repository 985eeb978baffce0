"""What usage buckets cost: a bill's own amount, else what the price list makes of sums of many calls."""

from typing import TYPE_CHECKING

from llmcost.domain.bucket import BUCKET_COLUMNS
from llmcost.pricing.rating import RATED, prepare_rates, rated_select

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.pricing.price_list import PriceList

STORED = (
    *("bucket_key", "bucket_start", "bucket_end", "breakdown", "stated_who"),
    *(column.name for column in BUCKET_COLUMNS),
)
"""Columns of a bucket that rating leaves as they are, but for a provider that no export states."""

_KEPT = (*STORED, "stated_provider", "file_id")
_PROMPT = """
    case when regexp_matches(json_extract_string(tags, '/context_window'), '1M|^>') then 200001 else 0 end
"""
"""SQL: a size that the prompts of a bucket exceed, where its exporter tells those of more than 200k tokens apart.
https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-messages-usage-report"""
_CLASS_COSTS = {
    "input": "input_cost",
    "cache_read": "cache_read_cost",
    "cache_write": "cache_write_cost",
    "output": "output_cost",
    "audio": "audio_cost",
    "image": "image_cost",
    "units": "unit_cost",
}
"""Token class of a bill's line -> the component its amount is."""


def rated_buckets(connection: "Connection", table: str, price_list: "PriceList") -> str:
    """SELECT of the buckets of `table` with their costs. It has the columns `STORED`, `stated_provider` and `file_id`."""
    view = f"{table}_unrated"
    connection.execute(
        f"create or replace temp view {view} as select *, bucket_start as started_at, 'ok' as status, "
        f"false as gateway_cached, null::integer as http_status, null::varchar as error_type, {_PROMPT} as prompt_size "
        f"from {table}"
    )
    prepare_rates(connection, view, price_list, aggregated=True)
    components = ", ".join(
        f"case when cost_status = 'billed' and token_class = '{token_class}' then cost else {name} end as {name}"
        for token_class, name in _CLASS_COSTS.items()
    )
    rated = rated_select(view, aggregated=True, prompt_size="t.prompt_size")
    columns = ", ".join(dict.fromkeys((*_KEPT, *RATED)))
    return f"select {columns} from (select * replace ({components}) from ({rated}))"


def stated_buckets() -> str:
    """SELECT of stored buckets as their exports had them, for `rated_buckets`; a condition may follow."""
    stated = ", ".join("stated_provider as provider" if name == "provider" else name for name in STORED)
    return f"select {stated}, stated_provider, file_id from ledger.usage_bucket"
