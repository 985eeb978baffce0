"""Langfuse: generations and embeddings among its observations.

`GET /api/public/v2/observations` where there is one (Langfuse Cloud, and self-hosted from version 4), else
`GET /api/public/observations` of older servers. Only these are asked for, so that of a generation around another one the inner one
counts where nothing stands between them; an export as a file has what does. The keys are those of a project
(https://langfuse.com/docs/api-and-data-platform/features/observations-api).
"""

from collections.abc import Callable

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import Basic
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Numbered, Tokens


def _observations(kind: str, **more: str) -> Callable[[Span], dict[str, str]]:
    def query(span: Span) -> dict[str, str]:
        return {
            "type": kind,
            "fromStartTime": f"{span.since:%Y-%m-%dT%H:%M:%SZ}",
            "toStartTime": f"{span.until:%Y-%m-%dT%H:%M:%SZ}",
            **more,
        }

    return query


def _ways(kind: str) -> tuple[Endpoint, ...]:
    # Without naming them, an answer has neither usage nor model.
    fields = "core,basic,time,model,usage,metrics,metadata,trace_context"
    return (
        Endpoint(
            path="/api/public/v2/observations",
            sources=("langfuse-observations",),
            query=_observations(kind, fields=fields),
            paging=Tokens(request="cursor", answer="meta.cursor", most=1000),
        ),
        Endpoint(
            path="/api/public/observations",
            sources=("langfuse-observations",),
            query=_observations(kind),
            paging=Numbered(size="limit", most=100, count="meta.totalItems"),
        ),
    )


gateway = Gateway(
    title="Langfuse",
    auth=Basic("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"),
    url="https://cloud.langfuse.com",
    keyed=True,
    streams={"requests": _ways("GENERATION"), "embeddings": _ways("EMBEDDING")},
)
