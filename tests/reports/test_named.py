"""Named reports: each can be asked, says what its rows say, and loses nothing between rows and totals.

The ledger `small` is described in conftest: acme cost 1.247817891234, globex 12.5, nobody 0.000012.
"""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import llmcost
from llmcost.domain.errors import UsageError
from llmcost.domain.outcome import Outcome
from llmcost.domain.period import Period
from llmcost.ledger.dimensions import dimension_names
from llmcost.ledger.metrics import metric_names
from llmcost.ledger.outcomes import keep
from llmcost.render.formats import FORMATS, PAGES, render
from llmcost.render.surface import Surface
from llmcost.reports.catalogue import about, definition, for_people, named_report, report_names
from llmcost.reports.cost_by import cost_by
from llmcost.reports.definition import Surroundings
from llmcost.reports.question import Question
from llmcost.reports.record import Report, Study
from llmcost.reports.trends import with_trends

ROOT = Path(llmcost.__file__).parents[2]


def ask(ledger, name, **question):
    return named_report(ledger, name, Question(**question))


def rows(study, sheet):
    """The rows of a sheet as dictionaries."""
    found = next(one for one in study.sheets if one.name == sheet)
    return [dict(zip((column.name for column in found.columns), row, strict=True)) for row in found.rows]


def facts(document):
    return {fact.name: fact.value for fact in document.facts}


@pytest.mark.parametrize("name", report_names())
def test_every_report_is_there_in_every_format_and_fits_a_terminal(small, name):
    document = ask(small, name)

    assert document.name == name
    for chosen in (*FORMATS, *PAGES):
        assert render(document, chosen, Surface()).endswith("\n")
    parsed = json.loads(render(document, "json", Surface()))
    assert parsed["schema"] in {"llmcost/report/1", "llmcost/named-report/1"}
    assert parsed["name"] == name
    table = list(csv.reader(io.StringIO(render(document, "csv", Surface()))))
    assert len({len(line) for line in table}) == 1
    shown = render(document, "table", Surface(width=80)).replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert all(len(line) <= 80 for line in shown.splitlines())
    for columns in range(20, 161, 20):
        assert render(document, "table", Surface(width=columns)).endswith("\n")


@pytest.mark.parametrize(
    ("name", "by", "title"),
    [
        ("latency", (), "Latency by model"),
        ("latency", ("endpoint",), "Latency by endpoint"),
        ("by-customer", ("team", "model"), "Cost by team, model"),
        ("errors", ("team",), "Errors"),
    ],
)
def test_a_title_names_what_a_report_is_broken_down_by(small, name, by, title):
    assert ask(small, name, by=by).title == title


@pytest.mark.parametrize("name", report_names())
def test_every_report_of_nothing_is_empty_and_not_wrong(ledger, name):
    document = ask(ledger, name)

    for chosen in (*FORMATS, *PAGES):
        assert render(document, chosen, Surface(width=80)).endswith("\n")


@pytest.mark.parametrize("name", report_names())
def test_every_report_names_dimensions_and_metrics_there_are_and_is_documented(name):
    found = definition(name)

    assert {*found.by, *found.instead} <= set(dimension_names())
    assert set(found.metrics) <= set(metric_names())
    assert about(name).endswith(".")
    page = ROOT / "docs" / "how-to" / "named-reports.md"
    if page.exists():
        assert f"| `{name}` |" in page.read_text("utf-8")


def test_an_unknown_report_names_the_nearest():
    with pytest.raises(UsageError) as error:
        definition("by-modle")

    assert "by-model" in error.value.hint


def test_a_name_that_is_a_path_is_only_a_name_nobody_has():
    with pytest.raises(UsageError):
        definition("../definition")


def test_what_the_user_asks_takes_the_place_of_the_usual(small):
    found = ask(small, "latency", by=("customer_id",), metrics=("latency_p50",), where=("model=gpt-5",))

    assert found.by == ("customer_id",)
    # r1 and r2 of acme took 1 and 2 seconds; the failed call of globex logged no latency.
    place = [column.name for column in found.columns].index("latency_p50")
    assert {row.cells[0]: row.cells[place] for row in found.rows} == {"acme": 1500, "globex": None}


@pytest.mark.parametrize("question", [{"metrics": ("cost",)}, {"top": 3}, {"compare": True}])
def test_a_report_with_columns_of_its_own_refuses_others(small, question):
    with pytest.raises(UsageError, match="report concentration has no --"):
        ask(small, "concentration", **question)


def test_errors_are_by_feature_where_no_endpoint_is_known(small, insert):
    assert ask(small, "errors").by == ("model",)
    insert(request_id="r7", feature="search", cost="1")
    assert ask(small, "errors").by == ("feature",)
    insert(request_id="r8", endpoint="/chat", cost="1")
    assert ask(small, "errors").by == ("endpoint",)


def test_unpriced_are_only_the_requests_without_a_cost(small):
    found = ask(small, "unpriced")

    assert [row.cells[:3] for row in found.rows] == [("openai", "gpt-x", None)]
    assert found.coverage.requests == 1


def test_environments_part_production_from_the_rest(small, insert):
    insert(request_id="r7", environment="Production", cost="6")
    insert(request_id="r8", environment="live", cost="1")
    insert(request_id="r9", environment="staging", cost="3")

    found = ask(small, "environments")
    ours = named_report(small, "environments", Question(), Surroundings(production=("staging",)))

    assert facts(found) == {
        "production_cost": Decimal(7),
        "non_production_cost": Decimal(3),
        "non_production_share": pytest.approx(3 / 23.747829891234),
        "unknown_cost": Decimal("13.747829891234"),
    }
    assert facts(ours)["non_production_cost"] == Decimal(7)
    with pytest.raises(UsageError):
        ask(small, "environments", by=("team",))


def test_a_limit_leaves_the_facts_of_environments_alone(small, insert):
    insert(request_id="r7", environment="production", cost="6")
    insert(request_id="r8", environment="staging", cost="3")

    found = ask(small, "environments", limit=1)

    assert len(found.rows) == 1
    assert facts(found) == facts(ask(small, "environments"))


@pytest.mark.parametrize("shown", [{"limit": 1}, {"top": 1}, {}])
def test_a_comparison_leaves_the_facts_of_environments_alone(ledger, insert, shown):
    for name, cost in (("production", "2.5"), ("staging", "1"), ("development", "0.75")):
        insert(request_id=name, environment=name, started_at="2026-11-10 10:00:00", cost=cost)
    insert(request_id="before", environment="qa", started_at="2026-10-10 10:00:00", cost="8")
    november = Period(since=datetime(2026, 11, 1, tzinfo=UTC), until=datetime(2026, 12, 1, tzinfo=UTC))

    found = ask(ledger, "environments", period=november, compare=True, **shown)

    # 1 and 0.75 of 4.25; what was there only before cost nothing now.
    assert facts(found) == {
        "production_cost": Decimal("2.5"),
        "non_production_cost": Decimal("1.75"),
        "non_production_share": pytest.approx(1.75 / 4.25),
        "unknown_cost": Decimal(0),
    }
    assert found.previous is not None


def test_concentration_worked_out_by_hand(ledger, insert):
    for place, cost in enumerate(("1", "2", "3", "4")):
        insert(request_id=str(place), customer_id=f"c{cost}", cost=cost)
    insert(request_id="nobody", cost="90")

    found = ask(ledger, "concentration")

    assert facts(found) == {"groups": 4, "gini": 0.25, "half_held_by": 2, "largest_share": 0.4}
    assert [(row["top_share"], row["groups"], row["cost"], row["cost_share"]) for row in rows(found, "top")] == [
        (0.01, 1, 4, 0.4),
        (0.05, 1, 4, 0.4),
        (0.1, 1, 4, 0.4),
        (0.2, 1, 4, 0.4),
        (0.5, 2, 7, 0.7),
        (1.0, 4, 10, 1.0),
    ]
    lorenz = {round(row["bottom_share"], 1): row["cost_share"] for row in rows(found, "lorenz")}
    assert (lorenz[0.5], lorenz[0.9], lorenz[1.0]) == (0.3, pytest.approx(0.84), 1.0)
    assert found.base.coverage.unattributed_cost == 90


def test_traces_worked_out_by_hand(ledger, insert):
    # One call; three calls; five calls; and one without a trace.
    calls = [("t1", "1")] + [("t3", "0.5")] * 3 + [("t5", "2")] * 5 + [(None, "0.25")]
    for place, (trace, cost) in enumerate(calls):
        insert(
            request_id=str(place),
            trace_id=trace,
            cost=cost,
            output_text_tokens=10,
            started_at=datetime(2026, 11, 1, 8, 0, place),  # noqa: DTZ001
            ended_at=datetime(2026, 11, 1, 8, 0, place + 1),  # noqa: DTZ001
        )

    found = ask(ledger, "traces")

    assert [
        (row["calls"], row["traces"], row["requests"], row["cost"], row["tokens"]) for row in rows(found, "calls")
    ] == [
        ("1", 1, 1, Decimal(1), 10),
        ("2 to 4", 1, 3, Decimal("1.5"), 30),
        ("5 to 20", 1, 5, Decimal(10), 50),
        ("21 or more", 0, 0, None, None),
        ("no trace", 0, 1, Decimal("0.25"), 10),
    ]
    assert facts(found) == {
        "traces": 3,
        "calls_per_trace": 3.0,
        "cost_per_trace": Decimal("4.166666666667"),
        "share_of_5_to_20": pytest.approx(1 / 3),
    }
    assert rows(found, "quantiles")[0] == {"quantile": "50%", "calls": 3.0, "cost": Decimal("1.5"), "duration": 3000.0}
    first = rows(found, "costliest")[0]
    assert (first["trace"], first["requests"], first["duration"]) == ("t5", 5, 5000)


def test_a_trace_lasts_as_long_as_its_calls_do(ledger, insert):
    def second(number):
        return datetime(2026, 11, 1, 8, 0, number)  # noqa: DTZ001

    insert(request_id="a", trace_id="alone", cost="5", started_at=second(0), latency_ms=5000.5)
    insert(request_id="b", trace_id="together", cost="4", started_at=second(0), latency_ms=5000)
    insert(request_id="c", trace_id="together", cost="4", started_at=second(0), latency_ms=90000)
    # What says when it ended is believed before what says how long it took.
    insert(request_id="d", trace_id="ended", cost="3", started_at=second(0), ended_at=second(2), latency_ms=1000)
    insert(request_id="e", trace_id="untold", cost="1", started_at=second(0))
    insert(request_id="f", trace_id="twice", cost="0.5", started_at=second(0))
    insert(request_id="g", trace_id="twice", cost="0", started_at=second(7))

    found = ask(ledger, "traces")

    assert [(row["trace"], row["duration"]) for row in rows(found, "costliest")] == [
        ("together", 90000),
        ("alone", 5000.5),
        ("ended", 2000),
        ("untold", None),
        ("twice", 7000),
    ]


def test_a_trace_of_unknown_cost_is_not_free(ledger, insert):
    """t1 has 0.0026 and a call without a price, t2 nothing but one: the traces of known cost cost 0.0026 each."""
    unpriced = {"model": "nope-1", "cost_status": "unpriced"}
    insert(request_id="a", trace_id="t1", cost="0.0026")
    insert(request_id="b", trace_id="t1", **unpriced)
    insert(request_id="c", trace_id="t2", **unpriced)
    insert(request_id="d", **unpriced)

    found = ask(ledger, "traces")

    assert facts(found)["cost_per_trace"] == Decimal("0.0026")
    assert [
        (row["calls"], row["cost"], row["cost_per_trace"], row["unpriced_requests"]) for row in rows(found, "calls")
    ] == [
        ("1", None, None, 1),
        ("2 to 4", Decimal("0.0026"), Decimal("0.0026"), 1),
        ("5 to 20", None, None, 0),
        ("21 or more", None, None, 0),
        ("no trace", Decimal(0), None, 1),
    ]
    assert found.sheets[0].totals == ("Total", 2, 4, Decimal("0.0026"), 1.0, Decimal("0.0026"), 0, 3)
    assert [(row["trace"], row["unpriced_requests"]) for row in rows(found, "costliest")] == [("t1", 1), ("t2", 1)]
    assert [sheet.shown[-1:] for sheet in found.sheets] == [("unpriced_requests",), (), ("unpriced_requests",)]


def test_traces_of_known_cost_show_no_column_of_unknown(ledger, insert):
    insert(request_id="a", trace_id="t1", cost="1")

    found = ask(ledger, "traces")

    assert all("unpriced_requests" not in sheet.shown for sheet in found.sheets)


def test_a_second_pass_of_a_call_is_no_call_of_its_trace(small):
    small.execute("update request set trace_id = 't' where request_id = 'r2'")

    found = ask(small, "traces")

    assert facts(found)["calls_per_trace"] == 1.0
    assert rows(found, "calls")[0]["cost"] == Decimal("1.244567891234")


def test_without_traces_another_key_is_suggested(small):
    assert any("--by session_id" in note for note in ask(small, "traces").notes)


_CALLS = st.lists(
    st.tuples(st.sampled_from([None, "a", "b", "c"]), st.none() | st.decimals(0, 100, places=12), st.integers(0, 1)),
    max_size=30,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_CALLS)
@pytest.mark.slow
def test_nothing_is_lost_between_traces_and_the_total(ledger, insert_all, calls):
    ledger.execute("delete from request")
    insert_all(
        {
            "request_id": str(place),
            "part": part,
            "trace_id": trace,
            "cost": None if cost is None else str(cost),
            "cost_status": "unpriced" if cost is None else "priced",
        }
        for place, (trace, cost, part) in enumerate(calls)
    )

    found = ask(ledger, "traces")
    total = dict(zip((column.name for column in found.sheets[0].columns), found.sheets[0].totals, strict=True))

    assert sum(row["cost"] or 0 for row in rows(found, "calls")) == total["cost"]
    assert sum(row["requests"] for row in rows(found, "calls")) == total["requests"]
    assert total["cost"] == sum(cost for _, cost, _ in calls if cost is not None)
    assert total["requests"] == sum(part == 0 for _, _, part in calls)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.decimals(0, 100, places=12)), min_size=1, max_size=20))
def test_the_whole_of_a_concentration_is_the_cost_of_all(ledger, insert_all, calls):
    ledger.execute("delete from request")
    insert_all(
        {"request_id": str(place), "customer_id": customer, "cost": str(cost)}
        for place, (customer, cost) in enumerate(calls)
    )

    found = ask(ledger, "concentration")

    assert rows(found, "top")[-1]["cost"] == sum(cost for _, cost in calls)
    assert rows(found, "top")[-1]["groups"] == len({customer for customer, _ in calls})


def _outcomes(metric, values):
    return [
        Outcome(day=date(2026, 11, 1), dimensions=(("customer_id", name),), metric=metric, value=Decimal(value))
        for name, value in values.items()
    ]


def test_usage_against_outcome_worked_out_by_hand(ledger, insert):
    # Ranks of cost 1..6; of engagements 6, 5, 4, 3, 2, 1 but for the two dearest: 1, 2, 3, 4, 6, 5 in rising order.
    costs = {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5", "f": "100", "quiet": "7"}
    for name, cost in costs.items():
        insert(request_id=name, customer_id=name, cost=cost)
    keep(ledger, _outcomes("engagements", {"a": 10, "b": 20, "c": 30, "d": 40, "e": 60, "f": 50, "new": 9}), 1)

    found = ask(ledger, "usage-vs-outcome")

    first = rows(found, "correlation")[0]
    # Six customers have both; sum of squared rank differences 2: 1 - 6 x 2 / (6 x 35).
    assert (first["outcome"], first["with"], first["n"]) == ("engagements", "cost", 6)
    assert first["rho"] == pytest.approx(1 - 12 / 210)
    assert facts(found) == {"both_engagements": 6}
    # The costliest quarter begins at 6: f has 100 of 122 of the cost and 50 of 219 engagements, which is more than a
    # quarter of that share; quiet has 7 of 122 and none.
    assert [(row["customer_id"], row["outcome"]) for row in rows(found, "much_for_little")] == [("quiet", None)]


def test_who_costs_much_and_brings_little_is_listed_with_the_price_of_one(ledger, insert):
    for name, cost in {"a": "1", "b": "1", "c": "1", "d": "9"}.items():
        insert(request_id=name, customer_id=name, cost=cost)
    keep(ledger, _outcomes("conversions", {"a": 30, "b": 30, "c": 30, "d": 10}), 1)

    found = ask(ledger, "usage-vs-outcome")

    assert [dict(row) for row in rows(found, "much_for_little")] == [
        {
            "customer_id": "d",
            "cost": Decimal(9),
            "cost_share": 0.75,
            "outcome": Decimal(10),
            "outcome_share": 0.1,
            "cost_per_outcome": Decimal("0.9"),
        }
    ]
    assert rows(found, "correlation")[0]["rho"] is None
    assert rows(found, "correlation")[0]["reading"] == "fewer than 5"


def test_outcomes_known_by_another_key_are_asked_for_by_it(small):
    keep(small, [Outcome(day=date(2026, 11, 1), dimensions=(("plan", "pro"),), metric="revenue", value=Decimal(5))], 1)

    found = ask(small, "usage-vs-outcome")
    assert [note for note in found.notes if "revenue" in note] == [
        "revenue is not known by customer_id, but by plan: try --by plan"
    ]
    assert not any("--source outcomes" in note for note in found.notes)
    assert [sheet.title for sheet in found.sheets][1] == "High spend, little outcome"


def test_without_outcomes_the_way_to_some_is_named(small):
    assert any("--source outcomes" in note for note in ask(small, "usage-vs-outcome").notes)


def _version(insert, name, day, costs, **values):
    for place, cost in enumerate(costs):
        insert(
            request_id=f"{values.get('prompt_name')}-{name}-{place}",
            prompt_version=name,
            started_at=datetime(2026, 11, day, 8),  # noqa: DTZ001
            cost=str(cost),
            output_text_tokens=10,
            **values,
        )


def test_a_cheaper_version_is_told_from_the_one_before(ledger, insert):
    # Means 2 and 1, variances 40/39 x 0.25 each (half of the costs half a dollar above, half below).
    _version(insert, "v1", 1, [1.5, 2.5] * 20, model="gpt-5")
    _version(insert, "v2", 3, [0.5, 1.5] * 20, model="gpt-5")

    before, after = rows(ask(ledger, "prompt-versions"), "cost")

    assert (before["prompt_version"], before["cost_per_request"], before["reading"]) == ("v1", Decimal(2), "first")
    assert (after["against"], after["cost_per_request"], after["reading"]) == ("v1", Decimal(1), "less")
    # Welch: standard error sqrt(2 x 0.25 / 39), 78 degrees of freedom, t 1.9908; relative to the mean of 2.
    reach = 1.990847 * (0.5 / 39) ** 0.5 / 2
    assert (after["change"], after["low"], after["high"]) == (
        -0.5,
        pytest.approx(-0.5 - reach, abs=1e-6),
        pytest.approx(-0.5 + reach, abs=1e-6),
    )


def test_versions_with_few_requests_are_not_judged(ledger, insert):
    _version(insert, "v1", 1, [1] * 29)
    _version(insert, "v2", 2, [2] * 40)

    assert [row["reading"] for row in rows(ask(ledger, "prompt-versions"), "cost")] == ["first", "too few"]


def test_error_rates_are_compared_in_points(ledger, insert):
    _version(insert, "v1", 1, [1] * 42)
    _version(insert, "v1", 1, [1] * 28, status="error", prompt_name=None, issuer="other")
    _version(insert, "v2", 2, [1] * 56)
    _version(insert, "v2", 2, [1] * 14, status="error", prompt_name=None, issuer="other")

    _, after = rows(ask(ledger, "prompt-versions"), "errors")

    # 28 of 70 against 14 of 70 failed.
    assert after["error_rate"] == 0.2
    assert after["difference"] == pytest.approx(-0.2)
    assert after["reading"] == "less"


def test_prompts_are_compared_with_themselves_and_versions_counted_like_people_count(ledger, insert):
    _version(insert, "v10", 1, [1] * 30, prompt_name="summary")
    _version(insert, "v9", 1, [1] * 30, prompt_name="summary")
    _version(insert, "v1", 1, [1] * 30, prompt_name="title")

    found = rows(ask(ledger, "prompt-versions"), "cost")

    assert [(row["prompt_name"], row["prompt_version"], row["against"]) for row in found] == [
        ("summary", "v9", None),
        ("summary", "v10", "v9"),
        ("title", "v1", None),
    ]
    assert found[1]["reading"] == "no clear change"


def test_an_experiment_tag_can_be_compared_instead_and_another_model_is_told(ledger, insert):
    for place in range(60):
        arm = "b" if place % 2 else "a"
        insert(request_id=str(place), tags=f'{{"experiment":"{arm}"}}', model=f"model-{arm}", cost="1")

    found = ask(ledger, "prompt-versions", by=("experiment",))

    assert [row["experiment"] for row in rows(found, "cost")] == ["a", "b"]
    assert any(note.startswith("b: most requests used another model") for note in found.notes)


def test_exports_hold_nothing_to_compare_versions_by(ledger):
    ledger.execute(
        "insert into usage_bucket by name select uuid() as bucket_key, 's' as source, 1 as ingest_id, 'priced' as cost_status, "
        "timestamp '2026-11-01' as bucket_start, timestamp '2026-11-02' as bucket_end, 5 as requests, 1 as cost, "
        '\'{"experiment":"a"}\' as tags'
    )

    found = ask(ledger, "prompt-versions", by=("experiment",))

    assert rows(found, "cost") == []
    assert any("exports hold no single requests" in note for note in found.notes)


def test_passes_of_one_call_are_one_request_of_its_version(ledger, insert):
    _version(insert, "v1", 1, [1] * 30)
    _version(insert, "v1", 1, [2] * 30, part=1)

    (only,) = rows(ask(ledger, "prompt-versions"), "cost")

    assert (only["requests"], only["cost_per_request"]) == (30, Decimal(3))


def test_people_read_fifty_customers_and_every_day(ledger, insert):
    for place in range(60):
        started = datetime(2026, 9, 1) + timedelta(days=place)  # noqa: DTZ001
        insert(request_id=str(place), customer_id=f"c{place}", cost="1", started_at=started)

    customers, days = ask(ledger, "by-customer"), ask(ledger, "daily-usage")

    assert len(customers.rows) == 60
    assert "50 of 60 rows shown." in render(for_people(customers, Question()), "table", Surface())
    assert len(for_people(customers, Question(limit=55)).rows) == 60
    assert len(for_people(days, Question()).rows) == 60


def test_trends_add_up_to_the_cost_of_their_rows(small):
    question = Question(by=("customer_id",), top=1)

    found = with_trends(small, question, cost_by(small, question))

    # By day: globex all on the first, the others 1.247817891234 then 0.000012.
    assert [row.trend for row in found.rows] == [
        (Decimal("12.5"), Decimal(0)),
        (Decimal("1.247817891234"), Decimal("0.000012")),
    ]


def test_a_trend_has_the_days_without_a_request_as_well(small, insert):
    insert(request_id="r9", customer_id="acme", cost="1", started_at=datetime(2026, 11, 5, 8))  # noqa: DTZ001
    question = Question(by=("customer_id",), where=("customer_id=acme",))

    (row,) = with_trends(small, question, cost_by(small, question)).rows

    assert row.trend == (Decimal("1.247817891234"), 0, 0, 0, 1)


def test_bars_are_drawn_where_rows_are_spans_of_time_on_a_terminal(small):
    report = cost_by(small, Question(by=("day",)))

    assert "█" not in render(report, "table", Surface())
    assert "█" in render(report, "table", Surface(width=120))
    assert "█" not in render(report, "table", Surface(width=120, drawings=False))
    assert "█" in render(report, "table", Surface(drawings=True))
    assert "█" not in render(report, "markdown", Surface(drawings=True))


def test_reports_that_are_questions_are_reports_like_any_other(small):
    found = ask(small, "by-model")

    assert isinstance(found, Report)
    assert found.totals == cost_by(small, Question(by=("model",), metrics=definition("by-model").metrics)).totals
    assert isinstance(ask(small, "traces"), Study)
