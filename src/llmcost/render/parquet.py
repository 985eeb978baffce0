"""Reports as Parquet: the numbers of the JSON with their types, one line per row, no line of totals."""

from collections.abc import Sequence
from pathlib import Path

from llmcost.ledger.tables import write_parquet
from llmcost.reports.record import Cell, Column, Overview, Report, Study

_TYPES = {"text": "varchar", "date": "varchar", "money": "decimal(38, 12)", "count": "bigint", "tokens": "bigint"}
_OTHER = Column(name="other", title="Other", kind="text", role="key")


def written(document: Report | Overview | Study, path: Path) -> None:
    """The document at `path`; an overview is its total, a study its first table.

    Text is exact. Where some groups are one, `other` tells that row from unattributed.
    """
    _, columns, rows = tables(document.total if isinstance(document, Overview) else document)[0]
    kinds = [(column.name, _TYPES.get("text" if column.role == "key" else column.kind, "double")) for column in columns]
    write_parquet(path, kinds, rows)


def tables(document: Report | Study) -> list[tuple[str, Sequence[Column], Sequence[Sequence[Cell]]]]:
    """The tables a document has: name, columns and rows."""
    if isinstance(document, Study):
        return [(sheet.name, sheet.columns, sheet.rows) for sheet in document.sheets]
    if not any(row.other for row in document.rows):
        return [("Report", document.columns, [row.cells for row in document.rows])]
    rows = [(*row.cells, str(row.other).lower()) for row in document.rows]
    return [("Report", (*document.columns, _OTHER), rows)]
