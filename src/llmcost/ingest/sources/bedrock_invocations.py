"""Model invocation logs of Amazon Bedrock, from S3 or CloudWatch: one record per call, with the call's own bodies.

`inputTokenCount` excludes what was read from and written to a cache, which stand beside it. How long a write lives, and how
long the call took, only the body says, which is missing where it was delivered to S3 apart. `requestMetadata` is what the
caller tagged the call with; the last part of the identity's ARN is the user, or a role's session
(https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html). A Claude body keeps its own id, so a
call met again in an application's log is the same call. Of CloudWatch, what `aws logs filter-log-events` and
`get-log-events` print is read; its export to S3, with a time before each line, and the CSV of Logs Insights are not.
"""

from llmcost.ingest.source import Source

_BODY = "output.outputBodyJson"
_CHUNKS = f"@{_BODY}:json"
_METRICS = "amazon-bedrock-invocationMetrics"


def _at(pointer: str) -> str:
    return f"json_extract_string({_CHUNKS}, '{pointer}')"


_MESSAGE_ID = f"coalesce(@{_BODY}.id, {_at('/0/message/id')})"
_IS_MESSAGE = f"coalesce(starts_with({_MESSAGE_ID}, 'msg_'), false)"
_KNOWN = "$input is not null or $output is not null"

source = Source(
    title="Bedrock model invocation logs",
    issuer=f"case when {_IS_MESSAGE} then 'anthropic' else 'aws' end",
    claims="@schemaType = 'ModelInvocationLog'",
    body=True,
    steps={
        "input": f"coalesce(#input.inputTokenCount, #{_BODY}.usage.inputTokens, #{_BODY}.usage.input_tokens)",
        "output": f"coalesce(#output.outputTokenCount, #{_BODY}.usage.outputTokens, #{_BODY}.usage.output_tokens)",
        "cache_read": f"coalesce(#input.cacheReadInputTokenCount, #{_BODY}.usage.cacheReadInputTokens, "
        f"#{_BODY}.usage.cache_read_input_tokens, count_of({_at('/0/message/usage/cache_read_input_tokens')}), 0)",
        "written": f"coalesce(#input.cacheWriteInputTokenCount, #{_BODY}.usage.cacheWriteInputTokens, "
        f"#{_BODY}.usage.cache_creation_input_tokens, count_of({_at('/0/message/usage/cache_creation_input_tokens')}), 0)",
        "written_1h": f"""coalesce(#{_BODY}.usage.cache_creation.ephemeral_1h_input_tokens,
            count_of({_at("/0/message/usage/cache_creation/ephemeral_1h_input_tokens")}),
            list_sum(list_transform(json_extract(@{_BODY}.usage.cacheDetails:json, '$[*]'), lambda d:
                case when json_extract_string(d, '/ttl') = '1h'
                    then count_of(json_extract_string(d, '/inputTokens')) end))::bigint, 0)""",
        "last": f"json_extract({_CHUNKS}, '$[#-1]')",
    },
    fields={
        "request_id": f"case when {_IS_MESSAGE} then {_MESSAGE_ID} else filled(@requestId) end",
        "started_at": "@timestamp:time",
        "provider": "'aws'",
        "request_model": "filled(@modelId)",
        "operation": "case when contains(@modelId, 'embed') then 'embeddings' when contains(@modelId, 'rerank') then 'rerank' end",
        "service_tier": f"nullif(coalesce(filled(@{_BODY}.serviceTier.type), filled(@{_BODY}.service_tier)), 'default')",
        "speed": "nullif(filled(@performanceConfig.latency), 'standard')",
        "status": "case when filled(@errorCode) is not null then 'error' end",
        "error_type": "filled(@errorCode)",
        "stream": "case when one_of(@operation, 'ConverseStream|InvokeModelWithResponseStream') then true end",
        "latency_ms": f"number_of(coalesce(@{_BODY}.metrics.latencyMs, "
        f"json_extract_string($last, '/{_METRICS}/invocationLatency')))",
        "time_to_first_token_ms": f"number_of(json_extract_string($last, '/{_METRICS}/firstByteLatency'))",
        "uncached_input_tokens": "$input",
        "cache_read_tokens": f"case when {_KNOWN} then $cache_read end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then greatest($written - $written_1h, 0) end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then $written_1h end",
        "output_text_tokens": "$output",
        "reasoning_tokens": f"case when {_KNOWN} then 0 end",
        "video_seconds": "nullif(try_cast(@output.outputVideoDurationSeconds as decimal(18, 6)), 0)",
    },
    tags=(
        "pairs_of(@requestMetadata:json)",
        """concat_ws(',', pair('user', split_part(@identity.arn, '/', -1)), pair('identity_arn', @identity.arn),
            pair('account_id', @accountId), pair('region', coalesce(@inferenceRegion, @region)))""",
    ),
)
