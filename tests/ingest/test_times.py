"""When a call began, however its log writes it."""

import pytest
from tests.ingesting import native, query, read, write


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-10T01:30+02", "2026-11-09 23:30:00"),
        ("2026-11-10T01:30:00+02:00", "2026-11-09 23:30:00"),
        ("2026-11-10 01:30-05", "2026-11-10 06:30:00"),
        ("2026-11-10T01:30", "2026-11-10 01:30:00"),
        ("2026-11-10", "2026-11-10 00:00:00"),
        ("1793700000.25", "2026-11-03 10:00:00.25"),
        ("1793700000123", "2026-11-03 10:00:00.123"),
        ("1793700000123456789", "2026-11-03 10:00:00.123456"),
        ("20261110013000", None),
        ("202611100800", None),
        ("20261110080000123", None),
        ("infinity", None),
        ("9999-12-31T00:00:00Z", None),
    ],
)
def test_a_time_is_what_it_says_or_a_reject(tmp_path, text, instant):
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [native(timestamp=text, request_id="call-0a1b2c3d")]))
    assert query(tmp_path / "ledger", "select started_at::varchar from request") == ([(instant,)] if instant else [])
    if instant is None:
        ((reason,),) = query(tmp_path / "ledger", "select reason from reject")
        assert text in reason
        assert "neither ISO 8601 nor Unix time" in reason
