"""Every fixture of every source, through the whole ingest: `<source>/<case>.{jsonl,json,csv}` and its `.expected.json`.

An expectation lists the rows, each with the columns that matter to it (all its quantities, always), and how many records
were rejected or passed over as bookkeeping. Sources of aggregates have `buckets` in place of `rows`. `at` is the time assumed for records that state none.
"""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ingesting import buckets, read, rows

FOLDER = Path(__file__).parent
CASES = sorted(FOLDER.glob("*/*.expected.json"))


def _log(expected: Path) -> Path:
    return next(
        path for path in expected.parent.glob(expected.name.removesuffix("expected.json") + "*") if path != expected
    )


def _comparable(column: str, value: object) -> object:
    if column == "tags":
        return json.loads(value) if isinstance(value, str) else value
    if column in {"started_at", "ended_at", "bucket_start", "bucket_end"} and value is not None:
        text = str(value)
        return text.rstrip("0") if "." in text else text
    if column.endswith("_cost") or column in {"cost", "audio_seconds", "video_seconds"}:
        return None if value is None else Decimal(str(value))
    return value


def _seen(wanted: dict[str, object], row: dict[str, object]) -> dict[str, object]:
    return {name: _comparable(name, row[name]) for name in wanted}


@pytest.mark.parametrize("expected", CASES, ids=lambda path: f"{path.parent.name}/{path.name.split('.')[0]}")
def test_the_rows_of_a_fixture(expected, tmp_path):
    wanted = json.loads(expected.read_text("utf-8"))
    result = read(tmp_path / "ledger", _log(expected), at=wanted.get("at"))
    if "buckets" in wanted:
        _check_buckets(expected, wanted["buckets"], buckets(tmp_path / "ledger"))
    else:
        _check_rows(expected, wanted["rows"], rows(tmp_path / "ledger"))
    assert (result.total("rejected"), result.total("skipped")) == (wanted["rejects"], wanted["skipped"])


def _check_buckets(expected, wanted, left):
    for bucket in wanted:
        plain = {name: _comparable(name, value) for name, value in bucket.items()}
        found = next((index for index, seen in enumerate(left) if _seen(bucket, seen) == plain), None)
        assert found is not None, f"no bucket {plain}, but {[_seen(bucket, seen) for seen in left]}"
        assert left.pop(found)["source"] == expected.parent.name
    assert left == []


def _check_rows(expected, wanted, left):
    for row in wanted:
        plain = {name: _comparable(name, value) for name, value in row.items()}
        found = next((index for index, seen in enumerate(left) if _seen(row, seen) == plain), None)
        near = [seen for seen in left if seen["request_id"] == row.get("request_id")] or left
        assert found is not None, f"no row {plain}, but {[_seen(row, seen) for seen in near]}"
        assert left.pop(found)["source"] == expected.parent.name
    assert [row["request_id"] for row in left] == []
