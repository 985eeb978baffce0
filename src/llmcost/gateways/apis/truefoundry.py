"""TrueFoundry AI Gateway: its request logs, as spans.

`POST /api/svc/v1/spans/query` of the control plane, for the default destination of traces. Of a request's tree only the spans
of type `Model` are asked for: each is one attempt at a provider. Virtual models are not among them, so nothing counts twice.
The key is a personal access token or that of a virtual account
(https://www.truefoundry.com/docs/ai-gateway/fetch-request-logs-use-cases-advanced).
"""

from typing import Any

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import bearer
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Tokens


def _spans(span: Span) -> dict[str, Any]:
    return {
        "startTime": f"{span.since:%Y-%m-%dT%H:%M:%S}.000Z",
        "endTime": f"{span.until:%Y-%m-%dT%H:%M:%S}.000Z",
        "dataRoutingDestination": "default",
        "filters": [{"spanAttributeKey": "tfy.span_type", "operator": "EQUAL", "value": "Model"}],
        "sortDirection": "asc",
    }


gateway = Gateway(
    title="TrueFoundry AI Gateway",
    auth=bearer("TFY_API_KEY"),
    example="https://your-org.truefoundry.cloud",
    streams={
        "requests": (
            Endpoint(
                path="/api/svc/v1/spans/query",
                sources=("truefoundry-spans",),
                body=_spans,
                paging=Tokens(request="pageToken", answer="pagination.nextPageToken", most=200),
                identity="spanId",
            ),
        )
    },
)
