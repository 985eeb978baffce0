"""How much of the spend each dimension and tag attributes."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.ledger.composition import Query, Selection

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.ledger.keys import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributed:
    """What of some requests has a value."""

    requests: int
    cost: Decimal
    """Of priced requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One group of requests."""

    keys: tuple[str | None, ...]
    requests: int
    unpriced: int
    cost: Decimal | None
    """None where none of its requests has a price."""
    attributed: tuple[Attributed, ...]
    """In the order of the dimensions."""

    @property
    def known_cost(self) -> Decimal | None:
        """The cost people are shown: that of free requests alone, beside unpriced ones, would read as if all were free."""
        return None if self.unpriced and not self.cost else self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The groups, and all of them together."""

    dimensions: tuple[str, ...]
    by: tuple[str, ...]
    rows: tuple[Row, ...]
    """Largest cost first; none without `by`."""
    total: Row


def coverage(
    connection: "Connection", selection: Selection, dimensions: Sequence["Key"], by: Sequence["Key"]
) -> Coverage:
    """Sum the selected requests, by some keys, with and without a value in each dimension."""
    rows = _rows(connection, selection, dimensions, by) if by else ()
    (total,) = _rows(connection, selection, dimensions, ())
    return Coverage(
        dimensions=tuple(key.name for key in dimensions), by=tuple(key.name for key in by), rows=rows, total=total
    )


def _rows(
    connection: "Connection", selection: Selection, dimensions: Sequence["Key"], by: Sequence["Key"]
) -> tuple[Row, ...]:
    query = Query()
    source = query.rows(connection, selection, [*by, *dimensions])
    groups = [f"key_{place}" for place in range(len(by))]
    columns = [query.text(key, group) for key, group in zip(by, groups, strict=True)]
    columns += [
        "coalesce(sum(calls), 0)",
        "coalesce(sum(unpriced_calls), 0)",
        "sum(cost)",
    ]
    for place in range(len(by), len(by) + len(dimensions)):
        columns.append(f"coalesce(sum(calls) filter (key_{place} is not null), 0)")
        columns.append(f"coalesce(sum(cost) filter (key_{place} is not null), 0)")
    grouped = f"group by {', '.join(groups)}" if groups else ""
    order = ", ".join(["sum(cost) desc nulls last", *(f"{group} nulls last" for group in groups)])
    found = connection.execute(
        f"{source} select {', '.join(columns)} from keyed {grouped} order by {order}", query.parameters
    ).fetchall()
    width = len(by)
    return tuple(
        Row(
            keys=tuple(row[:width]),
            requests=int(row[width]),
            unpriced=int(row[width + 1]),
            cost=row[width + 2],
            attributed=tuple(
                Attributed(requests=int(row[at]), cost=Decimal(row[at + 1])) for at in range(width + 3, len(row), 2)
            ),
        )
        for row in found
    )
