"""From what a call asked for to the rates that hold: one row per stretch of time, prompt size and minutes of the week."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from llmcost.domain.providers import normalise_provider
from llmcost.pricing.agreements import covers
from llmcost.pricing.labels import identity, labels
from llmcost.pricing.matching import Match, invoicer, match_model
from llmcost.pricing.rate_row import BEGINNING, END, Context, RateRow
from llmcost.pricing.rate_terms import by_minute, by_prompt, holds, unmet
from llmcost.pricing.route_variants import why_open
from llmcost.pricing.unit_rates import with_rates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from llmcost.pricing.agreements import Contract, Provisioned
    from llmcost.pricing.price_list import Alias, Model, Price, PriceList


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
    capacities = [one for one in prices.provisioned if _serves(prices, one, context, match)]
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


def _serves(prices: PriceList, capacity: Provisioned, context: Context, match: Match | None) -> bool:
    """Whether capacity serves a context: by the name of its deployment, by the model, or by both where both are given."""
    provider = match.model.provider if match is not None else invoicer(prices, context.provider, context.request_model)
    if provider != capacity.provider:
        return False
    if capacity.covers and (match is None or not any(covers(one, match.model.id) for one in capacity.covers)):
        return False
    # A deployment may be a path itself: an ARN, `accounts/acme/deployments/chat`.
    requested = f"/{(context.request_model or '').strip().lower()}"
    return capacity.deployment is None or requested.endswith(f"/{capacity.deployment}")


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
            reason=(why_open(normalise_provider(context.provider), named) or "unknown model") if named else "no model",
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
    unsure = "unknown response model" if match.as_requested else why_open(model.provider, context.request_model)
    reached = since
    for price in model.prices:
        start, end = max(since, price.since or BEGINNING), min(until, price.until or END)
        if start >= end:
            continue
        if reached < start:
            yield replace(empty, since=reached, until=start)
        agreed = [one for one in prices.contracts if one.covers(model.id)]
        labelled = labels(price, agreed)
        for first, last in pairwise(_within(agreed, start, end)):
            holding = [one for one in agreed if _holds_at(one, first)]
            row = replace(empty, since=first, until=last, reason=unsure)
            yield from _epoch(row, model, price, context, holding, named=labelled)
        reached = end
    if reached < until:
        yield replace(empty, since=reached)


def _epoch(
    empty: RateRow,
    model: Model,
    price: Price,
    context: Context,
    contracts: list[Contract],
    *,
    named: Mapping[int, str],
) -> Iterator[RateRow]:
    """Rate rows of one price; a reason `empty` has makes them estimates."""
    published = identity(model, price)
    if price.free:
        yield replace(
            empty, status="free", reason=price.free_reason, price_id=published, list_price_id=published, price=price
        )
        return
    # Latest layer first: its contract stands instead of the ones below.
    agreed = {part: next((one for one in contracts if part in one.applies_to), None) for part in ("tokens", "fees")}
    holding = tuple(one for one in contracts if one in agreed.values())
    discounts = {part: Fraction(1) if one is None else Fraction(one.factor) for part, one in agreed.items()}
    multipliers = [one for one in price.multipliers if holds(one.when, context)]
    candidates = [one for one in price.variants if holds(one.when, context)]
    for start, end, terms in by_minute(price, candidates):
        missing = unmet(context, price, terms.variants, multipliers)
        for first, end_of_tier, tier, standard, unlisted in by_prompt(price, terms):
            reason = "; ".join(filter(None, (empty.reason, missing, unlisted)))
            whole = tier if standard is None else replace(tier, rates={**standard.rates, **tier.rates})
            # A price id stands for the same rates wherever it is met.
            longer = "" if standard is None or standard.label == tier.label else standard.label
            parts = [tier.label, longer, *(named[id(one)] for one in (*terms.variants, *multipliers))]
            yield replace(
                with_rates(
                    empty,
                    whole,
                    terms.fees,
                    multipliers,
                    discounts,
                    unlisted=whole.rates.keys() - tier.rates.keys(),
                ),
                prompt_from=first,
                prompt_to=end_of_tier,
                minute_from=start,
                minute_to=end,
                price_id=_labelled(published, [*parts, *(named[id(one)] for one in holding)]),
                list_price_id=_labelled(published, parts),
                status="estimated" if reason else "priced",
                reason=reason or None,
                minimums=price.minimums,
                price=price,
                tier=whole,
                variant=terms.rating,
                fee_variants=terms.charging,
                multipliers=tuple(multipliers),
                contracts=holding,
            )


def _labelled(published: str, parts: Iterable[str]) -> str:
    suffix = ",".join(filter(None, parts))
    return f"{published}#{suffix}" if suffix else published
