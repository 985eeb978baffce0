"""How much of the input was read from a provider's cache, and what writing and reading it cost."""

from llmcost.reports.definition import Definition

report = Definition(
    title="Cache use by model",
    by=("model",),
    metrics=(
        "cache_hit_rate",
        "input_tokens",
        "cache_read_input_tokens",
        "cache_write_input_tokens",
        "cache_read_cost",
        "cache_write_cost",
        "cost",
    ),
)
