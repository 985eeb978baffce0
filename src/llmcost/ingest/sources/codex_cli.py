"""Codex CLI rollouts: `$CODEX_HOME/{sessions,archived_sessions}/**/*.jsonl`.

A call is what the totals of a session grew by; calls that a fork or a sub-agent copied from its parent are the parent's, and
what a compaction used is a call as well. Input includes cached input and cache writes, output includes reasoning.
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._codex_rollout import calls, is_rollout, lineage

source = Source(
    title="Codex CLI rollouts",
    revision=3,
    issuer="'codex'",
    claims="@codex_call.timestamp is not null or @codex_call.input_tokens is not null",
    recognises_stream=is_rollout,
    stream=calls,
    lineage=lineage,
    steps={"written": "coalesce(#codex_call.cache_write_input_tokens, 0)"},
    fields={
        "request_id": "@codex_call.id",
        "started_at": "@codex_call.timestamp:time",
        "provider": "coalesce(filled(@codex_call.provider), 'openai')",
        "response_model": "filled(@codex_call.model)",
        "session_id": "filled(@codex_call.session)",
        "project": "filled(@codex_call.cwd)",
        "uncached_input_tokens": "beyond(#codex_call.input_tokens, #codex_call.cached_input_tokens + $written)",
        "cache_read_tokens": "#codex_call.cached_input_tokens",
        "cache_write_5m_tokens": "$written",
        "cache_write_1h_tokens": "0",
        "output_text_tokens": "beyond(#codex_call.output_tokens, #codex_call.reasoning_output_tokens)",
        "reasoning_tokens": "#codex_call.reasoning_output_tokens",
    },
    tags=(
        """concat_ws(',', pair('cwd', @codex_call.cwd), pair('git_branch', @codex_call.git_branch),
            pair('effort', @codex_call.effort))""",
    ),
)
