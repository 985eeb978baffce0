"""LiteLLM's model map to entries: one price a model, as of the day of the map, since it keeps no history.

A key carries provider, region or size before the name (`azure/eu/gpt-4.1`); a price key carries the prompt size and the
service tier behind the unit (`input_cost_per_token_above_200k_tokens_priority`), see
https://docs.litellm.ai/docs/provider_registration/add_model_pricing. Its numbers are dollars for one unit, as binary floats.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.domain.errors import DataError
from llmcost.domain.providers import normalise_provider
from llmcost.pricing.unit_rates import INCLUDED
from llmcost.pricing.update.entries import Converted, Entry, amount, bands, price, split_units
from llmcost.pricing.update.litellm_clock import UnreadableClockError, clocks

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "litellm"

TOKENS = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write_5m",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "output_cost_per_reasoning_token": "reasoning",
    "citation_cost_per_token": "citation",
    "input_cost_per_audio_token": "input_audio",
    "output_cost_per_audio_token": "output_audio",
    "cache_read_input_audio_token_cost": "cache_read_audio",
    "input_cost_per_image_token": "input_image",
    "output_cost_per_image_token": "output_image",
}
"""Its price of one token -> our unit, per million."""

FEES = {
    "output_cost_per_image": ("image", 1000, ("image_generation", "image_edit")),
    "input_cost_per_image": ("image", 1000, ("image_generation", "image_edit")),
    "ocr_cost_per_page": ("page", 1000, ("ocr",)),
    "input_cost_per_query": ("rerank_search", 1000, ("rerank",)),
    "input_cost_per_character": ("character", 1_000_000, ("audio_speech",)),
    "input_cost_per_second": ("audio_hour", 3600, ("audio_transcription",)),
    "output_cost_per_video_per_second": ("video_second", 1, ("video_generation",)),
    "file_search_cost_per_1k_calls": ("file_search", 1, ("chat", "responses")),
    "code_interpreter_cost_per_session": ("code_session", 1, ("chat", "responses")),
    "input_cost_per_request": ("request", 1000, ("chat", "completion", "image_generation", "embedding")),
    "google_maps_grounding_cost_per_query": ("map_search", 1000, ("chat", "responses")),
}
"""Its price of one of something else -> our unit, how many it is published for, and in which modes it means that."""

_KEY = re.compile(
    r"(?P<unit>[a-z_]+?(?:_above_1hr)?)(?:_above_(?P<above>[0-9]+)k_tokens)?"
    r"(?:_(?P<mode>batches|flex|priority|fast|ultrafast|balanced|decisions))?"
)
_SIZED = re.compile(
    r"(?:(?P<quality>hd|low|medium|high|xhigh|max|standard)/)?(?:(?P<width>[0-9]+|max)-x-(?P<height>[0-9]+|max)/)?"
    r"(?P<steps>[0-9a-z]+-steps/)?(?P<name>.+)"
)
_RESOLUTION = re.compile("output_cost_per_second_(?P<size>[0-9]+p|[248]k)")
_REGION = re.compile(r"(?P<region>us|eu|apac|[a-z]{2}(?:-gov)?-[a-z]+-[0-9])/(?P<name>.+)")
_COMMITTED = re.compile(r"[0-9]-month-commitment|^\*/")
_SECOND_NOISE = Decimal("0.0005")
_SAME = {
    "text-completion-openai": "openai",
    "text-completion-codestral": "mistral",
    "fireworks_ai-embedding-models": "fireworks",
    "meta_llama": "meta",
    "bigmodel": "zhipuai",
    "watsonx": "ibm",
}
_SUBSCRIBED = ("chatgpt", "github_copilot", "microsoft_365_copilot", "lemonade", "ollama")
"""Providers whose use is not invoiced by what the map says."""
_INCLUSIVE = ("x-ai",)
"""Providers whose dearer rates begin at the limit, not above it (https://docs.x.ai/developers/pricing), which the map cannot say."""
_ROUTES = ("global/", "global-standard/", "invoke/", "converse/")


def read_litellm(content: bytes, name: str) -> dict[str, Any]:
    """The map as published; DataError when the content is something else."""
    hint = "expected LiteLLM's model_prices_and_context_window.json"
    try:
        found = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name}: not LiteLLM's model map: {error}", hint=hint) from None
    if not isinstance(found, dict) or not any(
        isinstance(one, dict) and "litellm_provider" in one for one in found.values()
    ):
        raise DataError(f"{name}: not LiteLLM's model map: no entry names its provider", hint=hint)
    return found


def convert_litellm(models: Mapping[str, Any], *, source: str = NAME) -> Converted:
    """Entries for every model that has a price."""
    entries: dict[str, Entry] = {}
    left_out: dict[str, str] = {}
    regional: list[tuple[str, str, Entry]] = []
    sized: list[tuple[str, str, Entry]] = []
    for key in sorted(models, key=lambda key: (-key.count("/"), key)):
        spec = models[key]
        named = _named(key, spec) if isinstance(spec, dict) else None
        if named is None:
            left_out[key] = "not a model that a provider invoices by use"
            continue
        provider, region, name = named
        size, name = _size(name)
        if _COMMITTED.search(name):
            left_out[key] = "priced by commitment"
            continue
        try:
            made = _price(spec, source) or _free(key, spec, source)
        except UnreadableClockError:
            left_out[key] = "priced by a clock that cannot be read"
            continue
        if made is None:
            left_out[key] = "no price above zero in a known unit"
        elif size is not None:
            sized.append((f"{provider}/{name}", size, made))
        elif region is None:
            entries.setdefault(f"{provider}/{name}", {"prices": [made]})
        else:
            regional.append((f"{provider}/{name}", region, made))
    for id_, size, made in sized:
        if id_ not in entries or not _add_size(entries[id_]["prices"][0], size, made):
            left_out[f"{id_} at {size}"] = "a size of a model that has no price per image"
    for id_, region, made in regional:
        base = entries.get(id_)
        if base is None or not _add_region(base["prices"][0], region, made):
            left_out[f"{id_} in {region}"] = "a region of a model that has no price elsewhere, or not the same units"
    return Converted(name=NAME, entries=entries, left_out=left_out)


def provider_of(stated: str) -> str:
    """Our spelling of one of the map's providers."""
    family = "vertex_ai" if stated.startswith("vertex_ai-") else stated
    return _SAME.get(family) or normalise_provider(family) or family


def _named(key: str, spec: Mapping[str, Any]) -> tuple[str, str | None, str] | None:
    """Provider, region and name of a key."""
    stated = spec.get("litellm_provider")
    if not isinstance(stated, str) or "/" in stated or stated in _SUBSCRIBED or spec.get("mode") == "search":
        return None
    provider, name = provider_of(stated), key
    head, slash, rest = key.partition("/")
    if slash and (head == stated or provider_of(head) == provider):
        name = rest
    region: str | None = None
    if provider in ("azure", "aws"):
        for route in _ROUTES:
            name = name.removeprefix(route)
        if (match := _REGION.fullmatch(name)) is not None:
            region, name = match["region"], match["name"]
    return (provider, region, name) if name else None


def _size(name: str) -> tuple[str | None, str]:
    """A picture's size and quality, as `1024x1024 high`, and the name behind them."""
    match = _SIZED.fullmatch(name)
    if match is None or (match["quality"] is None and match["width"] is None):
        return None, name
    measured = f"{match['width']}x{match['height']}" if match["width"] else ""
    steps = (match["steps"] or "").removesuffix("/")
    return " ".join(part for part in (measured, match["quality"], steps) if part), match["name"]


def _price(spec: Mapping[str, Any], source: str) -> Entry | None:
    found = _found(spec)
    if provider_of(str(spec.get("litellm_provider"))) in _INCLUSIVE:
        found = {
            mode: {(unit, above and above - 1): value for (unit, above), value in prices.items()}
            for mode, prices in found.items()
        }
    base = found.get("", {})
    rates, fees = split_units({unit: value for (unit, above), value in base.items() if not above})
    fees = _fees(spec) | fees
    tiers = _tiers(base)
    if listed := spec.get("tiered_pricing"):
        rates, tiers = _ranges(listed, rates)
    for unit, whole in INCLUDED.items():
        # Said twice; the modes and longer prompts repeat only the price of text.
        if rates.get(unit) == rates.get(whole) and not any(
            key[0] == unit and (mode or key[1]) and value != prices.get((whole, key[1]))
            for mode, prices in found.items()
            for key, value in prices.items()
        ):
            rates.pop(unit, None)
    if not rates and not fees:
        return None
    variants = [*_modes(found, rates, tiers), *_off_peak(spec, rates), *_sizes(spec)]
    multipliers = _multipliers(spec) if rates else []
    extra: Entry = {}
    if variants:
        extra["variants"] = variants
    if multipliers:
        extra["multipliers"] = multipliers
    return price(source=source, rates=rates, tiers=tiers, fees=fees, extra=extra)


def _free(key: str, spec: Mapping[str, Any], source: str) -> Entry | None:
    """A model that costs nothing only where its very name says so."""
    return {"source": source, "free": True} if key.endswith(":free") and "input_cost_per_token" in spec else None


def _found(spec: Mapping[str, Any]) -> dict[str, dict[tuple[str, int], str]]:
    """Token prices by mode, then by unit and prompt size."""
    found: dict[str, dict[tuple[str, int], str]] = {}
    for key, value in spec.items():
        match = _KEY.fullmatch(key)
        unit = TOKENS.get(match["unit"]) if match else None
        priced = amount(value, per=1_000_000, token=True) if unit else None
        if match is not None and unit is not None and priced is not None:
            found.setdefault(match["mode"] or "", {})[unit, int(match["above"] or 0) * 1000] = priced
    return found


def _tiers(prices: Mapping[tuple[str, int], str]) -> dict[int, dict[str, str]]:
    tiers: dict[int, dict[str, str]] = {}
    for (unit, above), value in prices.items():
        if above:
            tiers.setdefault(above, {})[unit] = value
    return tiers


def _fees(spec: Mapping[str, Any]) -> dict[str, str]:
    fees: dict[str, str] = {}
    if spec.get("mode") == "video_generation" and (value := amount(spec.get("output_cost_per_second"))) is not None:
        fees["video_second"] = value
    for key, (unit, per, modes) in FEES.items():
        if spec.get("mode") in modes and (value := amount(spec.get(key), per=per)) is not None:
            fees.setdefault(unit, value)
    if "audio_hour" in fees:
        fees["audio_hour"] = _hourly(spec, fees["audio_hour"])
    by_size = spec.get("search_context_cost_per_query")
    if isinstance(by_size, dict) and len(set(by_size.values())) == 1:
        values = {amount(value, per=1000) for value in by_size.values()} - {None}
        if len(values) == 1:
            fees["web_search"] = str(values.pop())
    return split_units(fees)[1]


def _hourly(spec: Mapping[str, Any], hour: str) -> str:
    """Price of an hour as published, where the map rounded it to a second's: 0.00003083 a second is $0.111 an hour."""
    metadata = spec.get("metadata")
    minute = metadata.get("original_pricing_per_minute") if isinstance(metadata, dict) else None
    if (stated := amount(minute, per=60)) is not None:
        return stated
    short = Decimal(f"{Decimal(hour):.3g}")
    return f"{short.normalize():f}" if abs(short - Decimal(hour)) < Decimal(hour) * _SECOND_NOISE else hour


def _ranges(listed: Any, rates: dict[str, str]) -> tuple[dict[str, str], dict[int, dict[str, str]]]:
    """Bands of `tiered_pricing`: each is a range of prompt sizes, the first is the base."""
    tiers: dict[int, dict[str, str]] = {}
    ordered = sorted(
        (one for one in listed if isinstance(one, dict) and one.get("range")), key=lambda one: one["range"][0]
    )
    for band in ordered:
        prices = split_units({unit: value for (unit, _), value in _found(band).get("", {}).items()})[0]
        if band is ordered[0]:
            rates = rates | prices
        else:
            tiers[int(band["range"][0])] = prices
    return rates, tiers


def _modes(
    found: Mapping[str, Mapping[tuple[str, int], str]],
    rates: Mapping[str, str],
    tiers: Mapping[int, Mapping[str, str]],
) -> list[Entry]:
    """Batch and service tiers; what a mode does not price is left out, and so is a prompt size."""
    made: list[Entry] = []
    for mode in sorted(set(found) - {""}):
        own = found[mode]
        changed = _hourly_write({unit: own[unit, 0] for unit in rates if (unit, 0) in own}, rates)
        own_tiers = {
            above: _hourly_write(
                {unit: own.get((unit, above), changed[unit]) for unit in changed}, tiers.get(above, {})
            )
            for above in sorted({above for _, above in own if above})
        }
        when = {"processing": "batch"} if mode == "batches" else {"service_tier": mode}
        if any(changed[unit] != rates[unit] for unit in changed):
            made.append({"when": when, **bands(changed, own_tiers)})
    return made


def _hourly_write(priced: dict[str, str], standard: Mapping[str, str]) -> dict[str, str]:
    """Add the price of a cache write for an hour, which the map has for no mode.

    It stands to the one of five minutes as otherwise: the cache's factors come on top of a batch's
    (https://platform.claude.com/docs/en/about-claude/pricing).
    """
    short, long = "cache_write_5m", "cache_write_1h"
    if short not in priced or not standard.keys() >= {short, long}:
        return priced
    value = amount(Decimal(standard[long]) * Decimal(priced[short]) / Decimal(standard[short]), token=True)
    return priced if value is None else {**priced, long: value}


def _off_peak(spec: Mapping[str, Any], rates: Mapping[str, str]) -> list[Entry]:
    """Prices by the clock."""
    listed = spec.get("off_peak_pricing")
    if not isinstance(listed, dict) or not rates:
        return []
    own = {unit: value for (unit, above), value in _found(listed).get("", {}).items() if not above and unit in rates}
    return [{"when": {"clock": clock}, "rates": dict(rates) | own} for clock in clocks(listed)]


def _sizes(spec: Mapping[str, Any]) -> list[Entry]:
    """Fees by the size of the search context or of the picture."""
    fees: dict[str, Entry] = {}
    by_size = spec.get("search_context_cost_per_query")
    if isinstance(by_size, dict) and len(set(by_size.values())) > 1:
        unit = "request" if spec.get("litellm_provider") == "perplexity" else "web_search"
        for key in sorted(by_size):
            fees[key.removeprefix("search_context_size_")] = {unit: amount(by_size[key], per=1000)}
    if spec.get("mode") == "video_generation":
        for key, value in spec.items():
            if (match := _RESOLUTION.fullmatch(key)) is not None:
                fees[match["size"]] = {"video_second": amount(value)}
    return [{"when": {"unit_size": size}, "fees": fee} for size, fee in fees.items() if None not in fee.values()]


def _multipliers(spec: Mapping[str, Any]) -> list[Entry]:
    """Uplifts for a region."""
    uplifts: dict[str, str] = {}
    for region in ("eu", "us"):
        if (factor := amount(spec.get(f"regional_processing_uplift_multiplier_{region}"))) is not None:
            uplifts[region] = factor
    entry = spec.get("provider_specific_entry")
    if isinstance(entry, dict) and (factor := amount(entry.get("us"))) is not None:
        uplifts["us"] = factor
    return [
        {"when": {"inference_region": region}, "factor": factor} for region, factor in uplifts.items() if factor != "1"
    ]


def _add_size(base: Entry, size: str, made: Entry) -> bool:
    """Put the fee for one size of picture into a model's price."""
    fee = made.get("fees", {}).get("image")
    if fee is None or "image" not in base.get("fees", {}):
        return False
    base.setdefault("variants", []).append({"when": {"unit_size": size}, "fees": {"image": fee}})
    return True


def _add_region(base: Entry, region: str, made: Entry) -> bool:
    """Put a region's own rates, and its batch and tiers, into a model's price; False where the units differ."""
    standard = base.get("rates", {})
    if not made.get("rates") or set(made["rates"]) - set(standard):
        return False
    plain = dict(standard) | made["rates"]
    if plain == standard and "variants" not in made and not made.get("tiers"):
        return True
    for own in ({**made, "when": {}}, *made.get("variants", ())):
        if "rates" not in own:
            continue
        kept = {key: own[key] for key in ("rates", "tiers") if key in own}
        when = {**own["when"], "inference_region": region}
        base.setdefault("variants", []).append({"when": when, **kept, **_fees_of(own)})
    return True


def _fees_of(priced: Mapping[str, Any]) -> Entry:
    return {"fees": priced["fees"]} if priced.get("fees") else {}
