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


def _rules(limits: Sequence[RuleResult]) -> dict[tuple[int, int], list[RuleResult]]:
    """The windows that hold together: a rule's, and apart from them those of each override, which is about other requests."""
    found: dict[tuple[int, int], list[RuleResult]] = {}
    for one in limits:
        found.setdefault((one.config, one.place), []).append(one)
    return found


def _sum(limits: Sequence[RuleResult], of: Callable[[RuleResult], Decimal]) -> Decimal:
    """A refusal is told of one window alone, the first that is full, but of every window that only watches."""
    told = sum((of(one) for one in limits if one.mode != "audit"), Decimal(0))
    return told + sum(
        (
            max((of(one) for one in windows if one.mode == "audit"), default=Decimal(0))
            for windows in _rules(limits).values()
        ),
        Decimal(0),
    )


def _refused(limits: Sequence[RuleResult]) -> Decimal:
    return _sum(limits, lambda one: Decimal(one.refused))


def _decided(limits: Sequence[RuleResult]) -> int:
    """Requests a rule has a say in: configs that use the same name may be about the same requests."""
    configs: dict[int, int] = {}
    for (config, _), windows in _rules(limits).items():
        configs[config] = configs.get(config, 0) + max(one.decided for one in windows)
    return max(configs.values())


_WHOLE: dict[str, Callable[[Simulated], Decimal]] = {
    "blocked": lambda result: Decimal(result.refused),
    "blocked_pct": lambda result: _percent(result.refused, result.requests),
    "blocked_callers": lambda result: Decimal(len(result.callers)),
    "avoided": lambda result: result.cost_high,
    "exposure": lambda result: _worst(result.exposure),
    "longest_closure": lambda result: max((_seconds(rule) for rule in result.rules), default=Decimal(0)),
}
_RULE: dict[str, Callable[[Sequence[RuleResult]], Decimal]] = {
    "blocked": _refused,
    "blocked_pct": lambda limits: _percent(_refused(limits), _decided(limits)),
    "blocked_subjects": lambda limits: Decimal(len(frozenset().union(*(one.refused_keys for one in limits)))),
    "avoided": lambda limits: _sum(limits, lambda one: one.cost_high),
    "longest_closure": lambda limits: max(map(_seconds, limits)),
    "exposure": lambda limits: sum(
        (min(_worst(one.exposure) for one in windows) for windows in _rules(limits).values()), Decimal(0)
    ),
    "p99_pct": lambda limits: max(100 * one.p99 / one.amount if one.amount else Decimal("Infinity") for one in limits),
}
"""Of all limits of a rule: its windows, and those of what overrides it."""
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
        return _RULE[metric](limits)
    raise UsageError(f"nothing called {name!r} can be asserted", hint=nearest(name, NAMES) or f"use {', '.join(NAMES)}")


def _percent(part: int | Decimal, whole: int) -> Decimal:
    return 100 * Decimal(part) / whole if whole else Decimal(0)
