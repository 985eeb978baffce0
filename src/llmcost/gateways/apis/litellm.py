"""LiteLLM proxy: its spend logs, one row for each call.

`GET /spend/logs/v2`, or the older `GET /spend/logs?summarize=false` where a proxy has no v2. The key is an admin's or the
master key; others see their own calls only. The proxy counts to 10,000 rows, so a window with more is read in parts until
each can be counted. The older way gives whole days, and of a day no more than 10,000 rows. Calls of the proxy's own health
checks are left out. Endpoints as in litellm 1.109.1, proxy/spend_tracking/spend_management_endpoints.py
(https://docs.litellm.ai/docs/proxy/cost_tracking).
"""

from datetime import timedelta

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import bearer
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Numbered, Whole
from llmcost.net.fetching import MIB


def _to_the_second(span: Span) -> dict[str, str]:
    return {
        "start_date": f"{span.since:%Y-%m-%d %H:%M:%S}",
        "end_date": f"{span.until:%Y-%m-%d %H:%M:%S}",
        "sort_by": "startTime",
        "sort_order": "asc",
        "exclude_internal_health_checks": "true",
    }


def _by_day(span: Span) -> dict[str, str]:
    return {"start_date": f"{span.since:%Y-%m-%d}", "end_date": f"{span.until:%Y-%m-%d}", "summarize": "false"}


gateway = Gateway(
    title="LiteLLM proxy",
    auth=bearer("LITELLM_API_KEY", "LITELLM_MASTER_KEY"),
    streams={
        "requests": (
            Endpoint(
                path="/spend/logs/v2",
                sources=("litellm-spend-logs",),
                query=_to_the_second,
                paging=Numbered(most=1000, count="total", capped="total_is_capped"),
                identity="request_id",
            ),
            Endpoint(
                path="/spend/logs",
                sources=("litellm-spend-logs",),
                query=_by_day,
                paging=Whole(truncated="x-litellm-spend-logs-truncated"),
                rows=None,
                identity="request_id",
                grain=timedelta(days=1),
                limit=256 * MIB,
            ),
        )
    },
)
