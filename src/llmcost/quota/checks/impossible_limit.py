"""A limit that is negative, infinite, no number, or beyond what counters hold.

Fix: write the number that is meant; leave the limit out where there is none.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.limit import is_possible
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Limits that cannot be."""
    for limit in config.limits:
        amount = limit.amount
        if amount is None or is_possible(amount):
            continue
        what = "is no number" if amount.is_nan() else "is negative" if amount < 0 else "is beyond what a counter holds"
        yield Problem(
            at=limit.place("amount"), message=f"the limit {limit.place('amount').text} {what}", rule_id=limit.id
        )


check = Check(code="QL302", severity="error", of_config=find)
