"""Rows of `ApiManagementGatewayLlmLog`: language-model calls through Azure API Management, from Log Analytics.

A call has one row with its deployment and counts, and further rows with nothing but pieces of its messages; all share a
`CorrelationId`. `PromptTokens` includes what was read from a cache, which the table does not count, so cached input is
priced as if it were not (https://learn.microsoft.com/azure/azure-monitor/reference/tables/apimanagementgatewayllmlog).
"""

from llmcost.ingest.source import Source

_WRITTEN = '@"TimeGenerated [UTC]"'
_PORTAL_TIME = f"dated(try_strptime({_WRITTEN}, ['%m/%d/%Y, %I:%M:%S.%f %p', '%m/%d/%Y, %I:%M:%S %p']), {_WRITTEN})"


def _text(name: str) -> str:
    """SQL for a key that another source spells with other capitals, which the reader's columns cannot hold side by side."""
    return f"json_extract_string(@@, '/{name}')"


source = Source(
    title="Azure API Management LLM logs",
    revision=2,
    issuer="'azure-apim'",
    claims=f"coalesce(@PromptTokens, @SequenceNumber) is not null and {_text('CorrelationId')} is not null",
    whole=True,
    keeps="coalesce(filled(@DeploymentName), filled(@ModelName)) is not null or count_of(@TotalTokens) > 0",
    fields={
        "request_id": f"filled({_text('CorrelationId')})",
        "started_at": f"coalesce(@TimeGenerated:time, {_PORTAL_TIME})",
        "provider": "'azure'",
        "request_model": "filled(@DeploymentName)",
        "response_model": "filled(@ModelName)",
        "operation": f"case when contains(lower({_text('OperationName')}), 'embedding') then 'embeddings' end",
        "stream": "lower(@IsStreamCompletion) = 'true'",
        "uncached_input_tokens": "#PromptTokens",
        "output_text_tokens": "#CompletionTokens",
    },
    tags=(f"concat_ws(',', pair('region', {_text('Region')}), pair('operation', {_text('OperationName')}))",),
)
