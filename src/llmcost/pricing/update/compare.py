"""Our price list beside public catalogues, number by number.

A number of ours stands while any catalogue says the same. It is stale when two or more agree on another one, and disputed when
none supports it and they do not agree either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmcost.pricing.matching import match_model
from llmcost.pricing.update.entries import alike
from llmcost.pricing.update.flat import Flat, Item, flat_entry, flat_price, has_clock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from llmcost.pricing.price_list import Model, PriceList
    from llmcost.pricing.update.entries import Converted, Entry

State = Literal["stale", "disputed", "missing"]
AGREEING = 2
"""How many catalogues have to say the same before it is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One number on which we and the catalogues differ."""

    model: str
    """Id in our list; for a model that it lacks, in the catalogue."""
    item: Item
    ours: Decimal | None
    """As published; None for what our list does not price."""
    theirs: Mapping[str, Decimal]
    """By catalogue."""
    proposed: Decimal | None
    """What to write: agreed on, or from an accepted catalogue; None when there is no such number."""
    state: State

    @property
    def agreeing(self) -> int:
        """How many catalogues say what most of them say."""
        return max(
            (sum(alike(one, other) for other in self.theirs.values()) for one in self.theirs.values()), default=0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What comparing found."""

    compared: int
    """Models of ours that at least one catalogue has."""
    unknown: int
    """Models of ours that none has."""
    lines: tuple[Line, ...]
    """Differences, by model and item."""

    @property
    def findings(self) -> tuple[Line, ...]:
        """Lines on which our list is stale or stands alone."""
        return tuple(line for line in self.lines if line.state != "missing")


def compare(
    prices: PriceList,
    catalogues: Sequence[Converted],
    at: datetime,
    accept: Sequence[str] = (),
    apart: Collection[str] = (),
) -> Comparison:
    """Lay catalogues beside our prices of a moment, UTC; numbers of `accept`ed catalogues are proposed unasked.

    Models with an id of `apart` are none of this comparison's.
    """
    by_name = {one.name: _names(one.entries) for one in catalogues}
    lines: list[Line] = []
    compared = unknown = 0
    taken = {id_.lower() for id_ in apart}
    for id_ in sorted(prices.models.keys() - apart):
        model = prices.models[id_]
        found = {name: entry for name in by_name if (entry := _entry(by_name[name], model)) is not None}
        compared += bool(found)
        unknown += not found
        price = model.price_at(at)
        if price is not None and not price.free:
            clocked = has_clock(price)
            flats = {
                name: flat_entry(entry["prices"], at)
                for name, entry in found.items()
                if not clocked and not any(has_clock(one) for one in entry["prices"])
            }
            lines.extend(_lines(id_, flat_price(price), flats, accept))
    for name in by_name:
        for id_, entry in next(one for one in catalogues if one.name == name).entries.items():
            if id_.lower() not in taken and not _ours(prices, id_, at):
                taken.add(id_.lower())
                flats = {
                    other: flat_entry(same["prices"], at)
                    for other in by_name
                    if (same := by_name[other].get(id_.lower())) is not None
                }
                lines.extend(_lines(id_, {}, {name: flat_entry(entry["prices"], at), **flats}, accept))
    return Comparison(
        compared=compared, unknown=unknown, lines=tuple(sorted(lines, key=lambda one: (one.model, one.item)))
    )


def _names(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Entries by `provider/name`, lower-case, for each of their names; a model's own name comes first."""
    found = {id_.lower(): entry for id_, entry in entries.items()}
    for id_, entry in entries.items():
        for name in entry.get("match", {}).get("exact", ()):
            found.setdefault(f"{id_.partition('/')[0]}/{name}", entry)
    return found


def _entry(by_name: Mapping[str, Entry], model: Model) -> Entry | None:
    return next((by_name[key] for name in model.names if (key := f"{model.provider}/{name}") in by_name), None)


def _ours(prices: PriceList, id_: str, at: datetime) -> bool:
    provider, _, name = id_.partition("/")
    match = match_model(prices, provider, name, at=at)
    return match is not None and match.model.provider == provider


def _lines(model: str, ours: Flat, flats: Mapping[str, Flat], accept: Sequence[str]) -> Iterator[Line]:
    for item in sorted({*ours, *(item for flat in flats.values() for item in flat)}):
        theirs = {name: flat[item] for name, flat in flats.items() if item in flat}
        own = ours.get(item)
        if not theirs or (
            own is not None and any(alike(own, one) for one in theirs.values()) and not set(accept) & theirs.keys()
        ):
            continue
        proposed = _proposed(theirs, accept)
        if own is not None and proposed is not None and alike(own, proposed):
            continue
        state: State = "missing" if own is None else "disputed" if proposed is None else "stale"
        yield Line(model=model, item=item, ours=own, theirs=theirs, proposed=proposed, state=state)


def _proposed(theirs: Mapping[str, Decimal], accept: Sequence[str]) -> Decimal | None:
    for name in accept:
        if name in theirs:
            return theirs[name]
    values = list(theirs.values())
    return next((one for one in values if sum(alike(one, other) for other in values) >= AGREEING), None)
