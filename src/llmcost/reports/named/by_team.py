"""What every team cost, and how much of it was on requests that failed."""

from llmcost.reports.definition import Definition

report = Definition(
    title="Cost by team",
    by=("team",),
    metrics=("cost", "share", "requests", "total_tokens", "cost_per_request", "error_rate"),
)
