"""Each rule finds its mistake at its line and column, and nothing else does."""

import pytest

from llmcost.domain.errors import ConfigError
from llmcost.pricing.layers import built_in as built_in_path
from llmcost.pricing.price_lint import lint_price_file

HEAD = """schema: llmcost-pricing/1
currency: USD
as_of: 2026-11-21
sources: {page: {url: "https://example.com", checked: 2026-11-21}}
models:
"""
# Begins at line 6.
GOOD = """  - id: openai/lint-a
    prices:
      - source: page
        rates: {input: 1, output: 2, cache_read: 0.1}
"""


@pytest.fixture
def lint(tmp_path):
    def found(text, *, head=HEAD):
        path = tmp_path / "prices.yaml"
        path.write_text(head + text)
        return [(one.code, one.severity, one.line, one.column, one.message) for one in lint_price_file(path)]

    return found


CASES = {
    "duplicate-key": (
        GOOD + "        source: page\n",
        ("duplicate-key", "error", 10, 9, "key 'source' is written twice"),
    ),
    "unknown-key": (
        GOOD.replace("rates:", "rate:") + "        fees: {request: 1}\n",
        ("unknown-key", "error", 9, 9, "unknown key 'rate'; did you mean 'rates'?"),
    ),
    "broken-yaml": ("  - id: [\n", ("broken-yaml", "error", 7, 1, None)),
    "missing-key": ("  - id: openai/lint-a\n", ("missing-key", "error", 6, 5, "a model needs at least one price")),
    "listed-twice": (GOOD + GOOD, ("listed-twice", "error", 10, 5, "model 'openai/lint-a' is listed twice")),
    "repeated-name": (
        GOOD.replace("    prices", "    match: {exact: [lint-a]}\n    prices"),
        ("repeated-name", "error", 7, 13, "a name is written twice, or repeats the id"),
    ),
    "not a number": (
        GOOD.replace("input: 1,", "input: one,"),
        ("bad-value", "error", 9, 17, "'input' must be a number"),
    ),
    "a unit mistaken": (
        GOOD.replace("output: 2", "output: 2000000"),
        ("bad-value", "error", 9, 27, "output 2000000 is outside 0 to 100000"),
    ),
    "float-like-number": (
        GOOD.replace("0.1}", "0.30000000000000004}"),
        ("float-like-number", "error", 9, 38, "cache_read 0.30000000000000004 has more than 6 decimals"),
    ),
    "exponent-number": (
        GOOD.replace("0.1}", "1e-1}"),
        ("exponent-number", "warning", 9, 38, "1e-1 is written with an exponent"),
    ),
    "overlapping-prices": (
        GOOD.replace("- source", "- until: 2026-03-01\n        source")
        + "      - {from: 2026-02-01, source: page, rates: {input: 1, output: 2, cache_read: 0.1}}\n",
        ("overlapping-prices", "error", 11, 10, "this price begins before the one above ends"),
    ),
    "prices out of order": (
        GOOD.replace("- source", "- from: 2026-03-01\n        source")
        + "      - {from: 2026-02-01, source: page, rates: {input: 1, output: 2, cache_read: 0.1}}\n",
        (
            "overlapping-prices",
            "error",
            11,
            10,
            "prices must be in order of 'from', each later than the one before",
        ),
    ),
    "overlapping-variants": (
        GOOD
        + "        variants:\n"
        + "          - {when: {clock: {between: ['01:00-04:00']}}, rates: {input: 1, output: 2, cache_read: 0.1}}\n"
        + "          - {when: {clock: {between: ['03:00-05:00']}}, rates: {input: 1, output: 2, cache_read: 0.1}}\n",
        ("overlapping-variants", "error", 12, 14, "this variant and one above hold at the same time"),
    ),
    "a tier without a unit": (
        GOOD + "        tiers: [{above: 5, rates: {input: 1, output: 2}}]\n",
        ("tier-unit-mismatch", "error", 10, 28, "'cache_read' is missing, which the standard rates have"),
    ),
    "a tier with a unit more": (
        GOOD + "        tiers: [{above: 5, rates: {input: 1, output: 2, cache_read: 1, reasoning: 2}}]\n",
        ("tier-unit-mismatch", "error", 10, 72, "the standard rates have no 'reasoning'"),
    ),
    "tier-order": (
        GOOD
        + "        tiers:\n"
        + "          - {above: 5, rates: {input: 1, output: 2, cache_read: 1}}\n"
        + "          - {at_least: 6, rates: {input: 1, output: 2, cache_read: 1}}\n",
        ("tier-order", "error", 12, 14, "tiers must be in ascending order"),
    ),
    "variant-omits-unit": (
        GOOD + "        variants: [{when: {processing: batch}, rates: {input: 1, output: 2}}]\n",
        ("variant-omits-unit", "error", 10, 48, "'cache_read' is missing, which the standard rates have"),
    ),
    "unknown-source": (
        GOOD.replace("source: page", "source: pages"),
        ("unknown-source", "error", 8, 9, "source 'pages' is not listed under 'sources'"),
    ),
    "missing-source": (
        GOOD.replace("- source: page\n        rates", "- rates"),
        ("missing-source", "warning", 8, 9, "the price names no source"),
    ),
    "nothing-priced": (
        GOOD.replace("input: 1, output: 2, cache_read: 0.1", "input: 0"),
        ("nothing-priced", "error", 8, 9, "nothing is priced here"),
    ),
    "cache-rate-too-high": (
        GOOD.replace("0.1}", "3.01}"),
        ("cache-rate-too-high", "error", 9, 38, "cache_read 3.01 is more than 3 times the input rate 1"),
    ),
    "output-below-input": (
        GOOD.replace("output: 2", "output: 0.5"),
        ("output-below-input", "warning", 9, 27, "output 0.5 is cheaper than input 1"),
    ),
    "price-jump": (
        GOOD + "      - {from: 2026-02-01, source: page, rates: {input: 0.09, output: 2, cache_read: 0.1}}\n",
        ("price-jump", "warning", 10, 50, "input goes from 1 to 0.09, more than 10 times"),
    ),
    "alias-loop": (
        GOOD + "aliases:\n  - {provider: openai, name: lint-x, to: openai/lint-x}\n",
        ("alias-loop", "error", 11, 38, "alias 'lint-x' leads back to itself"),
    ),
    "alias-chain": (
        GOOD
        + "aliases:\n"
        + "  - {provider: openai, name: lint-x, to: openai/lint-a}\n"
        + "  - {provider: openai, name: lint-y, to: openai/lint-x}\n",
        ("alias-chain", "error", 12, 38, "'openai/lint-x' is an alias, not a model"),
    ),
    "overlapping-aliases": (
        GOOD
        + "aliases:\n"
        + "  - {provider: openai, name: lint-x, to: openai/lint-a, until: 2026-06-01}\n"
        + "  - {provider: openai, name: lint-x, to: openai/lint-a, from: 2026-05-01}\n",
        ("overlapping-aliases", "error", 12, 5, "'lint-x' is given twice for the same time"),
    ),
    "overlapping-contracts": (
        GOOD
        + "contracts:\n"
        + "  - {provider: openai, discount_pct: 5}\n"
        + "  - {provider: openai, discount_pct: 6}\n",
        ("overlapping-contracts", "error", 12, 5, "this contract and one above hold for the same calls"),
    ),
    "an alias of nothing": (
        GOOD + "aliases: [{provider: openai, name: lint-x, to: openai/nothing}]\n",
        ("conflict", "error", 10, 11, "no model 'openai/nothing' in the price list"),
    ),
    "covers-nothing": (
        GOOD + "contracts: [{provider: openai, discount_pct: 5, models: [openai/lint-a, openai/gpt-4o-2024-08-06]}]\n",
        (
            "covers-nothing",
            "warning",
            10,
            73,
            "no model of this file or the built-in list is 'openai/gpt-4o-2024-08-06'",
        ),
    ),
    "capacity for nothing": (
        GOOD
        + "provisioned:\n  - {name: ptu, provider: azure, covers: [azure/gpt-4O], units: 1, usd_per_unit_hour: 1}\n",
        ("covers-nothing", "warning", 11, 43, "no model of this file or the built-in list is 'azure/gpt-4O'"),
    ),
    "an allowance for nothing": (
        GOOD
        + "allowances:\n"
        + "  - {group: g, provider: google, models: [google/gemini-2-5-*], unit: web_search, free: 5}\n",
        ("covers-nothing", "warning", 11, 43, "no model of this file or the built-in list is 'google/gemini-2-5-*'"),
    ),
    "a copy of itself": (
        GOOD + "  - {id: aws/lint-a, same_as: aws/lint-b}\n  - {id: aws/lint-b, same_as: aws/lint-a}\n",
        ("conflict", "error", 10, 6, "same_as leads back to 'aws/lint-a'"),
    ),
}


def test_a_good_file_has_nothing_to_find(lint):
    assert lint(GOOD) == []
    assert lint("  - {id: openai/lint-free, prices: [{free: true}]}\n") == []


@pytest.mark.parametrize("name", CASES)
def test_a_rule_finds_its_mistake_where_it_is_and_nothing_else(lint, name):
    text, (code, severity, line, column, message) = CASES[name]
    found = lint(text)
    assert [one[:4] for one in found] == [(code, severity, line, column)]
    assert message in (None, found[0][4])


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("openai/gpt-4o-2024-08-06", "write the id that it is a name of: 'openai/gpt-4o'"),
        ("openai/gpt-4.1-minni", "did you mean 'openai/gpt-4.1-mini'?"),
        ("openai/zzzzzzzzzz", None),
    ],
)
def test_an_agreement_about_no_model_hints_at_the_id_that_was_meant(tmp_path, written, hint):
    path = tmp_path / "prices.yaml"
    path.write_text(f"{HEAD}{GOOD}contracts: [{{provider: openai, discount_pct: 5, models: [{written}]}}]\n")
    (found,) = lint_price_file(path)
    assert found.hint == hint


def test_all_mistakes_of_a_file_are_found_at_once_in_their_order(lint):
    text = (
        GOOD.replace("input: 1,", "inputs: 1, input: x,").replace("source: page", "source: nobody")
        + "        tiers: [{above: 1, at_least: 2, rates: {}}]\n"
        + "  - id: gpt\n"
        + "    prices: []\n"
        + "aliases: [{provider: gemini, name: x, to: openai/lint-a}]\n"
        + "prefixes: [{pattern: openai, provider: openai}]\n"
    )
    assert [(code, line) for code, _, line, _, _ in lint(text)] == [
        ("unknown-source", 8),
        ("unknown-key", 9),
        ("bad-value", 9),
        ("bad-value", 10),
        ("bad-value", 11),
        ("bad-value", 13),
        ("bad-value", 14),
    ]


def test_a_price_below_zero_is_one_mistake_and_out_of_proportion_to_nothing(lint):
    found = lint(GOOD.replace("input: 1,", "input: -1,"))
    assert [(code, line) for code, _, line, _, _ in found] == [("bad-value", 9)]


def test_a_file_that_does_not_fit_the_list_below_it_says_so(lint):
    found = lint(GOOD, head=HEAD.replace("currency: USD", "currency: EUR"))
    assert found == [("conflict", "error", 1, 1, "prices are in EUR, the built-in ones in USD")]


def test_another_schema_is_all_there_is_to_say(lint):
    assert lint("", head="schema: llmcost-pricing/9\nmodels: 4\n") == [
        ("bad-value", "error", 1, 1, "expected 'schema: llmcost-pricing/1'")
    ]


def test_a_file_that_is_not_there_is_an_error_of_its_own(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        lint_price_file(tmp_path / "none.yaml")


def test_the_built_in_list_has_no_error():
    assert [one for one in lint_price_file(built_in_path()) if one.severity == "error"] == []
