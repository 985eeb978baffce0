"""Envoy AI Gateway: rate limits of BackendTrafficPolicy and QuotaPolicy in Kubernetes manifests.

https://aigateway.envoyproxy.io/docs/capabilities/traffic/usage-based-ratelimiting. Tokens are charged after the answer, so a
window may be overshot. What a response costs is written by `llmRequestCosts` of an AIGatewayRoute. A rule in shadow mode refuses
nobody. Selectors: https://github.com/envoyproxy/gateway, api/v1alpha1/ratelimit_types.go; quotas:
https://github.com/envoyproxy/ai-gateway, api/v1alpha1/quota_policy.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmcost.quota.config import Dialect, Read
from llmcost.quota.dialects import _reading as reading
from llmcost.quota.dialects._durations import window
from llmcost.quota.limit import SECONDS, Condition, Limit, Matcher, Unit, Window
from llmcost.quota.problem import Problem
from llmcost.quota.shape import ListOf, Number, Record, Text, mismatches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node
    from llmcost.config.nodes import Text as Source

_UNITS: dict[str, Unit] = {"InputToken": "input_tokens", "OutputToken": "output_tokens", "TotalToken": "tokens"}
_NAMESPACE = "io.envoy.ai_gateway"
_UNIT_SECONDS = {**SECONDS, "month": 30 * SECONDS["day"], "year": 365 * SECONDS["day"]}
"""Windows are cut at multiples since 1970, the longer ones too (https://github.com/envoyproxy/ratelimit, src/utils)."""
_PLAIN = r"(?:[\w@/:, -]|\\[.@/-]|\.\*)+"
_ALTERNATIVES = re.compile(
    rf"\^?(?:\((?:\?:)?(?P<group>{_PLAIN}(?:\|{_PLAIN})*)\)|(?P<plain>{_PLAIN}(?:\|{_PLAIN})*))\$?", re.ASCII
)
"""Regular expressions that only name texts, `a|b`, and any part of them, `team-.*`."""
_SELECTORS = {"headers", "methods", "sourceCIDR", "path"}
_DURATION = re.compile(r"[1-9][0-9]*[smhd]?", re.ASCII)
_RULE = Record(
    fields={
        "limit": Record(
            fields={
                "requests": Number(whole=True),
                "unit": Text(one_of=("Second", "Minute", "Hour", "Day", "Month", "Year")),
            },
            required=("requests", "unit"),
            open=True,
        )
    },
    required=("limit",),
    open=True,
)
_BUCKET = Record(fields={"limit": Number(whole=True), "duration": Text()}, required=("limit", "duration"), open=True)
_QUOTA = Record(
    fields={
        "quota": Record(
            fields={
                "defaultBucket": _BUCKET,
                "bucketRules": ListOf(item=Record(fields={"quota": _BUCKET}, open=True)),
            },
            open=True,
        )
    },
    open=True,
)


def claims(root: Node) -> bool:
    """Whether a document is one of the kinds that limit, or that they refer to."""
    group = (reading.scalar(root, "apiVersion") or "").partition("/")[0]
    kind = reading.scalar(root, "kind")
    if kind == "BackendTrafficPolicy" and group == "gateway.envoyproxy.io":
        return root.get("spec", "rateLimit") is not None
    return group == "aigateway.envoyproxy.io" and kind in {"AIGatewayRoute", "QuotaPolicy"}


def read(documents: tuple[Node, ...], source: Source) -> Read:
    """Limits of all policies of a file, seen beside its routes."""
    routes = [root for root in documents if reading.scalar(root, "kind") == "AIGatewayRoute"]
    costs = {
        key: reading.scalar(item, "type") or ""
        for root in routes
        for item in _items(root.get("spec", "llmRequestCosts"))
        if (key := reading.scalar(item, "metadataKey")) is not None
    }
    models = {name for root in routes for name in _overrides(root)}
    limits: list[Limit] = []
    problems: list[Problem] = []
    for root in documents:
        kind = reading.scalar(root, "kind")
        if kind == "BackendTrafficPolicy":
            for number, rule in enumerate(_items(root.get("spec", "rateLimit", "global", "rules"))):
                limits.append(_traffic(len(limits), number, root, rule, costs))
                problems += mismatches(rule, _RULE, "the rule", limits[-1].id)
                problems += _costs(rule, costs, known=bool(routes))
        elif kind == "QuotaPolicy":
            for number, quota in enumerate(_items(root.get("spec", "perModelQuotas"))):
                found = list(_quota(len(limits), number, root, quota))
                limits += found
                problems += mismatches(quota, _QUOTA, "the quota", next((one.id for one in found), None))
                problems += _durations(found)
                problems += _unmatched(quota, models, known=bool(routes))
    return Read(limits=tuple(limits), problems=tuple(problems))


def _traffic(place: int, number: int, root: Node, rule: Node, costs: dict[str, str]) -> Limit:
    span = (reading.scalar(rule, "limit", "unit") or "Minute").lower()
    key = reading.scalar(rule, "cost", "response", "metadata", "key")
    conditions, per = _selectors(rule, f"{reading.scalar(root, 'metadata', 'name')}/{number}")
    unit = "requests" if key is None else _UNITS.get(costs.get(key, ""), "tokens")
    return Limit(
        id=f"{reading.scalar(root, 'metadata', 'name')}/{number}",
        rule=place,
        path=("spec", "rateLimit", "global", "rules", number),
        match=Matcher(conditions=(*_targets(root), *conditions)),
        per=per,
        unit=unit,
        amount=reading.amount_of(rule.get("limit", "requests")),
        window=Window(kind="fixed", seconds=_UNIT_SECONDS.get(span), span=span if span in _UNIT_SECONDS else None),
        charge="pre" if key is None else "post",
        mode="audit" if _true(rule.get("shadowMode")) else "enforce",
        counted=key or "",
        inexact=key in costs and costs[key] not in _UNITS,
        node=rule,
        places={
            name: node
            for name, node in (
                ("amount", rule.get("limit", "requests")),
                ("unit", rule.get("limit", "unit")),
                ("when", rule.get("clientSelectors")),
            )
            if node is not None
        },
    )


def _selectors(rule: Node, name: str) -> tuple[tuple[Condition, ...], tuple[str, ...]]:
    """What a rule's client selectors ask for, all of which must hold, and what they count by."""
    conditions: list[Condition] = []
    per: list[str] = []
    for number, selector in enumerate(_items(rule.get("clientSelectors"))):
        for dimension, part in _selected(selector):
            value, kind = reading.scalar(part, "value"), reading.scalar(part, "type")
            values = None if value is None else _values(value, kind)
            if kind == "Distinct":
                per.append(dimension)
            elif values is not None:
                conditions.append(_either(dimension, values, inverted=_true(part.get("invert"))))
            elif value is not None:
                conditions.append(_unknown(dimension, f"{name}/{number}"))
        for inverted in (False, True):
            methods = [one for one in _items(selector.get("methods")) if _true(one.get("invert")) is inverted]
            values = frozenset(value for one in methods if (value := reading.scalar(one, "value")) is not None)
            if values:
                conditions.append(_either("method", values, inverted=inverted))
        # A selector of a kind not known here may tell this rule from any other: it is compared with none.
        conditions += [_unknown(key, f"{name}/{number}") for key in sorted(set(selector.entries) - _SELECTORS)]
    return tuple(conditions), tuple(per)


def _unknown(what: str, place: str) -> Condition:
    return Condition(dimension=f"selector.{what}", values=frozenset({place}))


def _values(value: str, kind: str | None) -> frozenset[str] | None:
    """The texts, with `*` for any part, that a selector is about; None where that takes a regular expression."""
    if kind == "PathPrefix":
        stem = value.rstrip("/")
        return frozenset({stem or "/", f"{stem}/*"})
    if kind != "RegularExpression":
        return frozenset({value})
    # The whole of a value must match (https://www.envoyproxy.io/docs/envoy/latest/api-v3/type/matcher/v3/regex.proto).
    found = _ALTERNATIVES.fullmatch(value)
    if found is None:
        return None
    return frozenset(one.replace(".*", "*").replace("\\", "") for one in (found["group"] or found["plain"]).split("|"))


def _either(dimension: str, values: frozenset[str], *, inverted: bool) -> Condition:
    return (
        Condition(dimension=dimension, excluded=values) if inverted else Condition(dimension=dimension, values=values)
    )


def _selected(selector: Node) -> Iterator[tuple[str, Node]]:
    """What a client selector looks at, and how: headers, where the call comes from, its path."""
    for header in _items(selector.get("headers")):
        yield f"header.{reading.scalar(header, 'name')}", header
    for key, name in (("sourceCIDR", "source"), ("path", "path")):
        node = selector.get(key)
        if node is not None and node.kind == "mapping":
            yield name, node


def _quota(place: int, number: int, root: Node, quota: Node) -> Iterator[Limit]:
    model = reading.scalar(quota, "modelName")
    name = f"{reading.scalar(root, 'metadata', 'name')}/{model}"
    rules = _items(quota.get("quota", "bucketRules"))
    buckets = [("defaultBucket", quota, quota.get("quota", "defaultBucket"))]
    buckets += [("bucketRules", rule, rule.get("quota") or rule) for rule in rules]
    # Unless it is shared, the default bucket is for requests no rule matches, and a request passes while any bucket has room.
    apart = bool(rules) and reading.scalar(quota, "quota", "mode") != "Shared"
    for where, (key, rule, bucket) in enumerate(buckets):
        if bucket is None or bucket.get("limit") is None:
            continue
        conditions, per = _selectors(rule, f"{name}/{where}")
        if model:
            conditions = (Condition(dimension="model", values=frozenset({model})), *conditions)
        if apart:
            conditions = (*conditions, Condition(dimension="bucket", values=frozenset({f"{name}/{where}"})))
        expression = reading.scalar(quota, "costExpression") or ""
        yield Limit(
            id=name,
            rule=place,
            path=("spec", "perModelQuotas", number, "quota", key),
            match=Matcher(conditions=(*_targets(root), *conditions)),
            per=per,
            unit="tokens",
            amount=reading.amount_of(bucket.get("limit")),
            window=_window(reading.scalar(bucket, "duration")),
            charge="post",
            mode="audit" if _true(rule.get("shadowMode")) else "enforce",
            counted=expression,
            inexact=bool(expression),
            node=quota,
            places=reading.places(bucket, amount="limit", unit="duration"),
        )


def _window(text: str | None) -> Window:
    """The window of a bucket; a number alone is seconds."""
    if text is None or not _DURATION.fullmatch(text):
        return Window(kind="unknown")
    return window(f"{text}s" if text.isdigit() else text, "fixed")


def _durations(limits: list[Limit]) -> Iterator[Problem]:
    for limit in limits:
        node = limit.places.get("unit")
        if node is not None and node.kind == "scalar" and not node.is_null and limit.window.kind == "unknown":
            yield Problem(
                code="QS205",
                at=node,
                message=f"`duration` is `{node.text}`, which is no length of time",
                help="a number and s, m, h or d",
                rule_id=limit.id,
            )


def _costs(rule: Node, costs: dict[str, str], *, known: bool) -> Iterator[Problem]:
    """A key that no route writes, and a request that costs something beside its tokens."""
    response = rule.get("cost", "response")
    if response is None:
        return
    key = response.get("metadata", "key")
    ours = reading.scalar(response, "metadata", "namespace") in {None, _NAMESPACE}
    if known and ours and key is not None and key.text not in costs:
        yield Problem(
            code="QS216",
            at=key,
            message=f"no route writes the cost `{key.text}`, so responses cost nothing and the limit never binds",
            help=f"written are: {', '.join(sorted(costs))}" if costs else "add it to `llmRequestCosts`",
        )
    request = rule.get("cost", "request")
    number = None if request is None else reading.amount_of(request.get("number"))
    if number != 0:
        yield Problem(
            code="QS220",
            at=(request.get("number") or request) if request is not None else (rule.get("cost") or rule),
            message=f"each request costs {1 if number is None else number} token beside those of its response",
            help="add `request: {from: Number, number: 0}`" if request is None else "write `number: 0`",
        )


def _unmatched(quota: Node, models: set[str], *, known: bool) -> Iterator[Problem]:
    node = quota.get("modelName")
    if known and node is not None and node.text not in models:
        yield Problem(
            code="QS217",
            at=node,
            message=f"no route sends a model `{node.text}`, so this quota is silently not applied",
            help=f"`modelNameOverride` is one of {', '.join(sorted(models))}"
            if models
            else "set `modelNameOverride` on the route",
        )


def _targets(root: Node) -> tuple[Condition, ...]:
    """The gateway, route or backend a policy is attached to."""
    names = [reading.scalar(item, "name") for item in _items(root.get("spec", "targetRefs"))]
    values = frozenset(name for name in (*names, reading.scalar(root, "spec", "targetRef", "name")) if name is not None)
    return (Condition(dimension="target", values=values),) if values else ()


def _overrides(route: Node) -> Iterator[str]:
    for rule in _items(route.get("spec", "rules")):
        for backend in _items(rule.get("backendRefs")):
            name = reading.scalar(backend, "modelNameOverride")
            if name is not None:
                yield name


def _items(node: Node | None) -> tuple[Node, ...]:
    return () if node is None else tuple(item for item in node.items if item.kind == "mapping")


def _true(node: Node | None) -> bool:
    return node is not None and node.value is True


dialect = Dialect(title="Envoy AI Gateway", semantics="all-must-pass", claims=claims, read=read, whole_file=True)
