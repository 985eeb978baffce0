"""How one cost is shared: who bears it, and in proportion to what."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from llmcost.allocation.facts import Owner
from llmcost.allocation.policy import ALLOCATED, Driver, Method, Sharing
from llmcost.domain.apportion import in_proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Who bears a cost."""

    method: Method
    """What was done, which differs from what was asked where that is impossible."""
    weights: Mapping[Owner, Fraction]
    driver: str | None = None
    bases: Mapping[str, Decimal] = field(default_factory=dict)
    """What the weights are made of; empty where there is nothing to show."""
    note: str | None = None
    """Why it is not what was asked."""

    def of(self, cost: Decimal, places: int) -> dict[Owner, Decimal]:
        """The cost by owner, to the last place."""
        return in_proportion(cost, self.weights, places)


def shares(
    name: str,
    sharing: Sharing,
    owners: Collection[str],
    drivers: Mapping[Driver, Mapping[str, Decimal]],
    running: Mapping[Owner, Decimal],
) -> Shares:
    """Who bears the cost called `name`. `owners` may be given something; `running` is what each was given so far.

    Where the driver is zero everywhere, or below, all bear the same; where there is nobody, nobody does. Both are noted.
    """
    if sharing.method == "keep":
        return _nobody(None)
    if sharing.method == "direct":
        return Shares(method="direct", weights={sharing.to[0]: Fraction(1)})
    if sharing.method == "weights":
        return Shares(
            method="weights",
            weights={owner: Fraction(weight) for owner, weight in sharing.weights.items()},
            driver="weight",
            bases=sharing.weights,
        )
    named = sorted(sharing.to or owners)
    if not named:
        return _nobody(f"nobody has requests to share {name!r} by: it stands by itself")
    if sharing.method == "proportional":
        values = running if sharing.driver.metric == ALLOCATED else drivers.get(sharing.driver, {})
        bases = {owner: values.get(owner, Decimal(0)) for owner in named}
        if any(base > 0 for base in bases.values()):
            above = {owner: base for owner, base in bases.items() if base > 0}
            return Shares(
                method="proportional",
                weights={owner: Fraction(base) for owner, base in above.items()},
                driver=sharing.driver.metric,
                bases=above,
            )
        note = f"{name!r} is shared evenly: there is no {sharing.driver.metric} to share it by"
        return _evenly(named, note)
    return _evenly(named, None)


def _evenly(owners: Collection[str], note: str | None) -> Shares:
    return Shares(
        method="even",
        weights=dict.fromkeys(owners, Fraction(1)),
        driver="owners",
        bases=dict.fromkeys(owners, Decimal(1)),
        note=note,
    )


def _nobody(note: str | None) -> Shares:
    return Shares(method="keep", weights={None: Fraction(1)}, note=note)
