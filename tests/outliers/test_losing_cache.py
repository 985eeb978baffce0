"""A cache that loses, and the writes nothing read: two ways to say the same, saved once."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.ingesting import native, read, write

START = datetime(2026, 11, 1, tzinfo=UTC)


def _calls(key, minutes, **usage):
    """A thousand calls of a key, twenty minutes apart."""
    return [
        native(
            request_id=f"req-{key}-{number:08}",
            timestamp=f"{START + timedelta(minutes=20 * number + minutes):%Y-%m-%dT%H:%M:%SZ}",
            provider="anthropic",
            model="claude-sonnet-4-5",
            feature="chat",
            api_key_id=key,
            **usage,
        )
        for number in range(1000)
    ]


@pytest.mark.slow
def test_one_premium_is_saved_once_also_where_other_calls_of_the_cache_only_read(cli, tmp_path):
    # The writers pay 1,000 x 10,000 x (3.75 - 3.00) / 1e6 = 7.50 more than without a cache; the readers, dear by what they
    # answer, save 1,000 x 2,000 x (3.00 - 0.30) / 1e6 = 5.40. No cache at all would save 2.10, no writes at most 7.50.
    writes = _calls("writer", 0, input_tokens=10_000, cache_write_5m_input_tokens=10_000, output_tokens=0)
    reads = _calls("reader", 7, input_tokens=2_000, cache_read_input_tokens=2_000, output_tokens=5_000)
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", [*writes, *reads]))

    told = json.loads(cli("outliers", "--format", "json").stdout)
    net = json.loads(cli("savings", "--format", "json").stdout)["net_savings"]

    saved = {one["detector"]: one["savings"] for one in told["findings"]}
    assert {name: (one["low"], one["mid"], one["high"]) for name, one in saved.items()} == {
        "losing-cache": ("2.10", "2.10", "2.10"),
        "unread-cache-writes": ("0.00", "3.75", "7.50"),
    }
    assert net == {"low": "2.10", "mid": "3.75", "high": "7.50"}


def test_a_loss_lies_on_the_calls_that_lose(cli, tmp_path):
    # Each writer reads as much as it writes: 5,000 x 0.75 / 1e6 lost, 1,000 x 2.70 / 1e6 saved, 0.00105 in all, 1.05 of 1,000.
    both = {"input_tokens": 6_000, "cache_write_5m_input_tokens": 5_000, "cache_read_input_tokens": 1_000}
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", _calls("both", 0, **both, output_tokens=10)))

    (found,) = json.loads(cli("outliers", "--detector", "losing-cache", "--format", "json").stdout)["findings"]

    assert {name: found["savings"][name] for name in ("low", "mid", "high")} == {
        "low": "1.05",
        "mid": "1.05",
        "high": "1.05",
    }
