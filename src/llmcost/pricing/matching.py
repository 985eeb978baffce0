"""Which model of the price list a logged name means; never a guess by prefix or substring.

Steps, first hit wins, each recorded as the match kind: `deployment` and `exact`, `alias` at the time of the call,
`prefix` (a gateway's `azure/`, `bedrock/`), `resource` (an ARN, `models/...`, `-v1:0`, `@default`, OpenAI's `ft:BASE:...`),
`dated` (a known model and a date), `variant` (OpenRouter's `:free`). A model of the packaged tail comes last, so that one model
has one price whatever a public catalogue calls it.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from llmcost.domain.providers import FIRST_PARTY, HOSTS, normalise_provider
from llmcost.pricing.price_list import TAIL
from llmcost.pricing.route_variants import free_variant, is_free_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from llmcost.pricing.price_list import Model, PriceList

_DATED = re.compile(r"(?P<name>.+)(?:-(?P<day>20[0-9]{6}|20[0-9]{2}-[0-9]{2}-[0-9]{2})|@(?P<version>20[0-9]{6}))")
_ARN = re.compile(
    r"arn:aws[a-z-]*:bedrock:[^:]*:[^:]*:(?:foundation-model|inference-profile|custom-model)/(?P<name>.+)"
)
_BEDROCK = re.compile(r"arn:aws[a-z-]*:bedrock:")
_PATH = re.compile(r"(?:projects/[^/]+/locations/(?P<location>[^/]+)/)?(?:publishers/[^/]+/)?models/(?P<name>[^/]+)")
_TUNED = re.compile(r"(?P<name>ft:[^:]+):.+")
_ALSO = {"google": "vertex"}
"""Who invoices for what a company does not sell under its own name: Google's Claude is Vertex AI's."""
_OTHERS = re.compile(r"claude-.+|codestral[-@].+|jamba-.+|mistral-.+|(?!google/)[^/]+/.+")
"""Other makers' models there; what a company makes itself may cost something else, or nothing, on each of its services."""
_REVISION = re.compile(r"(?P<name>.+?)(?:(?P<version>-v[0-9]+)?:[0-9]+|@default)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A logged name resolved to a model."""

    model: Model
    kind: str
    """exact, alias, prefix, resource, dated, deployment or variant."""
    region: str | None = None
    """Inference region that the name states, or the requested name on the same route."""
    answered: bool = False
    """The name of the model that answered led here; else the requested one."""
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

    The response's model is tried before the requested one; see `Match.as_requested`. Who invoices and in which region is
    still read from the requested name, for an answer seldom names its route. `at` is UTC and decides which aliases hold;
    None tries those without dates only. A null provider is taken from a name's prefix, or, if just one company's own models
    include the name, is that company.
    """
    requested, answered = (name.strip().lower() if name else None for name in (request_model, response_model))
    names = [name for name in (requested, answered) if name is not None]
    stated = (normalise_provider(provider) or provider.strip().lower()) if provider else None
    if stated is None:
        stated = next(filter(None, (_written_owner(prices, name) for name in names)), None)
    asked = None if requested is None else _resolved(prices, stated, requested, at)
    # The answer may name the model without the suffix that made the call free.
    if answered is None or (requested is not None and is_free_of(requested, answered)):
        return asked
    payer, region = stated, None
    if stated is not None and requested is not None:
        payer, region = _route(prices, stated, requested, answered, at, asked=asked)
    found = _answer(prices, payer, requested, answered, at)
    if found is not None:
        return replace(found, region=found.region or region, answered=True)
    if asked is None or asked.kind in ("deployment", "variant") or _means(prices, answered, asked.model, at):
        # A deployment is declared to serve one model, whatever the answer calls it.
        return asked
    return replace(asked, as_requested=True)


def invoicer(prices: PriceList, provider: str | None, name: str | None) -> str | None:
    """Who invoices a requested name that no model goes by; None where neither the log nor the name says."""
    stated = normalise_provider(provider)
    owner = None if name is None else _written_owner(prices, name.strip().lower())
    return owner if stated is None or (owner in HOSTS and stated not in HOSTS) else stated


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
    return found[0] if found else "aws" if _BEDROCK.match(name) else None


def _written_region(prices: PriceList, name: str) -> str | None:
    """Inference region by what the name itself says: a gateway's prefix, or the location in a path of Vertex AI's."""
    found = _prefix(prices, name)
    return _location(name) if found is None else found[1] or _location(found[2])


def _location(name: str) -> str | None:
    path = _PATH.fullmatch(name)
    return None if path is None else path["location"]


def _payer(prices: PriceList, stated: str, name: str, at: datetime | None) -> str:
    """Who invoices a name: `bedrock/` beats a stated vendor that has no such name, a stated host beats every prefix."""
    owner = _written_owner(prices, name)
    if owner not in HOSTS or stated in HOSTS or _within(prices, stated, name, at) is not None:
        return stated
    return owner


def _route(
    prices: PriceList, stated: str, requested: str, answered: str, at: datetime | None, *, asked: Match | None
) -> tuple[str, str | None]:
    """Who invoices the model that answered, and the region asked for; a host that the answer names goes before."""
    payer, through = (_payer(prices, stated, name, at) for name in (answered, requested))
    if payer not in (stated, through):
        return payer, None
    return through, asked.region if asked is not None else _written_region(prices, requested)


def _answer(
    prices: PriceList, payer: str | None, requested: str | None, answered: str, at: datetime | None
) -> Match | None:
    """The model an answer names; a deployment's name is one only where it is what was called, or nothing else is known."""
    if requested is not None and _bare(prices, requested) == _bare(prices, answered):
        return _resolved(prices, payer, answered, at)
    found = _resolved(prices.without_deployments, payer, answered, at)
    return _resolved(prices, payer, answered, at) if found is None and requested is None else found


def _bare(prices: PriceList, name: str) -> str:
    """A name without a gateway's prefix."""
    found = _prefix(prices, name)
    return name if found is None else found[2]


def _means(prices: PriceList, answered: str, model: Model, at: datetime | None) -> bool:
    """Whether the answer's name is its maker's for a model that a host lists as `maker.name` or `maker/name`."""
    maker = _sole_owner(prices, answered, at)
    return maker is not None and f".{model.name}".replace("/", ".").endswith(f".{maker.model.id.replace('/', '.')}")


def _resolved(prices: PriceList, stated: str | None, name: str, at: datetime | None) -> Match | None:
    """The model of a lower-case name, or the free variant of one that no list needs to know."""
    found = _match(prices, stated, name, at)
    if found is None and (free := free_variant(stated, name)) is not None:
        return Match(model=free, kind="variant")
    return found


def _match(prices: PriceList, stated: str | None, name: str, at: datetime | None) -> Match | None:
    if stated is None:
        return _sole_owner(prices, name, at)
    payer = _payer(prices, stated, name, at)
    found = _within(prices, payer, name, at)
    if found is not None:
        return found
    split = _prefix(prices, name)
    if split is None:
        also = _within(prices, _ALSO[payer], name, at) if payer in _ALSO else None
        return also if also is not None and _OTHERS.fullmatch(also.model.name) else None
    _, region, rest = split
    found = _within(prices, payer, rest, at)
    if found is None and (split := _prefix(prices, rest)) is not None:
        found = _within(prices, payer, split[2], at)
    if found is None:
        return None
    # A deployment is declared, with or without the prefix; of anything else the prefix is the plainest thing to say.
    kind = found.kind if found.kind == "deployment" else "prefix"
    return Match(model=found.model, kind=kind, region=found.region or region)


def _sole_owner(prices: PriceList, name: str, at: datetime | None) -> Match | None:
    found = [match for owner in sorted(FIRST_PARTY) if (match := _within(prices, owner, name, at)) is not None]
    return found[0] if len(found) == 1 else None


def _within(prices: PriceList, provider: str, name: str, at: datetime | None) -> Match | None:
    """Match a name among one provider's models."""
    rare: Match | None = None
    for found in _spelled(prices, provider, name, at):
        if found.model.layer != TAIL:
            return found
        rare = rare or found
    return rare


def _spelled(prices: PriceList, provider: str, name: str, at: datetime | None) -> Iterator[Match]:
    """Every model a name may mean, the plainest reading first."""
    for index, bare in enumerate(_unwrapped(name)):
        named = _named(prices, provider, bare, at)
        if named is not None:
            kind = "resource" if index else named.kind
            yield Match(model=named.model, kind=kind, region=named.region or _location(name))
    for bare in _unwrapped(name):
        dated = _DATED.fullmatch(bare)
        if dated is None or not _is_day(dated["day"] or dated["version"]):
            continue
        model = prices.named(provider, dated["name"])
        if model is not None and model.dated:
            yield Match(model=model, kind="dated", region=_location(name))


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
    """Name as logged, then without the resource path or revision around it, or the owner's part of a fine-tuned model's."""
    yield name
    for pattern in (_ARN, _PATH, _TUNED):
        if (match := pattern.fullmatch(name)) is not None:
            name = match["name"]
            yield name
            break
    if (match := _REVISION.fullmatch(name)) is not None:
        if match["version"] is not None:
            # In `titan-embed-text-v1:2` the version is the model's.
            yield match["name"] + match["version"]
        yield match["name"]
