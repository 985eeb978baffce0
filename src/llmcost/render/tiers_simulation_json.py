"""A simulation of plans as data: JSON of everything, CSV of the customers."""

import csv
import io
from decimal import Decimal
from typing import Any

from llmcost.render.csv import safe
from llmcost.render.numbers import plain
from llmcost.tiers.breakdown import Economics, Move
from llmcost.tiers.customers import CustomerResult
from llmcost.tiers.simulation import Simulation
from llmcost.tiers.uncertainty import Interval


def customers_csv(result: Simulation) -> str:
    """The customers, one line each; numbers are plain and texts safe for a spreadsheet."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    names = list(_customer(result.customers[0])) if result.customers else []
    writer.writerow(names)
    for one in result.customers:
        # Digits as they are: the float of a small sum is written with an exponent, which spreadsheets take for text.
        row = _customer(one) | {"usage": f"{one.usage.normalize():f}"}
        writer.writerow([_cell(name, value) for name, value in row.items()])
    return target.getvalue()


_TEXTS = ("customer_id", "plan_today", "plan", "flags", "path")


def _cell(name: str, value: Any) -> str:
    """Numbers as they are, texts so that no spreadsheet executes them."""
    text = "" if value is None else " ".join(value) if isinstance(value, list) else str(value)
    return safe(text) if name in _TEXTS else text


def shape(result: Simulation) -> dict[str, Any]:
    """The document of `llmcost/tiers-simulation/1`."""
    return {
        "schema": "llmcost/tiers-simulation/1",
        "policy": result.offer.policy,
        "meter": result.offer.meter,
        "months": list(result.population.months),
        "customers_total": result.population.customers,
        "unpriced_requests": result.population.unpriced_requests,
        "unattributed_cost": plain(result.population.unattributed_cost),
        "unknown_today": result.unknown_now,
        "today": None if result.now is None else _sums(result.now),
        "proposed": _sums(result.new),
        "change": None if result.change is None else _interval(result.change),
        "margin": _interval(result.margin),
        "without_largest": None
        if result.without_largest is None
        else {
            "customer_id": result.without_largest.customer,
            "margin": plain(result.without_largest.margin),
            "change": None if result.without_largest.change is None else plain(result.without_largest.change),
        },
        "plans": [
            {
                "plan": one.plan,
                "customers": one.customers,
                "customer_months": one.customer_months,
                **_sums(one.economics),
                "overage": plain(one.overage),
                "included": None if one.included is None else _whole(one.included),
                "used_p50": _ratio(one.used_p50),
                "used_p90": _ratio(one.used_p90),
                "break_even": None if one.break_even is None else _whole(one.break_even),
                "safe_included": None if one.safe_included is None else _whole(one.safe_included),
            }
            for one in result.plans
        ],
        "migration": [_move(one) for one in result.migration],
        "path": [{"month": one.month, **_move(one)} for one in result.path],
        "customers": [_customer(one) for one in result.customers],
        "scenarios": [
            {"what": one.what, "change": float(one.change), **_sums(one.economics)} for one in result.scenarios
        ],
        "elasticities": [
            {
                "elasticity": float(one.elasticity),
                "retained": float(one.retained),
                "revenue": plain(one.revenue),
                "margin": plain(one.margin),
            }
            for one in result.elasticities
        ],
    }


def _sums(found: Economics) -> dict[str, Any]:
    return {
        "revenue": plain(found.revenue),
        "cost": plain(found.cost),
        "margin": plain(found.margin),
        "margin_ratio": _ratio(found.ratio),
    }


def _interval(found: Interval) -> dict[str, Any]:
    return {
        "value": plain(found.value),
        "low": plain(found.low),
        "high": plain(found.high),
        "resamples": found.resamples,
    }


def _move(move: Move) -> dict[str, Any]:
    return {"from": move.source, "to": move.target, "customers": move.customers, "revenue": plain(move.revenue)}


def _customer(one: CustomerResult) -> dict[str, Any]:
    change = one.change
    return {
        "customer_id": one.customer,
        "months": one.months,
        "usage": _whole(one.usage),
        "cost": plain(one.cost),
        "plan_today": one.now_plan,
        "revenue_today": None if one.now_revenue is None else plain(one.now_revenue),
        "plan": one.new_plan,
        "revenue": plain(one.new_revenue),
        "margin": plain(one.margin),
        "margin_ratio": _ratio(one.margin / one.new_revenue) if one.new_revenue else None,
        "bill_change": None if change is None else plain(change),
        "utilisation": _ratio(one.utilisation),
        "flags": list(one.flags),
        "path": list(one.path),
    }


def _ratio(value: Decimal | None) -> float | None:
    return None if value is None else round(float(value), 6)


def _whole(quantity: Decimal) -> int | float:
    """Rounded at the last digit that the ledger keeps: a meter may be of money, and then of very little."""
    return int(quantity) if quantity == int(quantity) else round(float(quantity), 12)
