"""Alerts as JSON: the stable shape `llmcost/alerts/1`, and what would be delivered."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from llmcost.budgets.alerts.delivery import Delivery
from llmcost.budgets.alerts.judgement import Alert, AlertCheck
from llmcost.budgets.alerts.rule import AlertRule
from llmcost.ledger.metrics import metric
from llmcost.ledger.registry import Kind
from llmcost.render.alert_words import headline
from llmcost.render.numbers import machine


def instant(value: datetime | None) -> str | None:
    """An instant in UTC."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def check_document(check: AlertCheck, delivery: Delivery | None) -> dict[str, Any]:
    """Every rule, what fires, and what was told to whom."""
    found: dict[str, Any] = {
        "schema": "llmcost/alerts/1",
        "as_of": instant(check.now),
        "currency": check.currency,
        "basis": check.basis,
        "alerts": [alert_document(alert, check.currency) for alert in check.firing],
        "rules": [
            {
                "name": one.rule.name,
                "rule": one.rule.rule,
                "status": one.status,
                "judged": one.judged,
                "firing": len(one.firing),
                "reason": one.reason,
                "data_missing": one.missing,
            }
            for one in check.rules
        ],
    }
    if delivery is not None:
        found["deliveries"] = [
            {
                "channel": one.channel.name,
                "type": one.channel.type,
                "address": one.channel.address,
                "alerts": len(one.alerts),
                "status": "dry_run" if delivery.dry else "delivered" if one.failure is None else "failed",
                "error": one.failure,
                **({"payload": dict(one.payload)} if delivery.dry else {}),
            }
            for one in delivery.told
        ]
        found["told_before"] = delivery.known
    return found


def alert_document(alert: Alert, currency: str) -> dict[str, Any]:
    """One alert."""
    rule = alert.rule
    names = (
        ("budget", *(f"value_{place}" for place in range(1, len(alert.values)))) if rule.metric is None else rule.per
    )
    return {
        "rule": rule.name,
        "metric": rule.metric or "budget",
        "scope": {"where": rule.scope or None, **dict(zip(names, alert.values, strict=True))},
        "window": {
            "name": rule.window,
            "since": instant(alert.span.period.since),
            "until": instant(alert.span.period.until),
        },
        "value": _number(alert.value, rule.kind),
        rule.direction: _number(rule.threshold, rule.kind),
        "level": alert.level,
        "measured": _number(alert.measured, _measured_kind(alert)),
        "against": _number(alert.against, _measured_kind(alert)),
        **({} if alert.budget is None else {"unit": (alert.budget.currency or alert.budget.measure).lower()}),
        "requests": alert.requests,
        "message": headline(alert, currency),
    }


def rules_document(rules: tuple[AlertRule, ...]) -> dict[str, Any]:
    """The rules in force."""
    return {
        "schema": "llmcost/alert-rules/1",
        "rules": [
            {
                "name": one.name,
                "rule": one.rule,
                "title": one.title,
                "metric": one.metric or "budget",
                "per": list(one.per),
                "where": one.scope or None,
                "window": one.window,
                "compare": "previous" if one.compare else None,
                one.direction: _number(one.threshold, one.kind),
                "escalate_at": [_number(step, one.kind) for step in one.escalate_at],
                "limit": {key: machine(value, "number") for key, value in one.limits.items()},
                "min_requests": one.min_requests,
                "min_cost": machine(one.min_cost, "money"),
                "to": None if one.to is None else list(one.to),
            }
            for one in rules
        ],
    }


def _measured_kind(alert: Alert) -> Kind:
    """Of what a share was taken."""
    if alert.rule.metric is not None:
        return metric(alert.rule.metric).kind
    return "money" if alert.budget is not None and alert.budget.measure == "cost" else "number"


def _number(value: Decimal | None, kind: Kind) -> str | int | float | None:
    return machine(value, kind)
