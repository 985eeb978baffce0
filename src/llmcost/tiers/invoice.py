"""The exact invoice of one period: lines that add up to its total.

Order: price, charges (each between its minimum and maximum), discounts, efficiency discount, maximum, minimum, credits. A
percentage comes before a cap: 270 less half is 135, capped at 100 it is 100
(https://github.com/openmeterio/openmeter/blob/main/openmeter/billing/service/lineservice/priceunit_test.go).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext
from typing import TYPE_CHECKING

from llmcost.tiers.charges import model
from llmcost.tiers.charges.percentage import by_transaction
from llmcost.tiers.plan import ZERO, Rounding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost.tiers.plan import Charge, Plan

ONE = Decimal(1)
_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "up": ROUND_UP, "down": ROUND_DOWN}
"""By size: a discount is rounded like a charge."""
_EXACT = 12
"""Places of what is prorated, whose quotient may never end, and of nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: a quantity times a unit price."""

    charge: str
    tier: int | None
    """Counted from 1; None where there are no tiers."""
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    per: Decimal = ONE
    """The units the unit price is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What one customer pays for one period."""

    plan: str
    lines: tuple[Line, ...]
    total: Decimal


def invoice(
    plan: Plan,
    usage: Mapping[str, Decimal],
    rounding: Rounding | None = None,
    *,
    fraction: Decimal = ONE,
    efficiency: Decimal | None = None,
    transactions: Mapping[str, Sequence[Decimal]] | None = None,
) -> Invoice:
    """The invoice for what was used of each meter.

    `transactions` are the amounts a meter's quantity is made of, in their order, where it takes each to say what a percentage
    comes to; a quantity without is one transaction.

    `fraction` is the part of the period the customer was on the plan: it prorates price, minimums and sizes of capacity, never
    usage. `efficiency` is the share of customers that are less efficient. `rounding` None keeps every digit.
    """
    with localcontext(prec=80):
        return _Rater(plan, rounding, fraction, efficiency, transactions or {}).rate(usage)


def prorated(part: Decimal, whole: Decimal) -> Decimal:
    """The fraction of a period as invoices use it."""
    with localcontext(prec=60):
        return part / whole


class _Rater:
    def __init__(
        self,
        plan: Plan,
        rounding: Rounding | None,
        fraction: Decimal,
        efficiency: Decimal | None,
        transactions: Mapping[str, Sequence[Decimal]],
    ) -> None:
        self.plan = plan
        self.rounding = rounding or Rounding(mode="none")
        self.fraction = fraction
        self.efficiency = efficiency
        self.transactions = transactions
        self.lines: list[Line] = []

    def rate(self, usage: Mapping[str, Decimal]) -> Invoice:
        plan = self.plan
        beyond = {meter: max(used - plan.included.get(meter, ZERO), ZERO) for meter, used in usage.items()}
        if plan.price:
            self._add("price", None, ONE, plan.price, fraction=self.fraction)
        by_charge = [(charge, self._charge(charge, usage, beyond)) for charge in plan.charges]
        used = sum((amount for _, amount in by_charge), ZERO)
        for discount in plan.discounts:
            base = (
                self._sum()
                if discount.meter is None
                else sum((amount for charge, amount in by_charge if charge.meter == discount.meter), ZERO)
            )
            name = "discount" if discount.meter is None else f"discount on {discount.meter}"
            if discount.share:
                self._add(name, None, base, -discount.share)
            else:
                self._add(name, None, ONE, -min(discount.amount, max(base, ZERO)))
        if (share := efficiency_share(plan, self.efficiency)) and used:
            self._add("efficiency discount", None, used, -share)
        most, least = self._bound(plan.maximum), self._bound(plan.minimum, self.fraction)
        if most is not None and self._sum() > most:
            self._add("maximum", None, ONE, most - self._sum())
        if least is not None and self._sum() < least:
            self._add("minimum", None, ONE, least - self._sum())
        if plan.credits and (owed := self._sum()) > 0:
            self._add("credits", None, ONE, -min(plan.credits, owed))
        lines = tuple(self.lines)
        if self.rounding.at == "total" and self.rounding.mode != "none":
            lines = _settled(lines, self.rounding)
        return Invoice(plan=plan.id, lines=lines, total=sum((line.amount for line in lines), ZERO))

    def _charge(self, charge: Charge, usage: Mapping[str, Decimal], beyond: Mapping[str, Decimal]) -> Decimal:
        start = self._sum()
        each = self.transactions.get(charge.meter) if charge.model == "percentage" else None
        if each is None and charge.by_transaction and (amount := usage.get(charge.meter)):
            each = (amount,)
        if each is not None:
            self._transactions(charge, each)
        else:
            for piece in model(charge.model).pieces(charge, beyond):
                fraction = self.fraction if charge.model == "capacity" else ONE
                self._add(charge.name, piece.tier, piece.quantity, piece.unit_price, piece.per, fraction=fraction)
        total = self._sum() - start
        most, least = self._bound(charge.maximum), self._bound(charge.minimum, self.fraction)
        if most is not None and total > most:
            self._add(f"{charge.name} maximum", None, ONE, most - total)
        if least is not None and total < least:
            self._add(f"{charge.name} minimum", None, ONE, least - total)
        return self._sum() - start

    def _transactions(self, charge: Charge, amounts: Sequence[Decimal]) -> None:
        """The lines of single transactions, and what their bounds make of them."""
        start = self._sum()
        free = charge.free_units + self.plan.included.get(charge.meter, ZERO)
        found = by_transaction(replace(charge, free_units=free), amounts)
        for piece in found.pieces:
            self._add(charge.name, piece.tier, piece.quantity, piece.unit_price, piece.per)
        more = self._settle(found.total) - (self._sum() - start)
        if charge.by_transaction and more:
            self._add(f"{charge.name} per transaction", None, ONE, more)

    def _bound(self, bound: Decimal | None, fraction: Decimal = ONE) -> Decimal | None:
        """A minimum or maximum as money, so that what makes up for it is exact."""
        return None if bound is None else self._settle(_part(bound, fraction))

    def _settle(self, amount: Decimal) -> Decimal:
        return amount if self.rounding.at == "total" else rounded(amount, self.rounding)

    def _add(
        self,
        name: str,
        tier: int | None,
        quantity: Decimal,
        price: Decimal,
        per: Decimal = ONE,
        *,
        fraction: Decimal = ONE,
    ) -> None:
        amount = self._settle(_part(quantity * price / per, fraction))
        self.lines.append(
            Line(charge=name, tier=tier, quantity=quantity * fraction, unit_price=price, amount=amount, per=per)
        )

    def _sum(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)


def _part(amount: Decimal, fraction: Decimal) -> Decimal:
    """The part of an amount for a fraction of a period, which may be endless: to 12 places. The whole is the amount itself."""
    return amount if fraction == 1 else (amount * fraction).quantize(ONE.scaleb(-_EXACT), rounding=ROUND_HALF_EVEN)


def efficiency_share(plan: Plan, efficiency: Decimal | None) -> Decimal:
    """The discount for being more efficient than that share of customers."""
    if plan.efficiency is None or efficiency is None:
        return ZERO
    return next((share for above, share in plan.efficiency.bands if efficiency >= above), ZERO)


def rounded(amount: Decimal, rounding: Rounding) -> Decimal:
    """An amount as money; the mode `none` keeps it."""
    if rounding.mode == "none":
        return amount
    return amount.quantize(ONE.scaleb(-rounding.places), rounding=_MODES[rounding.mode])


def _settled(lines: Sequence[Line], rounding: Rounding) -> tuple[Line, ...]:
    """The lines rounded so that they add up to the rounded total: down first, then up where most was lost."""
    unit = ONE.scaleb(-rounding.places)
    total = rounded(sum((line.amount for line in lines), ZERO), rounding)
    floors = [(line.amount / unit).to_integral_value(rounding="ROUND_FLOOR") * unit for line in lines]
    missing = int((total - sum(floors, ZERO)) / unit)
    by_loss = sorted(range(len(lines)), key=lambda index: (floors[index] - lines[index].amount, index))
    # Of a total rounded up, there may be one unit more than lines that lost something.
    raised = dict.fromkeys(by_loss, 0)
    for place in range(missing):
        raised[by_loss[place % len(by_loss)]] += 1
    return tuple(replace(line, amount=floors[index] + raised[index] * unit) for index, line in enumerate(lines))
