"""A price list: models with dated prices, and the other names they are logged under."""

from __future__ import annotations

import gc
import hashlib
import json
import zlib
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from pathlib import Path

    from llmcost.domain.fx import Rates
    from llmcost.pricing.agreements import Allowance, Contract, Provisioned, SelfHosted

TOKEN_UNITS = (
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "output",
    "reasoning",
    "input_audio",
    "output_audio",
    "cache_read_audio",
    "input_image",
    "output_image",
    "citation",
)
"""Units priced per million tokens."""

FEE_UNITS: dict[str, int] = {
    "request": 1_000,
    "web_search": 1_000,
    "rerank_search": 1_000,
    "image": 1_000,
    "page": 1_000,
    "character": 1_000_000,
    "audio_hour": 1,
    "file_search": 1_000,
    "map_search": 1_000,
    "code_session": 1,
    "video_second": 1,
}
"""Units priced otherwise, and how many of them the published price is for."""

MINIMUMS = ("audio_seconds", "video_seconds", "characters", "pages")
"""Quantities, as the request's columns call them, of which a price may bill at least so much per call."""

TAIL = "catalogue"
"""The layer below all others, generated from public catalogues."""

CONDITIONS = ("processing", "service_tier", "speed", "inference_region", "operation", "unit_size", "clock")
"""What a variant may depend on, most telling first: the order settles which of two equally specific variants wins."""

WEEK = 7 * 24 * 60
"""Minutes in a week; clocks count from Monday 00:00 UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Rates for the whole request once its prompt reaches a size."""

    start: int
    """Smallest prompt, in tokens, that is priced here."""
    label: str
    rates: Mapping[str, Decimal]
    """Currency per million tokens, as published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Conditions that all have to hold."""

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Condition -> accepted values, lower-case."""
    clock: tuple[tuple[int, int], ...] | None = None
    """Half-open minutes of the week; None is always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Rates that replace the standard ones under some conditions."""

    label: str
    when: When
    tiers: tuple[Tier, ...]
    fees: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplier:
    """A factor on every token rate under some conditions; fees are never multiplied."""

    label: str
    when: When
    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one model costs from a moment on."""

    since: datetime | None
    """UTC, inclusive; None: from the beginning."""
    until: datetime | None
    """UTC, exclusive; None: for ever."""
    source: str | None
    free: bool
    tiers: tuple[Tier, ...]
    """Ascending; the first starts at 0."""
    fees: Mapping[str, Decimal]
    """In the unit published: see FEE_UNITS."""
    variants: tuple[Variant, ...]
    multipliers: tuple[Multiplier, ...]
    free_reason: str = "free model"
    minimums: Mapping[str, Decimal] = field(default_factory=dict)
    """Quantity of MINIMUMS -> what a call that has any of it is billed at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model as one provider invoices it."""

    id: str
    """`provider/name`."""
    names: tuple[str, ...]
    """Lower-case names that are this model exactly, its own first."""
    dated: bool
    """Whether a name followed by a date (`-20250929`, `-2025-09-29`, `@20250929`) is this model too."""
    prices: tuple[Price, ...]
    """Ascending, not overlapping."""
    place: str
    """Where it was written, for messages."""
    layer: str = ""
    """catalogue, built-in, user or project; empty where it came back out of a ledger."""

    @property
    def provider(self) -> str:
        """Who invoices."""
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        """Id without the provider."""
        return self.id.partition("/")[2]

    def price_at(self, at: datetime) -> Price | None:
        """The price that holds at a moment, UTC; None where none does: not yet, or no more."""
        for price in self.prices:
            if (price.since is None or price.since <= at) and (price.until is None or at < price.until):
                return price
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name that stands for a model during a time."""

    provider: str
    name: str
    to: str
    since: datetime | None
    until: datetime | None
    deployment: bool
    """True for a name the user gave a deployment."""
    region: str | None
    """Inference region the deployment runs in."""
    place: str
    overrides: bool = False
    """True for a name that a model of a layer below has as its own: while the alias holds, it goes before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """How a gateway writes a provider before a model's name."""

    text: str
    provider: str
    region: str | None


class Models(Mapping[str, Model]):
    """Models by id, with an index of their names, that need not all be built to be found."""

    @property
    @abstractmethod
    def names(self) -> Mapping[tuple[str, str], str]:
        """Provider and lower-case name -> id."""

    @property
    @abstractmethod
    def looked_up(self) -> frozenset[str]:
        """Ids of the models asked for so far."""


@dataclass(frozen=True, kw_only=True)
class PriceList:
    """Everything rating needs to know, merged from all layers."""

    currency: str
    as_of: str
    """ISO date of the newest layer."""
    models: Mapping[str, Model]
    """By id."""
    aliases: tuple[Alias, ...]
    """Latest layer first."""
    prefixes: tuple[Prefix, ...]
    """Longest first."""
    sources: Mapping[str, str]
    """Source key -> URL."""
    checked: Mapping[str, str] = field(default_factory=dict)
    """Source key -> ISO date on which its prices were last compared with it, where that is known."""
    contracts: tuple[Contract, ...] = ()
    """Latest layer first; of those that hold for a call, the first counts."""
    self_hosted: tuple[SelfHosted, ...] = ()
    provisioned: tuple[Provisioned, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    fx: Mapping[str, Rates] = field(default_factory=dict)
    """Currency -> dated rates from this list's currency."""
    digest: str | None = None
    """Hash of the layers; None where the list came back out of a ledger."""

    @cached_property
    def names(self) -> Mapping[tuple[str, str], str]:
        """Find a model's id by provider and lower-case name."""
        if isinstance(self.models, Models):
            return self.models.names
        return {(model.provider, name): model.id for model in self.models.values() for name in model.names}

    def named(self, provider: str, name: str) -> Model | None:
        """The model of a provider that has a lower-case name."""
        id_ = self.names.get((provider, name))
        return None if id_ is None else self.models[id_]

    @cached_property
    def aliases_by_name(self) -> dict[tuple[str, str], tuple[Alias, ...]]:
        """Find aliases by provider and lower-case name."""
        found: dict[tuple[str, str], tuple[Alias, ...]] = {}
        for alias in self.aliases:
            key = (alias.provider, alias.name)
            found[key] = (*found.get(key, ()), alias)
        return found

    @cached_property
    def without_deployments(self) -> PriceList:
        """The same list without names that users gave their deployments: calls are made to those, models do not answer by them."""
        return replace(self, aliases=tuple(one for one in self.aliases if not one.deployment))

    @cached_property
    def version(self) -> str:
        """Short hash of the content: equal hashes rate alike."""
        return (self.digest or hashlib.sha256(plain_json(self)).hexdigest())[:12]


def load_price_list(extra: Sequence[Path] = ()) -> PriceList:
    """Load the built-in list, the user's files, then `extra` in order; a later file replaces whole models by id."""
    from llmcost.pricing.layers import files, merge

    with _without_collection():
        return merge(list(files(extra)))


@contextmanager
def _without_collection() -> Iterator[None]:
    """Loading makes a hundred thousand small objects that all stay: looking for garbage among them is half the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def fx_rates(price_list: PriceList) -> Mapping[str, Sequence[tuple[date, Decimal]]]:
    """Currency -> (first day, how many of it one unit of the list's currency is worth), by day."""
    return price_list.fx


def snapshot(price_list: PriceList, ids: Collection[str] | None = None) -> bytes:
    """The price list as zlib-compressed JSON, to be kept beside the rows it rated; only the models `ids` if given."""
    chosen = sorted(price_list.models if ids is None else ids)
    content = {
        **{one.name: getattr(price_list, one.name) for one in fields(price_list) if one.name not in {"models", "fx"}},
        "models": {id_: price_list.models[id_] for id_ in chosen},
        "fx": {currency: [(day.isoformat(), rate) for day, rate in rates] for currency, rates in price_list.fx.items()},
    }
    return zlib.compress(plain_json(content), 9)


def models_kept(content: bytes) -> frozenset[str]:
    """Ids of the models a snapshot has."""
    return frozenset(json.loads(zlib.decompress(content))["models"])


def plain_json(value: Any) -> bytes:
    """Records as JSON; equal content is equal bytes. Places, layers and the order of sets do not count as content."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":")).encode()


_NOT_CONTENT = frozenset(("place", "layer", "digest"))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (frozenset, set)):
        return sorted(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {key: _plain(getattr(value, key)) for key in value.__dataclass_fields__ if key not in _NOT_CONTENT}
    return value
