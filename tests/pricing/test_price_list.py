"""A price file that leaves a doubt is refused, with the place of the doubt."""

import json
import zlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmcost.domain.errors import ConfigError
from llmcost.pricing.price_list import load_price_list, snapshot

MODEL = """
models:
  - id: openai/m
    prices:
      - rates: {input: 1, output: 2}
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models:\n  - id: openai/m\n    price: []\n", r"layer0.yaml:6:5: unknown key 'price'; did you mean 'prices'"),
        ("models:\n  - id: gpt\n    prices: []\n", "id 'gpt' must be 'provider/model'"),
        ("models:\n  - id: gemini/m\n    prices: []\n", "id 'gemini/m' must be"),
        ("models:\n  - id: openai/m\n    prices: []\n", "a model needs at least one price"),
        (MODEL + "  - id: openai/m\n    prices: [{rates: {input: 1}}]\n", "model 'openai/m' is listed twice"),
        (
            MODEL + "  - id: openai/n\n    match: {exact: [M]}\n    prices: [{rates: {input: 1}}]\n",
            r"layer0.yaml:9:5: openai name 'm' already belongs to 'openai/m' \(.*layer0.yaml:6:5\)",
        ),
        (MODEL.replace("input: 1", "inputs: 1"), "unknown key 'inputs'; did you mean 'input'"),
        (MODEL.replace("input: 1", "input: -1"), "outside 0 to 100000"),
        (MODEL.replace("input: 1", "input: 2000000"), "outside 0 to 100000"),
        (MODEL.replace("input: 1", "input: .nan"), "'input' must be a number"),
        (MODEL.replace("input: 1", "input: 0.0000001"), "more than 6 decimals"),
        (MODEL.replace("input: 1, output: 2", "input: 0"), "nothing is priced here"),
        (MODEL + "        free: true\n", "a free model has no prices"),
        (MODEL + "        source: nobody\n", "source 'nobody' is not listed"),
        (
            MODEL + "      - {from: 2026-01-01, rates: {input: 1}}\n      - {from: 2025-01-01, rates: {input: 1}}\n",
            "in order",
        ),
        (
            MODEL + "        until: 2026-02-01\n      - {from: 2026-01-01, rates: {input: 1}}\n",
            "begins before the one above ends",
        ),
        (MODEL + "      - {from: '2026-01-01T00:00:00', rates: {input: 1}}\n", "has no time zone"),
        (MODEL + "      - {from: soon, rates: {input: 1}}\n", "'soon' is not an ISO date"),
        (
            MODEL + "        tiers: [{above: 5, rates: {input: 1}}]\n",
            "'output' is missing, which the standard rates have",
        ),
        (MODEL + "        tiers: [{above: 5, at_least: 5, rates: {input: 1, output: 1}}]\n", "either 'above'"),
        (
            MODEL
            + "        tiers: [{above: 5, rates: {input: 1, output: 1}}, {at_least: 6, rates: {input: 1, output: 1}}]\n",
            "ascending",
        ),
        (MODEL + "        variants: [{when: {processing: batch}, rates: {input: 1}}]\n", "'output' is missing"),
        (MODEL + "        variants: [{when: {mode: batch}, rates: {input: 1, output: 1}}]\n", "unknown key 'mode'"),
        (
            MODEL
            + "        variants:\n"
            + "          - {when: {service_tier: [priority, fast]}, rates: {input: 1, output: 1}}\n"
            + "          - {when: {service_tier: fast}, rates: {input: 1, output: 1}}\n",
            r"layer0.yaml:11:14: this variant and one above hold at the same time",
        ),
        (
            MODEL
            + "        variants:\n"
            + "          - {when: {clock: {between: ['01:00-04:00']}}, rates: {input: 1, output: 1}}\n"
            + "          - {when: {clock: {days: [sat], between: ['03:00-05:00']}}, rates: {input: 1, output: 1}}\n",
            "hold at the same time",
        ),
        (
            MODEL + "        variants: [{when: {clock: {between: ['4-5']}}, rates: {input: 1, output: 1}}]\n",
            "a span reads",
        ),
        (MODEL + "        multipliers: [{when: {inference_region: us}, factor: 0}]\n", "above 0"),
        (
            MODEL + "        multipliers: [{name: 'us #1', when: {inference_region: us}, factor: 2}]\n",
            r"layer0.yaml:9:24: name 'us #1' has a ',' or a '#'",
        ),
        (
            MODEL + "        variants: [{name: 'small, cheap', when: {unit_size: low}, fees: {web_search: 5}}]\n",
            "name 'small, cheap' has a ',' or a '#'",
        ),
        (MODEL + "contracts: [{name: 'big, deal', provider: openai, discount_pct: 5}]\n", "name 'big, deal' has"),
        (MODEL + "aliases: [{provider: openai, name: x, to: openai/none}]\n", "no model 'openai/none'"),
        (MODEL + "aliases: [{provider: openai, name: m, to: openai/m}]\n", "already the exact name of 'openai/m'"),
        (
            MODEL
            + "aliases:\n"
            + "  - {provider: openai, name: x, to: openai/m, from: 2026-01-01}\n"
            + "  - {provider: openai, name: X, to: openai/m}\n",
            "given twice for the same time",
        ),
        (MODEL + "aliases: [{provider: gemini, name: x, to: openai/m}]\n", "write provider 'gemini' as 'google'"),
        (MODEL + "prefixes: [{pattern: openai, provider: openai}]\n", "a prefix ends with '/'"),
        (MODEL + "  - {id: azure/m, same_as: openai/none}\n", "same_as names 'openai/none'"),
    ],
)
def test_a_doubtful_price_file_is_refused(price_list, text, message):
    with pytest.raises(ConfigError, match=message):
        price_list(text)


def test_another_schema_is_refused(tmp_path):
    (tmp_path / "p.yaml").write_text("schema: llmcost-pricing/2\n")
    with pytest.raises(ConfigError, match=r"p.yaml:1:1: expected 'schema: llmcost-pricing/1'"):
        load_price_list([tmp_path / "p.yaml"])


def test_another_currency_is_refused(tmp_path):
    (tmp_path / "p.yaml").write_text("schema: llmcost-pricing/1\ncurrency: EUR\nas_of: 2026-01-01\n")
    with pytest.raises(ConfigError, match="prices are in EUR"):
        load_price_list([tmp_path / "p.yaml"])


def test_a_later_layer_replaces_a_model_and_leaves_the_others(price_list):
    below = MODEL + "  - id: openai/n\n    prices: [{rates: {input: 5}}]\n"
    prices = price_list(below, "models: [{id: openai/m, prices: [{rates: {input: '0.5', output: 2}}]}]\n")
    assert prices.models["openai/m"].prices[0].tiers[0].rates["input"] == Decimal("0.5")
    assert prices.models["openai/n"].prices[0].tiers[0].rates["input"] == Decimal(5)


def test_a_price_ends_where_the_next_begins(price_list):
    prices = price_list(MODEL + "      - {from: 2026-01-01T16:00:00Z, rates: {input: 3}}\n")
    first, second = prices.models["openai/m"].prices
    assert (first.since, first.until) == (None, datetime(2026, 1, 1, 16, tzinfo=UTC))
    assert (second.since, second.until) == (datetime(2026, 1, 1, 16, tzinfo=UTC), None)


def test_same_as_carries_only_the_conditions_it_names(price_list):
    prices = price_list(
        MODEL
        + "        variants:\n"
        + "          - {when: {processing: batch}, rates: {input: 1, output: 1}}\n"
        + "          - {when: {service_tier: flex}, rates: {input: 1, output: 1}}\n"
        + "  - {id: azure/m, same_as: openai/m, conditions: [processing]}\n"
    )
    assert [one.label for one in prices.models["azure/m"].prices[0].variants] == ["batch"]


def test_the_version_follows_content_and_not_layout(price_list):
    one = price_list(MODEL).version
    assert price_list("\n\n" + MODEL.replace("input: 1,", "input: '1.00',")).version == one
    assert price_list(MODEL.replace("input: 1,", "input: 1.01,")).version != one
    assert len(one) == 12


def test_the_snapshot_holds_every_price(price_list):
    content = json.loads(zlib.decompress(snapshot(price_list(MODEL))))
    assert content["models"]["openai/m"]["prices"][0]["tiers"][0]["rates"] == {"input": "1", "output": "2"}


def test_the_built_in_list_loads_and_names_a_source_for_every_price(built_in):
    assert len(built_in.models) > 300
    assert built_in.as_of >= "2026-11-01"
    assert not [model.id for model in built_in.models.values() for price in model.prices if price.source is None]
