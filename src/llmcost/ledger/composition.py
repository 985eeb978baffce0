"""The part every query over requests shares: which rows, in which time zone, with which keys.

The composed parts are our own files and fixed names; everything a user wrote is bound. Keys are computed in an inner
select and grouped by in an outer one, because an alias equal to a column would group by the column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Literal, get_args

from llmcost.domain.period import Period
from llmcost.domain.request import QUANTITIES
from llmcost.ledger.conversion import MONEY, Conversion
from llmcost.ledger.exported_days import exported_offsets, exported_time
from llmcost.ledger.exports_basis import counted_table
from llmcost.ledger.filters import Condition, predicate
from llmcost.ledger.identifiers import quote_literal
from llmcost.ledger.keys import Key
from llmcost.ledger.parts import HeldCost, cost_known, counts, has_parts, held_cost
from llmcost.ledger.timezones import Offsets, is_fixed, offsets

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Basis = Literal["requests", "exports"]
BASES: tuple[Basis, ...] = get_args(Basis)
_DOUBTFUL = ("unpriced", "estimated")

# `calls` is how many requests a row stands for, `claimed_cost` what its log claimed, in the currency reported in, and
# `held_cost` what that is held against; both sources have the columns of `request`. How many requests a row makes
# `unpriced_calls` or `estimated_calls`, and whether `cost_known` is true of all of its call, depends on which rows are looked at.
_REQUESTS = """
    select request.*, cast(part = 0 as bigint) as calls,
        case when coalesce(upper(reported_currency), 'USD') = 'USD' then reported_cost end as claimed_cost,
        {held} as held_cost
    from request {join} where {time}
"""
_EXPORTS = """
    select *, cast(null as bigint) as calls, cast(null as decimal(18, 12)) as claimed_cost, cost as held_cost
    from request where false
    union all by name
    select * exclude (
            bucket_key, bucket_start, bucket_end, requests, exporter, scope, breakdown, token_class, stated_who,
            foreign_bill, usage_has_cost, day_counts
        ),
        requests as calls,
        case when coalesce(upper(reported_currency), 'USD') = 'USD' then reported_cost end as claimed_cost,
        cost as held_cost,
        case when bucket_end > bucket_start + interval 25 hours then {end} end as long_until,
        cast(cost_status = 'unpriced' and requests is null and not (foreign_bill and usage_has_cost) as bigint) as unpriced_sums,
        cast(not day_counts as bigint) as uncounted_sums,
        cast(not day_measures as bigint) as unmeasured_sums
    from (
        select * replace ({start} as started_at), coalesce(upper(reported_currency), 'USD') <> 'USD' as foreign_bill,
            bool_or(cost is not null and cost_status <> 'billed') over provider_day as usage_has_cost,
            bool_or(requests is not null) over provider_day as day_counts,
            bool_or(coalesce({quantities}) is not null) over provider_day as day_measures
        from {counted}
        window provider_day as (partition by coalesce(provider, ''), cast(bucket_start as date))
    ) where {time}
"""
# A sum of unknown cost that counts no requests is unknown as a whole: `unpriced_sums`. A bill in another currency is none where
# the price list says what the usage of that day costs. Where nothing of a provider's day counts requests, no sum of them is known:
# `uncounted_sums`; where nothing of it says what was used, no sum of tokens is: `unmeasured_sums`.


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows of the ledger a report is about, and in which time zone they are read."""

    period: Period
    zone: tzinfo
    basis: Basis
    conditions: tuple[tuple[Key, Condition], ...] = ()
    conversion: Conversion | None = None
    """None: amounts as the ledger has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """The groups that keep their row; all others become one."""

    ranked: tuple[int, ...]
    """Positions of the keys the ranking is over; the others, spans of time, are kept."""
    kept: tuple[tuple[str | None, ...], ...]


class Query:
    """One query being composed: its bound values, and the offsets of its time zone."""

    def __init__(self) -> None:
        self.parameters: dict[str, object] = {}
        self._offsets: Offsets | None = None

    def bind(self, value: object) -> str:
        """The parameter that stands for a value."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def within(self, period: Period) -> str:
        """SQL for `started_at` being in the period."""
        bounds = [(">=", period.since), ("<", period.until)]
        terms = [
            f"started_at {sign} {self.bind(bound.replace(tzinfo=None))}" for sign, bound in bounds if bound is not None
        ]
        return " and ".join(terms) or "true"

    def text(self, key: Key, expression: str) -> str:
        """SQL for the text of a key computed as `expression`."""
        if not key.grain or self._offsets is None:
            return expression
        return (
            key.text.replace("{offset}", self._offsets.interval("{key}"))
            .replace("{suffix}", self._offsets.suffix("{key}"))
            .replace("{key}", expression)
        )

    def rows(
        self, connection: "DuckDBPyConnection", selection: Selection, keys: Sequence[Key], asked: Sequence[Key] = ()
    ) -> str:
        """CTEs ending in `keyed`: the selected rows with their keys as `key_0`, `key_1`, ...

        `asked` are keys of conditions that `meets` puts to these rows.
        """
        parts = False
        if selection.basis == "requests":
            parts = has_parts(connection)
            held = held_cost(connection) if parts else HeldCost()
            source = _REQUESTS.format(time=self.within(selection.period), held=held.sql, join=held.join)
        else:
            source = _EXPORTS.format(
                counted=counted_table(connection),
                quantities=", ".join(f"cast({name} as double)" for name in QUANTITIES),
                start=exported_time(connection, selection.zone, "bucket_start"),
                end=exported_time(connection, selection.zone, "bucket_end"),
                time=self.within(selection.period),
            )
        if selection.conversion is not None:
            source = f"select * replace ({_converted(selection.conversion)}) from ({source})"
        if any(key.grain for key in (*keys, *asked, *(key for key, _ in selection.conditions))):
            self._offsets = _offsets(connection, selection)
            interval = self._offsets.interval("started_at")
            since = self._offsets.since("started_at")
            times = f"{interval} as utc_offset, started_at + utc_offset as local_time, {since} as offset_since"
            source = f"select *, {times} from ({source})"
        condition = self.meets(selection.conditions)
        counted, known = "calls", "cost is not null"
        if parts:
            counted = f"cast({counts(connection, rows=f'({source})', condition=condition)} as bigint)"
            known = cost_known(connection, rows=f"({source})", condition=condition)
        columns = [
            "*",
            f"{known} as cost_known",
            *(
                f"case when cost_status = '{status}' then {counted} else 0 end as {status}_calls"
                for status in _DOUBTFUL
            ),
            *(f"{self._expression(key)} as key_{index}" for index, key in enumerate(keys)),
        ]
        return f"""
        with source as ({source}),
        keyed as (select {", ".join(columns)} from source where {condition})
        """

    def meets(self, conditions: Sequence[tuple[Key, Condition]]) -> str:
        """SQL that is true of the rows that meet every condition."""
        terms = [
            predicate(condition, self.text(key, f"({self._expression(key)})"), self.bind)
            for key, condition in conditions
        ]
        return " and ".join(terms) or "true"

    def labelled(
        self, connection: "DuckDBPyConnection", selection: Selection, keys: Sequence[Key], top: Top | None
    ) -> str:
        """CTEs ending in `facts`: `rows`, with the keys outside the top null and `other` true there."""
        rows = self.rows(connection, selection, keys)
        if top is None or not top.kept:
            return f"{rows}, facts as (select *, false as other from keyed)"
        kept = ", ".join(
            f"({', '.join(f'cast({self.bind(value)} as varchar)' for value in values)}, true)" for values in top.kept
        )
        names = [*(f"top_{index}" for index in top.ranked), "is_top"]
        matches = " and ".join(
            f"{self.text(keys[index], f'key_{index}')} is not distinct from top_{index}" for index in top.ranked
        )
        replaced = ", ".join(f"case when is_top then key_{index} end as key_{index}" for index in top.ranked)
        return f"""{rows},
        facts as (
            select * replace ({replaced}), is_top is null as other
            from keyed left join (values {kept}) as top ({", ".join(names)}) on {matches}
        )
        """

    def _expression(self, key: Key) -> str:
        return key.sql if key.pointer is None else key.sql.replace("{pointer}", self.bind(key.pointer))


def _converted(conversion: Conversion) -> str:
    """Every amount at the rate of its row; a claim already made in that currency is taken as it is."""
    rate = conversion.rate("started_at")
    claim = (
        f"case when upper(reported_currency) = {quote_literal(conversion.currency)} then reported_cost "
        f"else claimed_cost * {rate} end as claimed_cost"
    )
    return ", ".join([*(f"{name} * {rate} as {name}" for name in (*MONEY, "held_cost")), claim])


def _offsets(connection: "DuckDBPyConnection", selection: Selection) -> Offsets:
    """The offsets of the zone wherever there are rows."""
    if selection.basis == "exports":
        return exported_offsets(connection, selection.zone)
    return offsets(() if is_fixed(selection.zone) else _months(connection, selection.period), selection.zone)


def _months(connection: "DuckDBPyConnection", period: Period) -> list[datetime]:
    """The months, in UTC, that the period has requests in."""
    query = Query()
    rows = connection.execute(
        f"""
        select distinct date_trunc('month', started_at) as month
        from request
        where {query.within(period)}
        order by month
        """,
        query.parameters,
    ).fetchall()
    return [datetime(value.year, value.month, 1) for (value,) in rows]  # noqa: DTZ001  the ledger's naive UTC
