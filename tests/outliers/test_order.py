"""What is found does not depend on the order of lines in a log."""

import json

import pytest
from tests.ingesting import native, read, write


@pytest.mark.slow
def test_calls_of_one_second_are_repeats_in_the_same_order_however_they_were_logged(cli, tmp_path):
    calls = [
        native(
            request_id=f"req-{number:020}-{place}",
            timestamp=f"2026-11-{1 + number // 12:02}T{2 * (number % 12):02}:00:00Z",
            provider="openai",
            model="gpt-4o",
            input_tokens=4000,
            output_tokens=output,
            user_id="u-1",
            feature="search",
            prompt_hash=f"hash-{number}",
            temperature=0,
        )
        for number in range(120)
        for place, output in enumerate((100, 2000, 4000))
    ]

    def told(name, lines):
        read(tmp_path / f"{name}.duckdb", write(tmp_path / f"{name}.jsonl", lines))
        found = cli("outliers", "--db", str(tmp_path / f"{name}.duckdb"), "--format", "json").stdout
        return json.loads(found.replace(f"{name}.duckdb", "ledger"))

    assert told("forth", calls) == told("back", calls[::-1])
