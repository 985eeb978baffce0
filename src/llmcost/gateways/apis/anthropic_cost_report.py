"""Anthropic's cost report: what an organization is invoiced by day, workspace, model and kind of token.

`GET /v1/organizations/cost_report`, with an admin key. These are aggregates: they go to usage buckets, beside the
requests and never among them
(https://platform.claude.com/docs/en/build-with-claude/usage-cost-api).
"""

from datetime import timedelta

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import Header
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Tokens

_GROUPS = ("workspace_id", "description")


def _days(span: Span) -> dict[str, str | tuple[str, ...]]:
    return {
        "starting_at": f"{span.since:%Y-%m-%dT%H:%M:%SZ}",
        "ending_at": f"{span.until:%Y-%m-%dT%H:%M:%SZ}",
        "bucket_width": "1d",
        "group_by[]": _GROUPS,
    }


gateway = Gateway(
    title="Anthropic cost report",
    auth=Header("x-api-key", ("ANTHROPIC_ADMIN_KEY",)),
    headers={"anthropic-version": "2023-06-01"},
    url="https://api.anthropic.com",
    late=timedelta(days=2),
    poll=timedelta(hours=1),
    streams={
        "costs": (
            Endpoint(
                path="/v1/organizations/cost_report",
                sources=("anthropic-cost-report",),
                query=_days,
                paging=Tokens(request="page", answer="next_page", most=31),
                identity="starting_at",
                window=timedelta(days=31),
                grain=timedelta(days=1),
            ),
        )
    },
)
