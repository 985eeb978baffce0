"""genai-prices to entries: dated prices, tiers, prices by the clock, and prices by processing and service tier.

Its prices are conditional, the last that holds wins; a variant replaces single prices and leaves the others
(https://github.com/pydantic/genai-prices). Variants there begin on the day they were checked; here they stand for as long as
the standard rates beside them do, which is what the providers' pages say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmcost.domain.providers import FIRST_PARTY, normalise_provider
from llmcost.pricing.update.entries import Converted, Entry, amount, bands, price, split_units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NAME = "genai-prices"

UNITS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_5m_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_reasoning_mtok": "reasoning",
    "output_citation_mtok": "citation",
    "input_audio_mtok": "input_audio",
    "output_audio_mtok": "output_audio",
    "cache_audio_read_mtok": "cache_read_audio",
    "input_image_mtok": "input_image",
    "output_image_mtok": "output_image",
    "requests_kcount": "request",
    "web_searches_kcount": "web_search",
    "storage_searches_kcount": "file_search",
    "rerank_searches_kcount": "rerank_search",
    "input_document_kpages": "page",
    "input_mchars": "character",
    "audio_hours": "audio_hour",
    "input_audio_hours": "audio_hour",
}
"""Its price key -> our unit; both are for the same number of units."""

_ELSEWHERE = {("google", "claude"): "vertex"}
"""Provider and family -> who invoices for it really: Google sells Claude on Vertex AI."""
_NOT_SOLD = {("openai", name) for name in ("gpt-oss-120b", "gpt-oss-20b", "gpt-oss-safeguard-20b")}
_CONDITIONS = ("processing", "service_tier", "speed")

Prices = dict[str, tuple[str, dict[int, str]]]
"""Unit -> base price and prices above a prompt size."""


def convert_genai(providers: Sequence[Mapping[str, Any]]) -> Converted:
    """Entries for every model that has a price."""
    entries: dict[str, Entry] = {}
    left_out: dict[str, str] = {}
    for provider in providers:
        stated = normalise_provider(provider["id"]) or str(provider["id"]).lower()
        for model in provider["models"]:
            key = f"{provider['id']}/{model['id']}"
            owner = _ELSEWHERE.get((stated, str(model["id"]).partition("-")[0]), stated)
            if (stated, str(model["id"])) in _NOT_SOLD:
                left_out[key] = "given away by its maker, and sold only by others"
                continue
            name = _name(model)
            prices = _prices(model)
            if name is None:
                left_out[key] = "the beginning of names, and none itself"
            elif prices:
                entries.setdefault(f"{owner}/{name}", _entry(owner, name.lower(), model, prices))
            else:
                left_out[key] = "no price above zero in a known unit"
    return Converted(name=NAME, entries=entries, left_out=left_out)


def _name(model: Mapping[str, Any]) -> str | None:
    """A model's name; an id that ends in `-` is one only without it, where its clause says so."""
    id_ = str(model["id"])
    name = id_.rstrip("-")
    return name if name == id_ or name.lower() in _names(model.get("match") or {}, id_.lower()) else None


def _entry(owner: str, name: str, model: Mapping[str, Any], prices: list[Entry]) -> Entry:
    match: Entry = {}
    others = dict.fromkeys(one.lower() for one in _names(model.get("match") or {}, name))
    others.pop(name, None)
    if others:
        match["exact"] = list(others)
    if owner in FIRST_PARTY and _open(model.get("match") or {}):
        match["dated"] = True
    return ({"match": match} if match else {}) | {"prices": prices}


def _names(clause: Mapping[str, Any], name: str) -> Iterator[str]:
    """Names a clause means exactly. An open prefix names nothing, unless it is the model's own name spelled otherwise."""
    for one in (*clause.get("or", ()), *clause.get("and", ())):
        yield from _names(one, name)
    if "equals" in clause:
        yield clause["equals"]
    opening = clause.get("starts_with")
    if opening and re.sub("[^a-z0-9]", "", opening.lower()) == re.sub("[^a-z0-9]", "", name):
        yield opening


def _open(clause: Mapping[str, Any]) -> bool:
    """Whether a clause takes more than listed names, which at a maker are the dated ones."""
    parts = (*clause.get("or", ()), *clause.get("and", ()))
    return any(_open(one) for one in parts) or any(key in clause for key in ("starts_with", "regex"))


def _prices(model: Mapping[str, Any]) -> list[Entry]:
    """Dated prices, oldest first."""
    listed = model["prices"]
    conditional = listed if isinstance(listed, list) else [{"prices": listed}]
    starts = sorted({_start(one) for one in conditional})
    made: list[Entry] = []
    for index, start in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else "9999"
        holding = [one for one in conditional if _start(one) <= start]
        base = _units(next(one for one in reversed(holding) if "start_time" not in _constraint(one))["prices"])
        clocked = [one for one in holding if "start_time" in _constraint(one)] if start == starts[-1] else []
        rates, fees = split_units({unit: one[0] for unit, one in base.items()})
        if rates or fees:
            variants = [*_clocks(base, clocked), *_variants(base, model.get("price_variants") or (), end)]
            extra = {"variants": variants} if variants else {}
            tiers = _tiers(base)
            made.append(price(source=NAME, rates=rates, tiers=tiers, fees=fees, since=start or None, extra=extra))
    if not made and str(model["id"]).endswith(":free") and listed:
        # A zero is a free model only where its very name says so.
        return [{"source": NAME, "free": True}]
    return made


def _constraint(conditional: Mapping[str, Any]) -> Mapping[str, Any]:
    return conditional.get("constraint") or {}


def _start(conditional: Mapping[str, Any]) -> str:
    return str(_constraint(conditional).get("start_date", ""))


def _units(prices: Mapping[str, Any]) -> Prices:
    """Prices by our unit; a price of zero is none."""
    found: Prices = {}
    for key, value in prices.items():
        unit = UNITS.get(key)
        tiered = isinstance(value, dict)
        base = amount(value["base"] if tiered else value, token=key.endswith("_mtok")) if unit else None
        if unit is not None and base is not None:
            tiers = {int(one["start"]): amount(one["price"], token=True) for one in value["tiers"]} if tiered else {}
            found[unit] = (base, {start: one for start, one in tiers.items() if one is not None})
    return found


def _tiers(prices: Prices) -> dict[int, dict[str, str]]:
    tiers: dict[int, dict[str, str]] = {}
    for unit, (_, above) in prices.items():
        for start, value in above.items():
            tiers.setdefault(start, {})[unit] = value
    return tiers


def _variant(when: Entry, prices: Prices) -> Entry:
    rates, fees = split_units({unit: one[0] for unit, one in prices.items()})
    return {"when": when, **bands(rates, _tiers(prices)), **({"fees": fees} if fees and not rates else {})}


def _clocks(base: Prices, clocked: list[Mapping[str, Any]]) -> list[Entry]:
    """Prices by the hour; stretches with equal prices are one variant."""
    spans: list[tuple[Prices, list[str]]] = []
    for one in clocked:
        prices, limits = base | _units(one["prices"]), _constraint(one)
        start, end = str(limits["start_time"])[:5], str(limits["end_time"])[:5]
        parts = [f"{start}-{end}"] if start < end else [f"{start}-24:00", f"00:00-{end}"]
        known = next((listed for same, listed in spans if same == prices), None)
        if known is None:
            spans.append((prices, [part for part in parts if part != "00:00-00:00"]))
        else:
            known.extend(parts)
    return [_variant({"clock": {"between": listed}}, prices) for prices, listed in spans]


def _variants(base: Prices, variants: Sequence[Mapping[str, Any]], end: str) -> list[Entry]:
    """Variants that hold before `end`, the latest for each condition, without those that change nothing."""
    latest: dict[tuple[tuple[str, str], ...], Mapping[str, Any]] = {}
    for one in sorted(variants, key=lambda one: str(_constraint(one).get("start_date", ""))):
        when = tuple(sorted(one["when"].items()))
        if str(_constraint(one).get("start_date", "")) < end and all(key in _CONDITIONS for key, _ in when):
            latest[when] = one
    made: list[Entry] = []
    for when, one in latest.items():
        changed = base | {unit: value for unit, value in _units(one["prices"]).items() if unit in base}
        if changed != base:
            made.append(_variant(dict(when), changed))
    return made
