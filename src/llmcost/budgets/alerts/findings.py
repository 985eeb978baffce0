"""Alerts as findings, for every format that shows findings."""

import hashlib
from collections.abc import Callable

from llmcost.budgets.alerts.judging import Alert, AlertCheck, Judged
from llmcost.domain.finding import Finding, Findings, Rule

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
    return Finding(
        code=_FIRING.code,
        name=_FIRING.name,
        severity=_FIRING.severity,
        confidence=_FIRING.confidence,
        place=alert.rule.place,
        message=message,
        rule_id=alert.rule.name,
        fingerprint=_fingerprint("\n".join((_FIRING.code, alert.rule.name, *(value or "" for value in alert.values)))),
    )


def _of_rule(one: Judged, reason: str) -> Finding:
    return Finding(
        code=_NOT_EVALUATED.code,
        name=_NOT_EVALUATED.name,
        severity=_NOT_EVALUATED.severity,
        confidence=_NOT_EVALUATED.confidence,
        place=one.rule.place,
        message=f"{one.rule.name} not evaluated: {reason}",
        rule_id=one.rule.name,
        fingerprint=_fingerprint(f"{_NOT_EVALUATED.code}\n{one.rule.name}"),
    )


def _fingerprint(seed: str) -> str:
    return hashlib.sha1(seed.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:16]
