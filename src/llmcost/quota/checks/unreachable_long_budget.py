"""A budget for a long period that the one for a short period keeps out of reach.

$10 a day are at most $310 a month; a budget of $500 a month for the same callers binds only where calls go over the day's again
and again, since what a call costs counts when it ends.

Fix: lower the long one.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._scopes import OVERSHOOT, held, pairs
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Longer periods out of reach."""
    if config.semantics.decides != "all":
        return
    for short, long in pairs(limit for limit in config.limits if limit.unit == "cost"):
        count = held(short.window, long.window)
        if short.amount and long.amount is not None and short.amount * count < long.amount:
            yield Problem(
                at=long.place("amount"),
                message=f"${long.amount:,f} per {long.window.name} is hard to reach: ${short.amount:,f} per {short.window.name} is"
                f" at most ${short.amount * count:,f}{OVERSHOOT}",
                rule_id=long.id,
                related=((short.place("amount"), f"`{short.label}`"),),
            )


check = Check(code="QB551", severity="warning", confidence="maybe", of_config=find)
