"""Plans worth trying: quantities and prices a person would write on a price list."""

from __future__ import annotations

from bisect import bisect_right
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.market import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmcost.tiers.market import Month
    from llmcost.tiers.plan import Plan

_FEW = tuple(Decimal(text) for text in ("0.5", "0.75", "0.9", "0.97", "1"))
_MANY = tuple(sorted({*_FEW, *(Decimal(part) / 16 for part in range(4, 16)), Decimal("0.95"), Decimal("0.99")}))
_MARGINS = tuple(Decimal(text) for text in ("0.2", "0.5", "0.8"))
_OVERAGES = (Decimal("1.25"), Decimal(2), Decimal(5))
"""Times what a unit costs."""
_SIZES = tuple(Decimal(text) for text in ("1", "1.5", "2", "2.5", "3", "4", "5", "6", "8", "10"))


class Ideas:
    """Candidates from how much customers use, what that costs, what they pay and what the file's plans would charge."""

    def __init__(self, months: Sequence[Month], plans: Sequence[Plan], meter: str, rise: Decimal) -> None:
        """`months` are in order of use, smallest first, and have a bound on their bills."""
        self._months = [month for month in months if month.usage]
        self._used = [month.usage for month in self._months]
        total = sum(self._used, Decimal(0))
        self._unit = sum((month.cost for month in months), Decimal(0)) / total if total else Decimal(0)
        self._file = [found for plan in plans if (found := self._of_plan(plan, meter)) is not None]
        today = sorted({month.now for month in months if month.now})
        usual = today[len(today) // 2].quantize(Decimal("0.01")) if today else Decimal(0)
        # One step beyond what a bill may rise to: another month may be cheaper.
        dearer = human_price(usual * (1 + rise) + Decimal("0.01"))
        self._today = sorted({usual, *_ladder(usual, dearer)}) if usual else []

    def few(self) -> list[Candidate]:
        """The file's plans, and few enough others that all sets of them can be looked at."""
        sizes = self._sizes(_FEW)
        found = {
            Candidate(price=price, included=size, overage=overage)
            for size in sizes
            for price in [
                *(human_price(size * self._unit / (1 - margin)) for margin in _MARGINS),
                *self._today[:1],
                *self._today[-2:],
                *list(_ladder(Decimal(0), self._dearest(size)))[-1:],
            ]
            for overage in self._overages()[:2]
        }
        return _ordered({*found, *self._file})

    def many(self) -> list[Candidate]:
        """Every price on the ladder for every size, with or without charges beyond."""
        sizes = sorted({*self._sizes(_MANY), *(plan.included for plan in self._file)})
        prices = [*self._today, *(plan.price for plan in self._file)]
        low = min(prices, default=Decimal(0)) / 2
        found = {
            Candidate(price=price, included=size, overage=overage)
            for size in sizes
            for price in {*prices, *_ladder(low, self._dearest(size))}
            if price <= self._dearest(size)
            for overage in self._overages()
        }
        return _ordered({*found, *self._file})

    def _sizes(self, quantiles: Sequence[Decimal]) -> list[Decimal]:
        if not self._unit:
            return []
        return sorted({round_quantity(self._used[int((len(self._used) - 1) * share)]) for share in quantiles})

    def _overages(self) -> list[Decimal | None]:
        """None first: the plan ends where it is used up."""
        return [None, *(two_digits(self._unit * factor) for factor in _OVERAGES)]

    def _dearest(self, size: Decimal) -> Decimal:
        """The most anybody who needs no more could be asked for."""
        within = self._months[: bisect_right(self._used, size)] or self._months[:1]
        return max((month.most for month in within if month.most is not None), default=Decimal(0))

    def _of_plan(self, plan: Plan, meter: str) -> Candidate | None:
        """A plan of the file as a candidate; None where it charges in another way."""
        if not self._used or set(plan.covers) != {meter} or plan.price != round(plan.price, 2):
            return None
        if plan.discounts or plan.efficiency or plan.credits or plan.minimum is not None or plan.maximum is not None:
            return None
        included = plan.covers[meter]
        if not plan.charges:
            reached = meter not in plan.limits and included < self._used[-1]
            overage = None if meter in plan.limits else Decimal(0) if reached else two_digits(self._unit * _OVERAGES[0])
            return Candidate(price=plan.price, included=included, overage=overage)
        (charge, *others) = plan.charges
        plain = charge.model == "per_unit" and charge.meter == meter and not charge.free_units
        if others or not plain or plan.limits or charge.minimum is not None or charge.maximum is not None:
            return None
        overage = charge.unit_price / charge.per
        return (
            Candidate(price=plan.price, included=included, overage=overage) if overage == round(overage, 12) else None
        )


def _ordered(found: set[Candidate]) -> list[Candidate]:
    return sorted(found, key=lambda one: one.order)


def _ladder(low: Decimal, high: Decimal) -> Iterator[Decimal]:
    """The prices of a price list between two amounts, both included."""
    price = human_price(low)
    while price <= high:
        yield price
        price = human_price(price + Decimal("0.01"))


def round_quantity(quantity: Decimal) -> Decimal:
    """The next of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15 ... from a quantity up; whole from 1 up."""
    power = max(Decimal(1).scaleb(quantity.adjusted()), Decimal(1))
    steps = (step * power for step in _SIZES)
    size = next(step for step in steps if step >= quantity and step == step.to_integral_value())
    return Decimal(f"{size:f}")


def human_price(amount: Decimal) -> Decimal:
    """The next price from an amount up: 1, 2 ... 9, 19, 29 ... 199, 249, 299 ... 499, 599 ... 999, 1,099, 1,199 ..."""
    if amount <= 9:
        return max(amount.to_integral_value(rounding=ROUND_CEILING), Decimal(1))
    power = Decimal(1).scaleb(max(amount.adjusted(), 2))
    # Below twice a power of ten steps are a tenth of it, below five times a half and from then on the whole power.
    step = next(
        power * part
        for top, part in (
            (Decimal(2), Decimal("0.1")),
            (Decimal(5), Decimal("0.5")),
            (Decimal(10), Decimal(1)),
            (Decimal(100), Decimal(1)),
        )
        if amount <= top * power - 1
    )
    return ((amount + 1) / step).to_integral_value(rounding=ROUND_CEILING) * step - 1


def two_digits(amount: Decimal) -> Decimal:
    """An amount rounded up to two digits, and to 12 places at most."""
    unit = Decimal(1).scaleb(max(amount.adjusted() - 1, -12))
    return Decimal(f"{amount.quantize(unit, rounding=ROUND_CEILING):f}")
