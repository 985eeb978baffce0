"""Anthropic's cost report: what an organization is invoiced by day, workspace, model and kind of token.

`GET /v1/organizations/cost_report`, with an admin key. These are aggregates: they go to usage buckets, beside the
requests and never among them
(https://platform.claude.com/docs/en/build-with-claude/usage-cost-api).
"""

from llmcost.gateways.apis._anthropic import report

gateway = report(
    "Anthropic cost report",
    "costs",
    path="/v1/organizations/cost_report",
    source="anthropic-cost-report",
    groups=("workspace_id", "description"),
)
