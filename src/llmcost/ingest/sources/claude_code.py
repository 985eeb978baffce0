"""Claude Code transcripts: `~/.claude/projects/**/*.jsonl`, one line per message, prompt or event.

An answer is written once per content block and copied into resumed, forked and sidechain files, each time with the usage
known by then; all of it is one message id, the one the Messages API issued
(https://docs.claude.com/en/docs/claude-code/monitoring-usage). A line without `stop_reason` is a partial. Lines of 2024
hold `inputTokens` and the like at the top. Messages of the model `<synthetic>` and API error notices were never billed.
"""

from collections.abc import Iterator

from llmcost.ingest.source import Record, Source
from llmcost.ingest.sources._anthropic import needs_parts_at, parts_at, usage_fields, usage_steps

_EVENTS = (
    *("system", "summary", "progress", "attachment", "file-history-snapshot", "queue-operation", "custom-title"),
    *("ai-title", "agent-name", "agent-color", "agent-setting", "last-prompt", "tag", "mode", "permission-mode"),
    *("pr-link", "worktree-state", "content-replacement", "speculation-accept"),
)
_EVENT_LIST = "|".join(_EVENTS)
_INNER = "data.message.message.usage"
# Sessions and request ids are words of other logs, too: beside a whole answer only what is Claude Code's own tells a transcript.
_ENVELOPE = "@message.type = 'message' and (coalesce(@uuid, @cwd, @costUSD) is null or @timestamp is null)"
_STEPS = usage_steps("message.usage")
_passes = parts_at("message")


def _parts(record: Record, envelope: Record) -> Iterator[Record]:
    """The message a sub-agent's progress line carries, or the passes of a message that lists several."""
    if record.get("type") == "progress":
        yield {**{key: value for key, value in record.items() if key != "data"}, **record["data"]["message"]}
    else:
        # The log's amount is of the whole call: each pass with it again would be the same money counted twice.
        for number, one in enumerate(_passes(record, envelope)):
            yield {key: value for key, value in one.items() if not (number and key == "costUSD")}


source = Source(
    title="Claude Code transcripts",
    revision=3,
    issuer="case when @message.id is not null then 'anthropic' else 'claude-code' end",
    claims=f"""not coalesce({_ENVELOPE}, false) and ((list_contains(['user', 'assistant'], @type) and (@sessionId is not null or (@uuid is not null and @timestamp is not null)))
        or (one_of(@type, '{_EVENT_LIST}') and (@sessionId is not null or @leafUuid is not null or @messageId is not null))
        or (@type = 'assistant' and @message.usage.input_tokens is not null)
        or (@sessionId is not null and @message.usage.input_tokens is not null
            and (@requestId is not null or @cwd is not null or @version is not null)))""",
    keeps=f"""(@message.usage.input_tokens is not null or @{_INNER}.input_tokens is not null or @inputTokens is not null)
        and coalesce(@isApiErrorMessage, 'false') <> 'true'
        and coalesce(@message.model, @data.message.message.model, '') <> '<synthetic>'""",
    needs_parts=f"(@type = 'progress' and @{_INNER}.input_tokens is not null) or {needs_parts_at('message.usage')}",
    parts=_parts,
    steps={
        **_STEPS,
        "input": f"coalesce({_STEPS['input']}, #inputTokens)",
        "output": f"coalesce({_STEPS['output']}, #outputTokens)",
        "cache_read": "coalesce(#message.usage.cache_read_input_tokens, #cacheReadInputTokens, 0)",
        "written": "coalesce(#message.usage.cache_creation_input_tokens, #cacheCreationInputTokens, 0)",
        "known": f"{_STEPS['known']} or #inputTokens is not null",
    },
    fields={
        **usage_fields("message.usage", "message"),
        "request_id": "coalesce(filled(@message.id), filled(@requestId), filled(@uuid))",
        "started_at": "@timestamp:time",
        "final": "@message.stop_reason is not null or @inputTokens is not null",
        "provider": """case
            when starts_with(@message.id, 'msg_bdrk_') then 'aws'
            when starts_with(@message.id, 'msg_vrtx_') then 'vertex'
            when contains(lower(@message.model), 'claude') then 'anthropic' end""",
        "response_model": "filled(@message.model)",
        "session_id": "filled(@sessionId)",
        "project": "filled(@cwd)",
        "reported_cost": "amount(@costUSD)",
        "reported_currency": "case when @costUSD is not null then 'USD' end",
        "reported_by": "case when @costUSD is not null then 'claude-code' end",
    },
    tags=("concat_ws(',', pair('cwd', @cwd), pair('git_branch', @gitBranch))",),
)
