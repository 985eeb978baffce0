"""What there is to allocate: whose requests, which charges, and what shares are in proportion to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from llmcost.allocation.policy import Driver
from llmcost.allocation.record import ChargeLine
from llmcost.domain.exact import EXACT
from llmcost.domain.fx import BASE

Owner = str | None
"""None: nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Requests of somebody."""

    cost: Decimal = Decimal(0)
    requests: int = 0
    unpriced: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(
            cost=EXACT.add(self.cost, other.cost),
            requests=self.requests + other.requests,
            unpriced=self.unpriced + other.unpriced,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What there is to allocate."""

    own: Mapping[Owner, Usage]
    """Requests that no rule takes; None is unattributed."""
    taken: Mapping[str, Mapping[Owner, Usage]] = field(default_factory=dict)
    """Requests by the name of the rule that takes them, and whose they were."""
    charges: tuple[ChargeLine, ...] = ()
    drivers: Mapping[Driver, Mapping[str, Decimal]] = field(default_factory=dict)
    """What shares are in proportion to, by owner."""
    invoice: Decimal | None = None
    """What the total must come to."""
    currency: str = BASE
    """Of every cost."""
    places: int = 12
    """Decimals of every cost."""

    @property
    def owners(self) -> frozenset[str]:
        """Everybody who has requests."""
        everywhere = [self.own, *self.taken.values()]
        return frozenset(owner for usages in everywhere for owner in usages if owner is not None)


def summed(usages: Iterable[Usage]) -> Usage:
    """All of them together."""
    result = Usage()
    for one in usages:
        result += one
    return result
