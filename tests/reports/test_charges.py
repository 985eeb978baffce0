"""What is charged beside the requests stands below a report and is in no sum of it."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from tests.allocation.ledgers import put_export

from llmcost.domain.period import parse_period
from llmcost.render.formats import render
from llmcost.render.surface import Surface
from llmcost.reports.charges import with_charges
from llmcost.reports.cost_by import cost_by
from llmcost.reports.overview import overview
from llmcost.reports.question import Question

_HEAD = "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-10-01\n"
# 744 hours of October at 0.10.
_PTU = _HEAD + (
    "provisioned: [{name: p, provider: azure, deployment: d, units: 1, usd_per_unit_hour: 0.10, from: 2026-10-01}]\n"
)
_OCTOBER = parse_period("2026-10", datetime(2026, 11, 1, tzinfo=UTC), UTC)


@pytest.fixture
def prices(tmp_path):
    path = tmp_path / "prices.yaml"
    path.write_text(_PTU)
    return [path]


def test_charges_of_the_period_are_below_the_table_and_in_json_and_in_no_cost(ledger, prices):
    question = Question(period=_OCTOBER)
    found = with_charges(ledger, question, cost_by(ledger, question), prices)
    assert found.charges == Decimal("74.40")
    line = "Commitments, idle hours and credits, in no request's cost: $74.40 (llmcost chargeback)."
    assert line in render(found, "table", Surface())
    shape = json.loads(render(found, "json", Surface()))
    assert (shape["charges"], shape["totals"]["cost"]) == ("74.40", "0.00")
    whole = with_charges(ledger, question, overview(ledger, question), prices)
    assert line in render(whole, "markdown", Surface()).replace("\\", "")


def test_the_files_of_the_user_name_charges_as_those_of_the_project_do(ledger, prices, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    own = tmp_path / "llmcost" / "prices" / "ours.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(_PTU)
    question = Question(period=_OCTOBER)
    assert with_charges(ledger, question, cost_by(ledger, question), ()).charges == Decimal("74.40")
    # Named in both, it is charged once.
    assert with_charges(ledger, question, cost_by(ledger, question), prices).charges == Decimal("74.40")


def test_they_are_converted_like_the_rest(ledger, prices):
    question = Question(period=_OCTOBER, currency="EUR", rates=((date(2026, 9, 1), Decimal("0.5")),))
    assert with_charges(ledger, question, cost_by(ledger, question), prices).charges == Decimal("37.20")


def test_a_report_on_some_requests_has_none_and_neither_has_one_without_such_terms(ledger, prices, tmp_path):
    some = Question(period=_OCTOBER, where=("provider=azure",))
    assert with_charges(ledger, some, cost_by(ledger, some), prices).charges is None
    (tmp_path / "none.yaml").write_text(_HEAD)
    every = Question(period=_OCTOBER)
    found = with_charges(ledger, every, cost_by(ledger, every), [tmp_path / "none.yaml"])
    assert found.charges is None
    assert "charges" not in json.loads(render(found, "json", Surface()))


def test_hours_are_converted_at_the_rates_of_their_days_which_are_named(ledger, prices):
    rates = ((date(2026, 9, 1), Decimal("0.5")), (date(2026, 10, 21), Decimal("0.6")))
    question = Question(period=_OCTOBER, currency="EUR", rates=rates)
    found = with_charges(ledger, question, cost_by(ledger, question), prices)
    # 480 hours at 0.10 x 0.5, then 264 at 0.10 x 0.6.
    assert found.charges == Decimal("39.84")
    assert found.rates == rates
    last = parse_period("2026-10-31", datetime(2026, 11, 1, tzinfo=UTC), UTC)
    question = Question(period=last, currency="EUR", rates=rates)
    found = with_charges(ledger, question, cost_by(ledger, question), prices)
    assert (found.charges, found.rates) == (Decimal("1.44"), rates[1:])


def test_where_exports_have_a_bill_its_provider_s_capacity_is_on_it(ledger, prices):
    for day in ("2026-10-05", "2026-10-06", "2026-10-20"):
        put_export(ledger, day, "240", None, provider="azure", exporter="provider")
    put_export(ledger, "2026-10-09", "5", None, provider="openai", exporter="provider")
    question = Question(period=_OCTOBER)
    found = with_charges(ledger, question, cost_by(ledger, question), prices)
    # 28 days of 24 hours at 0.10; three are on Azure's bill.
    assert found.charges == Decimal("67.20")
    note = "capacity and credits that price files name are as billed where exports have a bill: azure on 3 days"
    assert found.notes == (note,)
    # The exporter's 6th is the 6th of Berlin.
    berlin = ZoneInfo("Europe/Berlin")
    day = parse_period("2026-10-07", datetime(2026, 11, 1, tzinfo=UTC), berlin)
    question = Question(period=day, zone=berlin, basis="exports")
    assert with_charges(ledger, question, cost_by(ledger, question), prices).charges == Decimal("2.40")
    day = parse_period("2026-10-06", datetime(2026, 11, 1, tzinfo=UTC), berlin)
    question = Question(period=day, zone=berlin, basis="exports")
    assert with_charges(ledger, question, cost_by(ledger, question), prices).charges == Decimal(0)
    # A report on requests rests on no export.
    question = Question(period=_OCTOBER, basis="requests")
    assert with_charges(ledger, question, cost_by(ledger, question), prices).charges == Decimal("74.40")
