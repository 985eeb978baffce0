"""Our list beside two catalogues, and what is written of it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests.pricing.update.catalogues import GENAI, LITELLM

from llmcost.config.yaml import read_document
from llmcost.domain.errors import ConfigError, DataError
from llmcost.pricing.layers import merge
from llmcost.pricing.price_file import read_price_file
from llmcost.pricing.price_list import load_price_list
from llmcost.pricing.update.compare import compare
from llmcost.pricing.update.convert_genai import convert_genai
from llmcost.pricing.update.convert_litellm import convert_litellm
from llmcost.pricing.update.refresh import refresh

NOW = datetime(2026, 11, 11, 15, tzinfo=UTC)
TODAY = datetime(2026, 11, 11, tzinfo=UTC)
OURS = """
sources:
  page: {url: "https://openai.example/pricing", checked: 2026-01-01}
models:
  - id: openai/gpt-x
    match: {exact: [gpt-x-old], dated: true}
    prices:
      - source: page
        rates: {input: 10, cache_read: 0.5, output: 40}
      - from: 2026-05-01
        source: page
        rates: {input: 3, cache_read: 0.5, output: 8}
        tiers:
          - {above: 272000, rates: {input: 4, cache_read: 1, output: 12}}
        variants:
          - {when: {processing: batch}, rates: {input: 1.5, cache_read: 0.5, output: 4}}
          - {name: night, when: {service_tier: flex, clock: {days: [sat, sun], between: ["01:00-04:00"]}}, rates: {input: 1, cache_read: 0.5, output: 4}}
        multipliers: [{when: {inference_region: [eu, us]}, factor: 1.1}]
        fees: {web_search: 10}
        minimums: {audio_seconds: 10}
  - id: openai/gpt-y
    prices: [{source: page, rates: {input: 9, output: 2}}]
  - id: openai/gpt-own
    prices: [{source: page, rates: {input: 1, output: 2}}]
"""


@pytest.fixture
def catalogues():
    return [convert_genai(GENAI), convert_litellm(LITELLM)]


def over(target):
    """The list of `price_list` with what was written above it."""
    return merge([read_price_file(target.parent / "layer0.yaml"), read_price_file(target)])


def lines(comparison, model):
    return {
        str(line.item): (line.ours, line.proposed, line.state, f"{line.agreeing}/{len(line.theirs)}")
        for line in comparison.lines
        if line.model == model
    }


def test_a_number_is_stale_when_two_agree_on_another_and_disputed_when_none_supports_it(price_list, catalogues):
    found = compare(price_list(OURS), catalogues, NOW)
    ours = {item: line for item, line in lines(found, "openai/gpt-x").items() if line[0] is not None}
    assert ours == {
        "input": (Decimal(3), Decimal(2), "stale", "2/2"),
        "batch input": (Decimal("1.5"), Decimal(1), "stale", "2/2"),
    }
    assert lines(found, "openai/gpt-x")["priority input"] == (None, None, "missing", "1/1")
    assert lines(found, "openai/gpt-y") == {"input": (Decimal(9), None, "disputed", "1/2")}
    assert (found.compared, found.unknown) == (2, 1)
    assert {line.state for line in found.findings} == {"stale", "disputed"}


def test_a_number_that_one_catalogue_supports_stands(price_list, catalogues):
    found = compare(price_list(OURS.replace("input: 9", "input: 3")), catalogues, NOW)
    assert lines(found, "openai/gpt-y") == {}


def test_an_accepted_catalogue_is_believed_alone(price_list, catalogues):
    found = compare(price_list(OURS), catalogues, NOW, ["litellm"])
    assert lines(found, "openai/gpt-y") == {"input": (Decimal(9), Decimal(3), "stale", "1/2")}


def test_the_price_of_the_day_is_compared(price_list, catalogues):
    found = compare(price_list(OURS), catalogues[:1], datetime(2026, 1, 1, tzinfo=UTC))
    assert "input" not in lines(found, "openai/gpt-x")


def test_what_is_agreed_becomes_a_new_dated_price_and_nothing_else_changes(price_list, catalogues, tmp_path):
    target = tmp_path / "2026-11-11.yaml"
    done = refresh(price_list(OURS), catalogues, at=NOW, since=TODAY, target=target)
    assert done.changed == ("openai/gpt-x",)
    models = {one["id"]: one for one in read_document(target).value["models"]}
    first, second, third = models["openai/gpt-x"]["prices"]
    assert (first["rates"]["input"], second["from"], second["rates"]["input"]) == (10, "2026-05-01", 3)
    assert (third["from"], third["source"]) == ("2026-11-11", "catalogues")
    assert third["rates"] == {"input": 2, "cache_read": Decimal("0.5"), "output": 8}
    assert third["tiers"] == second["tiers"]
    assert third["variants"][0]["rates"] == {"input": 1, "cache_read": Decimal("0.5"), "output": 4}
    assert third["variants"][1] == second["variants"][1]
    assert third["variants"][1]["when"]["clock"] == {"days": ["sat", "sun"], "between": ["01:00-04:00"]}
    assert third["multipliers"] == second["multipliers"]
    assert (third["fees"], third["minimums"]) == ({"web_search": 10}, {"audio_seconds": 10})


def test_the_written_file_is_a_layer_that_rates_as_before_until_its_day(price_list, catalogues, tmp_path):
    prices = price_list(OURS)
    target = tmp_path / "new.yaml"
    refresh(prices, catalogues, at=NOW, since=TODAY, target=target)
    above = over(target).models["openai/gpt-x"]
    below = prices.models["openai/gpt-x"]
    assert (above.names, above.dated) == (below.names, below.dated)
    assert above.prices[0] == below.prices[0]
    assert above.prices[1].tiers == below.prices[1].tiers
    assert above.prices[1].variants == below.prices[1].variants
    assert above.prices[1].until == TODAY
    assert above.prices[2].since == TODAY


def test_a_model_that_two_catalogues_agree_on_is_added_and_one_that_only_one_has_is_not(
    price_list, catalogues, tmp_path
):
    target = tmp_path / "new.yaml"
    below = "models: [{id: openai/gpt-own, prices: [{rates: {input: 1}}]}]\n"
    done = refresh(price_list(below), catalogues, at=NOW, since=TODAY, target=target)
    assert done.added == ("openai/gpt-x",)
    done = refresh(price_list(below), catalogues, at=NOW, since=TODAY, target=target, accept=["litellm"])
    assert "groq/ear" in done.added
    assert over(target).models["groq/ear"].prices[0].fees == {"audio_hour": Decimal("0.111")}


def test_a_variant_says_which_units_it_leaves_open(price_list, tmp_path):
    spec = {
        "litellm_provider": "openai",
        "input_cost_per_token": 2e-06,
        "cache_read_input_token_cost": 1e-06,
        "input_cost_per_token_batches": 1e-06,
        "input_cost_per_token_flex": 1e-06,
        "cache_read_input_token_cost_flex": 5e-07,
    }
    target = tmp_path / "mine.yaml"
    litellm = convert_litellm({"gpt-open": spec})
    refresh(price_list(OURS), [litellm], at=NOW, since=TODAY, target=target, accept=["litellm"])
    (price,) = over(target).models["openai/gpt-open"].prices
    assert {one.label: sorted(one.tiers[0].rates) for one in price.variants} == {
        "batch": ["input"],
        "flex": ["cache_read", "input"],
    }
    (model,) = (one for one in read_document(target).value["models"] if one["id"] == "openai/gpt-open")
    assert [one.get("open") for one in model["prices"][0]["variants"]] == [["cache_read"], None]


def test_what_a_catalogue_left_open_stays_open_and_every_other_price_stays(tmp_path, rate_all):
    """The packaged 0.50 becomes 0.40 on 11 November. A batch costs 0.25 a million before and after, as the tail has it."""
    id_ = "google/gemini-3.8-flash-tts"
    litellm = convert_litellm(
        {"gemini/gemini-3.8-flash-tts": {"litellm_provider": "gemini", "input_cost_per_token": 4e-07}}
    )
    below = load_price_list()
    target = tmp_path / "new.yaml"
    done = refresh(below, [litellm], at=NOW, since=TODAY, target=target, accept=["litellm"])
    assert done.changed == (id_,)
    prices = load_price_list([target])
    asked = {
        "provider": "google",
        "request_model": "gemini-3.8-flash-tts",
        "processing": "batch",
        "uncached_input_tokens": 1_000_000,
        "output_text_tokens": 1_000_000,
    }
    rows = [
        {**asked, "started_at": datetime(2026, 11, 1, 12), **more}  # noqa: DTZ001  the ledger's naive UTC
        for more in ({}, {"output_audio_tokens": 1_000_000}, {"started_at": datetime(2026, 11, 12)})  # noqa: DTZ001
    ]
    before = rate_all(below, rows)
    after = rate_all(prices, rows)
    compared = ("cost", "cost_status", "cost_reason")
    assert [[one[name] for name in compared] for one in before] == [[one[name] for name in compared] for one in after]
    assert (after[0]["cost"], after[0]["cost_status"]) == (Decimal("4.75"), "priced")


def test_a_stale_number_of_one_tier_leaves_the_one_that_shares_its_variant(price_list, tmp_path):
    """Priority is 4 / 16 by both catalogues, where ours is 3.5 / 14 for priority and fast; nobody says another thing of fast."""
    ours = """
models:
  - id: openai/gpt-x
    prices:
      - rates: {input: 2, output: 8}
        variants: [{when: {service_tier: [priority, fast]}, rates: {input: 3.5, output: 14}}]
"""
    spec = {
        "litellm_provider": "openai",
        "input_cost_per_token": 2e-06,
        "output_cost_per_token": 8e-06,
        "input_cost_per_token_priority": 4e-06,
        "output_cost_per_token_priority": 1.6e-05,
    }
    target = tmp_path / "new.yaml"
    refresh(
        price_list(ours), [convert_litellm({"gpt-x": spec})], at=NOW, since=TODAY, target=target, accept=["litellm"]
    )
    _, price = over(target).models["openai/gpt-x"].prices
    assert {
        min(one.when.values["service_tier"]): tuple(map(str, one.tiers[0].rates.values())) for one in price.variants
    } == {"priority": ("4", "16"), "fast": ("3.5", "14")}


def test_a_name_of_ours_stays_with_its_model(price_list, catalogues, tmp_path):
    below = "models: [{id: openai/mine, match: {exact: [gpt-x-latest]}, prices: [{rates: {input: 1}}]}]\n"
    target = tmp_path / "new.yaml"
    refresh(price_list(below), catalogues, at=NOW, since=TODAY, target=target)
    prices = over(target)
    assert prices.names["openai", "gpt-x-latest"] == "openai/mine"


def test_a_second_run_finds_nothing_more_and_keeps_what_the_file_holds(price_list, catalogues, tmp_path):
    target = tmp_path / "new.yaml"
    below = price_list(OURS)
    refresh(below, catalogues, at=NOW, since=TODAY, target=target)
    before = target.read_text()
    done = refresh(over(target), catalogues, at=NOW, since=TODAY, target=target)
    assert (done.written, target.read_text()) == (None, before)
    refresh(over(target), catalogues, at=NOW, since=TODAY, target=target, accept=["litellm"])
    models = {one["id"]: one for one in read_document(target).value["models"]}
    assert [price["rates"]["input"] for price in models["openai/gpt-x"]["prices"]] == [10, 3, 2]
    assert [price["rates"]["input"] for price in models["openai/gpt-y"]["prices"]] == [9, 3]


def test_the_new_price_ends_when_the_one_it_follows_would_have(price_list, catalogues, tmp_path):
    """A promotion until the end of the year is 2 from 11 November on, no longer 3, and still ends with the year."""
    promotion = "{source: page, rates: {input: 3, cache_read: 0.5, output: 8}, until: 2026-12-31}"
    later = "{from: 2027-02-01, source: page, rates: {input: 5, cache_read: 0.5, output: 8}}"
    top = OURS[: OURS.index("models:")]
    below = price_list(f"{top}models: [{{id: openai/gpt-x, prices: [{promotion}, {later}]}}]\n")
    refresh(below, catalogues, at=NOW, since=TODAY, target=tmp_path / "new.yaml")
    assert [
        (price.since, price.until, price.tiers[0].rates["input"])
        for price in over(tmp_path / "new.yaml").models["openai/gpt-x"].prices
    ] == [
        (None, TODAY, 3),
        (TODAY, datetime(2026, 12, 31, tzinfo=UTC), 2),
        (datetime(2027, 2, 1, tzinfo=UTC), None, 5),
    ]


def test_a_price_is_never_overwritten(price_list, catalogues, tmp_path):
    with pytest.raises(DataError, match="a price already begins on 2026-05-01, and a price is never overwritten"):
        refresh(
            price_list(OURS), catalogues, at=NOW, since=datetime(2026, 5, 1, tzinfo=UTC), target=tmp_path / "new.yaml"
        )
    assert not (tmp_path / "new.yaml").exists()


@pytest.mark.parametrize(
    ("since", "message"),
    [
        (datetime(2026, 2, 1, tzinfo=UTC), "the price that was compared begins on 2026-05-01, after 2026-02-01"),
        (datetime(2026, 12, 5, tzinfo=UTC), "the price that was compared ends on 2026-12-01"),
    ],
)
def test_a_price_that_was_not_compared_is_not_changed(price_list, catalogues, tmp_path, since, message):
    """What holds on 11 November began on 1 May and ends with November; the catalogues speak of no other price."""
    next_one = "      - {from: 2026-12-01, source: page, rates: {input: 20, cache_read: 0.5, output: 8}}\n"
    below = price_list(OURS.replace("  - id: openai/gpt-y\n", next_one + "  - id: openai/gpt-y\n"))
    with pytest.raises(DataError, match=message):
        refresh(below, catalogues, at=NOW, since=since, target=tmp_path / "new.yaml")
    assert not (tmp_path / "new.yaml").exists()


def test_a_file_that_holds_more_than_models_is_left_alone(price_list, catalogues, tmp_path):
    target = tmp_path / "mine.yaml"
    text = (
        "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-01-01\n"
        "models: []\nprefixes: [{pattern: 'own/', provider: openai}]\n"
    )
    target.write_text(text)
    with pytest.raises(DataError, match="holds more than models"):
        refresh(price_list(OURS), catalogues, at=NOW, since=TODAY, target=target)
    assert target.read_text() == text


def test_a_list_in_another_currency_is_not_compared(tmp_path, catalogues):
    path = tmp_path / "euro.yaml"
    path.write_text("schema: llmcost-pricing/1\ncurrency: EUR\nas_of: 2026-01-01\nmodels: []\n")
    with pytest.raises(ConfigError, match="the price list is in EUR, the catalogues are in USD"):
        refresh(merge([read_price_file(path)]), catalogues, at=NOW, since=TODAY, target=tmp_path / "new.yaml")
