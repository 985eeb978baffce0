"""The invoice totals of a whole table of usage at once, as SQL that computes what `invoice` does, digit for digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.tiers.charges import model
from llmcost.tiers.exact import NOTHING, exact, first_of, greatest, least, rounded, total
from llmcost.tiers.plan import ZERO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.exact import Exact
    from llmcost.tiers.plan import Charge, Measure, Plan, Rounding

PLACES = 18
"""Decimals of a bill. One that is not rounded may have more, which go half to even."""


def rank_column(measure: Measure) -> str:
    """The column with the share of customers that are less efficient by a measure."""
    return f"{measure}_rank"


def with_bill(source: str, plan: Plan, rounding: Rounding, meters: Mapping[str, Exact], name: str) -> str:
    """The rows of `source` with the total of their invoice for that plan as column `name`.

    `meters` are the quantity of each meter the plan needs. A plan with an efficiency discount reads the `rank_column` of its measure,
    null for no discount. OverflowError where an amount takes more than 38 digits.
    """

    def columns(meter: str) -> Exact:
        return greatest(meters[meter] - exact(plan.included.get(meter, ZERO)), NOTHING)

    def money(amount: Exact) -> Exact:
        return rounded(amount, rounding) if rounding.at == "line" else amount

    bills = _Columns(source)
    charges = [_charge(charge, columns, money) for charge in plan.charges]
    charges = bills.keep(*charges)
    (bill,) = bills.keep(total([money(exact(plan.price)), *charges]))
    for discount in plan.discounts:
        same = [
            amount
            for charge, amount in zip(plan.charges, charges, strict=True)
            if discount.meter in {None, charge.meter}
        ]
        base = bill if discount.meter is None else total(same)
        off = base * exact(discount.share) if discount.share else least(exact(discount.amount), greatest(base, NOTHING))
        (bill,) = bills.keep(bill - money(off))
    if plan.efficiency is not None:
        rank = rank_column(plan.efficiency.measure)
        cases = [(f"{rank} >= {above:f}", exact(share)) for above, share in plan.efficiency.bands]
        (bill,) = bills.keep(bill - money(total(charges) * first_of([*cases, (None, NOTHING)])))
    if plan.maximum is not None:
        bill = least(bill, money(exact(plan.maximum)))
    if plan.minimum is not None:
        bill = greatest(bill, money(exact(plan.minimum)))
    if plan.credits:
        bill -= money(least(exact(plan.credits), greatest(bill, NOTHING)))
    if rounding.at == "total":
        bill = rounded(bill, rounding)
    return bills.rows(f"{bill.decimal(PLACES)} as {name}")


class _Columns:
    """Rows to which amounts are added as columns, so that what is built on them names them and does not repeat them."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._names: list[str] = []

    def keep(self, *amounts: Exact) -> list[Exact]:
        """The amounts as columns."""
        names = [f"amount_{len(self._names) + place}" for place in range(len(amounts))]
        added = [f"{amount.sql} as {name}" for amount, name in zip(amounts, names, strict=True)]
        self._source = f"select {', '.join(['*', *added])} from ({self._source})"
        self._names += names
        return [amount.column(name) for amount, name in zip(amounts, names, strict=True)]

    def rows(self, column: str) -> str:
        """The rows with one column more, and without those that were kept."""
        return f"select * exclude ({', '.join(self._names)}), {column} from ({self._source})"


def _charge(charge: Charge, columns: Columns, money: Callable[[Exact], Exact]) -> Exact:
    amount = total(money(line) for line in model(charge.model).expressions(charge, columns))
    if charge.maximum is not None:
        amount = least(amount, money(exact(charge.maximum)))
    if charge.minimum is not None:
        amount = greatest(amount, money(exact(charge.minimum)))
    return amount
