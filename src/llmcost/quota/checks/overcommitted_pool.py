"""The shares of a pool add up to more than the pool.

Teams with 60 and 50 requests a minute under a common limit of 100 cannot all use what they were given. That may be meant, as
airlines do it; it should be known.

Fix: raise the pool, or lower the shares.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._scopes import families, places
from llmcost.quota.config import Config
from llmcost.quota.limit import Limit
from llmcost.quota.problem import Problem


def find(configs: tuple[Config, ...], known: Known) -> Iterator[tuple[Config, Problem]]:
    """Pools smaller than the sum of what is given out of them."""
    for family in families(configs):
        limits = [pair for config in family for pair in places(config) if pair[1].mode == "enforce" and not pair[1].per]
        for config, pool in limits:
            if not pool.match.is_everything or not pool.amount or not pool.amount.is_finite():
                continue
            shares = [
                one
                for _, one in limits
                if _share_of(one) and (one.unit, one.counted, one.window) == (pool.unit, pool.counted, pool.window)
            ]
            total = sum(one.amount for one in shares if one.amount is not None)
            if len(shares) > 1 and total > pool.amount:
                yield (
                    config,
                    Problem(
                        at=pool.place("amount"),
                        message=f"the shares of `{pool.label}` add up to {total:,f}, {total / pool.amount:.1f} times the"
                        f" {pool.amount:,f} there are",
                        rule_id=pool.id,
                    ),
                )


def _share_of(limit: Limit) -> bool:
    """Whether a limit is for one value of one dimension, so that several of them do not overlap."""
    conditions = limit.match.conditions
    one = len(conditions) == 1 and conditions[0].values is not None and len(conditions[0].values) == 1
    return one and limit.amount is not None and limit.amount.is_finite() and limit.base is None


check = Check(code="QC503", severity="warning", of_all=find)
