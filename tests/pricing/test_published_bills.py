"""What providers and bug reports say a call was billed, with the built-in prices; the arithmetic stands beside each.

Sums are in millionths of a dollar: tokens times dollars per million.
"""

# The ledger holds naive UTC times.
# ruff: noqa: DTZ001

from datetime import datetime
from decimal import Decimal

import duckdb
import pytest
from tests.pricing.conftest import fill

from llmcost.pricing.rating import prepare_rates, rated_select

NOVEMBER = datetime(2026, 11, 3, 12)


@pytest.fixture
def bill(built_in, rate):
    """Cost of one call with the built-in prices."""

    def billed(provider, model, **row):
        found = rate(built_in, provider=provider, request_model=model, **{"started_at": NOVEMBER, **row})
        assert found["cost_status"] == "priced", found["cost_reason"]
        return found["cost"]

    return billed


def test_a_long_prompt_is_billed_long_as_a_whole_cached_tokens_included(bill):
    # An upstream bill quoted in tokscale issue 862: 270,540 fresh, 7,936 cached and 630 out of a model with a 272K threshold
    # The prompt is 278,476.
    # 270,540 x 10 = 2,705,400; 7,936 x 1 = 7,936; 630 x 45 = 28,350; together 2,741,686
    usage = {"uncached_input_tokens": 270_540, "cache_read_tokens": 7_936, "output_text_tokens": 630}
    assert bill("openai", "gpt-5.5", **usage) == Decimal("2.741686")


@pytest.mark.parametrize(
    ("cached", "cost"),
    [
        # 264,064 x 5 + 7,936 x 0.5 + 630 x 30 = 1,320,320 + 3,968 + 18,900
        (7_936, "1.343188"),
        # One cached token more is past it: 264,064 x 10 + 7,937 x 1 + 630 x 45 = 2,640,640 + 7,937 + 28,350
        (7_937, "2.676927"),
    ],
)
def test_openai_s_threshold_is_exclusive(bill, cached, cost):
    usage = {"uncached_input_tokens": 264_064, "cache_read_tokens": cached, "output_text_tokens": 630}
    assert bill("openai", "gpt-5.5", **usage) == Decimal(cost)


@pytest.mark.parametrize(
    ("fresh", "cost"),
    [
        # 150,000 cached. 49,999 x 1.25 + 150,000 x 0.2 + 100 x 2.5 = 62,498.75 + 30,000 + 250
        (49_999, "0.09274875"),
        # At 200,000 it is long: 50,000 x 2.5 + 150,000 x 0.4 + 100 x 5 = 125,000 + 60,000 + 500
        (50_000, "0.1855"),
    ],
)
def test_xai_s_threshold_is_inclusive(bill, fresh, cost):
    usage = {"uncached_input_tokens": fresh, "cache_read_tokens": 150_000, "output_text_tokens": 100}
    assert bill("xai", "grok-4.3", **usage) == Decimal(cost)


def test_a_cache_write_for_an_hour_has_its_own_rate(bill):
    # AWS billed $0.09651 for a call that wrote 9,634 tokens for an hour, LiteLLM counted $0.0603825
    # (https://github.com/BerriAI/litellm/pull/36762). 9,634 x 10 = 96,340, which leaves 170 for the rest of the call: here 9
    # tokens in at 5 and 5 out at 25. At the rate for five minutes the same is 9,634 x 6.25 + 170 = 60,382.5.
    rest = {"uncached_input_tokens": 9, "output_text_tokens": 5}
    model = "global.anthropic.claude-opus-4-5-20251101-v1:0"
    assert bill("bedrock", model, cache_write_1h_tokens=9_634, **rest) == Decimal("0.09651")
    assert bill("bedrock", model, cache_write_5m_tokens=9_634, **rest) == Decimal("0.0603825")


def test_bedrock_s_regions_cost_a_tenth_more_than_its_global_endpoint(bill):
    usage = {"uncached_input_tokens": 10_000, "output_text_tokens": 1_000}
    name = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    # 10,000 x 3.3 + 1,000 x 16.5 = 49,500 against 10,000 x 3 + 1,000 x 15 = 45,000
    assert bill("bedrock", f"us.{name}", **usage) == Decimal("0.0495")
    assert bill("bedrock", f"eu.{name}", **usage) == Decimal("0.0495")
    assert bill("bedrock", f"global.{name}", **usage) == Decimal("0.045")


def test_a_batch_halves_tokens_and_not_searches(bill):
    usage = {"uncached_input_tokens": 1_000, "output_text_tokens": 500, "web_searches": 3}
    # 1,000 x 4 + 500 x 20 = 14,000 and 3 searches at 10,000; in a batch 1,000 x 2 + 500 x 10 = 7,000 and the same searches
    assert bill("anthropic", "claude-opus-5-5", **usage) == Decimal("0.044")
    assert bill("anthropic", "claude-opus-5-5", **usage, processing="batch") == Decimal("0.037")


@pytest.mark.parametrize(
    ("moment", "cost"),
    [
        # 1,000 x input + 1,000 x output
        (datetime(2026, 8, 16, 15, 59, 59), "0.00042"),  # before: 140 + 280
        (datetime(2026, 8, 16, 16), "0.00088"),  # a Sunday, changed within the day: 220 + 660
        (datetime(2026, 8, 17, 0, 59, 59), "0.00088"),  # Monday, not yet peak
        (datetime(2026, 8, 17, 1), "0.00176"),  # peak, twice: 440 + 1,320
        (datetime(2026, 8, 17, 3, 59, 59), "0.00176"),
        (datetime(2026, 8, 17, 4), "0.00088"),
        (datetime(2026, 8, 17, 6), "0.00176"),
        (datetime(2026, 8, 17, 10), "0.00088"),
        (datetime(2026, 8, 22, 2), "0.00176"),  # a Saturday, the last that had a peak
        (datetime(2026, 8, 23, 2), "0.00088"),  # a Sunday
        (datetime(2026, 8, 29, 2), "0.00088"),  # a Saturday
        (datetime(2026, 9, 10, 3, 59, 59), "0.00176"),  # Thursday, the last second of the old price and of its peak
        (datetime(2026, 9, 10, 4), "0.00075"),  # 150 + 600
        (datetime(2026, 9, 10, 6), "0.0015"),
        (datetime(2026, 9, 24, 6), "0.0015"),
        (datetime(2026, 9, 25, 6), "0.00075"),  # a Friday, the Mid-Autumn Festival
        (datetime(2026, 9, 28, 6), "0.0015"),
        (datetime(2026, 10, 1, 1), "0.00075"),  # the first day of the National Day holidays, and the last
        (datetime(2026, 10, 7, 9, 59, 59), "0.00075"),
        (datetime(2026, 10, 8, 1), "0.0015"),
    ],
)
def test_deepseek_is_dearer_at_the_peak_of_a_weekday(bill, moment, cost):
    usage = {"uncached_input_tokens": 1_000, "output_text_tokens": 1_000, "started_at": moment}
    assert bill("deepseek", "deepseek-v4-flash", **usage) == Decimal(cost)


@pytest.mark.parametrize(("size", "cost"), [("low", "0.009042"), ("medium", "0.013042"), ("high", "0.017042")])
def test_perplexity_s_request_fee_goes_by_the_search_context(bill, size, cost):
    # 14 x 3 + 200 x 15 = 3,042, and 6, 10 or 14 dollars for a thousand requests
    usage = {"uncached_input_tokens": 14, "output_text_tokens": 200, "unit_size": size}
    assert bill("perplexity", "sonar-pro", **usage) == Decimal(cost)


@pytest.mark.parametrize(
    ("seconds", "cost"),
    # 0.111 an hour; ten seconds at least are 0.111 / 360 = 0.000308333...
    [("1.5", "0.000308333333"), ("36", "0.00111")],
)
def test_groq_bills_ten_seconds_at_least(bill, seconds, cost):
    assert bill("groq", "whisper-large-v3", audio_seconds=Decimal(seconds)) == Decimal(cost)


def test_xai_s_ticks_are_the_bill(built_in, rate):
    # 37,756,000 ticks of 1e-10 dollars (https://docs.x.ai/developers/cost-tracking)
    ticks = Decimal(37_756_000).scaleb(-10)
    row = rate(built_in, provider="x-ai", request_model="grok-4.3", uncached_input_tokens=9, billed_cost=ticks)
    assert (row["cost"], row["cost_status"]) == (Decimal("0.0037756"), "billed")


def test_two_short_prompts_never_add_up_to_a_long_one(built_in):
    # Aggregates of many calls once reached a tier and were billed twice what they cost (codeburn pull request 1478).
    connection = duckdb.connect()
    fill(
        connection,
        [
            {
                "request_id": "day",
                "provider": "openai",
                "request_model": "gpt-5.5",
                "uncached_input_tokens": 300_000,
                "started_at": NOVEMBER,
            },
            {
                "request_id": "sonar",
                "provider": "perplexity",
                "request_model": "sonar",
                "uncached_input_tokens": 1_000,
                "unit_size": "low",
                "started_at": NOVEMBER,
            },
            {
                "request_id": "whisper",
                "provider": "groq",
                "request_model": "whisper-large-v3",
                "audio_seconds": 4,
                "started_at": NOVEMBER,
            },
        ],
    )
    connection.execute("alter table staged add column requests bigint default 20")
    prepare_rates(connection, "staged", built_in)
    select = "select request_id, cost, cost_status, cost_reason from ({}) order by request_id"
    assert connection.execute(select.format(rated_select("staged"))).fetchall()[0][:3] == (
        "day",
        Decimal(3),
        "priced",
    )
    # 300,000 x 5; 1,000 x 1 and 20 requests at 5 a thousand; 4 seconds without a minimum for each
    assert connection.execute(select.format(rated_select("staged", aggregated=True))).fetchall() == [
        ("day", Decimal("1.5"), "estimated", "sum of many calls"),
        ("sonar", Decimal("0.101"), "estimated", "sum of many calls"),
        ("whisper", Decimal("0.000123333333"), "estimated", "sum of many calls"),
    ]
