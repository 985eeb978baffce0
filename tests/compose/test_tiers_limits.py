"""Gateway limits written from price plans are read back by the quota loader as what the plans say."""

from decimal import Decimal

import pytest

from llmcost.compose.tiers_limits import gateway_limits
from llmcost.config.nodes import parse_text
from llmcost.config.yaml import parse_document
from llmcost.domain.errors import UsageError
from llmcost.quota.files import opened_text
from llmcost.tiers.plans import plans_of

PLANS = """
plans:
  - {id: free, kind: freemium, price: "0", charges: [], limits: {cost: "2", total: 200000, requests: 100}}
  - {id: trial, kind: trial, price: "0", period: day, charges: [], included: {total: 10000}}
  - {id: pro, price: "99", included: {total: 5000000}, charges: [{meter: total, model: per_unit, unit_price: "0.00006"}]}
"""


def _read(dialect, *ids):
    plans = [plan for plan in plans_of(parse_document(PLANS, "tiers.yaml")).plans if not ids or plan.id in ids]
    written = gateway_limits(plans, dialect, plan_key="plan", customer_key="tenant")
    (config, *others) = opened_text(parse_text(written.text, "limits.yaml")).configs
    found = [limit for one in (config, *others) for limit in one.limits]
    assert [problem for one in (config, *others) for problem in one.problems] == []
    return written, [(limit.id, limit.unit, limit.window.name, limit.amount, limit.per) for limit in found]


def test_a_budget_of_the_first_gateway_holds_tokens_and_money_per_customer():
    written, limits = _read("tfy-v1")

    assert sorted(limits) == [
        ("free-cost", "cost", "month", Decimal(2), ("metadata.tenant",)),
        ("free-tokens", "tokens", "month", Decimal(200_000), ("metadata.tenant",)),
        ("trial-tokens", "tokens", "day", Decimal(10_000), ("metadata.tenant",)),
    ]
    assert written.left_out == (
        "free: gateways count no requests per month",
        "free: only the first of its limits can refuse under V1",
    )


def test_what_is_charged_beyond_is_not_limited():
    with pytest.raises(UsageError, match="no plan has a limit this gateway knows"):
        _read("tfy-v1", "pro")


def test_what_a_larger_capacity_is_charged_for_is_not_limited():
    plan = """plans:
  - id: scale
    price: "0"
    included: {total: 1000}
    limits: {cost: "50"}
    charges: [{model: capacity, tiers: [{limits: {total: 5000}, price: "10"}, {price: "90"}]}]
"""
    written = gateway_limits(
        plans_of(parse_document(plan, "tiers.yaml")).plans, "tfy-v1", plan_key="plan", customer_key="tenant"
    )

    assert "unit: cost_per_month" in written.text
    assert "tokens" not in written.text


def test_the_second_gateway_gets_a_manifest_for_each_limit():
    written, limits = _read("tfy-v2")

    assert sorted(limits) == [
        ("free-cost", "cost", "month", Decimal(2), ("metadata.tenant",)),
        ("trial-tokens", "tokens", "day", Decimal(10_000), ("metadata.tenant",)),
    ]
    assert "free: V2 has no tokens_per_month" in written.left_out


def test_litellm_gets_the_money_of_one_plan():
    written, limits = _read("litellm", "free")

    assert [(unit, amount, per) for _, unit, _, amount, per in limits] == [("cost", Decimal(2), ("user",))]
    assert "free: LiteLLM budgets are money, not tokens" in written.left_out
