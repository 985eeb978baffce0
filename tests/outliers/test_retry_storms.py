"""Which calls are attempts at one, and what each storm costs."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from tests.ingesting import native, read, write

START = datetime(2026, 11, 2, tzinfo=UTC)
NUMBERS = count()


def attempts(many, *, start=START, seconds=20, **fields):
    """Calls of gpt-4o, each second of four failed without usage; else 20,000 tokens in and 500 out, $0.055."""
    for number in range(many):
        failed = number % 4 == 1
        used = {"input_tokens": 20_000, "output_tokens": 500}
        yield native(
            **{
                "request_id": f"req-{next(NUMBERS):028}",
                "timestamp": f"{start + timedelta(seconds=seconds * number):%Y-%m-%dT%H:%M:%SZ}",
                "provider": "openai",
                "model": "gpt-4o",
                "status": "error" if failed else "ok",
                "user_id": "svc-export",
                **(dict.fromkeys(used, 0) if failed else used),
                **fields,
            }
        )


@pytest.fixture
def told(cli, tmp_path):
    def told(*calls):
        read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", calls))
        return json.loads(cli("outliers", "--detector", "retry-storm", "--format", "json").stdout)

    return told


@pytest.mark.slow
def test_two_storms_of_one_caller_are_two_findings_that_save_each_its_own(told, cli):
    result = told(
        *attempts(40, prompt_hash="same"), *attempts(400, start=START + timedelta(days=3), prompt_hash="same")
    )

    large, small = result["findings"]
    # 300 and 30 attempts of $0.055 were paid for; all but the first are saved.
    assert (large["net_savings"], small["net_savings"]) == ("16.445", "1.595")
    assert result["net_savings"]["mid"] == "18.04"

    cli("outliers", "dismiss", large["id"], "--reason", "a test of load")
    (left,) = json.loads(cli("outliers", "--detector", "retry-storm", "--format", "json").stdout)["findings"]
    assert left["id"] == small["id"]


def test_short_prompts_with_hashes_of_their_own_are_no_attempts_at_one_call(told):
    calls = [
        {**call, "input_tokens": 12 if place else 40, "prompt_hash": f"p-{place}"}
        for place, call in enumerate(attempts(40, output_tokens=4000))
    ]

    assert told(*calls)["findings"] == []


def test_only_a_failed_call_without_usage_takes_the_prompt_of_the_one_before(told):
    long = attempts(30)
    short = attempts(30, start=START + timedelta(seconds=10), status="ok", input_tokens=12, output_tokens=4000)

    # Between the attempts are other calls, each too short to be known by its size.
    assert told(*long, *short)["findings"] == []


def test_failed_calls_without_usage_are_attempts_at_the_call_around_them(told):
    (found,) = told(*attempts(40))["findings"]

    # 30 attempts of $0.055 were paid for, of 40 that are one call by its 20,000 tokens.
    assert (found["requests"], found["savings"]["mid"]) == (40, "1.595")
    assert found["evidence"]["failed_attempts"] == 10


def test_storms_too_small_to_be_told_alone_are_told_together(told):
    small = [
        one
        for night in range(30)
        for one in attempts(
            16,
            start=START + timedelta(days=night),
            seconds=60,
            user_id=None,
            session_id=f"s-{night}",
            prompt_hash="same",
        )
    ]
    large = attempts(40, start=START + timedelta(days=3, hours=5), prompt_hash="same")

    one, many = sorted(told(*small, *large)["findings"], key=lambda found: found["requests"])
    # Twelve of 16 attempts were paid for: eleven of $0.055 are $0.605 a night; of 30 of the large one 29 are $1.595.
    assert (one["requests"], one["savings"]["mid"]) == (40, "1.595")
    assert (many["requests"], many["savings"]["mid"], many["net_savings"]) == (480, "18.15", "18.15")
    assert many["savings"]["low"] == "14.85"
    assert many["scope"] == {"model": "gpt-4o"}
    assert many["headline"] == "30 storms of attempts at the same call of gpt-4o: 480 attempts, 120 of them failed"
    assert (many["evidence"]["storms"], many["evidence"]["callers"]) == (30, 30)
