"""Exact decimals in SQL: whole numbers with a scale, and bounds that say which type holds them.

DuckDB's own decimals give up places where the branches of a CASE or of least() meet, and a product of two short ones must stay
short. Here the bounds of every step are known beforehand: BIGINT where they fit, which is fast, else HUGEINT, else OverflowError.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from llmcost.tiers.plan import Rounding

_BIGINT, _HUGEINT = 2**63 - 1, 2**127 - 1
_DECIMAL = 10**38 - 1
"""The largest number of 38 digits."""


@dataclass(frozen=True, slots=True)
class Exact:
    """A number as SQL."""

    sql: str
    """The number times 10 ** scale, which is whole: a BIGINT, or a HUGEINT where the bounds need one."""
    scale: int
    low: int
    """The least that `sql` can be."""
    high: int
    """The most that `sql` can be."""

    def __add__(self, other: Exact) -> Exact:
        """The sum."""
        one, two = _aligned((self, other))
        return _of("({} + {})", one.scale, one.low + two.low, one.high + two.high, one, two)

    def __sub__(self, other: Exact) -> Exact:
        """The difference."""
        one, two = _aligned((self, other))
        return _of("({} - {})", one.scale, one.low - two.high, one.high - two.low, one, two)

    def __mul__(self, other: Exact) -> Exact:
        """The product."""
        ends = [one * two for one in (self.low, self.high) for two in (other.low, other.high)]
        return _of("({} * {})", self.scale + other.scale, min(ends), max(ends), self, other)

    def over(self, power: Decimal) -> Exact:
        """The quotient by 1, 10, 100, ..."""
        return Exact(self.sql, self.scale + power.adjusted(), self.low, self.high)

    def column(self, name: str) -> Exact:
        """The same number where a column holds it."""
        return Exact(name, self.scale, self.low, self.high)

    def at_most(self, limit: Exact) -> str:
        """The condition that it is not above a limit."""
        if self.never_above(limit):
            return "true"
        one, two = _aligned((self, limit))
        return f"{one.sql} <= {two.sql}"

    def never_above(self, other: Exact) -> bool:
        """Whether it is never above another."""
        return bool(self.high * 10**other.scale <= other.low * 10**self.scale)

    def decimal(self, places: int) -> str:
        """A DECIMAL(38) of so many places; what is beyond them goes half to even."""
        kept = self if self.scale <= places else _symmetric(self, places, "half_even")
        if _largest(kept) * 10 ** (places - kept.scale) > _DECIMAL:
            raise OverflowError
        unit = f"0.{1:0{kept.scale}}" if kept.scale else "1"
        return f"cast(cast({kept.sql} as decimal(38, 0)) * {unit} as decimal(38, {places}))"


def exact(value: Decimal) -> Exact:
    """A number that is the same in every row."""
    sign, digits, exponent = value.as_tuple()
    whole, scale = int("".join(map(str, digits))) * (-1 if sign else 1), -int(exponent)
    while scale > 0 and not whole % 10:
        whole, scale = whole // 10, scale - 1
    return _constant(whole * 10 ** max(-scale, 0), max(scale, 0))


def exact_column(sql: str, places: int, low: Decimal, high: Decimal) -> Exact:
    """A decimal of so many places that is between two others."""
    ends = [end.low * 10 ** (places - end.scale) for end in map(exact, (low, high))]
    kind = "hugeint" if max(map(abs, ends)) > _BIGINT else "bigint"
    return Exact(f"cast({sql} * {10**places} as {kind})" if places else f"cast({sql} as {kind})", places, *ends)


def total(values: Iterable[Exact]) -> Exact:
    """The sum of any number of values."""
    return reduce(add, values, NOTHING)


def least(one: Exact, other: Exact) -> Exact:
    """The smaller of two."""
    if one.never_above(other):
        return one
    one, other = _aligned((one, other))
    return _of("least({}, {})", one.scale, min(one.low, other.low), min(one.high, other.high), one, other)


def greatest(one: Exact, other: Exact) -> Exact:
    """The larger of two."""
    if other.never_above(one):
        return one
    one, other = _aligned((one, other))
    return _of("greatest({}, {})", one.scale, max(one.low, other.low), max(one.high, other.high), one, other)


def first_of(cases: Sequence[tuple[str | None, Exact]]) -> Exact:
    """The value of the first condition that holds; None always holds, and is the last."""
    values = _aligned([value for _, value in cases])
    arms = " ".join("else {}" if condition is None else f"when {condition} then {{}}" for condition, _ in cases)
    low, high = min(value.low for value in values), max(value.high for value in values)
    return _of(f"case {arms} end" if len(cases) > 1 else "{}", values[0].scale, low, high, *values)


def blocks_of(quantity: Exact, size: Exact, *, up: bool = True) -> Exact:
    """How many blocks of a constant size a quantity from 0 up takes; a started one counts where `up`."""
    quantity, size = _aligned((quantity, size))
    return _blocks(quantity, size.low, size.low - 1 if up else 0, 0)


def rounded(amount: Exact, rounding: Rounding) -> Exact:
    """An amount as money, by its size; the mode `none` keeps it."""
    if rounding.mode == "none" or amount.scale <= rounding.places:
        return amount
    return _symmetric(amount, rounding.places, rounding.mode)


def _symmetric(amount: Exact, places: int, mode: str) -> Exact:
    """An amount of fewer places: what is below zero is rounded as if it were above."""
    above = _fewer(greatest(amount, NOTHING), places, mode)
    return above if amount.low >= 0 else above - _fewer(greatest(NOTHING - amount, NOTHING), places, mode)


def _fewer(amount: Exact, places: int, mode: str) -> Exact:
    """An amount from 0 up with fewer places."""
    unit = 10 ** (amount.scale - places)
    if mode == "half_even":
        whole = _blocks(amount, unit, 0, places)
        odd = _of("({} % 2)", amount.scale, 0, 1, whole)
        return _blocks(amount + odd, unit, unit // 2 - 1, places)
    return _blocks(amount, unit, {"up": unit - 1, "down": 0, "half_up": unit // 2}[mode], places)


def _blocks(amount: Exact, unit: int, more: int, scale: int) -> Exact:
    """(amount + more) // unit, with all of them from 0 up and `more` at the scale of the amount."""
    raised = amount + _constant(more, amount.scale)
    return _of("({} // {})", scale, raised.low // unit, raised.high // unit, raised, _constant(unit, 0))


def _aligned(values: Sequence[Exact]) -> list[Exact]:
    """The values at the largest of their scales."""
    scale = max(value.scale for value in values)
    more = [scale - value.scale for value in values]
    return [
        value * _constant(10**places, places) if places else value for value, places in zip(values, more, strict=True)
    ]


def _of(template: str, scale: int, low: int, high: int, *parts: Exact) -> Exact:
    """What the template makes of its parts, of a type that holds every step of it."""
    if low == high:
        return _constant(low, scale)
    most = max(-low, high)
    if most > _HUGEINT:
        raise OverflowError
    if max(most, *map(_largest, parts)) <= _BIGINT:
        return Exact(template.format(*(part.sql for part in parts)), scale, low, high)
    sql = template.format(*(f"cast({part.sql} as hugeint)" for part in parts))
    return Exact(sql if most > _BIGINT else f"cast({sql} as bigint)", scale, low, high)


def _constant(whole: int, scale: int) -> Exact:
    if abs(whole) > _HUGEINT:
        raise OverflowError
    return Exact(f"cast({whole} as {'hugeint' if abs(whole) > _BIGINT else 'bigint'})", scale, whole, whole)


def _largest(value: Exact) -> int:
    return max(-value.low, value.high)


NOTHING = _constant(0, 0)
