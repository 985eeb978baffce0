"""Outcomes beside the requests of the ledger added up by hand in conftest: unit economics are ratios of sums.

acme cost 1.247817891234 and globex 12.5, all on 2026-11-01 (UTC); somebody without a name cost 0.000012 on 2026-11-02.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost.domain.outcome import Outcome
from llmcost.domain.period import Period, time_zone
from llmcost.ledger.outcomes import keep
from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question


def outcome(metric, value, day=1, **dimensions):
    return Outcome(
        day=date(2026, 11, day), dimensions=tuple(sorted(dimensions.items())), metric=metric, value=Decimal(str(value))
    )


def values(report, name):
    """By the keys of each row, the value of one column."""
    place = [column.name for column in report.columns].index(name)
    return {row.cells[: len(report.by)]: row.cells[place] for row in report.rows}


def total(report, name):
    return report.totals[[column.name for column in report.columns].index(name)]


@pytest.fixture
def with_outcomes(small):
    keep(
        small,
        [
            outcome("revenue", 25, customer_id="globex"),
            outcome("revenue", "2.5", customer_id="acme"),
            outcome("revenue", 10, customer_id="initech"),
            outcome("engagements", 9, customer_id="acme"),
            outcome("engagements", 50, customer_id="globex"),
            outcome("conversions", 10, customer_id="globex"),
            outcome("active_users", 5, customer_id="acme"),
        ],
        1,
    )
    return small


def test_revenue_per_dollar_is_revenue_over_cost_of_each_customer(with_outcomes):
    report = cost_by(with_outcomes, Question(by=("customer_id",), metrics=("revenue_per_dollar",)))

    found = values(report, "revenue_per_dollar")
    assert found["globex",] == 2.0
    assert found["acme",] == pytest.approx(2.5 / 1.247817891234)
    assert found["initech",] is None
    assert found[None,] is None
    assert total(report, "revenue_per_dollar") == pytest.approx(37.5 / 13.747829891234)


def test_a_customer_with_revenue_and_no_request_has_a_row_so_that_rows_add_up(with_outcomes):
    report = cost_by(with_outcomes, Question(by=("customer_id",), metrics=("revenue",)))

    assert values(report, "revenue") == {
        ("globex",): Decimal(25),
        ("acme",): Decimal("2.5"),
        ("initech",): Decimal(10),
        (None,): None,
    }
    assert total(report, "revenue") == Decimal("37.5")
    assert values(report, "cost")["initech",] == 0
    assert values(report, "requests")["initech",] == 0


def test_below_the_minimum_there_is_no_ratio(with_outcomes):
    report = cost_by(with_outcomes, Question(by=("customer_id",), metrics=("cost_per_engagement",)))

    # Nine engagements are too few for acme; globex paid 12.5 for fifty.
    assert values(report, "cost_per_engagement") == {
        ("globex",): Decimal("0.25"),
        ("acme",): None,
        (None,): None,
    }
    assert total(report, "cost_per_engagement") == Decimal("0.233014065953")


def test_tokens_and_thousands_of_tokens(with_outcomes):
    wanted = ("tokens_per_conversion", "revenue_per_1k_tokens", "cost_per_active_user")
    report = cost_by(with_outcomes, Question(by=("customer_id",), metrics=wanted))

    # globex used 500 + 20 tokens, fewer than the thousand it takes; acme 1000 + 200 + 10000 + 600 + 10 + 770 = 12580.
    assert values(report, "tokens_per_conversion")["globex",] == 52.0
    assert values(report, "revenue_per_1k_tokens")["globex",] is None
    assert values(report, "revenue_per_1k_tokens")["acme",] == Decimal("0.198728139905")
    assert values(report, "cost_per_active_user")["acme",] == Decimal("0.249563578247")


def test_failed_requests_weigh_on_the_successful_ones(with_outcomes, insert):
    insert(request_id="r7", customer_id="acme", model="gpt-5", status="error", cost="0.5")
    report = cost_by(with_outcomes, Question(by=("customer_id",), metrics=("cost_per_successful_request",)))

    # acme: (1.247817891234 + 0.5) / 2, its unpriced request left out.
    assert values(report, "cost_per_successful_request")["acme",] == Decimal("0.873908945617")


def test_what_outcomes_are_not_broken_down_by_is_not_known_and_said_so(with_outcomes):
    report = cost_by(with_outcomes, Question(by=("model",), metrics=("revenue_per_dollar", "revenue")))

    assert set(values(report, "revenue").values()) == {None}
    assert total(report, "revenue") == Decimal("37.5")
    assert report.notes == ("revenue is not known by model",)


def test_conditions_hold_for_outcomes_too(with_outcomes):
    one = cost_by(with_outcomes, Question(where=("customer_id=globex",), metrics=("revenue",)))
    other = cost_by(with_outcomes, Question(where=("model=gpt-5",), metrics=("revenue",)))

    assert total(one, "revenue") == Decimal(25)
    assert total(other, "revenue") is None
    assert other.notes == ("revenue is not known by model",)


def test_without_any_outcome_the_way_to_some_is_named(small):
    report = cost_by(small, Question(by=("customer_id",), metrics=("revenue_per_dollar",)))

    assert values(report, "revenue_per_dollar") == {("globex",): None, ("acme",): None, (None,): None}
    assert report.notes == (
        "no outcome called revenue in this period; `llmcost ingest --source outcomes FILE` reads some",
    )


def test_days_of_outcomes_are_days_of_the_reporting_time_zone(with_outcomes):
    zone = time_zone("Asia/Kolkata")
    report = cost_by(with_outcomes, Question(by=("day",), metrics=("revenue",), zone=zone))
    # 2026-11-01 in Kolkata begins at 18:30 UTC of the day before.
    begins = datetime(2026, 10, 31, 18, 30, tzinfo=UTC)
    inside = cost_by(with_outcomes, Question(metrics=("revenue",), zone=zone, period=Period(since=begins)))
    later = cost_by(
        with_outcomes,
        Question(metrics=("revenue",), zone=zone, period=Period(since=begins.replace(minute=31))),
    )

    assert values(report, "revenue")["2026-11-01",] == Decimal("37.5")
    assert total(inside, "revenue") == Decimal("37.5")
    assert total(later, "revenue") is None


def test_outcomes_of_months_without_requests_are_said_to_be(with_outcomes):
    keep(with_outcomes, [outcome("revenue", 1, day=30, customer_id="acme")], 1)
    same = cost_by(with_outcomes, Question(metrics=("revenue",)))
    early = Outcome(day=date(2026, 9, 1), dimensions=(), metric="revenue", value=Decimal(1))
    keep(with_outcomes, [early], 1)
    other = cost_by(with_outcomes, Question(metrics=("revenue",)))

    assert same.notes == ()
    assert other.notes == (
        "outcomes are of 2026-09-01 to 2026-11-30, requests of 2026-11-01 to 2026-11-02; --period compares like with like",
    )


@pytest.mark.parametrize(("grain", "text"), [("week", "2026-W44"), ("month", "2026-11"), ("quarter", "2026-Q4")])
def test_outcomes_add_up_by_every_longer_grain(with_outcomes, grain, text):
    report = cost_by(with_outcomes, Question(by=(grain,), metrics=("revenue",)))

    assert values(report, "revenue")[text,] == Decimal("37.5")


def test_in_another_currency_revenue_is_converted_like_cost(with_outcomes):
    rates = ((date(2026, 1, 1), Decimal("0.5")),)
    report = cost_by(with_outcomes, Question(metrics=("revenue", "revenue_per_dollar"), currency="EUR", rates=rates))

    assert total(report, "revenue") == Decimal("18.75")
    assert total(report, "revenue_per_dollar") == pytest.approx(37.5 / 13.747829891234)


def test_the_period_before_is_compared_with_its_own_outcomes(with_outcomes):
    keep(with_outcomes, [outcome("revenue", 4, day=2, customer_id="globex")], 1)
    second = Period(since=datetime(2026, 11, 2, tzinfo=UTC), until=datetime(2026, 11, 3, tzinfo=UTC))

    report = cost_by(with_outcomes, Question(by=("customer_id",), metrics=("revenue",), period=second, compare=True))

    assert values(report, "revenue")["globex",] == Decimal(4)
    assert values(report, "previous_cost")["globex",] == Decimal("12.5")


def test_by_hour_nothing_is_known(with_outcomes):
    report = cost_by(with_outcomes, Question(by=("hour",), metrics=("revenue",)))

    assert set(values(report, "revenue").values()) == {None}
    assert report.notes == ("revenue is not known by hour",)


def test_outcomes_of_groups_outside_the_top_are_in_the_row_of_the_others(with_outcomes):
    report = cost_by(with_outcomes, Question(by=("customer_id",), metrics=("revenue",), top=1))

    assert [(row.cells[0], row.other) for row in report.rows] == [("globex", False), (None, True)]
    assert list(values(report, "revenue").values()) == [Decimal(25), Decimal("12.5")]


_outcomes = st.lists(
    st.builds(
        outcome,
        st.sampled_from(["revenue", "engagements"]),
        st.integers(0, 10**6),
        st.integers(1, 28),
        customer_id=st.sampled_from(["acme", "globex", "initech", None]),
        feature=st.sampled_from(["search", None]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda one: (one.day, one.metric, one.dimensions),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    outcomes=_outcomes,
    by=st.lists(st.sampled_from(["customer_id", "feature", "day", "week"]), min_size=1, max_size=2, unique=True),
    top=st.none() | st.integers(1, 2),
)
@pytest.mark.slow
def test_outcomes_add_up_to_their_total_however_they_are_grouped(small, outcomes, by, top):
    small.execute("delete from outcome")
    keep(small, outcomes, 1)

    report = cost_by(small, Question(by=tuple(by), metrics=("revenue", "engagements"), top=top))

    for name in ("revenue", "engagements"):
        offered = [one.value for one in outcomes if one.metric == name]
        place = [column.name for column in report.columns].index(name)
        assert sum((row.cells[place] or 0 for row in report.rows), start=Decimal(0)) == sum(offered)
        assert (total(report, name) or 0) == sum(offered)


def test_outcomes_given_in_two_ways_for_the_same_days_are_told_of(with_outcomes):
    def notes(*by):
        return [
            note for note in cost_by(with_outcomes, Question(by=by, metrics=("conversions",))).notes if "set" in note
        ]

    assert notes("customer_id") == []
    keep(with_outcomes, [outcome("conversions", 4, customer_id="globex", feature="chat")], 2)

    assert notes("customer_id") == ["conversions is given by more than one set of dimensions; all of it adds up"]
    assert notes("customer_id", "feature") == []
