"""Usage by segment and model in two periods, for taking a change of cost apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from llmcost.domain.period import Period
from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.keys import Key
from llmcost.ledger.scopes import TOKENS

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_CACHED = "coalesce(cache_read_tokens, 0) + coalesce(cache_read_audio_tokens, 0)"
_OUTPUT = (
    "coalesce(output_text_tokens, 0) + coalesce(reasoning_tokens, 0) + coalesce(output_audio_tokens, 0)"
    " + coalesce(output_image_tokens, 0)"
)


OTHERS = "(other)"
"""The segment of everything that is not told apart."""
Amount = Literal["cost", "tokens", "requests"]
_AMOUNTS: Mapping[Amount, str] = {"cost": "cost", "tokens": "tokens", "requests": "coalesce(calls, 0)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One segment, model and period."""

    keys: tuple[str | None, ...]
    model: str | None
    later: bool
    """Whether it is of the later period."""
    requests: int
    served: int
    """Requests that did not fail, or failed and cost something."""
    tokens: int
    cached_tokens: int
    output_tokens: int
    input_cost: Decimal
    """Of text input not read from a cache, writing to one included."""
    cached_cost: Decimal
    output_cost: Decimal
    """Reasoning included."""
    cost: Decimal


def cells(
    connection: "Connection",
    selection: Selection,
    earlier: Period,
    later: Period,
    keys: Sequence[Key],
    *,
    amount: Amount,
    most: int | None = None,
) -> list[Cell]:
    """The cells of the selected rows in either period. The selection spans both; unknown costs are in no cell of `cost`.

    Of more than `most` segments, those whose `amount` changed most are told apart; the others are one, OTHERS for each key.
    """
    query = Query()
    source = query.rows(connection, selection, keys)
    names = [f"key_{place}" for place in range(len(keys))]
    listed = "".join(f"{name}, " for name in names)
    told, folded = "", "facts"
    if most is not None and names:
        told, folded = _folding(names, amount, query.bind(most), query.bind(OTHERS)), "told"
    rows = connection.execute(
        f"""
        {source},
        facts as (
            select
                {"".join(f"cast({name} as varchar) as {name}, " for name in names)}
                model,
                {query.within(later)}                                                      as later,
                calls,
                status not in ('error', 'blocked') or coalesce(cost, 0) <> 0               as served,
                {TOKENS}                                                                   as tokens,
                {_CACHED}                                                                  as cached_tokens,
                {_OUTPUT}                                                                  as output_tokens,
                coalesce(input_cost, 0) + coalesce(cache_write_cost, 0)                    as input_cost,
                coalesce(cache_read_cost, 0)                                               as cached_cost,
                coalesce(output_cost, 0) + coalesce(reasoning_cost, 0)                     as output_cost,
                coalesce(cost, 0)                                                          as cost
            from keyed
            where {"cost is not null" if amount == "cost" else "true"}
                and (({query.within(later)}) or ({query.within(earlier)}))
        ){told}
        select
            {listed}
            model,
            later,
            coalesce(sum(calls), 0)                         as requests,
            coalesce(sum(calls) filter (where served), 0)   as served,
            sum(tokens)                                     as tokens,
            sum(cached_tokens)                              as cached_tokens,
            sum(output_tokens)                              as output_tokens,
            sum(input_cost)                                 as input_cost,
            sum(cached_cost)                                as cached_cost,
            sum(output_cost)                                as output_cost,
            sum(cost)                                       as cost
        from {folded}
        group by {listed}model, later
        """,
        query.parameters,
    ).fetchall()
    width = len(keys)
    return [
        Cell(
            keys=tuple(row[:width]),
            model=row[width],
            later=bool(row[width + 1]),
            requests=int(row[width + 2]),
            served=int(row[width + 3]),
            tokens=int(row[width + 4]),
            cached_tokens=int(row[width + 5]),
            output_tokens=int(row[width + 6]),
            input_cost=row[width + 7],
            cached_cost=row[width + 8],
            output_cost=row[width + 9],
            cost=row[width + 10],
        )
        for row in rows
    ]


def _folding(names: Sequence[str], amount: Amount, most: str, others: str) -> str:
    """CTEs from `facts` to `told`, in which the segments beyond the `most` that changed most are one."""
    listed = ", ".join(names)
    same = " and ".join(f"facts.{name} is not distinct from kept.{name}" for name in names)
    return f""",
        kept as (
            select {listed}, true as kept
            from facts
            group by {listed}
            order by
                abs(sum(case when later then {_AMOUNTS[amount]} else -{_AMOUNTS[amount]} end)) desc,
                {", ".join(f"coalesce({name}, '')" for name in names)}
            limit {most}
        ),
        told as (
            select
                facts.* replace (
                    {", ".join(f"case when kept.kept then facts.{name} else {others} end as {name}" for name in names)}
                )
            from facts
            left join kept on {same}
        )"""


def distinct_values(connection: "Connection", selection: Selection, keys: Sequence[Key]) -> list[int]:
    """How many different values each key has among the selected rows, none counting as one."""
    query = Query()
    source = query.rows(connection, selection, keys)
    counts = [
        f"count(distinct key_{place}) + cast(count(*) > count(key_{place}) as integer)" for place in range(len(keys))
    ]
    return [
        int(value)
        for value in connection.execute(f"{source} select {', '.join(counts)} from keyed", query.parameters).fetchone()
        or ()
    ]
