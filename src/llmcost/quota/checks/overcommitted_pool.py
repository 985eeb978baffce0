"""The shares of a pool add up to more than the pool.

Teams with 60 and 50 requests a minute under a common limit of 100 cannot all use what they were given. That may be meant, as
airlines do it; it should be known.

Fix: raise the pool, or lower the shares.
"""

from collections.abc import Iterator
from decimal import Decimal

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
            shares: dict[str, list[Decimal]] = {}
            for _, one in limits:
                kind = _kind_of_share(one)
                same = (one.unit, one.counted, one.window) == (pool.unit, pool.counted, pool.window)
                if kind is not None and one.amount is not None and same:
                    shares.setdefault(kind, []).append(one.amount)
            total = max(
                (sum(amounts, Decimal(0)) for amounts in shares.values() if len(amounts) > 1), default=Decimal(0)
            )
            if total > pool.amount:
                yield (
                    config,
                    Problem(
                        at=pool.place("amount"),
                        message=f"the shares of `{pool.label}` add up to {total:,f}, {total / pool.amount:.1f} times the"
                        f" {pool.amount:,f} there are",
                        rule_id=pool.id,
                    ),
                )


def _kind_of_share(limit: Limit) -> str | None:
    """What a limit for one value of one dimension is a share by: those of one kind do not overlap. None for others."""
    conditions = limit.match.conditions
    values = conditions[0].values if len(conditions) == 1 else None
    if (
        values is None
        or len(values) != 1
        or limit.amount is None
        or not limit.amount.is_finite()
        or limit.base is not None
    ):
        return None
    kind = next(iter(values)).partition(":")[0] if conditions[0].dimension == "subject" else ""
    return f"{conditions[0].dimension}:{kind}"


check = Check(code="QC503", severity="warning", of_all=find)
