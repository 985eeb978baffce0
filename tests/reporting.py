"""Reports made by hand, for tests of how they are written."""

from datetime import UTC
from typing import Any

from llmcost.domain.period import Period
from llmcost.reports.record import Cell, Column, Coverage, Report, Row

NOTHING = Coverage(
    requests=0,
    unpriced_requests=0,
    unpriced_reported=None,
    unpriced_models=(),
    estimated_requests=0,
    assumed_time_requests=0,
    rejected=0,
    unattributed_cost=None,
    first=None,
    last=None,
)


def report_of(columns: tuple[Column, ...], rows: tuple[Row, ...], totals: tuple[Cell, ...], **given: Any) -> Report:
    """A report of these rows, in dollars and UTC, about all time; `given` is what the test says besides."""
    usual = {
        "title": "",
        "by": (),
        "shown": (),
        "row_count": len(rows),
        "basis": "requests",
        "period": Period(),
        "previous": None,
        "zone": UTC,
        "currency": "USD",
        "price_lists": (),
        "coverage": NOTHING,
    }
    return Report(columns=columns, rows=rows, totals=totals, **{**usual, **given})
