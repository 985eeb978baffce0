"""OpenAI's costs API (`GET /v1/organization/costs`), pages of days in UTC: what is invoiced, by project and line item.

Grouped by `line_item` it tells model and token class; otherwise a day is one amount. Charges of one bucket that agree in all
but the amount, such as a refund, are added up, and so are rows of the CSV. It names no users and counts no requests. The dashboard's `cost_*.csv` has the
same, and names users. https://platform.openai.com/docs/api-reference/usage/costs
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._usage_pages import SPAN, billed, is_openai, results

_TOKENS = """try_cast(try_cast(@quantity as decimal(28, 6))
    * case @quantity_unit when 'tokens' then 1 when '1000_tokens' then 1000 end as bigint)"""

source = Source(
    title="OpenAI costs API",
    grain="bucket",
    revision=4,
    issuer="'openai'",
    claims="@llmcost_bucket = 'openai' and @object = 'organization.costs.result'",
    # An amount that is none stands where a count should, which rejects the record.
    steps={"unreadable": "#unreadable_amount"},
    fields={
        **SPAN,
        "scope": "'costs'",
        "provider": "'openai'",
        "request_model": "filled(@llmcost_model)",
        "token_class": "@llmcost_class",
        "project": "filled(@project_id)",
        "api_key_id": "filled(@api_key_id)",
        "uncached_input_tokens": f"case @llmcost_class when 'input' then {_TOKENS} end",
        "cache_read_tokens": f"case @llmcost_class when 'cache_read' then {_TOKENS} end",
        "cache_write_5m_tokens": f"case @llmcost_class when 'cache_write' then {_TOKENS} end",
        "output_text_tokens": f"case @llmcost_class when 'output' then {_TOKENS} end",
        **billed("sum_amount(@amount.value)", "@amount.currency", "openai"),
    },
    tags=(
        "pair('line_item', @line_item)",
        "pair('user_id', @user_id)",
        "pair('user_email', @user_email)",
        "pair('organization', @organization_id)",
        "pair('api_source', @api_source)",
    ),
    recognises_stream=is_openai,
    stream=results,
)
