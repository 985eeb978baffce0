"""What two public catalogues say, said as a price file says it."""

import pytest
from tests.pricing.update.catalogues import GENAI, GENAI_BYTES, LITELLM, LITELLM_BYTES, MODULE_BYTES

from llmcost.domain.errors import DataError
from llmcost.pricing.update.convert_genai import convert_genai
from llmcost.pricing.update.convert_litellm import convert_litellm, read_litellm
from llmcost.pricing.update.entries import amount
from llmcost.pricing.update.fetch import parse
from llmcost.pricing.update.read_genai import read_genai


@pytest.fixture(scope="module")
def genai():
    return convert_genai(GENAI)


@pytest.fixture(scope="module")
def litellm():
    return convert_litellm(LITELLM)


def test_dated_prices_keep_their_history_and_tiers_the_whole_of_their_units(genai):
    old, new = genai.entries["openai/gpt-x"]["prices"]
    assert old == {"source": "genai-prices", "rates": {"input": "10", "output": "40"}}
    assert (new["from"], new["rates"]) == ("2026-05-01", {"input": "2", "cache_read": "0.5", "output": "8"})
    assert new["tiers"] == [{"above": "272000", "rates": {"input": "4", "cache_read": "1", "output": "12"}}]
    assert new["fees"] == {"web_search": "10"}


def test_a_variant_keeps_what_it_does_not_change_and_one_we_cannot_say_is_left_out(genai):
    (batch,) = genai.entries["openai/gpt-x"]["prices"][1]["variants"]
    assert batch["when"] == {"processing": "batch"}
    assert batch["rates"] == {"input": "1", "cache_read": "0.5", "output": "4"}


def test_only_listed_names_are_names_and_an_open_clause_of_a_maker_means_dated_ones(genai):
    assert genai.entries["openai/gpt-x"]["match"] == {"exact": ["gpt-x-latest"], "dated": True}
    assert "match" not in genai.entries["openai/gpt-y"]


def test_an_id_that_is_only_the_beginning_of_names_is_no_model():
    def tuned(id_, opening):
        return {"id": id_, "match": {"starts_with": opening}, "prices": {"input_mtok": 3}}

    models = [tuned("ft:gpt-3.5-turbo-", "ft:gpt-3.5-turbo"), tuned("gpt-4o-mini.ft-", "gpt-4o-mini.ft-")]
    found = convert_genai([{"id": "openai", "models": models}])
    assert list(found.entries) == ["openai/ft:gpt-3.5-turbo"]
    assert list(found.left_out) == ["openai/gpt-4o-mini.ft-"]


def test_a_limit_of_199999_is_from_200000_on(genai):
    (price,) = genai.entries["x-ai/grok-x"]["prices"]
    assert price["tiers"] == [{"at_least": "200000", "rates": {"input": "2.5", "output": "2.5"}}]


def test_hours_become_a_clock(genai):
    (price,) = genai.entries["deepseek/deepseek-x"]["prices"]
    assert price["variants"] == [
        {"when": {"clock": {"between": ["00:30-16:30"]}}, "rates": {"input": "0.6", "output": "2.4"}}
    ]


def test_a_zero_is_free_only_where_the_name_says_so(genai):
    assert genai.entries["openrouter/acme/small:free"]["prices"] == [{"source": "genai-prices", "free": True}]
    assert "openai/gpt-gift" not in genai.entries
    assert genai.left_out == {"openai/gpt-gift": "no price above zero in a known unit"}


def test_claude_at_google_is_vertex(genai):
    assert "vertex/claude-x" in genai.entries


def test_the_module_of_the_package_reads_like_the_published_data():
    (entry,) = convert_genai(read_genai(MODULE_BYTES, "data.py")).entries.values()
    assert [price.get("from") for price in entry["prices"]] == [None, "2026-05-01"]
    assert entry["prices"][1]["tiers"] == [{"above": "272000", "rates": {"input": "4", "output": "8"}}]
    assert entry["prices"][1]["variants"][0]["when"] == {"clock": {"between": ["00:30-16:30"]}}


def test_a_price_for_a_token_is_one_for_a_million_without_the_noise_of_floats(litellm):
    (price,) = litellm.entries["openai/gpt-x"]["prices"]
    assert price["rates"] == {"input": "2", "cache_read": "0.5", "output": "8"}
    assert price["tiers"] == [{"above": "272000", "rates": {"input": "4", "cache_read": "1", "output": "12"}}]
    assert price["fees"] == {"web_search": "10"}
    assert price["multipliers"] == [{"when": {"inference_region": "eu"}, "factor": "1.1"}]


def test_a_mode_has_the_units_and_the_prompt_sizes_that_it_prices(litellm):
    assert litellm.entries["openai/gpt-x"]["prices"][0]["variants"] == [
        {"when": {"processing": "batch"}, "rates": {"input": "1", "output": "4"}},
        {"when": {"service_tier": "priority"}, "rates": {"input": "3.5", "output": "14"}},
    ]


def test_a_cache_write_for_an_hour_has_the_factor_of_a_batch_that_one_of_five_minutes_has():
    spec = {
        "litellm_provider": "anthropic",
        "input_cost_per_token": 1e-05,
        "cache_creation_input_token_cost": 1.25e-05,
        "cache_creation_input_token_cost_above_1hr": 2e-05,
        "cache_creation_input_token_cost_above_200k_tokens": 2.5e-05,
        "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 4e-05,
        "input_cost_per_token_batches": 5e-06,
        "cache_creation_input_token_cost_batches": 6.25e-06,
        "cache_creation_input_token_cost_above_200k_tokens_batches": 1.25e-05,
    }
    (price,) = convert_litellm({"claude-x": spec}).entries["anthropic/claude-x"]["prices"]
    (batch,) = price["variants"]
    assert batch["rates"] == {"input": "5", "cache_write_5m": "6.25", "cache_write_1h": "10"}
    assert batch["tiers"] == [
        {"above": "200000", "rates": {"input": "5", "cache_write_5m": "12.5", "cache_write_1h": "20"}}
    ]


def test_the_dearer_rates_of_xai_begin_at_the_limit_and_an_image_is_text_unless_it_costs_otherwise():
    cost = {"input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06, "input_cost_per_image_token": 2e-06}
    long = {"input_cost_per_token_above_128k_tokens": 4e-06, "output_cost_per_token_above_128k_tokens": 1.6e-05}
    spec = {"mode": "chat", **cost, **long}
    found = convert_litellm(
        {
            "xai/grok-99": {"litellm_provider": "xai", **spec},
            "groq/long": {
                "litellm_provider": "groq",
                **spec,
                "input_cost_per_image_token_above_128k_tokens": 3e-06,
            },
        }
    ).entries
    (price,) = found["x-ai/grok-99"]["prices"]
    assert price["rates"] == {"input": "2", "output": "8"}
    assert price["tiers"] == [{"at_least": "128000", "rates": {"input": "4", "output": "16"}}]
    (price,) = found["groq/long"]["prices"]
    assert price["tiers"] == [{"above": "128000", "rates": {"input": "4", "output": "16", "input_image": "3"}}]


def test_a_region_before_the_name_is_a_variant_of_the_model(litellm):
    (price,) = litellm.entries["azure/gpt-x"]["prices"]
    assert price["variants"] == [
        {"when": {"inference_region": "eu"}, "rates": {"input": "2.2", "output": "8.8"}},
        {"when": {"processing": "batch", "inference_region": "eu"}, "rates": {"input": "1.1", "output": "4.4"}},
    ]


def test_off_peak_windows_become_clocks_with_days(litellm):
    (price,) = litellm.entries["deepseek/deepseek-x"]["prices"]
    working, weekend = price["variants"]
    assert price["rates"] == {"input": "0.6", "output": "2.4"}
    assert working["when"]["clock"] == {
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "between": ["00:00-01:00", "10:00-24:00"],
    }
    assert weekend["when"]["clock"] == {"days": ["sat", "sun"]}
    assert working["rates"] == weekend["rates"] == {"input": "0.3", "output": "1.2"}


@pytest.mark.parametrize(
    ("off_peak", "clocks"),
    [
        (
            {"windows": [{"weekdays": ["saturday", "Sunday"], "hours_utc": "00:00-00:00"}]},
            [{"days": ["sat", "sun"]}],
        ),
        # Without windows the hours are those of every day.
        (
            {"hours_utc": "16:00-00:00"},
            [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "between": ["16:00-24:00"]}],
        ),
    ],
)
def test_days_by_name_and_hours_of_every_day_are_read(off_peak, clocks):
    spec = {"litellm_provider": "deepseek", "mode": "chat", "input_cost_per_token": 2e-6, "output_cost_per_token": 4e-6}
    listed = {**spec, "off_peak_pricing": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, **off_peak}}
    (price,) = convert_litellm({"deepseek/night-owl": listed}).entries["deepseek/night-owl"]["prices"]
    assert [variant["when"]["clock"] for variant in price["variants"]] == clocks
    assert [variant["rates"] for variant in price["variants"]] == [{"input": "1", "output": "2"}] * len(clocks)


@pytest.mark.parametrize(
    "off_peak",
    [
        {"windows": [{"weekdays": ["someday"], "hours_utc": "00:00-00:00"}]},
        {"windows": [{"weekdays": [0], "hours_utc": "00:00-00:00"}]},
        {"windows": [{"hours_utc": "at night"}]},
        {"windows": [{}]},
        {"windows": "nightly"},
        {"windows": {"hours_utc": "16:00-00:00"}},
    ],
)
def test_a_price_by_a_clock_nobody_can_read_is_left_out(off_peak):
    spec = {"litellm_provider": "deepseek", "mode": "chat", "input_cost_per_token": 2e-6, "off_peak_pricing": off_peak}
    found = convert_litellm({"deepseek/night-owl": spec})
    assert found.entries == {}
    assert found.left_out == {"deepseek/night-owl": "priced by a clock that cannot be read"}


def test_a_rounded_second_is_the_published_hour(litellm):
    assert litellm.entries["groq/ear"]["prices"] == [{"source": "litellm", "fees": {"audio_hour": "0.111"}}]


def test_fees_by_size_are_variants(litellm):
    (price,) = litellm.entries["perplexity/finder"]["prices"]
    assert [(one["when"]["unit_size"], one["fees"]["request"]) for one in price["variants"]] == [
        ("high", "12"),
        ("low", "5"),
        ("medium", "8"),
    ]
    (picture,) = litellm.entries["fal_ai/painter"]["prices"]
    assert picture["variants"] == [{"when": {"unit_size": "1024x1536 high"}, "fees": {"image": "120"}}]
    (film,) = litellm.entries["google/camera"]["prices"]
    assert film["fees"] == {"video_second": "0.4"}
    assert film["variants"] == [{"when": {"unit_size": "4k"}, "fees": {"video_second": "0.6"}}]


def test_bands_become_tiers(litellm):
    (price,) = litellm.entries["alibaba/bands"]["prices"]
    assert price["rates"] == {"input": "1.2", "output": "6"}
    assert price["tiers"] == [{"above": "32000", "rates": {"input": "2.4", "output": "12"}}]


def test_what_nobody_invoices_by_use_is_left_out_with_a_reason(litellm):
    assert set(litellm.left_out) >= {"sample_spec", "chatgpt/gpt-x", "ollama/llama"}
    assert litellm.left_out["bedrock/us-east-1/1-month-commitment/titan"] == "priced by commitment"


@pytest.mark.parametrize("value", [0, 0.0, -1, "nan", "inf", True, None, "x", [], 10**9, 1e-9])
def test_what_cannot_be_a_price_is_none(value):
    assert amount(value) is None


def test_a_catalogue_is_told_by_its_content():
    assert parse(GENAI_BYTES, "a").name == "genai-prices"
    assert parse(MODULE_BYTES, "b").name == "genai-prices"
    assert parse(LITELLM_BYTES, "c").name == "litellm"


@pytest.mark.parametrize(
    "content", [b"", b"[]x", b"[1, 2]", b"{}", b'{"a": 1}', b"{", b"<html>", b"import os", b"\xff\xfe", b"[" * 100_000]
)
def test_anything_else_is_refused_by_name(content):
    with pytest.raises(DataError, match=r"prices\.bin: not "):
        parse(content, "prices.bin")


def test_the_map_is_refused_without_a_provider():
    with pytest.raises(DataError, match="no entry names its provider"):
        read_litellm(b'{"m": {"input_cost_per_token": 1}}', "map.json")
