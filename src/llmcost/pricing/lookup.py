"""The model a person means, by its id or by any name it is logged under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.pricing.matching import match_model, nearest_names

if TYPE_CHECKING:
    from datetime import datetime

    from llmcost.pricing.price_list import Model, PriceList


def model_named(prices: PriceList, name: str, at: datetime, provider: str | None = None) -> Model:
    """The model with that id, else the one a call logged under that name `at` (UTC) is priced as.

    Raises UsageError naming the nearest ids when there is none, and the ids to choose from when there are several.
    """
    model = prices.models.get(name) or prices.models.get(name.strip().lower())
    if model is not None and provider is None:
        return model
    match = match_model(prices, provider, name, None, at)
    if match is not None:
        return match.model
    lowered = name.strip().lower()
    owners = sorted({id_ for (_, known), id_ in prices.names.items() if known == lowered}) if provider is None else []
    if owners:
        raise UsageError(f"several providers have a model {name!r}", hint=f"choose one of {', '.join(owners)}")
    raise unknown(prices, name, provider)


def unknown(prices: PriceList, name: str, provider: str | None = None) -> UsageError:
    """What to say of a name that no model goes by."""
    near = nearest_names(prices, provider, name)
    return UsageError(
        f"the price list has no model {name!r}{'' if provider is None else f' of {provider}'}",
        hint=f"did you mean {' or '.join(near)}?" if near else "`llmcost prices list --search TEXT` finds models",
    )
