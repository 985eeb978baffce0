"""Log lines of Kong's logging plugins (file, http, udp, ...) with what its AI plugins add under `ai`.

Each block under `ai` that names a model is a call of its own: a proxy's, a request transformer's, ... Its counts are the
upstream's: input includes cached tokens, which versions before 3.11 do not tell. A cost of 0 means that no price was configured. Older versions key the blocks by plugin
and write `prompt_token` (https://developer.konghq.com/ai-gateway/ai-audit-log-reference/).
"""

from collections.abc import Iterator

from llmcost.ingest.source import Record, Source
from llmcost.ingest.sources._answers import PLACES, answer_fields

PART_KEY = "llmcost_part"
"""Key set on a record made of one block of several: which block, from 0."""

_BLOCKS = "list_filter(json_extract(@ai:json, '$.*'), lambda b: json_exists(b, '$.meta') or json_exists(b, '$.usage'))"


def _block(pointer: str) -> str:
    return f"json_extract_string($block, '{pointer}')"


def _blocks(record: Record, envelope: Record) -> Iterator[Record]:
    """The record once per block that is a call."""
    calls = {
        name: block
        for name, block in record["ai"].items()
        if isinstance(block, dict) and ("meta" in block or "usage" in block)
    }
    for number, (name, block) in enumerate(calls.items()):
        yield {**record, "ai": {name: block}, PART_KEY: number}


def _usage(*paths: str) -> str:
    """SQL for the first of these in the usage of the block, as text."""
    found = [f"json_extract_string(list_extract({_BLOCKS}, 1), '/usage/{path.replace('.', '/')}')" for path in paths]
    return f"coalesce({', '.join(found)}, null)"


_OLDER = {"prompt": "prompt_token", "completion": "completion_token"}
_COUNTS = {name: _usage(*paths, *filter(None, [_OLDER.get(name)])) for name, paths in PLACES.items()}
_CODE = "count_of(@response.status)"

source = Source(
    title="Kong AI Gateway logs",
    revision=3,
    issuer="'kong'",
    claims="@latencies.request is not null and @started_at is not null and @request.method is not null",
    keeps=f"len({_BLOCKS}) > 0",
    needs_parts=f"len({_BLOCKS}) > 1",
    parts=_blocks,
    whole=True,
    counts={f"usage.{PLACES[name][0]}": text for name, text in _COUNTS.items()},
    steps={"block": f"list_extract({_BLOCKS}, 1)", **{name: f"count_of({text})" for name, text in _COUNTS.items()}},
    fields={
        "request_id": "filled(@request.id)",
        "part": f"try_cast(@{PART_KEY} as integer)",
        "started_at": "@started_at:time",
        "provider": f"filled({_block('/meta/provider_name')})",
        "request_model": f"filled({_block('/meta/request_model')})",
        "response_model": f"filled({_block('/meta/response_model')})",
        "operation": f"case when contains({_block('/meta/operation_name')}, 'embedding') then 'embeddings' end",
        "status": f"case when {_CODE} >= 400 then 'error' end",
        "http_status": f"try_cast({_CODE} as integer)",
        "latency_ms": f"coalesce(number_of({_block('/meta/llm_latency')}), number_of(@latencies.request))",
        "time_to_first_token_ms": f"number_of({_block('/usage/time_to_first_token')})",
        "stream": f"case when {_block('/meta/request_mode')} = 'stream' then true end",
        "gateway_cached": f"lower({_block('/cache/cache_status')}) = 'hit'",
        **answer_fields(),
        "reported_cost": f"nullif(amount({_block('/usage/cost')}), 0)",
        "reported_currency": f"case when amount({_block('/usage/cost')}) > 0 then 'USD' end",
        "reported_by": f"case when amount({_block('/usage/cost')}) > 0 then 'kong' end",
    },
    tags=(
        """concat_ws(',', pair('user', @consumer.username), pair('consumer_custom_id', @consumer.custom_id),
            pair('route', json_extract_string(@@, '/route/name')), pair('service', @service.name))""",
    ),
)
