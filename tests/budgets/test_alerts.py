"""When an alert rule fires, when it does not, and when it cannot be judged."""

from decimal import Decimal

import pytest
from tests.inserting import insert

from llmcost.budgets.alerts.judging import check
from llmcost.budgets.alerts.reading import read_rules
from llmcost.budgets.alerts.windows import window_before
from llmcost.domain.errors import ConfigError
from llmcost.domain.period import parse_instant, time_zone
from llmcost.render.alert_words import headline
from llmcost.render.alerts_json import check_document


@pytest.fixture
def watch(ledger, settings_of):
    """Judge the alert rules of a text at an instant."""

    def run(text, as_of, **more):
        settings = settings_of(text)
        return check(ledger, settings, read_rules(settings), parse_instant(as_of, time_zone(settings.tz)), **more)

    return run


@pytest.mark.parametrize(
    ("cost", "level"), [("499.999999999999", 0), ("500", 1), ("500.01", 1), ("999.99", 1), ("1000", 2)]
)
def test_spending_of_a_day_fires_exactly_at_the_threshold_and_again_at_twice_as_much(spend, watch, cost, level):
    spend("2026-11-03 10:00", cost)
    found = watch('alerts: [{rule: daily-spend, above: "500"}]', "2026-11-03T12:00")

    assert [alert.level for alert in found.firing] == ([level] if level else [])
    assert found.exit_code == (1 if level else 0)


def test_exports_are_judged_when_asked_for(ledger, spend, watch):
    spend("2026-11-03 10:00", "1")
    ledger.execute(
        """
        insert into usage_bucket by name select
            uuid() as bucket_key, 'openai-costs' as source, 1 as ingest_id, timestamp '2026-11-03' as bucket_start,
            timestamp '2026-11-04' as bucket_end, 600 as cost, 'billed' as cost_status
        """
    )
    rules = """
        budgets: [{name: all, period: month, amount: "500"}]
        alerts: [{rule: daily-spend, above: "500"}, {rule: monthly-budget}]
    """
    asked = watch(rules, "2026-11-03T12:00", basis="exports")

    assert [alert.value for alert in asked.firing] == [600, Decimal("1.2")]
    assert (asked.basis, watch(rules, "2026-11-03T12:00").firing) == ("exports", ())


def test_a_bill_in_another_currency_leaves_an_alert_on_exports_open(ledger, watch):
    ledger.execute(
        """
        insert into usage_bucket by name select
            uuid() as bucket_key, 'openai-costs' as source, 1 as ingest_id, timestamp '2026-11-03' as bucket_start,
            timestamp '2026-11-04' as bucket_end, null as cost, 'unpriced' as cost_status, 'EUR' as reported_currency,
            600 as reported_cost, 'provider' as exporter
        """
    )
    found = watch('alerts: [{rule: daily-spend, above: "500"}]', "2026-11-03T12:00", basis="exports")

    (rule,) = found.rules
    assert (rule.missing, rule.reason) == (True, "requests without a known price may have cost more")


def test_a_day_is_that_of_the_time_zone(spend, watch):
    spend("2026-11-02 23:30", "600")  # 00:30 in Berlin
    rules = 'alerts: [{rule: daily-spend, above: "500"}]'

    assert watch(rules, "2026-11-03T01:00").firing == ()
    assert len(watch(f"tz: Europe/Berlin\n{rules}", "2026-11-03T02:00").firing) == 1


def test_each_user_is_judged_apart_and_nobody_is_no_user(spend, watch):
    for user, cost in (("ann", "50"), ("bob", "49.99"), ("cid", "130"), (None, "900")):
        spend("2026-11-03 10:00", cost, user_id=user)
    (one,) = watch("alerts: [{rule: user-daily-spend}]", "2026-11-03T12:00").rules

    assert [(alert.values, alert.level) for alert in one.firing] == [(("cid",), 2), (("ann",), 1)]
    assert one.judged == 3


def test_a_rise_is_taken_over_whole_days_of_two_weeks(spend, watch):
    spend("2026-10-31 23:59", "1000")
    for day in range(1, 15):
        spend(f"2026-11-{day:02} 10:00", "10" if day < 8 else "13")
    spend("2026-11-15 01:00", "400")  # today counts for nothing
    found = watch("alerts: [{rule: week-over-week}]", "2026-11-15T02:00")

    (alert,) = found.firing
    assert (alert.value, alert.against, alert.measured) == (Decimal("0.3"), 70, 91)
    assert headline(alert, "USD") == (
        "week-over-week: cost change +30% (from $70.00 to $91.00) in 7 whole days, above 30% (7 requests)"
    )


def test_a_rise_needs_a_window_to_compare_with_and_some_money(spend, watch):
    for day in range(8, 15):
        spend(f"2026-11-{day:02} 10:00", "13")
    (one,) = watch("alerts: [{rule: week-over-week}]", "2026-11-15T02:00").rules
    assert (one.status, one.missing) == ("not_evaluated", False)
    assert one.reason == "the ledger does not reach back to the window it is compared with"

    spend("2026-10-01 10:00", "0")
    spend("2026-11-03 10:00", "0.1")
    (one,) = watch('alerts: [{rule: week-over-week, min_cost: "1000"}]', "2026-11-15T02:00").rules
    assert one.reason == "too little to judge by in the window: it takes a cost of 1000"


def test_what_had_nothing_in_the_window_before_is_listed_whether_or_not_others_are_judged(spend, watch):
    spend("2026-10-31 23:59", "1", team="steady")
    for day in range(1, 15):
        spend(f"2026-11-{day:02} 10:00", "30", team="steady")
        if day >= 8:
            for team in ("a", "b", "c", "d"):
                spend(f"2026-11-{day:02} 10:00", "120", team=team)
            spend(f"2026-11-{day:02} 10:00", "1", team="small")

    def judged(rule):
        found = watch(f"alerts: [{rule}]", "2026-11-15T02:00")
        assert (found.firing, found.exit_code) == ((), 0)
        return found.rules[0]

    every = judged("{rule: week-over-week, per: team}")
    assert (every.status, every.judged, every.new) == ("ok", 1, 4)
    assert every.reason == "nothing in the window before to compare with: a, b, c and 1 more"
    alone = judged("{rule: week-over-week, where: team=a}")
    assert (alone.status, alone.reason) == ("not_evaluated", "nothing in the window before to compare with")
    little = judged("{rule: week-over-week, where: team=small}")
    assert little.reason == "too little to judge by in the window: it takes a cost of 10"


def test_error_rate_needs_requests_enough(spend, watch):
    for second in range(40):
        spend(f"2026-11-03 10:00:{second:02}", "0", status="error" if second < 2 else "ok")
    (few,) = watch("alerts: [{rule: error-rate}]", "2026-11-03T12:00").rules
    (enough,) = watch("alerts: [{rule: error-rate, min_requests: 40}]", "2026-11-03T12:00").rules

    assert few.reason == "too little to judge by in the window: it takes 50 requests"
    assert [alert.value for alert in enough.firing] == [Decimal("0.05")]  # 2 of 40 are exactly 5%


def test_the_cache_hit_rate_fires_below_and_not_at_the_threshold(spend, watch):
    spend("2026-11-03 10:00", "1", uncached_input_tokens=50, cache_read_tokens=50)
    rule = "alerts: [{rule: cache-hit-rate, min_requests: 1}]"
    assert watch(rule, "2026-11-03T12:00").firing == ()

    spend("2026-11-03 11:00", "1", uncached_input_tokens=10)
    assert len(watch(rule, "2026-11-03T12:00").firing) == 1


BELOW = "gate: {stale: 100d}\nalerts: [{name: low, metric: requests, below: 4, window: day, per: provider}]"


def test_a_value_whose_requests_are_gone_is_below_every_step(spend, watch):
    for hour in range(4):
        spend(f"2026-11-03 0{hour}:00", "1", provider="google")
        spend(f"2026-11-04 0{hour}:00", "1", provider="openai")
    spend("2026-11-04 05:00", "1")
    spend("2026-11-04 05:00", "1", provider=None)
    (alert,) = watch(BELOW, "2026-11-04T12:00").firing

    assert (alert.values, alert.value, alert.level, alert.requests) == (("google",), 0, 2, 0)
    assert headline(alert, "USD") == "low provider=google: requests 0 today, below 4 and even 2 (0 requests)"


def test_nothing_left_to_be_below_is_never_a_pass(spend, watch):
    spend("2026-11-03 10:00", "1", provider="google")
    found = watch(BELOW, "2026-11-08T12:00")

    assert [(one.status, one.reason) for one in found.rules] == [
        ("not_evaluated", "no request in the window has a value for provider")
    ]
    assert found.exit_code == 3
    # A rate of nothing is no rate.
    rate = BELOW.replace("requests, below: 4", "cache_hit_rate, below: 40%")
    assert [(one.status, one.missing) for one in watch(rate, "2026-11-08T12:00").rules] == [("not_evaluated", False)]


def test_a_step_between_two_counts_is_told_as_it_is(spend, watch):
    spend("2026-11-03 10:00", "1")
    (alert,) = watch(
        "gate: {stale: 9d}\nalerts: [{name: none, metric: requests, below: 1, window: 24h}]", "2026-11-06"
    ).firing

    assert headline(alert, "USD") == "none: requests 0 in the last 24h, below 1 and even 0.5 (0 requests)"


@pytest.mark.parametrize(
    ("window", "since", "until"),
    [
        ("day", "2026-11-17", "2026-11-18"),
        ("month", "2026-10-01", "2026-11-01"),
        ("7d", "2026-11-04", "2026-11-12"),
        ("24h", "2026-11-16T12:00", "2026-11-17T12:00"),
    ],
)
def test_the_window_before_leaves_no_gap(window, since, until):
    utc = time_zone("UTC")
    before = window_before(window, parse_instant("2026-11-18T12:00", utc), utc)

    assert (before.since, before.until) == (parse_instant(since, utc), parse_instant(until, utc))


def test_slow_answers_fire_by_any_dimension(spend, watch):
    for feature, latency in (("chat", 9000), ("search", 100)):
        spend("2026-11-03 10:00", "1", feature=feature, latency_ms=latency)
    text = "alerts: [{name: slow, metric: latency_p95, above: 8s, window: 6h, per: feature}]"

    assert [alert.values for alert in watch(text, "2026-11-03T12:00").firing] == [("chat",)]
    assert watch(text, "2026-11-03T17:00").firing == ()


def test_a_budget_fires_at_four_fifths_and_again_when_spent(spend, watch):
    text = 'budgets: [{name: acme, amount: "10"}, {name: q, period: quarter, amount: "1"}]\nalerts: [{rule: monthly-budget}]'
    spend("2026-11-03 10:00", "8")
    assert [(one.values, one.level) for one in watch(text, "2026-11-03T12:00").firing] == [(("acme",), 1)]

    spend("2026-11-03 11:00", "2")
    assert [one.level for one in watch(text, "2026-11-03T12:00").firing] == [2]


def test_money_of_a_budget_is_text_at_full_precision_for_machines(spend, watch):
    text = """
budgets: [{name: usd, amount: "3.1"}, {name: eur, amount: 3, unit: eur}, {name: calls, amount: 1, unit: requests}]
fx: {EUR: {2026-01-01: "0.5"}}
alerts: [{rule: monthly-budget}]
"""
    spend("2026-11-03 10:00", "8.90000125")
    found = check_document(watch(text, "2026-11-03T12:00"), None)["alerts"]

    assert [(one["scope"]["budget"], one["measured"], one["against"], one["unit"]) for one in found] == [
        ("usd", "8.90000125", "3.10", "usd"),
        ("eur", "4.450000625", "3.00", "eur"),
        ("calls", 1, 1, "requests"),
    ]


def test_a_plan_s_quota_is_that_of_the_customer_s_plan(spend, watch):
    for minute in range(9):
        spend(f"2026-11-03 10:0{minute}", "0", customer_id="acme", plan="free")
        spend(f"2026-11-03 11:0{minute}", "0", customer_id="big", plan="pro")
    rule = "alerts: [{rule: customer-quota, limit: {free: 10, pro: 1000}}]"

    assert [(one.values, one.value) for one in watch(rule, "2026-11-03T12:00").firing] == [
        (("acme", "free"), Decimal("0.9"))
    ]
    (one,) = watch("alerts: [{rule: customer-quota}]", "2026-11-03T12:00").rules
    assert (one.status, one.reason, one.missing) == ("not_evaluated", "it has no limits: add `limit:`", False)


def test_a_rate_limit_is_compared_with_the_busiest_minute(spend, watch):
    for second in range(8):
        spend(f"2026-11-03 10:00:{second:02}", "0", output_text_tokens=100)
    spend("2026-11-03 10:01:00", "0", model="other")
    rule = "alerts: [{rule: rate-limit, limit: {gpt-5: 10}}, {rule: rate-limit, name: tpm, unit: tokens, limit: 1001}]"

    assert [(one.rule.name, one.measured) for one in watch(rule, "2026-11-03T12:00").firing] == [("rate-limit", 8)]


def test_stale_data_is_never_ok(spend, watch):
    spend("2026-11-03 10:00", "1")
    found = watch('alerts: [{rule: daily-spend, above: "500"}]', "2026-11-09")

    assert found.exit_code == 3
    assert found.rules[0].status == "not_evaluated"
    assert "the newest request is" in (found.rules[0].reason or "")


def test_requests_that_do_not_say_what_they_used_prove_nothing_of_tokens(spend, watch):
    spend("2026-11-03 10:00", "1", output_text_tokens=9)
    spend("2026-11-03 10:01", None, output_text_tokens=1)
    rule = "alerts: [{{name: a, metric: total_tokens, above: {}, window: day}}]\n{}"
    assert watch(rule.format(11, ""), "2026-11-03T12:00").exit_code == 0

    spend("2026-11-03 10:02", None)
    (one,) = watch(rule.format(11, ""), "2026-11-03T12:00").rules
    assert (one.missing, one.reason) == (True, "requests that do not say what they used may have used more")
    assert watch(rule.format(10, ""), "2026-11-03T12:00").exit_code == 1
    assert watch(rule.format(11, "gate: {unpriced: 34%}"), "2026-11-03T12:00").exit_code == 0


def test_a_bill_alone_proves_nothing_of_tokens(ledger, watch):
    day = {"bucket_start": "2026-11-03", "bucket_end": "2026-11-04", "source": "s", "ingest_id": 1}
    insert(ledger, "usage_bucket", [{**day, "cost": 2, "cost_status": "billed"}])
    rule = "alerts: [{name: a, metric: total_tokens, above: 11, window: day}]"

    assert watch(rule, "2026-11-03T12:00", basis="exports").exit_code == 3


def test_requests_without_a_price_prove_nothing_unless_the_rest_is_enough(spend, watch):
    spend("2026-11-03 10:00", "1")
    spend("2026-11-03 10:01", None)
    rule = 'alerts: [{rule: daily-spend, above: "500"}]'
    assert watch(rule, "2026-11-03T12:00").exit_code == 3

    spend("2026-11-03 10:02", "499")
    assert watch(rule, "2026-11-03T12:00").exit_code == 1


@pytest.mark.parametrize(
    "rule",
    [
        '{rule: daily-spend, above: "500"}',
        '{rule: daily-spend, below: "5"}',
        '{rule: daily-spend, above: "500", min_cost: "1"}',
        '{name: each, metric: cost, per: customer_id, window: day, above: "10"}',
        '{name: mean, metric: cost_per_request, window: day, above: "0.5"}',
        "{name: rise, metric: cost, window: 1d, compare: previous, above: 30%}",
    ],
)
def test_requests_none_of_which_has_a_price_are_no_proof_that_they_cost_little(spend, watch, rule):
    for day in ("10-31", "11-01", "11-02", "11-03"):
        spend(f"2026-{day} 10:00", None, customer_id="acme")
    spend("2026-11-03 10:00", "1", customer_id="globex")
    scope = "" if "per:" in rule else "where: [customer_id=acme], "
    found = watch(f"alerts: [{{{scope}{rule[1:]}]", "2026-11-03T12:00")

    assert (found.exit_code, found.rules[0].missing, found.firing) == (3, True, ())
    assert found.rules[0].reason == "requests without a known price may have cost more"
    allowed = watch(f"gate: {{unpriced: 100%}}\nalerts: [{{{scope}{rule[1:]}]", "2026-11-03T12:00")
    assert allowed.exit_code == 0


@pytest.mark.parametrize(
    ("costs", "threshold", "status"),
    [
        # From 10 to 20 or 11 and some: at least +100% and +10%.
        ((["10"], ["20", None]), "above: 30%", "firing"),
        ((["10"], ["11", None]), "above: 30%", "not_evaluated"),
        ((["10"], ["20", None]), "below: 30%", "ok"),
        ((["10"], ["11", None]), "below: 30%", "not_evaluated"),
        # From 10 and some to 20 or 11: at most +100% and +10%.
        ((["10", None], ["20"]), "above: 30%", "not_evaluated"),
        ((["10", None], ["11"]), "above: 30%", "ok"),
        ((["10", None], ["20"]), "below: 30%", "not_evaluated"),
        ((["10", None], ["11"]), "below: 30%", "firing"),
    ],
)
def test_a_change_is_judged_only_where_no_missing_price_could_turn_it(spend, watch, costs, threshold, status):
    spend("2026-11-01 10:00", "1")
    for day, some in zip(("02", "03"), costs, strict=True):
        for cost in some:
            spend(f"2026-11-{day} 10:00", cost)
    rule = f"alerts: [{{name: change, metric: cost, window: 1d, compare: previous, {threshold}}}]"
    found = watch(rule, "2026-11-04T00:00")

    assert found.rules[0].status == status
    assert found.exit_code == {"firing": 1, "ok": 0, "not_evaluated": 3}[status]
    if status == "not_evaluated":
        assert found.rules[0].reason == "requests without a known price may have cost more"


@pytest.mark.parametrize(("cost", "status"), [("4.99", "not_evaluated"), ("5", "ok")])
def test_a_sum_without_some_prices_is_never_proven_to_be_below(spend, watch, cost, status):
    spend("2026-11-03 10:00", cost)
    spend("2026-11-03 10:01", None)
    rule = 'alerts: [{rule: daily-spend, below: "5"}]'

    assert watch(rule, "2026-11-03T12:00").rules[0].status == status
    assert watch(f"gate: {{unpriced: 50%}}\n{rule}", "2026-11-03T12:00").exit_code == (cost == "4.99")


def test_a_rise_from_a_window_without_any_price_is_not_known(spend, watch):
    spend("2026-11-01 10:00", "1")
    spend("2026-11-02 10:00", None)
    spend("2026-11-03 10:00", "1")
    rule = "alerts: [{name: rise, metric: cost, window: 1d, compare: previous, above: 30%}]"

    assert watch(rule, "2026-11-04T00:00").exit_code == 3


@pytest.mark.parametrize(
    ("asked", "status", "reason"),
    [
        ("metric: requests, above: 9, where: team=cor", "not_evaluated", "no team is 'cor'; did you mean 'core'?"),
        (
            "metric: cost, above: 9, where: stream=True, per: team",
            "not_evaluated",
            "no stream is 'True'; there are false",
        ),
        ("metric: requests, below: 9, where: team=cor", "firing", None),
        ("metric: requests, above: 9, where: team=core", "ok", None),
        ("metric: requests, above: 9, where: team=quiet", "ok", None),
    ],
)
def test_a_rule_whose_conditions_no_request_ever_met_says_so(spend, watch, asked, status, reason):
    spend("2026-11-03 10:00", "1", team="core", stream=False)
    spend("2026-09-03 10:00", "1", team="quiet", stream=False)
    found = watch(f"alerts: [{{name: x, window: 1d, {asked}}}]", "2026-11-04T00:00")

    assert [(one.status, one.reason) for one in found.rules] == [(status, reason)]
    assert found.exit_code == (1 if status == "firing" else 0)


def test_revenue_has_no_price(spend, watch):
    spend("2026-11-03 10:00", None)
    found = watch('alerts: [{name: sold, metric: revenue, window: day, below: "5"}]', "2026-11-03T12:00")

    assert (found.exit_code, found.rules[0].missing) == (0, False)


def test_without_rules_the_shipped_ones_are_judged(spend, watch):
    spend("2026-11-03 10:00", "1")

    assert [one.rule.name for one in watch("tz: UTC", "2026-11-03T12:00").rules] == [
        "daily-spend",
        "monthly-budget",
        "week-over-week",
        "error-rate",
        "cache-hit-rate",
        "p95-latency",
        "user-daily-spend",
        "customer-quota",
        "rate-limit",
    ]


def test_a_dimension_the_ledger_does_not_know_is_missing_data(spend, watch):
    spend("2026-11-03 10:00", "1")
    found = watch('alerts: [{name: x, metric: cost, above: "1", per: custmer_id}]', "2026-11-03T12:00")

    assert found.exit_code == 3
    assert "no dimension or tag is called 'custmer_id'" in (found.rules[0].reason or "")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{rule: daly-spend}", "2:6: unknown rule 'daly-spend'"),
        ("{above: 5}", "2:5: an alert needs `rule:` or `metric:`"),
        ("{rule: error-rate, above: 0.05}", "2:24: '0.05' is no threshold"),
        ("{rule: daily-spend, above: .nan}", "'.nan' is no threshold"),
        ("{rule: daily-spend, above: -5}", "'-5' is no threshold"),
        ("{rule: daily-spend, above: 5, below: 3}", "`above:` and `below:` exclude each other"),
        ("{rule: daily-spend, above: 5, escalate_at: 4}", "escalation must lie above the threshold"),
        ("{rule: daily-spend, above: 5, windw: day}", "unknown key 'windw'"),
        ("{rule: daily-spend, above: 5, window: fortnight}", "unknown window 'fortnight'"),
        ("{name: x, metric: costs, above: 5}", "unknown metric 'costs'"),
        ("{name: x, metric: cost}", "an alert needs `above:` or `below:`"),
        ("{rule: daily-spend, above: 5, to: [ops]}", "there is no channel 'ops'"),
        ("{rule: rate-limit, limit: 0}", "a limit of zero is always reached"),
        ("{rule: daily-spend, above: 5, unit: tokens}", "unit cannot be 'tokens'"),
        ("{rule: daily-spend, above: 5, where: [nonsense]}", "cannot read"),
        ("{rule: daily-spend, above: 5, where: [team=a, customer_id~(]}", "2:51: cannot read the pattern '('"),
        ("{rule: daily-spend, above: 5, where: day=2026-11-01}", "2:35: an alert cannot be about day"),
        ("{rule: daily-spend, above: 5, per: [team, hour]}", "2:47: an alert cannot be about hour"),
        ("{rule: daily-spend, above: 5, per: cost}", "'cost' is a metric, not a dimension"),
        ("{rule: daily-spend, above: 5, min_requests: -1}", "expected a whole number"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_with_its_line(settings_of, entry, message):
    with pytest.raises(ConfigError) as refusal:
        read_rules(settings_of(f"alerts:\n  - {entry}\n"))

    assert message in refusal.value.message
    assert "llmcost.yaml:2:" in refusal.value.message


def test_two_rules_of_one_name_are_refused(settings_of):
    with pytest.raises(ConfigError, match="two alert rules are called 'daily-spend'"):
        read_rules(settings_of('alerts: [{rule: daily-spend, above: "1"}, {rule: daily-spend, above: "2"}]'))
