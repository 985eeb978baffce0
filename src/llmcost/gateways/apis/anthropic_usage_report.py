"""Anthropic's usage report: the tokens of an organization by day, workspace, key, model, tier, region and context window.

`GET /v1/organizations/usage_report/messages`, with an admin key. These are aggregates: they go to usage buckets, beside the
requests and never among them
(https://platform.claude.com/docs/en/build-with-claude/usage-cost-api).
"""

from datetime import timedelta

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import Header
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Tokens

_GROUPS = ("api_key_id", "context_window", "inference_geo", "model", "service_tier", "workspace_id")


def _days(span: Span) -> dict[str, str | tuple[str, ...]]:
    return {
        "starting_at": f"{span.since:%Y-%m-%dT%H:%M:%SZ}",
        "ending_at": f"{span.until:%Y-%m-%dT%H:%M:%SZ}",
        "bucket_width": "1d",
        "group_by[]": _GROUPS,
    }


gateway = Gateway(
    title="Anthropic usage report",
    auth=Header("x-api-key", ("ANTHROPIC_ADMIN_KEY",)),
    headers={"anthropic-version": "2023-06-01"},
    url="https://api.anthropic.com",
    late=timedelta(days=2),
    poll=timedelta(hours=1),
    streams={
        "usage": (
            Endpoint(
                path="/v1/organizations/usage_report/messages",
                sources=("anthropic-usage-report",),
                query=_days,
                paging=Tokens(request="page", answer="next_page", most=31),
                identity="starting_at",
                window=timedelta(days=31),
                grain=timedelta(days=1),
            ),
        )
    },
)
