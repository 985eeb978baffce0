"""A lower plan may use more than a higher one.

Rules that differ only in the plan they are for, where free gets more than pro. Plans are put in order by their usual names:
free, trial, starter, basic, growth, standard, plus, pro, professional, team, business, scale, enterprise.

Fix: swap the limits.
"""

import re
from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.limit import Limit
from llmcost.quota.plan_ranks import RANKS
from llmcost.quota.problem import Problem

_KEYS = re.compile(r"(?:metadata\.|tags\.)?(?:customer_|subscription_|user_)?(?:tier|plan|subscription)")


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Lower plans with more."""
    groups: dict[object, list[tuple[int, str, Limit]]] = {}
    for limit in config.limits:
        found = _plan(limit)
        if found is not None and limit.amount is not None and limit.amount.is_finite():
            dimension, value = found
            rest = frozenset(one for one in limit.match.conditions if one.dimension != dimension)
            key = (dimension, rest, frozenset(limit.per), limit.unit, limit.counted, limit.window)
            groups.setdefault(key, []).append((RANKS[value.lower()], value, limit))
    for group in groups.values():
        for rank, value, limit in group:
            above = [one for one in group if one[0] > rank and (one[2].amount or 0) < (limit.amount or 0)]
            if above:
                _, other_value, other = max(above, key=lambda one: one[0])
                yield Problem(
                    at=limit.place("amount"),
                    message=f"plan `{value}` may use {limit.amount:,f} {limit.unit} per {limit.window.name}, the higher plan"
                    f" `{other_value}` only {other.amount:,f}",
                    help="swap them",
                    rule_id=limit.id,
                    related=((other.place("amount"), f"`{other_value}`"),),
                )


def _plan(limit: Limit) -> tuple[str, str] | None:
    """Dimension and name of the plan a rule is for."""
    for condition in limit.match.conditions:
        if _KEYS.fullmatch(condition.dimension) and condition.values is not None and len(condition.values) == 1:
            value = next(iter(condition.values))
            if value.lower() in RANKS:
                return condition.dimension, value
    return None


check = Check(code="QC502", severity="error", of_config=find)
