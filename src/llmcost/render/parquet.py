"""Reports as Parquet: the numbers of the JSON with their types, one line per row, no line of totals."""

from collections.abc import Sequence
from pathlib import Path

from llmcost.ledger.dimensions import dimension_names
from llmcost.ledger.tables import write_parquet
from llmcost.reports.record import Cell, Column, Overview, Report, Study

_TYPES = {"text": "varchar", "date": "varchar", "count": "bigint", "tokens": "bigint"}
_MONEY, _CONVERTED = "decimal(38, 12)", "decimal(38, 20)"
"""What a ledger keeps, and that at a rate of eight decimals: exact, as the JSON is."""
_OTHER = Column(name="other", title="Other", kind="text", role="key")


def written(document: Report | Overview | Study, path: Path) -> None:
    """The document at `path`; an overview is its total, a study its first table.

    Text is exact. Where some groups are one, `other` tells that row from unattributed.
    """
    base = document.total if isinstance(document, Overview) else document
    report = base.base if isinstance(base, Study) else base
    types = {**_TYPES, "money": _CONVERTED if report.rates else _MONEY}
    _, columns, rows = tables(base)[0]
    kinds = [types.get("text" if column.role == "key" else column.kind, "double") for column in columns]
    write_parquet(path, list(zip(distinct(columns), kinds, strict=True)), rows)


def distinct(columns: Sequence[Column]) -> list[str]:
    """Names of columns that differ in more than case, as readers of tables want them: a tag that does not is `tags.NAME`."""
    tags = [
        column.role == "key" and column is not _OTHER and column.name not in dimension_names() for column in columns
    ]
    taken = {column.name.casefold() for column, is_tag in zip(columns, tags, strict=True) if not is_tag}
    names: list[str] = []
    for column, is_tag in zip(columns, tags, strict=True):
        name = column.name
        while is_tag and name.casefold() in taken:
            name = f"tags.{name}"
        taken.add(name.casefold())
        names.append(name)
    return names


def tables(document: Report | Study) -> list[tuple[str, Sequence[Column], Sequence[Sequence[Cell]]]]:
    """The tables a document has: name, columns and rows."""
    if isinstance(document, Study):
        return [(sheet.name, sheet.columns, sheet.rows) for sheet in document.sheets]
    if not any(row.other for row in document.rows):
        return [("Report", document.columns, [row.cells for row in document.rows])]
    rows = [(*row.cells, str(row.other).lower()) for row in document.rows]
    return [("Report", (*document.columns, _OTHER), rows)]
