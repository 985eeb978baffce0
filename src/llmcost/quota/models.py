"""What the price list says of the models limits name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.pricing.matching import match_model

if TYPE_CHECKING:
    from datetime import datetime

    from llmcost.pricing.price_list import Model, PriceList


def named_model(prices: PriceList, name: str, at: datetime) -> Model | None:
    """The model a limit names, with a gateway's own prefix or without, as a call logged `at` (UTC) would be priced; None: unknown."""
    found = match_model(prices, None, name, at=at) or match_model(prices, None, name.rpartition("/")[2], at=at)
    return None if found is None else found.model
