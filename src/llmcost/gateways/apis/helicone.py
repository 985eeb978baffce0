"""Helicone: its requests.

`POST /v1/request/query-clickhouse`, with a key that may read. In the European Union the address is
`https://eu.api.helicone.ai`. Prompts and answers are not asked for
(https://docs.helicone.ai/rest/request/post-v1requestquery-clickhouse).
"""

from datetime import datetime, timedelta
from typing import Any

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import bearer
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Offsets


def _requests(span: Span) -> dict[str, Any]:
    return {
        "filter": {
            "left": _created("gte", span.since),
            "operator": "and",
            "right": _created("lt", span.until),
        },
        "sort": {"created_at": "asc"},
        "includeInputs": False,
    }


def _created(comparison: str, instant: datetime) -> dict[str, Any]:
    return {"request_response_rmt": {"request_created_at": {comparison: f"{instant:%Y-%m-%dT%H:%M:%S}.000Z"}}}


gateway = Gateway(
    title="Helicone",
    auth=bearer("HELICONE_API_KEY"),
    url="https://api.helicone.ai",
    keyed=True,
    streams={
        "requests": (
            Endpoint(
                path="/v1/request/query-clickhouse",
                sources=("helicone-requests",),
                body=_requests,
                # Rows of one moment come in any order, another one for each page: so a full page is read again in parts.
                paging=Offsets(most=1000, deepest=999),
                identity="request_id",
                window=timedelta(hours=6),
            ),
        )
    },
)
