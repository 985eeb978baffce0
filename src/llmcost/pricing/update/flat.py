"""A price as single numbers by what they are for, so that prices of different lists can be laid side by side."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from llmcost.pricing.price_list import Price, Tier
    from llmcost.pricing.update.entries import Entry


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """What one number of a price is for."""

    when: tuple[tuple[str, str], ...]
    """Conditions, each with one value; none for the standard price."""
    start: int
    """Smallest prompt in tokens."""
    unit: str

    def __str__(self) -> str:
        """`batch input from 200,001`."""
        words = [value for _, value in self.when] + [self.unit.replace("_", " ")]
        return " ".join([*words, f"from {self.start:,}"] if self.start else words)


Flat = dict[Item, Decimal]


def flat_price(price: Price) -> Flat:
    """Numbers of one price; those that depend on the clock are left aside."""
    found = dict(_tiers((), price.tiers))
    found |= {Item((), 0, unit): fee for unit, fee in price.fees.items()}
    for variant in price.variants:
        if variant.when.clock is None:
            for when in _whens(variant.when.values):
                found |= dict(_tiers(when, variant.tiers))
                found |= {Item(when, 0, unit): fee for unit, fee in variant.fees.items() if price.fees.get(unit) != fee}
    return found


def flat_entry(prices: Sequence[Entry], at: datetime) -> Flat:
    """Numbers of the price of a converted entry that holds at a moment."""
    day = at.date().isoformat()
    holding = [one for one in prices if one.get("from", "") <= day]
    if not holding:
        return {}
    price = holding[-1]
    found = dict(_bands((), price))
    for variant in price.get("variants", ()):
        if "clock" not in variant["when"]:
            found |= dict(_bands(tuple(sorted(variant["when"].items())), variant))
    return found


def has_clock(price: Price | Entry) -> bool:
    """Whether the standard price depends on the time of day."""
    if isinstance(price, dict):
        return any(one["when"].keys() == {"clock"} for one in price.get("variants", ()))
    return any(one.when.clock is not None and not one.when.values for one in price.variants)


def _tiers(when: tuple[tuple[str, str], ...], tiers: Sequence[Tier]) -> Iterator[tuple[Item, Decimal]]:
    for tier in tiers:
        for unit, rate in tier.rates.items():
            yield Item(when, tier.start, unit), rate


def _bands(when: tuple[tuple[str, str], ...], priced: Entry) -> Iterator[tuple[Item, Decimal]]:
    for unit, rate in (*priced.get("rates", {}).items(), *priced.get("fees", {}).items()):
        yield Item(when, 0, unit), Decimal(rate)
    for tier in priced.get("tiers", ()):
        start = int(tier["above"]) + 1 if "above" in tier else int(tier["at_least"])
        for unit, rate in tier["rates"].items():
            yield Item(when, start, unit), Decimal(rate)


def _whens(values: Mapping[str, frozenset[str]]) -> Iterator[tuple[tuple[str, str], ...]]:
    """Conditions with one value each, for every combination of accepted ones."""
    made: list[tuple[tuple[str, str], ...]] = [()]
    for key in sorted(values):
        made = [(*one, (key, value)) for one in made for value in sorted(values[key])]
    yield from made
