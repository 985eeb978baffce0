"""The row amid which a table ended makes room for the whole one once the table has grown, wherever it went meanwhile."""

import gzip

import pytest
import zstandard
from tests.ingesting import read, rows

_COLUMNS = "timestamp,model,feature,input_tokens,output_tokens\n"
_FIRST = '2026-11-01T10:00:01.5Z,gpt-5.4,"one",1,1\n'
_TOKENS = ("uncached_input_tokens", "output_text_tokens")


def _tokens(ledger):
    return sorted(tuple(row.values()) for row in rows(ledger, *_TOKENS))


@pytest.mark.parametrize("cell", ['"two\nlines"', '"two ""\n"" lines,\nor\nthree"', "two"])
def test_a_row_with_a_cell_of_several_lines(tmp_path, cell):
    log = tmp_path / "log.csv"
    log.write_text(f"{_COLUMNS}{_FIRST}2026-11-01T10:00:02.5Z,gpt-5.4,{cell},2,2")
    assert read(tmp_path / "ledger", log).total("new") == 2
    with log.open("a") as file:
        file.write("34\n2026-11-01T10:00:03.5Z,gpt-5.4,c,3,5\n")
    read(tmp_path / "ledger", log)
    assert _tokens(tmp_path / "ledger") == [(1, 1), (2, 234), (3, 5)]


@pytest.mark.parametrize("ending", [".1.gz", ".1.zst", "-20261101.gz"])
@pytest.mark.parametrize("again", [True, False])
def test_a_row_of_a_table_that_was_rotated_and_compressed(tmp_path, ending, again):
    log = tmp_path / "log.csv"
    log.write_text(f"{_COLUMNS}{_FIRST}2026-11-01T10:00:02.5Z,gpt-5.4,b,2,2")
    assert read(tmp_path / "ledger", log).total("new") == 2
    whole = log.read_bytes() + b"34\n2026-11-01T10:00:03.5Z,gpt-5.4,c,3,5\n"
    rotated = tmp_path / f"log.csv{ending}"
    rotated.write_bytes(gzip.compress(whole) if ending.endswith("gz") else zstandard.compress(whole))
    if again:
        log.rename(tmp_path / "old")
        log.write_text(_COLUMNS)
        (tmp_path / "old").unlink()
    else:
        log.unlink()
    read(tmp_path / "ledger", rotated)
    assert _tokens(tmp_path / "ledger") == [(1, 1), (2, 234), (3, 5)]
