"""What usage would have cost, had the provider read it otherwise: the same rates, applied to sums."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from llmcost.ledger.billing import TOOLS
from llmcost.pricing.price_list import FEE_UNITS
from llmcost.pricing.rate_row import Context, RateRow
from llmcost.pricing.rates import rate_rows
from llmcost.pricing.units import COMPONENTS, QUANTITIES

if TYPE_CHECKING:
    from llmcost.ledger.billing import LoggedUsage
    from llmcost.pricing.price_list import PriceList


def _columns(*components: str) -> tuple[tuple[str, str], ...]:
    return tuple((QUANTITIES[unit], unit) for component in components for unit in COMPONENTS[component])


_CLASSES = {
    "input": _columns("input_cost"),
    "cache_read": _columns("cache_read_cost"),
    "cache_write": _columns("cache_write_cost"),
    "output": _columns("output_cost", "reasoning_cost"),
    "audio": _columns("audio_cost"),
    "image": _columns("image_cost"),
}
"""Token class, as bills know them -> columns that count it, each with its unit in the price list."""

_FEES = {QUANTITIES[unit]: unit for unit in FEE_UNITS if unit in QUANTITIES and unit != "audio_hour"}
_PLACES = Decimal(1).scaleb(-12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What is charged for: quantities, and what their price depends on."""

    context: Context
    quantities: Mapping[str, Decimal]
    """By column of the ledger's `request`."""
    requests: int
    """0 for what is not charged at all."""
    repriced: bool = False
    """Whether the price list in use now replaces the prices that held when the ledger was rated."""


class Rates:
    """A price list that charges for sums of usage."""

    def __init__(self, prices: "PriceList") -> None:
        self._prices = prices
        self._rows: dict[Context, list[RateRow]] = {}

    def thresholds(self) -> list[int]:
        """The prompt sizes at which any price changes."""
        return sorted(
            {
                tier.start
                for model in self._prices.models.values()
                for price in model.prices
                for tiers in (price.tiers, *(variant.tiers for variant in price.variants))
                for tier in tiers
                if tier.start
            }
        )

    def charged(self, usage: "LoggedUsage", charge: Charge) -> dict[str, Decimal] | None:
        """Cost by token class of `charge`, at the moment and prompt size of `usage`; None where it has no price."""
        row = self._row(usage, charge.context)
        if row is None or row.status == "unpriced":
            return None
        costs = {
            token_class: self._rounded(
                sum(
                    (
                        charge.quantities.get(column, Decimal(0)) * row.rates.get(unit, Decimal(0))
                        for column, unit in units
                    ),
                    Decimal(0),
                ),
                row,
            )
            for token_class, units in _CLASSES.items()
        }
        fees = {
            column: charge.quantities.get(column, Decimal(0)) * row.fees.get(unit, Decimal(0))
            for column, unit in _FEES.items()
        }
        tools = sum((fees.pop(column) for column in TOOLS), row.fees.get("request", Decimal(0)) * charge.requests)
        hours = charge.quantities.get("audio_seconds", Decimal(0)) * row.fees.get("audio_hour", Decimal(0)) / 3600
        costs["units"] = tools
        costs["model_units"] = sum(fees.values(), hours.quantize(_PLACES, rounding=ROUND_HALF_EVEN))
        return costs

    def fee(self, usage: "LoggedUsage", unit: str) -> Decimal:
        """What one unit costs there, such as one `web_search`; 0 where the list has no such fee."""
        row = self._row(usage, context_of(usage))
        return Decimal(0) if row is None else row.fees.get(unit, Decimal(0))

    def _rounded(self, amount: Decimal, row: RateRow) -> Decimal:
        if row.denominator == 1:
            return amount * row.numerator
        return (amount * row.numerator / row.denominator).quantize(_PLACES, rounding=ROUND_HALF_EVEN)

    def _row(self, usage: "LoggedUsage", context: Context) -> RateRow | None:
        """The rate that holds for `context` when and where that of `usage` did."""
        own = next((row for row in self._known(context_of(usage)) if row.price_id == usage.price_id), None)
        noon = datetime.combine(usage.day, time(12), tzinfo=UTC)
        at = noon if own is None else min(max(noon, own.since), own.until)
        if own is not None and at == own.until:
            at = own.since
        minute = 0 if own is None else own.minute_from
        return next(
            (
                row
                for row in self._known(context)
                if row.since <= at < row.until
                and row.prompt_from <= usage.prompt_from < row.prompt_to
                and row.minute_from <= minute < row.minute_to
            ),
            None,
        )

    def _known(self, context: Context) -> list[RateRow]:
        found = self._rows.get(context)
        if found is None:
            found = self._rows[context] = rate_rows(self._prices, context)
        return found


def context_of(usage: "LoggedUsage") -> Context:
    """What the price of logged usage depends on."""
    return Context(
        provider=usage.provider,
        request_model=usage.request_model,
        response_model=usage.response_model,
        processing=usage.processing,
        service_tier=usage.service_tier,
        speed=usage.speed,
        inference_region=usage.inference_region,
        operation=usage.operation,
        unit_size=usage.unit_size,
    )
