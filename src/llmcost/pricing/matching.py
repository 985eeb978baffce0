"""Which model of the price list a logged name means; never a guess by prefix or substring.

Steps, first hit wins, each recorded as the match kind: `deployment` and `exact`, `alias` at the time of the call,
`prefix` (a gateway's `azure/`, `bedrock/`), `resource` (an ARN, `models/...`, `-v1:0`), `dated` (a known model and a date),
`variant` (OpenRouter's `:free`).
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from llmcost.domain.providers import FIRST_PARTY, HOSTS, normalise_provider
from llmcost.pricing.route_variants import FREE, free_variant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from llmcost.pricing.price_list import Model, PriceList

_DATED = re.compile(r"(?P<name>.+)(?:-(?P<day>20[0-9]{6}|20[0-9]{2}-[0-9]{2}-[0-9]{2})|@(?P<version>20[0-9]{6}))")
_ARN = re.compile(
    r"arn:aws[a-z-]*:bedrock:[^:]*:[^:]*:(?:foundation-model|inference-profile|custom-model)/(?P<name>.+)"
)
_PATH = re.compile(r"(?:projects/[^/]+/locations/[^/]+/)?(?:publishers/[^/]+/)?models/(?P<name>[^/]+)")
_ALSO = {"google": "vertex"}
"""Who invoices for what a company does not sell under its own name: Google's Claude is Vertex AI's."""
_REVISION = re.compile(r"(?P<name>.+?)(?:-v[0-9]+)?:[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A logged name resolved to a model."""

    model: Model
    kind: str
    """exact, alias, prefix, resource, dated, deployment or variant."""
    region: str | None = None
    """Inference region the name itself states."""
    as_requested: bool = False
    """The list does not know the model that answered; this is the one that was asked for."""


def match_model(
    prices: PriceList,
    provider: str | None,
    request_model: str | None,
    response_model: str | None = None,
    at: datetime | None = None,
) -> Match | None:
    """Find what a call is priced as.

    The response's model is tried before the requested one; see `Match.as_requested`. `at` is UTC and decides which aliases hold; None tries those
    without dates only. A null provider is taken from the name's prefix, or, if just one company's own models include the
    name, is that company.
    """
    names = [name for name in (response_model, request_model) if name]
    stated = (normalise_provider(provider) or provider.strip().lower()) if provider else None
    if stated is None:
        owners = (_written_owner(prices, name.strip().lower()) for name in reversed(names))
        stated = next(filter(None, owners), None)
    for name in names:
        lowered = name.strip().lower()
        if name is response_model and request_model and request_model.strip().lower() == f"{lowered}{FREE}":
            # The answer names the model without the suffix that made the call free.
            continue
        found = _match(prices, stated, lowered, at)
        if found is None and (free := free_variant(stated, lowered)) is not None:
            found = Match(model=free, kind="variant")
        if found is not None:
            # A deployment is declared to serve one model, whatever the answer calls it.
            sure = name is names[0] or found.kind in ("deployment", "variant")
            return found if sure else replace(found, as_requested=True)
    return None


def nearest_names(prices: PriceList, provider: str | None, name: str, limit: int = 3) -> list[str]:
    """Ids that look most like an unmatched name, for messages; nothing is ever priced by them."""
    stated = normalise_provider(provider)
    lowered = name.strip().lower()
    found = _prefix(prices, lowered)
    bare = found[2] if found else lowered
    ids: dict[str, str] = {}
    for (owner, known), id_ in prices.names.items():
        # Of several who invoice for a model, its maker is the one most likely meant.
        if stated in (None, owner) and (known not in ids or owner in FIRST_PARTY):
            ids[known] = id_
    close = difflib.get_close_matches(bare, list(ids), n=limit * 2, cutoff=0.6)
    return list(dict.fromkeys(ids[one] for one in close))[:limit]


def _prefix(prices: PriceList, name: str) -> tuple[str, str | None, str] | None:
    """Provider, region and rest of a name written with a gateway's prefix."""
    for prefix in prices.prefixes:
        if name.startswith(prefix.text) and len(name) > len(prefix.text):
            return prefix.provider, prefix.region, name[len(prefix.text) :]
    return None


def _written_owner(prices: PriceList, name: str) -> str | None:
    """Who invoices by what the name itself says: a gateway's prefix, or an ARN of Bedrock's."""
    found = _prefix(prices, name)
    return found[0] if found else "aws" if _ARN.fullmatch(name) else None


def _match(prices: PriceList, stated: str | None, name: str, at: datetime | None) -> Match | None:
    if stated is None:
        return _sole_owner(prices, name, at)
    found = _within(prices, stated, name, at)
    if found is not None:
        return found
    split = _prefix(prices, name)
    if split is None:
        return _within(prices, _ALSO[stated], name, at) if stated in _ALSO else None
    owner, region, rest = split
    # The route invoices: `bedrock/` beats a stated vendor, a stated host beats a vendor's prefix.
    payer = owner if owner in HOSTS and stated not in HOSTS else stated
    found = _within(prices, payer, rest, at)
    if found is None and (split := _prefix(prices, rest)) is not None:
        found = _within(prices, payer, split[2], at)
    if found is None:
        return None
    return Match(model=found.model, kind="prefix", region=found.region or region)


def _sole_owner(prices: PriceList, name: str, at: datetime | None) -> Match | None:
    found = [match for owner in sorted(FIRST_PARTY) if (match := _within(prices, owner, name, at)) is not None]
    return found[0] if len(found) == 1 else None


def _within(prices: PriceList, provider: str, name: str, at: datetime | None) -> Match | None:
    """Match a name among one provider's models."""
    for index, bare in enumerate(_unwrapped(name)):
        named = _named(prices, provider, bare, at)
        if named is not None:
            return Match(model=named.model, kind="resource" if index else named.kind, region=named.region)
    for bare in _unwrapped(name):
        dated = _DATED.fullmatch(bare)
        if dated is None or not _is_day(dated["day"] or dated["version"]):
            continue
        model = prices.named(provider, dated["name"])
        if model is not None and model.dated:
            return Match(model=model, kind="dated")
    return None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _named(prices: PriceList, provider: str, name: str, at: datetime | None) -> Match | None:
    aliases = [
        alias
        for alias in prices.aliases_by_name.get((provider, name), ())
        if (alias.since is None or (at is not None and alias.since <= at))
        and (alias.until is None or (at is not None and at < alias.until))
    ]
    for alias in aliases:
        if alias.deployment:
            return Match(model=prices.models[alias.to], kind="deployment", region=alias.region)
    model = None if aliases and aliases[0].overrides else prices.named(provider, name)
    if model is not None:
        return Match(model=model, kind="exact")
    return Match(model=prices.models[aliases[0].to], kind="alias") if aliases else None


def _unwrapped(name: str) -> Iterator[str]:
    """Name as logged, then without the resource path or revision around it."""
    yield name
    for pattern in (_ARN, _PATH):
        if (match := pattern.fullmatch(name)) is not None:
            name = match["name"]
            yield name
            break
    if (match := _REVISION.fullmatch(name)) is not None:
        yield match["name"]
