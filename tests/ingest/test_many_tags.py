"""A log of very many combinations of tags is tagged row by row, and the same as any other."""

from pathlib import Path

import pytest
from tests.ingesting import query, read

from llmcost.ingest import stage

LOGS = Path(__file__).parents[2] / "examples" / "logs"
ROWS = "select * exclude (ingest_id) from request order by row_key"


@pytest.mark.slow
def test_tags_made_row_by_row_are_those_made_once_for_all(tmp_path, monkeypatch):
    read(tmp_path / "shared", LOGS)
    monkeypatch.setattr(stage, "_MOST_COMBINATIONS", 0)
    read(tmp_path / "own", LOGS)

    rows = query(tmp_path / "own", ROWS)

    assert rows == query(tmp_path / "shared", ROWS)
    assert query(tmp_path / "own", "select count(*) > 50 from request where tags is not null") == [(True,)]
