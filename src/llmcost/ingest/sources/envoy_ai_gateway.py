"""Access logs of Envoy AI Gateway, JSON, whose keys are the operator's own choice around the `gen_ai.*` fields.

Input tokens include cached ones, for every provider (https://aigateway.envoyproxy.io/docs/capabilities/observability/accesslogs).
`gen_ai.provider.name` is the name of a backend and not of a provider. Missing values are null or `-`. Every other scalar of
a record becomes a tag, but for addresses and credentials.
"""

from llmcost.ingest.source import Source


def _value(*names: str) -> str:
    found = [f"""nullif(filled(@"{name}"), '-')""" for name in names]
    return f"coalesce({', '.join(found)})" if len(found) > 1 else found[0]


_COUNTS = {
    name: _value(*(f"gen_ai.usage.{spelling}" for spelling in (name, *others)))
    for name, others in {
        "input_tokens": (),
        "output_tokens": (),
        "cached_input_tokens": ("cache_read_input_tokens", "cache_read.input_tokens"),
        "cache_creation_input_tokens": ("cache_creation.input_tokens",),
        "reasoning_tokens": (),
    }.items()
}


def _count(name: str) -> str:
    return f"count_of({_COUNTS[name]})"


_NOT_TAGS = (
    *("start_time", "duration", "response_code", "x-request-id", "session.id", "authorization", "x-api-key", "cookie"),
    *("bytes_received", "bytes_sent", "connection_termination_details", "response_code_details", "response_flags"),
    *("downstream_local_address", "downstream_remote_address", "upstream_local_address", "upstream_host"),
    *("upstream_cluster", "upstream_transport_failure_reason", "requested_server_name", "protocol", "method"),
    *("user-agent", "x-envoy-upstream-service-time", "x-forwarded-for", "x-envoy-origin-path", ":authority"),
    *("gen_ai.request.model", "gen_ai.response.model", "gen_ai.request.model_override"),
    *("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.total_tokens"),
    *("gen_ai.usage.reasoning_tokens", "gen_ai.usage.cached_input_tokens", "gen_ai.usage.cache_read_input_tokens"),
    *("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_creation_input_tokens"),
    "gen_ai.usage.cache_creation.input_tokens",
)
_KNOWN = "$input is not null or $output is not null"

source = Source(
    title="Envoy AI Gateway access logs",
    revision=2,
    issuer="'envoy'",
    claims='@response_code is not null and coalesce(@"gen_ai.request.model", @"gen_ai.response.model", '
    '@"gen_ai.usage.input_tokens", @"gen_ai.usage.output_tokens") is not null',
    whole=True,
    counts={f"gen_ai.usage.{name}": text for name, text in _COUNTS.items()},
    steps={
        "input": _count("input_tokens"),
        "output": _count("output_tokens"),
        "cached": f"coalesce({_count('cached_input_tokens')}, 0)",
        "written": f"coalesce({_count('cache_creation_input_tokens')}, 0)",
        "reasoning": f"coalesce({_count('reasoning_tokens')}, 0)",
        "code": "count_of(@response_code)",
    },
    fields={
        "request_id": _value("x-request-id"),
        "started_at": "@start_time:time",
        "request_model": _value("gen_ai.request.model_override", "gen_ai.request.model"),
        "response_model": _value("gen_ai.response.model"),
        "operation": """case when contains(@"x-envoy-origin-path", 'embeddings') then 'embeddings' end""",
        "status": "case when $code = 0 then 'cancelled' when $code >= 400 then 'error' end",
        "http_status": "nullif(try_cast($code as integer), 0)",
        "latency_ms": "number_of(@duration)",
        "session_id": _value("session.id"),
        "uncached_input_tokens": "beyond($input, $cached + $written)",
        "cache_read_tokens": f"case when {_KNOWN} then $cached end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then $written end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then 0 end",
        "output_text_tokens": "beyond($output, $reasoning)",
        "reasoning_tokens": f"case when {_KNOWN} then $reasoning end",
    },
    tags=(f"pairs_of_scalars(@@, [{', '.join(repr(name) for name in _NOT_TAGS)}])",),
)
