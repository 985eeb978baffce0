"""Days and hours of findings are those of the time zone asked for."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.ingesting import native, read, write

START = datetime(2026, 11, 2, 23, tzinfo=UTC)


def call(at, place, **fields):
    return native(
        request_id=f"req-{at:%Y%m%d}-{place:020}",
        timestamp=f"{at + timedelta(minutes=place):%Y-%m-%dT%H:%M:%SZ}",
        provider="openai",
        model="gpt-4o",
        **{"user_id": "cron", "feature": "nightly", "input_tokens": 100_000, "output_tokens": 20_000, **fields},
    )


@pytest.fixture
def told(cli, tmp_path):
    def told(calls, *options):
        read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", calls))
        return json.loads(cli("outliers", *options, "--format", "json").stdout)["findings"]

    return told


NIGHTS = [call(START + timedelta(days=day), place) for day in range(10) for place in range(120)]
"""120 calls of $0.45 from midnight on in Berlin: $54 on each of ten days there, and on nine days of UTC."""


@pytest.mark.slow
def test_a_job_around_midnight_in_utc_runs_within_a_day_of_its_own_zone(told):
    asked = ("--detector", "user-daily-spend,batchable-traffic")

    job, user = told(NIGHTS, *asked, "--tz", "Europe/Berlin")

    assert (job["detector"], job["evidence"]["days"]) == ("batchable-traffic", 10)
    assert (user["detector"], user["evidence"]["days_above"], user["evidence"]["most_in_a_day"]) == (
        "user-daily-spend",
        10,
        "54.00",
    )
    # In UTC it runs at either end of a day.
    (user,) = told(NIGHTS, *asked)
    assert (user["detector"], user["evidence"]["days_above"]) == ("user-daily-spend", 9)


def test_a_day_asked_for_is_one_day(told):
    (user,) = told(NIGHTS, "--detector", "user-daily-spend", "--tz", "Europe/Berlin", "--period", "2026-11-05")

    assert (user["cost"], user["evidence"]["days_above"]) == ("54.00", 1)
    assert user["verify"] == "llmcost report --by day --where user_id=cron --period 2026-11-05 --tz Europe/Berlin"


def test_a_dear_day_begins_at_its_own_midnight_and_is_checked_in_the_same_traffic(told, tmp_path):
    ledger = str(tmp_path / "llmcost.duckdb")
    calls = [
        call(START + timedelta(days=day), place, input_tokens=4_000_000 if day == 18 else 400_000, output_tokens=0)
        for day in range(20)
        for place in range(60)
    ]
    options = ("--detector", "spend-anomaly", "--where", "user_id=cron", "--since", "2026-11-01")

    both = told(calls, *options, "--tz", "Europe/Berlin", "--db", ledger)
    (found,) = [one for one in both if not one["scope"]]

    # 60 x 4,000,000 x 2.50 / 1e6 on the 21st of Berlin, which begins on the 20th of UTC.
    assert found["headline"] == "all traffic cost $600.00 on 2026-11-21, 10.0 times what days like it cost"
    assert found["window"] == {"since": "2026-11-20T23:00:00Z", "until": "2026-11-21T23:00:00Z"}
    assert found["verify"] == (
        "llmcost report --by hour,model --since 2026-11-21 --until 2026-11-22 "
        f"--where user_id=cron --tz Europe/Berlin --db {ledger}"
    )


@pytest.mark.slow
def test_an_accepted_finding_is_compared_from_midnight_of_its_zone_on(told, cli):
    (job,) = told(NIGHTS, "--detector", "batchable-traffic", "--tz", "Europe/Berlin")

    cli("savings", "accept", job["id"], "--on", "2026-11-08", "--tz", "Europe/Berlin")
    (seen,) = json.loads(cli("savings", "verify", "--tz", "Europe/Berlin", "--format", "json").stdout)["findings"]

    # The night that begins the 8th begins at 23:00 UTC of the 7th: of ten nights from the 3rd on, five are later.
    assert (seen["days_before"], seen["days_after"], seen["requests_after"]) == (5, 5, 600)
