"""Anthropic's cost report (`GET /v1/organizations/cost_report`), pages of days in UTC: what is invoiced.

Amounts are text in cents. Grouped by `description` it tells model and token type; otherwise a day is one amount. Charges of one
bucket that agree in all but the amount are added up, and so are rows of the CSV. Priority Tier is not in it. It counts no tokens and no requests. The
Console's cost CSV has the same by key, each row rounded to the cent, so that small rows drift; its models have display names
(`Claude Haiku 4.5`).
https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-cost-report
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._usage_pages import SPAN, billed, is_anthropic, results

_DOLLARS = "try_cast(try_cast(@amount as decimal(28, 12)) * 0.01::decimal(3, 2) as decimal(24, 12))"

source = Source(
    title="Anthropic cost report",
    grain="bucket",
    revision=4,
    issuer="'anthropic'",
    claims="@llmcost_bucket = 'anthropic' and @amount is not null and @uncached_input_tokens is null",
    # An amount that is none stands where a count should, which rejects the record.
    steps={"unreadable": "#unreadable_amount"},
    fields={
        **SPAN,
        "scope": "'costs'",
        "provider": "'anthropic'",
        "request_model": "filled(@model)",
        "token_class": "@llmcost_class",
        "processing": "case when @service_tier = 'batch' then 'batch' end",
        "service_tier": "nullif(filled(@service_tier), 'batch')",
        "speed": "coalesce(nullif(filled(@speed), 'standard'), case when contains(@description, '(Fast mode)') then 'fast' end)",
        "inference_region": "case when not one_of(@inference_geo, 'global|not_available') then filled(@inference_geo) end",
        "project": "filled(@workspace_id)",
        "api_key_id": "filled(@api_key_id)",
        **billed(_DOLLARS, "@currency", "anthropic"),
    },
    tags=(
        "pair('cost_type', nullif(@cost_type, 'tokens'))",
        "pair('token_type', @token_type)",
        "pair('context_window', @context_window)",
    ),
    recognises_stream=is_anthropic,
    stream=results,
)
