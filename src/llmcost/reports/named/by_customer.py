"""What every customer cost, and by how many users."""

from llmcost.reports.definition import Definition

report = Definition(
    title="Cost by customer",
    by=("customer_id",),
    metrics=("cost", "share", "requests", "total_tokens", "distinct_users", "cost_per_request"),
)
