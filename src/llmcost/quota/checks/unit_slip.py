"""A limit for a short window that is no smaller than the one for a long window.

1,000 requests a minute beside 1,000 requests a day for the same callers: the day is used up within the first minute, so the
minute limit can never bind; or hardly ever, where the day ends amid a minute. Usually one of the units is a slip.

Fix: mend the unit, or delete the rule that cannot bind.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._scopes import nested, pairs
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Shorter windows with no smaller limits."""
    if config.semantics.decides != "all":
        return  # of two rules about the same, one decides
    for short, long in pairs(limit for limit in config.limits if limit.unit != "cost"):
        if short.amount is not None and long.amount is not None and short.amount >= long.amount > 0:
            never = nested(short.window, long.window)
            yield Problem(
                at=short.place("amount"),
                message=f"{short.amount:,f} {short.unit} per {short.window.name} {'can never bind' if never else 'hardly ever bind'}"
                f" beside {long.amount:,f} per {long.window.name} for the same callers",
                confidence=None if never else "maybe",
                help="one of the units is probably a slip",
                rule_id=short.id,
                related=((long.place("amount"), f"`{long.label}`"),),
            )


check = Check(code="QL304", severity="warning", of_config=find)
