"""The requests without a known cost, by model and by what is missing."""

from llmcost.reports.definition import Definition

report = Definition(
    title="Unpriced requests",
    by=("provider", "model", "cost_reason"),
    where=("cost_status=unpriced",),
    metrics=("unpriced_requests", "input_tokens", "output_tokens", "reported_cost"),
)
