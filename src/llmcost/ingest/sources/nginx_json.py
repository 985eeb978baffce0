"""Access logs that nginx writes as JSON (`log_format NAME escape=json`) in front of a gateway, with usage in them.

Keys are the operator's choice; those named after nginx's own variables are read, and for usage the names of the providers.
nginx itself knows no tokens: they come from a gateway's response headers (`$upstream_http_x_litellm_response_cost`) or from a
script (`js_set`, Lua). Lines without usage of any kind are passed over, for any site has them. `$request_id` is nginx's own;
LiteLLM's call id is kept as a tag. Input includes cached tokens, output includes reasoning.
https://nginx.org/en/docs/http/ngx_http_log_module.html, https://docs.litellm.ai/docs/proxy/response_headers
"""

from llmcost.ingest.source import Source


def _first(*names: str) -> str:
    """The first of these that is there; nginx writes an empty text or `-` for a variable without a value."""
    found = ", ".join(f"nullif(filled(@{name}), '-')" for name in names)
    return f"coalesce({found}, null)"


_INPUT = _first("prompt_tokens", "input_tokens", "upstream_http_x_prompt_tokens", "upstream_http_x_input_tokens")
_OUTPUT = _first(
    "completion_tokens", "output_tokens", "upstream_http_x_completion_tokens", "upstream_http_x_output_tokens"
)
_CACHED, _REASONING = _first("cached_tokens"), _first("reasoning_tokens")
_COST = _first("upstream_http_x_litellm_response_cost", "sent_http_x_litellm_response_cost")
_MODEL = _first(
    *("model", "llm_model", "upstream_http_x_litellm_model_group", "upstream_http_x_model"),
    "upstream_http_openai_model",
)
_NOT_TAGS = (
    *("time_iso8601", "time_local", "msec", "request_id", "status", "request_time", "upstream_response_time"),
    *("upstream_header_time", "upstream_connect_time", "upstream_addr", "upstream_status", "upstream_cache_status"),
    *("remote_addr", "remote_user", "request", "request_uri", "args", "request_method", "server_protocol"),
    *("body_bytes_sent", "bytes_sent", "request_length", "http_user_agent", "http_referer", "http_authorization"),
    *("http_cookie", "http_x_api_key", "http_x_forwarded_for", "ssl_protocol", "ssl_cipher", "connection", "pid"),
    *("connection_requests", "scheme", "server_port", "server_name", "host", "pipe", "gzip_ratio", "uri"),
    *("prompt_tokens", "input_tokens", "completion_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"),
    *("model", "llm_model", "llm_provider", "total_tokens", "upstream_http_x_litellm_response_cost"),
    *("upstream_http_x_prompt_tokens", "upstream_http_x_input_tokens", "upstream_http_x_completion_tokens"),
    *("upstream_http_x_output_tokens", "upstream_http_x_litellm_model_group", "upstream_http_x_model"),
    *("upstream_http_openai_model", "upstream_http_openai_organization", "sent_http_x_litellm_response_cost"),
)

source = Source(
    title="nginx access logs in JSON",
    revision=3,
    issuer="'nginx'",
    # The time of a request in seconds, under nginx's own name, beside one of its other variables.
    claims="@request_time is not null and @status is not null and @response_code is null "
    "and coalesce(@upstream_response_time, @upstream_addr, @body_bytes_sent, @request_uri) is not null",
    keeps=f"coalesce({_INPUT}, {_OUTPUT}, {_COST}, "
    f"{_first('upstream_http_x_litellm_call_id', 'upstream_http_x_litellm_model_id')}) is not null",
    whole=True,
    counts={
        "prompt_tokens": _INPUT,
        "completion_tokens": _OUTPUT,
        "cached_tokens": _CACHED,
        "reasoning_tokens": _REASONING,
    },
    amounts={"upstream_http_x_litellm_response_cost": (_COST, f"amount({_COST})")},
    steps={
        "input": f"count_of({_INPUT})",
        "output": f"count_of({_OUTPUT})",
        "cached": f"count_of({_CACHED})",
        "reasoning": f"count_of({_REASONING})",
        "cost": f"amount({_COST})",
        "duration": "lasted_ms(@request_time, 1000)",
    },
    fields={
        "request_id": "nullif(filled(@request_id), '-')",
        "started_at": "coalesce(@time_iso8601:time, @msec:time) - to_microseconds(coalesce(($duration * 1000)::bigint, 0))",
        "ended_at": "coalesce(@time_iso8601:time, @msec:time)",
        "provider": _first("llm_provider"),
        "request_model": _MODEL,
        "operation": "case when contains(coalesce(@request_uri, @uri, @request), 'embeddings') then 'embeddings' end",
        "status": "case when count_of(@status) = 499 then 'cancelled' when count_of(@status) >= 400 then 'error' end",
        "http_status": "try_cast(count_of(@status) as integer)",
        "latency_ms": "$duration",
        "uncached_input_tokens": "beyond($input, $cached)",
        "cache_read_tokens": "case when $input is not null then coalesce($cached, 0) end",
        "cache_write_5m_tokens": "case when $input is not null then 0 end",
        "cache_write_1h_tokens": "case when $input is not null then 0 end",
        "output_text_tokens": "beyond($output, $reasoning)",
        "reasoning_tokens": "case when $output is not null then coalesce($reasoning, 0) end",
        "reported_cost": "$cost",
        "reported_currency": "case when $cost is not null then 'USD' end",
        "reported_by": "case when $cost is not null then 'litellm' end",
    },
    tags=(f"pairs_of_scalars(@@, [{', '.join(repr(name) for name in _NOT_TAGS)}])",),
)
