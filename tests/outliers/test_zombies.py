"""What a feature nobody uses is said to cost."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.ingesting import native, read, write

START = datetime(2026, 10, 1, tzinfo=UTC)


def calls(hours, model, user):
    """A call of 20,000 tokens at each of these hours; $0.05 of gpt-4o."""
    return [
        native(
            request_id=f"tips-{user}-{hour:020}",
            timestamp=f"{START + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}",
            provider="openai",
            model=model,
            input_tokens=20_000,
            output_tokens=0,
            feature="tips",
            user_id=user,
        )
        for hour in hours
    ]


@pytest.fixture
def told(cli, tmp_path):
    def told(*models):
        """The finding where a clock calls these models in turn, 120 times once people have left."""
        people = [call for user in range(8) for call in calls(range(user, 48, 8), "gpt-4o", f"u-{user}")]
        clock = [call for place in range(120) for call in calls([48 + 6 * place], models[place % len(models)], "cron")]
        read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", [*people, *clock]))
        (found,) = json.loads(cli("outliers", "--detector", "zombie-feature", "--format", "json").stdout)["findings"]
        return found["requests"], found["cost"], found["savings"] and found["savings"]["high"]

    return told


def test_calls_of_a_model_without_a_price_have_no_cost_and_claim_no_saving(told):
    assert told("private-model") == (120, None, None)


def test_calls_some_of_which_have_a_price_cost_what_those_do(told):
    assert told("gpt-4o", "private-model") == (120, "3.00", "3.00")
