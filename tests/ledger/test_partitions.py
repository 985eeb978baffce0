"""One Parquet file a day, which a nightly job can write again."""

import shutil
from datetime import UTC, datetime

import duckdb
import pytest
from tests.exporting import chosen, ledger_of

from llmcost.domain.errors import DataError, UsageError
from llmcost.ledger.database import reading, writing
from llmcost.ledger.partitions import export_days


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    days = ["2026-11-01T10:00:00Z", "2026-11-02T00:00:00Z", "2026-11-02T23:59:59.999999Z", "2026-11-04T05:00:00Z"]
    return ledger_of(tmp_path_factory.mktemp("days"), [{"timestamp": day, "model": "plain"} for day in days])


@pytest.fixture
def db(original, tmp_path):
    return shutil.copy(original, tmp_path / "llmcost.duckdb")


def _ids(folder):
    with duckdb.connect() as connection:
        return connection.execute(
            "select cast(day as varchar), list(request_id order by request_id) from read_parquet($files) group by all order by all",
            {"files": str(folder / "*" / "*.parquet")},
        ).fetchall()


@pytest.mark.parametrize("shape", ["native", "requests_v1"])
def test_each_day_has_its_own_requests(db, tmp_path, shape):
    with reading(db) as ledger:
        assert export_days(ledger, chosen(ledger), tmp_path / "lake", shape) == (4, 3)

    assert _ids(tmp_path / "lake") == [("2026-11-01", ["r0"]), ("2026-11-02", ["r1", "r2"]), ("2026-11-04", ["r3"])]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["lake"]


@pytest.mark.parametrize("file_format", ["native", "requests_v1"])
def test_the_files_have_the_sums_of_the_ledger(db, tmp_path, file_format):
    with reading(db) as ledger:
        export_days(ledger, chosen(ledger), tmp_path / "lake", file_format)
        expected = ledger.execute(
            "select count(*), sum(cost), sum(input_cost), sum(output_cost) from request"
        ).fetchall()

    with duckdb.connect() as connection:
        assert (
            connection.execute(
                "select count(*), sum(cost), sum(input_cost), sum(output_cost) from read_parquet($files)",
                {"files": str(tmp_path / "lake" / "*" / "*.parquet")},
            ).fetchall()
            == expected
        )


def test_the_same_ledger_gives_the_same_bytes(db, tmp_path):
    with reading(db) as ledger:
        export_days(ledger, chosen(ledger), tmp_path / "one", "requests_v1")
        export_days(ledger, chosen(ledger), tmp_path / "two", "requests_v1")

    for path in sorted((tmp_path / "one").rglob("*.parquet")):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


def test_a_period_replaces_its_days_and_no_other(db, tmp_path):
    lake = tmp_path / "lake"
    with reading(db) as ledger:
        export_days(ledger, chosen(ledger), lake, "native")
    (lake / "day=2026-11-03").mkdir()
    (lake / "day=2026-11-03" / "notes.txt").write_text("kept")
    with writing(db) as ledger:
        ledger.execute("delete from request where request_id in ('r0', 'r1', 'r2')")

    with reading(db) as ledger:
        second, third = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)
        assert export_days(ledger, chosen(ledger, second, third), lake, "native") == (0, 0)

    assert _ids(lake) == [("2026-11-01", ["r0"]), ("2026-11-04", ["r3"])]
    assert (lake / "day=2026-11-03" / "notes.txt").read_text() == "kept"


def test_a_day_is_not_cut_in_two(db, tmp_path):
    with reading(db) as ledger, pytest.raises(UsageError, match=r"bound at 2026-11-02T10:00:00Z"):
        export_days(ledger, chosen(ledger, datetime(2026, 11, 2, 10, tzinfo=UTC)), tmp_path / "lake", "native")


def test_a_file_in_the_way_is_refused(db, tmp_path):
    (tmp_path / "lake").write_text("")
    with reading(db) as ledger, pytest.raises(DataError, match="not a folder"):
        export_days(ledger, chosen(ledger), tmp_path / "lake", "native")
