"""Requests out of the ledger as files, written by DuckDB itself, so that no row passes through Python."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from llmcost.domain.request import ID_KEY
from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.identifiers import quote_identifier, quote_literal
from llmcost.ledger.requests_view import COLUMNS, NAME

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FileFormat = Literal["jsonl", "csv", "parquet"]
FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)

Shape = Literal["native", "requests_v1"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
"""The native record, which can be read back; or the columns of the view, which other tools rely on."""

_BATCH = 10_000
_MARK = re.compile(r"\{(\w+):([\w.]+)\}")
_RECORD = Path(__file__).with_name("native_record.sql")
# No map is made of an object that has a key twice, as a log may; of such, the first value is taken, as everywhere.
_MAP = """coalesce(
    map_from_entries(list_sort(map_entries(from_json({}, '"MAP(VARCHAR,VARCHAR)"')))),
    map_from_entries(list_transform(list_sort(list_distinct(json_keys({}))), lambda name: {'key': name,
        'value': json_extract_string({}, '/' || replace(replace(name, '~', '~0'), '/', '~1'))})))"""

# The key follows from a good id; without one, what is left of the content need not be what the key was made of.
_KEY = {"key": f"case when {{}} is distinct from {ID_KEY} then cast({{}} as varchar) end"}
# How the columns that differ between formats are written: text formats hold instants, amounts and tags as text.
_AS_TEXT = {
    **_KEY,
    "timestamp": "strftime({}, '%Y-%m-%dT%H:%M:%S.%fZ')",
    "amount": r"regexp_replace(cast({} as varchar), '^(-?\d+\.\d\d\d*?)0*$', '\1')",
}
_COLUMNS: dict[FileFormat, dict[str, str]] = {
    "jsonl": {**_AS_TEXT, "tags": _MAP},
    "csv": {**_AS_TEXT, "tags": f"cast(to_json({_MAP}) as varchar)"},
    "parquet": {**_KEY, "timestamp": "{}", "amount": "{}", "tags": _MAP},
}
_MARKS = {"timestamp": "timestamp", "decimal(18,6)": "amount", "decimal(18,12)": "amount"}
# JSON escapes every control character, so none can be taken for the delimiter of this one-column CSV without quotes.
_OPTIONS: dict[FileFormat, str] = {
    "jsonl": "format csv, header false, quote '', escape '', delimiter '\x01'",
    "csv": "format csv, header true",
    "parquet": "format parquet, compression zstd",
}


def export_requests(
    connection: "DuckDBPyConnection",
    selection: Selection,
    path: Path,
    file_format: FileFormat,
    shape: Shape = "native",
) -> int:
    """Write the selected requests to `path`, with their cost; returns how many.

    Ordered by start, then request id, so that the same ledger gives the same bytes. What the records hold is exact: no
    text is changed to please a spreadsheet.
    """
    query = Query()
    statement = requests_statement(connection, query, selection, file_format, shape)
    return write_file(connection, statement, query.parameters, path, file_format)


def write_file(
    connection: "DuckDBPyConnection",
    statement: str,
    parameters: Mapping[str, object],
    path: Path,
    file_format: FileFormat,
) -> int:
    """Write the rows of a statement to `path`; returns how many."""
    if file_format == "jsonl":
        # A merge patch onto nothing drops the members that are null.
        statement = f"select json_merge_patch('{{}}', to_json(record)) as line from ({statement}) as record"
    written = connection.execute(
        f"copy ({statement}) to {quote_literal(str(path))} ({_OPTIONS[file_format]}, use_tmp_file false)",
        dict(parameters),
    )
    found = written.fetchone()
    return int(found[0]) if found else 0


def formatted(statement: str, file_format: FileFormat) -> str:
    """The statement with its marks, such as `{timestamp:ended_at}`, as SQL that writes them as the format holds them."""
    return _MARK.sub(_column(file_format), statement)


def request_rows(
    connection: "DuckDBPyConnection", selection: Selection, shape: Shape
) -> tuple[list[str], Iterator[tuple[object, ...]]]:
    """The names of the columns, and the selected requests as values of Python; tags are a map or JSON text."""
    query = Query()
    statement = requests_statement(connection, query, selection, "parquet", shape)
    cursor = connection.execute(statement, query.parameters)
    names = [column[0] for column in cursor.description or ()]
    return names, _fetched(cursor)


def _fetched(cursor: "DuckDBPyConnection") -> Iterator[tuple[object, ...]]:
    while rows := cursor.fetchmany(_BATCH):
        yield from rows


def requests_statement(
    connection: "DuckDBPyConnection", query: Query, selection: Selection, file_format: FileFormat, shape: Shape
) -> str:
    """SQL of the records, in order; `query` takes the values it binds."""
    # What is read back must be in the ledger's own currency; an amount converted stands beside it.
    rows = query.rows(connection, replace(selection, conversion=None), [])
    record = _RECORD.read_text("utf-8") if shape == "native" else _view_record(query.within(selection.period))
    if selection.conversion is not None:
        rate, code = selection.conversion.rate("started_at"), quote_literal(selection.conversion.currency)
        rows += f", converted as (select *, cost * {rate} as converted_cost from keyed)"
        columns = f"{{amount:converted_cost}} as converted_cost,\n    {code} as converted_currency"
        record = record.replace("\nfrom keyed", f",\n    {columns}\nfrom converted as keyed")
    return f"{rows} {formatted(record, file_format)}"


def days(connection: "DuckDBPyConnection", selection: Selection) -> list[date]:
    """The days (UTC) on which a selected request began, in order."""
    query = Query()
    rows = query.rows(connection, replace(selection, conversion=None), [])
    found = connection.execute(
        f"{rows} select distinct cast(started_at as date) as day from keyed order by day", query.parameters
    ).fetchall()
    return [day for (day,) in found]


def _view_record(bounds: str) -> str:
    """The columns of the view for the selected rows; it is read within the bounds of the period only."""
    columns = ",\n    ".join(
        f"{{{_MARKS[column.type]}:{NAME}.{column.name}}} as {quote_identifier(column.name)}"
        if column.type in _MARKS
        else f"{NAME}.{quote_identifier(column.name)}"
        for column in COLUMNS
    )
    return (
        f"select\n    {columns}\nfrom keyed\n"
        f"join (select * from {NAME} where {bounds}) as {NAME} on {NAME}.row_key = cast(keyed.row_key as varchar) and {NAME}.part = keyed.part\n"
        "order by keyed.started_at, keyed.request_id nulls last, keyed.row_key, keyed.part"
    )


def _column(file_format: FileFormat) -> Callable[[re.Match[str]], str]:
    return lambda found: _COLUMNS[file_format][found[1]].replace("{}", found[2])
