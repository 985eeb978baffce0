"""Anthropic's usage report (`GET /v1/organizations/usage_report/messages`): tokens by minute, hour or day in UTC.

Input excludes what was read from or written to a cache, output includes thinking. A workspace, key, model, tier, region or
context window is told only where the report is grouped by it. It counts no requests and has no cost. The Console's usage CSV
has the same by day, with the names of keys and workspaces.
https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-messages-usage-report
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._usage_pages import SPAN, is_anthropic, results

source = Source(
    title="Anthropic usage report",
    grain="bucket",
    revision=2,
    issuer="'anthropic'",
    claims="@llmcost_bucket = 'anthropic' and (@uncached_input_tokens is not null or @object = 'anthropic.nothing')",
    keeps="@object is null",
    fields={
        **SPAN,
        "scope": "'usage'",
        "provider": "'anthropic'",
        "request_model": "filled(@model)",
        "processing": "case when @service_tier = 'batch' then 'batch' end",
        "service_tier": "nullif(filled(@service_tier), 'batch')",
        "speed": "nullif(filled(@speed), 'standard')",
        "inference_region": "case when not one_of(@inference_geo, 'global|not_available') then filled(@inference_geo) end",
        "project": "filled(@workspace_id)",
        "api_key_id": "filled(@api_key_id)",
        "uncached_input_tokens": "#uncached_input_tokens",
        "cache_read_tokens": "#cache_read_input_tokens",
        "cache_write_5m_tokens": "#cache_creation.ephemeral_5m_input_tokens",
        "cache_write_1h_tokens": "#cache_creation.ephemeral_1h_input_tokens",
        "output_text_tokens": "#output_tokens",
        "web_searches": "nullif(#server_tool_use.web_search_requests, 0)",
    },
    tags=(
        "pair('user_id', @account_id)",
        "pair('service_account', @service_account_id)",
        "pair('context_window', @context_window)",
        "pair('usage_type', nullif(@usage_type, 'message'))",
    ),
    recognises_stream=is_anthropic,
    stream=results,
)
