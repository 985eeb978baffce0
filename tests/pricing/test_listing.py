"""What the price list is asked: models at a date, one model by any name, quantities as typed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmcost.domain.errors import UsageError
from llmcost.pricing.estimate import Call, estimated
from llmcost.pricing.listing import listed
from llmcost.pricing.lookup import model_named
from llmcost.pricing.usage import parse_usage

LIST = """
models:
  - id: openai/gpt-a
    match: {exact: [gpt-a-latest], dated: true}
    prices:
      - {from: 2026-01-01, rates: {input: 2, output: 8}}
      - from: 2026-06-01
        rates: {input: 1, output: 4}
        tiers: [{above: 1000, rates: {input: 2, output: 8}}]
        variants:
          - {when: {processing: batch}, rates: {input: 0.5, output: 2}}
          - {when: {clock: {between: ["01:00-02:00"]}}, rates: {input: 3, output: 9}}
  - id: azure/gpt-a
    prices: [{rates: {input: 3, output: 9}}]
  - id: groq/llama
    prices: [{rates: {input: 3, output: 9}}]
  - id: together/llama
    prices: [{rates: {input: 3, output: 9}}]
"""


def at(day):
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


@pytest.fixture
def prices(price_list):
    return price_list(LIST)


def test_rates_are_those_of_the_day_asked_for(prices):
    (before,) = listed(prices, at("2026-05-31"), provider="openai")
    (after,) = listed(prices, at("2026-06-01"), provider="openai")

    assert before.rates == {"input": 2, "output": 8}
    assert after.rates == {"input": 1, "output": 4}
    assert (before.has_tiers, before.has_batch, before.has_clock) == (False, False, False)
    assert (after.has_tiers, after.has_batch, after.has_clock) == (True, True, True)


def test_a_model_without_a_price_on_that_day_is_listed_without_rates(prices):
    (found,) = listed(prices, at("2025-12-31"), provider="openai")

    assert found.price is None
    assert found.rates == {}


def test_a_search_looks_at_every_name(prices):
    assert [one.model.id for one in listed(prices, at("2026-11-01"), search="A-LATEST")] == ["openai/gpt-a"]
    assert [one.model.id for one in listed(prices, at("2026-11-01"), search="gpt")] == ["azure/gpt-a", "openai/gpt-a"]
    assert [one.model.id for one in listed(prices, at("2026-11-01"), provider="azure_openai")] == ["azure/gpt-a"]


def test_an_unknown_provider_is_refused_with_the_nearest(prices):
    with pytest.raises(UsageError) as raised:
        listed(prices, at("2026-11-01"), provider="opnai")

    assert raised.value.hint == "did you mean 'openai'?"


@pytest.mark.parametrize(
    ("name", "provider", "found"),
    [
        ("openai/gpt-a", None, "openai/gpt-a"),
        ("gpt-a", None, "openai/gpt-a"),
        ("gpt-a-2026-01-01", None, "openai/gpt-a"),
        ("GPT-A-LATEST", None, "openai/gpt-a"),
        ("gpt-a", "azure", "azure/gpt-a"),
        ("gpt-a", "azure.ai.openai", "azure/gpt-a"),
    ],
)
def test_a_model_is_found_by_its_id_and_by_logged_names(prices, name, provider, found):
    assert model_named(prices, name, at("2026-11-01"), provider).id == found


def test_an_unknown_model_is_refused_with_its_makers_names(prices):
    with pytest.raises(UsageError) as raised:
        model_named(prices, "gpt-b", at("2026-11-01"))

    assert raised.value.message == "the price list has no model 'gpt-b'"
    assert "openai/gpt-a" in raised.value.hint
    assert "azure" not in raised.value.hint


def test_a_name_of_several_hosts_is_refused_with_all_of_them(prices):
    with pytest.raises(UsageError) as raised:
        model_named(prices, "llama", at("2026-11-01"))

    assert raised.value.hint == "choose one of groq/llama, together/llama"


def test_quantities_are_named_by_unit_or_by_column():
    found = parse_usage(["input=1000, cache_read=200", "audio_seconds=3.5"])

    assert found == {"input": 1000, "cache_read": 200, "audio_hour": Decimal("3.5")}


def test_a_time_is_in_what_its_name_says():
    assert parse_usage(["audio_hour=0.5"]) == parse_usage(["audio_seconds=1800"])
    assert parse_usage(["video_second=7"]) == parse_usage(["video_seconds=7"])


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("input", "cannot read 'input' as a quantity", "write input=1000,output=50"),
        ("input=-1", "cannot read 'input=-1' as a quantity", "write input=1000,output=50"),
        ("input=1e9", "cannot read 'input=1e9' as a quantity", "write input=1000,output=50"),
        ("inptu=1", "unknown quantity 'inptu'", "did you mean 'input'"),
        ("input=1,input=2", "'input' is given twice", None),
        ("input=1.5", "input is counted in whole numbers, not 1.5", None),
    ],
)
def test_a_quantity_that_cannot_be_meant_is_refused(text, message, hint):
    with pytest.raises(UsageError) as raised:
        parse_usage([text])

    assert raised.value.message == message
    assert (raised.value.hint or "").startswith(hint or "")


def test_a_call_before_the_first_price_is_refused(prices):
    call = Call(model="gpt-a", provider=None, at=at("2025-01-01"), quantities={"input": Decimal(1)})

    with pytest.raises(UsageError) as raised:
        estimated(prices, call)

    assert raised.value.message == "openai/gpt-a has no price at 2025-01-01 00:00 UTC"


def test_a_call_by_id_is_priced_as_that_provider(prices):
    call = Call(model="azure/gpt-a", provider=None, at=at("2026-11-01"), quantities={"input": Decimal(1000)})

    # 1000 x 3 / 1M
    assert estimated(prices, call).calculation.total == Decimal("0.003")
