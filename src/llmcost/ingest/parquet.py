"""Rows of a Parquet file as records, read by DuckDB."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.ingest.source import Record
from llmcost.ledger.identifiers import quote_literal

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


def parquet_records(connection: "Connection", path: Path) -> Iterator[Record]:
    """Each row as an object of its columns that are not null, fetched one by one: nothing else may be asked meanwhile."""
    rows = connection.execute(f"select to_json(r) from read_parquet({quote_literal(_literally(str(path)))}) as r")
    for (text,) in iter(rows.fetchone, None):
        yield {key: value for key, value in json.loads(text).items() if value is not None}


def _literally(path: str) -> str:
    """A path in which DuckDB finds no pattern."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)
