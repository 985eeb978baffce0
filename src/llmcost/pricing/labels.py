"""What a price id says: the price of a model and, behind `#`, the labels of the variants, factors and contracts that hold."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from llmcost.pricing.agreements import Contract
from llmcost.pricing.rate_row import BEGINNING, moment_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmcost.pricing.price_list import Model, Multiplier, Price, Variant, When


def identity(model: Model, price: Price) -> str:
    """A price id without labels: the model, and since when the price holds."""
    return model.id if price.since is None else f"{model.id}@{moment_text(price.since)}"


def labels(price: Price, contracts: Iterable[Contract]) -> Mapping[int, str]:
    """Label of every variant, factor and contract, by its `id()`; `contracts` are all that cover the model, whenever.

    Of several labelled alike the first keeps the label and the others have a number behind it, contracts in the order in
    which they begin: one that is added later renames none. Terms with equal conditions always hold together and share it.
    """
    terms: list[Variant | Multiplier | Contract] = [
        *price.variants,
        *price.multipliers,
        *sorted(contracts, key=lambda one: one.since or BEGINNING),
    ]
    tiers = (price.tiers, *(variant.tiers for variant in price.variants))
    taken: dict[str, When | Contract | None] = {tier.label: None for some in tiers for tier in some}
    written = {one.label for one in terms}
    found: dict[int, str] = {}
    for one in terms:
        meant = one if isinstance(one, Contract) else one.when
        numbers, label = count(2), one.label
        while (label in taken and taken[label] != meant) or (label != one.label and label in written):
            label = f"{one.label}-{next(numbers)}"
        taken[label] = meant
        found[id(one)] = label
    return found
