"""Alerts in words: what fires, how far over, since when."""

from decimal import Decimal

from llmcost.budgets.alerts.judgement import Alert, Judged
from llmcost.budgets.alerts.rule import AlertRule
from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.ledger.metrics import metric
from llmcost.ledger.registry import Kind
from llmcost.render.numbers import human
from llmcost.render.visible import UNATTRIBUTED, label

_TO_DATE = {"day": "today", "week": "this week", "month": "this month", "quarter": "this quarter", "year": "this year"}
_BUDGET = "budget"


def amount(value: Decimal | None, kind: Kind, currency: str) -> str:
    """A value or threshold."""
    if value is None:
        return "-"
    if kind == "percent":
        text = f"{value * 100:,.1f}"
        return f"{text.removesuffix('.0')}%"
    if kind in {"count", "tokens"} and value % 1:
        return f"{value.normalize():,f}"  # a step between two counts
    return human(value, kind, currency)


def window(rule: AlertRule) -> str:
    """The window in words."""
    if rule.window in _TO_DATE:
        return _TO_DATE[rule.window]
    return f"in {'7 whole days' if rule.compare and rule.window == '7d' else f'the last {rule.window}'}"


def subject(alert: Alert) -> str:
    """Whom it is about; empty for a rule about everything."""
    names = alert.rule.per
    if alert.rule.metric is None:
        return " ".join(map(_value, alert.values))
    return " ".join(f"{printable(name)}={_value(value)}" for name, value in zip(names, alert.values, strict=True))


def headline(alert: Alert, currency: str) -> str:
    """The alert in a sentence."""
    rule = alert.rule
    about = subject(alert)
    text = f"{printable(rule.name)}{f' {about}' if about else ''}: {_what(rule)} {_how_much(alert, currency)}"
    text += f" {window(rule)}, {rule.direction} {amount(rule.threshold, rule.kind, currency)}"
    if alert.level > 1:
        text += f" and even {amount(_step(alert), rule.kind, currency)}"
    if rule.scope:
        text += f" where {printable(rule.scope)}"
    return text if alert.requests is None else f"{text} ({plural(alert.requests, 'request')})"


def condition(rule: AlertRule, currency: str) -> str:
    """When a rule fires."""
    text = f"{_what(rule)} {rule.direction} {amount(rule.threshold, rule.kind, currency)} {window(rule)}"
    if rule.per and rule.metric is not None:
        text += f" for each {', '.join(map(printable, rule.per))}"
    return f"{text} where {printable(rule.scope)}" if rule.scope else text


def told(one: Judged) -> str:
    """Why a rule was not judged."""
    return f"{printable(one.rule.name)}: {printable(one.reason or '')}"


def _what(rule: AlertRule) -> str:
    if rule.metric is None:
        return _BUDGET
    title = metric(rule.metric).title
    name = title if title[1:2].isupper() else title[:1].lower() + title[1:]
    return f"{name} {'change' if rule.compare else 'share of limit' if rule.limited else ''}".rstrip()


def _how_much(alert: Alert, currency: str) -> str:
    rule = alert.rule
    text = amount(alert.value, rule.kind, currency)
    if rule.compare and alert.value > 0:
        text = f"+{text}"
    if alert.against is None:
        return text
    if rule.metric is None:
        return f"{text} used"
    kind = metric(rule.metric).kind
    joined = "from" if rule.compare else "of"
    first, second = amount(alert.measured, kind, currency), amount(alert.against, kind, currency)
    return f"{text} ({joined} {second} to {first})" if rule.compare else f"{text} ({first} {joined} {second})"


def _step(alert: Alert) -> Decimal | None:
    """The furthest threshold that is reached."""
    return (alert.rule.threshold, *alert.rule.escalate_at)[alert.level - 1]


def _value(value: str | None) -> str:
    return UNATTRIBUTED if value is None else label(value)
