"""Whatever requests are grouped by, the rows add up to the total, exactly."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost.domain.period import time_zone
from llmcost.ledger.dimensions import dimension_names
from llmcost.ledger.metrics import metric, metric_names
from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question

_START = datetime(2026, 10, 20)  # noqa: DTZ001
_ADDITIVE = tuple(name for name in metric_names() if metric(name).additive and name != "share")

requests = st.lists(
    st.fixed_dictionaries(
        {
            "started_at": st.integers(0, 20 * 86400).map(lambda seconds: _START + timedelta(seconds=seconds)),
            "customer_id": st.sampled_from([None, "a", "b", "=1+1", "\x1b[31m"]),
            "model": st.sampled_from([None, "gpt-5", "claude"]),
            "tags": st.sampled_from([None, '{"region":"eu"}', '{"region":"us","x":"y"}']),
            "cost": st.none() | st.decimals(0, 999_999, places=12).map(str),
            "uncached_input_tokens": st.none() | st.integers(0, 10**12),
            "cache_read_tokens": st.none() | st.integers(0, 10**12),
            "part": st.integers(0, 1),
        }
    ),
    max_size=12,
)
keys = st.lists(
    st.sampled_from([*dimension_names(), "tags.region", "tags.nothing"]), min_size=1, max_size=3, unique=True
).map(tuple)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=requests,
    by=keys,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]),
    top=st.none() | st.integers(1, 3),
)
def test_rows_add_up_to_the_total(ledger, insert_all, rows, by, zone, top):  # noqa: PLR0917  what hypothesis varies
    ledger.execute("delete from request")
    insert_all(
        {"request_id": str(place), "cost_status": "unpriced" if row["cost"] is None else "priced", **row}
        for place, row in enumerate(rows)
    )

    report = cost_by(ledger, Question(by=by, zone=time_zone(zone), top=top, metrics=_ADDITIVE))

    for index, column in enumerate(report.columns):
        if column.name in _ADDITIVE:
            values = [row.cells[index] for row in report.rows]
            known = [value for value in values if value is not None]
            assert sum(known, start=Decimal(0)) == (report.totals[index] or 0), column.name
    cost = [column.name for column in report.columns].index("cost")
    assert (report.totals[cost] or 0) == sum(Decimal(row["cost"]) for row in rows if row["cost"] is not None)


@pytest.mark.parametrize("name", dimension_names())
def test_every_dimension_can_be_grouped_and_filtered_by(small, name):
    report = cost_by(small, Question(by=(name,), where=(f"{name}!=no such value",)))

    assert report.coverage.requests == 6


def test_every_metric_can_be_asked_for_with_every_other(small):
    report = cost_by(small, Question(by=("customer_id",), metrics=metric_names()))

    assert set(metric_names()) <= {column.name for column in report.columns}
    assert len(report.rows) == 3


def test_no_name_is_both_a_dimension_and_a_metric():
    assert not set(dimension_names()) & set(metric_names())
