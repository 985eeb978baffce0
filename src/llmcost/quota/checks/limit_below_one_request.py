"""A limit below what a single request uses.

The first request passes, since its cost is known only afterwards, and then everything is refused until the window ends.
Compared with 100 tokens in and 100 out, on the cheapest model the rule matches, at today's prices of the price list; where it
names none, on the cheapest that a maker itself sells. Token limits are compared with 100 tokens.

Fix: raise the limit, or use 0 if nothing is to pass.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from llmcost.domain.providers import FIRST_PARTY
from llmcost.pricing.price_list import Model, PriceList
from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.limit import Limit
from llmcost.quota.models import named_model
from llmcost.quota.problem import Problem

_TOKENS = 100
_WORTH_A_LOOK = Decimal("0.1")
"""Dollars from which on no price list has to be asked."""


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Limits that one small request exceeds."""
    for limit in config.limits:
        if limit.amount is None or not 0 < limit.amount < _TOKENS:
            continue
        if limit.unit in {"tokens", "input_tokens", "output_tokens"}:
            yield _problem(limit, f"{limit.amount:f} tokens{_each(limit)} are less than one request uses")
        elif limit.unit == "cost" and limit.amount < _WORTH_A_LOOK:
            prices = known.load_prices()
            found = None if prices is None else _cheapest(limit, prices, known.now)
            if found is not None and limit.amount < found[0]:
                yield _problem(
                    limit,
                    f"${limit.amount:f}{_each(limit)} is less than one request of {_TOKENS} tokens in and"
                    f" {_TOKENS} out costs on {found[1]} (${found[0].normalize():f})",
                )


def _each(limit: Limit) -> str:
    """The window, where it is one."""
    return "" if limit.window.kind == "unknown" else f" per {limit.window.name}"


def _problem(limit: Limit, message: str) -> Problem:
    return Problem(
        at=limit.place("amount"),
        message=message,
        help="the first call passes, then all are refused until the window ends",
        rule_id=limit.id,
    )


def _cheapest(limit: Limit, prices: PriceList, at: datetime) -> tuple[Decimal, str] | None:
    """Cost of a small request on the cheapest model a limit matches."""
    models: list[Model] = []
    for name in (value for condition in limit.match.on("model") for value in condition.values or ()):
        found = named_model(prices, name, at)
        if found is None:
            return None
        models.append(found)
    providers = {value for condition in limit.match.on("provider") for value in condition.values or ()}
    if not models:
        models = [one for one in prices.models.values() if one.provider in (providers or FIRST_PARTY)]
    costs = [(cost, model.id) for model in models if (cost := _cost(model, at)) is not None]
    return min(costs) if costs else None


def _cost(model: Model, at: datetime) -> Decimal | None:
    price = model.price_at(at)
    rates = price.tiers[0].rates if price is not None and price.tiers else {}
    if not rates.get("input") or not rates.get("output"):
        return None
    return (rates["input"] + rates["output"]) * _TOKENS / 1_000_000


check = Check(code="QL303", severity="warning", of_config=find)
