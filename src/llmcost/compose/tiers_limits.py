"""The limits of price plans as a gateway's config.

What a plan's `limits` name is refused beyond them, and so is what it includes and does not charge beyond. TrueFoundry budgets:
https://www.truefoundry.com/docs/ai-gateway/budgetlimiting. LiteLLM keeps budgets of customers in its database, so that its file
holds one plan's money for every user: https://docs.litellm.ai/docs/proxy/users.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from llmcost.config.quoting import quoted
from llmcost.domain.errors import UsageError
from llmcost.domain.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from llmcost.tiers.plan import Plan

Dialect = Literal["tfy-v1", "tfy-v2", "litellm"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
_UNITS = {"total": "tokens", "cost": "cost"}
_SPANS = {"tokens": ("day", "month"), "cost": ("day", "week", "month", "quarter")}
_V2 = {
    **dict.fromkeys((f"cost_per_{span}" for span in _SPANS["cost"]), "tenant-budget-config"),
    "tokens_per_day": "tenant-rate-limit-config/model",
}
"""The manifest each limit belongs in."""
_DURATIONS = {"day": "1d", "week": "7d", "month": "1mo"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A gateway config, and what it could not hold."""

    text: str
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cap:
    plan: Plan
    unit: str
    """tokens or cost."""
    amount: Decimal

    @property
    def key(self) -> str:
        return f"{self.unit}_per_{self.plan.period}"


def gateway_limits(plans: Sequence[Plan], dialect: Dialect, *, plan_key: str, customer_key: str) -> Written:
    """The config that holds customers of each plan to it; keys are those of the gateway's metadata.

    Raises UsageError when nothing of the plans can be a limit there.
    """
    left_out: list[str] = []
    caps = [cap for plan in plans for cap in _caps(plan, left_out)]
    if dialect == "tfy-v2":
        left_out += [f"{cap.plan.id}: V2 has no {cap.key}" for cap in caps if cap.key not in _V2]
        caps = [cap for cap in caps if cap.key in _V2]
    elif dialect == "litellm":
        caps = _money(caps, left_out)
    else:
        # https://docs.truefoundry.com/docs/configure-ratelimits: the first rule that matches decides.
        counts = Counter(cap.plan.id for cap in caps)
        left_out += [f"{id_}: only the first of its limits can refuse under V1" for id_, n in counts.items() if n > 1]
    if not caps:
        raise UsageError(
            "no plan has a limit this gateway knows: " + ("; ".join(left_out) or "they include everything"),
            hint="give plans `limits: {total: ...}` or `limits: {cost: ...}`",
        )
    lines = {"tfy-v1": _budgets, "tfy-v2": _manifests, "litellm": _litellm}[dialect](caps, plan_key, customer_key)
    return Written(text="\n".join(lines) + "\n", left_out=tuple(left_out))


def _caps(plan: Plan, left_out: list[str]) -> Iterator[_Cap]:
    found = {meter: amount for meter, amount in plan.included.items() if meter not in plan.charged} | dict(plan.limits)
    for meter, amount in found.items():
        unit = _UNITS.get(meter)
        if unit is None:
            left_out.append(f"{plan.id}: gateways count no {meter} per {plan.period}")
        elif plan.period not in _SPANS[unit]:
            left_out.append(f"{plan.id}: gateways have no {unit} per {plan.period}")
        else:
            yield _Cap(plan=plan, unit=unit, amount=amount)


def _money(caps: Sequence[_Cap], left_out: list[str]) -> list[_Cap]:
    """The one cap of money LiteLLM's file can hold."""
    left_out += [f"{cap.plan.id}: LiteLLM budgets are money, not {cap.unit}" for cap in caps if cap.unit != "cost"]
    found = [cap for cap in caps if cap.unit == "cost" and cap.plan.period in _DURATIONS]
    if len(found) > 1:
        ids = ", ".join(cap.plan.id for cap in found)
        raise UsageError(f"LiteLLM's file holds one plan, not {ids}", hint="name one with --plan")
    return found


def _budgets(caps: Sequence[_Cap], plan_key: str, customer_key: str) -> Iterator[str]:
    yield from ("name: plan-limits", "type: gateway-budget-config", "rules:")
    for cap in caps:
        yield f"  # {cap.plan.kind}: {_comment(cap.plan.name)}"
        yield f"  - id: {quoted(f'{cap.plan.id}-{cap.unit}')}"
        yield f"    when: {{metadata: {{{quoted(plan_key)}: {quoted(cap.plan.id)}}}}}"
        yield f"    limit_to: {cap.amount:f}"
        yield f"    unit: {cap.key}"
        yield f"    budget_applies_per: [{quoted(f'metadata.{customer_key}')}]"


def _manifests(caps: Sequence[_Cap], plan_key: str, customer_key: str) -> Iterator[str]:
    for number, cap in enumerate(caps):
        yield from ["---"] * bool(number)
        yield f"# {cap.plan.kind}: {_comment(cap.plan.name)}"
        yield f"name: {quoted(f'{cap.plan.id}-{cap.unit}')}"
        yield f"type: {_V2[cap.key]}"
        yield "mode: enforce"
        yield f"when: {{metadata: {{{quoted(plan_key)}: {{in: [{quoted(cap.plan.id)}]}}}}}}"
        yield f"limits: {{{cap.key}: {cap.amount:f}}}"
        yield f"applies_to: {{type: metadata, metadata: {quoted(customer_key)}}}"


def _litellm(caps: Sequence[_Cap], plan_key: str, customer_key: str) -> Iterator[str]:
    (cap,) = caps
    yield from (f"# {cap.plan.kind}: {_comment(cap.plan.name)}", "litellm_settings:", "  default_internal_user_params:")
    yield f"    max_budget: {cap.amount:f}"
    yield f"    budget_duration: {_DURATIONS[cap.plan.period]}"


def _comment(text: str) -> str:
    return printable(" ".join(text.split()))
