"""What every model cost, and what a request and its tokens came to."""

from llmcost.reports.definition import Definition

report = Definition(
    title="Cost by model",
    by=("model",),
    metrics=("cost", "share", "requests", "input_tokens", "output_tokens", "cost_per_request", "error_rate"),
)
