"""TrueFoundry limits, second generation: one manifest for each rule.

`tenant-budget-config`, `team-budget-config` (truefoundry-sdk 0.6.0, `tenant_budget_config.py`) and `tenant-rate-limit-config/model`
and `/mcp` (https://www.truefoundry.com/docs/ai-gateway/ratelimiting-v2; no published type definitions, so keys of those are read
and not judged, only that some limit is known, and that it is a count). Every manifest that matches must allow a request; order means nothing. An override replaces all periods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.config import Dialect, Read
from llmcost.quota.dialects import _reading as reading
from llmcost.quota.dialects import _truefoundry as tfy
from llmcost.quota.dialects._alerts import ALERTS, alert_problems
from llmcost.quota.limit import Condition, Limit, Matcher, Mode, Unit, Window
from llmcost.quota.problem import Problem, replaced
from llmcost.quota.shape import Anything, Flag, ListOf, MapOf, Number, Record, Text, mismatches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node
    from llmcost.config.nodes import Text as Source

_BUDGETS = ("tenant-budget-config", "team-budget-config")
_RATES = ("tenant-rate-limit-config/model", "tenant-rate-limit-config/mcp")
_MODES: dict[str, Mode] = {"enforce": "enforce", "audit": "audit", "soft_enforce": "soft"}
_KINDS = {"users": "user", "teams": "team", "virtual_accounts": "virtualaccount"}
_APPLIES = {
    "aggregate": (), "per-user": ("user",), "per-model": ("model",), "per-virtual-account": ("virtualaccount",),
    "per-team": ("team",), "metadata": (),
}  # fmt: skip
_LIFETIME = ("cost_lifetime", "cost_per_lifetime")

_PERIODS = ("cost_per_day", "cost_per_week", "cost_per_month", "cost_per_quarter", *_LIFETIME)
_LIST = Record(fields={"in": ListOf(item=Text()), "not_in": ListOf(item=Text())})
_LIMITS = Record(fields={name: Number(about="US dollars") for name in _PERIODS})
SHAPE = Record(
    fields={
        "name": Text(),
        "type": Text(),
        "team_name": Text(),
        "mode": Text(one_of=tuple(_MODES)),
        "limits": _LIMITS,
        "when": Record(
            fields={
                "subjects": Record(fields=dict.fromkeys(_KINDS, _LIST)),
                "models": Anything(),
                "provider_accounts": Anything(),
                "metadata": MapOf(value=Anything()),
            }
        ),
        "applies_to": Record(
            fields={
                "type": Text(),
                "metadata": Text(),
                "overrides": ListOf(
                    item=Record(
                        fields={
                            "users": ListOf(item=Text()),
                            "teams": ListOf(item=Text()),
                            "models": ListOf(item=Text()),
                            "virtual_accounts": ListOf(item=Text()),
                            "metadata_values": ListOf(item=Text(strict=True)),
                            "limits": _LIMITS,
                        },
                        required=("limits",),
                    )
                ),
            }
        ),
        "alerts": ALERTS,
        "description": Anything(),
        "enabled": Flag(),
    },
    required=("limits",),
)


def claims(root: Node) -> bool:
    """Whether a document says it is one."""
    return reading.scalar(root, "type") in {*_BUDGETS, *_RATES}


def read(documents: tuple[Node, ...], source: Source) -> Read:
    """The manifest's windows as limits, and those of its overrides; none of one that is switched off."""
    root = documents[0]
    enabled = root.get("enabled")
    off = enabled is not None and enabled.value is False
    kind = reading.scalar(root, "type") or ""
    name = reading.scalar(root, "name")
    budget = kind in _BUDGETS
    problems = list(mismatches(root, SHAPE, "the manifest", name)) if budget else []
    problems += _shape_problems(root, kind, name)
    problems += alert_problems(root.get("alerts"), name)
    match = _matcher(root, kind)
    per = _per(root)
    mode = _MODES.get(reading.scalar(root, "mode") or "enforce", "enforce")
    known = reading.places(
        root, id="name", when="when", limits="limits", mode="mode", alerts="alerts", per="applies_to"
    )
    limits = [
        Limit(
            id=name,
            rule=0,
            path=("limits", key),
            match=match,
            per=per,
            unit=unit,
            amount=reading.amount_of(node),
            window=window,
            charge=tfy.charge_of(unit),
            mode=mode,
            kind="budget" if budget else "rate",
            alerts=tfy.alerts_of(root),
            node=root,
            places={**known, "amount": node},
        )
        for key, node, unit, window in _windows(root.get("limits"), budget=budget)
    ]
    overrides = root.get("applies_to", "overrides")
    for number, item in enumerate(overrides.items if overrides is not None else ()):
        if item.kind == "mapping":
            problems += _lifetime(item.get("limits"), name)
            problems += [] if budget else _counts(item, name)
            limits += _override(number, item, name, match=match, per=per, mode=mode, budget=budget)
    problems += _lifetime(root.get("limits"), name)
    problems += [] if budget else _counts(root, name)
    problems += _unlimited(root, name, budget=budget)
    return Read(
        limits=() if off else tuple(limits),
        problems=tuple(problems),
        name=name,
        scope=reading.scalar(root, "team_name") or "",
    )


def _override(
    number: int, item: Node, name: str | None, *, match: Matcher, per: tuple[str, ...], mode: Mode, budget: bool
) -> Iterator[Limit]:
    own = []
    for key, prefix in _KINDS.items():
        if (node := item.get(key)) is not None and node.texts:
            own.append(Condition(dimension="subject", values=frozenset(f"{prefix}:{text}" for text in node.texts)))
    if (models := item.get("models")) is not None and models.texts:
        own.append(Condition(dimension="model", values=frozenset(models.texts)))
    values = item.get("metadata_values")
    counted = next((one for one in per if one.startswith("metadata.")), None)
    if values is not None and values.texts and counted is not None:
        own.append(Condition(dimension=counted, values=frozenset(values.texts)))
    if not own:
        return
    for period, node, unit, window in _windows(item.get("limits"), budget=budget):
        yield Limit(
            id=name,
            rule=0,
            path=("applies_to", "overrides", number, "limits", period),
            match=Matcher(conditions=(*match.conditions, *own)),
            per=per,
            unit=unit,
            amount=reading.amount_of(node),
            window=window,
            charge=tfy.charge_of(unit),
            mode=mode,
            kind="budget" if budget else "rate",
            base=name or "",
            node=item,
            places={**reading.places(item, limits="limits"), "amount": node},
        )


def _counts(node: Node, name: str | None) -> Iterator[Problem]:
    """Amounts of a rate limit that are no counts."""
    for key, amount, _, _ in _windows(node.get("limits"), budget=False):
        yield from mismatches(amount, Number(whole=True), f"`{key}`", name)


def _unlimited(root: Node, name: str | None, *, budget: bool) -> Iterator[Problem]:
    """A manifest without a limit, and overrides that are for nobody."""
    limits = root.get("limits")
    known = next(_windows(limits, budget=budget), None) is not None
    # What budgets may not have is told key by key.
    if not known and not (budget and (limits is None or limits.entries)):
        # A key of a rate limit may be one that is not published.
        unsure = limits is not None and bool(limits.entries)
        yield Problem(
            code="QS202",
            at=root.key("limits") or root.key("type") or root,
            message="the manifest says no limit" + (" that is known" if unsure else ""),
            help="known are requests_per_minute, tokens_per_hour and the like" if unsure else None,
            rule_id=name,
            severity="warning" if unsure else None,
        )
    per = next((one for one in _per(root) if one.startswith("metadata.")), None)
    for item in reading.items_of(root.get("applies_to", "overrides")):
        named = [key for key in (*_KINDS, "models", *(("metadata_values",) if per else ())) if _texts(item.get(key))]
        if item.kind == "mapping" and not named:
            yield Problem(
                code="QS213",
                at=item.own[0][0] if item.own else item,
                message="the override is for nobody this manifest counts",
                help=f"name some of {', '.join((*_KINDS, 'models'))}, or metadata_values where it counts by metadata",
                rule_id=name,
            )


def _texts(node: Node | None) -> tuple[str, ...]:
    return () if node is None else node.texts


def _windows(limits: Node | None, *, budget: bool) -> Iterator[tuple[str, Node, Unit, Window]]:
    if limits is None or limits.kind != "mapping":
        return
    for name, (_, node) in limits.entries.items():
        if node.is_null:
            continue
        if name in _LIFETIME:
            yield name, node, "cost", Window(kind="lifetime")
        elif (found := tfy.span_of(name)) is not None and (not budget or found[0] == "cost"):
            unit, span = found
            yield name, node, unit, tfy.calendar(span) if budget else tfy.sliding(span)


def _matcher(root: Node, kind: str) -> Matcher:
    conditions: list[Condition] = []
    team = reading.scalar(root, "team_name")
    if kind.startswith("team-") and team is not None:
        conditions.append(Condition(dimension="subject", values=frozenset({f"team:{team}"})))
    for key, prefix in _KINDS.items():
        conditions += _condition(root.get("when", "subjects", key), "subject", f"{prefix}:")
    conditions += _condition(root.get("when", "models"), "model")
    conditions += _condition(root.get("when", "provider_accounts"), "provider")
    conditions += _condition(root.get("when", "mcp_servers"), "mcp_server")
    metadata = root.get("when", "metadata")
    for name, (_, node) in (metadata.entries if metadata is not None else {}).items():
        conditions += _condition(node, f"metadata.{name}")
    return Matcher(conditions=tuple(conditions))


def _condition(node: Node | None, dimension: str, prefix: str = "") -> Iterator[Condition]:
    """A list, or `in` and `not_in`, as a condition."""
    if node is None or node.is_null:
        return
    inside, outside = (node.get("in"), node.get("not_in")) if node.kind == "mapping" else (node, None)
    values = None if inside is None else frozenset(prefix + text for text in inside.texts)
    excluded = frozenset(prefix + text for text in outside.texts) if outside is not None else frozenset[str]()
    if values or excluded:
        yield Condition(dimension=dimension, values=values, excluded=excluded)


def _per(root: Node) -> tuple[str, ...]:
    applies = reading.scalar(root, "applies_to", "type") or "aggregate"
    key = reading.scalar(root, "applies_to", "metadata")
    if applies == "metadata":
        return (f"metadata.{key}",) if key else ()
    return _APPLIES.get(applies, ())


def _shape_problems(root: Node, kind: str, name: str | None) -> Iterator[Problem]:
    """What the type definitions cannot say."""
    applies = root.get("applies_to", "type")
    if applies is not None and applies.kind == "scalar" and applies.text not in _APPLIES:
        near = applies.text.replace("_", "-")
        fits = near in _APPLIES
        yield Problem(
            code="QS213",
            at=applies,
            message=f"`{applies.text}` is no way to apply a limit",
            help=f"did you mean `{near}`?" if fits else f"one of {', '.join(_APPLIES)}",
            rule_id=name,
            change=replaced(applies, near, f"write {near}", safe=False) if fits else None,
        )
    if applies is not None and applies.text == "metadata" and not reading.scalar(root, "applies_to", "metadata"):
        yield Problem(
            code="QS213",
            at=applies,
            message="counting by metadata needs the key to count by",
            help="add `metadata: KEY` beside the type",
            rule_id=name,
        )
    if not kind.startswith("team-"):
        return
    if reading.scalar(root, "team_name") is None:
        yield Problem(code="QS213", at=root.get("type") or root, message=f"a {kind} needs `team_name`", rule_id=name)
    teams = root.get("when", "subjects")
    if teams is not None and (key := teams.key("teams")) is not None:
        yield Problem(
            code="QS213", at=key, message="a team's budget is for that team only and cannot filter teams", rule_id=name
        )


def _lifetime(limits: Node | None, name: str | None) -> Iterator[Problem]:
    found = {} if limits is None else limits.entries
    forever = next((key for key in _LIFETIME if key in found), None)
    if forever is not None and any(key not in _LIFETIME for key in found):
        yield Problem(
            code="QB555",
            at=found[forever][0],
            message="a lifetime budget beside periodic ones: the type definitions say they exclude each other, the guide says they"
            " do not",
            help="give it a manifest of its own",
            rule_id=name,
        )


dialect = Dialect(
    title="TrueFoundry V2",
    semantics="tfy-v2",
    claims=claims,
    read=read,
    shape=SHAPE,
    alerts=True,
    types=(*_BUDGETS, *_RATES),
)
