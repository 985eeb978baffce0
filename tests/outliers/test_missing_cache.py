"""What a cache would have saved, with what writing to it costs."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.ingesting import native, read, write

START = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def told(cli, tmp_path):
    def told(provider, model, *minutes):
        """What is found among 400 calls of 5,000 tokens in, which came so many minutes after one another, in turn."""
        at, calls = START, []
        for number in range(400):
            at += timedelta(minutes=minutes[number % len(minutes)])
            calls.append(
                native(
                    request_id=f"req-{number:028}",
                    timestamp=f"{at:%Y-%m-%dT%H:%M:%SZ}",
                    provider=provider,
                    model=model,
                    input_tokens=5000,
                    output_tokens=100,
                    feature="rag",
                )
            )
        read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", calls))
        return json.loads(cli("outliers", "--detector", "missing-cache", "--format", "json").stdout)["findings"]

    return told


@pytest.mark.parametrize("provider", ["anthropic", "vertex", "azure"])
def test_what_is_written_and_seldom_read_would_cost_more_whoever_sells_the_model(told, provider):
    # 79 reads save 79 x 5,000 x 2.70 / 1e6 = 1.0665; 321 writes cost 321 x 5,000 x 0.75 / 1e6 = 1.20375 more.
    assert told(provider, "claude-sonnet-4-5", 2, 10, 10, 10, 10) == []


@pytest.mark.parametrize(
    ("provider", "model", "saved"),
    [
        # 399 x 5,000 x 2.70 / 1e6, less 5,000 x 0.75 / 1e6 for the one write.
        ("vertex", "claude-sonnet-4-5", "5.38275"),
        # 399 x 5,000 x 3.60 / 1e6, less 5,000 x 1.00 / 1e6.
        ("openai", "gpt-5.6-sol", "7.177"),
        # 399 x 5,000 x 1.25 / 1e6; nobody charges for the write.
        ("openai", "gpt-4o", "2.49375"),
    ],
)
def test_a_write_costs_what_the_price_list_says(told, provider, model, saved):
    (found,) = told(provider, model, 2)

    assert found["savings"]["high"] == saved
