"""All alert rules judged at one instant, with as few passes over the ledger as they have different windows and scopes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.budgets import spending
from llmcost.budgets.alerts.judgement import Alert, AlertCheck, Judged
from llmcost.budgets.alerts.rule import ANY, AlertRule
from llmcost.budgets.alerts.windows import Span, span, window_before
from llmcost.budgets.checking import check as check_budgets
from llmcost.budgets.gate import Measured, freshness, hides_cost
from llmcost.budgets.reading import read_budgets
from llmcost.budgets.unmatched import unmatched
from llmcost.config.settings import Settings
from llmcost.domain.errors import ConfigError, UsageError
from llmcost.domain.exact import EXACT
from llmcost.domain.fx import BASE
from llmcost.domain.period import Period, time_zone
from llmcost.ledger import queries, scopes
from llmcost.ledger.composition import Basis
from llmcost.ledger.groups import Group, Number
from llmcost.ledger.keys import Key, resolve, unknown_key
from llmcost.ledger.metrics import metric
from llmcost.ledger.scopes import Conditions, Spent

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_EVIDENCE = ("cost", "requests", "unpriced_requests")
_OF_MONEY = ("money",)
_OF_TOKENS = "tokens"
_NAMED = 3
"""Values a reason names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A rule with its keys and window."""

    rule: AlertRule
    span: Span
    keys: tuple[Key, ...]
    conditions: Conditions
    earlier: Period | None
    """Whose values are judged as 0 where they have no requests in the window."""


def check(
    connection: "Connection",
    settings: Settings,
    rules: Sequence[AlertRule],
    now: datetime,
    *,
    basis: Basis | None = None,
) -> AlertCheck:
    """Judge rules at `now`: only what began before it counts; on requests if there are any, unless `basis` says."""
    if settings.currency != BASE and not settings.fx.get(settings.currency):
        raise ConfigError(
            f"no rate from {BASE} to {settings.currency}", hint="add dated rates under `fx:` in llmcost.yaml"
        )
    instant = now.astimezone(UTC)
    zone = time_zone(settings.tz)
    past = Period(until=instant)
    basis = basis or queries.basis_of(connection, past, zone)
    bounds = scopes.bounds(connection, spending.selection(settings, basis, past, zone=zone, currency=None))
    first, last = (None, None) if bounds is None else (bound.replace(tzinfo=UTC) for bound in bounds)
    fresh = freshness(settings, last, instant)
    found: dict[str, Judged] = {}
    asked: list[_Asked] = []
    for rule in rules:
        if rule.metric is None and rule.threshold is not None:
            found[rule.name] = _budgets(connection, settings, rule, instant, basis)
            continue
        one = _ask(connection, settings, rule, instant, first)
        if isinstance(one, _Asked):
            asked.append(one)
        else:
            found[rule.name] = one
    tables = _Tables(connection, settings, basis, asked)
    judged = {one.rule.name: _judged(one, tables, fresh) for one in asked}
    empty = {
        one.rule.name: one.conditions
        for one in asked
        if not (judged[one.rule.name].firing or fresh.missing or _of_outcomes(one.rule))
        and not any(group.values["requests"] for group in tables.of(one, one.span.period))
    }
    slips = unmatched(connection, settings, empty, instant, basis)
    found |= {name: Judged(rule=one.rule, reason=slips[name]) if name in slips else one for name, one in judged.items()}
    return AlertCheck(now=now, currency=settings.currency, basis=basis, rules=tuple(found[rule.name] for rule in rules))


def _ask(
    connection: "Connection", settings: Settings, rule: AlertRule, now: datetime, first: datetime | None
) -> _Asked | Judged:
    """The question a rule puts to the ledger, or why it puts none."""
    if rule.threshold is None:
        return Judged(rule=rule, reason="it has no threshold: add `above:`")
    if rule.limited and not rule.limits:
        return Judged(rule=rule, reason="it has no limits: add `limit:`")
    window = span(rule.window, now, time_zone(settings.tz), compare=rule.compare)
    if window.before is not None and (first is None or window.before.since is None or first > window.before.since):
        return Judged(rule=rule, reason="the ledger does not reach back to the window it is compared with")
    try:
        keys = tuple(_key(connection, name) for name in rule.per)
        conditions = tuple((_key(connection, one.key), one) for one in rule.conditions)
    except UsageError as error:
        reason = error.message if error.hint is None else f"{error.message} ({error.hint})"
        return Judged(rule=rule, reason=reason, missing=True)
    earlier = window_before(rule.window, now, time_zone(settings.tz)) if keys and _falls_to_nothing(rule) else None
    return _Asked(rule=rule, span=window, keys=keys, conditions=conditions, earlier=earlier)


def _key(connection: "Connection", name: str) -> Key:
    key = resolve(connection, name)
    if not key.known:
        raise unknown_key(connection, name)
    return key


class _Tables:
    """Groups by window, scope and dimensions, each computed once with every metric that is asked of it."""

    def __init__(self, connection: "Connection", settings: Settings, basis: Basis, asked: Sequence[_Asked]) -> None:
        self.connection = connection
        self.settings = settings
        self.basis = basis
        self.metrics: dict[object, set[str]] = {}
        for one in asked:
            for period in (one.span.period, one.span.before, one.earlier):
                if period is not None and one.rule.metric is not None:
                    self.metrics.setdefault(_table(one, period), set(_EVIDENCE)).add(one.rule.metric)
        self.groups: dict[object, list[Group]] = {}
        self.left_out: dict[object, dict[tuple[str | None, ...], Spent]] = {}
        """By group, what is in no sum: of exports, and of tokens."""

    def of(self, one: _Asked, period: Period) -> list[Group]:
        """The groups a rule is about."""
        name = _table(one, period)
        if name not in self.groups:
            chosen = spending.selection(
                self.settings,
                self.basis,
                period,
                zone=time_zone(self.settings.tz),
                currency=self.settings.currency,
                conditions=one.conditions,
            )
            metrics = [metric(known) for known in sorted(self.metrics[name])]
            self.groups[name], _ = queries.grouped(self.connection, chosen, one.keys, metrics)
            tokens = any(one.kind == _OF_TOKENS for one in metrics)
            if self.basis == "exports" or tokens:
                every = [scopes.Scope(conditions=())]
                spent = scopes.spending(self.connection, chosen, every, one.keys, unmeasured=tokens)
                self.left_out[name] = {keys: whole for keys, (whole,) in spent.items()}
        return self.groups[name]

    def hides(self, one: _Asked, period: Period | None, group: Group) -> bool:
        """Whether more than the allowed share of requests has no price, so that a sum of cost proves nothing.

        Of tokens, whether as many do not say what they used.
        """
        rule = one.rule
        left_out = Spent() if period is None else self.left_out.get(_table(one, period), {}).get(group.keys, Spent())
        if rule.metric is not None and metric(rule.metric).kind == _OF_TOKENS:
            silent = hides_cost(self.settings, left_out.unmeasured, left_out.requests)
            return silent or left_out.unmeasured_sums > 0
        # Revenue has no price.
        if rule.metric is None or metric(rule.metric).kind not in _OF_MONEY or _of_outcomes(rule):
            return False
        unpriced, requests = (int(group.values[name] or 0) for name in ("unpriced_requests", "requests"))
        return hides_cost(self.settings, unpriced, requests, left_out.unpriced_sums)


def _table(one: _Asked, period: Period) -> object:
    return period, one.conditions, one.keys


def _judged(one: _Asked, tables: _Tables, fresh: Measured) -> Judged:
    rule = one.rule
    groups = [group for group in (*tables.of(one, one.span.period), *_gone(one, tables)) if None not in group.keys]
    before = {} if one.span.before is None else {group.keys: group for group in tables.of(one, one.span.before)}
    firing: list[Alert] = []
    judged = few = unpriced = unlimited = 0
    new: list[Group] = []
    for group in groups:
        earlier = before.get(group.keys)
        if int(group.values["requests"] or 0) < rule.min_requests:
            few += 1
            continue
        if rule.limited and _limit(rule, group) is None:
            unlimited += 1
            continue
        alert = None if _cost(group, earlier) < rule.min_cost else _measured(one, group, earlier)
        if alert is None:
            sides = ((one.span.period, group), (one.span.before, earlier))
            if any(tables.hides(one, period, each) for period, each in sides if each is not None):
                unpriced += 1
            elif _is_new(rule, group, earlier):
                new.append(group)
            else:
                few += 1
            continue
        # What has no price could only raise the value, and in the window before only lower it.
        could_rise = (rule.direction == "above") != bool(alert.level)
        against = group if could_rise else earlier if rule.compare else None
        period = one.span.period if could_rise else one.span.before
        if against is not None and tables.hides(one, period, against):
            unpriced += 1
            continue
        if alert.level:
            firing.append(alert)
        judged += 1
    firing.sort(
        key=lambda alert: (-alert.level, -alert.value if rule.direction == "above" else alert.value, str(alert.values))
    )
    if fresh.missing:
        return Judged(rule=rule, firing=tuple(firing), judged=len(firing), reason=fresh.message, missing=True)
    if unpriced:
        reason = "requests without a known price may have cost more"
        if rule.metric is not None and metric(rule.metric).kind == _OF_TOKENS:
            reason = "requests that do not say what they used may have used more"
        return Judged(rule=rule, firing=tuple(firing), judged=judged, reason=reason, missing=True)
    if one.keys and rule.direction == "below" and not groups:
        reason = f"no request in the window has a value for {', '.join(rule.per)}"
        return Judged(rule=rule, reason=reason, missing=one.earlier is not None)
    if new:
        return Judged(rule=rule, firing=tuple(firing), judged=judged, new=len(new), reason=_without_before(new))
    if judged or not (few or unlimited):
        return Judged(rule=rule, firing=tuple(firing), judged=judged)
    if unlimited:
        return Judged(rule=rule, reason="none of its limits is that of a value in the window")
    return Judged(rule=rule, reason=f"too little to judge by in the window{_asked_for(rule)}")


def _falls_to_nothing(rule: AlertRule) -> bool:
    """Whether it fires below a sum, which is 0 where there are no requests; nothing is the worst of its values."""
    if rule.direction != "below" or rule.metric is None:
        return False
    watched = metric(rule.metric)
    return watched.additive and watched.denominator is None


def _gone(one: _Asked, tables: _Tables) -> list[Group]:
    """The values that had requests before the window and have none in it, with sums of 0."""
    if one.earlier is None:
        return []
    present = {group.keys for group in tables.of(one, one.span.period)}
    names = {*_EVIDENCE, one.rule.metric or ""}
    return [
        Group(keys=group.keys, other=False, values=dict.fromkeys(names, 0))
        for group in tables.of(one, one.earlier)
        if group.keys not in present
    ]


def _is_new(rule: AlertRule, group: Group, earlier: Group | None) -> bool:
    """Whether there is enough in the window, and nothing in the one before that it could have changed from."""
    name = rule.metric or ""
    there = rule.compare and bool(group.values[name]) and _cost(group, earlier) >= rule.min_cost
    return there and (earlier is None or not earlier.values[name])


def _without_before(new: Sequence[Group]) -> str:
    named = [" / ".join(str(key) for key in group.keys) for group in new[:_NAMED] if group.keys]
    more = f" and {len(new) - _NAMED:,} more" if len(new) > _NAMED else ""
    return f"nothing in the window before to compare with{': ' if named else ''}{', '.join(named)}{more}"


def _asked_for(rule: AlertRule) -> str:
    if rule.min_requests:
        return f": it takes {rule.min_requests:,} requests"
    return f": it takes a cost of {rule.min_cost:f}" if rule.min_cost else ""


def _measured(one: _Asked, group: Group, earlier: Group | None) -> Alert | None:
    """The value of a group; level 0 where it does not fire, None where there is no value."""
    rule = one.rule
    value = measured = _decimal(group.values[rule.metric or ""])
    against = None
    if value is None:
        return None
    if rule.compare:
        against = None if earlier is None else _decimal(earlier.values[rule.metric or ""])
        if not against:
            return None
        value = EXACT.divide(EXACT.subtract(value, against), against)
    elif rule.limited:
        against = _limit(rule, group)
        if against is None:
            return None
        value = EXACT.divide(value, against)
    return Alert(
        rule=rule,
        values=group.keys,
        value=value,
        level=rule.level(value),
        span=one.span,
        requests=int(group.values["requests"] or 0),
        measured=None if against is None else measured,
        against=against,
    )


def _limit(rule: AlertRule, group: Group) -> Decimal | None:
    """The limit of the group's value of the last dimension, else the one for any."""
    return rule.limits.get(group.keys[-1] or "" if group.keys else ANY, rule.limits.get(ANY))


def _of_outcomes(rule: AlertRule) -> bool:
    """Whether it is about business events, which are no requests."""
    return rule.metric is not None and metric(rule.metric).parts[0].outcome is not None


def _cost(group: Group, earlier: Group | None) -> Decimal:
    costs = [one.values["cost"] for one in (group, earlier) if one is not None]
    return max((_decimal(cost) or Decimal(0) for cost in costs), default=Decimal(0))


def _decimal(value: Number | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _budgets(connection: "Connection", settings: Settings, rule: AlertRule, now: datetime, basis: Basis) -> Judged:
    """The used share of the budgets with that period."""
    budgets = [one for one in read_budgets(settings) if str(one.period) == rule.window]
    if not budgets:
        return Judged(rule=rule, reason=f"there are no budgets with the period {rule.window}")
    standings = check_budgets(connection, settings, budgets, now, gates=False, causes=False, basis=basis).standings
    firing = []
    judged = 0
    reason, missing = None, False
    for one in standings:
        level = 0 if one.utilisation is None else rule.level(one.utilisation)
        if level and one.window is not None and one.utilisation is not None:
            window = Span(period=one.window.period, before=None, start=one.window.since.replace(tzinfo=None))
            firing.append(
                Alert(
                    rule=rule,
                    values=(one.budget.name, *one.values),
                    value=one.utilisation,
                    level=level,
                    span=window,
                    requests=None,
                    measured=one.spent,
                    against=one.budget.amount,
                    budget=one.budget,
                )
            )
        elif one.status == "not_evaluated":
            reason, missing = one.reason, missing or one.missing
            continue
        judged += 1
    firing.sort(key=lambda alert: (-alert.value, str(alert.values)))
    return Judged(rule=rule, firing=tuple(firing), judged=judged, reason=reason, missing=missing)
