"""Limits that would let far more be spent than ever was.

A limit kept full all month costs limit x price x windows. With `--max-exposure USD` it is an error where a limit's worst 30 days, for
all counters that past requests have, cost more than that. Without it, a warning says where they would cost $1,000 or more and ten
times what the limit's requests cost so far, over the same length of time. A unit of use is priced as the dearest request in a hundred
was. Limits inside a budget that covers them are left out: the budget is what bounds them.

Fix: lower the limit, or put a budget over it.
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

_TIMES = 10
_WORTH_A_LOOK = Decimal(1_000)
_DAYS = 30


def find(configs: tuple[Config, ...], history: History, known: Known) -> Iterator[tuple[Config, Problem]]:
    """Limits with a worst month out of proportion."""
    budgets = [
        limit
        for config in configs
        for limit in config.limits
        if limit.unit == "cost" and limit.mode == "enforce" and limit.window.longest is not None
    ]
    days = Decimal(max(history.span.total_seconds(), 86_400)) / 86_400
    usual = history.cost * _DAYS / days
    for config in configs:
        for one in history.worst(config):
            if one.limit.mode == "audit" or one.exposure.worst is None or _bounded(one.limit, budgets):
                continue
            problem = _problem(one, usual, known.most_spent)
            if problem is not None:
                yield config, problem


def _bounded(limit: Limit, budgets: list[Limit]) -> bool:
    return limit.unit != "cost" and any(covers(one.match, limit.match) is True for one in budgets)


def _problem(one: Worst, usual: Decimal, most: Decimal | None) -> Problem | None:
    limit, worst = one.limit, one.exposure.worst or Decimal(0)
    amount = f"${limit.amount:,f}" if limit.unit == "cost" else f"{limit.amount:,f}"
    amount += "" if limit.unit in {"cost", "concurrency"} else f" {limit.unit.replace('_', ' ')}"
    whom = f" for each of {one.counters:,}" if one.counters > 1 else ""
    often = "requests at once" if limit.unit == "concurrency" else f"per {limit.window.name}"
    text = f"`{limit.label}`, {amount} {often}{whom}, lets ${worst:,.2f} be spent in 30 days"
    if most is not None and worst > most:
        return Problem(
            at=limit.place("amount"),
            message=f"{text}: more than --max-exposure ${most:,f}",
            help="lower it, or put a budget over it",
            rule_id=limit.id,
            severity="error",
        )
    if most is None and limit.unit != "cost" and worst >= _WORTH_A_LOOK and worst >= _TIMES * usual:
        times = f", {int(worst / usual):,} times what all requests cost" if usual else ""
        return Problem(
            at=limit.place("amount"),
            message=f"{text}{times}",
            help="lower it, or put a budget over it",
            rule_id=limit.id,
        )
    return None


check = Check(code="QX701", severity="warning", confidence="needs-data", of_all_history=find)
