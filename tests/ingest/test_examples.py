"""The example logs against `examples/expected.json`, whose numbers were counted apart from this program."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.ingesting import query, read

from llmcost.ingest.generic import read_mapping

EXAMPLES = Path(__file__).parents[2] / "examples"
EXPECTED = json.loads((EXAMPLES / "expected.json").read_text("utf-8"))
# The error and expiry entries of a batch, and its answers, state no time.
AT = {"logs/anthropic-batch-results.jsonl": "2026-11-20 00:00:00"}
MAPPING = """
fields:
  timestamp: when
  request_id: call
  customer_id: account
  user_id: member
  model: llm
  provider: vendor
  input_tokens: tokens_in
  cache_read_input_tokens: tokens_cached
  output_tokens: tokens_out
  latency_ms: ms
  reported_cost: {column: charged_cents, unit: cents}
"""
# "12,400" may be twelve thousand or twelve and a bit: the row (610 tokens out) is rejected, not guessed.
READ_OTHERWISE = {
    "logs/generic/usage.csv": {
        "requests": 5,
        "rejected": 1,
        "by_status": {"ok": 5},
        "input_tokens": 26046 - 12400,
        "output_tokens": 2882 - 610,
    }
}

_INPUT = (
    "uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "input_audio_tokens",
    "cache_read_audio_tokens", "input_image_tokens",
)  # fmt: skip
_OUTPUT = ("output_text_tokens", "reasoning_tokens", "output_audio_tokens", "output_image_tokens")


def _sum(*columns: str) -> str:
    return "coalesce(sum(" + " + ".join(f"coalesce({column}, 0)" for column in columns) + "), 0)"


COUNTS = {
    "requests": "count(*) filter (part = 0)",
    "input_tokens": _sum(*_INPUT),
    "output_tokens": _sum(*_OUTPUT),
    "cache_read_tokens": _sum("cache_read_tokens", "cache_read_audio_tokens"),
    "cache_write_tokens": _sum("cache_write_5m_tokens", "cache_write_1h_tokens"),
    "cache_write_1h_tokens": _sum("cache_write_1h_tokens"),
    "reasoning_tokens": _sum("reasoning_tokens"),
    "input_audio_tokens": _sum("input_audio_tokens", "cache_read_audio_tokens"),
    "web_searches": _sum("web_searches"),
    "gateway_cached": "count(*) filter (gateway_cached)",
    "extra_parts": "count(*) filter (part > 0)",
    "unknown_usage_requests": "count(*) filter (usage_origin = 'unknown' and status = 'ok')",
}


def _settings(name: str, folder: Path) -> dict[str, Any]:
    if name != "logs/generic/usage.csv":
        return {"at": AT.get(name)}
    path = folder / "usage.yaml"
    path.write_text(MAPPING, "utf-8")
    return {"mapping": read_mapping(path), "mapping_text": MAPPING}


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_log_holds_what_was_counted_by_hand(name, tmp_path):
    wanted = {**EXPECTED[name], **READ_OTHERWISE.get(name, {})}
    result = read(tmp_path / "ledger", EXAMPLES / name, **_settings(name, tmp_path))
    columns = [column for column in COUNTS if column in wanted]
    (found,) = query(tmp_path / "ledger", f"select {', '.join(COUNTS[column] for column in columns)} from request")
    assert dict(zip(columns, found, strict=True)) == {column: wanted[column] for column in columns}
    assert result.total("rejected") == wanted["rejected"]
    statuses = dict(query(tmp_path / "ledger", "select status, count(*) from request where part = 0 group by all"))
    # Where the description leaves open whether a refusal is an error or a block, either will do.
    assert statuses.get("ok", 0) == wanted["by_status"].get("ok", 0)
    assert sum(statuses.values()) == sum(wanted["by_status"].values())
    if "duplicates" in wanted:
        assert result.total("known") == wanted["duplicates"]
