"""Every fixture of every source, through the whole ingest: `<source>/<case>.{jsonl,json,csv}` and its `.expected.json`.

An expectation lists the rows, each with the columns that matter to it (all its quantities, always), and how many records
were rejected or passed over as bookkeeping. Sources of aggregates have `buckets` in place of `rows`. `at` is the time assumed for records that state none.
"""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.ingesting import buckets, query, read, rows
from tests.once import made_once

FOLDER = Path(__file__).parent
CASES = sorted(FOLDER.glob("*/*.expected.json"))
LEDGERS = 9
"""Cases are dealt out to so many ledgers: neighbours, of which some show one call in two forms, go to different ones."""


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


def _ledger(expected: Path) -> tuple[str, list[Path]]:
    """The ledger of a case, and all the logs of it: those that assume no time in a few, the others each in its own."""
    plain = [case for case in CASES if _wanted(case).get("at") is None]
    if expected not in plain:
        return f"{expected.parent.name}-{expected.name}", [_log(expected)]
    number = plain.index(expected) % LEDGERS
    return str(number), [_log(case) for case in plain[number::LEDGERS]]


@cache
def _wanted(expected: Path) -> dict[str, Any]:
    wanted: dict[str, Any] = json.loads(expected.read_text("utf-8"))
    return wanted


def _fill(folder: Path, logs: list[Path], at: str | None) -> None:
    result = read(folder / "ledger", *logs, at=at)
    passed = {file.path: (file.rejected, file.skipped) for file in result.files}
    (folder / "passed.json").write_text(json.dumps(passed))


def _own(folder: Path, log: Path, table: str, key: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the rows of a ledger those of one file."""
    sql = f"select {key}::varchar from {table} join file using (file_id) where path = $path"
    keys = {one for (one,) in query(folder / "ledger", sql, path=str(log))}
    return [row for row in found if str(row[key]) in keys]


@pytest.mark.parametrize("expected", CASES, ids=lambda path: f"{path.parent.name}/{path.name.split('.')[0]}")
def test_the_rows_of_a_fixture(expected, tmp_path_factory):
    wanted = _wanted(expected)
    name, logs = _ledger(expected)
    folder = made_once(tmp_path_factory, f"sources-{name}", lambda made: _fill(made, logs, wanted.get("at")))
    log = _log(expected)
    if "buckets" in wanted:
        found = buckets(folder / "ledger")
        _check_buckets(expected, wanted["buckets"], _own(folder, log, "usage_bucket", "bucket_key", found))
    else:
        _check_rows(expected, wanted["rows"], _own(folder, log, "request", "row_key", rows(folder / "ledger")))
    passed = json.loads((folder / "passed.json").read_text())
    assert passed[str(log)] == [wanted["rejects"], wanted["skipped"]]


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
