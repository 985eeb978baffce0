"""Alerts as findings, for every format that shows findings."""

from collections.abc import Callable

from llmcost.budgets.alerts.judgement import Alert, AlertCheck, Judged
from llmcost.domain.finding import Finding, Findings, Rule, fingerprint_of

_FIRING = Rule(
    code="AL101",
    name="alert-firing",
    severity="error",
    confidence="proved",
    title="An alert rule fires",
    text="What its metric measures has reached the threshold of a rule under `alerts:`.",
)
_NOT_EVALUATED = Rule(
    code="AL102",
    name="alert-not-evaluated",
    severity="warning",
    confidence="needs-data",
    title="An alert rule could not be judged",
    text="Data is missing or stale, which is never a pass, or the rule lacks what it compares with.",
)


def findings_of(check: AlertCheck, headline: Callable[[Alert], str]) -> Findings:
    """What fires, then what could not be judged; `headline` puts an alert into words."""
    found = [_of_alert(alert, headline(alert)) for alert in check.firing]
    found += [_of_rule(one, one.reason) for one in check.rules if one.reason is not None]
    files = dict.fromkeys(one.rule.place.file for one in check.rules)
    return Findings(findings=tuple(found), rules=(_FIRING, _NOT_EVALUATED), checked=tuple(files))


def _of_alert(alert: Alert, message: str) -> Finding:
    name = alert.rule.name
    fingerprint = fingerprint_of(_FIRING.code, name, *(value or "" for value in alert.values))
    return _FIRING.finding(alert.rule.place, message, rule_id=name, fingerprint=fingerprint)


def _of_rule(one: Judged, reason: str) -> Finding:
    name = one.rule.name
    fingerprint = fingerprint_of(_NOT_EVALUATED.code, name)
    message = f"{name} not evaluated: {reason}"
    return _NOT_EVALUATED.finding(one.rule.place, message, rule_id=name, fingerprint=fingerprint)
