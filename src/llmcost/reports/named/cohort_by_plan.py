"""What the customers of every plan cost and use, each on average."""

from llmcost.reports.definition import Definition

report = Definition(
    title="Customers by plan",
    by=("plan",),
    metrics=(
        "distinct_customers",
        "cost",
        "share",
        "cost_per_customer",
        "tokens_per_customer",
        "requests_per_customer",
    ),
)
