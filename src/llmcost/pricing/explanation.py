"""Quantities and the rates that hold, as lines that add up exactly to what rating computes.

A line is quantity times published price times multiplier. Rating rounds a whole component, half-even and to 12 places,
where a factor leaves more places than that; what this takes or gives is a line of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from llmcost.pricing.price_list import FEE_UNITS, TOKEN_UNITS
from llmcost.pricing.rates import rate_rows
from llmcost.pricing.units import COMPONENTS, GAPS, PROMPT_UNITS, QUANTITIES, SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from llmcost.pricing.agreements import Part
    from llmcost.pricing.price_list import PriceList
    from llmcost.pricing.rate_row import Context, RateRow

_PLACES = 12
_PER_TOKENS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One component of a cost."""

    component: str
    """A unit of the price list, or `rounding`."""
    quantity: Decimal
    """Tokens, searches, seconds of audio, ...; a fee per request counts 1."""
    used: Decimal | None = None
    """What was used, where less than the smallest quantity billed."""
    published: Decimal
    """Price of `per` of them, as the price list has it."""
    per: int
    multiplier: Decimal
    amount: Decimal
    """Exact; rounded to 12 places only where the exact amount has no end, such as an hour's price by the second."""
    charged_as: str | None = None
    """The unit whose price it is, where it has none of its own; None where it has."""
    listed: bool = True
    """Whether there is a price for it at all; without one it counts nothing, and the cost is an estimate."""

    @property
    def exact(self) -> Fraction:
        """Quantity times price times multiplier."""
        return Fraction(self.quantity) * Fraction(self.published) / self.per * Fraction(self.multiplier)

    @property
    def unit_price(self) -> Decimal | None:
        """Price of one, None where that has no end: a third of a cent."""
        return decimal_of(Fraction(self.published) / self.per)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a call costs at one rate row, and why."""

    rate: RateRow
    lines: tuple[Line, ...]
    """They sum to `total`; the last is `rounding` where there is any."""
    total: Decimal
    prompt_tokens: int
    gaps: tuple[str, ...]
    """What has no price of its own and was estimated, in words."""

    @property
    def status(self) -> str:
        """priced, estimated, free or unpriced."""
        return "estimated" if self.rate.status == "priced" and self.gaps else self.rate.status

    @property
    def reason(self) -> str | None:
        """Why it is not simply priced."""
        return "; ".join(part for part in (self.rate.reason, *self.gaps) if part) or None


def explain(prices: PriceList, context: Context, at: datetime, quantities: Mapping[str, Decimal]) -> Explanation:
    """Price one call. `at` is UTC; `quantities` are by unit, an hour of audio in seconds.

    Raises LookupError when no rate row covers the call, which would be a bug.
    """
    prompt = int(sum(quantities.get(unit, Decimal(0)) for unit in PROMPT_UNITS))
    minute = at.weekday() * 1440 + at.hour * 60 + at.minute
    for row in rate_rows(prices, context):
        if (
            row.since <= at < row.until
            and row.prompt_from <= prompt < row.prompt_to
            and row.minute_from <= minute < row.minute_to
        ):
            return _explained(row, quantities, prompt)
    raise LookupError(f"no rate row for {context} at {at}")


def units_of(row: Mapping[str, object]) -> dict[str, Decimal]:
    """The quantities of a request by unit, from its columns; those it says nothing about are left out."""
    return {unit: Decimal(str(row[column])) for unit, column in QUANTITIES.items() if row.get(column) is not None}


def decimal_of(value: Fraction) -> Decimal | None:
    """The same number as a decimal, None where its places have no end."""
    rest, places = value.denominator, 0
    while rest % 10 == 0:
        rest, places = rest // 10, places + 1
    while rest % 2 == 0:
        rest, places = rest // 2, places + 1
    while rest % 5 == 0:
        rest, places = rest // 5, places + 1
    # Each step above takes one more decimal place at most.
    return None if rest != 1 else _scaled(int(value * 10**places), places)


def _explained(row: RateRow, quantities: Mapping[str, Decimal], prompt: int) -> Explanation:
    gaps = tuple(f"no {GAPS[unit]} price" for unit in GAPS if _has(row.gaps, unit) and quantities.get(unit))
    if _unknown(row, quantities):
        unknown = replace(row, status="unpriced")
        return Explanation(rate=unknown, lines=(), total=Decimal(0), prompt_tokens=prompt, gaps=gaps)
    lines = tuple(_lines(row, quantities)) if row.tier is not None else ()
    total = _total(row, lines)
    rest = decimal_of(Fraction(total) - sum((Fraction(line.amount) for line in lines), Fraction(0)))
    if rest:
        one = Decimal(1)
        lines += (Line(component="rounding", quantity=one, published=rest, per=1, multiplier=one, amount=rest),)
    return Explanation(
        rate=row,
        lines=lines,
        total=total,
        prompt_tokens=prompt,
        gaps=gaps,
    )


def _unknown(row: RateRow, quantities: Mapping[str, Decimal]) -> bool:
    """Whether nothing that was used has any price, so that the cost is not known."""
    used = [unit for unit, quantity in quantities.items() if quantity]
    return bool(used) and not row.fees.get("request") and all(_has(row.bare, unit) for unit in used)


def _has(bits: int, unit: str) -> bool:
    """Whether a unit is among those that `gaps` or `bare` of a rate row hold."""
    return bool(bits >> list(GAPS).index(unit) & 1)


def _lines(row: RateRow, quantities: Mapping[str, Decimal]) -> list[Line]:
    """A line for everything that was used or charged."""
    factor = _agreed(row, "tokens")
    for one in row.multipliers:
        factor *= Fraction(one.factor)
    lines = []
    for unit in TOKEN_UNITS:
        if quantity := quantities.get(unit):
            own = row.charged_as.get(unit)
            price = row.tier.rates[own] if row.tier is not None and own is not None else Decimal(0)
            line = _line(unit, quantity, published=price, per=_PER_TOKENS, factor=factor)
            listed = not _has(row.bare, unit)
            lines.append(line if own == unit else replace(line, charged_as=own, listed=listed))
    fees = _fees(row)
    for unit, per in FEE_UNITS.items():
        published = fees.get(unit, Decimal(0))
        used = Decimal(1) if unit == "request" and published else quantities.get(unit, Decimal(0))
        if used:
            quantity = max(used, row.minimums.get(QUANTITIES.get(unit, ""), Decimal(0)))
            line = _line(unit, quantity, published=published, per=SECONDS.get(unit, per), factor=_agreed(row, "fees"))
            listed = not _has(row.bare, unit)
            lines.append(replace(line, used=used if quantity != used else None, listed=listed))
    return lines


def _agreed(row: RateRow, part: Part) -> Fraction:
    """What the contract that holds for a part of the price leaves to pay of 1."""
    return next((Fraction(one.factor) for one in row.contracts if part in one.applies_to), Fraction(1))


def _fees(row: RateRow) -> dict[str, Decimal]:
    """The fees that hold, as published."""
    fees = dict(row.price.fees) if row.price is not None else {}
    for variant in reversed(row.fee_variants):
        fees.update(variant.fees)
    return fees


def _line(unit: str, quantity: Decimal, *, published: Decimal, per: int, factor: Fraction = Fraction(1)) -> Line:
    multiplier = decimal_of(factor)
    line = Line(
        component=unit,
        quantity=quantity,
        published=published.normalize(),
        per=per,
        multiplier=Decimal(1) if multiplier is None else multiplier,
        amount=Decimal(0),
    )
    amount = decimal_of(line.exact)
    return replace(line, amount=_half_even(line.exact) if amount is None else amount)


def _total(row: RateRow, lines: tuple[Line, ...]) -> Decimal:
    """The sum of the components as the ledger keeps them, each rounded once."""
    exact = {line.component: line.exact for line in lines if line.component in TOKEN_UNITS}
    for line in lines:
        if line.component in FEE_UNITS:
            # A discounted fee is rounded to a price of its own, and then multiplied.
            each = Fraction(row.fees[line.component]) / SECONDS.get(line.component, 1)
            exact[line.component] = Fraction(line.quantity) * each
    groups = [
        *COMPONENTS.values(),
        *((unit,) for unit in FEE_UNITS if unit not in SECONDS),
        # Prices by time are added before they are rounded.
        tuple(SECONDS),
    ]
    sums = (sum((exact.get(unit, Fraction(0)) for unit in units), Fraction(0)) for units in groups)
    return sum(map(_half_even, sums), Decimal(0))


def _half_even(value: Fraction) -> Decimal:
    """Rounded to 12 places."""
    return _scaled(round(value * 10**_PLACES), _PLACES)


def _scaled(digits: int, places: int) -> Decimal:
    """An exact decimal, whatever the precision of the current context, without trailing zeros."""
    text = str(abs(digits)).rjust(places + 1, "0")
    whole, fraction = (text, "") if not places else (text[:-places], text[-places:].rstrip("0"))
    return Decimal(f"{'-' if digits < 0 else ''}{whole}{'.' if fraction else ''}{fraction}")
