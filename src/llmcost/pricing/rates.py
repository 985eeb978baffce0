"""From what a call asked for to the rates that hold: one row per stretch of time, prompt size and minutes of the week."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from llmcost.domain.providers import normalise_provider
from llmcost.pricing.agreements import covers
from llmcost.pricing.matching import Match, match_model
from llmcost.pricing.price_list import CONDITIONS, FEE_UNITS, TOKEN_UNITS, WEEK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from llmcost.pricing.agreements import Contract, Provisioned
    from llmcost.pricing.price_list import Alias, Model, Multiplier, Price, PriceList, Tier, Variant, When

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
ANY_PROMPT = 2**62
"""Larger than any prompt."""

STANDARD = frozenset(
    (
        "",
        "standard",
        "default",
        "auto",
        "on_demand",
        "ondemand",
        "on-demand",
        "not_available",
        "global",
        "normal",
        "none",
        "regular",
        "scale",
    )
)
"""Spellings of `nothing special was asked for`."""

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

GAPS = {
    "input": "input",
    "cache_read": "cache read",
    "cache_write_5m": "cache write",
    "cache_write_1h": "1h cache write",
    "output": "output",
    "reasoning": "reasoning",
    "input_audio": "audio input",
    "output_audio": "audio output",
    "cache_read_audio": "cached audio",
    "input_image": "image input",
    "output_image": "image output",
    "request": "request",
    "web_search": "web search",
    "rerank_search": "rerank search",
    "image": "image",
    "page": "page",
    "character": "character",
    "audio_hour": "audio",
    "citation": "citation",
    "file_search": "file search",
    "map_search": "map search",
    "code_session": "code session",
    "video_second": "video",
}
"""Unit -> how reasons call it; its position is its bit in `gaps`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything but time and quantities that decides a call's price."""

    provider: str | None
    request_model: str | None
    response_model: str | None
    processing: str | None
    service_tier: str | None
    speed: str | None
    inference_region: str | None
    operation: str | None
    unit_size: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """Rates of one context for one stretch of time, prompt size and minutes of the week."""

    since: datetime
    until: datetime
    """Exclusive."""
    prompt_from: int = 0
    prompt_to: int = ANY_PROMPT
    """Exclusive."""
    minute_from: int = 0
    minute_to: int = WEEK
    """Exclusive; minutes since Monday 00:00 UTC."""
    provider: str | None
    model: str | None
    match_kind: str | None = None
    price_id: str | None = None
    status: str
    """priced, estimated, free or unpriced."""
    reason: str | None = None
    gaps: int = 0
    """Bit per unit of GAPS that has no price of its own."""
    bare: int = 0
    """Bit per unit of GAPS that has none at all: neither its own nor that of another unit."""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """Currency per token; every unit of TOKEN_UNITS."""
    fees: Mapping[str, Decimal] = field(default_factory=dict)
    """Currency per unit, for an hour of audio: per hour."""
    minimums: Mapping[str, Decimal] = field(default_factory=dict)
    """Quantity -> what a call that has any of it is billed at least."""
    numerator: int = 1
    denominator: int = 1
    """Factor on token amounts that does not fold into the rates exactly."""
    # How the rates came about, for `explain`. `price_id` says the same in short, so that equal rows still read alike.
    price: Price | None = field(default=None, repr=False)
    tier: Tier | None = field(default=None, repr=False)
    variant: Variant | None = field(default=None, repr=False)
    """The variant that decides the rates."""
    fee_variants: tuple[Variant, ...] = field(default=(), repr=False)
    """Those that decide a fee."""
    multipliers: tuple[Multiplier, ...] = field(default=(), repr=False)
    contracts: tuple[Contract, ...] = field(default=(), repr=False)
    charged_as: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Unit -> the unit of `tier` whose rate it is charged at; units without any are left out."""


def rate_rows(prices: PriceList, context: Context) -> list[RateRow]:
    """All rate rows of a context; together they cover every time, prompt and minute exactly once."""
    context = _read(context)
    names = [name.lower() for name in (context.response_model, context.request_model) if name]
    # Another alias can never be met.
    moments = _moments(alias for alias in prices.aliases if any(alias.name in name for name in names))
    rows: list[RateRow] = []
    stretch: tuple[datetime, datetime, Match | None] | None = None
    for since, until in pairwise([BEGINNING, *moments, END]):
        match = match_model(prices, context.provider, context.request_model, context.response_model, since)
        if stretch is not None and stretch[2] == match:
            stretch = (stretch[0], until, match)
            continue
        if stretch is not None:
            rows.extend(_covered(prices, context, *stretch))
        stretch = (since, until, match)
    if stretch is not None:
        rows.extend(_covered(prices, context, *stretch))
    return rows


def _moments(terms: Iterable[Alias | Contract | Provisioned]) -> list[datetime]:
    """When any of them begins or ends."""
    return sorted({moment for one in terms for moment in (one.since, one.until) if moment is not None})


def _within(terms: Iterable[Contract | Provisioned], since: datetime, until: datetime) -> list[datetime]:
    """A stretch of time cut wherever one of them begins or ends."""
    return [since, *(moment for moment in _moments(terms) if since < moment < until), until]


def _covered(
    prices: PriceList, context: Context, since: datetime, until: datetime, match: Match | None
) -> Iterator[RateRow]:
    """Rate rows of one resolved model; what provisioned capacity serves costs nothing by itself."""
    capacities = [one for one in prices.provisioned if _serves(one, context, match)]
    for start, end in pairwise(_within(capacities, since, until)):
        capacity = next((one for one in capacities if _holds_at(one, start)), None)
        if capacity is None:
            yield from _stretch(prices, context, start, end, match)
            continue
        yield RateRow(
            since=start,
            until=end,
            provider=capacity.provider,
            model=match.model.name if match is not None else context.response_model or context.request_model,
            match_kind=None if match is None else match.kind,
            price_id=f"provisioned/{capacity.name}",
            status="free",
            reason=f"covered by provisioned {capacity.name}",
        )


def _holds_at(term: Contract | Provisioned, moment: datetime) -> bool:
    return (term.since is None or term.since <= moment) and (term.until is None or moment < term.until)


def _serves(capacity: Provisioned, context: Context, match: Match | None) -> bool:
    """Whether capacity serves a context: by the name of its deployment, by the model, or by both where both are given."""
    provider = match.model.provider if match is not None else normalise_provider(context.provider)
    if provider != capacity.provider:
        return False
    if capacity.covers and (match is None or not any(covers(one, match.model.id) for one in capacity.covers)):
        return False
    return (
        capacity.deployment is None or capacity.deployment == (context.request_model or "").lower().rpartition("/")[2]
    )


def _read(context: Context) -> Context:
    """Conditions in lower case, and Anthropic's `service_tier: batch` as the processing it is."""

    def asked(value: str | None) -> str | None:
        lowered = (value or "").strip().lower()
        return None if lowered in STANDARD else lowered

    processing, tier = asked(context.processing), asked(context.service_tier)
    if tier in ("batch", "batches"):
        processing, tier = "batch", None
    return replace(
        context,
        processing=processing,
        service_tier=tier,
        speed=asked(context.speed),
        inference_region=asked(context.inference_region),
        operation=(context.operation or "").lower() or None,
        unit_size=(context.unit_size or "").strip().lower() or None,
    )


def _stretch(
    prices: PriceList, context: Context, since: datetime, until: datetime, match: Match | None
) -> Iterator[RateRow]:
    """Rate rows of one resolved model between two moments."""
    if match is None:
        named = context.response_model or context.request_model
        yield RateRow(
            since=since,
            until=until,
            provider=normalise_provider(context.provider) or context.provider,
            model=named,
            status="unpriced",
            reason="unknown model" if named else "no model",
        )
        return
    model = match.model
    empty = RateRow(
        since=since,
        until=until,
        provider=model.provider,
        model=model.name,
        match_kind=match.kind,
        status="unpriced",
        reason="no price at that date",
    )
    if match.region is not None and context.inference_region is None:
        context = replace(context, inference_region=None if match.region in STANDARD else match.region)
    reached = since
    for price in model.prices:
        start, end = max(since, price.since or BEGINNING), min(until, price.until or END)
        if start >= end:
            continue
        if reached < start:
            yield replace(empty, since=reached, until=start)
        agreed = [one for one in prices.contracts if one.covers(model.id)]
        for first, last in pairwise(_within(agreed, start, end)):
            holding = [one for one in agreed if _holds_at(one, first)]
            yield from _epoch(replace(empty, since=first, until=last), model, price, context, holding)
        reached = end
    if reached < until:
        yield replace(empty, since=reached)


def _epoch(
    empty: RateRow, model: Model, price: Price, context: Context, contracts: list[Contract]
) -> Iterator[RateRow]:
    """Rate rows of one price."""
    identity = model.id if price.since is None else f"{model.id}@{moment_text(price.since)}"
    if price.free:
        yield replace(empty, status="free", reason=price.free_reason, price_id=identity, price=price)
        return
    # Latest layer first: its contract stands instead of the ones below.
    agreed = {part: next((one for one in contracts if part in one.applies_to), None) for part in ("tokens", "fees")}
    holding = tuple(one for one in contracts if one in agreed.values())
    discounts = {part: Fraction(1) if one is None else Fraction(one.factor) for part, one in agreed.items()}
    multipliers = [one for one in price.multipliers if _holds(one.when, context)]
    candidates = [one for one in price.variants if _holds(one.when, context)]
    for start, end, terms in _by_minute(price, candidates):
        unmet = _unmet(context, price, terms.variants, multipliers)
        for first, end_of_tier, tier, unlisted in _by_prompt(price, terms):
            reason = "; ".join(filter(None, (unmet, unlisted)))
            labels = [tier.label, *(one.label for one in terms.variants), *(one.label for one in multipliers)]
            suffix = ",".join(label for label in (*labels, *(one.label for one in holding)) if label)
            yield replace(
                _rated(empty, tier, terms.fees, multipliers, discounts),
                prompt_from=first,
                prompt_to=end_of_tier,
                minute_from=start,
                minute_to=end,
                price_id=f"{identity}#{suffix}" if suffix else identity,
                status="estimated" if reason else "priced",
                reason=reason or None,
                minimums=price.minimums,
                price=price,
                tier=tier,
                variant=terms.rating,
                fee_variants=terms.charging,
                multipliers=tuple(multipliers),
                contracts=holding,
            )


def _holds(when: When, context: Context) -> bool:
    return all(getattr(context, key) in accepted for key, accepted in when.values.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
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


def _by_minute(price: Price, candidates: list[Variant]) -> Iterator[tuple[int, int, _Terms]]:
    """Rates and fees for each stretch of the week."""
    edges = sorted({0, WEEK, *(edge for one in candidates for span in one.when.clock or () for edge in span)})
    stretch: tuple[int, int, _Terms] | None = None
    for start, end in pairwise(edges):
        holding = [
            one for one in candidates if one.when.clock is None or any(a <= start < b for a, b in one.when.clock)
        ]
        terms = _terms(price, sorted(holding, key=_specificity, reverse=True))
        if stretch is not None and stretch[2] == terms:
            stretch = (stretch[0], end, terms)
            continue
        if stretch is not None:
            yield stretch
        stretch = (start, end, terms)
    if stretch is not None:
        yield stretch


def _by_prompt(price: Price, terms: _Terms) -> Iterator[tuple[int, int, Tier, str | None]]:
    """Each tier with the prompts it holds for, and why it is an estimate for them.

    Where the standard price goes on to tiers for longer prompts and a variant does not, nobody says what the variant costs there.
    """
    last = terms.tiers[-1]
    for tier, after in pairwise(terms.tiers):
        yield tier.start, after.start, tier, None
    beyond = None if terms.rating is None else next((one for one in price.tiers if one.start > last.start), None)
    if terms.rating is None or beyond is None:
        yield last.start, ANY_PROMPT, last, None
        return
    yield last.start, beyond.start, last, None
    bound = beyond.label.replace("-", " ")
    yield beyond.start, ANY_PROMPT, last, f"no {terms.rating.label} price of prompts {bound}"


def _terms(price: Price, holding: list[Variant]) -> _Terms:
    """Rates of the most specific variant that states rates, each fee of the most specific that states the fee."""
    rating = next((one for one in holding if one.tiers), None)
    fees = dict(price.fees)
    charging: list[Variant] = []
    for unit in FEE_UNITS:
        variant = next((one for one in holding if unit in one.fees), None)
        if variant is not None:
            fees[unit] = variant.fees[unit]
            charging.append(variant)
    return _Terms(
        tiers=rating.tiers if rating is not None else price.tiers,
        fees=fees,
        rating=rating,
        charging=tuple(one for one in holding if any(one is other for other in charging)),
    )


def _specificity(variant: Variant) -> tuple[int, ...]:
    """More conditions first, then the more telling ones."""
    keys = {*variant.when.values, *(("clock",) if variant.when.clock is not None else ())}
    return (len(keys), *(int(key in keys) for key in CONDITIONS))


def _unmet(context: Context, price: Price, variants: tuple[Variant, ...], multipliers: list[Multiplier]) -> str | None:
    """Why the price is an estimate: conditions that were asked for and that the catalogue says nothing about."""
    met = _keys(variants) | _keys(multipliers)
    missing = [
        f"no {value} price"
        for key in ("processing", "service_tier", "speed")
        if (value := getattr(context, key)) is not None and key not in met
    ]
    # A region or a size is only special where the price list says that they differ.
    listed = _keys(price.variants) | _keys(price.multipliers)
    if "inference_region" in listed and context.inference_region is not None and "inference_region" not in met:
        missing.append(f"no {context.inference_region} region price")
    if "unit_size" in listed and "unit_size" not in met:
        missing.append(f"no {context.unit_size} price" if context.unit_size else "size not stated")
    return "; ".join(missing) or None


def _keys(terms: Iterable[Variant | Multiplier]) -> set[str]:
    """Conditions that any of them names."""
    return {key for one in terms for key in one.when.values}


def _rated(
    empty: RateRow,
    tier: Tier,
    fees: Mapping[str, Decimal],
    multipliers: list[Multiplier],
    discounts: Mapping[str, Fraction],
) -> RateRow:
    """Per-unit rates with fallbacks, and the factor that holds.

    A discounted fee is a price of its own and has 12 places as any other, rounded half-even.
    """
    rates: dict[str, Decimal] = {}
    lacking: set[str] = set()
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
            unit: _rounded(Fraction(fees.get(unit, Decimal(0))) / per * discounts["fees"])
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


def _rounded(value: Fraction) -> Decimal:
    return Decimal(round(value * 10**12)).scaleb(-12)


def moment_text(moment: datetime) -> str:
    """A moment as price ids write it: a day, or a second of it."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return text.removesuffix("T00:00:00Z")
