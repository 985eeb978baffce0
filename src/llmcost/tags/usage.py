"""The tags of a ledger: which keys and values there are, on how many requests and how much of the cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.request import WHO
from llmcost.ledger.composition import Query, Selection

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

MOST_KEYS = 500
"""Keys that are looked at, those on most requests first. A ledger with more has values for keys."""
MOST_VALUES = 2000
"""Values that are looked at of each key, those on most requests first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueUse:
    """One value of a key. Times are the ledger's: naive UTC."""

    value: str
    requests: int
    cost: Decimal | None
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """One tag key."""

    key: str
    requests: int
    cost: Decimal | None
    """None where no request that carries it has a price."""
    distinct: int
    first: datetime
    last: datetime
    fills: str | None
    """The dimension it is the source of, by the rules of attribution."""
    values: tuple[ValueUse, ...]
    """At most MOST_VALUES, those on most requests first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the selected requests carry."""

    requests: int
    cost: Decimal | None
    unpriced: int
    first: datetime | None
    last: datetime | None
    keys: tuple[KeyUse, ...]
    """Largest cost first."""
    key_count: int
    """How many keys there are, also where not all are looked at."""
    columns: Mapping[str, int]
    """Requests that have a value, by dimension that tags fill."""

    @property
    def known_cost(self) -> Decimal | None:
        """The cost people are shown: that of free requests alone, beside unpriced ones, would read as if all were free."""
        return None if self.unpriced and not self.cost else self.cost

    def carrying(self, key: str) -> int:
        """Requests that carry a key, or have a value in the dimension of that name."""
        found = next((one.requests for one in self.keys if one.key == key), 0)
        return max(found, self.columns.get(key, 0))


_SETS = """
create or replace temp table tag_set as
{source}
select tags, sum(calls) as requests, sum(cost) as cost, min(started_at) as first, max(started_at) as last
from keyed where tags is not null group by tags
"""
# A log may have a key twice; the first is the one that counts.
_VALUES = """
create or replace temp table tag_value as
with pair as (
    select key, json_extract_string(tags, '/' || replace(replace(key, '~', '~0'), '/', '~1')) as value, requests, cost, first, last
    from (select unnest(list_distinct(json_keys(tags))) as key, * from tag_set)
)
select key, value, cast(sum(requests) as bigint) as requests, sum(cost) as cost, min(first) as first, max(last) as last
from pair where value is not null group by key, value
"""
_KEYS = """
select key, cast(sum(requests) as bigint) as requests, sum(cost) as cost, count(*) as distinct_values, min(first), max(last)
from tag_value group by key order by requests desc, key limit $most
"""
_KEY_VALUES = """
select key, value, requests, cost, first, last
from tag_value
where key in (select unnest($keys))
qualify row_number() over (partition by key order by requests desc, value) <= $most
order by key, requests desc, value
"""


def usage(
    connection: "Connection",
    selection: Selection,
    attribution: Mapping[str, tuple[str, ...]],
    *,
    most_values: int = MOST_VALUES,
) -> Usage:
    """Read the tags of the selected rows."""
    query = Query()
    source = query.rows(connection, selection, [])
    columns = ", ".join(f"coalesce(sum(calls) filter ({name} is not null), 0)" for name in WHO)
    requests, cost, unpriced, first, last, *filled = connection.execute(
        f"""
        {source} select coalesce(sum(calls), 0), sum(cost), coalesce(sum(unpriced_calls), 0),
            min(started_at), max(started_at), {columns} from keyed
        """,
        query.parameters,
    ).fetchone() or (0, None, 0, None, None)
    connection.execute(_SETS.format(source=source), query.parameters)
    connection.execute(_VALUES)
    (key_count,) = connection.execute("select count(distinct key) from tag_value").fetchone() or (0,)
    found = connection.execute(_KEYS, {"most": MOST_KEYS}).fetchall()
    values: dict[str, list[ValueUse]] = {row[0]: [] for row in found}
    for key, value, count, amount, since, until in connection.execute(
        _KEY_VALUES, {"keys": list(values), "most": most_values}
    ).fetchall():
        values[key].append(ValueUse(value=value, requests=count, cost=amount, first=since, last=until))
    fills = {key: column for column, keys in reversed(list(attribution.items())) for key in keys}
    keys = [
        KeyUse(
            key=row[0],
            requests=row[1],
            cost=row[2],
            distinct=row[3],
            first=row[4],
            last=row[5],
            fills=fills.get(row[0]),
            values=tuple(values[row[0]]),
        )
        for row in found
    ]
    return Usage(
        requests=int(requests),
        cost=cost,
        unpriced=int(unpriced),
        first=first,
        last=last,
        keys=tuple(sorted(keys, key=lambda one: (-(one.cost or 0), -one.requests, one.key))),
        key_count=key_count,
        columns=dict(zip(WHO, map(int, filled), strict=False)),
    )
