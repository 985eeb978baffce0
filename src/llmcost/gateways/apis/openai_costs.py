"""OpenAI's costs API: what an organization is invoiced by day, project and line item.

`GET /v1/organization/costs`, with an admin key. These are aggregates: they go to usage buckets, beside the requests and never
among them (https://platform.openai.com/docs/api-reference/usage/costs).
"""

from datetime import timedelta

from llmcost.gateways.apis._openai import buckets, organization

_WAY = buckets("/v1/organization/costs", source="openai-costs", groups=("project_id", "line_item"), most=180)

gateway = organization("OpenAI costs API", {"costs": _WAY}, late=timedelta(days=3))
