"""Round numbers to choose a limit from: 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 and their tenfolds."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

_STEPS = tuple(Decimal(text) for text in ("1", "1.2", "1.5", "2", "2.5", "3", "4", "5", "6", "8"))


def rung(amount: Decimal, *, whole: bool) -> Decimal:
    """The smallest round number that is not below `amount`; `whole` for counts."""
    if amount <= 0:
        return Decimal(1) if whole else Decimal("0.01")
    for exponent in range(amount.adjusted() - 1, amount.adjusted() + 2):
        for step in _STEPS:
            value = step.scaleb(exponent)
            if whole:
                value = value.to_integral_value(ROUND_CEILING)
            if value >= amount:
                return value
    raise RuntimeError("no round number")  # ten times the amount's power of ten is above it


def below(amount: Decimal, *, whole: bool) -> Decimal:
    """The largest round number that is not above `amount`, at least the smallest there is."""
    least = Decimal(1) if whole else Decimal("0.01")
    found = least
    for exponent in range(min(amount.adjusted(), 0) - 1, amount.adjusted() + 1) if amount > 0 else ():
        for step in _STEPS:
            value = step.scaleb(exponent)
            if whole:
                value = value.to_integral_value(ROUND_FLOOR)
            if found < value <= amount:
                found = value
    return found


def above(amount: Decimal, *, whole: bool) -> Decimal:
    """The next round number."""
    return rung(amount + (Decimal(1) if whole else amount.scaleb(-3)), whole=whole)
