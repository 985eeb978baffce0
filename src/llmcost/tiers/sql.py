"""The invoice totals of a whole table of usage at once, as SQL that computes what `invoice` does, digit for digit.

Amounts are DECIMAL(38, 18): a unit price has 12 decimals at most and a quantity is whole or has 6, so nothing is lost.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.charges import model
from llmcost.tiers.charges._quantity import number
from llmcost.tiers.plan import ZERO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.plan import Charge, Plan, Rounding

_WIDE, _NARROW = "decimal(38, 18)", "decimal(18, 6)"


def with_bill(source: str, plan: Plan, rounding: Rounding, meters: Mapping[str, str], name: str) -> str:
    """The rows of `source` with the total of their invoice for that plan as column `name`.

    `meters` are the SQL of each meter the plan needs. A plan with an efficiency discount reads the column `efficiency`, null for
    no discount.
    """
    amount_type = _amount_type(plan, meters)

    def columns(meter: str) -> str:
        included = plan.included.get(meter, ZERO)
        return f"greatest({meters[meter]} - {number(included)}, 0)" if included else meters[meter]

    def money(expression: str) -> str:
        return rounded_sql(
            f"cast({expression} as {amount_type})", rounding if rounding.at == "line" else None, amount_type
        )

    charges = [f"charge_{index}" for index in range(len(plan.charges))]
    amounts = [_charge(charge, columns, money) for charge in plan.charges]
    parts = ", ".join(f"{amount} as {column}" for amount, column in zip(amounts, charges, strict=True))
    text = f"select *, {parts} from ({source})" if charges else f"select * from ({source})"
    total = " + ".join([money(number(plan.price)), *charges])
    text = f"select *, {total} as bill from ({text})"
    for discount in plan.discounts:
        same = [
            column
            for charge, column in zip(plan.charges, charges, strict=True)
            if discount.meter in {None, charge.meter}
        ]
        base = "bill" if discount.meter is None else " + ".join(same) or "0"
        off = (
            money(f"({base}) * {number(discount.share)}")
            if discount.share
            else money(f"least({number(discount.amount)}, greatest({base}, 0))")
        )
        text = f"select * replace (bill - {off} as bill) from ({text})"
    if plan.efficiency is not None and charges:
        cases = " ".join(
            f"when efficiency >= {number(above)} then {number(share)}" for above, share in plan.efficiency.bands
        )
        off = money(f"({' + '.join(charges)}) * case {cases} else 0 end")
        text = f"select * replace (bill - {off} as bill) from ({text})"
    bill = "bill"
    if plan.maximum is not None:
        bill = f"least({bill}, {money(number(plan.maximum))})"
    if plan.minimum is not None:
        bill = f"greatest({bill}, {money(number(plan.minimum))})"
    if plan.credits:
        bill = f"{bill} - least({money(number(plan.credits))}, greatest({bill}, 0))"
    if rounding.at == "total":
        bill = rounded_sql(f"cast({bill} as {_WIDE})", rounding)
    hidden = ", ".join([*charges, "bill"])
    return f"select * exclude ({hidden}), cast({bill} as {_WIDE}) as {name} from ({text})"


def _amount_type(plan: Plan, meters: Mapping[str, str]) -> str:
    """Six decimals where whole quantities and short prices need no more: three times faster, and enough for a trillion."""
    prices = [
        *(charge.unit_price / charge.per for charge in plan.charges),
        *(tier.unit_price / charge.per for charge in plan.charges for tier in charge.tiers),
    ]
    whole = all(sql.endswith("decimal(18, 0))") for sql in meters.values())
    short = all(price == round(price, 6) for price in prices)
    return _NARROW if whole and short and not plan.discounts and plan.efficiency is None else _WIDE


def rounded_sql(amount: str, rounding: Rounding | None, amount_type: str = _WIDE) -> str:
    """An amount as money; None keeps every digit."""
    if rounding is None or rounding.mode == "none":
        return amount
    places = rounding.places
    if rounding.mode == "half_up":
        return f"cast(round({amount}, {places}) as {amount_type})"
    scale = 10**places
    if rounding.mode in {"up", "down"}:
        # Lines of charges are never negative; `down` cuts, as the invoice does.
        function = "ceil" if rounding.mode == "up" else "floor"
        return f"cast({function}({amount} * {scale}) as decimal(38, 0)) * {number(_unit(places))}"
    whole = f"cast(floor({amount} * {scale}) as hugeint)"
    rest = f"({amount} * {scale} - {whole})"
    up = f"case when {rest} > 0.5 or ({rest} = 0.5 and {whole} % 2 = 1) then 1 else 0 end"
    return f"cast(({whole} + {up}) * {number(_unit(places))} as {amount_type})"


def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def _charge(charge: Charge, columns: Columns, money: Callable[[str], str]) -> str:
    lines = [money(expression) for expression in model(charge.model).expressions(charge, columns)]
    total = " + ".join(lines) or money("0")
    if charge.maximum is not None:
        total = f"least({total}, {money(number(charge.maximum))})"
    if charge.minimum is not None:
        total = f"greatest({total}, {money(number(charge.minimum))})"
    return total
