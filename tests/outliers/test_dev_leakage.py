"""What the share outside production is a share of."""

import json

import pytest
from tests.ingesting import native, read, write

ODD = ("unpriced", "covered")


@pytest.fixture
def told(cli, tmp_path):
    def told(**calls):
        """What is found where so many calls, $0.10 each, are in each environment, or in `none`; `unpriced` and `covered`, by a
        subscription, are in production."""
        records = [
            native(
                request_id=f"{name}-{number:025}",
                timestamp=f"2026-11-02T{number // 60:02}:{number % 60:02}:00Z",
                provider="openai",
                model="house-7b" if name == "unpriced" else "gpt-4o",
                input_tokens=40_000,
                output_tokens=0,
                **({"charge_basis": "subscription"} if name == "covered" else {}),
                **({} if name == "none" else {"environment": "production" if name in ODD else name}),
            )
            for name, count in calls.items()
            for number in range(count)
        ]
        read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", records))
        found = json.loads(cli("outliers", "--detector", "dev-leakage", "--format", "json").stdout)["findings"]
        told.savings = [one["savings"] for one in found]
        return [one["headline"] for one in found]

    return told


def test_where_all_calls_name_their_environment_it_is_of_all_spend(told):
    assert told(staging=60, production=90) == ["40% of all spend is outside production (staging)"]


def test_what_names_no_environment_is_told_beside_the_share(told):
    assert told(staging=60, production=90, none=1000) == [
        "40% of all spend with an environment named is outside production (staging); $100.00 names none"
    ]


@pytest.mark.parametrize(
    ("kind", "words"), [("unpriced", "have no known price"), ("covered", "are paid for by capacity or a subscription")]
)
def test_production_without_a_known_cost_leaves_little_to_be_sure_of(told, kind, words):
    """$6.00 beside $9.00 of 90 requests; 90 more at their mean make it $18.00, a ninth of which is $2.00."""
    assert told(staging=60, production=90, **{kind: 90}) == [
        f"40% of all spend is outside production (staging); 90 production requests {words}"
    ]
    assert told.savings == [{"low": "0.00", "mid": "4.00", "high": "5.55"}]


@pytest.mark.parametrize("priced", [0, 90])
def test_a_share_of_a_cost_that_is_hardly_known_is_no_leak(told, priced):
    """$6.00 of $33.00 is less than a fifth."""
    assert told(staging=60, production=priced, unpriced=180) == []
