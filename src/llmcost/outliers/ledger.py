"""Savings without overlap: every request's cost is saved at most once.

A request claimed by several findings gives its saving to them in the order of `ORDER`; each later kind only saves its
share of what is left, so two halvings save three quarters. Findings of one kind say the same in other words: of them, the
largest claim counts. The net never exceeds what was spent, whichever detectors run.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, get_args

from llmcost.outliers.detector import Overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.outliers.finding import Finding, Savings
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
    names = ("low", "mid", "high")
    rows = connection.execute(
        f"""
        with claimed as (
            select finding, turn, rid, cost, {", ".join(f"waste_claim.{name} as {name}" for name in names)}
            from waste_claim join waste_row using (rid)
            where cost > 0
        ),
        turn_best as (
            select rid, turn, any_value(cost) as cost, {", ".join(f"max({name}) as {name}" for name in names)}
            from claimed
            group by rid, turn
        ),
        left_over as (
            select rid, turn, {", ".join(f"coalesce(product(1 - {name} / cost) over earlier, 1) as {name}_left" for name in names)}
            from turn_best
            window earlier as (partition by rid order by turn rows between unbounded preceding and 1 preceding)
        ),
        added as (
            select finding, turn, rid,
                {", ".join(f"greatest({name} - coalesce(max({name}) over alike, 0), 0) as {name}" for name in names)}
            from claimed
            window alike as (partition by rid, turn order by finding rows between unbounded preceding and 1 preceding)
        ),
        saved as (
            select finding, {", ".join(f"{_of_rest(name)} as {name}" for name in names)}
            from added join left_over using (rid, turn)
        )
        select finding, sum(low), sum(mid), sum(high) from saved group by finding
        """
    ).fetchall()
    saved = {int(number): _within(claiming[int(number)][0].savings, amounts) for number, *amounts in rows}
    low, mid, high = (sum((amounts[place] for amounts in saved.values()), Decimal(0)) for place in range(3))
    nothing = (Decimal(0),) * 3
    return {one.id: saved.get(number, nothing)[1] for number, (one, _) in enumerate(claiming)}, (low, mid, high)


def _within(savings: Savings | None, amounts: Sequence[Decimal]) -> Amounts:
    """What is saved on the requests of a finding, which may exceed its own savings by the rounding of each request."""
    low, mid, high = (Decimal(amount) for amount in amounts)
    return (
        (low, mid, high) if savings is None else (min(low, savings.low), min(mid, savings.mid), min(high, savings.high))
    )


def _of_rest(name: str) -> str:
    """A claim's share of what is left; rounded down, so that nothing of a request is saved twice."""
    part = f"cast(floor({name} * {name}_left * 1e12) as bigint) * 0.000000000001"
    return f"case when {name}_left = 1 then {name} else {part} end"
