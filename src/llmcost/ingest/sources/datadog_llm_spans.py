"""Spans of Datadog's LLM Observability, as its API lists them.

Only spans of kind `llm` and `embedding` are calls; workflows, agents and tasks above them carry sums. Where two integrations trace
one call, a span of kind `llm` stands around another: the inner one counts (https://github.com/DataDog/dd-trace-js/issues/8936). `input_tokens`
includes what was read from and written to a cache. Durations are nanoseconds, estimated costs nano-dollars and Datadog's
own reckoning, kept as `reported_cost` (https://docs.datadoghq.com/llm_observability/instrumentation/api/,
https://docs.datadoghq.com/llm_observability/monitoring/cost/).
"""

from llmcost.ingest.source import Source


def _at(path: str, sigil: str = "@", kind: str = "") -> str:
    """SQL for a value of a span, bare or as the attributes of an item of the API's answer."""
    return f"coalesce({sigil}{path}{kind}, {sigil}attributes.{path}{kind})"


_KNOWN = "$input is not null or $output is not null"
_NANO = "0.000000001::decimal(10, 9)"

source = Source(
    title="Datadog LLM Observability spans",
    revision=2,
    traced=True,
    issuer="'datadog'",
    claims=f"{_at('ml_app')} is not null and {_at('span_id')} is not null and {_at('span_kind')} is not null",
    keeps=f"one_of({_at('span_kind')}, 'llm|embedding')",
    steps={
        "input": _at("metrics.input_tokens", "#"),
        "fresh": _at("metrics.non_cached_input_tokens", "#"),
        "output": _at("metrics.output_tokens", "#"),
        "cached": f"coalesce({_at('metrics.cache_read_input_tokens', '#')}, 0)",
        "written": f"coalesce({_at('metrics.cache_write_input_tokens', '#')}, 0)",
        "reasoning": f"coalesce({_at('metrics.reasoning_output_tokens', '#')}, 0)",
        "nano": f"try_cast({_at('metrics.estimated_total_cost')} as decimal(20, 3))",
    },
    fields={
        "request_id": f"filled({_at('span_id')})",
        "started_at": _at("start_ns", kind=":time"),
        "provider": f"filled({_at('model_provider')})",
        "request_model": f"filled({_at('model_name')})",
        "operation": f"case when {_at('span_kind')} = 'embedding' then 'embeddings' end",
        "status": f"case when {_at('status')} = 'error' then 'error' end",
        "latency_ms": f"number_of({_at('duration')}) * 0.000001",
        "trace_id": f"filled({_at('trace_id')})",
        "parent_id": f"nullif(filled({_at('parent_id')}), 'undefined')",
        "session_id": f"filled({_at('session_id')})",
        "uncached_input_tokens": "coalesce($fresh, beyond($input, $cached + $written))",
        "cache_read_tokens": f"case when {_KNOWN} then $cached end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then $written end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then 0 end",
        "output_text_tokens": "beyond($output, $reasoning)",
        "reasoning_tokens": f"case when {_KNOWN} then $reasoning end",
        "temperature": f"number_of({_at('metadata.temperature')})",
        "reported_cost": f"$nano * {_NANO}",
        "reported_currency": "case when $nano is not null then 'USD' end",
        "reported_by": "case when $nano is not null then 'datadog' end",
    },
    tags=(
        f"pairs_of_list({_at('tags', kind=':list')}, 'tags')",
        f"concat_ws(',', pair('ml_app', {_at('ml_app')}), pair('name', {_at('name')}))",
    ),
)
