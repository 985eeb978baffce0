"""`llmcost quota simulate` as JSON: the stable shape `llmcost/simulation/1`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from llmcost.render.json import dumped
from llmcost.render.numbers import plain

if TYPE_CHECKING:
    from decimal import Decimal

    from llmcost.quota.replay.exposure import Exposure
    from llmcost.quota.replay.record import Breach, CallerResult, RuleResult, Simulated, Simulation

_LISTED = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def simulation_json(document: Simulation) -> str:
    """The document as JSON."""
    result = document.result
    shape: dict[str, Any] = {
        "schema": "llmcost/simulation/1",
        "configs": list(result.headers),
        "period": {"since": _moment(result.period.since), "until": _moment(result.period.until), "tz": result.tz},
        "totals": _totals(result),
        "rules": [_rule(rule) for rule in result.rules],
        "callers": [_caller(one) for one in result.callers[:_LISTED]],
        "breaches": [_breach(one) for one in result.breaches[:_LISTED]],
        "other_algorithms": [{"algorithm": name, "blocked": count} for name, count in result.others],
        "other_semantics": (
            None
            if result.other_reading is None
            else {"semantics": result.other_reading[0], "blocked": result.other_reading[1]}
        ),
        "not_replayed": [{"rule_id": label, "reason": reason} for label, reason in result.left_out],
        "notes": list(result.notes),
    }
    if document.before is not None:
        shape["compared"] = {
            "configs": list(document.before.headers),
            "totals": _totals(document.before),
            "callers": [{**_caller(one), "blocked_before": one.before} for one in document.changed[:_LISTED]],
        }
    if document.assertions:
        shape["assertions"] = [
            {
                "assert": one.text,
                "value": _number(one.value),
                "holds": one.holds,
                **({"not_evaluated": one.missing} if one.missing else {}),
            }
            for one in document.assertions
        ]
    return f"{dumped(shape)}\n"


def _totals(result: Simulated) -> dict[str, Any]:
    return {
        "requests": result.requests,
        "limited_requests": result.limited,
        "cost": plain(result.cost),
        "blocked": result.refused,
        "blocked_pct": round(result.blocked_pct, 6),
        "blocked_callers": len(result.callers),
        "avoided": {"low": plain(result.cost_low), "high": plain(result.cost_high)},
        "exposure": _exposure(result.exposure),
    }


def _rule(rule: RuleResult) -> dict[str, Any]:
    def demand(value: Decimal) -> dict[str, Any]:
        use = rule.utilisation(value)
        return {
            "demand": plain(value) if rule.unit == "cost" else int(value),
            "utilisation": None if use is None else round(use, 6),
        }

    return {
        "rule_id": rule.rule_id,
        "file": rule.file,
        "unit": rule.unit,
        "limit": plain(rule.amount) if rule.unit == "cost" else int(rule.amount),
        "window": rule.window,
        "per": list(rule.per),
        "algorithm": rule.algorithm,
        "charge": rule.charge,
        "mode": rule.mode,
        "matched": rule.matched,
        "decided": rule.decided,
        "subjects": rule.counters,
        "blocked": rule.refused,
        "blocked_pct": round(100 * rule.share, 6),
        "blocked_subjects": [{"subject": name, "blocked": count} for name, count in rule.subjects[:_LISTED]],
        "first": _moment(rule.first),
        "worst_hour": None
        if rule.worst_hour is None
        else {"hour": _moment(rule.worst_hour[0]), "blocked": rule.worst_hour[1]},
        "closures": rule.breaches,
        "longest_closure": None if rule.longest is None else _breach(rule.longest),
        "avoided": {"low": plain(rule.cost_low), "high": plain(rule.cost_high)},
        "exposure": _exposure(rule.exposure),
        "p50": demand(rule.p50),
        "p95": demand(rule.p95),
        "p99": demand(rule.p99),
        "max": {**demand(rule.most), "subject": rule.most_subject},
        "busiest_subjects": [
            {
                "subject": name,
                "windows": windows,
                "p50": demand(p50),
                "p95": demand(p95),
                "p99": demand(p99),
                "max": demand(most),
            }
            for name, windows, p50, p95, p99, most in rule.leaders
        ],
        "hours": [{"hour": _moment(_EPOCH + timedelta(hours=hour)), "blocked": count} for hour, count in rule.hours],
    }


def _exposure(exposure: Exposure | None) -> dict[str, str | None] | None:
    """US dollars in 30 days; null where no use has a cost."""
    if exposure is None:
        return None
    pairs = (("usual", exposure.usual), ("worst", exposure.worst))
    return {name: None if amount is None else plain(round(amount, 12)) for name, amount in pairs}


def _caller(one: CallerResult) -> dict[str, Any]:
    return {"caller": one.caller, "blocked": one.refused, "avoided": plain(one.cost)}


def _breach(breach: Breach) -> dict[str, Any]:
    return {
        "rule_id": breach.rule_id,
        "subject": breach.subject,
        "caller": breach.caller,
        "start": _moment(breach.start),
        "seconds": round(breach.length.total_seconds(), 6),
        "blocked": breach.refused,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _number(value: Decimal) -> float | None:
    return round(float(value), 6) if value.is_finite() else None
