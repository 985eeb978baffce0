"""Resource logs of Azure OpenAI: the categories `AzureOpenAIRequestUsage` and `RequestResponse`.

They come from a storage account or an event hub (`category`, `properties`) or from Log Analytics' `AzureDiagnostics`
(`Category`, `properties_s`, JSON in a string). Only `AzureOpenAIRequestUsage` counts tokens; a call known from
`RequestResponse` alone has unknown usage, and a call met in both is one, by its correlation id. Prompt tokens include what
was read from a cache, which is not counted, so cached input is priced as if it were not
(https://learn.microsoft.com/azure/ai-services/openai/monitor-openai-reference).
"""

from llmcost.ingest.source import Source


def _text(*names: str) -> str:
    """SQL for a key that the two exports spell with different capitals, which the reader's columns cannot hold side by side."""
    found = (f"json_extract_string(@@, '/{name}')" for name in names)
    return f"coalesce({', '.join(found)})"


def _property(name: str, sigil: str = "@") -> str:
    return f"coalesce({sigil}properties.{name}, {sigil}properties_s.{name})"


_MODEL = (
    f"coalesce({_property('modelDeploymentName')}, {_property('deploymentName')}, {_property('deployment')}, "
    f"{_property('modelName')})"
)
_STATUS = _text("resultSignature", "ResultSignature")

source = Source(
    title="Azure OpenAI resource logs",
    issuer="'azure'",
    claims=f"one_of({_text('category', 'Category')}, 'AzureOpenAIRequestUsage|RequestResponse') "
    "and coalesce(@properties:json, @properties_s:json) is not null",
    keeps=f"coalesce({_property('promptTokens')}, {_MODEL}) is not null",
    whole=True,
    json_text=("properties", "properties_s"),
    fields={
        "request_id": f"filled({_text('correlationId', 'CorrelationId')})",
        "started_at": f"instant({_text('time', 'TimeGenerated')})",
        "provider": "'azure'",
        "request_model": f"filled({_MODEL})",
        "response_model": f"filled({_property('modelName')})",
        "operation": f"case when contains(lower({_text('operationName', 'OperationName')}), 'embedding') then 'embeddings' end",
        "status": f"case when count_of({_STATUS}) >= 400 then 'error' end",
        "http_status": f"try_cast(count_of({_STATUS}) as integer)",
        "latency_ms": f"number_of({_text('durationMs', 'DurationMs')})",
        "stream": f"case when lower({_property('streamType')}) = 'streaming' then true end",
        "uncached_input_tokens": _property("promptTokens", "#"),
        "output_text_tokens": _property("completionTokens", "#"),
    },
    tags=(
        f"concat_ws(',', pair('object_id', {_property('objectId')}), pair('region', {_text('location', 'Location')}))",
    ),
)
