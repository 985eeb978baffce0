"""Requests out of the ledger as files, written by DuckDB itself, so that no row passes through Python."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.identifiers import quote_literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FileFormat = Literal["jsonl", "csv", "parquet"]
FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)

_RECORD = Path(__file__).with_name("native_record.sql")
_MAP = "map_from_entries(list_sort(map_entries(from_json({}, '\"MAP(VARCHAR,VARCHAR)\"'))))"

# How the columns that differ between formats are written: text formats hold instants, amounts and tags as text.
_AS_TEXT = {
    "timestamp": "strftime({}, '%Y-%m-%dT%H:%M:%S.%fZ')",
    "amount": r"regexp_replace(cast({} as varchar), '^(-?\d+\.\d\d\d*?)0*$', '\1')",
}
_COLUMNS: dict[FileFormat, dict[str, str]] = {
    "jsonl": {**_AS_TEXT, "tags": _MAP},
    "csv": {**_AS_TEXT, "tags": f"cast(to_json({_MAP}) as varchar)"},
    "parquet": {"timestamp": "{}", "amount": "{}", "tags": _MAP},
}
# JSON escapes every control character, so none can be taken for the delimiter of this one-column CSV without quotes.
_OPTIONS: dict[FileFormat, str] = {
    "jsonl": "format csv, header false, quote '', escape '', delimiter '\x01'",
    "csv": "format csv, header true",
    "parquet": "format parquet, compression zstd",
}


def export_requests(connection: "DuckDBPyConnection", selection: Selection, path: Path, file_format: FileFormat) -> int:
    """Write the selected requests to `path` as native records with their cost; returns how many.

    Ordered by start, then request id, so that the same ledger gives the same bytes. What the records hold is exact: no
    text is changed to please a spreadsheet.
    """
    query = Query()
    # What is read back must be in the ledger's own currency; an amount converted stands beside it.
    rows = query.rows(connection, replace(selection, conversion=None), [])
    record = _RECORD.read_text(encoding="utf-8")
    if selection.conversion is not None:
        rate, code = selection.conversion.rate("started_at"), quote_literal(selection.conversion.currency)
        rows += f", converted as (select *, cost * {rate} as converted_cost from keyed)"
        columns = f"{{amount:converted_cost}} as converted_cost,\n    {code} as converted_currency"
        record = record.replace("\nfrom keyed", f",\n    {columns}\nfrom converted as keyed")
    record = re.sub(r"\{(\w+):(\w+)\}", _column(file_format), record)
    statement = f"{rows} {record}"
    if file_format == "jsonl":
        # A merge patch onto nothing drops the members that are null.
        statement = f"select json_merge_patch('{{}}', to_json(record)) as line from ({statement}) as record"
    target = "'" + str(path).replace("'", "''") + "'"
    written = connection.execute(
        f"copy ({statement}) to {target} ({_OPTIONS[file_format]}, use_tmp_file false)", query.parameters
    )
    found = written.fetchone()
    return int(found[0]) if found else 0


def _column(file_format: FileFormat) -> Callable[[re.Match[str]], str]:
    return lambda found: _COLUMNS[file_format][found[1]].replace("{}", found[2])
