"""Configs that vendors published, read in place: every finding, judged by hand.

A finding is (code, severity, confidence, line, column). What is right about each stands beside it.
"""

from datetime import date

import pytest

from llmcost.pricing.price_list import load_price_list
from llmcost.quota.check import Known
from llmcost.quota.files import opened
from llmcost.quota.run import check, choice

KNOWN = Known(day=date(2026, 11, 21), load_prices=load_price_list)

FINDINGS = {
    "tfy_v1_budget_skills.yaml": [
        ("QR410", "warning", "proved", 9, 25),  # counts by team under a rule for one team
        ("QB554", "warning", "proved", 17, 9),  # user-daily-budget has no alerts
        ("QB554", "warning", "proved", 23, 9),  # nor has project-daily-budget
        ("QR401", "error", "proved", 23, 9),  # and below `when: {}` it decides no user's request
    ],
    "tfy_v1_ratelimit_skills.yaml": [
        ("QD601", "warning", "proved", 2, 7),  # V1 ends
        # global-fallback decides only what lacks project_id, if the gateway skips rules whose key is missing.
        ("QR401", "warning", "maybe", 24, 9),
    ],
    "bad_everything.yaml": [
        ("QD601", "warning", "proved", 3, 7),
        ("QY103", "error", "proved", 7, 15),  # 50_000
        ("QR401", "warning", "maybe", 10, 9),  # below per-project, which is for everybody with a project_id
        ("QS210", "error", "proved", 14, 29),  # three keys
        ("QR401", "warning", "maybe", 15, 9),
        ("QS207", "error", "proved", 15, 9),  # the second global-fallback
        ("QS208", "error", "proved", 16, 23),  # `user: bob` is a mapping
        ("QY103", "error", "proved", 17, 15),  # 05000
        ("QY101", "error", "proved", 18, 5),  # limit_to again
        ("QS205", "error", "proved", 19, 11),  # requests_per_months
        ("QD602", "error", "proved", 20, 9),  # {user}
        ("QR401", "warning", "maybe", 20, 9),
        ("QS208", "error", "proved", 21, 23),  # virtual-account:
        ("QS203", "error", "proved", 21, 50),  # modles
        ("QS206", "error", "proved", 22, 15),  # "1000"
        ("QS205", "error", "proved", 23, 11),  # request_per_day
        ("QR401", "warning", "maybe", 24, 9),
        ("QY102", "error", "proved", 25, 36),  # no
        ("QY104", "warning", "proved", 25, 46),  # 1
        ("QL301", "warning", "proved", 26, 15),  # 0
    ],
    "tfy_v2_budget_shape.yaml": [
        ("QC505", "warning", "proved", 10, 15),  # the override sets a day, the base has a month too
    ],
    # Both Envoy files are tests of the project, whose limits of 10 tokens are meant to be hit.
    "envoy-ai-gateway_token_ratelimit.yaml": [("QL303", "warning", "proved", 115, 23)],
    "envoy-ai-gateway_quotapolicy_e2e.yaml": [("QL303", "warning", "proved", 114, 18)],
    "litellm_load_balancer.yaml": [
        ("QK801", "error", "proved", 9, 16),  # keys cut short, still the shape of keys
        ("QK801", "error", "proved", 15, 16),
    ],
    "litellm_provider_budget.yaml": [
        ("QL303", "warning", "proved", 10, 21),  # a budget of a trillionth of a dollar
        ("QK802", "warning", "proved", 31, 15),  # sk-1234
    ],
}


@pytest.mark.parametrize("name", FINDINGS)
def test_a_published_config(name, samples):
    path = samples / "quota" / name
    if not path.exists():
        pytest.skip(f"no sample {name}")
    files, _ = opened([path])
    found = check(files, choice((), (), pedantic=False), KNOWN).findings
    places = [(one.code, one.severity, one.confidence, one.place.line, one.place.column) for one in found]

    assert places == FINDINGS[name]


def test_the_two_readings_of_a_published_config_differ_and_it_is_said(samples):
    path = samples / "quota" / "tfy_v1_budget_skills.yaml"
    if not path.exists():
        pytest.skip("no sample tfy_v1_budget_skills.yaml")
    files, _ = opened([path])
    result = check(files, choice((), (), pedantic=False), KNOWN)
    other, _ = opened([path], semantics="tfy-legacy-all")

    assert "semantics tfy-v1-budget" in result.headers[0]
    assert "`team-monthly-budget` and `user-daily-budget`" in result.notes[0]
    assert "tfy-legacy-all" in result.notes[0]
    assert "QR401" not in {one.code for one in check(other, choice((), (), pedantic=False), KNOWN).findings}
