"""Relations that give the columns of a layout: straight from files, or from raw JSON."""

from pathlib import Path

from llmcost.ingest.paths import Layout
from llmcost.ledger.identifiers import quote_identifier, quote_literal

LINE_LIMIT = 16 * 1024 * 1024
"""Longest line read in bulk, in bytes; a longer one is read by itself."""


def from_files(
    files: str,
    layout: Layout,
    *,
    whole: bool,
    only: int | None = None,
    compression: str = "uncompressed",
    line_limit: int = LINE_LIMIT,
) -> str:
    """SELECT over newline-delimited JSON files, one row per non-blank line, in order.

    `files` is SQL for a list of paths. A line that is no JSON object gives a row of nulls. Besides the layout's columns
    there is `file_no`, the last six digits of the path, and `whole_record` if asked for. `only` is the number of the one
    file, if it is one: DuckDB writes the name of the file once a row.
    """
    options = (
        f"format = 'newline_delimited', ignore_errors = true, maximum_object_size = {line_limit}, "
        f"compression = '{compression}'"
    )
    file_no = f"{only}::integer as file_no"
    if only is None:
        options += ", filename = 'llmcost_file'"
        file_no = "substr(llmcost_file, -6)::integer as file_no"
    if not whole:
        columns = ", ".join(f"{quote_literal(name)}: {quote_literal(kind)}" for name, kind in layout.columns.items())
        names = ", ".join(quote_identifier(name) for name in layout.columns)
        return f"select {names}, {file_no} from read_json({files}, records = true, {options}, columns = {{{columns}}})"
    return from_objects(f"select json, {file_no} from read_json_objects({files}, {options})", layout)


def from_objects(relation: str, layout: Layout) -> str:
    """SELECT over a relation with a column `json`, whose other columns pass through."""
    structure = quote_literal(layout.structure)
    fields = ", ".join(f"extracted.{quote_identifier(name)} as {quote_identifier(name)}" for name in layout.columns)
    return (
        f"select * exclude (json, extracted), json as whole_record, {fields} "
        f"from (select *, json_transform(json, {structure}) as extracted from ({relation}))"
    )


def link_name(folder: Path, file_no: int) -> Path:
    """The name under which file `file_no` is read: short, and free of characters DuckDB takes for patterns."""
    return folder / f"{file_no:06d}"
