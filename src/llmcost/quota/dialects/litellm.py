"""LiteLLM's config.yaml: rates of deployments, budgets of the proxy, providers, deployments and tags, what new owners get.

Deployments: https://docs.litellm.ai/docs/routing; rpm and tpm are hints for routing unless
`optional_pre_call_checks: [enforce_model_rate_limits]` is set. Budgets: https://docs.litellm.ai/docs/proxy/provider_budget_routing.
Other limits of keys, teams and users live in its database, not in the file. Windows of rates and of the budgets that page is about begin
with the first request, other budgets are reset by the clock, hours as well as days. Without Redis every instance counts for itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict
from zoneinfo import ZoneInfo

from llmcost.quota.config import Dialect, Read
from llmcost.quota.dialects import _reading as reading
from llmcost.quota.dialects._durations import duration_problems, loose_window, reset_window
from llmcost.quota.limit import Charge, Condition, Limit, Matcher, Unit, Window
from llmcost.quota.problem import Problem
from llmcost.quota.shape import Anything, ListOf, MapOf, Number, Record, Shape, Text, mismatches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node
    from llmcost.config.nodes import Text as Source

_KEYS = ("model_list", "litellm_settings", "router_settings")
_RATES: dict[str, Unit] = {
    "rpm": "requests", "tpm": "tokens", "itpm": "input_tokens", "otpm": "output_tokens",
    "max_parallel_requests": "concurrency",
}  # fmt: skip
_OWNERS: dict[str, str] = {
    "default_internal_user_params": "user", "default_team_params": "team", "default_key_generate_params": "api_key",
}  # fmt: skip
_OWN_RATES: dict[str, Unit] = {
    "rpm_limit": "requests", "tpm_limit": "tokens", "max_parallel_requests": "concurrency",
}  # fmt: skip
"""Limits that new owners get (https://docs.litellm.ai/docs/proxy/config_settings)."""
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]?\d)(?::([0-5]?\d))?", re.ASCII)
_ALL_UP = "global_max_parallel_requests"
_MINUTE = Window(kind="anchored", seconds=60, span="minute")
_VARIABLE = "os.environ/"
"""How a value begins that stands in the environment (https://docs.litellm.ai/docs/proxy/configs)."""
_NUMBERS: dict[str, Shape] = {name: Number(whole=True, quoted=True, variable=_VARIABLE) for name in _RATES}
_OWN_NUMBERS: dict[str, Shape] = {name: Number(whole=True, quoted=True, variable=_VARIABLE) for name in _OWN_RATES}
_BUDGET: dict[str, Shape] = {"max_budget": Number(quoted=True, variable=_VARIABLE), "budget_duration": Text()}

SHAPE = Record(
    fields={
        "model_list": ListOf(
            item=Record(
                fields={
                    "model_name": Text(),
                    "litellm_params": Record(fields={"model": Text(), **_NUMBERS, **_BUDGET}, open=True),
                    **_NUMBERS,
                },
                required=("model_name", "litellm_params"),
                open=True,
            )
        ),
        "litellm_settings": Record(
            fields={
                **_BUDGET,
                "max_internal_user_budget": Number(quoted=True, variable=_VARIABLE),
                "internal_user_budget_duration": Text(),
                "tag_budget_config": MapOf(value=Record(fields=_BUDGET, required=("max_budget",), open=True)),
                **{name: Record(fields={**_BUDGET, **_OWN_NUMBERS}, open=True) for name in _OWNERS},
            },
            open=True,
        ),
        "router_settings": Record(
            fields={
                "provider_budget_config": MapOf(
                    value=Record(
                        fields={"budget_limit": Number(quoted=True, variable=_VARIABLE), "time_period": Text()},
                        required=("budget_limit", "time_period"),
                        open=True,
                    )
                )
            },
            open=True,
        ),
        "general_settings": Record(fields={_ALL_UP: Number(whole=True, quoted=True, variable=_VARIABLE)}, open=True),
        "environment_variables": Anything(),
    },
    open=True,
)


class _Rate(TypedDict):
    unit: Unit
    window: Window
    charge: Charge


def claims(root: Node) -> bool:
    """Whether a document has one of its three main keys."""
    models = root.get("model_list")
    listed = models is not None and any(item.get("litellm_params") is not None for item in models.items)
    return listed or any(root.get(key) is not None for key in _KEYS[1:])


def read(documents: tuple[Node, ...], source: Source) -> Read:
    """Deployments, then budgets."""
    root = documents[0]
    local = root.get("router_settings", "redis_host") is None and root.get("router_settings", "redis_url") is None
    problems: list[Problem] = list(mismatches(root, SHAPE, "the config"))
    limits = [*_deployments(root, local=local)]
    deployments = len(reading.items_of(root.get("model_list")))
    budgets: list[Limit] = []
    day_start = _day_start(root)
    if day_start is None and (clock := root.get("litellm_settings", "budget_reset_time")) is not None:
        problems.append(
            Problem(
                code="QS205",
                at=clock,
                message=f"`budget_reset_time` is `{clock.text}`, which is no time of day"
                + ("" if clock.tag == "str" else ": without quotes it is no text"),
                help='a quoted "HH:MM" or "HH:MM:SS"; LiteLLM does not start otherwise',
            )
        )
    for path, key, duration, per in (
        (("litellm_settings",), "max_budget", "budget_duration", ()),
        (("litellm_settings",), "max_internal_user_budget", "internal_user_budget_duration", ("user",)),
        *((("litellm_settings", name), "max_budget", "budget_duration", (owner,)) for name, owner in _OWNERS.items()),
    ):
        node = root.get(*path)
        if node is None or node.get(key) is None:
            continue
        problems += duration_problems(node.get(duration), "1mo", key, clock=True)
        text = reading.scalar(node, duration)
        reset = reset_window(text, _zone(root))
        if reset.kind == "calendar":
            reset = replace(reset, day_start=day_start or 0)
        budgets.append(_budget(deployments + len(budgets), path, node, key, unit=duration, window=reset, per=per))
    for where, node, amount, duration, condition in _routed(root):
        name = reading.scalar(node, "model_name") or str(where[-1])
        params = node.get("litellm_params") or node
        problems += duration_problems(params.get(duration), "1mo", name)
        first = loose_window(reading.scalar(params, duration))
        match = Matcher(conditions=(condition,))
        place = deployments + len(budgets)
        budgets.append(_budget(place, where, params, amount, unit=duration, window=first, match=match, name=name))
    rates = _settings_rates(root, deployments + len(budgets), local=local)
    return Read(limits=(*limits, *budgets, *rates), problems=tuple(problems))


def _settings_rates(root: Node, first: int, *, local: bool) -> Iterator[Limit]:
    """Rates of the whole proxy and of each new owner, as rules from `first` on."""
    places: list[tuple[tuple[str, ...], str, Unit, tuple[str, ...]]] = [
        (("general_settings",), _ALL_UP, "concurrency", ())
    ]
    places += [
        (("litellm_settings", name), key, unit, (owner,))
        for name, owner in _OWNERS.items()
        for key, unit in _OWN_RATES.items()
    ]
    for path, key, unit, per in places:
        node = root.get(*path)
        amount = None if node is None else node.get(key)
        if node is not None and amount is not None and not amount.is_null:
            yield Limit(
                id=key,
                rule=first,
                path=path,
                match=Matcher(),
                per=per,
                **_rate(unit),
                amount=reading.amount_of(amount),
                local=local,
                node=node,
                places={"amount": amount},
            )
            first += 1


def _rate(unit: Unit) -> _Rate:
    """How LiteLLM counts something by the minute, or requests under way."""
    held = unit == "concurrency"
    return {
        "unit": unit,
        "window": Window(kind="instant") if held else _MINUTE,
        "charge": "pre" if held or unit == "requests" else "post",
    }


def _routed(root: Node) -> Iterator[tuple[tuple[str | int, ...], Node, str, str, Condition]]:
    """Budgets the router keeps: path, node, keys of amount and duration, and what they are about."""
    for number, item in enumerate(reading.items_of(root.get("model_list"))):
        budget = item.get("litellm_params", "max_budget")
        if budget is not None and not budget.is_null:
            about = Condition(dimension="deployment", values=frozenset({_deployment(number, item)}))
            yield ("model_list", number), item, "max_budget", "budget_duration", about
    for path, amount, duration, dimension in (
        (("router_settings", "provider_budget_config"), "budget_limit", "time_period", "provider"),
        (("litellm_settings", "tag_budget_config"), "max_budget", "budget_duration", "tag"),
    ):
        listed = root.get(*path)
        for name, (_, node) in (listed.entries if listed is not None else {}).items():
            yield (*path, name), node, amount, duration, Condition(dimension=dimension, values=frozenset({name}))


def _deployment(number: int, item: Node) -> str:
    return f"{reading.scalar(item, 'model_name') or reading.scalar(item, 'litellm_params', 'model')}#{number}"


def _zone(root: Node) -> str:
    """The time zone of resets; LiteLLM takes UTC for one it does not know."""
    name = reading.scalar(root, "litellm_settings", "timezone") or "UTC"
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        return "UTC"


def _day_start(root: Node) -> int | None:
    """Seconds after midnight at which days begin for budgets; None where what is written is no time of day."""
    node = root.get("litellm_settings", "budget_reset_time")
    if node is None or node.is_null or (node.tag == "str" and not node.text):
        return 0
    found = _CLOCK.fullmatch(node.text) if node.kind == "scalar" and node.tag == "str" else None
    return None if found is None else int(found[1]) * 3_600 + int(found[2]) * 60 + int(found[3] or 0)


def _deployments(root: Node, *, local: bool) -> Iterator[Limit]:
    models = root.get("model_list")
    for number, item in enumerate(models.items if models is not None else ()):
        name = reading.scalar(item, "model_name")
        deployment = _deployment(number, item)
        for key, unit in _RATES.items():
            node = item.get(key) or item.get("litellm_params", key)
            if node is None or node.is_null:
                continue
            yield Limit(
                id=name,
                rule=number,
                path=("model_list", number),
                match=Matcher(conditions=(Condition(dimension="deployment", values=frozenset({deployment})),)),
                **_rate(unit),
                amount=reading.amount_of(node),
                local=local,
                node=item,
                places={**reading.places(item, id="model_name"), "amount": node},
            )


def _budget(
    number: int,
    path: tuple[str | int, ...],
    node: Node,
    key: str,
    *,
    unit: str,
    window: Window,
    per: tuple[str, ...] = (),
    match: Matcher | None = None,
    name: str | None = None,
) -> Limit:
    return Limit(
        id=name or key,
        rule=number,
        path=path,
        match=match or Matcher(),
        per=per,
        unit="cost",
        amount=reading.amount_of(node.get(key)),
        window=window,
        charge="post",
        kind="budget",
        node=node,
        places=reading.places(node, amount=key, unit=unit),
    )


dialect = Dialect(title="LiteLLM", semantics="all-must-pass", claims=claims, read=read, shape=SHAPE)
