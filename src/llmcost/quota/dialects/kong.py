"""Kong's plugin ai-rate-limiting-advanced in a decK file, old (`llm_providers`) and new (`policies`, from 3.14).

https://developer.konghq.com/plugins/ai-rate-limiting-advanced/. It counts tokens after the answer; its default window weighs the
previous one. Limits of `llm_providers` are counted by what `identifier` names. With `strategy: local` every node counts for itself. Of several instances of the plugin, Kong runs one for a request,
that for the most specific of consumer, route, service and all (https://developer.konghq.com/gateway/entities/plugin/): limits of
different instances are not compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.config import Dialect, Read
from llmcost.quota.dialects import _reading as reading
from llmcost.quota.limit import Condition, Limit, Matcher, Unit, Window, WindowKind
from llmcost.quota.problem import Problem
from llmcost.quota.shape import Anything, ListOf, Number, Record, Text, mismatches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node
    from llmcost.config.nodes import Text as Source

_NAME = "ai-rate-limiting-advanced"
_LISTS = ("plugins", "services", "routes", "consumers", "consumer_groups", "ai_gateway_policies")
_CALLERS = {"consumers": "consumer", "consumer_groups": "consumer_group"}
_DEPTH = 4
"""Lists inside lists, at most."""
_UNITS: dict[str, Unit] = {
    "total_tokens": "tokens", "prompt_tokens": "input_tokens", "completion_tokens": "output_tokens", "cost": "cost",
}  # fmt: skip
_DIMENSIONS = {"provider": "provider", "model": "model", "consumer": "consumer", "consumer-group": "consumer_group"}
_IDENTIFIERS = {
    "consumer": "consumer", "consumer-group": "consumer_group", "credential": "api_key", "ip": "ip", "path": "path",
    "service": "kong.service", "header": "header",
}  # fmt: skip

_SIZE = Number(positive=True)
_CONFIG = Record(
    fields={
        "llm_providers": ListOf(
            item=Record(
                fields={
                    "name": Text(),
                    "limit": ListOf(item=Number(), single=True),
                    "window_size": ListOf(item=_SIZE, single=True),
                },
                required=("name", "limit", "window_size"),
                open=True,
            )
        ),
        "policies": ListOf(
            item=Record(
                fields={
                    "match": ListOf(
                        item=Record(
                            fields={"type": Text(), "values": ListOf(item=Anything()), "key": Anything()}, open=True
                        )
                    ),
                    "limits": ListOf(
                        item=Record(
                            fields={"limit": Number(), "window_size": _SIZE},
                            required=("limit", "window_size"),
                            open=True,
                        )
                    ),
                },
                required=("limits",),
                open=True,
            )
        ),
        "identifier": Text(one_of=tuple(_IDENTIFIERS)),
        "header_name": Text(),
        "window_type": Text(one_of=("sliding", "fixed")),
        "strategy": Text(one_of=("local", "cluster", "redis")),
    },
    open=True,
)
SHAPE = Record(
    fields={"plugins": ListOf(item=Record(fields={"name": Text(), "config": _CONFIG}, open=True))}, open=True
)


def claims(root: Node) -> bool:
    """Whether a document has the plugin."""
    return next(_plugins(root), None) is not None


def read(documents: tuple[Node, ...], source: Source) -> Read:
    """Every limit of every such plugin that is not switched off."""
    limits: list[Limit] = []
    problems: list[Problem] = []
    instances = 0
    for number, (path, plugin, config) in enumerate(_plugins(documents[0])):
        problems += mismatches(config, _CONFIG, "the plugin's config")
        problems += _unequal(config)
        enabled = plugin.get("enabled")
        if enabled is not None and enabled.value is False:
            continue
        instances += 1
        attached = _attached(documents[0], path, plugin)
        identifier = _identifier(documents[0], path, plugin, config)
        for rule, (where, node, match, per, pairs) in enumerate(_rules(config, identifier)):
            limits += [
                _limit(
                    (number, rule),
                    (*path, "config", *where, place),
                    config,
                    node,
                    match=Matcher(conditions=(*attached, *match.conditions)),
                    per=per,
                    amount=amount,
                    size=size,
                )
                for place, (amount, size) in enumerate(pairs)
            ]
    note = f"{source.name}: of {instances} instances of the plugin, only the most specific one for a request runs"
    return Read(limits=tuple(limits), problems=tuple(problems), notes=(note,) if instances > 1 else ())


def _plugins(node: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Node, Node]]:
    """Path, node and config of each plugin, at the top or below services, routes and consumers, as they stand in the file."""
    if _NAME in {reading.scalar(node, "name"), reading.scalar(node, "type"), reading.scalar(node, "plugin")}:
        config = node.get("config")
        if config is not None and config.kind == "mapping":
            yield path, node, config
        return
    below = [
        ((*path, key, place), item)
        for key in (_LISTS if len(path) < 2 * _DEPTH else ())
        for place, item in enumerate(reading.items_of(node.get(key)))
        if item.kind == "mapping"
    ]
    for where, item in sorted(below, key=lambda one: one[1].start):
        yield from _plugins(item, where)


def _attached(root: Node, path: tuple[str | int, ...], plugin: Node) -> tuple[Condition, ...]:
    """The instance of the plugin, which no other shares, and the service, route or consumer it is for."""
    named = [(key, reading.scalar(plugin, key)) for key in ("service", "route", "consumer", "consumer_group")]
    node: Node | None = root
    for key, place in zip(path[::2], path[1::2], strict=True):
        node = reading.items_of(None if node is None else node.get(str(key)))[int(place)]
        if key in _CALLERS:
            named.append((_CALLERS[key], reading.scalar(node, "username") or reading.scalar(node, "name")))
    found = [
        Condition(dimension=key if key in _CALLERS.values() else f"kong.{key}", values=frozenset({name}))
        for key, name in named
        if name is not None
    ]
    return (*found, Condition(dimension="kong.instance", values=frozenset({"/".join(map(str, path))})))


def _identifier(root: Node, path: tuple[str | int, ...], plugin: Node, config: Node) -> tuple[str, ...]:
    """What limits of `llm_providers` are counted by."""
    name = reading.scalar(config, "identifier") or "consumer"
    if name == "header" and (header := reading.scalar(config, "header_name")):
        return (f"header.{header}",)
    if name == "service":
        attached = {*path[::2], *plugin.entries} & {"services", "routes", "service", "route"}
        if attached or len(reading.items_of(root.get("services"))) <= 1:
            return ()  # one service, one counter
    return (_IDENTIFIERS.get(name, name),)


def _rules(
    config: Node, identifier: tuple[str, ...]
) -> Iterator[tuple[tuple[str | int, ...], Node, Matcher, tuple[str, ...], list[tuple[Node, Node]]]]:
    """Place in the config, node, conditions, keys of counters, and amounts beside lengths of each rule."""
    for number, item in enumerate(reading.items_of(config.get("llm_providers"))):
        name = reading.scalar(item, "name")
        match = Matcher(conditions=(Condition(dimension="provider", values=frozenset({name})),) if name else ())
        sizes, amounts = _listed(item.get("window_size")), _listed(item.get("limit"))
        yield ("llm_providers", number, "limit"), item, match, identifier, list(zip(amounts, sizes, strict=False))
    for number, item in enumerate(reading.items_of(config.get("policies"))):
        conditions, per = [], []
        matches = item.get("match")
        for one in matches.items if matches is not None else ():
            kind = reading.scalar(one, "type") or ""
            key = reading.scalar(one, "key")
            dimension = _DIMENSIONS.get(kind, f"{kind}.{key}" if key else kind)
            values = one.get("values")
            if values is not None and values.texts:
                conditions.append(Condition(dimension=dimension, values=frozenset(values.texts)))
            split = one.get("partition_by")
            if split is not None and split.value is True:
                per.append(dimension)
        listed = item.get("limits")
        pairs = [
            (amount, size)
            for one in (listed.items if listed is not None else ())
            if (amount := one.get("limit")) is not None and (size := one.get("window_size")) is not None
        ]
        yield ("policies", number, "limits"), item, Matcher(conditions=tuple(conditions)), tuple(per), pairs


def _limit(
    number: tuple[int, int],
    path: tuple[str | int, ...],
    config: Node,
    node: Node,
    *,
    match: Matcher,
    per: tuple[str, ...],
    amount: Node,
    size: Node,
) -> Limit:
    seconds = reading.amount_of(size)
    length = int(seconds) if seconds is not None and seconds.is_finite() and seconds > 0 and not seconds % 1 else None
    fixed = reading.scalar(config, "window_type") == "fixed"
    span = {60: "minute", 3_600: "hour", 86_400: "day"}.get(length or 0)
    kind: WindowKind = "unknown" if length is None else "fixed" if fixed else "sliding_counter"
    counted = reading.scalar(config, "tokens_count_strategy") or "total_tokens"
    return Limit(
        id=reading.scalar(node, "name"),
        rule=number[0] * 1_000 + number[1],
        path=path,
        match=match,
        per=per,
        unit=_UNITS.get(counted, "tokens"),
        amount=reading.amount_of(amount),
        window=Window(kind=kind, seconds=length, span=span),
        charge="post",
        local=reading.scalar(config, "strategy") in {None, "local"},
        node=node,
        places={**reading.places(node, id="name", when="match"), "amount": amount, "unit": size},
    )


def _unequal(config: Node) -> Iterator[Problem]:
    providers = config.get("llm_providers")
    for item in providers.items if providers is not None else ():
        sizes, amounts = _listed(item.get("window_size")), _listed(item.get("limit"))
        node = item.get("window_size")
        if node is not None and len(sizes) != len(amounts):
            yield Problem(
                code="QS214",
                at=node,
                message=f"{len(amounts)} limits and {len(sizes)} windows: the lists belong together, one window for each limit",
                rule_id=reading.scalar(item, "name"),
            )


def _listed(node: Node | None) -> tuple[Node, ...]:
    if node is None:
        return ()
    return node.items if node.kind == "sequence" else (node,)


dialect = Dialect(title="Kong AI rate limiting", semantics="all-must-pass", claims=claims, read=read, shape=SHAPE)
