"""A tier whose included use costs more than its budget.

A rule for a tier or plan includes so many requests or tokens; another one, for the same callers, says what they may cost. Used up at
the average price of past use, the first costs more than the second in 30 days: the tier promises what it does not pay for.

Fix: raise the budget, or include less.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config
    from llmcost.quota.history import History
    from llmcost.quota.limit import Limit

_TIERS = {"tier", "plan"}
_MONTH = 30 * 86_400


def find(configs: tuple[Config, ...], history: History, known: Known) -> Iterator[tuple[Config, Problem]]:
    """Included use that costs more than the budget of the same tier."""
    budgets = [
        (config, limit)
        for config in configs
        for limit in config.limits
        if limit.unit == "cost" and limit.amount and limit.window.longest is not None and _of_tier(limit)
    ]
    if not budgets:
        return
    for config in configs:
        for one in history.worst(config):
            usual = one.prices[0]
            if one.limit.unit == "cost" or usual is None or not one.limit.amount or not one.limit.window.seconds:
                continue
            cost = one.limit.amount * usual * _MONTH / one.limit.window.seconds
            for other, budget in budgets:
                paid = _paid(budget)
                same = set(budget.match.conditions) == set(one.limit.match.conditions)
                if same and set(budget.per) == set(one.limit.per) and cost > paid:
                    near = ((budget.place("amount"), f"pays for ${paid:,.2f}"),) if other is config else ()
                    yield (
                        config,
                        Problem(
                            at=one.limit.place("amount"),
                            message=f"`{one.limit.label}` includes what costs ${cost:,.2f} in 30 days, its budget `{budget.label}`"
                            f" is ${paid:,.2f}",
                            help="raise the budget, or include less",
                            rule_id=one.limit.id,
                            related=near,
                        ),
                    )


def _of_tier(limit: Limit) -> bool:
    """Whether a rule is for a tier or a plan."""
    return any(condition.dimension.rpartition(".")[2] in _TIERS for condition in limit.match.conditions)


def _paid(limit: Limit) -> Decimal:
    """What a budget allows in 30 days."""
    amount = limit.amount or Decimal(0)
    if limit.window.span in {"month", "quarter", "year"}:
        return amount / {"month": 1, "quarter": 3, "year": 12}[limit.window.span]
    return amount * _MONTH / (limit.window.longest or _MONTH)


check = Check(code="QX704", severity="error", confidence="needs-data", of_all_history=find)
