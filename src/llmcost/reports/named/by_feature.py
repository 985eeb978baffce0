"""What every feature cost, and for how many customers."""

from llmcost.reports.definition import Definition

report = Definition(
    title="Cost by feature",
    by=("feature",),
    metrics=("cost", "share", "requests", "total_tokens", "distinct_customers", "cost_per_request"),
)
