"""Reading one price file: everything doubtful is an error with file, line and column."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.config.yaml import Document, Key, check_keys, read_document
from llmcost.domain.errors import ConfigError
from llmcost.domain.providers import normalise_provider
from llmcost.pricing.price_list import (
    CONDITIONS,
    FEE_UNITS,
    MINIMUMS,
    TOKEN_UNITS,
    WEEK,
    Alias,
    Model,
    Multiplier,
    Prefix,
    Price,
    Tier,
    Variant,
    When,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

SCHEMA = "llmcost-pricing/1"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_HIGHEST = Decimal(100_000)
"""No published price is near this; a higher one is a unit mistaken."""
_PLACES = 12
"""Decimals the ledger keeps for one unit's price."""

Path_ = tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    """A model that costs what another one costs."""

    id: str
    of: str
    names: tuple[str, ...] | None
    dated: bool | None
    conditions: frozenset[str]
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFile:
    """One layer of a price list."""

    path: Path
    currency: str
    as_of: str
    sources: Mapping[str, str]
    checked: Mapping[str, str]
    entries: tuple[Model | _Copy, ...]
    aliases: tuple[Alias, ...]
    prefixes: tuple[Prefix, ...]

    def models(self, below: Mapping[str, Model]) -> dict[str, Model]:
        """Models of this layer; `same_as` may name one of this layer or of those below."""
        own = {entry.id: entry for entry in self.entries if isinstance(entry, Model)}
        for entry in self.entries:
            if isinstance(entry, _Copy):
                origin = own.get(entry.of) or below.get(entry.of)
                if origin is None:
                    raise ConfigError(
                        f"{entry.place}: same_as names {entry.of!r}, which has no prices of its own above"
                    )
                own[entry.id] = _copied(entry, origin)
        return own


def read_price_file(path: Path) -> PriceFile:
    """Read and check one price file; ConfigError names the place of the first mistake."""
    return _Reader(read_document(path)).read(path)


def _copied(entry: _Copy, origin: Model) -> Model:
    names = entry.names if entry.names is not None else origin.names[1:]
    name = entry.id.partition("/")[2].lower()
    original = origin.name.lower()
    kept = [other for other in (*names, *((original,) if entry.names is None else ())) if other != name]

    def carries(when: When) -> bool:
        keys = {*when.values, *(("clock",) if when.clock is not None else ())}
        return keys <= entry.conditions

    return Model(
        id=entry.id,
        names=(name, *dict.fromkeys(kept)),
        dated=origin.dated if entry.dated is None else entry.dated,
        prices=tuple(
            replace(
                price,
                variants=tuple(one for one in price.variants if carries(one.when)),
                multipliers=tuple(one for one in price.multipliers if carries(one.when)),
            )
            for price in origin.prices
        ),
        place=entry.place,
    )


class _Reader:
    """One document on its way to records."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.error = document.error
        self.sources: dict[str, str] = {}
        self.checked: dict[str, str] = {}

    def read(self, path: Path) -> PriceFile:
        document = self.document
        check_keys(
            document, (), ("schema", "currency", "as_of", "sources", "models", "aliases", "prefixes", "deployments")
        )
        if document.value.get("schema") != SCHEMA:
            raise self.error(f"expected 'schema: {SCHEMA}'", "schema")
        currency = self.text(("currency",))
        if not re.fullmatch("[A-Z]{3}", currency):
            raise self.error(f"currency {currency!r} is not an ISO 4217 code such as USD", "currency")
        as_of = self.time(("as_of",)).date().isoformat()
        if "sources" in document.value:
            for key in self.mapping(("sources",)):
                check_keys(document, ("sources", key), ("url", "checked", "note"))
                self.sources[key] = self.text(("sources", key, "url"))
                if "checked" in document.value["sources"][key]:
                    self.checked[key] = self.time(("sources", key, "checked")).date().isoformat()
        entries: list[Model | _Copy] = []
        seen: set[str] = set()
        for place in self.items("models"):
            entry = self.entry(place)
            if entry.id in seen:
                raise self.error(f"model {entry.id!r} is listed twice", *place, "id")
            seen.add(entry.id)
            entries.append(entry)
        return PriceFile(
            path=path,
            currency=currency,
            as_of=as_of,
            sources=self.sources,
            checked=self.checked,
            entries=tuple(entries),
            aliases=self.aliases(),
            prefixes=tuple(self.prefix(place) for place in self.items("prefixes")),
        )

    # Values

    def at(self, path: Path_) -> Any:
        try:
            return self.document.at(*path)
        except (KeyError, IndexError):
            raise self.error(f"{path[-1]!r} is missing", *path) from None

    def text(self, path: Path_) -> str:
        value = self.at(path)
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"{path[-1]!r} must be text", *path, hint="put quotes around it")
        return value

    def mapping(self, path: Path_) -> dict[str, Any]:
        value = self.at(path)
        if not isinstance(value, dict):
            raise self.error("expected a mapping", *path)
        return value

    def items(self, *path: Key) -> list[Path_]:
        parent: Any = self.document.at(*path[:-1])
        if path[-1] not in parent:
            return []
        value = parent[path[-1]]
        if not isinstance(value, list):
            raise self.error("expected a list", *path)
        return [(*path, index) for index in range(len(value))]

    def flag(self, path: Path_) -> bool:
        value = self.at(path)
        if not isinstance(value, bool):
            raise self.error(f"{path[-1]!r} must be true or false", *path)
        return value

    def number(self, path: Path_, *, places: int, highest: Decimal = _HIGHEST) -> Decimal:
        value = self.at(path)
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = Decimal(value)
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise self.error(f"{path[-1]!r} must be a number", *path)
        number = Decimal(value).normalize()
        exponent = number.as_tuple().exponent
        if number < 0 or number > highest:
            raise self.error(
                f"{path[-1]} {number:f} is outside 0 to {highest:f}", *path, hint="check the unit of the price"
            )
        if isinstance(exponent, int) and -exponent > places:
            raise self.error(f"{path[-1]} {number:f} has more than {places} decimals", *path)
        return number

    def time(self, path: Path_) -> datetime:
        value = self.text(path)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise self.error(f"{path[-1]} {value!r} is not an ISO date or time", *path) from None
        if moment.tzinfo is None:
            if len(value) > len("2026-01-01"):
                raise self.error(f"{path[-1]} {value!r} has no time zone", *path, hint="end it with Z for UTC")
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)

    def span(self, path: Path_) -> tuple[datetime | None, datetime | None]:
        value = self.mapping(path)
        since = self.time((*path, "from")) if "from" in value else None
        until = self.time((*path, "until")) if "until" in value else None
        if since is not None and until is not None and since >= until:
            raise self.error("'until' must be later than 'from'", *path, "until")
        return since, until

    def provider(self, path: Path_) -> str:
        value = self.text(path)
        known = normalise_provider(value)
        if known is not None and known != value:
            raise self.error(f"write provider {value!r} as {known!r}", *path)
        return value

    # Records

    def entry(self, path: Path_) -> Model | _Copy:
        value = self.mapping(path)
        copy = "same_as" in value
        check_keys(self.document, path, ("id", "match", "same_as", "conditions") if copy else ("id", "match", "prices"))
        id_ = self.text((*path, "id"))
        provider, slash, name = id_.partition("/")
        if not slash or not name or normalise_provider(provider) not in (None, provider):
            raise self.error(f"id {id_!r} must be 'provider/model' with the provider's own spelling", *path, "id")
        names: tuple[str, ...] | None = None
        dated: bool | None = None
        if "match" in value:
            check_keys(self.document, (*path, "match"), ("exact", "dated"))
            names = tuple(self.text(place).lower() for place in self.items(*path, "match", "exact"))
            dated = self.flag((*path, "match", "dated")) if "dated" in value["match"] else None
        place = self.document.place(*path, "id")
        if copy:
            conditions = frozenset(self.text(one) for one in self.items(*path, "conditions"))
            if wrong := conditions - set(CONDITIONS):
                raise self.error(f"unknown condition {min(wrong)!r}", *path, "conditions")
            return _Copy(
                id=id_, of=self.text((*path, "same_as")), names=names, dated=dated, conditions=conditions, place=place
            )
        if names and (name.lower() in names or len(set(names)) < len(names)):
            raise self.error("a name is written twice, or repeats the id", *path, "match", "exact")
        return Model(
            id=id_, names=(name.lower(), *(names or ())), dated=bool(dated), prices=self.prices(path), place=place
        )

    def prices(self, path: Path_) -> tuple[Price, ...]:
        prices: list[Price] = []
        for place in self.items(*path, "prices"):
            price = self.price(place)
            if prices:
                before = prices[-1]
                if price.since is None or (before.since is not None and price.since <= before.since):
                    raise self.error(
                        "prices must be in order of 'from', each later than the one before", *place, "from"
                    )
                if before.until is not None and before.until > price.since:
                    raise self.error("this price begins before the one above ends", *place, "from")
                prices[-1] = replace(before, until=before.until or price.since)
            prices.append(price)
        if not prices:
            raise self.error("a model needs at least one price", *path, "prices")
        return tuple(prices)

    def price(self, path: Path_) -> Price:
        check_keys(
            self.document,
            path,
            ("from", "until", "source", "free", "rates", "tiers", "variants", "multipliers", "fees", "minimums"),
        )
        value = self.mapping(path)
        since, until = self.span(path)
        source = self.text((*path, "source")) if "source" in value else None
        if source is not None and source not in self.sources:
            raise self.error(f"source {source!r} is not listed under 'sources'", *path, "source")
        free = self.flag((*path, "free")) if "free" in value else False
        fees = self.fees(path)
        tiers = self.tiers(path)
        priced = any(tiers[0].rates.values()) or any(fees.values())
        if free == priced:
            raise self.error(
                "a free model has no prices" if free else "nothing is priced here",
                *path,
                hint="write 'free: true' alone for a model that costs nothing",
            )
        variants = tuple(self.variant(place, tiers[0].rates) for place in self.items(*path, "variants"))
        for index, variant in enumerate(variants):
            for other in variants[:index]:
                if _tie(variant, other):
                    raise self.error(
                        "this variant and one above hold at the same time", *path, "variants", index, "when"
                    )
        return Price(
            since=since,
            until=until,
            source=source,
            free=free,
            tiers=tiers,
            fees=fees,
            variants=variants,
            multipliers=tuple(self.multiplier(place) for place in self.items(*path, "multipliers")),
            minimums=self.minimums(path),
        )

    def rates(self, path: Path_, needed: Collection[str]) -> dict[str, Decimal]:
        check_keys(self.document, path, TOKEN_UNITS)
        rates = {unit: self.number((*path, unit), places=_PLACES - 6) for unit in self.mapping(path)}
        for unit in needed:
            if unit not in rates:
                raise self.error(f"{unit!r} is missing, which the standard rates have", *path)
        return rates

    def tiers(self, path: Path_, needed: Collection[str] = ()) -> tuple[Tier, ...]:
        """Base rates as the first tier, then the ones for longer prompts."""
        value = self.mapping(path)
        base = self.rates((*path, "rates"), needed) if "rates" in value else {}
        tiers = [Tier(start=0, label="", rates=base)]
        for place in self.items(*path, "tiers"):
            check_keys(self.document, place, ("above", "at_least", "rates"))
            bounds = [key for key in ("above", "at_least") if key in self.mapping(place)]
            if len(bounds) != 1:
                raise self.error("a tier has either 'above' (exclusive) or 'at_least' (inclusive)", *place)
            bound = int(self.number((*place, bounds[0]), places=0, highest=Decimal(10**9)))
            start = bound + 1 if bounds[0] == "above" else bound
            if start <= tiers[-1].start:
                raise self.error("tiers must be in ascending order", *place, bounds[0])
            label = f"{bounds[0].replace('_', '-')}-{bound}"
            tiers.append(Tier(start=start, label=label, rates=self.rates((*place, "rates"), base)))
        return tuple(tiers)

    def fees(self, path: Path_) -> dict[str, Decimal]:
        if "fees" not in self.mapping(path):
            return {}
        check_keys(self.document, (*path, "fees"), FEE_UNITS)
        # An hour's price is divided per second at rating; the others must divide exactly.
        return {
            unit: self.number((*path, "fees", unit), places=_PLACES - len(str(FEE_UNITS[unit])) + 1)
            for unit in self.mapping((*path, "fees"))
        }

    def minimums(self, path: Path_) -> dict[str, Decimal]:
        if "minimums" not in self.mapping(path):
            return {}
        check_keys(self.document, (*path, "minimums"), MINIMUMS)
        return {
            name: self.number((*path, "minimums", name), places=6 if name.endswith("_seconds") else 0)
            for name in self.mapping((*path, "minimums"))
        }

    def variant(self, path: Path_, base: Mapping[str, Decimal]) -> Variant:
        check_keys(self.document, path, ("name", "when", "rates", "tiers", "fees"))
        when = self.when((*path, "when"), CONDITIONS)
        value = self.mapping(path)
        if "rates" not in value and ("tiers" in value or "fees" not in value):
            raise self.error("a variant needs 'rates', or 'fees' alone", *path)
        return Variant(
            label=self.label(path, when),
            when=when,
            tiers=self.tiers(path, base) if "rates" in value else (),
            fees=self.fees(path),
        )

    def multiplier(self, path: Path_) -> Multiplier:
        check_keys(self.document, path, ("name", "when", "factor"))
        when = self.when((*path, "when"), [one for one in CONDITIONS if one != "clock"])
        factor = self.number((*path, "factor"), places=4, highest=Decimal(100))
        if not factor:
            raise self.error("a factor must be above 0", *path, "factor")
        return Multiplier(label=self.label(path, when), when=when, factor=factor)

    def label(self, path: Path_, when: When) -> str:
        if "name" in self.mapping(path):
            return self.text((*path, "name"))
        parts = ["|".join(sorted(when.values[key])) for key in CONDITIONS if key in when.values]
        return "+".join([*parts, *(("clock",) if when.clock is not None else ())])

    def when(self, path: Path_, allowed: Collection[str]) -> When:
        check_keys(self.document, path, allowed)
        value = self.mapping(path)
        if not value:
            raise self.error("at least one condition is needed", *path)
        values: dict[str, frozenset[str]] = {}
        for key in value:
            if key != "clock":
                places = self.items(*path, key) if isinstance(value[key], list) else [(*path, key)]
                values[key] = frozenset(self.text(place).lower() for place in places)
        return When(values=values, clock=self.clock((*path, "clock")) if "clock" in value else None)

    def clock(self, path: Path_) -> tuple[tuple[int, int], ...]:
        check_keys(self.document, path, ("days", "between", "outside"))
        value = self.mapping(path)
        days = [self.text(place) for place in self.items(*path, "days")] or list(_DAYS)
        spans: list[tuple[int, int]] = []
        for key in ("between", "outside"):
            for place in self.items(*path, key):
                match = _SPAN.fullmatch(self.text(place))
                if match is None:
                    raise self.error("a span reads '01:00-04:00', in UTC, and ends after it begins", *place)
                start, end = (int(match[one]) * 60 + int(match[one + 1]) for one in (1, 3))
                if start >= end or end > WEEK // 7:
                    raise self.error("a span reads '01:00-04:00', in UTC, and ends after it begins", *place)
                spans.append((start, end))
        if "between" in value and "outside" in value:
            raise self.error("a clock has either 'between' or 'outside'", *path)
        inside = [any(start <= minute < end for start, end in spans) for minute in range(WEEK // 7)]
        wanted = [one != ("outside" in value) for one in inside] if spans else [True] * (WEEK // 7)
        minutes = [False] * WEEK
        for day in days:
            if day not in _DAYS:
                raise self.error(f"day {day!r} is none of {', '.join(_DAYS)}", *path, "days")
            offset = _DAYS.index(day) * (WEEK // 7)
            minutes[offset : offset + WEEK // 7] = wanted
        edges = [
            one
            for one in range(WEEK + 1)
            if (minutes[one] if one < WEEK else False) != (minutes[one - 1] if one else False)
        ]
        return tuple(zip(edges[::2], edges[1::2], strict=True))

    def aliases(self) -> tuple[Alias, ...]:
        found: list[Alias] = []
        for key in ("aliases", "deployments"):
            deployment = key == "deployments"
            target = "model" if deployment else "to"
            for path in self.items(key):
                check_keys(
                    self.document,
                    path,
                    ("provider", "name", target, "from", "until", *(("region",) if deployment else ())),
                )
                since, until = self.span(path)
                alias = Alias(
                    provider=self.provider((*path, "provider")),
                    name=self.text((*path, "name")).lower(),
                    to=self.text((*path, target)),
                    since=since,
                    until=until,
                    deployment=deployment,
                    region=self.text((*path, "region")).lower() if "region" in self.mapping(path) else None,
                    place=self.document.place(*path),
                )
                for other in found:
                    if (other.provider, other.name) == (alias.provider, alias.name) and _overlap(other, alias):
                        raise self.error(f"{alias.name!r} is given twice for the same time", *path)
                found.append(alias)
        return tuple(found)

    def prefix(self, path: Path_) -> Prefix:
        check_keys(self.document, path, ("pattern", "provider", "region"))
        text = self.text((*path, "pattern")).lower()
        if not text.endswith("/"):
            raise self.error("a prefix ends with '/'", *path, "pattern")
        region = self.text((*path, "region")).lower() if "region" in self.mapping(path) else None
        return Prefix(text=text, provider=self.provider((*path, "provider")), region=region)


def _overlap(one: Alias, other: Alias) -> bool:
    return (one.since is None or other.until is None or one.since < other.until) and (
        other.since is None or one.until is None or other.since < one.until
    )


def _tie(variant: Variant, another: Variant) -> bool:
    """Whether two variants state the same, can hold together and neither is more specific."""
    if not (variant.tiers and another.tiers) and not (variant.fees.keys() & another.fees.keys()):
        return False
    one, other = variant.when, another.when
    if set(one.values) != set(other.values) or (one.clock is None) != (other.clock is None):
        return False
    if any(not (one.values[key] & other.values[key]) for key in one.values):
        return False
    if one.clock is None or other.clock is None:
        return True
    return any(a < d and c < b for a, b in one.clock for c, d in other.clock)
