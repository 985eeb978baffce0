"""The price sheet as JSON, CSV or Parquet."""

import csv as standard
import io
from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Literal, get_args

from llmcost.ledger.tables import write_parquet
from llmcost.pricing.price_sheet import SheetLine
from llmcost.render.csv import safe
from llmcost.render.json import dumped
from llmcost.render.numbers import plain

Format = Literal["json", "csv", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)

_NAMES = tuple(one.name for one in fields(SheetLine))
_TYPES = {
    "list_price": "decimal(38, 24)",
    "unit_price": "decimal(38, 24)",
    "per": "integer",
    "minimum": "decimal(18, 6)",
}


def sheet_text(lines: Sequence[SheetLine], format_name: Literal["json", "csv"]) -> str:
    """The sheet as text, every price with all its digits."""
    rows = [{name: _machine(getattr(line, name)) for name in _NAMES} for line in lines]
    if format_name == "json":
        return dumped({"schema": "llmcost/price-sheet/1", "prices": rows}) + "\n"
    target = io.StringIO(newline="")
    writer = standard.writer(target)
    writer.writerow(_NAMES)
    numbers = {"list_price", "unit_price", "per", "minimum"}
    for row in rows:
        writer.writerow(
            ["" if value is None else value if name in numbers else safe(str(value)) for name, value in row.items()]
        )
    return target.getvalue()


def sheet_file(lines: Sequence[SheetLine], path: Path) -> None:
    """The sheet as Parquet."""
    rows = [[_machine(getattr(line, name)) for name in _NAMES] for line in lines]
    write_parquet(path, [(name, _TYPES.get(name, "varchar")) for name in _NAMES], rows)


def _machine(value: str | int | Decimal | None) -> str | int | None:
    return plain(value) if isinstance(value, Decimal) else value
