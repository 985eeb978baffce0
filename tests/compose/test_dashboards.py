"""Every number on a dashboard is one that `llmcost report --format json` gives, whatever was selected."""

import itertools
import json
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ingesting import memory_ledger, native, read, write

from llmcost.budgets.checking import check
from llmcost.budgets.reading import read_budgets
from llmcost.compose.dashboards import customers
from llmcost.compose.dashboards._asking import Wanted
from llmcost.compose.dashboards._registry import dashboard, dashboard_names
from llmcost.compose.dashboards._spread import bounds
from llmcost.config.settings import Settings, read_settings
from llmcost.domain.period import Period, parse_period, time_zone
from llmcost.ingest.outcomes import OutcomeRequest, ingest_outcomes
from llmcost.ledger import database
from llmcost.ledger.spread import Extent
from llmcost.render import budget_json
from llmcost.render.dashboards import render_dashboard
from llmcost.render.formats import render
from llmcost.render.surface import Surface
from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question
from llmcost.tiers.plans import read_plans

_NOW = datetime(2026, 11, 21, tzinfo=UTC)
_MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "acme-internal/unknown")
_FEATURES = ("chat", "search", "summaries", None)
_PLANS = ("free", "pro", "enterprise")

_BUDGETS = """
budgets:
  - {name: all, period: month, amount: "0.5", unit: usd}
  - {name: tokens, period: month, amount: "1000000", unit: tokens}
  - {name: each, per: customer_id, period: month, amount: "0.02", unit: usd}
"""
_REVENUE = """date,customer_id,team,metric,value
2026-09-30,customer-1,red,revenue,12.50
2026-10-20,customer-2,red,revenue,30
2026-10-21,customer-2,blue,revenue,0.07
"""
_LIMITS = """
plans:
  - {id: free, price: "0", charges: [], limits: {total: 20000}}
  - {id: pro, price: "49", charges: [], limits: {credits: 12}}
  - {id: enterprise, price: "499", charges: [], included: {total: 1000000000}}
meters: {credits: {input: "0.0005", requests: "1"}}
"""


def _lines():
    for number in range(240):
        customer = number * 5 % 13
        yield native(
            timestamp=f"2026-{8 + number // 5 % 4:02}-{1 + number * 7 % 28:02}T{number % 24:02}:30:00Z",
            request_id=f"request-{number:04}",
            provider="anthropic" if number % 4 == 2 else "openai",
            model=_MODELS[number % 4],
            input_tokens=1000 + 37 * number,
            cache_read_input_tokens=(13 * number) % 900,
            output_tokens=50 + number,
            latency_ms=200 + 11 * (number % 50),
            status="error" if number % 11 == 0 else "ok",
            customer_id=None if customer == 12 else f"customer-{customer}",
            user_id=f"user-{number % 29}",
            team=("red", "blue")[number % 2],
            feature=_FEATURES[number * 3 % 7 % 4],
            environment="production",
            plan=_PLANS[customer % 3],
        )


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledger")
    read(folder / "llmcost.duckdb", write(folder / "log.jsonl", _lines()))
    (folder / "revenue.csv").write_text(_REVENUE)
    ingest_outcomes(OutcomeRequest(paths=[str(folder / "revenue.csv")], ledger=folder / "llmcost.duckdb"))
    return folder / "llmcost.duckdb"


@pytest.fixture
def ledger(path):
    with database.reading(path) as connection:
        yield connection


@pytest.fixture
def ledger_in_memory():
    with memory_ledger() as connection:
        yield connection


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "llmcost.yaml").write_text(_BUDGETS)
    return read_settings(tmp_path / "llmcost.yaml")


@pytest.fixture
def plans(tmp_path):
    (tmp_path / "plans.yaml").write_text(_LIMITS)
    return tmp_path / "plans.yaml"


def _made(ledger, name, question=None, **wanted):
    asked = Wanted(question=question or Question(), settings=wanted.pop("settings", Settings()), now=_NOW, **wanted)
    return dashboard(ledger, name, asked)


def _shown(ledger, name, question=None, **wanted):
    return json.loads(render_dashboard(_made(ledger, name, question, **wanted), "json", Surface()))


def _panel(document, identity):
    return next(panel for panel in document["panels"] if panel["id"] == identity)


def _report(ledger, question):
    return json.loads(render(cost_by(ledger, question), "json", Surface()))


def _instant(text):
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _question(question, asked):
    """The question of a panel, as its JSON says it."""
    return replace(
        question,
        by=tuple(asked["by"]),
        metrics=tuple(asked["metrics"]),
        top=asked["top"],
        limit=asked["limit"],
        compare=asked["compare"] is not None,
        period=Period(since=_instant(asked["period"]["since"]), until=_instant(asked["period"]["until"])),
    )


_OWN = {"cost_to_date", "latest_change_ratio"}
"""Columns that are sums and quotients of a report's numbers, which have tests of their own."""


@pytest.mark.parametrize("name", dashboard_names())
@pytest.mark.parametrize(
    "question",
    [
        Question(),
        Question(period=Period(since=datetime(2026, 10, 1, tzinfo=UTC), until=datetime(2026, 10, 29, tzinfo=UTC))),
        Question(
            where=("team=red", "feature!=search"),
            zone=time_zone("Asia/Kolkata"),
            currency="EUR",
            rates=((datetime(2026, 1, 1, tzinfo=UTC).date(), Decimal("0.9")),),
        ),
        Question(where=("model=acme-internal/unknown",)),
    ],
    ids=["everything", "a month and the one before", "some, in euros and elsewhere", "unpriced"],
)
def test_every_number_is_that_of_the_report_the_panel_names(ledger, name, question):
    compared = 0
    for panel in _shown(ledger, name, question)["panels"]:
        if panel["report"] is None or panel["empty"]:
            continue
        report = _report(ledger, _question(question, panel["report"]))
        keys = [*panel["report"]["by"], "other"]
        rows = {tuple(row.get(key) for key in keys): row for row in report["rows"]}
        for row in panel["rows"]:
            theirs = rows[tuple(row.get(key) for key in keys)]
            ours = {column: value for column, value in row.items() if column not in _OWN}
            assert ours == {column: theirs.get(column) for column in ours}, panel["id"]
            compared += len(ours)
        if panel["totals"] is not None:
            assert panel["totals"] == {column: report["totals"][column] for column in panel["totals"]}, panel["id"]
        assert panel["row_count"] >= len(panel["rows"])
    assert compared > 20


@pytest.mark.parametrize("name", dashboard_names())
def test_attribution_is_what_reports_leave_unattributed(ledger, name):
    rows = _panel(_shown(ledger, name), "coverage")["rows"]

    for row in rows:
        report = _report(ledger, Question(by=(row["dimension"],)))
        missing, cost = Decimal(report["coverage"]["unattributed_cost"]), Decimal(report["totals"]["cost"])
        assert Decimal(row["unattributed_cost"]) == missing
        assert row["attributed"] == round(float(1 - missing / cost), 6)
    assert min(row["attributed"] for row in rows) > 0 or name == "engineering"


def test_months_are_compared_as_far_as_the_latest_has_come(ledger):
    rows = _panel(_shown(ledger, "exec"), "months")["rows"]

    assert [row["month"] for row in rows] == ["2026-08", "2026-09", "2026-10", "2026-11"]
    last = _report(ledger, Question(by=("day",)))["rows"][-1]["day"]
    day = int(last[-2:])
    so_far = []
    for row in rows:
        year, month = map(int, row["month"].split("-"))
        period = Period(since=datetime(year, month, 1, tzinfo=UTC), until=datetime(year, month, day + 1, tzinfo=UTC))
        so_far.append(Decimal(_report(ledger, Question(period=period))["totals"]["cost"]))
    assert [Decimal(row["cost_to_date"]) for row in rows] == so_far
    assert rows[-1]["latest_change_ratio"] is None
    assert rows[-2]["latest_change_ratio"] == round(float(so_far[-1] / so_far[-2] - 1), 6)


def test_the_months_before_are_shown_whatever_the_period(ledger):
    october = Question(period=parse_period("2026-10", _NOW, UTC))

    months = _panel(_shown(ledger, "exec", october), "months")

    assert [row["month"] for row in months["rows"]] == ["2026-08", "2026-09", "2026-10"]
    assert months["report"]["period"]["since"] == "2026-07-01T00:00:00Z"


def test_part_of_a_month_is_not_held_against_a_whole_one(ledger):
    last = _made(ledger, "exec").total.coverage.last
    assert last.day < 30

    running = _made(ledger, "exec", Question(period=parse_period("2026-11", _NOW, UTC)))
    until = datetime(2026, 11, last.day + 1, tzinfo=UTC)
    over = _made(ledger, "exec", Question(period=Period(since=datetime(2026, 11, 1, tzinfo=UTC), until=until)))

    assert (running.total.previous is None, over.total.previous is None) == (True, False)
    assert "cost_change_ratio" in {column.name for column in over.panels[0].columns}


def test_every_customer_of_known_cost_is_in_one_bar_of_the_histogram(ledger):
    rows = _panel(_shown(ledger, "customers"), "spread")["rows"]

    costs = [
        Decimal(row["cost"])
        for row in _report(ledger, Question(by=("customer_id",)))["rows"]
        if row["customer_id"] is not None and row["cost"] is not None
    ]
    assert sum(row["customers"] for row in rows) == len(costs) == 12
    for row in rows:
        inside = [
            cost for cost in costs if Decimal(row["from"]) <= cost and (row["to"] is None or cost < Decimal(row["to"]))
        ]
        assert row["customers"] == len(inside)
        assert Decimal(row["cost"]) == sum(inside)


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        (("0",), ["0"]),
        (("3",), ["2"]),
        (("1", "9"), ["1", "2", "5"]),
        (("0", "0.5", "30"), ["0", "0.5", "1", "2", "5", "10", "20"]),
        (("0.0000001", "1000"), ["0", "0.5", "1", "2", "5", "10", "20", "50", "100", "200", "500", "1000"]),
    ],
)
def test_bars_begin_at_one_two_and_five(costs, expected):
    numbers = [Decimal(cost) for cost in costs]
    positive = [cost for cost in numbers if cost]
    extent = Extent(least=min(numbers), least_positive=min(positive) if positive else None, most=max(numbers))

    assert bounds(extent) == [Decimal(bound) for bound in expected]


@given(st.lists(st.decimals(0, 10**9, places=12), min_size=1, max_size=20))
def test_bounds_ascend_and_hold_every_cost(costs):
    positive = [cost for cost in costs if cost]
    extent = Extent(least=min(costs), least_positive=min(positive) if positive else None, most=max(costs))

    found = bounds(extent)

    assert all(lower < upper for lower, upper in itertools.pairwise(found))
    assert found[0] <= min(costs)
    assert found[-1] <= max(costs)
    assert len(found) <= 12


def test_budgets_are_those_of_budget_check(ledger, settings):
    board = _shown(ledger, "exec", settings=settings)

    budgets = budget_json.document(check(ledger, settings, read_budgets(settings), _NOW))["budgets"]
    known = {
        " ".join(
            [one["name"], *(value or "(unattributed)" for key, value in one["scope"].items() if key != "where")]
        ): one
        for one in budgets
    }
    rows = _panel(board, "budgets")["rows"]
    assert len(rows) == 8
    for row in rows:
        budget = known[row["budget"]]
        assert [row["utilisation"], row["status"], row["unit"].lower()] == [
            budget["utilisation"],
            budget["status"],
            budget["unit"],
        ]
        assert [Decimal(row["spent"]), Decimal(row["amount"])] == [Decimal(budget["spent"]), Decimal(budget["amount"])]
    assert [row["utilisation"] for row in rows] == sorted((one["utilisation"] for one in budgets), reverse=True)[:8]


def test_limits_are_held_against_the_latest_month(ledger, plans):
    panel = _panel(_shown(ledger, "customers", plans=plans), "limits")

    november = Question(by=("customer_id",), metrics=("total_tokens",), period=parse_period("2026-11", _NOW, UTC))
    used = {row["customer_id"]: row for row in _report(ledger, november)["rows"]}
    assert {row["plan"] for row in panel["rows"]} == {"free", "pro"}
    for row in panel["rows"]:
        theirs = used[row["customer_id"]]
        if row["plan"] == "free":
            assert Decimal(row["used"]) == theirs["total_tokens"]
            assert (row["limit"], row["unit"]) == ("20000.00", "tokens")
        else:
            assert Decimal(row["used"]) == theirs["input_tokens"] * Decimal("0.0005") + theirs["requests"]
            assert (row["limit"], row["unit"]) == ("12.00", "credits")
        assert row["utilisation"] == round(float(Decimal(row["used"]) / Decimal(row["limit"])), 6)
        assert row["utilisation"] >= 0.8
        assert row["status"] == ("reached" if row["utilisation"] >= 1 else "close")


def test_limits_of_a_year_are_not_held_against_a_month(ledger, plans):
    plans.write_text(_LIMITS.replace("{id: free,", "{id: free, period: year,"))

    panel = _panel(_shown(ledger, "customers", plans=plans), "limits")

    assert {row["plan"] for row in panel["rows"]} == {"pro"}


def test_limits_may_be_budgets_for_each_customer(ledger, settings):
    panel = _panel(_shown(ledger, "customers", settings=settings), "limits")

    assert {row["plan"] for row in panel["rows"]} == {"each"}
    assert {row["unit"] for row in panel["rows"]} == {"USD"}


def test_revenue_is_held_against_cost_by_month(ledger):
    rows = {row["month"]: row for row in _panel(_shown(ledger, "exec"), "revenue")["rows"]}

    assert rows["2026-10"]["revenue"] == "30.07"
    assert rows["2026-10"]["revenue_per_dollar"] == round(float(Decimal("30.07") / Decimal(rows["2026-10"]["cost"])), 6)
    assert rows["2026-08"]["revenue"] is None


def test_what_is_missing_says_how_to_get_it(ledger):
    august = Question(period=parse_period("2026-08", _NOW, UTC))
    assert "--source outcomes" in _panel(_shown(ledger, "exec", august), "revenue")["empty"]
    assert "--plans" in _panel(_shown(ledger, "customers"), "limits")["empty"]
    assert "llmcost init" in _panel(_shown(ledger, "exec"), "budgets")["empty"]


@pytest.mark.parametrize("name", dashboard_names())
def test_where_nothing_has_a_price_every_dashboard_says_so(cli, tmp_path, name):
    """One call of a model that no price list has."""
    log = write(tmp_path / "log.jsonl", [native(request_id="call-0001", provider="vllm", model="house-7b", team="ml")])
    read(tmp_path / "llmcost.duckdb", log)
    shown = {form: cli("dashboard", name, "--format", form) for form in ("table", "html", "json")}
    assert [one.code for one in shown.values()] == [0, 0, 0]
    assert "$0" not in shown["table"].stdout + shown["html"].stdout
    if name == "exec":
        (pace,) = [panel for panel in json.loads(shown["json"].stdout)["panels"] if panel["id"] == "pace"]
        assert pace["empty"] == "no request here has a price"
        assert "No request here has a price." in shown["table"].stdout


def test_a_key_that_a_few_requests_have_is_not_said_to_have_no_value(cli, tmp_path):
    """Twenty calls without an endpoint have a rate; the only endpoint has too few calls for one."""
    calls = [native(request_id=f"call-{n:04}", status="ok") for n in range(20)]
    log = write(tmp_path / "log.jsonl", [*calls, native(request_id="call-9999", status="ok", endpoint="/v1/assist")])
    read(tmp_path / "llmcost.duckdb", log)
    (rates,) = [
        panel
        for panel in json.loads(cli("dashboard", "engineering", "--format", "json").stdout)["panels"]
        if panel["id"] == "errors"
    ]
    assert rates["empty"] == "no endpoint has 20 requests whose outcome is known"


def test_a_period_without_requests_has_no_panels(ledger):
    empty = Question(period=parse_period("2025-01", _NOW, UTC))
    for name in dashboard_names():
        board = _made(ledger, name, empty)
        assert board.panels == ()
        assert board.notes == ("no requests in this period; the ledger has requests of 2026-08-01 to 2026-11-22",)
        assert "No requests in this period." in render_dashboard(board, "html", Surface())
        assert render_dashboard(board, "table", Surface(width=80)).splitlines()[0].startswith(board.title)


def test_savings_are_looked_for_only_when_asked(ledger):
    assert "savings" not in {panel.id for panel in _made(ledger, "exec").panels}

    panel = _panel(_shown(ledger, "exec", dismissed=frozenset()), "savings")

    assert panel["command"] == "llmcost outliers"
    assert panel["rows"] or panel["empty"]


def test_the_command_of_a_panel_prints_its_numbers(cli, path):
    run = cli(
        "dashboard", "engineering", "--db", path, "--where", "team=red", "--period", "2026-10", "--format", "json"
    )
    panel = _panel(json.loads(run.stdout), "errors")

    program, *arguments = shlex.split(panel["command"])
    rows = json.loads(cli(*arguments, "--format", "json").stdout)["rows"]

    assert program == "llmcost"
    by_key = {row["feature"]: row for row in rows}
    for row in panel["rows"]:
        assert row == {column: by_key[row["feature"]][column] for column in row}


def test_a_file_that_ends_in_html_is_a_page(cli, path, tmp_path):
    run = cli("dashboard", "customers", "--db", path, "--output", tmp_path / "page.html")

    assert (run.code, run.stdout, run.stderr) == (0, "", "")
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")


def test_a_dashboard_nobody_knows_is_a_usage_error(cli, path):
    run = cli("dashboard", "finance", "--db", path)

    assert run.code == 2
    assert "customers or engineering or exec" in run.stderr


def test_exports_alone_make_dashboards_too(ledger_in_memory):
    ledger_in_memory.execute(
        """
        insert into usage_bucket (bucket_key, source, ingest_id, bucket_start, bucket_end, provider, model, requests,
            uncached_input_tokens, output_text_tokens, cost, cost_status)
        select uuid(), 'x', 1, timestamp '2026-11-01' + to_days(cast(i as integer)), timestamp '2026-11-02' + to_days(cast(i as integer)),
            'openai', 'gpt-4o', 10, 1000, 100, 0.5, 'estimated'
        from range(10) as days(i)
        """
    )
    for name in dashboard_names():
        board = _made(ledger_in_memory, name)
        shown = {form: render_dashboard(board, form, Surface(width=80)) for form in ("json", "table", "html")}
        assert json.loads(shown["json"])["basis"] == "exports"
        assert _panel(json.loads(shown["json"]), "figures")["rows"][0]["cost"] == "5.00"
        assert "`attribution:` in llmcost.yaml says" in " ".join(shown["table"].split())
        assert "`attribution:` in llmcost.yaml says" in shown["html"]


def test_the_examples_say_what_the_demo_is_shown_with(tmp_path):
    folder = Path(__file__).parents[2] / "examples" / "dashboards"

    assert len(read_budgets(read_settings(folder / "llmcost.yaml"))) == 5
    assert [plan.id for plan in read_plans(folder / "plans.yaml").plans] == ["free", "pro", "enterprise"]
    read_file = ingest_outcomes(
        OutcomeRequest(paths=[str(folder / "revenue.csv")], ledger=tmp_path / "l.duckdb")
    ).files[0]
    assert (read_file.kept.new, read_file.rejected) == (8, 0)


def test_what_has_no_customer_is_not_counted_among_customers_and_said_to_be_left_out(ledger, monkeypatch):
    """Twelve customers and requests of nobody; five are shown."""
    monkeypatch.setattr(customers, "_TOP", 5)
    found = next(panel for panel in _made(ledger, "customers").panels if panel.id == "top")

    assert (len(found.rows), found.row_count) == (5, 12)
    assert None not in [row.cells[0] for row in found.rows]
    assert found.notes == ("What has no customer has no row here, but is in the total; Attribution tells its cost.",)


def test_cost_per_request_is_said_to_leave_unpriced_requests_out(ledger):
    figures = next(panel for panel in _made(ledger, "engineering").panels if panel.id == "figures")

    assert figures.notes == ("Cost per request is that of the requests with a known price.",)
