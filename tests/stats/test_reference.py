"""Our statistics against statsmodels and scipy, whose answers `tools/reference_statistics.py` wrote down."""

import json
from pathlib import Path

import pytest

from llmcost.stats.forecasting import holt_winters
from llmcost.stats.robust import mad, pettitt, robust_z, theil_sen

CASES = json.loads(Path(__file__).with_name("reference.json").read_text("utf-8"))["cases"]


def same(value):
    return pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{len(case['series'])} days")
def test_our_arithmetic_is_that_of_the_reference_libraries(case):
    past = case["series"]

    for speed, forecast in case["holt_winters"].items():
        assert holt_winters(past, len(forecast), speed=float(speed)) == same(forecast)
    assert mad(past) == same(case["mad"])
    assert robust_z(past[-1], past[:-1]) == same(case["z"])
    assert theil_sen(past) == same(case["theil_sen"])
    shift = pettitt(past)
    assert shift.at == case["pettitt"]["at"]
    assert shift.p == same(case["pettitt"]["p"])
