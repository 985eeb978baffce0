"""What became of accepted findings: calls before and after, wherever acting on the finding has moved them."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.ingesting import native, read, write
from tests.inserting import METERED_CALL, insert

from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.outliers.decisions import Decision
from llmcost.outliers.traffic import Floors, open_traffic
from llmcost.outliers.verification import verify
from llmcost.pricing.price_list import load_price_list

START = datetime(2026, 9, 1, tzinfo=UTC)
SMALL = {"input_tokens": 1500, "output_tokens": 100}
LARGE = {"input_tokens": 8000, "output_tokens": 800}


def classified(days, small, large):
    """40 small calls and 10 large ones a day: on gpt-4o $0.00475 and $0.028 each, on gpt-4o-mini $0.000285 and $0.00168."""
    return [
        native(
            request_id=f"classify-{day:03}-{place:03}".ljust(30, "0"),
            timestamp=f"{START + timedelta(days=day, minutes=place):%Y-%m-%dT%H:%M:%SZ}",
            provider="openai",
            model=small if place < 40 else large,
            feature="classify",
            **(SMALL if place < 40 else LARGE),
        )
        for day in days
        for place in range(50)
    ]


def by_environment(days, *, development):
    """20 large calls a day in production, $0.028 each, and 60 small ones in development on the model named, if any."""
    return [
        native(
            request_id=f"{environment}-{day:03}-{place:03}".ljust(30, "0"),
            timestamp=f"{START + timedelta(days=day, minutes=place):%Y-%m-%dT%H:%M:%SZ}",
            provider="openai",
            model=model,
            team="insights",
            environment=environment,
            **used,
        )
        for day in days
        for environment, model, many, used in (
            ("production", "gpt-4o", 20, LARGE),
            ("development", development, 60, SMALL),
        )
        if model
        for place in range(many)
    ]


def hourly(days, feature, users):
    """A call of $0.0105 of gpt-4o an hour, by each user in turn."""
    return [
        native(
            request_id=f"{feature}-{day:03}-{hour:02}".ljust(30, "0"),
            timestamp=f"{START + timedelta(days=day, hours=hour):%Y-%m-%dT%H:%M:%SZ}",
            provider="openai",
            model="gpt-4o",
            feature=feature,
            user_id=users[hour % len(users)],
            input_tokens=3000,
            output_tokens=300,
        )
        for day in days
        for hour in range(24)
    ]


@pytest.fixture
def seen(cli, tmp_path):
    def seen(detector, before, after, on):
        def ingested(name, calls):
            read(tmp_path / "llmcost.duckdb", write(tmp_path / name, calls))

        ingested("before.jsonl", before)
        (found,) = json.loads(cli("outliers", "--detector", detector, "--format", "json").stdout)["findings"]
        assert cli("savings", "accept", found["id"], "--on", on).code == 0
        ingested("after.jsonl", after)
        (told,) = json.loads(cli("savings", "verify", "--format", "json").stdout)["findings"]
        return told

    return seen


@pytest.mark.parametrize("large", ["gpt-4o", "gpt-4o-mini"])
@pytest.mark.slow
def test_calls_that_went_to_another_model_are_compared_there_and_larger_ones_are_not(seen, large):
    told = seen(
        "model-overuse",
        classified(range(30), "gpt-4o", "gpt-4o"),
        classified(range(30, 40), "gpt-4o-mini", large),
        on="2026-10-01",
    )

    # 400 small calls, each $0.00475 before and $0.000285 since.
    assert (told["verdict"], told["days_before"], told["requests_after"]) == ("cost fell", 28, 400)
    assert told["cost_per_request"] == {"before": "0.004750", "after": "0.000285"}
    assert told["realised"] == {"low": "1.786000", "mid": "1.786000", "high": "1.786000"}


def left(days):
    """People who were there on the first days; `cron` calls on."""
    people = [f"u-{number}" for number in range(8)]
    return [*hourly(range(10), "old", people), *hourly(range(10, days), "old", ["cron"])]


@pytest.mark.slow
def test_a_feature_that_was_switched_off_saves_its_cost_a_day(seen, cli):
    told = seen(
        "zombie-feature",
        left(40),
        [*hourly(range(40, 43), "old", ["cron"]), *hourly(range(40, 55), "new", ["v"])],
        on="2026-10-11",
    )

    # $0.252 a day on 14 days before; since, on three of 15 days: 15 x (0.252 - 0.0504).
    assert (told["verdict"], told["days_before"], told["days_after"], told["requests_after"]) == (
        "cost fell",
        14,
        15,
        72,
    )
    assert told["realised"]["mid"] == "3.024000"
    assert "for each day since" in " ".join(cli("savings", "verify").stdout.split())


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (hourly(range(40, 46), "new", ["v"]), "too early"),
        (hourly(range(40, 50), "old", ["cron"]), "not proven"),
    ],
)
@pytest.mark.slow
def test_calls_have_not_ended_where_they_go_on_or_nobody_calls_at_all(seen, after, verdict):
    told = seen("zombie-feature", left(40), after, on="2026-10-11")

    assert told["verdict"] == verdict


@pytest.mark.parametrize(
    ("development", "requests_after", "saved"),
    [
        # 10 days of 60 x $0.00475; then 600 calls at $0.000285 each.
        (None, 0, "2.850000"),
        pytest.param("gpt-4o-mini", 600, "2.679000", marks=pytest.mark.slow),
    ],
)
@pytest.mark.slow
def test_a_leak_is_compared_outside_production_only(seen, development, requests_after, saved):
    told = seen(
        "dev-leakage",
        by_environment(range(30), development="gpt-4o"),
        by_environment(range(30, 40), development=development),
        on="2026-10-01",
    )

    assert (told["verdict"], told["requests_after"], told["realised"]["mid"]) == ("cost fell", requests_after, saved)


def passes(day, number, *costs):
    """A call on a day of September and its passes billed apart; None is a pass without a price."""
    common = {
        **METERED_CALL,
        "request_id": f"call-{day}-{number}",
        "started_at": datetime(2026, 9, day, 10, number),  # noqa: DTZ001  the ledger's naive UTC
        "source": "llmcost",
        "issuer": "anthropic",
        "model": "known",
        "team": "core",
    }
    return [
        {**common, "part": part, "cost": cost, "cost_status": "unpriced" if cost is None else "priced"}
        for part, cost in enumerate(costs)
    ]


def test_what_is_known_of_a_call_with_an_unpriced_pass_is_no_cost_of_a_request(ledger):
    """$4.00 a request before and since. Since, of every other call $1.00 is known and a pass has no price."""
    before = [passes(day, number, "3", "1") for day in range(1, 9) for number in range(2)]
    since = [passes(day, number, *costs) for day in range(11, 21) for number, costs in enumerate([("4",), ("1", None)])]
    insert(ledger, "request", [row for call in (*before, *since) for row in call])
    traffic = open_traffic(
        ledger,
        Selection(period=Period(), zone=UTC, basis="requests"),
        load_price_list(),
        production=("production",),
        floors=Floors(),
    )
    decision = Decision(id="one", word="accepted", reason="try", on=date(2026, 9, 11), scope=(("team", "core"),))

    told = verify(traffic, decision, Decimal(1))

    assert (told.requests_after, told.unpriced_after, told.days_after) == (20, 10, 10)
    assert (told.before, told.after, told.saved) == (4.0, 4.0, 0.0)
