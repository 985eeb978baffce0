"""Vercel AI Gateway: its report by day and model.

`GET /v1/report`, on the Pro and Enterprise plans; Vercel charges for each query. These are aggregates: they go to usage buckets,
beside the requests and never among them (https://vercel.com/docs/ai-gateway/observability-and-spend/custom-reporting).
"""

from datetime import timedelta

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import bearer
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Whole


def _days(span: Span) -> dict[str, str]:
    # Both days are part of what it answers for.
    return {
        "start_date": f"{span.since:%Y-%m-%d}",
        "end_date": f"{span.until - timedelta(days=1):%Y-%m-%d}",
        "group_by": "model",
        "date_part": "day",
    }


gateway = Gateway(
    title="Vercel AI Gateway report",
    auth=bearer("AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"),
    url="https://ai-gateway.vercel.sh",
    late=timedelta(days=1),
    poll=timedelta(hours=1),
    streams={
        "report": (
            Endpoint(
                path="/v1/report",
                sources=("vercel-report",),
                rows="results",
                query=_days,
                paging=Whole(),
                identity="day",
                window=timedelta(days=30),
                grain=timedelta(days=1),
            ),
        )
    },
)
