"""Prompts just past the size from which they are dearer."""

import json

from tests.ingesting import native, read, write


def test_the_limit_is_the_largest_prompt_at_the_lower_price(cli, tmp_path):
    calls = [
        native(
            request_id=f"{tokens}-{number:03}".ljust(30, "0"),
            timestamp=f"2026-11-01T10:{number:02}:00Z",
            provider="google",
            model="gemini-2.5-pro",
            feature="contracts",
            input_tokens=tokens,
            output_tokens=100,
        )
        for tokens in (200_001, 250_000, 250_001)
        for number in range(50)
    ]
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", calls))

    (found,) = json.loads(cli("outliers", "--detector", "long-context-crossing", "--format", "json").stdout)["findings"]

    # Up to 200,000 tokens a million of them is $1.25, above $2.50; 250,001 are more than a quarter past it.
    assert found["evidence"] == {"prompts": 100, "limit_tokens": 200_000}
    assert "just past 200,000 tokens" in found["headline"]
