"""What docs/reference/detection.md promises, on other data sets than its own and fewer of them."""

from statistics import mean

import pytest
from tests.outliers.detection import NOISES, cases, outcomes, scores
from tests.outliers.injector import PLANTS

from llmcost.outliers.registry import known_detectors
from llmcost.pricing.price_list import load_price_list


@pytest.fixture(scope="module")
def found():
    return list(outcomes(list(cases({"medium": 2}, NOISES, 20, first=9000)), load_price_list()))


@pytest.mark.slow
def test_nine_in_ten_patterns_of_medium_strength_are_found_and_nine_in_ten_findings_are_right(found):
    told = scores(found)
    hits, sets = (sum(one.recall["medium"][place] for one in told) for place in (0, 1))

    assert hits >= 0.9 * sets
    assert mean(one.precision for one in told) >= 0.9


@pytest.mark.slow
def test_eight_in_ten_ranges_hold_what_was_planted_and_none_is_wider_than_it(found):
    ranges = [one.held for one in scores(found) if one.held]

    assert sum(held for held, _ in ranges) >= 0.8 * sum(count for _, count in ranges)
    assert [one.detector for one in scores(found) if one.width is not None and one.width > 1.01] == []


@pytest.mark.slow
def test_twenty_data_sets_of_clean_traffic_raise_one_finding_at_most(found):
    assert sum(len(one.result.findings) for one in found if one.case.pattern is None) <= 1


def test_every_detector_has_a_pattern_planted_for_it():
    assert set(known_detectors()) == set(PLANTS)
