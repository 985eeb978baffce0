"""A provider's error answer, kept where a log keeps answers: `{"error": {"type": .., "message": ..}}`.

OpenAI and its compatibles, Anthropic (`"type": "error"`), Gemini (`"status": "RESOURCE_EXHAUSTED"`) and Azure, whose `status` is
a number. The call failed, so nothing was used; when and by whom is in the envelope. The message itself is not stored.
https://platform.openai.com/docs/guides/error-codes, https://docs.anthropic.com/en/api/errors
"""

from llmcost.ingest.source import Source


def _http_status(value: str) -> str:
    return f"case when count_of({value}) between 100 and 599 then count_of({value})::integer end"


source = Source(
    title="Provider error answers",
    revision=2,
    issuer="'provider'",
    body=True,
    claims="""@error.message is not null and @id is null and @object is null and @custom_id is null
        and @usage:json is null and coalesce(@type, 'error') = 'error'""",
    steps={
        "http_code": _http_status("@error.code"),
        "http_status": _http_status("@error.status"),
    },
    fields={
        "request_id": "filled(@request_id)",
        "status": "'error'",
        "error_type": "coalesce(filled(@error.type), case when $http_status is null then filled(@error.status) end, "
        "filled(@error.code), filled(@error.status))",
        "http_status": "coalesce($http_code, $http_status)",
        "uncached_input_tokens": "0",
        "output_text_tokens": "0",
    },
)
