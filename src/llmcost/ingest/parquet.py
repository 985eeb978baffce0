"""Rows of a Parquet file as records, read by DuckDB."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.ingest.reader import Item, Reject
from llmcost.ledger.failures import why_no_parquet
from llmcost.ledger.identifiers import quote_literal

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_FETCHED = 10_000


def parquet_items(connection: "Connection", path: Path, *, nulls: bool = False) -> Iterator[Item]:
    """Each row with its number, as an object of its columns, without those that are null if not asked for.

    From where the file is damaged, or takes more memory than there is, a reject stands for the rest.
    """
    line = 0
    with connection.cursor() as cursor, _nameable(path) as name:
        try:
            rows = cursor.execute(f"select to_json(r) from read_parquet({_literally(name)}) as r")
            while batch := rows.fetchmany(_FETCHED):
                for (text,) in batch:
                    line += 1
                    yield line, {key: value for key, value in json.loads(text).items() if nulls or value is not None}
        except Exception as error:
            reason = why_no_parquet(error)
            if reason is None:
                raise
            yield Reject(line=line + 1, reason=reason, line_hash="")


def parquet_columns(connection: "Connection", path: Path) -> list[str] | None:
    """The names of its columns; None of a file that is damaged."""
    try:
        rows = connection.execute(f"describe from read_parquet({_literally(path)})").fetchall()
    except Exception as error:
        if why_no_parquet(error) is None:
            raise
        return None
    return [name for name, *_ in rows]


@contextmanager
def _nameable(path: Path) -> Iterator[Path]:
    """The file under a name that SQL can hold; bytes that are no UTF-8 it cannot."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory(prefix="llmcost-") as folder:
            link = Path(folder) / "file"
            link.symlink_to(path)
            yield link
    else:
        yield path


def _literally(path: Path) -> str:
    """SQL for a path in which DuckDB finds no pattern."""
    return quote_literal("".join(f"[{character}]" if character in "*?[" else character for character in str(path)))
