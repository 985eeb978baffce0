"""Bringing the user's prices up to date: compare, decide what may be believed, and write that as dated prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost.config.yaml import parse_document, read_document
from llmcost.domain.errors import ConfigError, DataError
from llmcost.pricing.layers import merge
from llmcost.pricing.price_file import price_file as layer_of
from llmcost.pricing.price_file import read_price_file
from llmcost.pricing.update.compare import AGREEING, Comparison, compare
from llmcost.pricing.update.fetch import CATALOGUES
from llmcost.pricing.update.write import changed_entry, plain_numbers, price_file, replace_file, with_open_units

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from pathlib import Path

    from llmcost.pricing.price_list import PriceList
    from llmcost.pricing.update.compare import Line
    from llmcost.pricing.update.entries import Converted, Entry
    from llmcost.pricing.update.flat import Item

AGREED = "catalogues"
"""Source of a price that two or more catalogues agree on."""
_CATALOGUE_CURRENCY = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh found and wrote."""

    comparison: Comparison
    written: Path | None
    """The price file, None when there was nothing to write."""
    changed: tuple[str, ...]
    """Models that got a new dated price."""
    added: tuple[str, ...]
    """Models that the list did not know."""


def look(
    prices: PriceList,
    catalogues: Sequence[Converted],
    at: datetime,
    accept: Sequence[str] = (),
    apart: Collection[str] = (),
) -> Comparison:
    """Compare without writing; ConfigError when the catalogues cannot speak of this list's currency."""
    if prices.currency != _CATALOGUE_CURRENCY:
        raise ConfigError(
            f"the price list is in {prices.currency}, the catalogues are in {_CATALOGUE_CURRENCY}",
            hint="refresh a list in USD, and convert it afterwards",
        )
    return compare(prices, catalogues, at, accept, apart)


def refresh(
    prices: PriceList,
    catalogues: Sequence[Converted],
    *,
    at: datetime,
    since: datetime,
    target: Path,
    accept: Sequence[str] = (),
    apart: Collection[str] = (),
) -> Refreshed:
    """Write what two catalogues agree on, or an accepted one says, to `target`, as prices from `since` on.

    What the file holds already stays, no older price is changed, and models with an id of `apart` are left alone.
    Raises DataError when `target` holds more than models, or the price that holds `at` does not at `since`, or only begins then.
    """
    comparison = look(prices, catalogues, at, accept, apart)
    kept, sources = _existing(target)
    source = accept[0] if len(accept) == 1 else AGREED
    changed = {
        id_: changed_entry(model, changes, compared=price, since=since, source=source)
        for id_, changes in _changes(comparison.findings).items()
        if (price := (model := prices.models[id_]).price_at(at)) is not None
    }
    added = _added(prices, catalogues, comparison, accept, source)
    if not changed and not added:
        return Refreshed(comparison=comparison, written=None, changed=(), added=())
    models = {**kept, **{id_: with_open_units(entry) for id_, entry in {**changed, **added}.items()}}
    named = {one["source"] for entry in models.values() for one in entry["prices"] if "source" in one}
    described = {key: value for key, value in {**_known(prices), **sources}.items() if key in named}
    described[source] = _described(source, catalogues, at)
    text = price_file(models, described, currency=prices.currency, as_of=at)
    # A file that cannot be read would stop every later command.
    merge([layer_of(parse_document(text, str(target)), target, layer="user")])
    replace_file(target, text)
    return Refreshed(comparison=comparison, written=target, changed=tuple(sorted(changed)), added=tuple(sorted(added)))


def _changes(lines: Sequence[Line]) -> dict[str, dict[Item, Decimal]]:
    changes: dict[str, dict[Item, Decimal]] = {}
    for line in lines:
        if line.proposed is not None:
            changes.setdefault(line.model, {})[line.item] = line.proposed
    return changes


def _added(
    prices: PriceList, catalogues: Sequence[Converted], comparison: Comparison, accept: Sequence[str], source: str
) -> dict[str, Entry]:
    """Models that the list lacks and whose standard prices are believed."""
    lines: dict[str, list[Line]] = {}
    for line in comparison.lines:
        if line.model not in prices.models and not line.item.when:
            lines.setdefault(line.model, []).append(line)
    found: dict[str, Entry] = {}
    for id_, standard in lines.items():
        shared = [line for line in standard if len(line.theirs) >= AGREEING]
        agreed = bool(shared) and all(line.agreeing == len(line.theirs) for line in shared)
        names = [*accept, *(one.name for one in catalogues if agreed)]
        entry = next((found_ for name in names if (found_ := _entry(catalogues, name, id_)) is not None), None)
        if entry is not None:
            plain = plain_numbers(entry)
            found[id_] = {**plain, "prices": [{**one, "source": source} for one in plain["prices"]]}
    _settle_names(prices, found)
    return found


def _settle_names(prices: PriceList, found: dict[str, Entry]) -> None:
    """Leave a further name to the model that has it: one of ours, or another of the new ones."""
    claimed = {*prices.names, *((id_.partition("/")[0], id_.partition("/")[2].lower()) for id_ in found)}
    for id_, entry in found.items():
        match = dict(entry.pop("match", {}))
        owner = id_.partition("/")[0]
        exact = [name for name in match.pop("exact", ()) if (owner, name) not in claimed]
        claimed |= {(owner, name) for name in exact}
        match |= {"exact": exact} if exact else {}
        found[id_] = {**({"match": match} if match else {}), **entry}


def _entry(catalogues: Sequence[Converted], name: str, id_: str) -> Entry | None:
    return next((one.entries[id_] for one in catalogues if one.name == name and id_ in one.entries), None)


def _existing(target: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Models and sources of the file as they stand in it."""
    if not target.exists():
        return {}, {}
    read_price_file(target)
    content = read_document(target).value
    models = {one["id"]: {key: value for key, value in one.items() if key != "id"} for one in content["models"]}
    more = content.keys() - {"schema", "currency", "as_of", "sources", "models"}
    if more or any("prices" not in one for one in models.values()):
        raise DataError(
            f"{target}: holds more than models with prices, which would be lost",
            hint="name another file with --to",
        )
    return models, dict(content.get("sources", {}))


def _known(prices: PriceList) -> dict[str, dict[str, str]]:
    return {
        key: {"url": url, **({"checked": prices.checked[key]} if key in prices.checked else {})}
        for key, url in prices.sources.items()
    }


def _described(source: str, catalogues: Sequence[Converted], at: datetime) -> Mapping[str, str]:
    names = [source] if source in CATALOGUES else [one.name for one in catalogues]
    note = f"as {' and '.join(names)} {'says' if len(names) == 1 else 'say'}"
    return {"url": CATALOGUES[names[0]].url, "checked": at.date().isoformat(), "note": note}
