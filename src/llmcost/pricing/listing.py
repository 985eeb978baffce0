"""What a price list says today, or on another day: one entry a model, rates as published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.domain.providers import normalise_provider
from llmcost.domain.text import nearest
from llmcost.pricing.price_list import TAIL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from llmcost.pricing.price_list import Model, Price, PriceList


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One model and the price that holds at the moment asked for."""

    model: Model
    price: Price | None
    """None where the model has no price at that moment."""
    url: str | None
    """Where the price was published."""
    checked: str | None
    """ISO date on which it was last compared with its source."""

    @property
    def in_tail(self) -> bool:
        """Whether nobody reviewed it: it is known from public catalogues alone."""
        return self.model.layer == TAIL

    @property
    def rates(self) -> Mapping[str, Decimal]:
        """Standard rates for a short prompt, per million tokens."""
        return {} if self.price is None else self.price.tiers[0].rates

    @property
    def has_tiers(self) -> bool:
        """Whether a long prompt costs more."""
        return self.price is not None and len(self.price.tiers) > 1

    @property
    def has_batch(self) -> bool:
        """Whether batch processing has a price of its own."""
        return self.price is not None and any("processing" in one.when.values for one in self.price.variants)

    @property
    def has_clock(self) -> bool:
        """Whether the price depends on the time of the week."""
        return self.price is not None and any(one.when.clock is not None for one in self.price.variants)


def listed(prices: PriceList, at: datetime, *, provider: str | None = None, search: str = "") -> list[Listed]:
    """Models by id, with the price that holds `at` (UTC); `search` is part of any of their names.

    Raises UsageError for a provider the list knows nothing of.
    """
    owner = None if provider is None else known_provider(prices, provider)
    part = search.strip().lower()
    # Names are at hand for all models; a model is built when it is asked for.
    ids = {
        id_
        for (invoicing, name), id_ in prices.names.items()
        if owner in (None, invoicing) and (part in name or part in id_.lower())
    }
    return [entry(prices, model := prices.models[id_], model.price_at(at)) for id_ in sorted(ids)]


def entry(prices: PriceList, model: Model, price: Price | None) -> Listed:
    """A model with one of its prices and where that comes from."""
    source = None if price is None else price.source
    return Listed(
        model=model,
        price=price,
        url=None if source is None else prices.sources.get(source),
        checked=None if source is None else prices.checked.get(source),
    )


def known_provider(prices: PriceList, provider: str) -> str:
    """A provider's own spelling; UsageError where the list has no model of it."""
    known = {owner for owner, _ in prices.names}
    owner = normalise_provider(provider) or provider.strip().lower()
    if owner not in known:
        raise UsageError(
            f"the price list has no provider {provider!r}",
            hint=nearest(provider, known) or f"`llmcost prices list` shows the models of all {len(known)} it has",
        )
    return owner
