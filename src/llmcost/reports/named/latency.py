"""How long answers took: median, 95th and 99th percentile, first token and speed."""

from llmcost.reports.definition import Definition

report = Definition(
    title="Latency by model",
    by=("model",),
    metrics=(
        "requests",
        "latency_p50",
        "latency_p95",
        "latency_p99",
        "time_to_first_token_p50",
        "time_to_first_token_p95",
        "output_tokens_per_second",
    ),
)
