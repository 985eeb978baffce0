"""A price list: models with dated prices, and the other names they are logged under."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

    @property
    def provider(self) -> str:
        """Who invoices."""
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        """Id without the provider."""
        return self.id.partition("/")[2]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """How a gateway writes a provider before a model's name."""

    text: str
    provider: str
    region: str | None


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

    @cached_property
    def by_name(self) -> dict[tuple[str, str], Model]:
        """Find a model by provider and lower-case name."""
        return {(model.provider, name): model for model in self.models.values() for name in model.names}

    @cached_property
    def aliases_by_name(self) -> dict[tuple[str, str], tuple[Alias, ...]]:
        """Find aliases by provider and lower-case name."""
        found: dict[tuple[str, str], tuple[Alias, ...]] = {}
        for alias in self.aliases:
            key = (alias.provider, alias.name)
            found[key] = (*found.get(key, ()), alias)
        return found

    @cached_property
    def version(self) -> str:
        """Short hash of the content: equal hashes rate alike."""
        return hashlib.sha256(_normalised(self)).hexdigest()[:12]


def load_price_list(extra: Sequence[Path] = ()) -> PriceList:
    """Load the built-in list, then `extra` files in order; a later file replaces whole models by id."""
    from llmcost.pricing.price_file import read_price_file

    layers = [read_price_file(path) for path in (_built_in(), *extra)]
    first = layers[0]
    models: dict[str, Model] = {}
    for layer in layers:
        if layer.currency != first.currency:
            raise ConfigError(
                f"{layer.path}: prices are in {layer.currency}, the built-in ones in {first.currency}",
                hint="one ledger has one price currency; convert the file's prices",
            )
        models.update(layer.models(models))
    prices = PriceList(
        currency=first.currency,
        as_of=max(layer.as_of for layer in layers),
        models=models,
        aliases=tuple(alias for layer in reversed(layers) for alias in layer.aliases),
        prefixes=tuple(
            sorted((prefix for layer in reversed(layers) for prefix in layer.prefixes), key=lambda one: -len(one.text))
        ),
        sources={key: url for layer in layers for key, url in layer.sources.items()},
        checked={key: day for layer in layers for key, day in layer.checked.items()},
    )
    _check(prices)
    return prices


def snapshot(price_list: PriceList) -> bytes:
    """Whole price list as zlib-compressed JSON, to be kept beside the rows it rated."""
    return zlib.compress(_normalised(price_list), 9)


def _built_in() -> Path:
    packaged = Path(__file__).with_name("pricing.yaml")
    return packaged if packaged.exists() else Path(__file__).parents[3] / "pricing.yaml"


def _check(prices: PriceList) -> None:
    """Refuse names that two models claim and aliases that lead nowhere."""
    claimed: dict[tuple[str, str], Model] = {}
    for model in prices.models.values():
        for name in model.names:
            other = claimed.setdefault((model.provider, name), model)
            if other is not model:
                raise ConfigError(
                    f"{model.place}: {model.provider} name {name!r} already belongs to {other.id!r} ({other.place})"
                )
    for alias in prices.aliases:
        if alias.to not in prices.models:
            raise ConfigError(f"{alias.place}: no model {alias.to!r} in the price list")
        owner = claimed.get((alias.provider, alias.name))
        if owner is not None and not alias.deployment:
            raise ConfigError(f"{alias.place}: alias {alias.name!r} is already the exact name of {owner.id!r}")


def _plain(value: Any) -> Any:
    """Record as JSON values; places and order of sets do not count as content."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {key: _plain(getattr(value, key)) for key in value.__dataclass_fields__ if key != "place"}
    return value


def _normalised(prices: PriceList) -> bytes:
    content = {**_plain(prices), "models": {key: _plain(prices.models[key]) for key in sorted(prices.models)}}
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
