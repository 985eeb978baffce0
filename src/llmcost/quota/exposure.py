"""What limits would let be spent at most: limit x price x time, for each rule, in dollars a month.

A month is 30 days. A token costs at most what the dearest kind of token costs on the dearest model a rule names, at list prices.
Limits in requests bound no money, and a rule that names no model could be used with any; both are unknown, not zero. Where every
caller has a counter of their own, the amount is for one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.pricing.matching import match_model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmcost.pricing.price_list import Model, PriceList
    from llmcost.quota.config import Config
    from llmcost.quota.limit import Limit

_MONTH = 30 * 86_400
_MONTHS = {"month": (1, 1), "quarter": (1, 3), "year": (1, 12)}
"""Windows per months, exactly."""
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


def exposures(configs: Iterable[Config], prices: PriceList) -> list[Exposure]:
    """The worst month of every enforced limit, in the order of the files."""
    found = []
    for config in configs:
        for limit in config.limits:
            if limit.mode != "audit":
                month, why = _month(limit, prices)
                found.append(
                    Exposure(file=config.source.name, limit=limit, month=month, counters=_counters(limit), why=why)
                )
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


def _month(limit: Limit, prices: PriceList) -> tuple[Decimal | None, str]:
    if limit.amount is None or not limit.amount.is_finite():
        return None, "the limit is no number"
    if limit.unit in {"requests", "concurrency", "tool_calls"}:
        return None, f"{limit.unit.replace('_', ' ')} bound no money"
    windows = _windows(limit)
    if windows is None and limit.window.kind != "lifetime":
        return None, "its window is no length of time"
    if windows is None:
        return (limit.amount, "once: it never resets") if limit.unit == "cost" else (None, "it never resets")
    count, months = windows
    often = f"{Decimal(count) / months:,.2f} x" if count % months else f"{count // months:,} x"
    if limit.unit == "cost":
        return limit.amount * count / months, f"{often} ${limit.amount:,f} per {limit.window.name}"
    dearest = _dearest(limit, prices)
    if isinstance(dearest, str):
        return None, dearest
    rate, model = dearest
    what = limit.unit.replace("_", " ")
    why = f"{often} {limit.amount:,f} {what} per {limit.window.name} at ${rate.normalize():f} a million ({model})"
    return limit.amount * count * rate / (months * 1_000_000), why


def _windows(limit: Limit) -> tuple[int, int] | None:
    """How many windows a month has, as a fraction; None when the limit never resets, or nobody can tell."""
    if limit.window.span in _MONTHS:
        return _MONTHS[limit.window.span]
    return (_MONTH, limit.window.seconds) if limit.window.seconds else None


def _dearest(limit: Limit, prices: PriceList) -> tuple[Decimal, str] | str:
    """Highest rate per million tokens among the models a limit names, or why there is none."""
    names = sorted({value for condition in limit.match.on("model") for value in condition.values or ()})
    if not names:
        return "no model is named"
    rates = []
    for name in names:
        found = match_model(prices, None, name) or match_model(prices, None, name.rpartition("/")[2])
        rate = None if found is None else _rate(found.model, _KINDS[limit.unit])
        if found is None or rate is None:
            return f"no price for `{name}`"
        rates.append((rate, found.model.id))
    return max(rates)


def _rate(model: Model, kinds: tuple[str, ...]) -> Decimal | None:
    """The dearest kind of token of the newest price, at any size of prompt."""
    if not model.prices:
        return None
    rates = [tier.rates[kind] for tier in model.prices[-1].tiers for kind in kinds if kind in tier.rates]
    return max(rates, default=None)


def _counters(limit: Limit) -> int | None:
    count = 1
    for key in limit.per:
        dimension = "subject" if key in {"user", "team", "virtualaccount"} else key
        values = [value for one in limit.match.on(dimension) for value in one.values or ()]
        known = values and not any("*" in value for value in values)
        if not known or (dimension == "subject" and not all(value.startswith(f"{key}:") for value in values)):
            return None
        count *= len(set(values))
    return count
