"""How much the requests of each variant cost and used, with the spread it takes to compare variants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.request import LEAF_TOKENS
from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.keys import Key
from llmcost.ledger.parts import has_parts
from llmcost.ledger.scopes import TOKENS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SOME = f"coalesce({', '.join(LEAF_TOKENS)}) is not null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A quantity over the requests it is known of."""

    count: int
    total: Decimal
    mean: float
    variance: float
    """Of the sample; 0 for a single request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The requests with one value of the last key, within one group by the others."""

    group: tuple[str | None, ...]
    name: str
    first: datetime
    """Start of its first request, naive UTC."""
    requests: int
    judged: int
    """Requests with a status."""
    failed: int
    model: str | None
    """The one most of its requests used."""
    cost: Measured | None
    tokens: Measured | None


def variants(connection: "DuckDBPyConnection", selection: Selection, keys: Sequence[Key]) -> list[Variant]:
    """The variants by their group and their first request; requests without a value of the last key are in none."""
    query = Query()
    source = query.rows(connection, selection, keys)
    names = [f"key_{index}" for index in range(len(keys))]
    texts = [
        f"{query.text(key, name)} as text_{index}" for index, (key, name) in enumerate(zip(keys, names, strict=True))
    ]
    columns = f"started_at, status, model, cost, case when {_SOME} then {TOKENS} end as tokens"
    calls = f"select {', '.join(names)}, {columns} from keyed where calls > 0"
    if has_parts(connection):
        # What several passes of one call cost is the cost of that call.
        calls = f"""
            select {", ".join(names)}, min(started_at) as started_at, any_value(status order by part) as status,
                any_value(model order by part) as model, sum(cost) as cost, cast(sum(tokens) as hugeint) as tokens
            from (select *, case when {_SOME} then {TOKENS} end as tokens from keyed)
            group by {", ".join(names)}, issuer, coalesce(request_id, cast(row_key as varchar)), started_at
            having sum(calls) > 0
        """
    rows = connection.execute(
        f"""
        {source},
        call as ({calls})
        select {", ".join(texts)}, min(started_at) as first_start, count(*) as requests, count(status) as judged,
            count(*) filter (where status = 'error') as failed, mode(model) as model,
            count(cost), sum(cost), avg(cast(cost as double)), var_samp(cast(cost as double)),
            count(tokens), cast(sum(tokens) as decimal(38, 0)), avg(cast(tokens as double)), var_samp(cast(tokens as double))
        from call
        where {names[-1]} is not null
        group by {", ".join(names)}
        order by {", ".join(f"text_{index} nulls last" for index in range(len(keys) - 1))}{", " if len(keys) > 1 else ""}
            first_start, text_{len(keys) - 1}
        """,
        query.parameters,
    ).fetchall()
    width = len(keys) - 1
    return [
        Variant(
            group=tuple(row[:width]),
            name=row[width],
            first=row[width + 1],
            requests=row[width + 2],
            judged=row[width + 3],
            failed=row[width + 4],
            model=row[width + 5],
            cost=_measured(row[width + 6 : width + 10]),
            tokens=_measured(row[width + 10 : width + 14]),
        )
        for row in rows
    ]


def _measured(cells: Sequence[object]) -> Measured | None:
    count, whole, mean, variance = cells
    if not isinstance(count, int) or not count or not isinstance(whole, Decimal) or not isinstance(mean, float):
        return None
    return Measured(count=count, total=whole, mean=mean, variance=variance if isinstance(variance, float) else 0.0)
