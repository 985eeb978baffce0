"""The parts of a price file beside its models: other names, gateway spellings, agreements and exchange rates."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from llmcost.domain.fx import RateError, Rates, rates_of
from llmcost.pricing.agreements import Allowance, Contract, Part, Provisioned, SelfHosted, meet
from llmcost.pricing.price_list import FEE_UNITS, TOKEN_UNITS, Alias, Model, Prefix, Price, Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from llmcost.pricing.price_entries import Entries
    from llmcost.pricing.price_values import Path_, Values

_RATE_PLACES = 6
_PERCENT = Decimal(100)
_HIGHEST_COUNT = Decimal(10**12)
_GPU_KEYS = ("gpu", "gpus", "usd_per_gpu_hour", "tokens_per_gpu_hour", "weights")

_One = TypeVar("_One")


def listed(values: Values, key: str, read: Callable[[Values, Path_], _One]) -> tuple[_One, ...]:
    """Every item of a list at the top of the file."""
    found: list[_One] = []
    for path in values.items(key):
        with values.part():
            found.append(read(values, path))
    return tuple(found)


def aliases(values: Values) -> tuple[Alias, ...]:
    """Names that stand for a model during a time: the provider's, and the user's own deployments."""
    found: list[Alias] = []
    for key in ("aliases", "deployments"):
        for path in values.items(key):
            with values.part():
                alias = _alias(values, path, deployment=key == "deployments")
                for other in found:
                    if (other.provider, other.name) == (alias.provider, alias.name) and _overlap(other, alias):
                        raise values.error(
                            f"{alias.name!r} is given twice for the same time", *path, code="overlapping-aliases"
                        )
                found.append(alias)
    return tuple(found)


def _alias(values: Values, path: Path_, *, deployment: bool) -> Alias:
    target = "model" if deployment else "to"
    values.keys(path, ("provider", "name", target, "from", "until", "note", *(("region",) if deployment else ())))
    since, until = values.span(path)
    return Alias(
        provider=values.provider((*path, "provider")),
        name=values.text((*path, "name")).lower(),
        to=values.text((*path, target)),
        since=since,
        until=until,
        deployment=deployment,
        region=values.text((*path, "region")).lower() if values.has(path, "region") else None,
        place=values.place(*path),
    )


def prefix(values: Values, path: Path_) -> Prefix:
    """A gateway's spelling of a provider."""
    values.keys(path, ("pattern", "provider", "region"))
    text = values.text((*path, "pattern")).lower()
    if not text.endswith("/"):
        raise values.error("a prefix ends with '/'", *path, "pattern")
    region = values.text((*path, "region")).lower() if values.has(path, "region") else None
    return Prefix(text=text, provider=values.provider((*path, "provider")), region=region)


def contracts(values: Values) -> tuple[Contract, ...]:
    """Discounts; two that would both hold for a call are a mistake, for neither can be meant."""
    found: list[Contract] = []
    for path in values.items("contracts"):
        with values.part():
            contract = _contract(values, path)
            for other in found:
                if (
                    contract.applies_to & other.applies_to
                    and _overlap(other, contract)
                    and any(meet(one, another) for one in contract.models for another in other.models)
                ):
                    raise values.error(
                        "this contract and one above hold for the same calls", *path, code="overlapping-contracts"
                    )
            found.append(contract)
    return tuple(found)


def _contract(values: Values, path: Path_) -> Contract:
    values.keys(path, ("name", "provider", "models", "discount_pct", "from", "until", "applies_to", "note"))
    provider = values.provider((*path, "provider"))
    since, until = values.span(path)
    discount = values.number((*path, "discount_pct"), places=4, highest=_PERCENT)
    if not discount:
        raise values.error("a discount must be above 0", *path, "discount_pct")
    applies: set[Part] = set()
    for place in values.items(*path, "applies_to"):
        match values.text(place):
            case "tokens":
                applies.add("tokens")
            case "fees":
                applies.add("fees")
            case other:
                raise values.error(f"{other!r} is neither 'tokens' nor 'fees'", *place)
    return Contract(
        label=values.label((*path, "name")) if values.has(path, "name") else "contract",
        provider=provider,
        models=patterns(values, path, "models", provider) or (f"{provider}/*",),
        discount_pct=discount,
        since=since,
        until=until,
        applies_to=frozenset(applies or {"tokens"}),
        place=values.place(*path),
    )


def patterns(values: Values, path: Path_, key: str, provider: str) -> tuple[str, ...]:
    """Ids, or beginnings of ids that end in `*`; nothing in between, so that what they cover can be seen."""
    found: list[str] = []
    for place in values.items(*path, key):
        pattern = values.text(place)
        if "*" in pattern[:-1] or not pattern.startswith(f"{provider}/") or pattern == f"{provider}/":
            raise values.error(
                f"{pattern!r} must be an id of {provider!r}, or the beginning of one and '*' at its end",
                *place,
                hint=f"such as '{provider}/*'",
            )
        found.append(pattern)
    return tuple(found)


def self_hosted(entries: Entries) -> tuple[dict[str, Model], tuple[SelfHosted, ...]]:
    """Models on hardware of one's own, by id, and what the hardware costs where it is paid by the hour."""
    models: dict[str, Model] = {}
    hardware: list[SelfHosted] = []
    for path in entries.items("self_hosted"):
        with entries.part():
            entries.keys(path, ("id", "match", "note", "source", "from", "until", "rates", *_GPU_KEYS))
            id_ = entries.id((*path, "id"))
            if id_ in models:
                raise entries.error(f"model {id_!r} is listed twice", *path, "id", code="listed-twice")
            since, until = entries.span(path)
            if entries.has(path, "rates") == entries.has(path, "usd_per_gpu_hour"):
                raise entries.error("a hosted model has either 'rates' or 'usd_per_gpu_hour'", *path)
            machine = None
            if entries.has(path, "rates"):
                entries.keys(path, ("id", "match", "note", "source", "from", "until", "rates"))
                rates = entries.rates((*path, "rates"))
            else:
                machine = _machine(entries, path, id_)
                hardware.append(machine)
                rates = _allocated(machine)
            models[id_] = Model(
                id=id_,
                names=entries.names(id_, path),
                dated=bool(entries.dated(path)),
                prices=(
                    Price(
                        since=since,
                        until=until,
                        source=entries.source(path),
                        free=not rates,
                        free_reason="paid by the hour",
                        tiers=(Tier(start=0, label="", rates=rates),),
                        fees={},
                        variants=(),
                        multipliers=(),
                    ),
                ),
                place=entries.place(*path),
                layer=entries.layer,
            )
    return models, tuple(hardware)


def _machine(values: Values, path: Path_, id_: str) -> SelfHosted:
    since, until = values.span(path)
    weights: dict[str, Decimal] = {"input": Decimal(1), "output": Decimal(1)}
    if values.has(path, "weights"):
        values.keys((*path, "weights"), TOKEN_UNITS)
        for unit in values.mapping((*path, "weights")):
            weights[unit] = values.number((*path, "weights", unit), places=_RATE_PLACES)
    capacity = None
    if values.has(path, "tokens_per_gpu_hour"):
        capacity = values.number((*path, "tokens_per_gpu_hour"), places=0, highest=_HIGHEST_COUNT)
        if not capacity:
            raise values.error("'tokens_per_gpu_hour' must be above 0", *path, "tokens_per_gpu_hour")
    return SelfHosted(
        id=id_,
        gpu=values.text((*path, "gpu")) if values.has(path, "gpu") else None,
        gpus=values.number((*path, "gpus"), places=_RATE_PLACES) if values.has(path, "gpus") else Decimal(1),
        usd_per_gpu_hour=values.number((*path, "usd_per_gpu_hour"), places=_RATE_PLACES),
        tokens_per_gpu_hour=capacity,
        weights=weights,
        since=since,
        until=until,
        place=values.place(*path),
    )


def _allocated(machine: SelfHosted) -> dict[str, Decimal]:
    """Rates per million tokens at which a machine that is never idle just pays for itself."""
    if machine.tokens_per_gpu_hour is None:
        return {}
    each = Fraction(machine.usd_per_gpu_hour) / Fraction(machine.tokens_per_gpu_hour)
    return {
        unit: Decimal(round(each * Fraction(weight) * 10 ** (6 + _RATE_PLACES))).scaleb(-_RATE_PLACES)
        for unit, weight in machine.weights.items()
    }


def provisioned(values: Values, path: Path_) -> Provisioned:
    """Capacity paid by the hour."""
    values.keys(
        path,
        ("name", "provider", "deployment", "covers", "units", "usd_per_unit_hour", "from", "until", "source", "note"),
    )
    provider = values.provider((*path, "provider"))
    since, until = values.span(path)
    deployment = values.text((*path, "deployment")).lower() if values.has(path, "deployment") else None
    covered = patterns(values, path, "covers", provider)
    if deployment is None and not covered:
        raise values.error("name the 'deployment', or the models it 'covers'", *path, code="missing-key")
    name = values.text((*path, "name")) if values.has(path, "name") else deployment
    if name is None:
        raise values.error("'name' is missing", *path, code="missing-key")
    return Provisioned(
        name=name,
        provider=provider,
        deployment=deployment,
        covers=covered,
        units=values.number((*path, "units"), places=_RATE_PLACES),
        usd_per_unit_hour=values.number((*path, "usd_per_unit_hour"), places=_RATE_PLACES),
        since=since,
        until=until,
        place=values.place(*path),
    )


def allowance(values: Values, path: Path_) -> Allowance:
    """Units a day free of charge."""
    values.keys(path, ("group", "provider", "models", "unit", "free", "per", "tz", "from", "until", "source", "note"))
    provider = values.provider((*path, "provider"))
    unit = values.text((*path, "unit"))
    if unit not in FEE_UNITS:
        raise values.error(f"unit {unit!r} is none of {', '.join(FEE_UNITS)}", *path, "unit")
    if values.has(path, "per") and values.text((*path, "per")) != "day":
        raise values.error("an allowance is per 'day'", *path, "per")
    tz = values.text((*path, "tz")) if values.has(path, "tz") else "UTC"
    try:
        ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError):
        raise values.error(f"there is no time zone {tz!r}", *path, "tz", hint="such as America/Los_Angeles") from None
    since, until = values.span(path)
    models = patterns(values, path, "models", provider)
    if not models:
        raise values.error("'models' is missing", *path, code="missing-key")
    return Allowance(
        group=values.text((*path, "group")),
        provider=provider,
        models=models,
        unit=unit,
        free=int(values.number((*path, "free"), places=0, highest=_HIGHEST_COUNT)),
        tz=tz,
        since=since,
        until=until,
        place=values.place(*path),
    )


def exchange_rates(values: Values) -> Mapping[str, Rates]:
    """Currency -> dated rates from the price list's currency to it."""
    found: dict[str, Rates] = {}
    if "fx" in values.mapping(()):
        for currency in values.mapping(("fx",)):
            with values.part():
                if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
                    raise values.error(f"{currency!r} is not an ISO 4217 code such as EUR", "fx", currency)
                try:
                    found[currency] = rates_of(values.mapping(("fx", currency)))
                except RateError as error:
                    raise values.error(str(error), "fx", currency, error.key) from None
    return found


def _overlap(one: Alias | Contract, other: Alias | Contract) -> bool:
    def before(end: datetime | None, start: datetime | None) -> bool:
        return end is not None and start is not None and end <= start

    return not before(one.until, other.since) and not before(other.until, one.since)
