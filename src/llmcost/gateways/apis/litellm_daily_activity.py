"""LiteLLM proxy: its daily activity, by model and key.

`GET /user/daily/activity`, with an admin's key or the master key. These are aggregates, from tables that outlive the spend
logs: they go to usage buckets, beside the requests and never among them. The requests themselves are pulled with
`--from litellm` (https://docs.litellm.ai/docs/proxy/cost_tracking).
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
        "page_size": "1000",
    }


gateway = Gateway(
    title="LiteLLM daily activity",
    auth=bearer("LITELLM_API_KEY", "LITELLM_MASTER_KEY"),
    late=timedelta(days=1),
    poll=timedelta(hours=1),
    streams={
        "activity": (
            Endpoint(
                path="/user/daily/activity",
                sources=("litellm-daily-activity",),
                rows="results",
                query=_days,
                # A day is summed up by page: what does not stand on one page cannot be put together again.
                paging=Whole(capped="metadata.has_more"),
                identity="date",
                window=timedelta(days=1),
                grain=timedelta(days=1),
            ),
        )
    },
)
