"""A budget for a long period that is smaller than the one for a short period.

$50 a month beside $100 a day for the same callers: the month is spent within a day, and the day's budget never binds.

Fix: swap them, or mend the unit.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._scopes import pairs
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Longer periods with less."""
    if config.semantics.decides != "all":
        return  # of two rules about the same, one decides
    for short, long in pairs(limit for limit in config.limits if limit.unit == "cost"):
        if short.amount is not None and long.amount is not None and 0 < long.amount <= short.amount:
            yield Problem(
                at=long.place("amount"),
                message=f"${long.amount:,f} per {long.window.name} can be spent within one {short.window.name}: the budget per"
                f" {short.window.name} is ${short.amount:,f}",
                rule_id=long.id,
                related=((short.place("amount"), f"`{short.label}`"),),
            )


check = Check(code="QB552", severity="warning", of_config=find)
