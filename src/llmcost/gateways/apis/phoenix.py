"""Arize Phoenix: the spans of every project, of calls to models and of what surrounds them.

`GET /v1/projects/PROJECT/spans`. A span that repeats what the calls below it used is told from a call as in a file of spans; one
that came in without them is taken back when both are pulled. A server without authentication needs no key. Endpoints as in Phoenix 20.26 (https://arize.com/docs/phoenix/rest-api).
"""

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import bearer
from llmcost.gateways.gateway import Endpoint, Gateway, Scopes
from llmcost.gateways.paging import Tokens


def _spans(span: Span) -> dict[str, str]:
    return {
        "start_time": f"{span.since:%Y-%m-%dT%H:%M:%SZ}",
        "end_time": f"{span.until:%Y-%m-%dT%H:%M:%SZ}",
        "order": "asc",
    }


gateway = Gateway(
    title="Arize Phoenix",
    auth=bearer("PHOENIX_API_KEY", optional=True),
    example="http://localhost:6006",
    scopes=Scopes(
        path="/v1/projects",
        rows="data",
        identity="id",
        name="name",
        paging=Tokens(request="cursor", answer="next_cursor", most=100),
    ),
    streams={
        "requests": (
            Endpoint(
                path="/v1/projects/{scope}/spans",
                sources=("openinference", "otel-genai"),
                query=_spans,
                paging=Tokens(request="cursor", answer="next_cursor", most=1000),
            ),
        )
    },
)
