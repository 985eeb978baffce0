"""What tests of the ingest share: short records, files of every kind, and what a ledger says in the end."""

import atexit
import gzip
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

from llmcost.domain.period import Period
from llmcost.ingest.request import IngestRequest
from llmcost.ingest.result import IngestResult
from llmcost.ingest.run import ingest
from llmcost.ledger import database
from llmcost.ledger.exports import export_requests
from llmcost.render.formats import render
from llmcost.render.surface import Surface
from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question, selection

DIMENSIONS = ((), ("model",), ("day", "provider"), ("customer_id", "feature"), ("source", "status"), ("user_id",))
"""What the reports that must stay identical are grouped by."""

Line = Mapping[str, Any] | bytes


def native(**fields: Any) -> dict[str, Any]:
    """A record in llmcost's own words; a second's resolution and no id unless given."""
    return {"timestamp": "2026-11-01T10:00:00Z", "model": "gpt-5.4", "input_tokens": 100, "output_tokens": 10, **fields}


def chat(name: str, *, prompt: int = 100, completion: int = 10, **fields: Any) -> dict[str, Any]:
    """A Chat Completions body of the call `name`."""
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    body = {"id": f"chatcmpl-{name}-0a1b2c3d", "object": "chat.completion", "created": 1793700000, "model": "gpt-5.4"}
    return {**body, "choices": [], "usage": usage, **fields}


def as_bytes(lines: Iterable[Line], *, newline: bytes = b"\n") -> bytes:
    """Lines of a log, each ended."""
    return b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + newline for line in lines)


def write(path: Path, lines: Iterable[Line]) -> Path:
    """A log of these lines; compressed as its name ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = as_bytes(lines)
    if path.suffix == ".gz":
        content = gzip.compress(content)
    if path.suffix == ".zst":
        import zstandard

        content = zstandard.compress(content)
    path.write_bytes(content)
    return path


def read(ledger: Path, *paths: Path | str, **settings: Any) -> IngestResult:
    """One run of the use case; where there is no ledger it gets an empty one, unless the run fails."""
    request = IngestRequest(paths=[str(path) for path in paths], ledger=ledger, **settings)
    if os.path.lexists(ledger) or not ledger.parent.is_dir():
        return ingest(request)
    # Copying one takes a tenth of the time of making it.
    shutil.copy(_empty_ledger(), ledger)
    try:
        return ingest(request)
    except BaseException:
        ledger.unlink(missing_ok=True)
        raise


@cache
def _empty_ledger() -> Path:
    """A ledger that holds nothing, of this process."""
    path = temporary_ledger("empty")
    with database.writing(path):
        pass
    return path


def temporary_ledger(name: str) -> Path:
    """Where a ledger may be that is gone with this process."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / name


_idle: "list[database.Connection]" = []
"""Instances of DuckDB that ledgers in memory were on: making one takes longer than what most tests do with it."""


@contextmanager
def memory_ledger() -> "Iterator[database.Connection]":
    """An empty ledger that lives in memory, copied instead of made, on a connection of its own."""
    instance = _idle.pop() if _idle else database.connect()
    with instance.cursor() as connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        _in_memory(connection)
        yield connection
    # Nothing of it is left: what is temporary goes with the connection, the rest with the ledger.
    instance.execute("detach ledger")
    _idle.append(instance)


def kept_memory_ledger() -> "database.Connection":
    """A ledger in memory that stays until the end of the process."""
    return _in_memory(database.connect())


def _in_memory(connection: "database.Connection") -> "database.Connection":
    connection.execute("attach ':memory:' as ledger")
    connection.execute(f"attach '{_empty_ledger()}' as empty (read_only)")
    connection.execute("copy from database empty to ledger")
    connection.execute("detach empty")
    connection.execute("use ledger")
    return connection


@cache
def _session() -> "database.Connection":
    """The connection of this process that ledgers are looked at with; making one takes most of a look."""
    return database.connect()


def query(ledger: Path, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """Rows of a query over the ledger."""
    with database.reading(ledger, connection=_session()) as connection:
        return connection.execute(sql, values or None).fetchall()


def rows(ledger: Path, *columns: str) -> list[dict[str, Any]]:
    """Every request with these columns (all that do not depend on the run, unless named), ordered by key."""
    return _records(ledger, f"select {_columns(columns)} from request order by row_key, part")


def buckets(ledger: Path, *columns: str) -> list[dict[str, Any]]:
    """Every usage bucket with these columns (all that do not depend on the run, unless named), ordered by key."""
    return _records(ledger, f"select {_columns(columns)} from usage_bucket order by bucket_key")


def _columns(columns: tuple[str, ...]) -> str:
    return ", ".join(columns) or "* exclude (file_id, ingest_id)"


def _records(ledger: Path, sql: str) -> list[dict[str, Any]]:
    with database.reading(ledger, connection=_session()) as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in found:
        # The order of keys is the log's until a second sighting sorts them; it means nothing.
        if isinstance(row.get("tags"), str):
            row["tags"] = json.dumps(json.loads(row["tags"]), sort_keys=True)
    return found


def picture(ledger: Path, folder: Path) -> dict[str, str]:
    """All that the ledger says about requests: reports by several dimensions, the export, and the rows themselves."""
    told: dict[str, str] = {}
    with database.reading(ledger, connection=_session()) as connection:
        for by in DIMENSIONS:
            question = Question(by=by, where=(), metrics=(), period=Period(), zone=UTC, limit=100_000)
            told[f"report by {by}"] = render(cost_by(connection, question), "json", Surface())
        chosen = selection(connection, Question(by=(), where=(), metrics=(), period=Period(), zone=UTC))
        target = folder / "export.jsonl"
        export_requests(connection, chosen, target, "jsonl")
        told["export"] = target.read_text("utf-8")
        target.unlink()
    told["rows"] = "\n".join(map(str, rows(ledger)))
    return told


def rejects(ledger: Path) -> list[tuple[int, str]]:
    """(line, reason) of every reject, in order."""
    return [(line, reason) for line, reason in query(ledger, "select line, reason from reject order by all")]
