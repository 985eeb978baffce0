"""One model's entry in a price file: its names, and its dated prices with their tiers, variants and factors."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.providers import normalise_provider
from llmcost.pricing.price_list import (
    CONDITIONS,
    FEE_UNITS,
    MINIMUMS,
    TAIL,
    TOKEN_UNITS,
    WEEK,
    Model,
    Multiplier,
    Price,
    Tier,
    Variant,
    When,
)
from llmcost.pricing.price_values import PLACES, Path_, Values

if TYPE_CHECKING:
    from collections.abc import Collection

    from llmcost.config.yaml import Document
    from llmcost.pricing.findings import PriceFinding

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_DAY = WEEK // len(_DAYS)
_HIGHEST_PROMPT = Decimal(10**9)
_HIGHEST_FACTOR = Decimal(100)
_PRICE_KEYS = (
    *("from", "until", "source", "note", "free", "rates", "tiers", "variants", "multipliers", "fees", "minimums"),
)


class Entries(Values):
    """Reads models; `sources` are the keys a price may name as its source."""

    def __init__(
        self, document: Document, sources: Collection[str], found: list[PriceFinding] | None = None, *, layer: str = ""
    ) -> None:
        super().__init__(document, found)
        self.sources = sources
        self.layer = layer

    def id(self, path: Path_) -> str:
        """`provider/model`."""
        id_ = self.text(path)
        self.check_id(id_, path)
        return id_

    def check_id(self, id_: str, path: Path_) -> None:
        """Refuse an id that is not `provider/model`."""
        provider, slash, name = id_.partition("/")
        if not slash or not name or normalise_provider(provider) not in (None, provider):
            raise self.error(f"id {id_!r} must be 'provider/model' with the provider's own spelling", *path)

    def names(self, id_: str, path: Path_) -> tuple[str, ...]:
        """Own name and other exact ones, in lower case."""
        own = id_.partition("/")[2].lower()
        if not self.has(path, "match"):
            return (own,)
        self.keys((*path, "match"), ("exact", "dated"))
        names = tuple(self.text(place).lower() for place in self.items(*path, "match", "exact"))
        if own in names or len(set(names)) < len(names):
            raise self.error(
                "a name is written twice, or repeats the id", *path, "match", "exact", code="repeated-name"
            )
        return (own, *names)

    def dated(self, path: Path_) -> bool | None:
        """Whether dated names are the model too; None where the file does not say."""
        if self.has(path, "match") and self.has((*path, "match"), "dated"):
            return self.flag((*path, "match", "dated"))
        return None

    def conditions(self, path: Path_) -> frozenset[str]:
        """Conditions whose variants a copy takes over."""
        found = frozenset(self.text(one) for one in self.items(*path, "conditions"))
        if wrong := found - set(CONDITIONS):
            raise self.error(f"unknown condition {min(wrong)!r}", *path, "conditions", code="unknown-key")
        return found

    def model(self, id_: str, path: Path_) -> Model:
        """A model with prices of its own."""
        self.keys(path, ("id", "match", "note", "prices", "retired_seen"))
        if self.has(path, "retired_seen"):
            self.time((*path, "retired_seen"))
        names: tuple[str, ...] = ()
        with self.part():
            names = self.names(id_, path)
        return Model(
            id=id_,
            names=names,
            dated=bool(self.dated(path)),
            prices=self._prices(path),
            place=self.place(*path, *(("id",) if self.has(path, "id") else ())),
            layer=self.layer,
        )

    def _prices(self, path: Path_) -> tuple[Price, ...]:
        prices: list[Price] = []
        places = self.items(*path, "prices")
        if not places:
            raise self.error("a model needs at least one price", *path, "prices", code="missing-key")
        for place in places:
            with self.part():
                price = self._price(place)
                if prices:
                    before = prices[-1]
                    if price.since is None or (before.since is not None and price.since <= before.since):
                        raise self.error(
                            "prices must be in order of 'from', each later than the one before",
                            *place,
                            "from",
                            code="overlapping-prices",
                        )
                    if before.until is not None and before.until > price.since:
                        raise self.error(
                            "this price begins before the one above ends", *place, "from", code="overlapping-prices"
                        )
                    prices[-1] = replace(before, until=before.until or price.since)
                prices.append(price)
        return tuple(prices)

    def _price(self, path: Path_) -> Price:
        self.keys(path, _PRICE_KEYS)
        value = self.mapping(path)
        since, until = self.span(path)
        source = None
        with self.part():
            source = self.source(path)
        free = self.flag((*path, "free")) if "free" in value else False
        known = len(self.found or ())
        fees = self.fees(path)
        tiers = self._tiers(path)
        priced = any(tiers[0].rates.values()) or any(fees.values())
        if free == priced and known == len(self.found or ()):
            raise self.error(
                "a free model has no prices" if free else "nothing is priced here",
                *path,
                code="nothing-priced",
                hint="write 'free: true' alone for a model that costs nothing",
            )
        return Price(
            since=since,
            until=until,
            source=source,
            free=free,
            tiers=tiers,
            fees=fees,
            variants=self._variants(path),
            multipliers=self.multipliers(path),
            minimums=self._minimums(path),
        )

    def source(self, path: Path_) -> str | None:
        """Where a price was read: a key of the file's sources."""
        if not self.has(path, "source"):
            return None
        source = self.text((*path, "source"))
        if source not in self.sources:
            raise self.error(f"source {source!r} is not listed under 'sources'", *path, "source", code="unknown-source")
        return source

    def rates(self, path: Path_) -> dict[str, Decimal]:
        """Token unit -> price per million, as published."""
        self.keys(path, TOKEN_UNITS)
        rates: dict[str, Decimal] = {}
        for unit in self.mapping(path):
            if unit in TOKEN_UNITS:
                with self.part():
                    rates[unit] = self.number((*path, unit), places=PLACES - 6)
        return rates

    def _same_units(self, path: Path_, base: Path_, code: str, *, optional: Collection[str] = ()) -> None:
        """Refuse rates that have a unit the base lacks, or leave out one it has that is not optional."""
        wanted, units = self.mapping(base), self.mapping(path)
        for unit in wanted:
            if unit not in units and unit in TOKEN_UNITS and unit not in optional:
                with self.part():
                    raise self.error(f"{unit!r} is missing, which the standard rates have", *path, code=code)
        for unit in units:
            if unit not in wanted and unit in TOKEN_UNITS:
                with self.part():
                    raise self.error(f"the standard rates have no {unit!r}", *path, unit, code=code)

    def _tiers(self, path: Path_) -> tuple[Tier, ...]:
        """Base rates as the first tier, then the ones for longer prompts."""
        stated = self.has(path, "rates")
        tiers = [Tier(start=0, label="", rates=self.rates((*path, "rates")) if stated else {})]
        for place in self.items(*path, "tiers"):
            with self.part():
                self.keys(place, ("above", "at_least", "rates"))
                bounds = [key for key in ("above", "at_least") if self.has(place, key)]
                if len(bounds) != 1:
                    raise self.error("a tier has either 'above' (exclusive) or 'at_least' (inclusive)", *place)
                bound = int(self.number((*place, bounds[0]), places=0, highest=_HIGHEST_PROMPT))
                start = bound + 1 if bounds[0] == "above" else bound
                if start <= tiers[-1].start:
                    raise self.error("tiers must be in ascending order", *place, bounds[0], code="tier-order")
                label = f"{bounds[0].replace('_', '-')}-{bound}"
                tiers.append(Tier(start=start, label=label, rates=self.rates((*place, "rates"))))
                if stated:
                    self._same_units((*place, "rates"), (*path, "rates"), "tier-unit-mismatch")
        return tuple(tiers)

    def fees(self, path: Path_) -> dict[str, Decimal]:
        """Unit -> price for as many as FEE_UNITS says."""
        fees: dict[str, Decimal] = {}
        if self.has(path, "fees"):
            self.keys((*path, "fees"), FEE_UNITS)
            for unit in self.mapping((*path, "fees")):
                if unit in FEE_UNITS:
                    # An hour's price is divided per second at rating; the others must divide exactly.
                    with self.part():
                        fees[unit] = self.number((*path, "fees", unit), places=PLACES - len(str(FEE_UNITS[unit])) + 1)
        return fees

    def _minimums(self, path: Path_) -> dict[str, Decimal]:
        minimums: dict[str, Decimal] = {}
        if self.has(path, "minimums"):
            self.keys((*path, "minimums"), MINIMUMS)
            for name in self.mapping((*path, "minimums")):
                if name in MINIMUMS:
                    with self.part():
                        places = 6 if name.endswith("_seconds") else 0
                        minimums[name] = self.number((*path, "minimums", name), places=places)
        return minimums

    def _variants(self, path: Path_) -> tuple[Variant, ...]:
        variants: list[Variant] = []
        for place in self.items(*path, "variants"):
            with self.part():
                variant = self._variant(place, path)
                if any(_tie(variant, other) for other in variants):
                    raise self.error(
                        "this variant and one above hold at the same time", *place, "when", code="overlapping-variants"
                    )
                variants.append(variant)
        return tuple(variants)

    def _variant(self, path: Path_, price: Path_) -> Variant:
        self.keys(path, ("name", "when", "rates", "open", "tiers", "fees"))
        when = self._when((*path, "when"), CONDITIONS)
        rated = self.has(path, "rates")
        if not rated and (self.has(path, "tiers") or not self.has(path, "fees")):
            raise self.error("a variant needs 'rates', or 'fees' alone", *path, code="missing-key")
        if rated and self.has(price, "rates"):
            # A catalogue may leave open what a unit costs in a batch; a person has to say so.
            optional = TOKEN_UNITS if self.layer == TAIL else self._open(path)
            self._same_units((*path, "rates"), (*price, "rates"), "variant-omits-unit", optional=optional)
        return Variant(
            label=self._label(path, when), when=when, tiers=self._tiers(path) if rated else (), fees=self.fees(path)
        )

    def _open(self, path: Path_) -> list[str]:
        """Units whose price under a variant's conditions nobody states: the standard one is an estimate."""
        units: list[str] = []
        for place in self.items(*path, "open"):
            with self.part():
                unit = self.text(place)
                if unit not in TOKEN_UNITS or self.has((*path, "rates"), unit):
                    raise self.error(f"{unit!r} is no unit without a rate here", *place)
                units.append(unit)
        return units

    def multipliers(self, path: Path_) -> tuple[Multiplier, ...]:
        """Factors on every token rate."""
        found: list[Multiplier] = []
        for place in self.items(*path, "multipliers"):
            with self.part():
                found.append(self._multiplier(place))
        return tuple(found)

    def _multiplier(self, path: Path_) -> Multiplier:
        self.keys(path, ("name", "when", "factor"))
        when = self._when((*path, "when"), [one for one in CONDITIONS if one != "clock"])
        factor = self.number((*path, "factor"), places=4, highest=_HIGHEST_FACTOR)
        if not factor:
            raise self.error("a factor must be above 0", *path, "factor")
        return Multiplier(label=self._label(path, when), when=when, factor=factor)

    def _label(self, path: Path_, when: When) -> str:
        if self.has(path, "name"):
            return self.label((*path, "name"))
        parts = ["|".join(sorted(when.values[key])).replace(",", ";") for key in CONDITIONS if key in when.values]
        return "+".join([*parts, *(("clock",) if when.clock is not None else ())])

    def _when(self, path: Path_, allowed: Collection[str]) -> When:
        self.keys(path, allowed)
        value = self.mapping(path)
        if not value:
            raise self.error("at least one condition is needed", *path, code="missing-key")
        values: dict[str, frozenset[str]] = {}
        for key in value:
            if key != "clock" and key in allowed:
                places = self.items(*path, key) if isinstance(value[key], list) else [(*path, key)]
                values[key] = frozenset(self.text(place).lower() for place in places)
        return When(values=values, clock=self._clock((*path, "clock")) if "clock" in value else None)

    def _clock(self, path: Path_) -> tuple[tuple[int, int], ...]:
        self.keys(path, ("days", "between", "outside"))
        days = [self.text(place) for place in self.items(*path, "days")] or list(_DAYS)
        spans = [self._hours(place) for key in ("between", "outside") for place in self.items(*path, key)]
        if self.has(path, "between") and self.has(path, "outside"):
            raise self.error("a clock has either 'between' or 'outside'", *path)
        inside = [any(start <= minute < end for start, end in spans) for minute in range(_DAY)]
        wanted = [one != self.has(path, "outside") for one in inside] if spans else [True] * _DAY
        minutes = [False] * WEEK
        for day in days:
            if day not in _DAYS:
                raise self.error(f"day {day!r} is none of {', '.join(_DAYS)}", *path, "days")
            offset = _DAYS.index(day) * _DAY
            minutes[offset : offset + _DAY] = wanted
        return _spans(minutes)

    def _hours(self, path: Path_) -> tuple[int, int]:
        """Minutes of the day from and to."""
        match = _SPAN.fullmatch(self.text(path))
        start, end = (int(match[one]) * 60 + int(match[one + 1]) for one in (1, 3)) if match else (0, 0)
        if start >= end or end > _DAY:
            raise self.error("a span reads '01:00-04:00', in UTC, and ends after it begins", *path)
        return start, end


def _spans(minutes: list[bool]) -> tuple[tuple[int, int], ...]:
    """Half-open stretches of the minutes that are true."""
    padded = [False, *minutes, False]
    edges = [one for one in range(len(minutes) + 1) if padded[one] != padded[one + 1]]
    return tuple(zip(edges[::2], edges[1::2], strict=True))


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
