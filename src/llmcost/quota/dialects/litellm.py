"""LiteLLM's config.yaml: rpm and tpm of deployments, budgets of the proxy, of providers, deployments and tags.

Deployments: https://docs.litellm.ai/docs/routing; rpm and tpm are hints for routing unless
`optional_pre_call_checks: [enforce_model_rate_limits]` is set. Budgets: https://docs.litellm.ai/docs/proxy/provider_budget_routing.
Limits of keys, teams and users live in its database, not in the file. Windows of rates and of the budgets that page is about begin
with the first request, other budgets are reset by the clock, hours as well as days. Without Redis every instance counts for itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from llmcost.quota.config import Dialect, Read
from llmcost.quota.dialects import _reading as reading
from llmcost.quota.dialects._durations import duration_problems, loose_window, reset_window
from llmcost.quota.limit import Condition, Limit, Matcher, Unit, Window
from llmcost.quota.shape import Anything, ListOf, MapOf, Number, Record, Shape, Text, mismatches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node
    from llmcost.config.nodes import Text as Source
    from llmcost.quota.problem import Problem

_KEYS = ("model_list", "litellm_settings", "router_settings")
_RATES: dict[str, Unit] = {
    "rpm": "requests", "tpm": "tokens", "itpm": "input_tokens", "otpm": "output_tokens",
    "max_parallel_requests": "concurrency",
}  # fmt: skip
_MINUTE = Window(kind="anchored", seconds=60, span="minute")
_VARIABLE = "os.environ/"
"""How a value begins that stands in the environment (https://docs.litellm.ai/docs/proxy/configs)."""
_NUMBERS: dict[str, Shape] = {name: Number(whole=True, quoted=True, variable=_VARIABLE) for name in _RATES}
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
                "default_internal_user_params": Record(fields=_BUDGET, open=True),
                "default_team_params": Record(fields=_BUDGET, open=True),
                "default_key_generate_params": Record(fields=_BUDGET, open=True),
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
        "general_settings": Anything(),
        "environment_variables": Anything(),
    },
    open=True,
)


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
    for path, key, duration, per in (
        (("litellm_settings",), "max_budget", "budget_duration", ()),
        (("litellm_settings",), "max_internal_user_budget", "internal_user_budget_duration", ("user",)),
        (("litellm_settings", "default_internal_user_params"), "max_budget", "budget_duration", ("user",)),
        (("litellm_settings", "default_team_params"), "max_budget", "budget_duration", ("team",)),
        (("litellm_settings", "default_key_generate_params"), "max_budget", "budget_duration", ("api_key",)),
    ):
        node = root.get(*path)
        if node is None or node.get(key) is None:
            continue
        problems += duration_problems(node.get(duration), "1mo", key, clock=True)
        text = reading.scalar(node, duration)
        reset = reset_window(text, _zone(root))
        budgets.append(_budget(deployments + len(budgets), path, node, key, unit=duration, window=reset, per=per))
    for where, node, amount, duration, condition in _routed(root):
        name = reading.scalar(node, "model_name") or str(where[-1])
        params = node.get("litellm_params") or node
        problems += duration_problems(params.get(duration), "1mo", name)
        first = loose_window(reading.scalar(params, duration))
        match = Matcher(conditions=(condition,))
        place = deployments + len(budgets)
        budgets.append(_budget(place, where, params, amount, unit=duration, window=first, match=match, name=name))
    return Read(limits=(*limits, *budgets), problems=tuple(problems))


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
                unit=unit,
                amount=reading.amount_of(node),
                window=Window(kind="instant") if unit == "concurrency" else _MINUTE,
                charge="pre" if unit in {"requests", "concurrency"} else "post",
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
