"""How many groups cost how much: the cost of every value of a key, counted between bounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.keys import Key

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_COSTS = "costs as (select sum(cost) as cost from keyed where key_0 is not null group by key_0 having count(cost) > 0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What the values of a key cost, from the least to the most."""

    least: Decimal
    least_positive: Decimal | None
    """None where nothing costs anything."""
    most: Decimal


def extent(connection: "Connection", selection: Selection, key: Key) -> Extent | None:
    """The extent of the values of known cost; None without any."""
    query = Query()
    source = query.rows(connection, selection, [key])
    found = connection.execute(
        f"{source}, {_COSTS} select min(cost), min(cost) filter (where cost > 0), max(cost) from costs",
        query.parameters,
    ).fetchone()
    if found is None or found[0] is None:
        return None
    return Extent(least=found[0], least_positive=found[1], most=found[2])


def counted(
    connection: "Connection", selection: Selection, key: Key, bounds: Sequence[Decimal]
) -> list[tuple[int, Decimal]]:
    """How many values cost at least each bound and less than the next, and their cost; bounds ascend from the least cost."""
    query = Query()
    source = query.rows(connection, selection, [key])
    places = " ".join(
        f"when cost >= cast({query.bind(bound)} as decimal(38, 12)) then {place}"
        for place, bound in reversed(list(enumerate(bounds)))
    )
    rows = connection.execute(
        f"""
        {source}, {_COSTS}
        select case {places} end as place, count(*), sum(cost)
        from costs
        group by place
        """,
        query.parameters,
    ).fetchall()
    found = {row[0]: (int(row[1]), Decimal(row[2])) for row in rows}
    return [found.get(place, (0, Decimal(0))) for place in range(len(bounds))]
