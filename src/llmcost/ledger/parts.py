"""Calls with passes that are billed apart: each pass is a row of its own, and some things are said of the call as a whole.

A log's claim is what all passes cost that have no claim of their own.

Most ledgers have no such passes, so that each question first asks whether there is anything to look for.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

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


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCost:
    """What a row's claim is held against."""

    sql: str
    """Over one row; null where any of it is unknown."""
    join: str
    """What `request` is joined with for it."""


def held_cost(connection: "DuckDBPyConnection") -> HeldCost:
    """The cost of a row, or of its whole call where the row's claim is for that."""
    if has_parts(connection) and _found(connection, _CLAIMED):
        return HeldCost(sql=_WHOLE_COST, join=_PASSES)
    return HeldCost(sql="cost", join="")


def _found(connection: "DuckDBPyConnection", question: str) -> bool:
    found = connection.execute(question).fetchone()
    return bool(found and found[0])
