"""What every day cost and how much was used, and by how many."""

from llmcost.reports.definition import Definition

report = Definition(
    title="Daily usage",
    by=("day",),
    metrics=("cost", "requests", "input_tokens", "output_tokens", "distinct_users"),
)
