"""Worst months, worked out by hand at the prices of the built-in list."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmcost.config.nodes import parse_text
from llmcost.pricing.price_list import load_price_list
from llmcost.quota.exposure import exposures, together
from llmcost.quota.files import opened_text


@pytest.fixture(scope="module")
def prices():
    return load_price_list()


TODAY = datetime(2026, 11, 21, tzinfo=UTC)


def _worst(text, prices, at=TODAY):
    file = opened_text(parse_text(text, "a.yaml"))
    return [(one.limit.id, one.month, one.counters, one.total) for one in exposures(file.configs, prices, at)]


def test_budgets_are_taken_to_a_month_of_thirty_days(prices):
    text = "name: a\ntype: gateway-budget-config\nrules:\n"
    for name, amount, unit in (("d", "10", "day"), ("w", "7", "week"), ("m", "100", "month"), ("q", "300", "quarter")):
        text += f"- {{id: {name}, when: {{}}, limit_to: {amount}, unit: cost_per_{unit}}}\n"

    # 10 x 30; 7 x 30/7; 100; all of a quarter may be spent in one of its months
    assert [month for _, month, _, _ in _worst(text, prices)] == [300, 30, 100, 300]
    kong = "plugins: [{name: ai-rate-limiting-advanced, config: {tokens_count_strategy: cost, llm_providers: [PROVIDER]}}]\n"
    # 60 days: once as well.
    provider = "{name: openai, limit: 50, window_size: 5184000}"
    assert [month for _, month, _, _ in _worst(kong.replace("PROVIDER", provider), prices)] == [50]


def test_tokens_cost_the_dearest_kind_on_the_dearest_model_named(prices):
    text = """
name: a
type: gateway-rate-limiting-config
rules:
- id: tokens
  when: {models: [openai-main/gpt-4o, openai-main/gpt-4o-mini]}
  limit_to: 1000
  unit: tokens_per_minute
- id: any-model
  when: {}
  limit_to: 1000
  unit: tokens_per_minute
- id: requests
  when: {models: [openai-main/gpt-4o]}
  limit_to: 1000
  unit: requests_per_minute
"""
    # GPT-4o at 10 a million out: 43,200 minutes x 1,000 tokens = 43.2 million, $432.
    assert _worst(text, prices) == [
        ("tokens", Decimal(432), 1, Decimal(432)),
        ("any-model", None, 1, None),
        ("requests", None, 1, None),
    ]


def test_callers_that_are_named_are_counted_and_others_are_not(prices):
    text = """
name: a
type: gateway-budget-config
rules:
- id: three
  when: {subjects: ["user:a", "user:b", "user:c"]}
  limit_to: 5
  unit: cost_per_month
  budget_applies_per: [user]
- id: team
  when: {subjects: ["team:a"]}
  limit_to: 5
  unit: cost_per_month
  budget_applies_per: [user]
- id: watched
  when: {}
  limit_to: 5
  unit: cost_per_month
  audit_mode: true
"""
    assert _worst(text, prices) == [("three", Decimal(5), 3, Decimal(15)), ("team", Decimal(5), None, None)]


def test_callers_with_an_override_are_counted_there(prices):
    text = """
name: a
type: tenant-budget-config
limits: {cost_per_month: 10}
when: {subjects: {users: {in: [a, b, c]}}}
applies_to:
  type: per-user
  overrides: [{users: [a, d], limits: {cost_per_month: 1000}}, {users: [b], models: [gpt-4o], limits: {cost_per_month: 50}}]
"""
    # Of a and d the rule is about a alone; b has room for $10 beside the $50 of one model.
    assert [(month, counters) for _, month, counters, _ in _worst(text, prices)] == [(10, 2), (1000, 1), (50, 1)]


def test_the_tightest_window_of_a_rule_bounds_it(prices):
    text = """
name: a
type: tenant-budget-config
limits: {cost_per_day: 10, cost_per_month: 150}
---
name: b
type: tenant-budget-config
limits: {cost_per_month: 20}
---
name: c
type: tenant-budget-config
limits: {cost_per_month: 20}
applies_to: {type: per-user}
"""
    file = opened_text(parse_text(text, "a.yaml"))

    # 10 x 30 or 150, then 20; nobody knows how many users there are.
    assert together(exposures(file.configs, prices, TODAY)) == (Decimal(170), 1)


def test_a_budget_whose_period_is_no_length_of_time_is_unknown(prices):
    text = "litellm_settings: {max_budget: 5, budget_duration: DURATION}\n"

    # 48 half hours a day, 30 days; with a unit that LiteLLM's clock does not know every midnight.
    assert _worst(text.replace("DURATION", "30m"), prices) == [("max_budget", 7200, 1, 7200)]
    assert _worst(text.replace("DURATION", "30min"), prices) == [("max_budget", 150, 1, 150)]
    assert _worst(text.replace("DURATION", "1 day"), prices) == [("max_budget", None, 1, None)]
    kong = "plugins: [{name: ai-rate-limiting-advanced, config: {tokens_count_strategy: cost, llm_providers: [PROVIDER]}}]\n"
    provider = "{name: openai, limit: 5, window_size: 0}"
    assert [month for _, month, _, _ in _worst(kong.replace("PROVIDER", provider), prices)] == [None]


def test_a_price_counts_from_when_it_holds_until_it_does_no_more(prices):
    text = "name: a\ntype: gateway-rate-limiting-config\nrules:\n"
    for model in ("gemini-3.6-flash", "deepseek-chat"):
        text += f"- {{id: {model}, when: {{models: [{model}]}}, limit_to: 1000, unit: tokens_per_minute}}\n"

    # 43.2 million tokens: at 3.75 a million out until 2026-12-31, at 7.50 from then on. DeepSeek's name was withdrawn.
    assert [month for _, month, _, _ in _worst(text, prices)] == [162, None]
    assert [month for _, month, _, _ in _worst(text, prices, datetime(2027, 1, 1, tzinfo=UTC))] == [324, None]
