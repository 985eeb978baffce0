"""Exact arithmetic as SQL expressions: integers of 1e-12ths where decimals do not divide, rounded half-even once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.pricing.price_list import FEE_UNITS
from llmcost.pricing.units import QUANTITIES, SECONDS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

PICO = 1_000_000_000_000
CALL_DIGITS, SUM_DIGITS = 6, 12
"""Digits before the point of what one call, and what a sum of many, may cost; more than that is an overflow."""


def money_type(digits: int) -> str:
    """The DECIMAL of amounts with so many digits before the point."""
    return f"decimal({digits + 12}, 12)"


def fees_sql(units: AbstractSet[str], minimums: AbstractSet[str]) -> str:
    """Exact amount of everything that is not tokens, in terms of the macro's arguments; only what some price charges for.

    Calls without a rate have null fees, and a null amount.
    """
    terms = ["fee_request"]
    parts = []
    for unit in FEE_UNITS:
        if unit == "request" or unit not in units:
            continue
        name = QUANTITIES[unit]
        quantity = f"coalesce(q_{unit}, 0)"
        if name in minimums:
            quantity = f"case when q_{unit} > 0 then greatest(q_{unit}, minimum_{name}) else 0 end"
        if unit in SECONDS:
            # Microseconds times 1e-12ths; past what fits, no amount, as for any sum too large.
            micro = f"(({quantity})::decimal(38, 6) * 1000000)::hugeint * (fee_{unit} * {PICO})::hugeint"
            parts.append(f"case when {quantity} < 100000000 then {micro} * {3600 // SECONDS[unit]} end")
        else:
            whole = f"({quantity})::bigint" if name in minimums else quantity
            terms.append(f"{whole} * fee_{unit}")
    if parts:
        # Everything is exact up to here; only a price by the second or hour has to be rounded.
        terms.append(half_even_sql(f"({' + '.join(parts)})", str(3600 * 1_000_000)))
    return " + ".join(terms)


def times_sql(*, factors: bool, digits: int = CALL_DIGITS) -> str:
    """Amount times a factor as money, null when it is too large; next to nothing to do where no row has a factor."""
    if not factors:
        return f"try_cast(amount as {money_type(digits)})"
    most = 10**digits
    pico = f"((least(amount, {most}) * {PICO})::hugeint * numerator)"
    return (
        f"try_cast(case when denominator = 1 or amount >= {most} then amount "
        f"else {half_even_sql(pico, 'denominator')} end as {money_type(digits)})"
    )


def half_even_sql(numerator: str, denominator: str) -> str:
    """Integer division of 1e-12ths, rounded half-even, as a decimal; DuckDB's own round_even goes through DOUBLE."""
    whole, rest = f"({numerator} // {denominator})", f"({numerator} % {denominator})"
    up = f"case when 2 * {rest} > {denominator} or (2 * {rest} = {denominator} and {whole} % 2 = 1) then 1 else 0 end"
    return f"(({whole} + {up})::hugeint * 0.000000000001)"
