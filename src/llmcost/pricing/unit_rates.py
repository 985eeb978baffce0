"""The rate of every unit under one tier: what is not listed costs what another unit does, and factors fold in where they fit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from llmcost.domain.exact import half_even
from llmcost.pricing.price_list import FEE_UNITS, TOKEN_UNITS
from llmcost.pricing.units import GAPS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from llmcost.pricing.price_list import Multiplier, Tier
    from llmcost.pricing.rate_row import RateRow

FALLBACKS: dict[str, tuple[str, ...]] = {
    "cache_read": ("input",),
    "cache_write_5m": ("input",),
    "cache_write_1h": ("cache_write_5m", "input"),
    "input_audio": ("input",),
    "output_audio": ("output",),
    "cache_read_audio": ("cache_read", "input_audio", "input"),
}
"""What an unlisted unit is estimated at."""


INCLUDED: dict[str, str] = {"reasoning": "output", "input_image": "input", "output_image": "output"}
"""Units that cost what another does unless listed apart: the published rule, not an estimate."""


GRATIS = frozenset(("citation",))
"""Units that cost nothing unless listed. Perplexity bills what a search read only for its research model
(https://docs.perplexity.ai/getting-started/pricing)."""


def with_rates(
    empty: RateRow,
    tier: Tier,
    fees: Mapping[str, Decimal],
    multipliers: list[Multiplier],
    discounts: Mapping[str, Fraction],
    *,
    unlisted: Collection[str],
) -> RateRow:
    """Per-unit rates with fallbacks, and the factor that holds; what the rates of `unlisted` units come to is an estimate.

    A discounted fee is a price of its own and has 12 places as any other, rounded half-even.
    """
    rates: dict[str, Decimal] = {}
    lacking = set(unlisted)
    charged_as: dict[str, str] = {}
    for unit in TOKEN_UNITS:
        own = INCLUDED.get(unit, unit) if unit not in tier.rates else unit
        if own not in tier.rates:
            if unit not in GRATIS:
                lacking.add(unit)
            own = next((other for other in FALLBACKS.get(unit, ()) if other in tier.rates), "")
        if own in tier.rates:
            charged_as[unit] = own
        rates[unit] = tier.rates.get(own, Decimal(0)).scaleb(-6)
    lacking |= {unit for unit in FEE_UNITS if unit not in fees and unit != "request"}
    factor = discounts["tokens"]
    for one in multipliers:
        factor *= Fraction(one.factor)
    folded = {unit: _exact(Fraction(rate) * factor) for unit, rate in rates.items()}
    whole = {unit: rate for unit, rate in folded.items() if rate is not None}
    folds = len(whole) == len(rates)
    gaps, bare = (
        sum(1 << bit for bit, unit in enumerate(GAPS) if unit in units)
        for units in (lacking, lacking - charged_as.keys())
    )
    return replace(
        empty,
        rates=whole if folds else rates,
        fees={
            unit: half_even(Fraction(fees.get(unit, Decimal(0))) / per * discounts["fees"])
            for unit, per in FEE_UNITS.items()
        },
        gaps=gaps,
        bare=bare,
        numerator=1 if folds else factor.numerator,
        denominator=1 if folds else factor.denominator,
        charged_as=charged_as,
    )


def _exact(value: Fraction) -> Decimal | None:
    """Value as a decimal of 12 places, None where it does not fit."""
    scaled = value * 10**12
    return Decimal(scaled.numerator).scaleb(-12) if scaled.denominator == 1 else None
