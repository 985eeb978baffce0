"""Savings without overlap, request by request."""

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import duckdb
import pytest

from llmcost.outliers.finding import Audit, Finding, Query, Savings
from llmcost.outliers.ledger import net_savings
from llmcost.outliers.traffic import shares
from llmcost.render.outliers import render_audit
from llmcost.render.surface import Surface


def test_rounding_each_request_adds_nothing_to_what_a_finding_saves():
    connection = duckdb.connect()
    connection.execute(
        "create table waste_row as select range as rid, cast(1 as decimal(18, 12)) as cost from range(3)"
    )
    amounts = ", ".join(f"{name} decimal(18, 12)" for name in ("low", "mid", "high"))
    connection.execute(f"create table waste_claim (finding integer, turn integer, rid bigint, {amounts})")
    two = Decimal(2)
    savings, claims = shares(Decimal(3), (two, two, two), "two thirds", Query(sql="select rid, cost from waste_row"))
    finding = SimpleNamespace(id="one", savings=savings, claims=claims)

    net, total = net_savings(SimpleNamespace(connection=connection), [(finding, "cache")])

    # Two thirds of a dollar each, as 0.666666666667, would be 2.000000000001.
    assert (net, total) == ({"one": two}, (two, two, two))


@pytest.mark.parametrize(("format_name", "row"), [("table", "retry-storm"), ("markdown", "| retry-storm-")])
def test_what_another_finding_saves_already_is_told_beside_a_saving(format_name, row):
    """Two ways to save $10.00 of the same calls: $10.00 and then nothing, where a column of both would add up to $20.00."""
    ten = Decimal(10)
    day = datetime(2026, 11, 1, tzinfo=UTC).replace(tzinfo=None)
    findings = tuple(
        Finding(
            scope=(),
            since=day,
            until=day,
            headline="calls fail",
            evidence={},
            requests=10,
            cost=ten,
            confidence="high",
            basis="measured",
            todo="mend it",
            verify="",
            query=Query(sql=""),
            savings=Savings(low=ten, mid=ten, high=ten, formula=""),
            detector=name,
        )
        for name in ("error-waste", "retry-storm")
    )
    net = {findings[0].id: ten, findings[1].id: Decimal(0)}
    told = Audit(
        findings=findings,
        net=net,
        net_total=(ten, ten, ten),
        not_evaluated=(),
        clean=(),
        requests=10,
        cost=ten,
        unpriced=0,
        since=day,
        until=day,
    )
    text = render_audit(told, format_name, Surface(), ledger="", currency="USD", detail=False, sql=False)

    (line,) = (line for line in text.splitlines() if row in line and "Id:" not in line)
    assert "$10.00 ($0.00 after the others)" in line
    assert "would have saved about $10.00" in text.replace("\n", " ")
