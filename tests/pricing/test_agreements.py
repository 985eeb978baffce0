"""Contracts, hosting of one's own and provisioned capacity, each amount worked out by hand."""

# The ledger holds naive UTC times.
# ruff: noqa: DTZ001

from datetime import date, datetime
from decimal import Decimal

import pytest
from tests.pricing.conftest import rate_all

from llmcost.domain.errors import ConfigError
from llmcost.pricing.agreements import meet
from llmcost.pricing.price_list import fx_rates

MODELS = """
models:
  - id: openai/gpt
    prices:
      - rates: {input: 2, output: 8}
        variants: [{when: {processing: batch}, rates: {input: 1, output: 4}}]
        multipliers: [{when: {inference_region: eu}, factor: 1.1}]
        fees: {web_search: 10}
  - id: openai/mini
    prices: [{rates: {input: 0.15, output: 0.6}}]
  - id: openai/embed
    prices: [{rates: {input: 0.000001}}]
  - id: azure/gpt
    prices: [{rates: {input: 2, output: 8}}]
"""


def seen(row, *names):
    return tuple(row[name] for name in names)


def test_a_contract_takes_its_share_off_tokens_while_it_holds(price_list, rate):
    prices = price_list(
        MODELS + "contracts: [{provider: openai, discount_pct: 12, from: 2026-03-01, until: 2026-04-01}]\n"
    )
    usage = {"provider": "openai", "request_model": "gpt", "uncached_input_tokens": 1000, "web_searches": 1}
    # 1000 x 2 = 0.002; 88 % of it; the search is not discounted
    inside = rate(prices, **usage, started_at=datetime(2026, 3, 31, 23, 59, 59))
    assert seen(inside, "input_cost", "unit_cost", "price_id") == (
        Decimal("0.00176"),
        Decimal("0.01"),
        "openai/gpt#contract",
    )
    for moment in (datetime(2026, 2, 28, 23, 59, 59), datetime(2026, 4, 1)):
        outside = rate(prices, **usage, started_at=moment)
        assert seen(outside, "cost", "price_id") == (Decimal("0.012"), "openai/gpt")


def test_a_contract_stacks_on_variants_and_factors_and_may_cover_fees(price_list, rate):
    prices = price_list(
        MODELS
        + "contracts: [{name: deal-17, provider: openai, models: [openai/gpt], discount_pct: '12.5', applies_to: [tokens, fees]}]\n"
    )
    row = rate(
        prices,
        provider="openai",
        request_model="gpt",
        uncached_input_tokens=1000,
        processing="batch",
        inference_region="eu",
        web_searches=2,
    )
    # 1000 x 1 x 1.1 x 0.875 = 962.5 millionths; 2 x 10 / 1000 x 0.875
    assert seen(row, "input_cost", "unit_cost") == (Decimal("0.0009625"), Decimal("0.0175"))
    assert row["price_id"] == "openai/gpt#batch,eu,deal-17"
    assert rate(prices, provider="openai", request_model="mini", uncached_input_tokens=1000)["cost"] == Decimal(
        "0.00015"
    )


def test_contracts_and_variants_without_names_have_price_ids_of_their_own(price_list, rate):
    prices = price_list(
        """
models:
  - id: acme/chat
    prices:
      - rates: {input: 10}
        variants:
          - {when: {clock: {between: ["08:00-12:00"]}}, rates: {input: 20}}
          - {when: {clock: {between: ["12:00-18:00"]}}, rates: {input: 40}}
          - {name: clock-2, when: {clock: {between: ["18:00-20:00"]}}, rates: {input: 80}}
contracts:
  - {provider: acme, discount_pct: 50, from: 2026-07-01}
  - {provider: acme, discount_pct: 10, until: 2026-07-01}
"""
    )
    found = [
        rate(
            prices,
            provider="acme",
            request_model="chat",
            uncached_input_tokens=1_000_000,
            started_at=datetime(2026, month, 3, hour),
        )
        for month, hour in ((6, 6), (8, 6), (8, 9), (8, 13), (8, 19))
    ]
    # 10 x 0.9, then half of 10, 20, 40 and 80
    assert [seen(row, "cost", "price_id") for row in found] == [
        (9, "acme/chat#contract"),
        (5, "acme/chat#contract-2"),
        (10, "acme/chat#clock,contract-2"),
        (20, "acme/chat#clock-3,contract-2"),
        (40, "acme/chat#clock-2,contract-2"),
    ]


def test_a_comma_in_a_condition_parts_no_labels(price_list, rate):
    prices = price_list(
        "models: [{id: acme/draw, prices: [{fees: {image: 20}, variants: [{when: {unit_size: 'hd,wide'}, fees: {image: 80}}]}]}]\n"
    )
    row = rate(prices, provider="acme", request_model="draw", images=1, unit_size="hd,wide")
    assert seen(row, "cost", "price_id") == (Decimal("0.08"), "acme/draw#hd;wide")


def test_contracts_of_several_models_keep_the_same_label(price_list, rate):
    prices = price_list(
        MODELS
        + "contracts: [{provider: openai, discount_pct: 10}, {provider: azure, discount_pct: 20, from: 2026-01-01}]\n"
    )
    for provider in ("openai", "azure"):
        row = rate(prices, provider=provider, request_model="gpt", uncached_input_tokens=1)
        assert row["price_id"] == f"{provider}/gpt#contract"


def test_a_discount_that_leaves_more_places_is_rounded_once(price_list, rate):
    prices = price_list(MODELS + "contracts: [{provider: openai, discount_pct: 50}]\n")
    # 0.5e-12 a token: 3 tokens are 1.5e-12, to even 2e-12; 1 token 0.5e-12, to even 0
    costs = [
        rate(prices, provider="openai", request_model="embed", uncached_input_tokens=tokens)["cost"]
        for tokens in (1, 2, 3)
    ]
    assert costs == [Decimal(0), Decimal("0.000000000001"), Decimal("0.000000000002")]


def test_a_later_layer_s_contract_stands_instead_of_one_below(price_list, rate):
    below = "contracts: [{provider: openai, discount_pct: 10, applies_to: [tokens, fees]}]\n"
    above = "contracts: [{name: new, provider: openai, discount_pct: 20}]\n"
    row = rate(
        price_list(MODELS + below, above),
        provider="openai",
        request_model="gpt",
        uncached_input_tokens=1000,
        web_searches=1,
    )
    assert seen(row, "input_cost", "unit_cost") == (Decimal("0.0016"), Decimal("0.009"))
    assert row["price_id"] == "openai/gpt#new,contract"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("contracts: [{provider: openai, discount_pct: 0}]", "a discount must be above 0"),
        ("contracts: [{provider: openai, discount_pct: 101}]", "outside 0 to 100"),
        ("contracts: [{provider: openai, discount_pct: 1, models: ['*']}]", r"'\*' must be an id of 'openai'"),
        ("contracts: [{provider: openai, discount_pct: 1, models: ['openai/*-mini']}]", "must be an id of"),
        ("contracts: [{provider: openai, discount_pct: 1, models: [azure/gpt]}]", "must be an id of"),
        ("contracts: [{provider: openai, discount_pct: 1, applies_to: [all]}]", "neither 'tokens' nor 'fees'"),
        (
            "contracts: [{provider: openai, discount_pct: 1, models: ['openai/g*'], until: 2026-06-01}, {provider: openai, discount_pct: 2, models: [openai/gpt], from: 2026-05-31}]",
            r"layer0.yaml:\d+:\d+: this contract and one above hold for the same calls",
        ),
        ("provisioned: [{provider: azure, name: x, units: 1, usd_per_unit_hour: 1}]", "name the 'deployment'"),
        ("self_hosted: [{id: local/x}]", "either 'rates' or 'usd_per_gpu_hour'"),
        ("self_hosted: [{id: local/x, rates: {input: 1}, gpus: 4}]", "unknown key 'gpus'"),
        ("self_hosted: [{id: openai/gpt, rates: {input: 1}}]", "model 'openai/gpt' is listed twice"),
        (
            "allowances: [{group: g, provider: google, models: [google/*], unit: token, free: 1}]",
            "unit 'token' is none",
        ),
        (
            "allowances: [{group: g, provider: google, models: [google/*], unit: web_search, free: 1, tz: Mars}]",
            "no time zone 'Mars'",
        ),
        ("fx: {EUR: {2026-13: '0.92'}}", "there is no day 2026-13"),
        ("fx: {euro: {2026-10: '0.92'}}", "'euro' is not an ISO 4217 code"),
    ],
)
def test_a_doubtful_agreement_is_refused(price_list, text, message):
    with pytest.raises(ConfigError, match=message):
        price_list(MODELS + text + "\n")


def test_contracts_that_follow_each_other_are_no_conflict(price_list):
    prices = price_list(
        MODELS
        + "contracts:\n"
        + "  - {provider: openai, discount_pct: 1, until: 2026-06-01}\n"
        + "  - {provider: openai, discount_pct: 2, from: 2026-06-01}\n"
        + "  - {provider: openai, discount_pct: 3, applies_to: [fees]}\n"
    )
    assert [str(one.factor) for one in prices.contracts] == ["0.99", "0.98", "0.97"]


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("a/*", "a/b", True),
        ("a/b", "a/b", True),
        ("a/b", "a/bc", False),
        ("a/b*", "a/bc*", True),
        ("a/b*", "a/c*", False),
        ("a/b*", "a/a", False),
    ],
)
def test_patterns_meet_where_an_id_fits_both(one, other, both):
    assert meet(one, other) is both
    assert meet(other, one) is both


def test_provisioned_capacity_makes_its_calls_free_and_says_so(price_list, rate):
    prices = price_list(
        MODELS
        + "provisioned: [{name: ptu-1, provider: azure, covers: [azure/gpt], units: 50, usd_per_unit_hour: 1, from: 2026-03-01, until: 2026-04-01}]\n"
    )
    usage = {"provider": "azure", "request_model": "gpt", "uncached_input_tokens": 1000}
    covered = rate(prices, **usage, started_at=datetime(2026, 3, 1))
    assert seen(covered, "cost", "cost_status", "cost_reason", "price_id", "model", "match_kind") == (
        Decimal(0),
        "free",
        "covered by provisioned ptu-1",
        "provisioned/ptu-1",
        "gpt",
        "exact",
    )
    for moment in (datetime(2026, 2, 28, 23, 59, 59), datetime(2026, 4, 1)):
        assert seen(rate(prices, **usage, started_at=moment), "cost", "cost_status") == (Decimal("0.002"), "priced")


def test_capacity_may_be_known_by_its_deployment_alone(price_list, rate):
    prices = price_list(
        MODELS + "provisioned: [{provider: azure, deployment: prod-chat, units: 1, usd_per_unit_hour: 2}]\n"
    )
    named = rate(prices, provider="azure.ai.openai", request_model="azure/Prod-Chat", uncached_input_tokens=10)
    assert seen(named, "cost", "cost_reason", "provider", "model") == (
        Decimal(0),
        "covered by provisioned prod-chat",
        "azure",
        "azure/Prod-Chat",
    )
    assert rate(prices, provider="azure", request_model="gpt", uncached_input_tokens=10)["cost_status"] == "priced"
    assert rate(prices, provider="openai", request_model="prod-chat", uncached_input_tokens=1)["cost"] is None


ARN = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model"


@pytest.mark.parametrize(
    ("capacity", "deployment", "provider", "requested"),
    [
        ("aws", f"{ARN}/AbC1", "bedrock", f"{ARN}/AbC1"),
        ("aws", f"{ARN}/abc1", "anthropic", f"{ARN}/abc1"),
        ("aws", f"{ARN}/abc1", None, f"{ARN}/abc1"),
        ("aws", f"{ARN}/abc1", None, f"bedrock/{ARN}/abc1"),
        ("fireworks", "accounts/acme/deployments/chat", "fireworks_ai", "accounts/acme/deployments/chat"),
        ("fireworks", "accounts/acme/deployments/chat", "openai", "fireworks_ai/accounts/acme/deployments/Chat"),
        ("azure", "prod-chat", None, "azure/prod-chat"),
    ],
)
def test_a_deployment_of_provisioned_capacity_may_be_a_path(price_list, capacity, deployment, provider, requested):
    prices = price_list(
        MODELS
        + "prefixes: [{pattern: azure/, provider: azure}, {pattern: bedrock/, provider: aws}, {pattern: fireworks_ai/, provider: fireworks}]\n"
        + f"provisioned: [{{name: ptu, provider: {capacity}, deployment: '{deployment}', units: 1, usd_per_unit_hour: 2}}]\n"
    )
    names = (requested, f"{requested}2")
    found = rate_all(prices, [{"provider": provider, "request_model": name} for name in names])
    assert [seen(row, "cost", "cost_reason") for row in found] == [
        (Decimal(0), "covered by provisioned ptu"),
        (None, "unknown model"),
    ]


def test_a_hosted_model_has_rates_of_its_own(price_list, rate):
    prices = price_list(
        MODELS
        + "self_hosted: [{id: local/qwen, match: {exact: [qwen-prod]}, from: 2026-01-01, rates: {input: 0.05, output: 0.2}}]\n"
    )
    row = rate(prices, provider="local", request_model="qwen-prod", uncached_input_tokens=1000, output_text_tokens=100)
    # 1000 x 0.05 + 100 x 0.2 = 70 millionths
    assert seen(row, "cost", "price_id") == (Decimal("0.00007"), "local/qwen@2026-01-01")


def test_a_machine_of_known_capacity_charges_weighted_tokens(price_list, rate):
    prices = price_list(
        MODELS
        + "self_hosted: [{id: local/llama, gpu: H100, gpus: 4, usd_per_gpu_hour: 2.49, tokens_per_gpu_hour: 6000000, weights: {input: 1, output: 4}}]\n"
    )
    row = rate(prices, provider="local", request_model="llama", uncached_input_tokens=1000, output_text_tokens=100)
    # 2.49 / 6 million = 0.415 a million; output four times that, 1.66
    assert seen(row, "input_cost", "output_cost") == (Decimal("0.000415"), Decimal("0.000166"))


def test_a_machine_of_unknown_capacity_charges_no_call(price_list, rate):
    prices = price_list(MODELS + "self_hosted: [{id: local/llama, gpus: 4, usd_per_gpu_hour: 2.49}]\n")
    row = rate(prices, provider="local", request_model="llama", uncached_input_tokens=1000)
    assert seen(row, "cost", "cost_status", "cost_reason") == (Decimal(0), "free", "paid by the hour")


def test_exchange_rates_of_a_later_layer_count(price_list):
    prices = price_list(
        MODELS + "fx: {EUR: {2026-10: '0.92'}, GBP: {2026-10: 0.8}}\n",
        "fx: {EUR: {2026-11: 0.93, 2026-10-15: '0.9215'}}\n",
    )
    assert fx_rates(prices) == {
        "EUR": ((date(2026, 10, 15), Decimal("0.9215")), (date(2026, 11, 1), Decimal("0.93"))),
        "GBP": ((date(2026, 10, 1), Decimal("0.8")),),
    }
