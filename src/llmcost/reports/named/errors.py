"""How often requests failed, and what those that succeeded cost with the failed ones on top."""

from llmcost.reports.definition import Definition

report = Definition(
    title="Errors",
    by=("endpoint",),
    instead=("feature", "model"),
    metrics=("error_rate", "failed_requests", "requests", "cost", "cost_per_request", "cost_per_successful_request"),
)
