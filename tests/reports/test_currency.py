"""Reports in another currency: 1 USD is 0.90 EUR on 1 November and 0.93 EUR from the 2nd on.

On the 1st (UTC) r1, r2 and r3 cost 0.00325 + 1.234567891234 + 0.01 + 12.5 = 13.747817891234 USD, times 0.90 is
12.3730361021106 EUR. On the 2nd r4 costs 0.000012 USD, times 0.93 is 0.00001116 EUR.
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
import pytest

from llmcost.domain.errors import UsageError
from llmcost.domain.period import Period
from llmcost.ledger.conversion import Conversion
from llmcost.ledger.exports import export_requests
from llmcost.render.formats import render, render_file
from llmcost.render.surface import Surface
from llmcost.reports.cost_by import cost_by
from llmcost.reports.overview import overview
from llmcost.reports.question import Question, selection

RATES = ((date(2026, 11, 1), Decimal("0.9")), (date(2026, 11, 2), Decimal("0.93")))
BY = ((), ("day",), ("model",), ("customer_id",), ("day", "model"), ("region_code",))


def euros(connection, *by, **question):
    return cost_by(connection, Question(by=by, currency="EUR", rates=RATES, **question))


def cells(report, name):
    index = [column.name for column in report.columns].index(name)
    return [row.cells[index] for row in report.rows], report.totals[index]


def test_each_row_is_converted_at_the_rate_of_its_day(small):
    assert cells(euros(small, "day"), "cost") == (
        [Decimal("12.3730361021106"), Decimal("0.00001116")],
        Decimal("12.3730472621106"),
    )


def test_parquet_has_every_digit_of_a_converted_amount(small, tmp_path):
    """Of a rate of eight decimals too: 13.747817891234 * 0.90000001 is 12.3730361021106 + 0.00000013747817891234."""
    rates = ((date(2026, 11, 1), Decimal("0.90000001")), RATES[1])
    render_file(cost_by(small, Question(by=("day",), currency="EUR", rates=rates)), "parquet", tmp_path / "a.parquet")
    render_file(cost_by(small, Question(by=("day",))), "parquet", tmp_path / "b.parquet")

    assert _parquet(tmp_path / "a.parquet") == (
        [Decimal("12.37303623958877891234"), Decimal("0.00001116")], "DECIMAL(38,20)"
    )  # fmt: skip
    assert _parquet(tmp_path / "b.parquet") == ([Decimal("13.747817891234"), Decimal("0.000012")], "DECIMAL(38,12)")


def _parquet(path):
    with duckdb.connect() as connection:
        rows = connection.execute("select cost, typeof(cost) from read_parquet(?) order by day", [str(path)]).fetchall()
    return [cost for cost, _ in rows], rows[0][1]


def test_a_day_begins_in_the_reporting_time_zone(small):
    """In Berlin r3 began on the 2nd: (0.00325 + 1.234567891234 + 0.01) * 0.90 and 12.5 * 0.93 + 0.00001116."""
    found, total = cells(euros(small, "day", zone=ZoneInfo("Europe/Berlin")), "cost")

    assert found == [Decimal("1.1230361021106"), Decimal("11.62501116")]
    assert total == Decimal("12.7480472621106")


@pytest.mark.parametrize("by", BY)
def test_converted_rows_add_up_to_the_total_exactly(small, by):
    found, total = cells(euros(small, *by), "cost")

    assert sum(cost for cost in found if cost is not None) == total == Decimal("12.3730472621106")


def test_the_claims_of_the_log_are_converted_too_and_drift_is_over_rows_with_both(small, insert):
    """r5 claims 1.20 and has no cost. Of two more on the 2nd one claims 2 for 1.50, one 3 EUR for 1.00."""
    insert(started_at=datetime(2026, 11, 2, 9), cost="1.5", reported_cost="2", model="x")  # noqa: DTZ001
    insert(started_at=datetime(2026, 11, 2, 9), cost="1", reported_cost="3", reported_currency="EUR", model="x")  # noqa: DTZ001
    insert(started_at=datetime(2026, 11, 2, 9), cost="0", reported_cost="9", charge_basis="subscription", model="y")  # noqa: DTZ001
    names = ("reported_cost", "reported_drift", "reported_drift_pct", "reported_requests")

    dollars = cost_by(small, Question(by=("model",), metrics=names, where=("model in x,gpt-x",)))
    converted = euros(small, "model", metrics=names, where=("model in x,gpt-x",))

    assert {name: cells(dollars, name)[1] for name in names} == {
        "reported_cost": Decimal("3.2"),
        "reported_drift": Decimal("0.5"),
        "reported_drift_pct": pytest.approx(0.5 / 1.5),
        "reported_requests": 2,
    }
    assert {name: cells(converted, name)[1] for name in names} == {
        "reported_cost": Decimal("3.2") * Decimal("0.93") + 3,
        "reported_drift": Decimal("0.465") + 3 - Decimal("0.93"),
        "reported_drift_pct": pytest.approx((0.465 + 2.07) / (2.5 * 0.93)),
        "reported_requests": 3,
    }
    assert cells(cost_by(small, Question(metrics=names, where=("model=y",))), "reported_drift")[1] is None


def test_a_day_before_the_first_rate_is_an_error_that_names_it(small):
    late = RATES[1:]
    with pytest.raises(UsageError, match="no EUR rate for 2026-11-01: the first is of 2026-11-02"):
        cost_by(small, Question(currency="EUR", rates=late))

    later = Period(since=datetime(2026, 11, 2, tzinfo=UTC))
    assert cells(cost_by(small, Question(currency="EUR", rates=late, period=later)), "cost")[1] == Decimal("0.00001116")


def test_a_comparison_needs_rates_for_the_period_before_too(small):
    second = Period(since=datetime(2026, 11, 2, tzinfo=UTC), until=datetime(2026, 11, 3, tzinfo=UTC))
    with pytest.raises(UsageError, match="no EUR rate for 2026-11-01"):
        cost_by(small, Question(by=("model",), currency="EUR", rates=RATES[1:], period=second, compare=True))


def test_every_format_names_the_currency_and_the_rates(small):
    report = euros(small, "day")

    document = json.loads(render(report, "json", Surface()))
    assert (document["currency"], document["totals"]["cost"]) == ("EUR", "12.3730472621106")
    assert document["rates"] == [{"from": "2026-11-01", "rate": "0.90"}, {"from": "2026-11-02", "rate": "0.93"}]
    table = render(report, "table", Surface())
    assert "€12.37" in table
    assert (
        "Converted from USD to EUR at the rate of each request's day: 0.9 from 2026-11-01, 0.93 from 2026-11-02."
    ) in table
    assert "The logs claim €1.12 for it." in table
    shown = render(overview(small, Question(currency="EUR", rates=RATES)), "table", Surface())
    assert "$" not in shown


def test_only_the_rates_in_use_are_named(small):
    rates = ((date(2026, 1, 1), Decimal(5)), *RATES, (date(2026, 12, 1), Decimal(7)))

    assert cost_by(small, Question(currency="EUR", rates=rates)).rates == RATES


@pytest.mark.slow
def test_years_of_daily_rates_are_found_one_by_one(small):
    """A rate for each of 999 days before; each row still gets its own day's."""
    many = tuple((date.fromordinal(date(2026, 11, 1).toordinal() - back), Decimal(back)) for back in range(999, 0, -1))

    assert cells(cost_by(small, Question(currency="EUR", rates=(*many, *RATES))), "cost")[1] == Decimal(
        "12.3730472621106"
    )
    conversion = Conversion(currency="EUR", rates=(*many, *RATES), zone=UTC)
    for day in (date(2026, 10, 31), date(2024, 2, 6), date(2025, 7, 1)):
        back = date(2026, 11, 1).toordinal() - day.toordinal()
        found = small.execute(f"select {conversion.rate(f'timestamp {str(day)!r}')}").fetchone()
        assert found == (Decimal(back),)


def test_an_export_keeps_its_costs_and_adds_the_converted_ones(small, tmp_path):
    chosen = selection(small, Question(currency="EUR", rates=RATES, basis="requests"))
    for file_format in ("jsonl", "csv", "parquet"):
        export_requests(small, chosen, tmp_path / f"out.{file_format}", file_format)

    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    (third,) = (record for record in records if record["request_id"] == "r3")
    assert (third["cost"], third["converted_cost"], third["converted_currency"]) == ("12.50", "11.25", "EUR")
    (unpriced,) = (record for record in records if record["request_id"] == "r5")
    assert "converted_cost" not in unpriced
    for file in (f"read_csv('{tmp_path}/out.csv', all_varchar = true)", f"'{tmp_path}/out.parquet'"):
        total = small.execute(f"select sum(converted_cost::decimal(38, 20)) from {file}").fetchone()
        assert total == (Decimal("12.3730472621106"),)
