"""A budget of a week or more that the rate limits below it let be spent within a day.

A runaway client that keeps at its limit empties the month's budget in hours, and everybody is refused for the rest of the month. A
unit of use is priced as the dearest request in a hundred was.

Fix: add a budget per day, or lower the rate limit.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.matching import covers
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config
    from llmcost.quota.history import History, Worst
    from llmcost.quota.limit import Limit

_DAY = 86_400


def find(configs: tuple[Config, ...], history: History, known: Known) -> Iterator[tuple[Config, Problem]]:
    """Long budgets without a daily one, beside rates that empty them in a day."""
    places = [(config, limit) for config in configs for limit in config.limits if limit.mode == "enforce"]
    budgets = [(config, limit) for config, limit in places if limit.unit == "cost" and limit.amount]
    long = [(config, limit) for config, limit in budgets if (limit.window.longest or 0) > _DAY]
    if not long:
        return
    rates = [
        one
        for config in configs
        for one in history.worst(config)
        if one.limit.unit != "cost" and one.limit.mode == "enforce" and one.limit.amount and one.limit.window.seconds
    ]
    for config, budget in long:
        if any(_within_a_day(other, budget) for _, other in budgets):
            continue
        speeds = [
            (speed, one.limit)
            for one in rates
            if covers(one.limit.match, budget.match) is True and (speed := _speed(one, budget)) is not None
        ]
        speed, rate = min(speeds, key=lambda pair: pair[0], default=(Decimal(0), budget))
        if speed and budget.amount is not None and budget.amount / speed < _DAY:
            minutes = int(budget.amount / speed / 60)
            length = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{max(minutes, 1)} min"
            yield (
                config,
                Problem(
                    at=budget.place("amount"),
                    message=f"`{budget.label}`, ${budget.amount:,f} per {budget.window.name}, can be gone in {length}: `{rate.label}`"
                    f" lets ${speed * 3600:,.2f} an hour through",
                    help="add a budget per day, or lower the rate limit",
                    rule_id=budget.id,
                ),
            )


def _within_a_day(other: Limit, budget: Limit) -> bool:
    """Whether another budget, of a day or less, holds what this one holds, and leaves it more than a day."""
    return (
        (other.window.longest or _DAY + 1) <= _DAY
        and covers(other.match, budget.match) is True
        and set(other.per) <= set(budget.per)
        and other.amount is not None
        and budget.amount is not None
        and other.amount < budget.amount
    )


def _speed(one: Worst, budget: Limit) -> Decimal | None:
    """Dollars a second that a rate lets through into one counter of the budget."""
    worst = one.prices[1]
    if worst is None or one.limit.amount is None or one.limit.window.seconds is None:
        return None
    counters = 1 if set(one.limit.per) <= set(budget.per) else one.counters
    return one.limit.amount * worst * counters / one.limit.window.seconds or None


check = Check(code="QX702", severity="warning", confidence="needs-data", of_all_history=find)
