"""A group whose every call that costs something is unpriced: what people see is not $0.00."""

from decimal import Decimal

import pytest

from llmcost.render.cells import unknown_cost
from llmcost.render.dashboard_cells import figure_text, panel_grid
from llmcost.reports.dashboard import Panel
from llmcost.reports.record import Column, Row

COLUMNS = (
    Column(name="model", title="Model", kind="text", role="key"),
    Column(name="cost", title="Cost", kind="money", role="metric"),
    Column(name="share", title="Share", kind="percent", role="metric"),
    Column(name="unpriced_requests", title="Unpriced", kind="count", role="metric"),
)


@pytest.mark.parametrize(
    ("cost", "share", "unpriced", "shown"),
    [
        (Decimal(0), 0.0, 2084, ("unpriced", "-")),
        (None, None, 2084, ("unpriced", "-")),
        (Decimal(0), 0.0, 0, ("$0.00", "0.0%")),
        (Decimal("0.5"), 0.25, 2084, ("$0.50", "25.0%")),
    ],
)
def test_only_free_calls_beside_unpriced_ones_are_no_cost(cost, share, unpriced, shown):
    panel = Panel(
        id="models", title="Models", kind="table", columns=COLUMNS, rows=(Row(cells=("x", cost, share, unpriced)),),
        row_count=1,
    )  # fmt: skip

    assert panel_grid(panel, "USD").rows[0][1:3] == shown


@pytest.mark.parametrize(("name", "text"), [("cost_per_request", "-"), ("input_cost", "-"), ("reported_cost", None)])
def test_what_follows_from_the_cost_is_not_known_either(name, text):
    assert unknown_cost(Column(name=name, title=name, kind="money", role="metric"), Decimal(0)) == text


@pytest.mark.parametrize(
    ("amount", "text"), [("0.00701", "$0.0070"), ("1.014", "$1.01"), ("0", "$0.00"), ("0.0000123", "$0.000012")]
)
def test_a_figure_has_the_decimals_of_a_column(amount, text):
    column = Column(name="cost_per_request", title="Cost per request", kind="money", role="metric")
    assert figure_text(Decimal(amount), column, "USD") == text
