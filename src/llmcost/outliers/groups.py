"""Requests a detector flags, kept in a table and summed by scope; the same table backs the claims on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost.outliers.finding import Basis, Confidence, Finding, Query, Savings, Value
from llmcost.outliers.traffic import where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from llmcost.outliers.traffic import Traffic

_TOLD = (
    "calls",
    "cost",
    "started_at",
    "day",
    "status",
    "http_status",
    "session_id",
    "prompt_hash",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "reasoning_cost",
    "read_tokens",
    "write_5m_tokens",
    "write_1h_tokens",
)
"""Columns of `waste_row` that what is told of a group is computed from; all of them would be slow to keep."""
Scope = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The flagged requests of one scope."""

    scope: Scope
    requests: int
    cost: Decimal
    low: Decimal
    mid: Decimal
    high: Decimal
    since: datetime
    until: datetime
    more: Mapping[str, Any]
    """The further columns asked for."""
    claims: Query

    def finding(
        self,
        *,
        headline: str,
        evidence: Mapping[str, Value],
        formula: str,
        confidence: Confidence,
        basis: Basis,
        todo: str,
        verify: str,
        query: Query,
        caveats: tuple[str, ...] = (),
    ) -> Finding:
        """The finding about these requests; ending it saves what `formula` says the amounts are."""
        return Finding(
            scope=self.scope,
            since=self.since,
            until=self.until,
            headline=headline,
            evidence=evidence,
            requests=self.requests,
            cost=self.cost,
            savings=Savings(low=self.low, mid=self.mid, high=self.high, formula=formula),
            confidence=confidence,
            basis=basis,
            todo=todo,
            verify=verify,
            query=query,
            claims=self.claims,
            caveats=caveats,
        )

    @property
    def name(self) -> str:
        """The first value of the scope that there is, to speak of it."""
        return next((value for _, value in self.scope if value), "unattributed calls")


def grouped(
    traffic: Traffic, table: str, flagged: Query, by: Sequence[str], more: Mapping[str, str] | None = None
) -> list[Group]:
    """The groups, most to save first.

    `flagged` selects rid, low, mid, high and whatever `more` (aggregates over it and over `waste_row`) reads; each amount
    is held between nothing and the cost of its request. `by` names columns of `waste_row`.
    """
    amounts = ", ".join(
        f"cast(greatest(least(flagged.{name}, waste_row.cost), 0) as decimal(18, 12)) as {name}"
        for name in ("low", "mid", "high")
    )
    kept = ", ".join(f"waste_row.{name}" for name in dict.fromkeys((*_TOLD, *by)))
    traffic.keep(
        table,
        Query(
            sql=f"""
            select flagged.* exclude (low, mid, high), {amounts}, {kept}
            from ({flagged.sql}) as flagged join waste_row using (rid)
            """,
            values=flagged.values,
        ),
    )
    asked = more or {}
    keys = ", ".join(by)
    rows = traffic.ask(
        Query(
            sql=f"""
            select
                {f"{keys}," if by else ""}
                cast(coalesce(sum(calls), 0) as bigint) as requests, coalesce(sum(cost), 0) as total,
                coalesce(sum(low), 0) as low, coalesce(sum(mid), 0) as mid, coalesce(sum(high), 0) as high,
                min(started_at) as since, max(started_at) as until
                {"".join(f", {expression} as {name}" for name, expression in asked.items())}
            from {table}
            {"group by all" if by else "having count(*) > 0"}
            order by mid desc, total desc{f", {keys}" if by else ""}
            """
        )
    )
    return [
        Group(
            scope=tuple((name, row[name]) for name in by),
            requests=row["requests"],
            cost=row["total"],
            low=row["low"],
            mid=row["mid"],
            high=row["high"],
            since=row["since"],
            until=row["until"],
            more={name: row[name] for name in asked},
            claims=_claims(table, tuple((name, row[name]) for name in by)),
        )
        for row in rows
    ]


def _claims(table: str, scope: Scope) -> Query:
    condition, values = where(scope)
    return Query(sql=f"select rid, low, mid, high from {table} where {condition}", values=values)
