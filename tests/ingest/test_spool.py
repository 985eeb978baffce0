"""Records on their way to DuckDB."""

import duckdb
import pytest

from llmcost.ingest.spool import spooled

_OBJECT = 1024 * 1024
_BUFFER = 2 * _OBJECT
"""What DuckDB reads at a time where no object is larger than half of it."""


@pytest.mark.parametrize("behind", [1, 3700])
def test_a_last_record_across_the_end_of_a_buffer_is_read(behind):
    line = '{"x":"' + "a" * (10_000 - 8) + '"}'
    before = 8 * _BUFFER - (10_000 - behind)
    whole, rest = divmod(before - 2000, 10_001)
    filler = '{"x":"' + "a" * (2000 + rest - 8 - 1) + '"}'
    lines = [line] * whole + [filler, line]
    assert sum(len(text) + 1 for text in lines[:-1]) == before
    with duckdb.connect() as connection, spooled(lines) as path:
        connection.execute("set threads = 2")
        found = connection.execute(
            f"select count(*) from read_json_objects('{path}', format = 'newline_delimited', maximum_object_size = {_OBJECT})"
        ).fetchone()
    assert found == (whole + 2,)
