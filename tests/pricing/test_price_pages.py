"""Calls priced by hand from the providers' own pages; price_pages.yaml shows the arithmetic."""

import re
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from llmcost.config.yaml import read_document

CASES = read_document(Path(__file__).with_name("price_pages.yaml")).value
CONDITIONS = ("processing", "service_tier", "speed", "inference_region", "unit_size")
NAMES = {"M": 10**6, "K": 10**3, "H": 3600}


def worked_out(text):
    """A sum such as `(1000*2.5 + 200*10)/M`, exactly."""
    names = {name: Fraction(value) for name, value in NAMES.items()}
    quoted = re.sub(r"[0-9]+(\.[0-9]+)?", lambda number: f"Fraction('{number[0]}')", text)
    return eval(quoted, {"__builtins__": {}, "Fraction": Fraction, **names})  # noqa: S307  our own file


def row(case):
    provider, _, name = case["model"].partition("/")
    at = datetime.fromisoformat(case["at"]).replace(tzinfo=None)
    return {"provider": provider, "request_model": name, "started_at": at, **case["call"]}


@pytest.fixture(scope="module")
def rated(rate_all, built_in):
    return rate_all(built_in, [row(case) for case in CASES])


@pytest.mark.parametrize("index", range(len(CASES)), ids=[f"{one['model']}-{one['sum']}" for one in CASES])
def test_a_call_costs_what_the_page_makes_it_cost(rated, index):
    case, found = CASES[index], rated[index]
    assert found["cost"] == Decimal(case["cost"])
    assert found["cost_status"] == ("free" if case["sum"] == "0" else "priced")


def test_every_sum_comes_to_the_cost_beside_it():
    for case in CASES:
        assert abs(worked_out(case["sum"]) - Fraction(case["cost"])) <= Fraction(1, 2 * 10**12)


def test_every_page_is_the_providers_own():
    assert len(CASES) >= 100
    assert {case["page"].split("/")[0] for case in CASES} == {"https:"}


def test_every_case_says_when_its_page_was_read():
    dated = [case for case in CASES if case["seen"] != "none"]
    assert all(re.fullmatch(r"20[0-9]{2}(-[0-9]{2}(-[0-9]{2})?)?", str(case["seen"])) for case in dated)
    assert len(dated) * 2 > len(CASES)
