"""A limit for a short window that is no smaller than the one for a long window.

1,000 requests a minute beside 1,000 requests a day for the same callers: the day is used up within the first minute, so the
minute limit can never bind. Usually one of the units is a slip.

Fix: mend the unit, or delete the rule that cannot bind.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._scopes import pairs
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Shorter windows with no smaller limits."""
    for short, long in pairs(limit for limit in config.limits if limit.unit != "cost"):
        if short.amount is not None and long.amount is not None and short.amount >= long.amount > 0:
            yield Problem(
                at=short.place("amount"),
                message=f"{short.amount:,f} {short.unit} per {short.window.name} can never bind beside {long.amount:,f} per"
                f" {long.window.name} for the same callers",
                help="one of the units is probably a slip",
                rule_id=short.id,
                related=((long.place("amount"), f"`{long.label}`"),),
            )


check = Check(code="QL304", severity="warning", of_config=find)
