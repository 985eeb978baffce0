"""What is said of an error of DuckDB's."""

import duckdb
import pytest

from llmcost.ledger.failures import why_no_parquet


@pytest.mark.parametrize("reason", ["No space left on device", "Disk quota exceeded", "File too large"])
def test_a_full_disk_is_no_damage_of_the_file_that_is_read(reason):
    """The rest of the file would be taken for read."""
    assert why_no_parquet(duckdb.IOException(f'IO Error: Could not write file "/x/l.tmp-1/s.tmp": {reason}')) is None


def test_a_file_that_ends_too_early_is_damaged():
    error = duckdb.InvalidInputException("Invalid Input Error: No magic bytes found at end of file 'x.parquet'")
    assert str(why_no_parquet(error)).startswith("damaged")
