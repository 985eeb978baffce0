"""What is suggested for the demo's company, against every other way to charge, on months it was not fitted on."""

from datetime import UTC, date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ingesting import read

from llmcost.config.yaml import parse_document
from llmcost.demo.generator import generate
from llmcost.domain.period import Period
from llmcost.ledger import database
from llmcost.ledger.composition import Selection
from llmcost.render.surface import Surface
from llmcost.render.tiers_suggestion import render_suggestion
from llmcost.tiers.candidates import Ideas
from llmcost.tiers.market import Constraints, Market, Month
from llmcost.tiers.plans import plans_of, read_plans
from llmcost.tiers.rating import RATED, offer
from llmcost.tiers.search import best
from llmcost.tiers.simulation import simulate
from llmcost.tiers.suggestion import _part, _sample, _searched, _wary, suggest

ALL = Selection(period=Period(), zone=UTC, basis="requests")
CASE_STUDY = Path(__file__).parents[2] / "examples" / "tiers" / "case-study.yaml"


@pytest.fixture(scope="module", params=[12_000, pytest.param(60_000, marks=pytest.mark.slow)])
def demo(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    generate(folder / "logs", seed=2026, requests=request.param, until=date(2026, 11, 20))
    read(folder / "demo.duckdb", folder / "logs")
    with database.reading(folder / "demo.duckdb") as connection:
        yield connection


def _suggested(demo, spared):
    asked = offer(read_plans(CASE_STUDY), None, None, "cheapest_for_customer")
    return suggest(demo, ALL, asked, count=3, constraints=Constraints(spared=Decimal(spared)))


def test_by_default_it_beats_whatever_spares_as_many_customers(demo):
    found = _suggested(demo, "0.9")

    ways = {one.name: one for one in found.contenders}
    assert found.recommended == "suggested"
    assert ways["suggested"].spared >= Decimal("0.9")
    assert ways["suggested"].test_margin > max(ways[name].test_margin for name in ("keep", "cost-plus"))
    # The plans of the case study raise more bills; with as many raised, the search beats them too.
    assert not ways["file"].allowed
    assert ways["looser"].spared >= ways["file"].spared
    assert ways["looser"].test_margin >= ways["file"].test_margin


def test_where_the_plans_of_the_file_are_allowed_it_beats_them_itself(demo):
    found = _suggested(demo, "0.7")

    ways = {one.name: one for one in found.contenders}
    assert all(ways[name].allowed for name in ("keep", "cost-plus", "file"))
    assert found.recommended == "suggested"
    for name in ("keep", "cost-plus", "file"):
        assert ways["suggested"].test_margin >= ways[name].test_margin
        assert ways["suggested"].fit_margin >= ways[name].fit_margin


def test_the_tables_are_drawn_at_any_width(demo):
    found = _suggested(demo, "0.7")

    for columns in range(20, 161, 5):
        assert "Compared by margin" in render_suggestion(found, "table", Surface(width=columns))


def test_the_suggested_file_is_billed_as_the_search_said(demo):
    found = _suggested(demo, "0.7")
    text = render_suggestion(found, "yaml", Surface())

    written = plans_of(parse_document(text, "suggested.yaml"))
    rated = simulate(demo, ALL, offer(written, None, None, "cheapest_for_customer"))

    (suggested,) = (one for one in found.contenders if one.name == "suggested")
    assert rated.new.margin == suggested.fit_margin + suggested.test_margin


@pytest.mark.slow
@pytest.mark.parametrize(("spared", "count"), [("0.7", 3), ("0.9", 2)])
def test_no_set_out_of_all_that_are_tried_one_plan_at_a_time_earns_more(demo, spared, count):
    asked = offer(read_plans(CASE_STUDY), None, None, "cheapest_for_customer")
    constraints = Constraints(spared=Decimal(spared))
    suggest(demo, ALL, asked, count=1, constraints=constraints)
    rows = demo.execute(
        f"select strftime(month, '%Y-%m'), customer, usage, cost, now_bill, new_bill from {RATED} where month < '2026-11-01'"
    ).fetchall()
    months, _ = _part(rows, ("2026-08", "2026-09", "2026-10"), constraints.rise)
    ideas = Ideas(months, asked.offered, asked.meter, constraints.rise)
    market = Market(months, constraints)

    found = _searched(months, ideas, count, constraints)

    assert len(found) <= count
    assert best(market, ideas.many(), count, above=sum(market.least(found))) is None


def test_no_bill_may_be_above_what_another_way_to_charge_asks():
    rows = [
        ("2026-01", 1, Decimal(20), Decimal(30), Decimal(50), Decimal(70)),
        ("2026-01", 2, Decimal(380), Decimal(370), Decimal(50), Decimal(40)),
        ("2026-01", 3, Decimal(0), Decimal(0), Decimal(50), Decimal(9)),
        ("2026-02", 3, Decimal(9), Decimal(999), Decimal(50), Decimal(9)),
    ]

    months, file = _part(rows, ("2026-01",), Decimal("0.2"))

    # A unit costs 400 / 400: the file asks 70 for 20, cost and a quarter is 475 for 380, today and a fifth is 60.
    assert [(month.customer, month.most) for month in months] == [(3, 60), (1, 70), (2, 475)]
    assert file == [9, 70, 40]


def test_a_sample_has_all_months_of_its_customers_and_the_largest_of_all():
    months = [
        Month(customer=number, usage=Decimal(number), cost=Decimal(1), now=Decimal(1))
        for number in range(1, 2_001)
        for _ in range(2)
    ]

    looked_at = _sample(months)

    # 4,000 months are 2.7 times as many as are looked at: of every three customers, the largest.
    assert [month.customer for month in looked_at] == [number for number in range(2, 2_001, 3) for _ in range(2)]


def test_of_a_sample_somewhat_more_is_asked():
    # 0.9 + 1.28 x sqrt(0.9 x 0.1 / 900)
    assert _wary(Constraints(), 900).spared == Decimal("0.9128")
    assert _wary(Constraints(), None) == Constraints()
    assert _wary(Constraints(spared=Decimal(1)), 10).spared == 1
