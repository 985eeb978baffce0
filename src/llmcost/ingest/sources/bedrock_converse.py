"""Converse answers of Amazon Bedrock, and the events of a ConverseStream.

`inputTokens` excludes what was read from and written to a cache, `cacheDetails` splits writes by lifetime, thinking is
inside `outputTokens`; the same counts under names ending in `TokenCount` are repetitions. A stream has its usage in the
`metadata` event. The body states neither model nor time: the envelope does, or `--at`
(https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html,
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html).
"""

from llmcost.ingest.source import Source

_EVENTS = (
    "messageStart.role",
    "contentBlockStart.contentBlockIndex",
    "contentBlockDelta.contentBlockIndex",
    "contentBlockStop.contentBlockIndex",
    "messageStop.stopReason",
)


def _either(path: str, sigil: str = "@", kind: str = "") -> str:
    return f"coalesce({sigil}{path}{kind}, {sigil}metadata.{path}{kind})"


_USED = f"{_either('usage.inputTokens')} is not null and {_either('metrics.latencyMs')} is not null"
_ANSWERED = "@usage.inputTokens is not null and (@stopReason is not null or @output.message.role is not null)"
_DATE = "@ResponseMetadata.HTTPHeaders.date"
_KNOWN = "$input is not null or $output is not null"

source = Source(
    title="Bedrock Converse answers",
    revision=2,
    issuer="'aws'",
    claims=f"({_USED}) or ({_ANSWERED}) or coalesce({', '.join(f'@{event}' for event in _EVENTS)}) is not null",
    keeps=f"{_either('usage.inputTokens')} is not null",
    body=True,
    steps={
        "input": _either("usage.inputTokens", "#"),
        "output": _either("usage.outputTokens", "#"),
        "cache_read": _either("usage.cacheReadInputTokens", "#"),
        "written": _either("usage.cacheWriteInputTokens", "#"),
        "written_1h": f"""coalesce(list_sum(list_transform(json_extract({_either("usage.cacheDetails", kind=":json")}, '$[*]'),
            lambda d: case when json_extract_string(d, '/ttl') = '1h'
                then count_of(json_extract_string(d, '/inputTokens')) end))::bigint, 0)""",
    },
    fields={
        "request_id": "filled(@ResponseMetadata.RequestId)",
        "started_at": f"dated(try_strptime({_DATE}, '%a, %d %b %Y %H:%M:%S GMT'), {_DATE})",
        "provider": "'aws'",
        "request_model": "coalesce(filled(@trace.promptRouter.invokedModelId), filled(@modelId), filled(@model))",
        "service_tier": f"nullif({_either('serviceTier.type')}, 'default')",
        "speed": f"nullif({_either('performanceConfig.latency')}, 'standard')",
        "stream": "case when @metadata.usage.inputTokens is not null then true end",
        "latency_ms": f"number_of({_either('metrics.latencyMs')})",
        "http_status": "try_cast(count_of(@ResponseMetadata.HTTPStatusCode) as integer)",
        "uncached_input_tokens": "$input",
        "cache_read_tokens": f"case when {_KNOWN} then coalesce($cache_read, 0) end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then greatest(coalesce($written, 0) - $written_1h, 0) end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then $written_1h end",
        "output_text_tokens": "$output",
        "reasoning_tokens": f"case when {_KNOWN} then 0 end",
    },
)
