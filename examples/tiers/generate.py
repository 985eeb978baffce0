"""Write the month of the multi-tenant case study as records of llmcost's own shape.

    python examples/tiers/generate.py > usage.csv

500 customers cost $25,000 at $50 per million tokens: one costs $4,200, nine $1,000, thirty $240 and 460 $10 each.
"""

import csv
import sys

GROUPS = (
    ("whale", 1, 84_000_000),
    ("large", 9, 20_000_000),
    ("team", 30, 4_800_000),
    ("small", 460, 200_000),
)
"""Name, how many customers, tokens a month."""


def main() -> None:
    """Write one record per customer."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["request_id", "timestamp", "provider", "model", "input_tokens", "output_tokens", "customer_id"])
    for name, customers, tokens in GROUPS:
        for number in range(1, customers + 1):
            customer = name if customers == 1 else f"{name}-{number:03}"
            writer.writerow([f"case-{customer}", "2026-11-15T12:00:00Z", "acme", "blend", tokens, 0, customer])


if __name__ == "__main__":
    main()
