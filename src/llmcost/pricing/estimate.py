"""What a call that was never made would cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.pricing.explanation import Explanation, explain
from llmcost.pricing.lookup import unknown
from llmcost.pricing.provenance import Provenance, provenance
from llmcost.pricing.rate_row import Context

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from llmcost.pricing.price_list import PriceList


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as a person imagines it."""

    model: str
    """Its id, or a name as logged."""
    provider: str | None
    at: datetime
    """UTC."""
    quantities: Mapping[str, Decimal]
    """By unit, audio and video in seconds."""
    processing: str | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_region: str | None = None
    unit_size: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """The call, its cost and where the price comes from."""

    call: Call
    context: Context
    calculation: Explanation
    price: Provenance | None
    """None for what provisioned capacity serves."""
    model: str
    """Its id."""
    currency: str


def estimated(prices: PriceList, call: Call) -> Estimated:
    """Price a call. Raises UsageError for a model the list does not know, has no price of at that time, or none for what is used."""
    model = prices.models.get(call.model) if call.provider is None else None
    context = Context(
        provider=call.provider if model is None else model.provider,
        request_model=call.model if model is None else model.name,
        response_model=None,
        processing=call.processing,
        service_tier=call.service_tier,
        speed=call.speed,
        inference_region=call.inference_region,
        operation=None,
        unit_size=call.unit_size,
    )
    calculation = explain(prices, context, call.at, call.quantities)
    price = provenance(prices, calculation, context, call.at, version=prices.version)
    rate = calculation.rate
    id_ = f"{rate.provider}/{rate.model}"
    if rate.status == "unpriced":
        if rate.match_kind is None:
            raise unknown(prices, call.model, call.provider)
        if calculation.gaps:
            raise UsageError(
                f"what a call of {id_} uses has no price: {'; '.join(calculation.gaps)}",
                hint=f"`llmcost prices show {id_}` lists what has one",
            )
        raise UsageError(
            f"{id_} has no price at {call.at:%Y-%m-%d %H:%M} UTC",
            hint="`llmcost prices show MODEL` lists the dates of its prices",
        )
    return Estimated(
        call=call, context=context, calculation=calculation, price=price, model=id_, currency=prices.currency
    )
