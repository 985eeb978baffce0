"""Savings without overlap, request by request."""

from decimal import Decimal
from types import SimpleNamespace

import duckdb

from llmcost.outliers.finding import Query
from llmcost.outliers.ledger import net_savings
from llmcost.outliers.traffic import shares


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
