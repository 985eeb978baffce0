"""Rows as CSV for people: numbers plain, instants in UTC, and no text a spreadsheet takes for a formula.

Numbers and instants are written as FOCUS asks for (https://focus.finops.org/focus-specification/v1-2/, "Attributes"). Text
that begins like a formula has an apostrophe before it, as in our other CSV; Parquet has the text as it is.
"""

import csv as standard
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from llmcost.render.csv import safe
from llmcost.render.numbers import plain

_DOCUMENTS = ("SkuPriceDetails", "Tags", "tags")
"""Columns that hold JSON."""


def rows_csv(names: Sequence[str], rows: Iterable[Sequence[object]], path: Path) -> int:
    """Write the rows to `path`; returns how many."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = standard.writer(target)
        writer.writerow(names)
        documents = {place for place, name in enumerate(names) if name in _DOCUMENTS}
        for row in rows:
            writer.writerow(
                [_document(value) if place in documents else _cell(value) for place, value in enumerate(row)]
            )
            count += 1
    return count


def _document(value: object) -> str:
    """JSON that shows nothing hidden, and is still JSON."""
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if not isinstance(value, str):
        return ""
    return value if value.isprintable() else json.dumps(json.loads(value))


# Most cells of a row stand in many others; 1 and 1.00 are not written alike.
@lru_cache(maxsize=100_000, typed=True)
def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case Decimal():
            return plain(value)
        case datetime():
            # The ledger's times are naive UTC.
            return f"{value.isoformat()}Z"
        case str():
            return safe(value)
        case _:
            return str(value)
