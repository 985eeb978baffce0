"""The packaged long tail: every model of it can be built, and says where its price is from."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from llmcost.pricing.layers import CATALOGUE, merge
from llmcost.pricing.layers import built_in as built_in_path
from llmcost.pricing.matching import match_model, nearest_names
from llmcost.pricing.price_file import read_price_file


@pytest.fixture(scope="module")
def content():
    return json.loads(gzip.decompress(CATALOGUE.read_bytes()))


def numbers(value, key=""):
    if isinstance(value, dict):
        for name, one in value.items():
            if key in ("rates", "fees"):
                yield one
            else:
                yield from numbers(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from numbers(one, key)


def test_it_holds_thousands_of_models_with_sources(content):
    assert len(content["models"]) > 4000
    for id_, model in content["models"].items():
        assert all(price["source"] in content["sources"] for price in model["prices"]), id_


def test_every_model_of_every_layer_can_be_built(built_in):
    assert len([built_in.models[id_].prices for id_ in built_in.models]) > 5000


def test_nothing_in_it_costs_nothing_unless_its_name_says_so(content):
    assert "0" not in set(numbers(content["models"]))
    free = [id_ for id_, model in content["models"].items() if any("free" in price for price in model["prices"])]
    assert all(id_.endswith(":free") for id_ in free)


def test_it_is_small_and_made_the_same_every_time(content):
    packed = CATALOGUE.read_bytes()
    assert len(packed) < 200_000
    assert packed[4:8] == b"\0\0\0\0"
    text = gzip.decompress(packed)
    assert text == json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def test_none_of_its_models_is_a_reviewed_one_under_another_name(content):
    reviewed = merge([read_price_file(built_in_path(), layer="built-in", packaged=True)])
    at = datetime.fromisoformat(content["as_of"]).replace(tzinfo=UTC)
    for id_ in content["models"]:
        provider, _, name = id_.partition("/")
        match = match_model(reviewed, provider, name, at=at)
        assert match is None or match.model.provider != provider, id_


def test_few_of_its_models_are_retired(content):
    retired = [id_ for id_, model in content["models"].items() if "retired_seen" in model]
    assert 0 < len(retired) < len(content["models"]) // 10


@pytest.mark.parametrize(
    ("provider", "name", "near"),
    [
        ("anthropic", "claude-opus-4-10", "anthropic/claude-opus-4-1"),
        ("openai", "gpt-5-foo", "openai/gpt-5"),
        ("anthropic", "claude-opus-9", "anthropic/claude-opus-5"),
        ("openai", "o9-mini", "openai/o4-mini"),
        ("google", "gemini-9-pro", "google/gemini-2.5-pro"),
        ("openai", "gpt-4o-realtime-xyz", "openai/gpt-4o-realtime-preview"),
        ("google", "gemini-2.5-pro-foo", "google/gemini-2.5-pro"),
    ],
)
def test_a_name_that_only_looks_like_a_model_has_no_price_but_near_names(built_in, provider, name, near):
    assert match_model(built_in, provider, name) is None
    assert match_model(built_in, None, name) is None
    assert near in nearest_names(built_in, provider, name)


@pytest.mark.parametrize(
    ("provider", "name", "expected"),
    [
        ("anthropic", "claude-sonnet-4-20250514", "anthropic/claude-sonnet-4"),
        ("anthropic", "claude-opus-4-1-20250805", "anthropic/claude-opus-4-1"),
        ("openai", "o1-mini", "openai/o1-mini"),
        ("google", "gemini-3-pro-preview", "google/gemini-3-pro-preview"),
        (None, "openrouter/anthropic/claude-sonnet-4.5", "openrouter/anthropic/claude-sonnet-4.5"),
        (None, "claude-2.1", "anthropic/claude-2.1"),
        ("openai", "gpt-4-0125-preview", "openai/gpt-4-turbo"),
        ("google", "veo-3.0-generate-preview", "google/veo-3.0-generate-preview"),
        ("google", "imagen-4.0-generate-001", "google/imagen-4.0-generate-001"),
        ("mistral", "magistral-medium-1-2-2509", "mistral/magistral-medium-2509"),
        ("openai", "text-davinci-003", "openai/text-davinci-003"),
        ("google", "claude-sonnet-4-5@20250929", "vertex/claude-sonnet-4-5"),
        (None, "dashscope/qwen3-max", "alibaba/qwen3-max"),
        (
            None,
            "fireworks_ai/accounts/fireworks/models/deepseek-v3",
            "fireworks/accounts/fireworks/models/deepseek-v3",
        ),
    ],
)
def test_a_model_that_was_sold_has_a_price_though_it_is_retired_or_rare(built_in, provider, name, expected):
    assert match_model(built_in, provider, name).model.id == expected
