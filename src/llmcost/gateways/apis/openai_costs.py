"""OpenAI's costs API: what an organization is invoiced by day, project and line item.

`GET /v1/organization/costs`, with an admin key. These are aggregates: they go to usage buckets, beside the requests and never
among them (https://platform.openai.com/docs/api-reference/usage/costs).
"""

from datetime import timedelta

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import bearer
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Tokens


def _days(span: Span) -> dict[str, str | tuple[str, ...]]:
    return {
        "start_time": str(int(span.since.timestamp())),
        "end_time": str(int(span.until.timestamp())),
        "bucket_width": "1d",
        "group_by": ("project_id", "line_item"),
    }


gateway = Gateway(
    title="OpenAI costs API",
    auth=bearer("OPENAI_ADMIN_KEY"),
    url="https://api.openai.com",
    late=timedelta(days=3),
    poll=timedelta(hours=1),
    streams={
        "costs": (
            Endpoint(
                path="/v1/organization/costs",
                sources=("openai-costs",),
                query=_days,
                paging=Tokens(request="page", answer="next_page", most=180),
                identity="start_time",
                window=timedelta(days=180),
                grain=timedelta(days=1),
            ),
        )
    },
)
