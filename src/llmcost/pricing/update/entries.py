"""Raw entries as the converters write them: numbers as text, nothing zero, nothing that a price file cannot say."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.pricing.price_list import FEE_UNITS, TOKEN_UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

Entry = dict[str, Any]
"""One model of a price file without its id."""

_TOKEN_PLACES = 6
_UNIT_PLACES = 6
"""Decimals kept of a published price; what a finer one loses is below 1e-6 of it or the price is left out."""
_HIGHEST = Decimal(100_000)
_NOISE = Decimal("1e-6")
_ROUNDED = Decimal("0.002")


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A public catalogue in our shape."""

    name: str
    """genai-prices or litellm."""
    entries: Mapping[str, Entry]
    """By id."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """The catalogue's own key -> why it has no entry here."""


def amount(value: Any, *, per: int = 1, token: bool = False) -> str | None:
    """Price times `per` as text, None for nothing, for zero, and for what cannot be a price.

    Catalogues keep binary floats: 2.8000000000000003e-07 a token is 0.28 a million.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        exact = Decimal(str(value)) * per
    except ArithmeticError:
        return None
    if not exact.is_finite() or exact <= 0 or exact > _HIGHEST:
        return None
    kept = round(exact, _TOKEN_PLACES if token else _UNIT_PLACES)
    if abs(kept - exact) > exact * _NOISE:
        return None
    return f"{kept.normalize():f}"


def alike(one: Decimal, other: Decimal) -> bool:
    """Equal but for what a catalogue rounded when it turned a published unit into its own."""
    return abs(one - other) <= _ROUNDED * max(one, other)


def split_units(prices: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Token rates and fees among prices by unit, in the order of a price file; units it does not know are dropped."""
    rates = {unit: prices[unit] for unit in TOKEN_UNITS if unit in prices}
    fees = {unit: prices[unit] for unit in FEE_UNITS if unit in prices}
    return rates, fees


def price(
    *,
    source: str,
    rates: Mapping[str, str],
    tiers: Mapping[int, Mapping[str, str]],
    fees: Mapping[str, str],
    since: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Entry:
    """One dated price; every tier names each unit of the base, as a price file wants it."""
    made: Entry = {} if since is None else {"from": since}
    made["source"] = source
    made |= bands(rates, tiers)
    if fees:
        made["fees"] = dict(fees)
    return made | dict(extra or {})


def bands(rates: Mapping[str, str], tiers: Mapping[int, Mapping[str, str]]) -> Entry:
    """`rates` and `tiers`, each band complete; a band that changes nothing is left out."""
    made: Entry = {"rates": dict(rates)} if rates else {}
    before: Mapping[str, str] = rates
    listed: list[Entry] = []
    for above in sorted(tiers):
        band = {unit: tiers[above].get(unit, before[unit]) for unit in rates}
        if band != dict(before):
            # A limit of 199,999 is how a catalogue without inclusive limits says "from 200,000 on".
            limit = {"at_least": str(above + 1)} if above % 1000 == 999 else {"above": str(above)}
            listed.append({**limit, "rates": band})
        before = band
    if listed:
        made["tiers"] = listed
    return made
