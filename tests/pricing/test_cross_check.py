"""What llmcost asks for a call is what two other price catalogues ask; where they differ, what the provider's page says.

cross_check.json was worked out without llmcost: by running genai-prices, and by exact fractions over LiteLLM's model map.
"""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

CASES = json.loads(Path(__file__).with_name("cross_check.json").read_text(encoding="utf-8"))["cases"]


@pytest.fixture(scope="module")
def rated(rate_all, built_in):
    rows = []
    for case in CASES:
        provider, _, name = case["model"].partition("/")
        usage = {unit: Decimal(count) if isinstance(count, str) else count for unit, count in case["usage"].items()}
        at = datetime.fromisoformat(case["at"]).replace(tzinfo=None)
        rows.append({"provider": provider, "request_model": name, "started_at": at, **usage, **case["conditions"]})
    return list(zip(CASES, rate_all(built_in, rows), strict=True))


def test_every_case_costs_to_the_digit_what_was_decided(rated):
    wrong = [
        f"{case['model']} at {case['at']} {case['usage']} {case['conditions']}: {row['cost']} not {case['expected']}"
        for case, row in rated
        if row["cost"] != Decimal(case["expected"])
    ]
    assert not wrong, "\n".join(wrong)


def test_no_case_is_an_estimate_unless_it_asks_for_what_the_model_does_not_do(rated):
    estimated = {case["model"] for case, row in rated if row["cost_status"] == "estimated"}
    assert len(rated) >= 400
    assert len(estimated) < len(rated) // 100


def test_every_disagreement_names_the_page_that_settled_it():
    decided = [case for case in CASES if case["genai_prices"] and case["litellm"] and case["decision"] != "both"]
    assert len(decided) > 50
    for case in decided:
        assert case["genai_prices"] != case["litellm"] or case["decision"] == "page"
        assert case["url"].startswith("https://")
        assert case["why"]


def test_a_page_that_overrules_the_only_catalogue_is_named():
    overruled = [case for case in CASES if case["decision"] == "page"]
    assert overruled
    for case in overruled:
        assert Decimal(case["expected"]) != Decimal(case["genai_prices"] or case["litellm"])
        assert case["url"].startswith("https://")
        assert case["why"]


def test_catalogues_that_agree_are_believed():
    for case in CASES:
        if case["decision"] == "both":
            assert Decimal(case["expected"]) == Decimal(case["genai_prices"])
            assert abs(Decimal(case["litellm"]) - Decimal(case["expected"])) <= Decimal("1e-12")
