"""Grouping by anything, over the hand-made ledger of conftest.py."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmcost.domain.errors import UsageError
from llmcost.domain.period import Period, parse_period, time_zone
from llmcost.render.cells import grid
from llmcost.render.footer import footer
from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question
from llmcost.reports.record import Cell, Report

_NOW = datetime(2026, 11, 21, tzinfo=UTC)


def rows_of(report: Report, *names: str) -> list[tuple[Cell, ...]]:
    """The named cells of each row."""
    indexes = [[column.name for column in report.columns].index(name) for name in names]
    return [tuple(row.cells[index] for index in indexes) for row in report.rows]


def total_of(report: Report, name: str) -> Cell:
    return report.totals[[column.name for column in report.columns].index(name)]


def test_rows_come_by_cost_with_a_row_for_nobody(small):
    report = cost_by(small, Question(by=("customer_id",)))

    assert [
        ("globex", Decimal("12.5"), 2, 0, 500, 20),
        ("acme", Decimal("1.247817891234"), 3, 1, 11700, 880),
        (None, Decimal("0.000012"), 1, 0, 10, 5),
    ] == rows_of(report, "customer_id", "cost", "requests", "unpriced_requests", "input_tokens", "output_tokens")
    assert Decimal("13.747829891234") == total_of(report, "cost")
    assert total_of(report, "requests") == 6


def test_a_group_without_a_priced_request_has_no_cost(small):
    report = cost_by(small, Question(by=("model",)))

    assert [
        ("claude-sonnet-4-5", Decimal("12.500012")),
        ("gpt-5", Decimal("1.247817891234")),
        ("gpt-x", None),
    ] == rows_of(report, "model", "cost")


def test_without_keys_the_one_row_is_the_total(small):
    report = cost_by(small, Question())

    assert [row.cells for row in report.rows] == [report.totals]
    assert total_of(report, "input_tokens") == 12210
    assert total_of(report, "output_tokens") == 905
    assert total_of(report, "cache_read_input_tokens") == 8050


def test_an_empty_ledger_cost_nothing(ledger):
    report = cost_by(ledger, Question())

    assert total_of(report, "cost") == Decimal(0)
    assert total_of(report, "requests") == 0
    assert report.notes == ("no requests in this period",)
    assert report.period == Period()


def test_coverage_says_what_the_numbers_leave_out(small):
    coverage = cost_by(small, Question(by=("customer_id",))).coverage

    assert coverage.requests == 6
    assert coverage.unpriced_requests == 1
    assert coverage.unpriced_reported == Decimal("1.20")
    assert coverage.unpriced_models == (("gpt-x", 1),)
    assert coverage.estimated_requests == 1
    assert coverage.assumed_time_requests == 1
    assert coverage.rejected == 2
    assert coverage.unattributed_cost == Decimal("0.000012")


def test_an_open_period_is_closed_at_the_midnights_around_the_requests(small):
    report = cost_by(small, Question(zone=time_zone("Asia/Kolkata")))

    # 11-01 08:00 UTC is 13:30 on the 1st in India, 11-02 11:00 UTC is 16:30 on the 2nd; midnight there is 18:30 UTC.
    assert report.period == Period(
        since=datetime(2026, 10, 31, 18, 30, tzinfo=UTC), until=datetime(2026, 11, 2, 18, 30, tzinfo=UTC)
    )


def test_the_period_is_half_open(small):
    period = Period(since=datetime(2026, 11, 1, 22, 30, tzinfo=UTC), until=datetime(2026, 11, 1, 23, 30, tzinfo=UTC))

    report = cost_by(small, Question(period=period))

    assert total_of(report, "requests") == 1
    assert total_of(report, "cost") == Decimal("1.244567891234")


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("total_tokens", 13115),
        ("uncached_input_tokens", 4010),
        ("cache_write_input_tokens", 150),
        ("reasoning_output_tokens", 100),
        ("average_input_tokens", 2035.0),
        # 13.747829891234 over the five requests with a known cost: 2.7495659782468, rounded half-even.
        ("cost_per_request", Decimal("2.749565978247")),
        ("error_rate", 1 / 6),
        ("cache_hit_rate", 8050 / 12210),
        ("input_output_ratio", 12210 / 905),
        ("latency_p50", 2000.0),
        ("latency_p90", 2800.0),
        # r1, r2 and r3 logged a latency: 200 + 600 + 20 tokens in 6 seconds.
        ("output_tokens_per_second", 820 / 6),
        ("peak_requests_per_minute", 2),
        # r2 and its second pass: 10,000 in, 610 out.
        ("peak_tokens_per_minute", 10610),
        ("distinct_users", 2),
        ("distinct_customers", 2),
        ("priced_requests", 5),
        ("reported_cost", Decimal("1.20")),
        ("list_value", None),
        ("web_searches", None),
    ],
)
def test_metrics_are_worked_out_over_the_whole(small, metric, expected):
    report = cost_by(small, Question(metrics=(metric,)))

    assert total_of(report, metric) == expected


def test_peaks_belong_to_their_group(small):
    report = cost_by(small, Question(by=("customer_id",), metrics=("peak_requests_per_minute",)))

    assert rows_of(report, "customer_id", "peak_requests_per_minute") == [("globex", 1), ("acme", 1), (None, 1)]


def test_money_per_request_does_not_pass_through_a_float(insert, ledger):
    insert(request_id="a", cost="123456.123456789012")
    insert(request_id="b", cost="123456.123456789013")

    report = cost_by(ledger, Question(metrics=("cost_per_request",)))

    assert total_of(report, "cost_per_request") == Decimal("123456.123456789012")


def test_tags_are_found_by_bare_name_or_with_their_prefix(small):
    bare = cost_by(small, Question(by=("region_code",)))
    prefixed = cost_by(small, Question(by=("tags.region_code",)))

    assert [
        ("eu", Decimal("12.50325")),
        ("us", Decimal("1.244567891234")),
        (None, Decimal("0.000012")),
    ] == rows_of(bare, "region_code", "cost")
    assert rows_of(bare, "region_code", "cost") == rows_of(prefixed, "tags.region_code", "cost")


def test_a_dimension_hides_the_tag_of_its_name_but_not_its_prefixed_name(small):
    report = cost_by(small, Question(by=("tags.model",)))

    assert rows_of(report, "tags.model", "requests") == [(None, 5), ("spoof", 1)]


def test_a_tag_key_may_hold_what_json_pointers_reserve(small):
    report = cost_by(small, Question(by=("a/b~c",)))

    assert rows_of(report, "a/b~c", "requests") == [(None, 5), ("x", 1)]


@pytest.mark.parametrize("key", ["$.region_code", "$", "*", "/region_code", "$x"])
def test_a_tag_key_is_never_taken_for_a_path(small, key):
    report = cost_by(small, Question(by=(f"tags.{key}",)))

    assert rows_of(report, f"tags.{key}", "requests") == [(None, 6)]


def test_an_unknown_key_names_the_nearest(small):
    with pytest.raises(UsageError, match="no dimension or tag is called 'regioncode'") as caught:
        cost_by(small, Question(by=("regioncode",)))

    assert "region_code" in (caught.value.hint or "")


def test_an_unknown_key_names_each_of_all_once(small):
    with pytest.raises(UsageError) as caught:
        cost_by(small, Question(by=("qqqzzz",)))

    names = (caught.value.hint or "").removeprefix("the dimensions and tags are ").split(", ")
    assert "region_code" in names
    assert len(names) == len(set(names))


def test_a_metric_is_not_a_dimension(small):
    with pytest.raises(UsageError, match="'cost' is a metric"):
        cost_by(small, Question(by=("cost",)))


def test_an_unknown_metric_names_the_nearest(small):
    with pytest.raises(UsageError, match="no metric 'cost_per_requests'") as caught:
        cost_by(small, Question(metrics=("cost_per_requests",)))

    assert "'cost_per_request'" in (caught.value.hint or "")


def test_a_key_without_values_gets_its_row_and_a_note_of_the_tags_there_are(small):
    report = cost_by(small, Question(by=("team",)))

    assert rows_of(report, "team", "requests") == [(None, 6)]
    assert report.notes == (
        "no request here has a value for team; the tags in this ledger are a/b~c, model, region_code",
    )


def test_days_are_days_in_the_reporting_zone(small):
    utc = cost_by(small, Question(by=("day",)))
    berlin = cost_by(small, Question(by=("day",), zone=time_zone("Europe/Berlin")))
    kolkata = cost_by(small, Question(by=("day",), zone=time_zone("Asia/Kolkata")))

    assert rows_of(utc, "day", "requests") == [("2026-11-01", 3), ("2026-11-02", 3)]
    assert rows_of(berlin, "day", "requests") == [("2026-11-01", 2), ("2026-11-02", 4)]
    assert rows_of(kolkata, "day", "requests") == [("2026-11-01", 1), ("2026-11-02", 5)]


@pytest.mark.parametrize(
    ("grain", "expected"),
    [
        ("hour", "2026-11-01T13:00+05:30"),
        ("day", "2026-11-01"),
        ("week", "2026-W44"),
        ("month", "2026-11"),
        ("quarter", "2026-Q4"),
        ("year", "2026"),
    ],
)
def test_each_grain_has_its_spelling(small, grain, expected):
    report = cost_by(small, Question(by=(grain,), zone=time_zone("Asia/Kolkata")))

    assert rows_of(report, grain)[0] == (expected,)


def test_the_hour_that_happens_twice_is_two_hours_in_order(insert, ledger):
    """Berlin turns its clocks back at 2026-10-25 01:00 UTC, from 03:00 to 02:00."""
    for minute in ("2026-10-24 22:30", "2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 22:59", "2026-10-25 23:00"):
        insert(started_at=f"{minute}:00", cost="1", request_id=minute)

    hours = cost_by(ledger, Question(by=("hour",), zone=time_zone("Europe/Berlin")))
    days = cost_by(ledger, Question(by=("day",), zone=time_zone("Europe/Berlin")))

    assert rows_of(hours, "hour") == [
        ("2026-10-25T00:00+02:00",),
        ("2026-10-25T02:00+02:00",),
        ("2026-10-25T02:00+01:00",),
        ("2026-10-25T23:00+01:00",),
        ("2026-10-26T00:00+01:00",),
    ]
    assert rows_of(days, "day", "requests") == [("2026-10-25", 4), ("2026-10-26", 1)]


def test_the_hour_that_never_happens_is_skipped(insert, ledger):
    """Berlin turns its clocks on at 2026-03-29 01:00 UTC, from 02:00 to 03:00."""
    for minute in ("2026-03-29 00:59", "2026-03-29 01:00"):
        insert(started_at=f"{minute}:59", cost="1", request_id=minute)

    hours = cost_by(ledger, Question(by=("hour",), zone=time_zone("Europe/Berlin")))

    assert rows_of(hours, "hour") == [("2026-03-29T01:00+01:00",), ("2026-03-29T03:00+02:00",)]


def test_hours_of_which_the_clocks_skip_or_repeat_a_half_are_parted_at_the_switch(insert, ledger):
    """Lord Howe turns its clocks by half an hour: back at 2026-04-04 15:00 UTC, on at 2026-10-03 15:30 UTC."""
    turned_back = ("2026-04-04 14:10", "2026-04-04 14:45", "2026-04-04 15:10", "2026-04-04 15:40")
    turned_on = ("2026-10-03 15:20", "2026-10-03 15:45", "2026-10-03 16:10")
    for minute in (*turned_back, *turned_on):
        insert(started_at=f"{minute}:00", cost="1", request_id=minute)

    howe = time_zone("Australia/Lord_Howe")
    hours = rows_of(cost_by(ledger, Question(by=("hour",), zone=howe)), "hour", "requests")

    assert hours == [
        # 01:10 and 01:45; at 02:00 the clocks go back to 01:30, and 01:40 is another hour.
        ("2026-04-05T01:00+11:00", 2),
        ("2026-04-05T01:00+10:30", 1),
        ("2026-04-05T02:00+10:30", 1),
        # 01:50; at 02:00 the clocks go on to 02:30.
        ("2026-10-04T01:00+10:30", 1),
        ("2026-10-04T02:00+11:00", 1),
        ("2026-10-04T03:00+11:00", 1),
    ]
    for hour, requests in hours:
        found = cost_by(ledger, Question(where=(f"hour={hour}",), zone=howe))
        assert (hour, found.coverage.requests) == (hour, requests)


def test_time_leads_then_keys_in_order(small):
    report = cost_by(small, Question(by=("day", "customer_id")))

    assert rows_of(report, "day", "customer_id") == [
        ("2026-11-01", "acme"),
        ("2026-11-01", "globex"),
        ("2026-11-02", "acme"),
        ("2026-11-02", "globex"),
        ("2026-11-02", None),
    ]


def test_equal_costs_come_by_key_with_nobody_last(insert, ledger):
    for customer in ("b", None, "a", "Z"):
        insert(customer_id=customer, cost="1", request_id=customer)

    report = cost_by(ledger, Question(by=("customer_id",)))

    assert rows_of(report, "customer_id") == [("Z",), ("a",), ("b",), (None,)]


def test_the_rest_is_one_row_and_told_from_nobody(small):
    report = cost_by(small, Question(by=("customer_id",), top=1))

    assert [(row.cells[0], row.other) for row in report.rows] == [("globex", False), (None, True)]
    assert rows_of(report, "cost", "requests") == [
        (Decimal("12.5"), 2),
        (Decimal("1.247829891234"), 4),
    ]
    assert total_of(report, "cost") == Decimal("13.747829891234")


def test_a_top_as_large_as_the_groups_has_no_rest(small):
    report = cost_by(small, Question(by=("customer_id",), top=3))

    assert [row.other for row in report.rows] == [False, False, False]
    assert report.rows[2].cells[0] is None


def test_with_a_grain_each_span_has_its_rest(small):
    report = cost_by(small, Question(by=("day", "model"), top=1))

    assert [(*row.cells[:2], row.other) for row in report.rows] == [
        ("2026-11-01", "claude-sonnet-4-5", False),
        ("2026-11-01", None, True),
        ("2026-11-02", "claude-sonnet-4-5", False),
        ("2026-11-02", None, True),
    ]


def test_the_top_days_stay_in_order(small):
    report = cost_by(small, Question(by=("day",), top=1))

    assert [(row.cells[0], row.other) for row in report.rows] == [("2026-11-01", False), (None, True)]


def test_a_limit_cuts_rows_not_totals(small):
    report = cost_by(small, Question(by=("customer_id",), limit=1))

    assert rows_of(report, "customer_id") == [("globex",)]
    assert report.row_count == 3
    assert total_of(report, "requests") == 6


def test_share_is_of_the_whole(small):
    report = cost_by(small, Question(by=("customer_id",), limit=1))

    assert rows_of(report, "share") == [(float(Decimal("12.5") / Decimal("13.747829891234")),)]


def test_a_comparison_has_what_came_and_what_went(small):
    report = cost_by(small, Question(by=("customer_id",), period=parse_period("2026-11-02", _NOW, UTC), compare=True))

    assert [
        # Only an unpriced request today: unknown, not zero.
        (None, Decimal("0.000012"), Decimal(0), Decimal("0.000012"), None, 0),
        ("globex", Decimal(0), Decimal("12.5"), Decimal("-12.5"), -1.0, 1),
        ("acme", None, Decimal("1.247817891234"), None, None, 2),
    ] == rows_of(
        report, "customer_id", "cost", "previous_cost", "cost_change", "cost_change_ratio", "previous_requests"
    )
    assert report.previous == parse_period("2026-11-01", _NOW, UTC)
    assert total_of(report, "previous_cost") == Decimal("13.747817891234")


def test_a_comparison_keeps_who_vanished(small):
    report = cost_by(small, Question(by=("region_code",), period=parse_period("2026-11-02", _NOW, UTC), compare=True))

    assert rows_of(report, "region_code", "cost", "requests", "previous_cost") == [
        (None, Decimal("0.000012"), 3, Decimal(0)),
        ("eu", Decimal(0), 0, Decimal("12.50325")),
        ("us", Decimal(0), 0, Decimal("1.244567891234")),
    ]


def test_a_comparison_tells_what_the_period_before_leaves_out(insert_all, ledger):
    """Two of the three requests of October have no known cost, so that nine times as much is nine times a third of it."""
    october, november = {"started_at": "2026-10-10 10:00:00"}, {"started_at": "2026-11-10 10:00:00"}
    unpriced = {"model": "house-llm", "cost_status": "unpriced"}
    insert_all(
        [
            {"request_id": "a", "customer_id": "acme", "model": "gpt-4o", "cost": "1", **october},
            {"request_id": "b", "customer_id": "acme", **unpriced, **october},
            {"request_id": "c", "customer_id": "globex", **unpriced, **october},
            {"request_id": "d", "customer_id": "acme", "model": "gpt-4o", "cost": "10", **november},
        ]
    )
    chosen = Question(by=("customer_id",), period=parse_period("2026-11", _NOW, UTC), compare=True)

    report = cost_by(ledger, chosen)
    before = cost_by(ledger, replace(chosen, period=parse_period("2026-10", _NOW, UTC), compare=False))

    names = ("customer_id", "previous_cost", "previous_requests", "previous_unpriced_requests")
    assert rows_of(report, *names) == [("acme", Decimal(1), 2, 1), ("globex", None, 1, 1)]
    assert total_of(report, "previous_unpriced_requests") == total_of(before, "unpriced_requests") == 2
    assert report.shown[-1] == "previous_unpriced_requests"
    assert "In the period before, 2 of 3 requests are unpriced and in no sum of cost: house-llm (2)." in footer(report)


def test_a_comparison_with_prices_throughout_has_no_more_to_tell(insert, ledger):
    insert(request_id="a", started_at="2026-10-10 10:00:00", cost="1")
    insert(request_id="b", started_at="2026-11-10 10:00:00", cost="2")

    report = cost_by(ledger, Question(period=parse_period("2026-11", _NOW, UTC), compare=True))

    assert report.shown[-1] == "cost_change_ratio"
    assert not any("In the period before" in line for line in footer(report))


@pytest.mark.parametrize(
    ("first", "zone", "begun"),
    [
        ("2026-10-10 10:00:00", "UTC", "2026-10-10"),
        ("2026-10-01 23:59:59", "UTC", None),
        ("2026-09-30 10:00:00", "UTC", None),
        # 2 October in Berlin, and still the first in New York.
        ("2026-10-01 22:30:00", "Europe/Berlin", "2026-10-02"),
        ("2026-10-02 03:30:00", "America/New_York", None),
    ],
)
def test_a_ledger_that_begins_amid_the_period_before_says_so(insert, ledger, first, zone, begun):
    insert(request_id="a", started_at=first, customer_id="acme", cost="1")
    insert(request_id="b", started_at="2026-10-20 10:00:00", customer_id="globex", cost="1")
    insert(request_id="c", started_at="2026-11-10 10:00:00", customer_id="globex", cost="2")
    november = parse_period("2026-11", _NOW, time_zone(zone))

    report = cost_by(ledger, Question(period=november, zone=time_zone(zone), compare=True))

    note = f"the ledger begins on {begun}, amid the period before: what was spent until then is not known"
    assert report.notes == (() if begun is None else (note,))


_BUCKET = """
    insert into usage_bucket by name select
        uuid() as bucket_key, 'openai-usage' as source, 1 as ingest_id, timestamp '2026-10-10' as bucket_start,
        timestamp '2026-10-11' as bucket_end, 'gpt-5' as model, 10 as requests, 7.5 as cost, 'billed' as cost_status
"""


def test_exports_of_the_period_before_are_not_nothing(ledger, insert):
    """October cost 7.50 by its exports, and no request of it is known: that is not a rise from 0.00."""
    ledger.execute(_BUCKET)
    insert(request_id="a", model="gpt-5", started_at="2026-11-10 10:00:00", cost="7.5")
    chosen = Question(by=("model",), period=parse_period("2026-11", _NOW, UTC), compare=True)

    report = cost_by(ledger, chosen)
    exports = cost_by(ledger, replace(chosen, basis="exports"))

    names = ("model", "cost", "previous_cost", "cost_change", "previous_requests")
    assert rows_of(report, *names) == [("gpt-5", Decimal("7.5"), None, None, None)]
    assert (total_of(report, "previous_cost"), total_of(report, "requests_change")) == (None, None)
    assert any("the period before has only exports" in note for note in report.notes)
    assert rows_of(exports, *names) == [("gpt-5", Decimal(0), Decimal("7.5"), Decimal("-7.5"), 10)]


def test_before_the_first_request_nothing_is_known(ledger, insert):
    insert(request_id="a", customer_id="acme", started_at="2026-11-10 10:00:00", cost="2")
    chosen = Question(by=("customer_id",), period=parse_period("2026-11", _NOW, UTC), compare=True)

    first = cost_by(ledger, chosen)
    insert(request_id="b", customer_id="acme", started_at="2026-08-10 10:00:00", cost="1")
    after_a_pause = cost_by(ledger, chosen)

    names = ("customer_id", "previous_cost", "cost_change")
    assert rows_of(first, *names) == [("acme", None, None)]
    assert "the ledger has no requests as old as the period before: what it cost is not known" in first.notes
    assert rows_of(after_a_pause, *names) == [("acme", Decimal(0), Decimal(2))]
    assert after_a_pause.notes == ()


def test_a_comparison_needs_a_period(small):
    with pytest.raises(UsageError, match="needs a period with both ends"):
        cost_by(small, Question(by=("customer_id",), compare=True))


def test_exports_stand_in_only_when_there_are_no_requests(ledger, insert):
    ledger.execute(
        """
        insert into usage_bucket by name select
            uuid() as bucket_key, 'openai-usage' as source, 1 as ingest_id, timestamp '2026-11-03' as bucket_start,
            timestamp '2026-11-04' as bucket_end, 'gpt-5' as model, 7 as requests, 100 as uncached_input_tokens,
            20 as cache_read_tokens, 30 as output_text_tokens, 4.5 as cost, 'billed' as cost_status
        """
    )

    alone = cost_by(ledger, Question(by=("model",)))
    insert(model="gpt-5", cost="1", request_id="x")
    together = cost_by(ledger, Question(by=("model",)))
    asked = cost_by(ledger, Question(by=("customer_id",), basis="exports", metrics=("error_rate", "latency_p50")))

    assert alone.basis == "exports"
    assert rows_of(alone, "model", "cost", "requests", "input_tokens", "output_tokens") == [
        ("gpt-5", Decimal("4.5"), 7, 120, 30)
    ]
    assert together.basis == "requests"
    assert rows_of(together, "cost") == [(Decimal(1),)]
    assert rows_of(asked, "customer_id", "cost", "error_rate", "latency_p50") == [(None, Decimal("4.5"), None, None)]


def test_what_an_export_does_not_count_is_in_no_ratio_per_request(ledger):
    """OpenAI's export counts its 10 requests, 0.0075 and 1,500 tokens in all; Anthropic's 4.50 have no count."""
    ledger.execute(
        """
        insert into usage_bucket by name
        select uuid() as bucket_key, 1 as ingest_id, timestamp '2026-11-10' as bucket_start, 'billed' as cost_status,
            timestamp '2026-11-11' as bucket_end, unnest([
                {provider: 'openai', source: 'a', requests: 10, cost: 0.0075, customer_id: 'acme',
                 uncached_input_tokens: 1000, output_text_tokens: 500},
                {provider: 'anthropic', source: 'b', requests: null, cost: 4.5, customer_id: 'globex',
                 uncached_input_tokens: 1000000, output_text_tokens: 100000},
                {provider: 'mistral', source: 'c', requests: 5, cost: null, customer_id: null,
                 uncached_input_tokens: 500, output_text_tokens: 0},
            ], recursive := true)
        """
    )
    names = (
        "cost_per_request", "average_input_tokens", "average_output_tokens", "average_tokens_per_request",
        "requests_per_customer", "distinct_customers", "distinct_users",
    )  # fmt: skip

    report = cost_by(ledger, Question(metrics=names))

    # 0.0075 of 10 requests; 1,500 input and 500 output tokens of 15.
    expected = (Decimal("0.00075"), 100.0, 500 / 15, 2000 / 15, 10.0, 2, None)
    assert tuple(total_of(report, name) for name in names) == expected
    assert "the exports do not tell distinct_users" in report.notes


def test_a_failed_call_does_not_make_an_unpriced_model_free(small, insert):
    insert(request_id="r7", model="gpt-x", started_at="2026-11-02 12:00:00", cost="0", cost_status="free")
    report = cost_by(small, Question(by=("model",)))

    texts = {row[0]: row[1:3] for row in grid(report).rows}
    assert texts["gpt-x"] == ("unpriced", "-")
