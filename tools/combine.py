"""One long tail out of several catalogues: which price is kept where they agree, differ, or stand alone.

1. A model that `pricing.yaml` prices, under any of its names, is not in the tail.
2. Catalogues that agree on the standard token rates of today make one entry: the dated prices of genai-prices, with the units,
   variants and multipliers that only LiteLLM lists.
3. Where they differ, genai-prices is kept, which cites a page for each price and keeps history; but LiteLLM, where
   genai-prices has a price by the hour, since it knows no weekdays. The source says that the price is disputed.
4. A model that only one has is kept as it is; one that only an old catalogue has is kept and marked retired.
5. The tail only grows, but for rule 1: a model that vanished stays, with `retired_seen`, and a changed price is a new dated one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.pricing.update.entries import alike

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmcost.pricing.update.entries import Entry

AGREED = "agreed"
DISPUTED = "disputed"
RETIRED = "tokencost"


@dataclass(kw_only=True)
class Tail:
    """The combined models, and what a person should look at."""

    models: dict[str, Entry] = field(default_factory=dict)
    disputed: dict[str, str] = field(default_factory=dict)
    """Id -> what each catalogue says."""


def combine(
    genai: Mapping[str, Entry],
    litellm: Mapping[str, Entry],
    retired: Mapping[str, Entry],
    *,
    as_of: str,
    reviewed: Callable[[str], bool],
) -> Tail:
    """Rules 1 to 4; `reviewed` says whether pricing.yaml prices an id."""
    tail = Tail()
    owner = {f"{id_.partition('/')[0]}/{name}": id_ for id_, entry in genai.items() for name in _names(id_, entry)}
    seen: set[str] = set()
    for id_, entry in genai.items():
        seen.add(id_.lower())
        if not reviewed(id_):
            tail.models[id_] = entry
    for id_, entry in litellm.items():
        known = owner.get(id_.lower())
        seen.add(id_.lower())
        if reviewed(id_):
            continue
        if known is None:
            tail.models[id_] = entry
        elif known in tail.models:
            tail.models[known] = _merged(tail, known, genai[known], entry, as_of)
    for id_, entry in retired.items():
        if id_.lower() not in seen and id_.lower() not in owner and not reviewed(id_):
            tail.models[id_] = {**entry, "retired_seen": as_of}
    _settle_names(tail.models)
    return tail


def grown(before: Mapping[str, Entry], now: Mapping[str, Entry], *, as_of: str) -> dict[str, Entry]:
    """Rule 5: what was there stays, and a changed price follows the one before."""
    models = dict(now)
    for id_, old in before.items():
        new = now.get(id_)
        if new is None:
            models[id_] = {**old, "retired_seen": old.get("retired_seen", as_of)}
        elif _content(old["prices"][-1]) != _content(new["prices"][-1]):
            added = {**new["prices"][-1]}
            last = old["prices"][-1].get("from", "")
            if added.get("from", "") <= last:
                added["from"] = as_of
            if added["from"] > last:
                models[id_] = {**new, "prices": [*old["prices"], {"from": added.pop("from"), **added}]}
        else:
            models[id_] = {**new, "prices": old["prices"]}
    _settle_names(models)
    return models


def current(prices: list[Entry], as_of: str) -> int:
    """Position of the price that holds on a day."""
    return max((index for index, one in enumerate(prices) if one.get("from", "") <= as_of), default=0)


def _merged(tail: Tail, id_: str, one: Entry, other: Entry, as_of: str) -> Entry:
    index = current(one["prices"], as_of)
    ours, theirs = one["prices"][index], other["prices"][0]
    difference = _difference(ours, theirs)
    if difference is None:
        prices = [*one["prices"]]
        prices[index] = _enriched({**ours, "source": AGREED}, theirs)
        return {**one, "prices": prices}
    tail.disputed[id_] = difference
    if any("clock" in variant["when"] for variant in ours.get("variants", ())):
        kept = {**theirs, "source": DISPUTED}
        return {
            **one,
            "prices": [*one["prices"][:index], {**({"from": ours["from"]} if "from" in ours else {}), **kept}],
        }
    return {**one, "prices": [*one["prices"][:index], {**ours, "source": DISPUTED}, *one["prices"][index + 1 :]]}


def _difference(one: Entry, other: Entry) -> str | None:
    """What two prices say differently of the units both have, None when nothing; one without a common unit differs."""
    mine, theirs = _flat(one), _flat(other)
    common = [key for key in mine if key in theirs]
    if not common:
        return "no unit in common"
    said = [
        f"{' '.join(key)} {mine[key]} or {theirs[key]}"
        for key in common
        if not alike(Decimal(mine[key]), Decimal(theirs[key]))
    ]
    return "; ".join(said) or None


def _flat(price: Entry) -> dict[tuple[str, ...], str]:
    flat: dict[tuple[str, ...], str] = {(unit,): value for unit, value in price.get("rates", {}).items()}
    for tier in price.get("tiers", ()):
        flat |= {(unit, _limit(tier)): value for unit, value in tier["rates"].items()}
    return flat | {(unit,): value for unit, value in price.get("fees", {}).items()}


def _limit(tier: Entry) -> str:
    return f"above {tier['above']}" if "above" in tier else f"from {tier['at_least']}"


def _enriched(price: Entry, other: Entry) -> Entry:
    """A price with the units, variants, multipliers and fees that only the other one lists."""
    if "rates" not in price or "rates" not in other:
        return {**price, **({"fees": {**other.get("fees", {}), **price.get("fees", {})}} if "fees" in other else {})}
    units = {unit: value for unit, value in other["rates"].items() if unit not in price["rates"]}
    made = _widened(price, other, units)
    theirs = {_key(one): one for one in other.get("variants", ())}
    variants = []
    for one in price.get("variants", ()):
        same = theirs.pop(_key(one), {})
        # What a variant does not price stays open, whatever the unit costs otherwise.
        listed = {unit: value for unit, value in same.get("rates", {}).items() if unit in units}
        variants.append(_widened(one, same, listed))
    variants.extend(theirs.values())
    fees = {**other.get("fees", {}), **price.get("fees", {})}
    return {
        **made,
        **({"variants": variants} if variants else {}),
        **({"multipliers": other["multipliers"]} if "multipliers" in other else {}),
        **({"fees": fees} if fees else {}),
    }


def _widened(price: Entry, other: Entry, units: Mapping[str, str]) -> Entry:
    """Add units to every band of a price, at the other's rates for that band."""
    if not units or "rates" not in price:
        return price
    base = {unit: other.get("rates", {}).get(unit, value) for unit, value in units.items()}
    bands = {_limit(tier): tier["rates"] for tier in other.get("tiers", ())}
    made = {**price, "rates": {**price["rates"], **base}}
    if "tiers" in price:
        made["tiers"] = [
            {
                **tier,
                "rates": {
                    **tier["rates"],
                    **{unit: bands.get(_limit(tier), {}).get(unit, base[unit]) for unit in units},
                },
            }
            for tier in price["tiers"]
        ]
    return made


def _key(variant: Entry) -> str:
    return repr(sorted(variant["when"].items()))


def _names(id_: str, entry: Entry) -> list[str]:
    return [id_.partition("/")[2].lower(), *entry.get("match", {}).get("exact", ())]


def _settle_names(models: dict[str, Any]) -> None:
    """A model's own name is its own; a further name belongs to the first that claims it."""
    claimed = {id_.lower() for id_ in models}
    doubled: set[str] = set()
    for id_ in sorted(models):
        if id_.lower() in doubled:
            del models[id_]
            continue
        doubled.add(id_.lower())
        match = dict(models[id_].get("match", {}))
        owner = id_.partition("/")[0]
        exact = [one for one in match.pop("exact", ()) if f"{owner}/{one}" not in claimed]
        claimed |= {f"{owner}/{one}" for one in exact}
        match |= {"exact": exact} if exact else {}
        rest = {key: value for key, value in models[id_].items() if key != "match"}
        models[id_] = {**({"match": match} if match else {}), **rest}


def _content(price: Entry) -> dict[str, Any]:
    return {key: value for key, value in price.items() if key not in ("from", "source")}
