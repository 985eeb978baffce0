"""Lines of a cost: values worked out by hand, and the same total as rating in SQL."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fewer import FEWEST

from llmcost.pricing.explanation import decimal_of, explain
from llmcost.pricing.provenance import contract_words, factor_words, provenance, tier_words, variant_words
from llmcost.pricing.rate_row import Context
from llmcost.pricing.units import QUANTITIES

LIST = """
sources:
  acme: {url: "https://acme.example/pricing", checked: 2026-11-20}
models:
  - id: openai/plain
    prices: [{source: acme, rates: {input: 2, output: 8, cache_read: 0.5}, fees: {web_search: 10}}]
  - id: openai/odd
    prices:
      - rates: {input: 1.000001, output: 3.333333}
        multipliers: [{when: {inference_region: [eu, us]}, factor: 1.1111}, {when: {speed: fast}, factor: 1.7}]
  - id: openai/long
    prices:
      - rates: {input: 1, output: 4}
        tiers: [{above: 1000, rates: {input: 2, output: 6}}]
        variants:
          - when: {processing: batch}
            rates: {input: 0.5, output: 2}
            tiers: [{above: 1000, rates: {input: 1, output: 3}}]
  - id: openai/short
    prices: [{rates: {input: 1, output: 4}, tiers: [{at_least: 1000, rates: {input: 2, output: 6}}]}]
  - id: groq/ears
    prices: [{fees: {audio_hour: 0.111}, minimums: {audio_seconds: 10}}]
  - id: openai/fee
    prices: [{rates: {input: 1}, fees: {request: 5, video_second: 0.05}}]
  - id: azure/agreed
    prices: [{rates: {input: 1.5, output: 6}, fees: {web_search: 10, character: 0.000007, audio_hour: 0.111}}]
contracts:
  - {provider: azure, models: ["azure/*"], discount_pct: 33.3, applies_to: [tokens, fees]}
provisioned:
  - {name: ptu, provider: groq, deployment: llama, units: 50, usd_per_unit_hour: 1}
"""
MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def context(model, **conditions):
    provider, _, name = model.partition("/")
    nothing = dict.fromkeys(("processing", "service_tier", "speed", "inference_region", "operation", "unit_size"))
    return Context(provider=provider, request_model=name, response_model=None, **{**nothing, **conditions})


def priced(prices, model, conditions=None, **quantities):
    amounts = {unit: Decimal(str(number)) for unit, number in quantities.items()}
    return explain(prices, context(model, **(conditions or {})), MONDAY, amounts)


def lines(found):
    return [(line.component, str(line.quantity), str(line.published), f"{line.amount:f}") for line in found.lines]


@pytest.fixture
def prices(price_list):
    return price_list(LIST)


def test_a_line_for_each_quantity_that_was_used(prices):
    found = priced(prices, "openai/plain", input=1000, cache_read=200, output=50, web_search=3)

    # 1000 x 2 / 1M, 200 x 0.5 / 1M, 50 x 8 / 1M, 3 x 10 / 1k
    assert lines(found) == [
        ("input", "1000", "2", "0.002"),
        ("cache_read", "200", "0.5", "0.0001"),
        ("output", "50", "8", "0.0004"),
        ("web_search", "3", "1E+1", "0.03"),
    ]
    assert found.total == Decimal("0.0325")
    assert (found.status, found.reason) == ("priced", None)


def test_what_rounding_takes_is_a_line_of_its_own(prices):
    found = priced(prices, "openai/odd", {"inference_region": "us"}, input=1)

    # 1.000001 x 1.1111 = 1.1111011111 a million tokens: 16 decimals for one, of which the ledger keeps 12
    assert lines(found) == [
        ("input", "1", "1.000001", "0.0000011111011111"),
        ("rounding", "1", "-1.111E-13", "-0.0000000000001111"),
    ]
    assert found.total == Decimal("0.000001111101")


def test_factors_multiply(prices):
    found = priced(prices, "openai/odd", {"inference_region": "us", "speed": "fast"}, output=1_000_000)

    # 3.333333 x 1.1111 x 1.7
    assert found.lines[0].multiplier == Decimal("1.88887")
    assert found.lines[0].amount == Decimal("6.29623270371")
    asked = context("openai/odd", inference_region="us", speed="fast")
    assert factor_words(found, asked) == (
        "1.1111 on token amounts, because inference_region is us; 1.7 on token amounts, because speed is fast"
    )


@pytest.mark.parametrize(
    ("model", "prompt", "total", "words"),
    [
        ("openai/long", 1000, "0.001", "is not above 1,000: the first tier"),
        ("openai/long", 1001, "0.002002", "is above 1,000: the whole request has the rates of that tier"),
        ("openai/short", 999, "0.000999", "is not at least 1,000: the first tier"),
        ("openai/short", 1000, "0.002", "is at least 1,000: the whole request has the rates of that tier"),
    ],
)
def test_the_tier_is_named_with_what_the_prompt_was_measured_by(prices, model, prompt, total, words):
    found = priced(prices, model, input=prompt)

    assert found.total == Decimal(total)
    assert tier_words(found) == f"a prompt of {prompt:,} tokens, caches included, {words}"


def test_a_variant_has_tiers_of_its_own(prices):
    asked = context("openai/long", processing="batch")
    found = priced(prices, "openai/long", {"processing": "batch"}, input=1500, output=10)

    # 1500 x 1 / 1M + 10 x 3 / 1M
    assert found.total == Decimal("0.00153")
    assert found.rate.price_id == "openai/long#above-1000,batch"
    assert variant_words(found, asked, MONDAY) == "batch, because processing is batch"


def test_a_price_by_the_hour_is_rounded_once(prices):
    found = priced(prices, "groq/ears", audio_hour="3.7")
    (line,) = found.lines

    # Ten seconds are billed at least: 10 x 0.111 / 3600 = 0.00030833...
    assert (line.quantity, line.used, line.unit_price) == (10, Decimal("3.7"), None)
    assert line.amount == found.total == Decimal("0.000308333333")


def test_a_month_of_sound_in_one_call_is_not_too_much(prices, rate_all):
    (row,) = rate_all(prices, [{"provider": "groq", "request_model": "ears", "audio_seconds": 2_352_501}])

    # 2352501 x 0.111 / 3600
    assert row["cost"] == Decimal("72.5354475")
    assert priced(prices, "groq/ears", audio_hour=2_352_501).total == Decimal("72.5354475")


def test_a_contract_is_a_factor_and_is_named(prices):
    found = priced(prices, "azure/agreed", input=1000, web_search=2)

    # 1000 x 1.5 / 1M x 0.667 and 2 x 10 / 1k x 0.667
    assert [(str(line.multiplier), f"{line.amount:f}") for line in found.lines] == [
        ("0.667", "0.0010005"),
        ("0.667", "0.01334"),
    ]
    assert contract_words(found).endswith("33.3% off fees and tokens")


def test_a_contract_over_everything_leaves_nothing_to_pay(price_list, rate):
    prices = price_list(
        "models: [{id: azure/gift, prices: [{rates: {input: 2}, fees: {web_search: 10}}]}]\n"
        "contracts: [{provider: azure, discount_pct: 100, applies_to: [tokens, fees]}]\n"
    )
    found = priced(prices, "azure/gift", input=1000, web_search=2)

    assert [(line.multiplier, line.published, line.amount) for line in found.lines] == [(0, 2, 0), (0, 10, 0)]
    row = rate(prices, provider="azure", request_model="gift", uncached_input_tokens=1000, web_searches=2)
    assert found.total == row["cost"] == 0


def test_a_discounted_fee_is_rounded_to_a_price_before_it_is_multiplied(prices):
    found = priced(prices, "azure/agreed", character=1_000_000)

    # 0.000007 / 1M x 0.667 = 0.000000000004669, a price of 0.000000000005 for one
    assert [(line.component, f"{line.amount:f}") for line in found.lines] == [
        ("character", "0.000004669"),
        ("rounding", "0.000000331"),
    ]


def test_what_provisioned_capacity_serves_costs_nothing_by_itself(prices):
    found = priced(prices, "groq/llama", input=1000)

    assert (found.lines, found.total, found.status) == ((), 0, "free")
    assert found.reason == "covered by provisioned ptu"


def test_a_fee_per_request_counts_once(prices):
    found = priced(prices, "openai/fee", input=100, video_second=2)

    assert lines(found) == [
        ("input", "100", "1", "0.0001"),
        ("request", "1", "5", "0.005"),
        ("video_second", "2", "0.05", "0.1"),
    ]


def test_what_has_no_price_is_said_and_counts_nothing(prices):
    found = priced(prices, "openai/plain", input=100, image=2, reasoning=10, cache_write_5m=50)

    # Reasoning costs what output does, which is the rule; a cache write is estimated at the price of input.
    assert [(line.component, line.charged_as, line.listed) for line in found.lines] == [
        ("input", None, True),
        ("cache_write_5m", "input", True),
        ("reasoning", "output", True),
        ("image", None, False),
    ]
    assert (found.status, found.reason) == ("estimated", "no cache write price; no image price")
    assert found.total == Decimal("0.00038")


def test_the_source_of_a_price_is_named(prices):
    asked = context("openai/plain")
    found = provenance(prices, priced(prices, "openai/plain", input=1), asked, MONDAY, version="v")

    assert (found.url, found.checked) == ("https://acme.example/pricing", "2026-11-20")
    assert found.matched == "'plain' is a name of this model"
    assert found.place.partition("layer0.yaml:")[2] == "8:5"


@pytest.mark.parametrize(
    ("value", "text"), [("1/8", "0.125"), ("-7/20", "-0.35"), ("30", "30"), ("1/3", None), ("1/1000000", "0.000001")]
)
def test_a_fraction_is_a_decimal_where_its_places_end(value, text):
    found = decimal_of(Fraction(value))

    assert (None if found is None else f"{found:f}") == text


_CALLS = st.lists(
    st.tuples(
        st.sampled_from(["openai/plain", "openai/odd", "openai/long", "groq/ears", "openai/fee", "azure/agreed"]),
        st.dictionaries(st.sampled_from(sorted(QUANTITIES)), st.integers(0, 3_000_000), min_size=1, max_size=5),
        st.sampled_from([None, "us"]),
        st.sampled_from([None, "fast"]),
        st.sampled_from([None, "batch"]),
    ),
    min_size=1,
    max_size=8,
)


def _adds_up(price_list, rate_all, calls):
    prices = price_list(LIST)
    rows = [
        {
            "provider": model.partition("/")[0],
            "request_model": model.partition("/")[2],
            "inference_region": region,
            "speed": speed,
            "processing": processing,
            **{QUANTITIES[unit]: number for unit, number in quantities.items()},
        }
        for model, quantities, region, speed, processing in calls
    ]

    for row, call in zip(rate_all(prices, rows), calls, strict=True):
        model, quantities, region, speed, processing = call
        conditions = {"inference_region": region, "speed": speed, "processing": processing}
        found = priced(prices, model, conditions, **quantities)
        cost = Decimal(0) if row["cost_status"] == "unpriced" else row["cost"]
        assert sum(Fraction(line.amount) for line in found.lines) == Fraction(cost)
        assert (found.total, found.rate.price_id, found.status) == (cost, row["price_id"], row["cost_status"])
        assert found.reason == row["cost_reason"]


@FEWEST
@given(calls=_CALLS)
def test_lines_add_up_to_what_sql_computes(price_list, rate_all, calls):
    _adds_up(price_list, rate_all, calls)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=_CALLS)
def test_lines_add_up_to_what_sql_computes_many_times(price_list, rate_all, calls):
    _adds_up(price_list, rate_all, calls)
