"""What a call costs and why, each expected amount worked out by hand."""

# The ledger holds naive UTC times; a parametrised sentence needs its arguments.
# ruff: noqa: DTZ001, PLR0917

from datetime import datetime
from decimal import Decimal

import pytest

LIST = """
sources: {page: {url: "https://example.com/prices", checked: 2026-01-01}}
models:
  - id: openai/full
    match: {dated: true}
    prices:
      - from: 2026-01-01
        source: page
        rates: {input: 2, output: 8, cache_read: 0.5, cache_write_5m: 2.5, cache_write_1h: 4, input_audio: 10, output_audio: 20, cache_read_audio: 1}
        tiers: [{above: 1000, rates: {input: 4, output: 12, cache_read: 1, cache_write_5m: 5, cache_write_1h: 8, input_audio: 20, output_audio: 40, cache_read_audio: 2}}]
        variants:
          - {when: {processing: batch}, rates: {input: 1, output: 4, cache_read: 0.25, cache_write_5m: 1.25, cache_write_1h: 2, input_audio: 5, output_audio: 10, cache_read_audio: 0.5}}
        fees: {web_search: 10}
      - from: 2026-06-01T16:00:00Z
        source: page
        rates: {input: 1, output: 4}
  - id: openai/plain
    prices:
      - rates: {input: 3, output: 15}
        multipliers:
          - {when: {inference_region: us}, factor: 1.1}
  - id: openai/fine
    prices:
      - rates: {input: 0.000005, output: 0.000015}
        multipliers:
          - {when: {inference_region: us}, factor: 0.1}
  - id: x-ai/inclusive
    prices: [{rates: {input: 1}, tiers: [{at_least: 1000, rates: {input: 2}}]}]
  - id: openai/thinker
    prices: [{rates: {input: 1, output: 2, reasoning: 3, input_image: 4, output_image: 5}}]
  - id: openai/tools
    prices: [{fees: {request: 5, web_search: 10, rerank_search: 2, image: 40, page: 1, character: 15, audio_hour: 0.111}}]
  - {id: openai/free, prices: [{free: true}]}
  - id: deepseek/clocked
    prices:
      - rates: {input: 1}
        variants:
          - {name: peak, when: {clock: {days: [mon], between: ["01:00-04:00"]}}, rates: {input: 2}}
"""


@pytest.fixture
def prices(price_list):
    return price_list(LIST)


def call(**row):
    return {"provider": "openai", "request_model": "full", **row}


def seen(row, *names):
    return tuple(row[name] for name in names)


def test_every_token_class_costs_its_own_rate(prices, rate):
    row = rate(
        prices,
        **call(
            uncached_input_tokens=100,
            cache_read_tokens=200,
            cache_write_5m_tokens=40,
            cache_write_1h_tokens=10,
            output_text_tokens=50,
            reasoning_tokens=5,
            input_audio_tokens=7,
            output_audio_tokens=3,
            cache_read_audio_tokens=2,
        ),
    )
    assert row["input_cost"] == Decimal("0.0002")  # 100 x 2 / 1M
    assert row["cache_read_cost"] == Decimal("0.0001")  # 200 x 0.5
    assert row["cache_write_cost"] == Decimal("0.00014")  # 40 x 2.5 + 10 x 4
    assert row["output_cost"] == Decimal("0.0004")  # 50 x 8
    assert row["reasoning_cost"] == Decimal("0.00004")  # 5 x 8, the output rate
    assert row["audio_cost"] == Decimal("0.000132")  # 7 x 10 + 3 x 20 + 2 x 1
    assert row["cost"] == Decimal("0.001012")
    assert seen(row, "cost_status", "cost_reason", "price_id") == ("priced", None, "openai/full@2026-01-01")
    assert seen(row, "model", "match_kind", "list_value") == ("full", "exact", None)


@pytest.mark.parametrize(("cached", "cost", "price_id"), [(900, "0.000650", ""), (901, "0.001301", "#above-1000")])
def test_a_tier_covers_the_whole_request_once_caches_included_it_is_exceeded(prices, rate, cached, cost, price_id):
    # 100 x 2 + 900 x 0.5 = 650; 100 x 4 + 901 x 1 = 1301
    row = rate(prices, **call(uncached_input_tokens=100, cache_read_tokens=cached))
    assert seen(row, "cost", "price_id") == (Decimal(cost), f"openai/full@2026-01-01{price_id}")


@pytest.mark.parametrize(("tokens", "cost"), [(999, "0.000999"), (1000, "0.002")])
def test_an_inclusive_tier_begins_at_its_threshold(prices, rate, tokens, cost):
    row = rate(prices, provider="xai", request_model="inclusive", uncached_input_tokens=tokens)
    assert seen(row, "cost", "provider") == (Decimal(cost), "x-ai")


@pytest.mark.parametrize(
    ("started_at", "cost", "status", "reason"),
    [
        (datetime(2025, 12, 31, 23, 59, 59), None, "unpriced", "no price at that date"),
        (datetime(2026, 1, 1), "0.000002", "priced", None),
        (datetime(2026, 6, 1, 15, 59, 59), "0.000002", "priced", None),
        (datetime(2026, 6, 1, 16), "0.000001", "priced", None),
    ],
)
def test_a_price_holds_from_its_second_on(prices, rate, started_at, cost, status, reason):
    row = rate(prices, **call(uncached_input_tokens=1, started_at=started_at))
    assert seen(row, "cost", "cost_status", "cost_reason") == (cost and Decimal(cost), status, reason)


def test_a_variant_replaces_rates_and_tiers(prices, rate):
    row = rate(prices, **call(uncached_input_tokens=2000, processing="batch"))
    assert seen(row, "cost", "price_id") == (Decimal("0.002"), "openai/full@2026-01-01#batch")


def test_a_batch_named_as_service_tier_is_a_batch(prices, rate):
    row = rate(prices, **call(uncached_input_tokens=10, service_tier="batch"))
    assert seen(row, "cost", "cost_status") == (Decimal("0.00001"), "priced")


@pytest.mark.parametrize(
    "tier", ["default", "standard", "auto", "on_demand", "not_available", "global", "STANDARD", None]
)
def test_the_standard_tier_has_many_names(prices, rate, tier):
    row = rate(prices, **call(uncached_input_tokens=10, service_tier=tier))
    assert seen(row, "cost", "cost_status") == (Decimal("0.00002"), "priced")


def test_a_condition_without_a_price_is_estimated_at_the_standard_one(prices, rate):
    row = rate(prices, **call(uncached_input_tokens=10, service_tier="flex", speed="fast"))
    assert seen(row, "cost", "cost_status", "cost_reason") == (
        Decimal("0.00002"),
        "estimated",
        "no flex price; no fast price",
    )


def test_a_batch_variant_does_not_answer_for_a_tier(prices, rate):
    row = rate(prices, **call(uncached_input_tokens=10, processing="batch", service_tier="priority"))
    assert seen(row, "cost", "cost_reason") == (Decimal("0.00001"), "no priority price")


def test_a_multiplier_applies_to_tokens(prices, rate):
    row = rate(
        prices, **call(request_model="plain", uncached_input_tokens=10, output_text_tokens=1, inference_region="us")
    )
    assert seen(row, "cost", "price_id") == (Decimal("0.0000495"), "openai/plain#us")  # (30 + 15) x 1.1
    other = rate(prices, **call(request_model="plain", uncached_input_tokens=10, inference_region="eu"))
    assert seen(other, "cost", "cost_reason") == (Decimal("0.00003"), "no eu region price")


@pytest.mark.parametrize(
    ("tokens", "picodollars"),
    [(1, 0), (3, 2), (5, 2), (7, 4), (8, 4), (11, 6)],  # half a pico-dollar each: 0.5, 1.5, 2.5, 3.5, 4, 5.5
)
def test_what_does_not_divide_is_rounded_half_even_once(prices, rate, tokens, picodollars):
    row = rate(prices, **call(request_model="fine", uncached_input_tokens=tokens, inference_region="us"))
    assert row["cost"] == Decimal(picodollars).scaleb(-12)


def test_own_rates_for_reasoning_and_images_are_used(prices, rate):
    row = rate(prices, **call(request_model="thinker", reasoning_tokens=2, input_image_tokens=3, output_image_tokens=4))
    assert seen(row, "reasoning_cost", "image_cost", "cost_status") == (
        Decimal("0.000006"),
        Decimal("0.000032"),
        "priced",
    )


def test_images_without_a_rate_are_priced_as_text_and_sounds_only_estimated(prices, rate):
    image = rate(prices, **call(request_model="plain", input_image_tokens=10, output_image_tokens=10))
    assert seen(image, "image_cost", "cost_status") == (Decimal("0.00018"), "priced")  # 10 x 3 + 10 x 15
    sound = rate(prices, **call(request_model="plain", input_audio_tokens=10, output_audio_tokens=10))
    assert seen(sound, "audio_cost", "cost_status", "cost_reason") == (
        Decimal("0.00018"),
        "estimated",
        "no audio input price; no audio output price",
    )


def test_cache_tokens_without_a_rate_are_estimated_at_the_input_rate(prices, rate):
    row = rate(
        prices,
        **call(request_model="plain", cache_read_tokens=1, cache_write_5m_tokens=2, cache_write_1h_tokens=3),
    )
    assert row["cost"] == Decimal("0.000018")
    assert row["cost_reason"] == "no cache read price; no cache write price; no 1h cache write price"


def test_fees_are_charged_per_published_unit(prices, rate):
    row = rate(
        prices,
        **call(
            request_model="tools",
            web_searches=3,
            rerank_searches=1,
            images=2,
            pages=5,
            characters=100,
            audio_seconds=Decimal("10.5"),
        ),
    )
    # 0.005 + 0.03 + 0.002 + 0.08 + 0.005 + 0.0015 + 10.5 x 0.111 / 3600 = 0.00032375
    assert seen(row, "unit_cost", "cost", "cost_status") == (Decimal("0.12382375"), Decimal("0.12382375"), "priced")


def test_seconds_of_audio_are_rounded_half_even_at_the_twelfth_place(prices, rate):
    # 1 x 0.111 / 3600 = 0.0000308333..., plus the request's 0.005
    assert rate(prices, **call(request_model="tools", audio_seconds=1))["cost"] == Decimal("0.005030833333")


def test_a_unit_without_a_fee_leaves_an_estimate_of_the_rest(prices, rate):
    row = rate(prices, **call(request_model="plain", uncached_input_tokens=10, web_searches=1, images=2))
    assert seen(row, "cost", "cost_status", "cost_reason") == (
        Decimal("0.00003"),
        "estimated",
        "no web search price; no image price",
    )


@pytest.mark.parametrize(
    ("used", "reason"),
    [
        ({"images": 2}, "no image price"),
        ({"audio_seconds": 60, "pages": 1}, "no page price; no audio price"),
        ({"images": 2, "processing": "batch"}, "no batch price; no image price"),
    ],
)
def test_a_call_that_uses_only_what_has_no_price_is_unpriced_and_not_free_of_cost(prices, rate, used, reason):
    row = rate(prices, **call(request_model="plain", **used))
    assert seen(row, "cost", "unit_cost", "cost_status", "cost_reason") == (None, None, "unpriced", reason)
    subscribed = rate(prices, **call(request_model="plain", charge_basis="subscription", **used))
    assert seen(subscribed, "cost", "list_value") == (0, None)
    billed = rate(prices, **call(request_model="plain", billed_cost=Decimal("0.7"), **used))
    assert seen(billed, "cost", "list_value") == (Decimal("0.7"), None)


@pytest.mark.parametrize(
    ("tokens", "cost", "reason"),
    [
        (200_000, "0.8", None),
        (200_001, "0.800004", "no priority price of prompts above 200000"),
        (600_000, "2.4", "no priority price of prompts above 200000"),
    ],
)
def test_a_variant_without_the_tiers_of_the_standard_price_is_an_estimate_beyond(
    price_list, rate, tokens, cost, reason
):
    prices = price_list("""
models:
  - id: openai/long
    prices:
      - rates: {input: 2, output: 10}
        tiers: [{above: 200000, rates: {input: 6, output: 30}}, {above: 500000, rates: {input: 9, output: 45}}]
        variants: [{when: {service_tier: priority}, rates: {input: 4, output: 20}}]
""")
    row = rate(prices, **call(request_model="long", service_tier="priority", uncached_input_tokens=tokens))
    assert seen(row, "cost", "cost_reason") == (Decimal(cost), reason)
    assert row["price_id"] == "openai/long#priority"


def test_a_clock_decides_by_minute_of_the_week_in_utc(prices, rate):
    def cost(moment):
        row = rate(prices, provider="deepseek", request_model="clocked", uncached_input_tokens=1, started_at=moment)
        return row["cost"], row["price_id"]

    standard = (Decimal("0.000001"), "deepseek/clocked")
    peak = (Decimal("0.000002"), "deepseek/clocked#peak")
    assert cost(datetime(2026, 3, 2, 0, 59, 59)) == standard
    assert cost(datetime(2026, 3, 2, 1, 0, 0)) == peak
    assert cost(datetime(2026, 3, 2, 3, 59, 59)) == peak
    assert cost(datetime(2026, 3, 2, 4, 0, 0)) == standard
    assert cost(datetime(2026, 3, 3, 2, 0, 0)) == standard  # a Tuesday


@pytest.mark.parametrize(
    ("changes", "cost", "status", "reason"),
    [
        ({"billed_cost": Decimal("0.7")}, "0.7", "billed", None),
        ({"billed_cost": Decimal(0), "request_model": "nobody"}, "0", "billed", None),
        ({"gateway_cached": True}, "0", "free", "response cache hit"),
        ({"gateway_cached": True, "request_model": "nobody"}, "0", "free", "response cache hit"),
        ({"status": "blocked"}, "0", "free", "blocked"),
        ({"status": "error"}, "0.00002", "priced", None),
        ({"status": "error", "uncached_input_tokens": 0}, "0", "free", "failed, nothing used"),
        ({"status": "error", "uncached_input_tokens": None}, "0", "free", "failed, nothing used"),
        ({"status": "error", "uncached_input_tokens": None, "http_status": 429}, "0", "free", "failed, nothing used"),
        (
            {"status": "cancelled", "processing": "batch", "uncached_input_tokens": None},
            "0",
            "free",
            "failed, nothing used",
        ),
        (
            {"status": "error", "uncached_input_tokens": None, "http_status": 504},
            None,
            "unpriced",
            "timed out, usage unknown",
        ),
        (
            {"status": "error", "uncached_input_tokens": None, "error_type": "APITimeoutError"},
            None,
            "unpriced",
            "timed out, usage unknown",
        ),
        (
            {"status": "error", "uncached_input_tokens": None, "error_type": "timed_out"},
            None,
            "unpriced",
            "timed out, usage unknown",
        ),
        (
            {"status": "error", "uncached_input_tokens": None, "error_type": "RateLimitError"},
            "0",
            "free",
            "failed, nothing used",
        ),
        ({"uncached_input_tokens": None}, None, "unpriced", "usage unknown"),
        ({"uncached_input_tokens": 0}, "0", "priced", None),
        ({"request_model": "nobody"}, None, "unpriced", "unknown model"),
        ({"request_model": None}, None, "unpriced", "no model"),
        ({"request_model": "free"}, "0", "free", "free model"),
        ({"usage_origin": "tokenizer"}, "0.00002", "estimated", "tokens counted locally"),
        ({"usage_origin": "estimate"}, "0.00002", "estimated", "usage estimated"),
        ({"charge_basis": "subscription"}, "0", "priced", None),
        ({"charge_basis": "subscription", "request_model": "nobody"}, "0", "priced", "unknown model"),
        ({"uncached_input_tokens": 2**62}, None, "unpriced", "overflow"),
        ({"uncached_input_tokens": 2**63 - 1, "cache_read_tokens": 2**63 - 1}, None, "unpriced", "overflow"),
    ],
)
def test_the_status_tells_what_the_cost_is_worth(prices, rate, changes, cost, status, reason):
    row = rate(prices, **call(**{"uncached_input_tokens": 10, **changes}))
    assert seen(row, "cost", "cost_status", "cost_reason") == (None if cost is None else Decimal(cost), status, reason)
    parts = [
        value for name, value in row.items() if name.endswith("_cost") and name not in ("billed_cost", "reported_cost")
    ]
    assert sum(filter(None, parts)) == (
        row["cost"] if status in ("priced", "estimated") and row["charge_basis"] == "metered" else 0
    )


def test_what_a_subscription_call_would_have_cost_is_kept_apart(prices, rate):
    row = rate(prices, **call(uncached_input_tokens=10, charge_basis="subscription"))
    assert seen(row, "cost", "list_value", "input_cost") == (0, Decimal("0.00002"), None)


def test_a_billed_call_keeps_its_list_price_aside(prices, rate):
    row = rate(prices, **call(uncached_input_tokens=10, billed_cost=Decimal("0.7")))
    assert seen(row, "cost", "list_value", "input_cost") == (Decimal("0.7"), Decimal("0.00002"), None)


def test_an_unpriced_call_keeps_the_name_it_was_logged_with(prices, rate):
    row = rate(prices, provider=None, request_model="azure/Some-Name", uncached_input_tokens=1)
    assert seen(row, "model", "provider", "price_id", "match_kind") == ("azure/Some-Name", None, None, None)
    row = rate(prices, provider="vertex_ai", request_model="a", response_model="b", uncached_input_tokens=1)
    assert seen(row, "model", "provider") == ("b", "vertex")


def test_the_price_of_the_requested_model_is_an_estimate_where_nobody_knows_the_one_that_answered(prices, rate):
    row = rate(prices, **call(response_model="full-2-internal", uncached_input_tokens=10))
    assert seen(row, "model", "cost", "cost_status") == ("full", Decimal("0.00002"), "estimated")
    assert row["cost_reason"] == "unknown response model"


def test_a_missing_provider_is_filled_in(prices, rate):
    row = rate(prices, provider=None, request_model="full-2026-01-05", uncached_input_tokens=1)
    assert seen(row, "provider", "model", "match_kind") == ("openai", "full", "dated")


SONNET = {"provider": "anthropic", "request_model": "claude-sonnet-4-5-20250929"}


@pytest.mark.parametrize(
    ("case", "usage", "cost"),
    [
        ("A", {"uncached_input_tokens": 1000, "output_text_tokens": 1000}, "0.0180"),
        ("B", {"uncached_input_tokens": 2000, "output_text_tokens": 500}, "0.0135"),
        ("C", {"cache_write_1h_tokens": 100_000}, "0.6000"),
        ("D", {"uncached_input_tokens": 4000, "output_text_tokens": 500}, "0.0195"),
        ("F", {"uncached_input_tokens": 300_000, "output_text_tokens": 1000}, "1.8225"),
        ("F, cached", {"uncached_input_tokens": 1, "cache_read_tokens": 200_000}, "0.120006"),
        ("F, at the threshold", {"cache_read_tokens": 200_000}, "0.06"),
        ("G", {"uncached_input_tokens": 500, "output_text_tokens": 500}, "0.0090"),
        ("H", {"uncached_input_tokens": 1000, "output_text_tokens": 100}, "0.0045"),
        ("I", {"uncached_input_tokens": 1000, "output_text_tokens": 100, "web_searches": 10}, "0.1045"),
        ("I, batch", {"uncached_input_tokens": 1000, "web_searches": 10, "processing": "batch"}, "0.1015"),
        ("J", {"uncached_input_tokens": 10_000, "output_text_tokens": 1000, "service_tier": "batch"}, "0.0225"),
        ("K", {"uncached_input_tokens": 1000, "output_text_tokens": 100}, "0.0045"),
        ("L", {"uncached_input_tokens": 10_000, "output_text_tokens": 1000, "inference_region": "us"}, "0.0495"),
    ],
)
def test_published_prices_of_a_real_model_give_the_known_amounts(built_in, rate, case, usage, cost):
    row = rate(built_in, **SONNET, **usage)
    assert seen(row, "cost", "cost_status") == (Decimal(cost), "priced"), case


def test_case_e_an_unknown_model_has_no_cost(built_in, rate):
    row = rate(
        built_in,
        provider="anthropic",
        request_model="claude-opus-9",
        uncached_input_tokens=5000,
        output_text_tokens=5000,
    )
    assert seen(row, "cost", "cost_status", "cost_reason") == (None, "unpriced", "unknown model")


@pytest.mark.parametrize(
    ("provider", "model", "usage", "cost"),
    [
        # Gemini's thinking is billed as output: (5 + 7) x 2.5
        ("google", "gemini-2.5-flash", {"output_text_tokens": 5, "reasoning_tokens": 7}, "0.00003"),
        # o3 before and after its cut of 2025-06-10
        ("openai", "o3", {"uncached_input_tokens": 1000, "started_at": datetime(2025, 6, 9)}, "0.01"),
        ("openai", "o3", {"uncached_input_tokens": 1000, "started_at": datetime(2025, 6, 10)}, "0.002"),
        ("openai", "text-embedding-3-small", {"uncached_input_tokens": 1000}, "0.00002"),
        # A bill seen upstream: 270540 x 10 + 7936 x 1 + 630 x 45
        (
            "openai",
            "gpt-5.5",
            {"uncached_input_tokens": 270_540, "cache_read_tokens": 7936, "output_text_tokens": 630},
            "2.741686",
        ),
        # 9634 tokens written for an hour through a regional Bedrock profile: 6.6
        ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", {"cache_write_1h_tokens": 9634}, "0.0635844"),
        ("xai", "grok-4.3", {"uncached_input_tokens": 200_000}, "0.5"),
        # The US endpoint: (100,000 x 2 + 1,000 x 6) x 1.1
        (
            "xai",
            "grok-4.6",
            {"inference_region": "us", "uncached_input_tokens": 100_000, "output_text_tokens": 1000},
            "0.2266",
        ),
        # The first snapshot cost 100 and 200 for audio, the later ones 40 and 80.
        (
            "openai",
            "gpt-4o-realtime-preview-2024-10-01",
            {"input_audio_tokens": 1000, "output_audio_tokens": 1000, "cache_read_audio_tokens": 1000},
            "0.32",
        ),
        (
            "openai",
            "gpt-4o-realtime-preview-2024-12-17",
            {"input_audio_tokens": 1000, "output_audio_tokens": 1000, "cache_read_audio_tokens": 1000},
            "0.1225",
        ),
        ("groq", "whisper-large-v3", {"audio_seconds": 3600}, "0.111"),
        ("cohere", "rerank-v3.5", {"rerank_searches": 3}, "0.006"),
        ("openai", "whisper-1", {"audio_seconds": 60}, "0.006"),
        ("openai", "tts-1", {"characters": 2000}, "0.03"),
        ("anthropic", "claude-3-haiku-20240307", {"cache_write_5m_tokens": 1000}, "0.0003"),
    ],
)
def test_published_prices_of_other_models(built_in, rate, provider, model, usage, cost):
    row = rate(built_in, provider=provider, request_model=model, **usage)
    assert seen(row, "cost", "cost_status") == (Decimal(cost), "priced")


@pytest.mark.parametrize(
    ("provider", "names", "usage", "cost"),
    [
        # A batch halves what a prompt above 100,000 tokens costs: 150,000 x 0.25 + 1,000 x 1.25
        (
            "vertex_ai",
            ("claude-haiku-5-5", "claude-haiku-5-5@default"),
            {"processing": "batch", "uncached_input_tokens": 150_000, "output_text_tokens": 1000},
            "0.03875",
        ),
        # A regional endpoint: (100,000 x 2 + 10,000 x 10) x 1.1
        (
            "vertex_ai",
            ("claude-sonnet-5-5", "claude-sonnet-5-5@default"),
            {"inference_region": "us-east5", "uncached_input_tokens": 100_000, "output_text_tokens": 10_000},
            "0.33",
        ),
        # The tier begins at 200,000: 200,000 x 2.5 + 1,000 x 5
        (
            "xai",
            ("grok-4.20", "grok-4.20-reasoning", "grok-4.20-0309-reasoning"),
            {"uncached_input_tokens": 200_000, "output_text_tokens": 1000, "started_at": datetime(2026, 11, 15)},
            "0.505",
        ),
        # Before 2026-04-30: 100,000 x 2 + 10,000 x 6
        (
            "xai",
            ("grok-4.20", "grok-4.20-beta", "grok-4.20-reasoning"),
            {"uncached_input_tokens": 100_000, "output_text_tokens": 10_000, "started_at": datetime(2026, 4, 15)},
            "0.26",
        ),
        # Within a region: 100,000 x 5.5 + 1,000 x 27.5
        (
            "bedrock",
            ("anthropic.claude-opus-4-6", "anthropic.claude-opus-4-6-v1", "anthropic.claude-opus-4-6-v1:0"),
            {"uncached_input_tokens": 100_000, "output_text_tokens": 1000},
            "0.5775",
        ),
    ],
)
def test_one_model_costs_the_same_under_each_of_its_names(built_in, rate_all, provider, names, usage, cost):
    rows = rate_all(built_in, [{"provider": provider, "request_model": name, **usage} for name in names])
    assert {seen(row, "cost", "cost_status") for row in rows} == {(Decimal(cost), "priced")}
    assert len({row["price_id"] for row in rows}) == 1


@pytest.mark.parametrize(
    ("provider", "request_model", "response_model", "cost"),
    [
        # 1,000 x 3.3, the price of a regional profile
        ("anthropic", "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929", "0.0033"),
        # 1,000 x 2 x 1.1
        ("openai", "azure/eu/gpt-4.1", "gpt-4.1-2025-04-14", "0.0022"),
        (None, "azure/eu/gpt-4.1", "gpt-4.1-2025-04-14", "0.0022"),
    ],
)
def test_the_route_asked_for_costs_the_same_whatever_the_answer_calls_the_model(
    built_in, rate, provider, request_model, response_model, cost
):
    for answered in (None, response_model):
        asked = {"provider": provider, "request_model": request_model, "response_model": answered}
        row = rate(built_in, **asked, uncached_input_tokens=1_000)
        assert seen(row, "cost", "cost_status") == (Decimal(cost), "priced")


@pytest.mark.parametrize("answered", [None, "acme/owl:free", "acme/owl"])
def test_openrouters_free_variant_costs_nothing_whatever_the_answer_calls_it(built_in, rate, answered):
    asked = {"provider": "openrouter", "request_model": "acme/owl:free", "response_model": answered}
    row = rate(built_in, **asked, uncached_input_tokens=1_000, output_text_tokens=1_000)
    assert (row["cost"], row["cost_status"], row["cost_reason"]) == (0, "free", "OpenRouter's :free variant")
    assert (row["model"], row["match_kind"], row["price_id"]) == (
        "acme/owl:free",
        "variant",
        "openrouter/acme/owl:free",
    )


def test_a_paid_model_that_stood_in_for_a_free_one_costs_what_it_costs(built_in, rate):
    asked = {"provider": "openrouter", "request_model": "acme/owl:free", "response_model": "openai/gpt-4o-mini"}
    # 1,000 x 0.15
    assert rate(built_in, **asked, uncached_input_tokens=1_000)["cost"] == Decimal("0.00015")


@pytest.mark.parametrize("suffix", [":floor", ":nitro", ":exacto", ":online"])
def test_openrouters_other_suffixes_leave_a_call_unpriced_and_say_why(built_in, rate, suffix):
    row = rate(
        built_in, provider="openrouter", request_model=f"openai/gpt-4o-mini{suffix}", uncached_input_tokens=1_000
    )
    assert (row["cost"], row["cost_status"]) == (None, "unpriced")
    assert suffix in row["cost_reason"]
    assert row["cost_reason"].startswith("only OpenRouter knows")


def test_a_call_whose_provider_was_chosen_is_an_estimate_at_the_listed_price(built_in, rate):
    asked = {
        "provider": "openrouter",
        "request_model": "openai/gpt-4o-mini:nitro",
        "response_model": "openai/gpt-4o-mini",
    }
    row = rate(built_in, **asked, uncached_input_tokens=1_000)
    assert (row["cost"], row["cost_status"]) == (Decimal("0.00015"), "estimated")
    assert ":nitro" in row["cost_reason"]


@pytest.mark.parametrize(
    ("asked", "fresh", "cost", "price_id"),
    [
        # Up to the bound 1 for what is fresh and 0.2 for what was cached.
        ("batch", 60, "0.000068", "batch"),
        # Beyond it the batch price of fresh input is only known for shorter prompts; cached input has its standard price, 0.4.
        ("batch", 61, "0.000077", "above-100,batch"),
        ("batch", 161, "0.000185", "above-200,batch"),
        # The other price goes on, and parts its prompts elsewhere.
        ("flex", 60, "0.000068", "flex"),
        ("flex", 61, "0.000077", "above-100,flex"),
        ("flex", 111, "0.000238", "above-150,above-100,flex"),
        ("flex", 161, "0.000346", "above-150,above-200,flex"),
    ],
)
def test_a_unit_left_open_costs_what_the_standard_price_of_such_a_prompt_is(
    price_list, rate, asked, fresh, cost, price_id
):
    prices = price_list("""
models:
  - id: openai/long
    prices:
      - rates: {input: 2, cache_read: 0.2}
        tiers: [{above: 100, rates: {input: 4, cache_read: 0.4}}, {above: 200, rates: {input: 8, cache_read: 0.6}}]
        variants:
          - {when: {processing: batch}, rates: {input: 1}, open: [cache_read]}
          - {when: {service_tier: flex}, rates: {input: 1}, tiers: [{above: 150, rates: {input: 2}}], open: [cache_read]}
""")
    how = {"processing": "batch"} if asked == "batch" else {"service_tier": "flex"}
    row = rate(prices, **call(request_model="long", uncached_input_tokens=fresh, cache_read_tokens=40, **how))
    assert seen(row, "cost", "cost_status", "price_id") == (Decimal(cost), "estimated", f"openai/long#{price_id}")
