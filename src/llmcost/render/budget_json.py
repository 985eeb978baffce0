"""Budgets as JSON: the stable shape `llmcost/budget/1`, which does not follow our own records."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from llmcost.budgets.baseline import COUNTED, SCHEMA, Baseline
from llmcost.budgets.checking import BudgetCheck
from llmcost.budgets.gate import Measured
from llmcost.budgets.status import Cause, Standing
from llmcost.render.json import dumped
from llmcost.render.numbers import plain
from llmcost.render.surface import Surface
from llmcost.stats.decomposition import EFFECTS


def json(check: BudgetCheck, surface: Surface) -> str:
    """Every budget and condition."""
    return dumped(document(check)) + "\n"


def document(check: BudgetCheck) -> dict[str, Any]:
    """The document as plain values."""
    return {
        "schema": "llmcost/budget/1",
        "as_of": instant(check.now),
        "basis": check.basis,
        "data": {"first": instant(check.first), "last": instant(check.last)},
        "budgets": [_standing(one) for one in check.standings],
        "gate": [gate(one) for one in check.gates],
    }


def baseline(base: Baseline) -> str:
    """What the file of a baseline holds: `llmcost/baseline/1`."""
    found = {
        "schema": SCHEMA,
        "as_of": instant(base.as_of),
        "days": base.days,
        "complete": base.complete,
        "entries": [
            {
                "budget": one.name,
                "unit": one.unit,
                "spent": f"{one.spent:f}" if one.unit in COUNTED else plain(one.spent),
                "requests": one.requests,
                "unpriced_requests": one.unpriced,
                "unmeasured_requests": one.unmeasured,
                "unknown_buckets": one.unknown_sums,
                "breached": [list(values) for values in one.breached],
            }
            for one in base.entries
        ],
    }
    return dumped(found) + "\n"


def instant(value: datetime | None) -> str | None:
    """An instant in UTC."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def gate(one: Measured) -> dict[str, Any]:
    """One condition."""
    return {
        "name": one.name,
        "status": one.outcome,
        "value": plain(one.value) if isinstance(one.value, Decimal) else one.value,
        "limit": plain(one.limit) if isinstance(one.limit, Decimal) else one.limit,
        "message": one.message,
    }


def number(value: Decimal | None, one: Standing) -> str | int | None:
    """An amount: money as text, tokens and requests whole."""
    if value is None:
        return None
    return plain(value) if one.budget.measure == "cost" else int(value) if value == int(value) else plain(value)


def _standing(one: Standing) -> dict[str, Any]:
    budget, window = one.budget, one.window
    return {
        "name": budget.name,
        "scope": {"where": budget.scope or None, **dict(zip(budget.per, one.values, strict=False))},
        "owner": budget.owner,
        "period": {
            "kind": str(budget.period),
            "since": None if window is None else instant(window.since),
            "until": None if window is None else instant(window.until),
            "tz": str(budget.period.zone),
        },
        "unit": (budget.currency or budget.measure).lower(),
        "amount": number(budget.amount, one),
        "spent": number(one.spent, one),
        "forecast": number(one.forecast, one),
        "utilisation": None if one.utilisation is None else round(float(one.utilisation), 6),
        "unpriced_requests": one.unpriced,
        "status": one.status,
        "reason": one.reason,
        "reached_at": instant(one.crossed_at),
        "cause": None if one.cause is None else _cause(one.cause),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    change = cause.change
    return {
        "since": instant(cause.since),
        "until": instant(cause.until),
        "complete": cause.complete,
        "unpriced_requests_before": cause.unpriced_before,
        "before": plain(change.before),
        "after": plain(change.after),
        "change": plain(change.change),
        "effects": {name: plain(value) for name, value in zip(EFFECTS, change.effects, strict=True)},
        "segments": [
            {
                "segment": dict(zip(cause.by, part.segment, strict=True)),
                "before": plain(part.before),
                "after": plain(part.after),
                "change": plain(part.change),
                "effects": {name: plain(value) for name, value in zip(EFFECTS, part.effects, strict=True)},
            }
            for part in change.segments
        ],
    }
