"""Names of rows that could be taken for another, for one of ours, or for none."""

from decimal import Decimal

import pytest
from tests.reporting import NOTHING, report_of

from llmcost.render.cells import grid, sheet_grid
from llmcost.render.visible import label
from llmcost.reports.record import Column, Row, Sheet

_COLUMNS = (
    Column(name="customer_id", title="Customer", kind="text", role="key"),
    Column(name="cost", title="Cost", kind="money", role="metric"),
    Column(name="unpriced_requests", title="Unpriced", kind="count", role="metric"),
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("acme", "acme"),
        ("acme inc", "acme inc"),
        ("Total", '"Total"'),
        ("total", "total"),
        ("(other)", '"(other)"'),
        ("", '""'),
        ("   ", '"   "'),
        (" acme", '" acme"'),
        ("acme\u00a0", '"acme\u00a0"'),
        ("acme\n", "acme\\n"),
        ("\u3164", "\\u3164"),
        ("-", "-"),
    ],
)
def test_a_name_is_told_from_ours_and_from_nothing(text, shown):
    assert label(text) == shown


def test_only_the_last_row_is_the_total():
    rows = (Row(cells=("Total", Decimal("2.5"), 0)), Row(cells=("acme", Decimal(5), 0)))
    report = report_of(
        _COLUMNS, rows, (None, Decimal("7.5"), 0), by=("customer_id",), shown=("customer_id", "cost"), coverage=NOTHING
    )
    sheet = Sheet(
        name="", title="", columns=_COLUMNS, rows=tuple(row.cells for row in rows), totals=("Total", Decimal("7.5"), 0)
    )

    for cells in (grid(report), sheet_grid(sheet, "USD")):
        assert [row[:2] for row in cells.rows] == [('"Total"', "$2.50"), ("acme", "$5.00")]
        assert cells.totals is not None
        assert cells.totals[:2] == ("Total", "$7.50")
