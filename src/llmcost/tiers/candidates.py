"""Plans worth trying: quantities and prices a person would write on a price list."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.search import Candidate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.tiers.search import Month

_QUANTILES = tuple(Decimal(text) for text in ("0.5", "0.75", "0.9", "0.97", "1"))
_MARGINS = tuple(Decimal(text) for text in ("0.2", "0.5", "0.8"))
_OVERAGE = Decimal("1.25")


def candidates(months: Sequence[Month]) -> list[Candidate]:
    """Included quantities at round numbers above quantiles of use; prices that leave 20, 50 or 80 % at full use, or today's."""
    used = sorted(month.usage for month in months if month.usage)
    total = sum(used, Decimal(0))
    cost = sum((month.cost for month in months), Decimal(0))
    if not used or not cost:
        return []
    unit = cost / total
    sizes = sorted({round_quantity(used[int((len(used) - 1) * share)]) for share in _QUANTILES})
    today = sorted({month.now for month in months if month.now})
    usual = today[len(today) // 2] if today else None
    rate = two_digits(unit * _OVERAGE)
    found = {
        (price, size)
        for size in sizes
        for price in [*(human_price(size * unit / (1 - margin)) for margin in _MARGINS), usual]
        if price is not None
    }
    return [Candidate(price=price, included=size, overage=rate) for price, size in sorted(found)]


def round_quantity(quantity: Decimal) -> Decimal:
    """The next of 1, 2, 5, 10, 20, 50 ... from a quantity up."""
    power = Decimal(1).scaleb(quantity.adjusted())
    return next(step * power for step in (Decimal(1), Decimal(2), Decimal(5), Decimal(10)) if step * power >= quantity)


def human_price(amount: Decimal) -> Decimal:
    """The next price from an amount up that ends in 9: 9, 19 ... 99, 149, 199 ... 999, 1,499 ..."""
    step = (
        Decimal(10)
        if amount <= 99
        else Decimal(50)
        if amount <= 499
        else Decimal(100)
        if amount <= 999
        else Decimal(500)
    )
    return max(((amount + 1) / step).to_integral_value(rounding=ROUND_CEILING) * step - 1, Decimal(9))


def two_digits(amount: Decimal) -> Decimal:
    """An amount rounded up to two digits, and to 12 places at most."""
    unit = Decimal(1).scaleb(max(amount.adjusted() - 1, -12))
    return Decimal(f"{amount.quantize(unit, rounding=ROUND_CEILING):f}")
