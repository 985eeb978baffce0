"""A provider's error answer, kept where a log keeps answers: `{"error": {"type": .., "message": ..}}`.

OpenAI and its compatibles, Anthropic (`"type": "error"`) and Gemini (`"status": "RESOURCE_EXHAUSTED"`). The call failed,
so nothing was used; when and by whom is in the envelope. The message itself is not stored.
https://platform.openai.com/docs/guides/error-codes, https://docs.anthropic.com/en/api/errors
"""

from llmcost.ingest.source import Source

source = Source(
    title="Provider error answers",
    issuer="'provider'",
    body=True,
    claims="""@error.message is not null and @id is null and @object is null and @custom_id is null
        and @usage:json is null and coalesce(@type, 'error') = 'error'""",
    fields={
        "request_id": "filled(@request_id)",
        "status": "'error'",
        "error_type": "coalesce(filled(@error.type), filled(@error.status), filled(@error.code))",
        "http_status": "case when count_of(@error.code) between 100 and 599 then count_of(@error.code)::integer end",
        "uncached_input_tokens": "0",
        "output_text_tokens": "0",
    },
)
