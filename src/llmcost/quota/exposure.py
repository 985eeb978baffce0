"""What limits would let be spent at most: limit x price x time, for each rule, in dollars a month.

A month is 30 days. A token costs at most what the dearest kind of token costs on the dearest model a rule names, at list prices.
Limits in requests bound no money, and a rule that names no model could be used with any; both are unknown, not zero. Where every
caller has a counter of their own, the amount is for one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from llmcost.quota.models import named_model

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from llmcost.pricing.price_list import Model, PriceList
    from llmcost.quota.config import Config
    from llmcost.quota.limit import Limit

_MONTH = 30 * 86_400
_LONG = ("month", "quarter", "year")
"""Windows that may be emptied within a month once: what is left of a quarter's budget can be spent in any month of it."""
_SUBJECTS = ("user", "team", "virtualaccount")
_INPUT = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "cache_read_audio", "input_image")
_OUTPUT = ("output", "reasoning", "output_audio", "output_image")
_KINDS = {"tokens": _INPUT + _OUTPUT, "input_tokens": _INPUT, "output_tokens": _OUTPUT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One limit's worst month."""

    file: str
    limit: Limit
    month: Decimal | None
    """US dollars; None when unknown."""
    counters: int | None
    """How many counters the rule has at most: 1 for a shared one, as many as callers are named; None when not known."""
    why: str
    """How it was worked out, or why it is unknown."""

    @property
    def total(self) -> Decimal | None:
        """All counters together; None when unknown."""
        return None if self.month is None or self.counters is None else self.month * self.counters


def exposures(configs: Iterable[Config], prices: PriceList, at: datetime) -> list[Exposure]:
    """The worst month of every enforced limit at the prices that hold `at` (UTC), in the order of the files."""
    found = []
    for config in configs:
        special = [limit for limit in config.limits if limit.base is not None]
        for limit in config.limits:
            if limit.mode != "audit":
                month, why = _month(limit, prices, at)
                counters = _counters(limit, [other for other in special if other.overrides(limit)])
                found.append(Exposure(file=config.source.name, limit=limit, month=month, counters=counters, why=why))
    return found


def together(found: Iterable[Exposure]) -> tuple[Decimal | None, int]:
    """All rules in a month, the tightest window of each; None when none is known. And how many rules have no known bound.

    Where every rule that matches must allow a request, less may be the most that can be spent, never more.
    """
    rules: dict[tuple[str, int, int], list[Decimal]] = {}
    for one in found:
        bounds = rules.setdefault((one.file, one.limit.rule, id(one.limit.node)), [])
        if one.total is not None:
            bounds.append(one.total)
    known = [min(bounds) for bounds in rules.values() if bounds]
    return sum(known, Decimal(0)) if known else None, len(rules) - len(known)


def _month(limit: Limit, prices: PriceList, at: datetime) -> tuple[Decimal | None, str]:
    if limit.amount is None or not limit.amount.is_finite():
        return None, "the limit is no number"
    if limit.unit in {"requests", "concurrency", "tool_calls"}:
        return None, f"{limit.unit.replace('_', ' ')} bound no money"
    windows = _windows(limit)
    if windows is None and limit.window.kind != "lifetime":
        return None, "its window is no length of time"
    if windows is None:
        return (limit.amount, "once: it never resets") if limit.unit == "cost" else (None, "it never resets")
    often = f"{windows.numerator:,} x" if windows.denominator == 1 else f"{_times(Decimal(1), windows):,.2f} x"
    if limit.unit == "cost":
        return _times(limit.amount, windows), f"{often} ${limit.amount:,f} per {limit.window.name}"
    dearest = _dearest(limit, prices, at)
    if isinstance(dearest, str):
        return None, dearest
    rate, model = dearest
    what = limit.unit.replace("_", " ")
    why = f"{often} {limit.amount:,f} {what} per {limit.window.name} at ${rate.normalize():f} a million ({model})"
    return _times(limit.amount * rate, windows / 1_000_000), why


def _times(amount: Decimal, often: Fraction) -> Decimal:
    return amount * often.numerator / often.denominator


def _windows(limit: Limit) -> Fraction | None:
    """How many windows a month has; None when the limit never resets, or nobody can tell."""
    window = limit.window
    if window.span in _LONG or (window.seconds or 0) > _MONTH:
        return Fraction(1)
    return Fraction(_MONTH, window.seconds) if window.seconds else None


def _dearest(limit: Limit, prices: PriceList, at: datetime) -> tuple[Decimal, str] | str:
    """Highest rate per million tokens among the models a limit names, or why there is none."""
    names = sorted({value for condition in limit.match.on("model") for value in condition.values or ()})
    if not names:
        return "no model is named"
    rates = []
    for name in names:
        found = named_model(prices, name, at)
        rate = None if found is None else _rate(found, _KINDS[limit.unit], at)
        if found is None or rate is None:
            return f"no price for `{name}`"
        rates.append((rate, found.id))
    return max(rates)


def _rate(model: Model, kinds: tuple[str, ...], at: datetime) -> Decimal | None:
    """The dearest kind of token of the price that holds, at any size of prompt."""
    price = model.price_at(at)
    rates = [tier.rates[kind] for tier in (price.tiers if price else ()) for kind in kinds if kind in tier.rates]
    return max(rates, default=None)


def _counters(limit: Limit, overrides: Iterable[Limit]) -> int | None:
    """How many callers have a counter; those that an override names have theirs there."""
    count = 1
    for key in limit.per:
        named = _named(limit, key)
        if named is None:
            return None
        if len(limit.per) == 1:
            named = named.difference(*(_named(other, key) or () for other in overrides if _is_about(other, key, limit)))
        count *= len(named)
    return count


def _named(limit: Limit, key: str) -> frozenset[str] | None:
    """The values of a dimension a limit can meet: those every condition on it allows; None when not known."""
    dimension = "subject" if key in _SUBJECTS else key
    lists = [one.values for one in limit.match.on(dimension) if one.values is not None]
    if dimension == "subject":
        # Somebody is of several kinds of subject at once: what a team is called says nothing of its users.
        lists = [values for values in lists if all(value.startswith(f"{key}:") for value in values)]
    if not lists or any("*" in value for values in lists for value in values):
        return None
    return frozenset.intersection(*lists)


def _is_about(override: Limit, key: str, limit: Limit) -> bool:
    """Whether nothing but a value of this dimension tells what overrides a limit."""
    dimension = "subject" if key in _SUBJECTS else key
    more = [one for one in override.match.conditions if one not in limit.match.conditions]
    return all(one.dimension == dimension for one in more)
