"""Cloudflare AI Gateway: the logs of every gateway of an account.

`GET /ai-gateway/gateways/GATEWAY/logs`; the address ends in the account. The token needs the permission to read AI Gateway
(https://developers.cloudflare.com/api/resources/ai_gateway/subresources/logs/methods/list/).
"""

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import bearer
from llmcost.gateways.gateway import Endpoint, Gateway, Scopes
from llmcost.gateways.paging import Numbered


def _logs(span: Span) -> dict[str, str]:
    return {
        "start_date": f"{span.since:%Y-%m-%dT%H:%M:%SZ}",
        "end_date": f"{span.until:%Y-%m-%dT%H:%M:%SZ}",
        "order_by": "created_at",
        "order_by_direction": "asc",
    }


_PAGES = Numbered(size="per_page", most=50, count="result_info.total_count")

gateway = Gateway(
    title="Cloudflare AI Gateway",
    auth=bearer("CLOUDFLARE_API_TOKEN"),
    example="https://api.cloudflare.com/client/v4/accounts/ACCOUNT",
    scopes=Scopes(path="/ai-gateway/gateways", rows="result", identity="id", name="id", paging=_PAGES),
    streams={
        "requests": (
            Endpoint(
                path="/ai-gateway/gateways/{scope}/logs",
                sources=("cloudflare-ai-gateway",),
                rows="result",
                query=_logs,
                paging=_PAGES,
            ),
        )
    },
)
