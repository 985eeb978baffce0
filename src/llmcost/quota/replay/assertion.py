"""`--assert`: what a replay must come to, such as `blocked_pct<1` or `team-rpm.blocked=0`."""

from __future__ import annotations

import operator
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.domain.text import nearest
from llmcost.quota.replay.record import Assertion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llmcost.quota.replay.exposure import Exposure
    from llmcost.quota.replay.record import CallerResult, RuleResult, Simulated

_FORM = re.compile(
    r"\s*(?P<name>.+?)\s*(?P<sign><=|>=|==|!=|<|>|=)\s*(?P<dollar>\$?)(?P<number>\d+(?:\.\d+)?)\s*(?P<percent>%?)\s*"
)
_MONEY = ("avoided", "exposure")
_SIGNS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}


def _worst(exposure: Exposure | None) -> Decimal:
    """What could be spent; without bound where that is not known."""
    return Decimal("Infinity") if exposure is None or exposure.worst is None else exposure.worst


def _seconds(rule: RuleResult) -> Decimal:
    """How long the limit was full at most."""
    length = rule.longest.length if rule.longest is not None else None
    if length is None:
        return Decimal(0)
    return Decimal(length.days * 86_400 + length.seconds) + Decimal(length.microseconds).scaleb(-6)


_WHOLE: dict[str, Callable[[Simulated], Decimal]] = {
    "blocked": lambda result: Decimal(result.refused),
    "blocked_pct": lambda result: _percent(result.refused, result.requests),
    "blocked_callers": lambda result: Decimal(len(result.callers)),
    "avoided": lambda result: result.cost_high,
    "exposure": lambda result: _worst(result.exposure),
    "longest_closure": lambda result: max((_seconds(rule) for rule in result.rules), default=Decimal(0)),
}
_RULE: dict[str, Callable[[RuleResult], Decimal]] = {
    "blocked": lambda rule: Decimal(rule.refused),
    "blocked_pct": lambda rule: _percent(rule.refused, rule.decided),
    "blocked_subjects": lambda rule: Decimal(rule.refused_subjects),
    "avoided": lambda rule: rule.cost_high,
    "longest_closure": _seconds,
    "exposure": lambda rule: _worst(rule.exposure),
    "p99_pct": lambda rule: 100 * rule.p99 / rule.amount if rule.amount else Decimal("Infinity"),
}
NAMES = (*_WHOLE, "newly_blocked", *(f"RULE.{name}" for name in _RULE))
"""What can be asserted; percentages in percent, closures in seconds, `newly_blocked` in callers."""


def asserted(texts: Sequence[str], result: Simulated, changed: Sequence[CallerResult] | None) -> tuple[Assertion, ...]:
    """Each assertion with its value; `changed` are the callers of a comparison, None without one.

    Raises UsageError for what cannot be read or is not known.
    """
    return tuple(_one(text, result, changed) for text in texts)


def _one(text: str, result: Simulated, changed: Sequence[CallerResult] | None) -> Assertion:
    found = _FORM.fullmatch(text)
    if found is None:
        raise UsageError(f"cannot read --assert {text!r}", hint="write NAME<NUMBER, such as blocked_pct<1")
    value = _value(found["name"], result, changed)
    metric = found["name"].rpartition(".")[2]
    if found["percent"] and not metric.endswith("_pct"):
        raise UsageError(
            f"--assert {text.strip()!r}: {metric} is no percentage", hint="those of blocked_pct and p99_pct are"
        )
    if found["dollar"] and metric not in _MONEY:
        raise UsageError(f"--assert {text.strip()!r}: {metric} is no amount of money", hint="leave out the $")
    missing = _missing(result)
    holds = not missing and _SIGNS[found["sign"]](value, Decimal(found["number"]))
    return Assertion(text=text.strip(), value=value, holds=holds, missing=missing)


def _missing(result: Simulated) -> str:
    """Why a replay says nothing of any limit: nobody refused of nobody looked at is no pass."""
    if not result.requests:
        return "no requests in this period"
    return "" if result.rules else "no limit was replayed"


def _value(name: str, result: Simulated, changed: Sequence[CallerResult] | None) -> Decimal:
    if name in _WHOLE:
        return _WHOLE[name](result)
    if name == "newly_blocked":
        if changed is None:
            raise UsageError("newly_blocked needs a config to compare with", hint="add --compare OLD.yaml")
        return Decimal(sum(1 for one in changed if one.refused and not one.before))
    rule, found, metric = name.rpartition(".")
    if found and metric in _RULE:
        limits = [one for one in result.rules if one.rule_id == rule]
        if not limits:
            known = list(dict.fromkeys(one.rule_id for one in result.rules))
            raise UsageError(
                f"--assert names no rule that was replayed: {rule}",
                hint=nearest(rule, known) or f"the rules are {', '.join(known)}",
            )
        # A rule with several windows is as bad as its worst.
        return max(_RULE[metric](one) for one in limits)
    raise UsageError(f"nothing called {name!r} can be asserted", hint=nearest(name, NAMES) or f"use {', '.join(NAMES)}")


def _percent(part: int, whole: int) -> Decimal:
    return 100 * Decimal(part) / whole if whole else Decimal(0)
