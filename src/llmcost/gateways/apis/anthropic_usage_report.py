"""Anthropic's usage report: the tokens of an organization by day, workspace, key, model, tier, region and context window.

`GET /v1/organizations/usage_report/messages`, with an admin key. These are aggregates: they go to usage buckets, beside the
requests and never among them
(https://platform.claude.com/docs/en/build-with-claude/usage-cost-api).
"""

from llmcost.gateways.apis._anthropic import report

gateway = report(
    "Anthropic usage report",
    "usage",
    path="/v1/organizations/usage_report/messages",
    source="anthropic-usage-report",
    groups=("api_key_id", "context_window", "inference_geo", "model", "service_tier", "workspace_id"),
)
