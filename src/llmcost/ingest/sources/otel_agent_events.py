"""Calls in the OpenTelemetry logs of coding agents: Claude Code, Gemini CLI and Codex.

Each tells what a call used in a log record of its own: `claude_code.api_request` (input without cached tokens),
`gemini_cli.api_response` (input with cached tokens, thoughts and tool prompts apart), `codex.sse_event` of kind
`response.completed` (input with cached tokens and cache writes, output with reasoning). The record is written when the call has ended, so it
began `duration_ms` before. How long Claude Code's cache writes are kept is not told; they are counted as those of five minutes.
The same call in the agent's own transcript has another id: read one of the two. Other log records are not calls.
https://code.claude.com/docs/en/monitoring-usage, https://geminicli.com/docs/cli/telemetry/,
https://developers.openai.com/codex/config-advanced/
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._otlp import is_spans, spans

_ENDED = "coalesce(@otlp_span.ended_at:time, @event.stated_time:time)"

source = Source(
    title="OpenTelemetry logs of coding agents",
    revision=3,
    issuer="'otel'",
    claims="@otlp_span.dialect = 'event'",
    keeps="@otlp_span.role = 'call'",
    recognises_stream=is_spans,
    stream=spans,
    steps={
        "input": "#event.input",
        "output": "#event.output",
        "cached": "coalesce(#event.cached, 0)",
        "written": "coalesce(#event.written, 0)",
        "reasoning": "coalesce(#event.reasoning, 0)",
        "duration": "lasted_ms(@event.duration, 1)",
    },
    fields={
        "request_id": "filled(@otlp_span.span_id)",
        "started_at": f"{_ENDED} - to_microseconds(coalesce(($duration * 1000)::bigint, 0))",
        "ended_at": _ENDED,
        "latency_ms": "$duration",
        "provider": "@event.provider",
        "response_model": "filled(@event.model)",
        "session_id": "filled(@event.session)",
        "speed": "nullif(filled(@event.speed), 'normal')",
        "http_status": "try_cast(count_of(@event.http_status) as integer)",
        "uncached_input_tokens": "case when @event.agent = 'claude-code' then $input else beyond($input, $cached + $written) end "
        "+ coalesce(#event.tool, 0)",
        "cache_read_tokens": "$cached",
        "cache_write_5m_tokens": "$written",
        "cache_write_1h_tokens": "0",
        "output_text_tokens": "case when @event.agent = 'codex' then beyond($output, $reasoning) else $output end",
        "reasoning_tokens": "$reasoning",
        "reported_cost": "amount(@event.cost)",
        "reported_currency": "case when @event.cost is not null then 'USD' end",
        "reported_by": "case when @event.cost is not null then @event.agent end",
    },
    tags=("pairs_of(@tags:json)",),
)
