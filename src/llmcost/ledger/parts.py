"""Calls with passes that are billed apart: each pass is a row of its own, and some things are said of the call as a whole.

The cost of a call is unknown where that of any of its passes is, and estimated where any is. Such a call counts once, at the
first of these passes among those looked at: groups add up, and a group of passes says so even where it holds no call.

A log's claim is what all passes cost that have no claim of their own.

Most ledgers have no such passes, so that other rows are looked at only where some are found that call for it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CALL = "issuer, coalesce(request_id, cast(row_key as varchar)), started_at"
"""What the rows of one call have in common."""

_DOUBTFUL = "cost_status in ('unpriced', 'estimated')"
_UNPRICED = "cost_status = 'unpriced'"
_CLAIMED = """
    select exists (
        select 1 from request as pass join request as call using (issuer, request_id)
        where pass.part > 0 and call.part = 0 and call.reported_cost is not null
    )
"""
_PASSES = """
    left join (
        select issuer as call_issuer, request_id as call_id, sum(cost) as passes_cost, count(*) = count(cost) as passes_known
        from request where part > 0 group by all having count(reported_cost) = 0
    ) on part = 0 and reported_cost is not null and issuer = call_issuer and request_id = call_id
"""
_WHOLE_COST = (
    "case when call_id is null then cost when passes_known then try_cast(cost + passes_cost as decimal(18, 12)) end"
)


def has_parts(connection: "DuckDBPyConnection") -> bool:
    """Whether any call of the ledger has passes billed apart."""
    return _found(connection, "select exists (select 1 from request where part > 0)")


def has_doubtful_parts(connection: "DuckDBPyConnection", ledger: str = "request") -> bool:
    """Whether the cost of any pass billed apart is unknown or estimated; `ledger` is its table of requests."""
    return _found(connection, f"select exists (select 1 from {ledger} where part > 0 and {_DOUBTFUL})")


def counts(
    connection: "DuckDBPyConnection", *, ledger: str = "request", rows: str | None = None, condition: str = "true"
) -> str:
    """SQL, true of a row at which its call counts as what the cost status of the row says, be it unpriced or estimated.

    Looked at are those of `rows`, else of the whole ledger, that meet the condition.
    """
    if not has_doubtful_parts(connection, ledger):
        return "part = 0"
    return f"""(part = 0 or row_key not in (
        select row_key from {rows or ledger} as looked_at
        semi join (select issuer, request_id from {ledger} where part > 0 and {_DOUBTFUL}) as doubtful using (issuer, request_id)
        where {_DOUBTFUL} and {condition}
        qualify row_number() over (partition by {CALL}, cost_status order by part) > 1
    ))"""


def cost_known(connection: "DuckDBPyConnection", *, rows: str, condition: str = "true") -> str:
    """SQL, true of a row where the cost of its whole call is known, as far as the passes among those looked at tell.

    `rows` and the condition as in `counts`.
    """
    if not _found(connection, f"select exists (select 1 from request where part > 0 and {_UNPRICED})"):
        return "cost is not null"
    return f"""(cost is not null and row_key not in (
        select row_key from {rows} as looked_at
        semi join (select issuer, request_id from request where part > 0 and {_UNPRICED}) as unknown using (issuer, request_id)
        where {condition}
        qualify bool_or({_UNPRICED}) over (partition by {CALL})
    ))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCost:
    """What a row's claim is held against."""

    sql: str = "cost"
    """Over one row; null where any of it is unknown."""
    join: str = ""
    """What `request` is joined with for it."""


def held_cost(connection: "DuckDBPyConnection") -> HeldCost:
    """The cost of a row, or of its whole call where the row's claim is for that."""
    return HeldCost(sql=_WHOLE_COST, join=_PASSES) if _found(connection, _CLAIMED) else HeldCost()


def _found(connection: "DuckDBPyConnection", question: str) -> bool:
    found = connection.execute(question).fetchone()
    return bool(found and found[0])
