"""OpenRouter's activity: what an account used and was charged by day, model and endpoint, for the last 30 days in UTC.

`GET /api/v1/activity`, with a management key. It always answers for all of the 30 days that are over. These are aggregates: they
go to usage buckets, beside the requests and never among them
(https://openrouter.ai/docs/api-reference/analytics/get-user-activity).
"""

from datetime import timedelta

from llmcost.gateways.auth import bearer
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Whole

gateway = Gateway(
    title="OpenRouter activity",
    auth=bearer("OPENROUTER_MANAGEMENT_KEY", "OPENROUTER_API_KEY"),
    url="https://openrouter.ai",
    keyed=True,
    late=timedelta(days=2),
    poll=timedelta(hours=1),
    streams={
        "activity": (
            Endpoint(
                path="/api/v1/activity",
                sources=("openrouter-activity",),
                paging=Whole(),
                window=timedelta(days=366),
                grain=timedelta(days=1),
            ),
        )
    },
)
