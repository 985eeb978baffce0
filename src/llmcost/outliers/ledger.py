"""Savings without overlap: every request's cost is saved at most once.

A request claimed by several findings gives its saving to them in the order of `ORDER`; each later one only saves its
share of what is left. So the net never exceeds what was spent, whichever detectors run, and two halvings save three quarters.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, get_args

from llmcost.outliers.detector import Overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.outliers.finding import Finding
    from llmcost.outliers.traffic import Traffic

ORDER: tuple[Overlap, ...] = get_args(Overlap)
Amounts = tuple[Decimal, Decimal, Decimal]


def net_savings(traffic: Traffic, findings: Sequence[tuple[Finding, Overlap]]) -> tuple[dict[str, Decimal], Amounts]:
    """The middle estimate of every finding that claims savings, by its id; and low, mid and high of all together."""
    connection = traffic.connection
    connection.execute("delete from waste_claim")
    claiming = [(finding, overlap) for finding, overlap in findings if finding.claims is not None]
    for number, (finding, overlap) in enumerate(claiming):
        if finding.claims is None:
            continue
        amounts = ", ".join(
            f"cast(greatest(least({name}, row.cost), 0) as decimal(18, 12))" for name in ("low", "mid", "high")
        )
        connection.execute(
            f"""
            insert into waste_claim
            select $number, $turn, rid, {amounts}
            from ({finding.claims.sql}) as claim
            join (select rid, cost from waste_row) as row using (rid)
            """,
            {**finding.claims.values, "number": number, "turn": ORDER.index(overlap)},
        )
    net = ", ".join(f"{_after_others(name)} as {name}" for name in ("low", "mid", "high"))
    rows = connection.execute(
        f"""
        with claimed as (
            select waste_claim.*, waste_row.cost
            from waste_claim join waste_row using (rid)
            where waste_row.cost > 0
        ),
        saved as (
            select finding, {net}
            from claimed
            window earlier as (
                partition by rid order by turn, finding rows between unbounded preceding and 1 preceding
            )
        )
        select finding, sum(low), sum(mid), sum(high) from saved group by finding
        """
    ).fetchall()
    mids = {int(number): Decimal(mid) for number, _, mid, _ in rows}
    low, mid, high = (sum((Decimal(row[place]) for row in rows), Decimal(0)) for place in (1, 2, 3))
    return {one.id: mids.get(number, Decimal(0)) for number, (one, _) in enumerate(claiming)}, (low, mid, high)


def _after_others(name: str) -> str:
    """What a claim saves after those before it; rounded down, so that nothing of a request is saved twice."""
    rest = f"coalesce(product(1 - least({name} / cost, 1)) over earlier, 1)"
    return f"case when {rest} = 1 then {name} else cast(floor({name} * {rest} * 1e12) as bigint) * 0.000000000001 end"
