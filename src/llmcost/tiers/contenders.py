"""Ways to charge side by side: fitted on earlier months, judged on later ones.

What its own interval on the later months says is worse than today is not recommended.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.market import by_customer, spared, steepest
from llmcost.tiers.uncertainty import Interval, intervals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.tiers.market import Constraints, Month

KEEP, SUGGESTED, LOOSER, COST_PLUS, FILE = "keep", "suggested", "looser", "cost-plus", "file"
PLUS = Decimal("1.25")
"""Cost, and a quarter."""
_CENT = Decimal("0.01")
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to charge."""

    name: str
    """keep, suggested, cost-plus, file, or looser: suggested if as many bills might rise as on the plans of the file."""
    fit_margin: Decimal
    """On the earlier months."""
    test_margin: Decimal
    """On the later months."""
    spared: Decimal
    """Share of customers whose bill rises no more than asked, on the earlier months."""
    steepest: Decimal | None
    """What the bill that rises most rises by, as a share of itself, on the earlier months; None where nobody pays today."""
    allowed: bool
    """Whether it spares enough, and leaves enough in all; keeping today's plans is always allowed."""
    gain: Interval
    """Over keeping today's plans, on the later months."""


class Comparison:
    """Earlier and later months on different plans."""

    def __init__(self, fit: Sequence[Month], test: Sequence[Month], constraints: Constraints, seed: int) -> None:
        self.contenders: list[Contender] = []
        self._constraints = constraints
        self._seed = seed
        self._months = fit, test
        self._now = tuple(by_customer(months, [month.now for month in months]) for months in self._months)
        self._costs = tuple(sum((month.cost for month in months), _ZERO) for months in self._months)

    def add(self, name: str, fit_bills: Sequence[Decimal], test_bills: Sequence[Decimal]) -> Contender:
        """Judge the bills of the earlier and the later months."""
        fit, test = self._months
        new = by_customer(fit, fit_bills)
        later = by_customer(test, test_bills)
        share = spared(self._now[0], new, self._constraints.rise)
        revenue = sum(new.values(), _ZERO)
        left = revenue - self._costs[0]
        enough = share >= self._constraints.spared and left >= self._constraints.margin * revenue
        one = Contender(
            name=name,
            fit_margin=left,
            test_margin=sum(later.values(), _ZERO) - self._costs[1],
            spared=share,
            steepest=steepest(self._now[0], new),
            allowed=name == KEEP or enough,
            gain=intervals([later[customer] - self._now[1][customer] for customer in sorted(later)], self._seed),
        )
        self.contenders.append(one)
        return one

    def add_today(self) -> None:
        """Judge what is charged today."""
        fit, test = self._months
        self.add(KEEP, [month.now for month in fit], [month.now for month in test])

    def add_cost_plus(self) -> None:
        """Judge cost and a quarter."""
        fit, test = ([_plus(month.cost) for month in months] for months in self._months)
        self.add(COST_PLUS, fit, test)


def _plus(cost: Decimal) -> Decimal:
    return (cost * PLUS).quantize(_CENT, "ROUND_HALF_UP")


def recommended(contenders: Sequence[Contender]) -> tuple[str, str]:
    """The best on the earlier months that keeps the constraint, unless the later months speak against it."""
    allowed = [one for one in contenders if one.allowed]
    winner = max(allowed, key=lambda one: one.fit_margin)
    if winner.name == KEEP:
        return KEEP, "nothing that is allowed earned more on the earlier months"
    if winner.gain.p10 < 0:
        return KEEP, f"{winner.name} earned more on the earlier months, but may earn less than today on the later ones"
    if winner.name == SUGGESTED:
        return SUGGESTED, "earned most on the earlier months, and no less than today on the later ones"
    return winner.name, "earned more than any set of plans that was tried"
