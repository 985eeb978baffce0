"""Which of a price's variants hold: by conditions, by minute of the week, by size of the prompt."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from llmcost.pricing.price_list import CONDITIONS, FEE_UNITS, WEEK
from llmcost.pricing.rate_row import ANY_PROMPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from llmcost.pricing.price_list import Multiplier, Price, Tier, Variant, When
    from llmcost.pricing.rate_row import Context


OTHER_KINDS = frozenset(("web_search_preview",))
"""Values of `unit_size` that are no size but another kind of unit: a call that states none had the usual kind."""


def holds(when: When, context: Context) -> bool:
    """Whether all conditions are met."""
    return all(getattr(context, key) in accepted for key, accepted in when.values.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds at some minutes of the week."""

    tiers: tuple[Tier, ...]
    fees: Mapping[str, Decimal]
    rating: Variant | None
    """The variant that decides the rates."""
    charging: tuple[Variant, ...]
    """Those that decide a fee."""

    @property
    def variants(self) -> tuple[Variant, ...]:
        """All of them, the one that decides the rates first."""
        rating = () if self.rating is None else (self.rating,)
        return (*rating, *(one for one in self.charging if one is not self.rating))


def by_minute(price: Price, candidates: list[Variant]) -> Iterator[tuple[int, int, Terms]]:
    """Rates and fees for each stretch of the week."""
    edges = sorted({0, WEEK, *(edge for one in candidates for span in one.when.clock or () for edge in span)})
    stretch: tuple[int, int, Terms] | None = None
    for start, end in pairwise(edges):
        holding = [
            one for one in candidates if one.when.clock is None or any(a <= start < b for a, b in one.when.clock)
        ]
        held = terms_of(price, holding)
        if stretch is not None and stretch[2] == held:
            stretch = (stretch[0], end, held)
            continue
        if stretch is not None:
            yield stretch
        stretch = (start, end, held)
    if stretch is not None:
        yield stretch


def by_prompt(price: Price, terms: Terms) -> Iterator[tuple[int, int, Tier, Tier | None, str | None]]:
    """Each tier, the standard one that prices what it leaves open, if anything, and why it is an estimate for such prompts.

    Where the standard price goes on to tiers for longer prompts and a variant does not, nobody says what the variant costs there.
    """
    last = terms.tiers[-1].start
    beyond = None if terms.rating is None else next((one for one in price.tiers if one.start > last), None)
    stretch: tuple[int, Tier, Tier | None, str | None] | None = None
    for start in sorted({one.start for one in (*terms.tiers, *price.tiers)}):
        tier, standard = _reached(terms.tiers, start), _reached(price.tiers, start)
        unlisted = None
        if terms.rating is not None and beyond is not None and start >= beyond.start:
            unlisted = f"no {terms.rating.label} price of prompts {beyond.label.replace('-', ' ')}"
        held = tier, None if tier.rates.keys() >= standard.rates.keys() else standard, unlisted
        if stretch is not None and stretch[1:] == held:
            continue
        if stretch is not None:
            yield stretch[0], start, *stretch[1:]
        stretch = (start, *held)
    if stretch is not None:
        yield stretch[0], ANY_PROMPT, *stretch[1:]


def _reached(tiers: tuple[Tier, ...], prompt: int) -> Tier:
    """The tier of a prompt."""
    return [one for one in tiers if one.start <= prompt][-1]


def terms_of(price: Price, holding: Iterable[Variant]) -> Terms:
    """Rates of the most specific variant that states rates, each fee of the most specific that states the fee."""
    holding = sorted(holding, key=_specificity, reverse=True)
    rating = next((one for one in holding if one.tiers), None)
    fees = dict(price.fees)
    charging: list[Variant] = []
    for unit in FEE_UNITS:
        variant = next((one for one in holding if unit in one.fees), None)
        if variant is not None:
            fees[unit] = variant.fees[unit]
            charging.append(variant)
    return Terms(
        tiers=rating.tiers if rating is not None else price.tiers,
        fees=fees,
        rating=rating,
        charging=tuple(one for one in holding if any(one is other for other in charging)),
    )


def _specificity(variant: Variant) -> tuple[int, ...]:
    """More conditions first, then the more telling ones."""
    keys = {*variant.when.values, *(("clock",) if variant.when.clock is not None else ())}
    return (len(keys), *(int(key in keys) for key in CONDITIONS))


def unmet(context: Context, price: Price, variants: tuple[Variant, ...], multipliers: list[Multiplier]) -> str | None:
    """Why the price is an estimate: conditions that were asked for and that the catalogue says nothing about."""
    met = _keys(variants) | _keys(multipliers)
    missing = [
        f"no {value} price"
        for key in ("processing", "service_tier", "speed")
        if (value := getattr(context, key)) is not None and key not in met
    ]
    # A region or a size is only special where the price list says that they differ.
    listed = _keys(price.variants, but=OTHER_KINDS) | _keys(price.multipliers, but=OTHER_KINDS)
    if "inference_region" in listed and context.inference_region is not None and "inference_region" not in met:
        missing.append(f"no {context.inference_region} region price")
    if "unit_size" in listed and "unit_size" not in met:
        missing.append(f"no {context.unit_size} price" if context.unit_size else "size not stated")
    return "; ".join(missing) or None


def _keys(terms: Iterable[Variant | Multiplier], *, but: frozenset[str] = frozenset()) -> set[str]:
    """Conditions that any of them names, with other values than these."""
    return {key for one in terms for key, accepted in one.when.values.items() if accepted - but}
