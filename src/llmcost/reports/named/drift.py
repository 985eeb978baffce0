"""What logs claim against what we compute, by model; `llmcost prices drift` says why they differ."""

from llmcost.reports.definition import Definition

report = Definition(
    title="Claimed cost against computed cost",
    by=("provider", "model"),
    metrics=("cost", "reported_cost", "reported_drift", "reported_drift_pct", "requests", "reported_requests"),
)
