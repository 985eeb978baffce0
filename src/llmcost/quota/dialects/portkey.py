"""Portkey's usage and rate limit policies, one or a list of them, as its API takes them.

https://portkey.ai/docs/product/enterprise-offering/budget-policies. All policies that match must allow a request; usage is
counted after it. `unit: rpm` with `type: tokens` is tokens a minute. Weeks begin on Sunday, months on the 1st, in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.config import Dialect, Read
from llmcost.quota.dialects import _reading as reading
from llmcost.quota.limit import SECONDS, Alerts, Condition, Limit, Matcher, Unit, Window
from llmcost.quota.problem import Problem
from llmcost.quota.shape import Anything, ListOf, Number, Record, Shape, Text, mismatches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node
    from llmcost.config.nodes import Text as Source

_SPANS = {"rpm": "minute", "rph": "hour", "rpd": "day", "rpw": "week"}
_SUNDAY = 6
_MOST_DAYS = 365
_RESETS = {"weekly": "week", "monthly": "month"}
_DIMENSIONS = {"api_key": "api_key", "model": "model", "provider": "provider", "workspace_id": "workspace"}
_UNITS: dict[str, Unit] = {"cost": "cost", "tokens": "tokens", "requests": "requests"}
_LISTS = ("policies", "usage_limits_policies", "rate_limits_policies")

_CONDITIONS = ListOf(
    item=Record(
        fields={"key": Text(), "value": ListOf(item=Text(), single=True), "excludes": ListOf(item=Text(), single=True)},
        required=("key",),
        open=True,
    )
)
_GROUPS = ListOf(item=Record(fields={"key": Text()}, required=("key",), open=True))
_COMMON: dict[str, Shape] = {
    "id": Text(), "name": Text(), "workspace_id": Text(), "organisation_id": Text(), "conditions": _CONDITIONS,
    "group_by": _GROUPS, "status": Text(), "description": Anything(),
}  # fmt: skip
_USAGE = Record(
    fields={
        **_COMMON,
        "type": Text(one_of=tuple(_UNITS)),
        "credit_limit": Number(),
        "alert_threshold": Number(),
        "periodic_reset": Text(one_of=tuple(_RESETS)),
        "periodic_reset_days": Number(whole=True, positive=True, most=_MOST_DAYS),
        "next_usage_reset_at": Anything(),
    },
    required=("conditions", "group_by", "type", "credit_limit"),
    open=True,
)
_RATE = Record(
    fields={
        **_COMMON,
        "type": Text(one_of=("requests", "tokens")),
        "value": Number(whole=True),
        "unit": Text(one_of=tuple(_SPANS)),
    },
    required=("conditions", "group_by", "type", "unit", "value"),
    open=True,
)

_EITHER = Record(
    fields={**_RATE.fields, **_USAGE.fields},
    required=("conditions", "group_by", "type"),
    about="A policy of either kind.",
)


def claims(root: Node) -> bool:
    """Whether a document is a policy, or a list of them under a key."""
    return _is_policy(root) or any(
        (listed := root.get(key)) is not None and any(_is_policy(item) for item in listed.items) for key in _LISTS
    )


def read(documents: tuple[Node, ...], source: Source) -> Read:
    """The policies as limits, but for those that are archived."""
    root = documents[0]
    policies: list[tuple[tuple[str | int, ...], Node]] = [((), root)] if _is_policy(root) else []
    for key in _LISTS:
        listed = root.get(key)
        policies += [((key, place), item) for place, item in enumerate(listed.items if listed is not None else ())]
    limits = []
    problems: list[Problem] = []
    for number, (path, policy) in enumerate(policies):
        if policy.kind != "mapping":
            continue
        rate = policy.get("credit_limit") is None
        name = reading.scalar(policy, "name")
        problems += mismatches(policy, _RATE if rate else _USAGE, "the policy", name)
        problems += _crossed(policy, name)
        if reading.scalar(policy, "status") != "archived":
            limits.append(_limit(number, path, policy, rate=rate))
    return Read(limits=tuple(limits), problems=tuple(problems))


def _is_policy(node: Node) -> bool:
    keys = set(node.entries)
    return "group_by" in keys and bool(keys & {"credit_limit", "value"}) and "conditions" in keys


def _limit(number: int, path: tuple[str | int, ...], policy: Node, *, rate: bool) -> Limit:
    unit = _UNITS.get(reading.scalar(policy, "type") or "", "requests")
    amount = policy.get("value" if rate else "credit_limit")
    threshold = reading.amount_of(policy.get("alert_threshold"))
    most = reading.amount_of(amount)
    return Limit(
        id=reading.scalar(policy, "name") or reading.scalar(policy, "id"),
        rule=number,
        path=path,
        match=Matcher(conditions=tuple(_conditions(policy))),
        per=tuple(
            _dimension(key) for item in reading.items_of(policy.get("group_by")) if (key := reading.scalar(item, "key"))
        ),
        unit=unit,
        amount=most,
        window=_window(policy, rate=rate),
        charge="pre" if unit == "requests" else "post",
        kind="rate" if rate else "budget",
        alerts=Alerts(thresholds=(threshold * 100 / most,)) if threshold is not None and most else None,
        node=policy,
        places=reading.places(
            policy,
            id="name",
            when="conditions",
            per="group_by",
            unit="type",
            amount="value" if rate else "credit_limit",
        ),
    )


def _window(policy: Node, *, rate: bool) -> Window:
    if rate:
        span = _SPANS.get(reading.scalar(policy, "unit") or "", "minute")
        return Window(kind="sliding_log", seconds=SECONDS[span], span=span)
    days = reading.amount_of(policy.get("periodic_reset_days"))
    if days is not None:
        known = days.is_finite() and 0 < days <= _MOST_DAYS and not days % 1
        return Window(kind="fixed", seconds=int(days) * SECONDS["day"]) if known else Window(kind="unknown")
    reset = _RESETS.get(reading.scalar(policy, "periodic_reset") or "")
    if reset is None:
        return Window(kind="lifetime")
    return Window(kind="calendar", seconds=SECONDS.get(reset), span=reset, week_start=_SUNDAY)


def _conditions(policy: Node) -> Iterator[Condition]:
    workspace = reading.scalar(policy, "workspace_id")
    if workspace is not None:
        yield Condition(dimension="workspace", values=frozenset({workspace}))
    listed = policy.get("conditions")
    for item in listed.items if listed is not None else ():
        key = reading.scalar(item, "key")
        value, excludes = item.get("value"), item.get("excludes")
        values = None if value is None or "*" in value.texts else frozenset(value.texts)
        excluded = frozenset(excludes.texts) if excludes is not None else frozenset[str]()
        if key is not None and (values or excluded):
            yield Condition(dimension=_dimension(key), values=values, excluded=excluded)


def _dimension(key: str) -> str:
    return _DIMENSIONS.get(key, key)


def _crossed(policy: Node, name: str | None) -> Iterator[Problem]:
    """What the parts of a policy say together."""
    for item in reading.items_of(policy.get("conditions")):
        if item.kind == "mapping" and item.get("key") and not (item.get("value") or item.get("excludes")):
            yield Problem(
                code="QS202",
                at=item.key("key") or item,
                message=f"the condition on `{reading.scalar(item, 'key')}` has neither `value` nor `excludes`",
                help="add `value:`, one or a list, or `*`",
                rule_id=name,
            )
    days = policy.key("periodic_reset_days")
    reset = policy.get("periodic_reset")
    value = policy.get("periodic_reset_days")
    if days is not None and value is not None and not value.is_null and reset is not None and not reset.is_null:
        yield Problem(
            code="QS218",
            at=days,
            message="`periodic_reset` and `periodic_reset_days` exclude each other",
            help="keep one",
            rule_id=name,
            related=((reset, "the other"),),
        )
    threshold, most = policy.get("alert_threshold"), policy.get("credit_limit")
    first, last = reading.amount_of(threshold), reading.amount_of(most)
    if threshold is not None and most is not None and first is not None and last is not None and first >= last:
        yield Problem(
            code="QS219",
            at=threshold,
            message=f"the alert at {first:,f} comes no earlier than the limit of {last:,f}",
            help="lower the threshold",
            rule_id=name,
            related=((most, "the limit"),),
        )


dialect = Dialect(
    title="Portkey policies",
    semantics="all-must-pass",
    claims=claims,
    read=read,
    shape=Record(fields={"policies": ListOf(item=_EITHER)}, open=True),
    alerts=True,
)
