"""What docs/reference/detection.md promises, on other data sets than its own and fewer of them."""

import pytest
from tests.outliers.detection import NOISES, Case, cases, outcomes, scores
from tests.outliers.injector import PLANTS

from llmcost.outliers.registry import known_detectors
from llmcost.pricing.price_list import load_price_list

STRONG = ("retry-storm", "dev-leakage", "model-overuse", "spend-anomaly")


# One test, so that the data sets are made once however tests are spread over processes.
@pytest.mark.slow
def test_planted_patterns_are_found_and_priced_and_little_else_is_said():
    strong = [Case(pattern=name, strength="strong", noise=1.0, seed=8000 + place) for place, name in enumerate(STRONG)]
    wanted = [*cases({"medium": 1}, NOISES, 20, first=9000), *strong]
    found = list(outcomes(wanted, load_price_list()))
    told = scores(found)
    planted = [one for one in found if one.case.pattern]
    ranges = [one.held for one in told if one.held]
    beside = [(one.case, other.headline) for one in planted for other in one.wrong()]

    assert [one.case for one in planted if not one.right()] == []
    assert len(beside) <= len(planted) / 20, beside
    assert sum(held for held, _ in ranges) >= 0.8 * sum(count for _, count in ranges)
    assert [one.detector for one in told if one.width is not None and one.width > 1.01] == []
    assert sum(len(one.result.findings) for one in found if one.case.pattern is None) <= 1


@pytest.mark.parametrize("seeds", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_clean_traffic_raises_nothing(seeds):
    found = outcomes(list(cases({}, NOISES, seeds)), load_price_list())

    assert [finding.headline for one in found for finding in one.result.findings] == []


def test_every_detector_has_a_pattern_planted_for_it():
    assert set(known_detectors()) == set(PLANTS)
