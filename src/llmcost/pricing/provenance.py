"""Which entry of which price list a price is, and how the logged name led to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmcost.pricing.matching import match_model

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from llmcost.pricing.explanation import Explanation
    from llmcost.pricing.matching import Match
    from llmcost.pricing.price_list import Model, PriceList
    from llmcost.pricing.rate_row import Context

_MATCHES: Mapping[str, str] = {
    "exact": "is a name of this model",
    "alias": "is an alias of this model at the time of the call",
    "prefix": "is a name of this model behind a gateway's prefix",
    "resource": "is a name of this model inside a resource path or with a revision",
    "dated": "is a name of this model and a date",
    "deployment": "is a deployment of this model in a price file of yours",
    "variant": "is a variant that OpenRouter offers without cost",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The entry of a price list that was used, and what made it that one."""

    model: Model
    id: str
    since: datetime | None
    """UTC; None is from the beginning."""
    until: datetime | None
    url: str | None
    checked: str | None
    """ISO date on which the price was last compared with its source."""
    place: str | None
    """File, line and column the price stands at."""
    layer: str | None
    """Which of the layers it is in."""
    list_version: str
    list_as_of: str
    currency: str
    match: Match
    logged_name: str
    """The logged name that matched."""

    @property
    def matched(self) -> str:
        """How the name led to the model, as a sentence."""
        words = _MATCHES.get(self.match.kind, f"led to this model ({self.match.kind})")
        region = f", in the region {self.match.region}" if self.match.region else ""
        return f"{self.logged_name!r} {words}{region}"


def provenance(
    prices: PriceList,
    calculation: Explanation,
    context: Context,
    at: datetime,
    *,
    version: str,
    today: PriceList | None = None,
) -> Provenance | None:
    """Where the price of a calculation made with `prices` comes from; None where it has none.

    `version` is the name of the list. One kept in a ledger knows no places; `today` is a list that does, where it still holds the same prices.
    """
    match = match_model(prices, context.provider, context.request_model, context.response_model, at)
    price = calculation.rate.price
    if match is None or price is None:
        return None
    written: Model | None = match.model
    if today is not None:
        same = today.models.get(match.model.id)
        written = same if same is not None and same.prices == match.model.prices else None
    if written is not None and not written.place:
        written = None
    return Provenance(
        model=match.model,
        id=calculation.rate.price_id or match.model.id,
        since=price.since,
        until=price.until,
        url=None if price.source is None else prices.sources.get(price.source),
        checked=None if price.source is None else prices.checked.get(price.source),
        place=None if written is None else written.place,
        layer=None if written is None else written.layer,
        list_version=version,
        list_as_of=prices.as_of,
        currency=prices.currency,
        match=match,
        logged_name=(context.response_model if match.answered else context.request_model) or "",
    )


def as_asked(context: Context, match: Match) -> Context:
    """What was asked for, with the region that the name states where the log has none of its own."""
    return replace(context, inference_region=context.inference_region or match.region)


def tier_words(calculation: Explanation) -> str | None:
    """Which tier the prompt reached and why; None where the price has only one."""
    rate = calculation.rate
    tiers = rate.variant.tiers if rate.variant is not None else () if rate.price is None else rate.price.tiers
    if rate.tier is None or len(tiers) < 2:
        return None
    prompt = f"a prompt of {calculation.prompt_tokens:,} tokens, caches included,"
    if rate.tier.start != tiers[0].start:
        return f"{prompt} is {bound_words(rate.tier.label)}: the whole request has the rates of that tier"
    return f"{prompt} is not {bound_words(tiers[1].label)}: the first tier"


def variant_words(calculation: Explanation, context: Context, at: datetime) -> str | None:
    """Which variants of the price were chosen and why; None for the standard rates and fees."""
    found = []
    rate = calculation.rate
    rating = () if rate.variant is None else (rate.variant,)
    for variant in (*rating, *(one for one in rate.fee_variants if one is not rate.variant)):
        reasons = [f"{key} is {getattr(context, key) or _stated(key, context)}" for key in variant.when.values]
        if variant.when.clock is not None:
            reasons.append(f"it was {at:%A %H:%M} UTC")
        found.append(f"{variant.label}, because {' and '.join(reasons)}")
    return "; ".join(found) or None


def factor_words(calculation: Explanation, context: Context) -> str | None:
    """The factors on token amounts and why they hold; None without any."""
    found = [
        f"{one.factor.normalize():f} on token amounts, because "
        + " and ".join(f"{key} is {getattr(context, key) or _stated(key, context)}" for key in one.when.values)
        for one in calculation.rate.multipliers
    ]
    return "; ".join(found) or None


def contract_words(calculation: Explanation) -> str | None:
    """The contracts that hold and what they leave to pay; None without any."""
    found = [
        f"{one.label}: {one.discount_pct.normalize():f}% off {' and '.join(sorted(one.applies_to))}"
        for one in calculation.rate.contracts
    ]
    return "; ".join(found) or None


def bound_words(label: str) -> str:
    """The label of a tier as words: `above-200000` is `above 200,000`."""
    word, _, number = label.rpartition("-")
    return f"{word.replace('-', ' ')} {int(number):,}" if number.isdigit() else label


def _stated(key: str, context: Context) -> str:
    """A condition that another value implies: Anthropic's service tier `batch` is a way of processing."""
    return (context.service_tier or "") if key == "processing" else "that"
