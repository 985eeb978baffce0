"""Datadog LLM Observability: its spans of kind `llm` and `embedding`.

`POST /api/v2/llm-obs/v1/spans/events/search`; the address is that of the site's API, such as `https://api.datadoghq.eu`
(https://docs.datadoghq.com/llm_observability/evaluations/export_api/).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import Headers
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Tokens


def _spans(kind: str) -> Callable[[Span], dict[str, Any]]:
    def body(span: Span) -> dict[str, Any]:
        # Without a time it answers for the last quarter of an hour.
        times = {"from": f"{span.since:%Y-%m-%dT%H:%M:%SZ}", "to": f"{span.until:%Y-%m-%dT%H:%M:%SZ}"}
        return {"data": {"type": "spans", "attributes": {"filter": {**times, "span_kind": kind}, "sort": "timestamp"}}}

    return body


def _way(kind: str) -> tuple[Endpoint, ...]:
    page = "data.attributes.page"
    return (
        Endpoint(
            path="/api/v2/llm-obs/v1/spans/events/search",
            sources=("datadog-llm-spans",),
            body=_spans(kind),
            paging=Tokens(
                request=f"{page}.cursor",
                answer="meta.page.after",
                size=f"{page}.limit",
                most=1000,
                # As in Datadog's other searches, where such an answer has a part of what there is.
                broken_off=("meta.status", "timeout"),
            ),
            identity="attributes.span_id",
        ),
    )


gateway = Gateway(
    title="Datadog LLM Observability",
    auth=Headers({"DD-API-KEY": "DD_API_KEY", "DD-APPLICATION-KEY": "DD_APP_KEY"}),
    url="https://api.datadoghq.com",
    keyed=True,
    # Spans are kept for fifteen days.
    lookback=timedelta(days=15),
    streams={"requests": _way("llm"), "embeddings": _way("embedding")},
)
