"""Units beyond tokens: sizes that decide a fee, quantities billed at least, and what costs nothing unless listed."""

# A parametrised sentence needs its arguments.
# ruff: noqa: PLR0917

from decimal import Decimal

import pytest

LIST = """
models:
  - id: perplexity/sonar
    prices:
      - rates: {input: 1, output: 1}
        fees: {request: 5}
        variants:
          - {when: {unit_size: low}, fees: {request: 5}}
          - {when: {unit_size: medium}, fees: {request: 8}}
          - {when: {unit_size: high}, fees: {request: 12}}
          - {when: {processing: batch}, rates: {input: 0.5, output: 0.5}}
  - id: perplexity/research
    prices: [{rates: {input: 2, output: 8, reasoning: 3, citation: 2}, fees: {web_search: 5}}]
  - id: groq/whisper
    prices: [{fees: {audio_hour: 0.111}, minimums: {audio_seconds: 10}}]
  - id: openai/agent
    prices: [{rates: {input: 1, output: 2}, fees: {file_search: 2.5, map_search: 25, code_session: 0.03, web_search: 10}}]
  - id: x-ai/film
    prices:
      - fees: {video_second: 0.05}
        variants: [{when: {unit_size: [1080p, 4k]}, fees: {video_second: 0.07}}]
        minimums: {video_seconds: 2.5}
  - id: aws/reader
    prices: [{fees: {page: 1.5, character: 16}, minimums: {pages: 3, characters: 100}}]
"""


@pytest.fixture
def prices(price_list):
    return price_list(LIST)


def seen(row, *names):
    return tuple(row[name] for name in names)


@pytest.mark.parametrize(
    ("size", "unit_cost", "status", "reason", "price_id"),
    [
        ("low", "0.005", "priced", None, "#low"),
        ("Medium", "0.008", "priced", None, "#medium"),
        ("high", "0.012", "priced", None, "#high"),
        ("huge", "0.005", "estimated", "no huge price", ""),
        (None, "0.005", "estimated", "size not stated", ""),
    ],
)
def test_a_request_fee_goes_by_the_size_of_the_search_context(prices, rate, size, unit_cost, status, reason, price_id):
    # 100 tokens in and 300 out at 1 a million, and the fee for one request.
    row = rate(
        prices,
        provider="perplexity",
        request_model="sonar",
        uncached_input_tokens=100,
        output_text_tokens=300,
        unit_size=size,
    )
    assert seen(row, "unit_cost", "cost_status", "cost_reason") == (Decimal(unit_cost), status, reason)
    assert row["cost"] == Decimal("0.0004") + Decimal(unit_cost)
    assert row["price_id"] == f"perplexity/sonar{price_id}"


def test_rates_and_fees_are_each_taken_from_the_variant_that_states_them(prices, rate):
    # 100 x 0.5 = 50 millionths from the batch variant, 12 / 1000 from the size.
    row = rate(
        prices,
        provider="perplexity",
        request_model="sonar",
        uncached_input_tokens=100,
        unit_size="high",
        processing="batch",
    )
    assert seen(row, "cost", "cost_status") == (Decimal("0.01205"), "priced")
    assert row["price_id"] == "perplexity/sonar#batch,high"


def test_citations_are_billed_where_they_are_listed_and_free_elsewhere(prices, rate):
    # (30 + 2000) x 2 + 700 x 8 + 650 x 3 = 11,610 millionths, and 9 searches at 5 a thousand.
    usage = {"uncached_input_tokens": 30, "citation_tokens": 2000, "output_text_tokens": 700, "reasoning_tokens": 650}
    research = rate(prices, provider="perplexity", request_model="research", **usage, web_searches=9)
    assert seen(research, "input_cost", "cost", "cost_status") == (Decimal("0.00406"), Decimal("0.05661"), "priced")
    sonar = rate(prices, provider="perplexity", request_model="sonar", unit_size="low", **usage)
    # (30 + 700 + 650) x 1 and the fee
    assert seen(sonar, "cost", "cost_status") == (Decimal("0.00638"), "priced")


@pytest.mark.parametrize(
    ("seconds", "cost"),
    [
        # 0.111 / 3600 = 0.00003083... a second
        ("3.2", "0.000308333333"),  # 10 seconds at least
        ("10", "0.000308333333"),
        ("10.5", "0.00032375"),  # exactly
        ("0", "0"),
        ("3600", "0.111"),
    ],
)
def test_a_call_is_billed_for_the_smallest_quantity_at_least(prices, rate, seconds, cost):
    row = rate(prices, provider="groq", request_model="whisper", audio_seconds=Decimal(seconds))
    assert seen(row, "cost", "cost_status") == (Decimal(cost), "priced")


def test_a_call_without_the_quantity_owes_no_minimum(prices, rate):
    row = rate(prices, provider="aws", request_model="reader", pages=1)
    # 3 pages at 1.5 a thousand, no character
    assert row["cost"] == Decimal("0.0045")
    assert rate(prices, provider="aws", request_model="reader", characters=7, pages=4)["cost"] == Decimal("0.0076")


def test_the_provider_s_own_tools_are_billed_by_the_call(prices, rate):
    row = rate(
        prices,
        provider="openai",
        request_model="agent",
        uncached_input_tokens=1000,
        file_searches=4,
        map_searches=1,
        code_sessions=2,
    )
    # 0.001 for the tokens; 4 x 2.5 / 1000 + 25 / 1000 + 2 x 0.03
    assert seen(row, "input_cost", "unit_cost", "cost") == (Decimal("0.001"), Decimal("0.095"), Decimal("0.096"))


@pytest.mark.parametrize(
    ("size", "seconds", "cost"), [("720p", "6", "0.3"), ("1080p", "6", "0.42"), ("4k", "1", "0.175")]
)
def test_video_is_billed_by_the_second_and_its_size(prices, rate, size, seconds, cost):
    row = rate(prices, provider="xai", request_model="film", video_seconds=Decimal(seconds), unit_size=size)
    assert row["cost"] == Decimal(cost)
    assert row["cost_status"] == ("estimated" if size == "720p" else "priced")


def test_a_unit_without_a_price_makes_an_estimate(prices, rate):
    row = rate(prices, provider="groq", request_model="whisper", audio_seconds=Decimal(3600), images=1, file_searches=1)
    assert seen(row, "cost", "cost_status") == (Decimal("0.111"), "estimated")
    assert row["cost_reason"] == "no image price; no file search price"


def test_an_absurd_length_of_video_has_no_price(prices, rate):
    row = rate(prices, provider="xai", request_model="film", video_seconds=Decimal(10**8), unit_size="4k")
    assert seen(row, "cost", "cost_status", "cost_reason") == (None, "unpriced", "overflow")
