"""Requests by owner and by the rule that takes them, in one pass over the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.keys import Key
from llmcost.ledger.metrics import metric
from llmcost.ledger.scopes import Conditions

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The requests of one owner that the same rules take."""

    owner: str | None
    pools: tuple[int, ...]
    """Positions of those rules; none for an owner's own."""
    cost: Decimal
    """Of those whose cost is known."""
    requests: int
    unpriced: int
    """Requests whose cost is unknown."""
    metrics: dict[str, Decimal]


def parts(
    connection: "Connection", selection: Selection, owner: Key, pools: Sequence[Conditions], metrics: Sequence[str]
) -> list[Part]:
    """The selected requests; `metrics` are names of metrics that add up."""
    query = Query()
    source = query.rows(connection, selection, [owner], [key for pool in pools for key, _ in pool])
    marks = [f"({query.meets(pool)}) as in_{place}" for place, pool in enumerate(pools)]
    names = [f"in_{place}" for place in range(len(pools))]
    sums = [
        "coalesce(sum(cost), 0)",
        "coalesce(sum(calls), 0)",
        "coalesce(sum(unpriced_calls), 0)",
        *(f"coalesce({metric(name).numerator}, 0)" for name in metrics),
    ]
    groups = ", ".join(["key_0", *names])
    rows = connection.execute(
        f"""
        {source},
        marked as (select {", ".join(["*", *marks])} from keyed)
        select {groups}, {", ".join(sums)}
        from marked
        group by {groups}
        order by {groups}
        """,
        query.parameters,
    ).fetchall()
    first = 1 + len(pools)
    return [
        Part(
            owner=None if row[0] is None else str(row[0]),
            pools=tuple(place for place in range(len(pools)) if row[1 + place]),
            cost=Decimal(row[first]),
            requests=int(row[first + 1]),
            unpriced=int(row[first + 2]),
            metrics={name: Decimal(row[first + 3 + place]) for place, name in enumerate(metrics)},
        )
        for row in rows
    ]
