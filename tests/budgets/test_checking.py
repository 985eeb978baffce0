"""When a budget is reached, warned about, or cannot be judged."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmcost.domain.errors import ConfigError
from llmcost.render.budget_words import cause_lines

MONTH = 'budgets: [{name: all, amount: "10", warn_at: [80]}]'


@pytest.mark.parametrize(
    ("cost", "status", "code"),
    [
        ("7.999999999999", "ok", 0),
        ("8", "warning", 0),
        ("9.999999999999", "warning", 0),
        ("10", "breached", 1),
        ("10.000000000001", "breached", 1),
    ],
)
def test_exactly_at_a_limit_is_reached_and_a_trillionth_below_is_not(spend, judge, cost, status, code):
    spend("2026-11-03 10:00", cost)
    found = judge(MONTH, "2026-11-04")

    assert [one.status for one in found.standings] == [status]
    assert found.standings[0].spent == Decimal(cost)
    assert found.exit_code == code


def test_the_time_of_crossing_is_that_of_the_request_that_reached_it(spend, judge):
    for hour in (8, 9, 10, 11):
        spend(f"2026-11-03 {hour:02}:00:00.5", "2.5")
    spend("2026-11-04 08:00", "2.5")
    (one,) = judge(MONTH, "2026-11-05").standings

    assert one.spent == Decimal("12.5")
    assert one.crossed_at == datetime(2026, 11, 3, 11, 0, 0, 500000, tzinfo=UTC)


def test_nothing_is_carried_over_into_the_next_month(spend, judge):
    spend("2026-10-31 23:59:59.999999", "100")
    spend("2026-11-01 00:00", "1")
    assert [one.spent for one in judge(MONTH, "2026-11-01T12:00").standings] == [Decimal(1)]
    assert judge(MONTH, "2026-10-31T23:59:59.999999").standings[0].spent == 0


def test_requests_from_now_on_do_not_count(spend, judge):
    spend("2026-11-03 10:00", "1")
    spend("2026-11-04 00:00", "20")

    assert judge(MONTH, "2026-11-04").standings[0].spent == 1


@pytest.mark.parametrize(
    ("started_at", "counts"),
    [
        ("2026-10-24 21:59:59", False),  # the day before, 23:59:59 in Berlin
        ("2026-10-24 22:00:00", True),  # midnight, at +02:00
        ("2026-10-25 22:59:59", True),  # 23:59:59, at +01:00: the day has 25 hours
        ("2026-10-25 23:00:00", False),
    ],
)
def test_a_day_of_25_hours_is_one_day(spend, judge, started_at, counts):
    spend("2026-10-25 12:00", "1")
    spend(started_at, "5")
    text = "tz: Europe/Berlin\nbudgets: [{name: day, amount: 10, period: day}]"

    assert judge(text, "2026-10-25T23:59:59.999999").standings[0].spent == (6 if counts else 1)


@pytest.mark.parametrize(("started_at", "counts"), [("2026-03-28 23:00", True), ("2026-03-29 22:00", False)])
def test_a_day_of_23_hours_is_one_day(spend, judge, started_at, counts):
    spend(started_at, "5")
    text = "tz: Europe/Berlin\nbudgets: [{name: day, amount: 10, period: day}]"

    assert judge(text, "2026-03-29T23:59:59").standings[0].spent == (5 if counts else 0)


def test_rolling_days_end_today(spend, judge):
    for day in range(1, 15):
        spend(f"2026-11-{day:02} 12:00", "1")
    text = "budgets: [{name: week, amount: 10, period: 7d}]"

    assert judge(text, "2026-11-14T13:00").standings[0].spent == 7
    assert judge(text, "2026-11-14T11:00").standings[0].spent == 6


def test_wildcards_lists_and_conditions_narrow_a_budget(spend, judge):
    for model, environment, cost in (
        ("gpt-5-mini", "production", "1"),
        ("gpt-5", "prod", "2"),
        ("gpt-5", "development", "4"),
        ("claude-opus-4-5", "production", "8"),
        ("my.gpt-5", "production", "16"),
        ("gpt-5", None, "32"),
    ):
        spend("2026-11-03 10:00", cost, model=model, environment=environment)
    text = """
budgets:
  - {name: gpt in production, amount: 100, scope: {model: gpt-5*, environment: [production, prod]}}
  - {name: any environment, amount: 100, scope: {environment: "*"}}
  - {name: no environment, amount: 100, where: ["environment="]}
  - {name: four letters, amount: 100, scope: {environment: "pro?"}}
"""
    assert [one.spent for one in judge(text, "2026-11-04").standings] == [3, 31, 32, 2]


def test_one_budget_for_each_customer_tells_who_and_when(spend, judge):
    spend("2026-11-02 10:00", "4", customer_id="acme")
    spend("2026-11-03 10:00", "6", customer_id="acme")
    spend("2026-11-03 11:00", "9", customer_id="globex")
    spend("2026-11-03 12:00", "1")
    found = judge('budgets: [{name: each, per: customer_id, amount: "10"}]', "2026-11-04")

    assert [(one.values, one.status, one.spent) for one in found.standings] == [
        (("acme",), "breached", 10),
        (("globex",), "ok", 9),
        ((None,), "ok", 1),
    ]
    assert found.standings[0].crossed_at == datetime(2026, 11, 3, 10, tzinfo=UTC)


def test_tokens_and_requests_are_budgets_too(spend, judge):
    spend("2026-11-03 10:00", "1", uncached_input_tokens=700, cache_read_tokens=200, output_text_tokens=99)
    spend("2026-11-03 11:00", None, output_text_tokens=1)
    text = "budgets: [{name: t, amount: 1000, unit: tokens}, {name: r, amount: 3, unit: requests}]"
    found = judge(text, "2026-11-04")

    assert [(one.spent, one.status) for one in found.standings] == [(1000, "breached"), (2, "ok")]
    assert found.standings[0].crossed_at == datetime(2026, 11, 3, 11, tzinfo=UTC)


def test_a_request_of_unknown_price_keeps_a_budget_from_passing(spend, judge):
    spend("2026-11-03 10:00", "1")
    spend("2026-11-03 11:00", None)
    found = judge(MONTH, "2026-11-04")
    assert (found.standings[0].status, found.exit_code) == ("not_evaluated", 3)

    # Nothing is missing from the log, so that it is not said to be.
    assert found.unproven == 1

    allowed = judge(MONTH + "\ngate: {unpriced: 50%}", "2026-11-04")
    assert (allowed.standings[0].status, allowed.exit_code) == ("ok", 0)

    failed = judge(MONTH + "\ngate: {unpriced: 49%}", "2026-11-04")
    assert failed.standings[0].reason == (
        "1 of 2 requests (50.0%) has no known price, so more may be spent; `unpriced` of `gate:` allows 49%"
    )
    assert failed.exit_code == 1


@pytest.mark.parametrize(("cost", "warned"), [("7.999999999999", False), ("8", True), ("10", False)])
def test_a_warning_is_proved_by_what_is_known_to_be_spent(spend, judge, cost, warned):
    """Of $10; what is breached is no warning."""
    spend("2026-11-03 10:00", cost)
    spend("2026-11-03 11:00", None)
    (one,) = judge(MONTH, "2026-11-04").standings

    assert (one.warned, one.missing) == (warned, cost != "10")


def test_a_breach_is_proved_whatever_else_is_missing(spend, judge):
    spend("2026-11-03 10:00", "11")
    spend("2026-11-03 11:00", None)

    assert judge(MONTH, "2026-11-24").exit_code == 1


@pytest.mark.parametrize(
    ("as_of", "code"), [("2026-11-05T10:00", 0), ("2026-11-05T10:00:00.000001", 3), ("2026-12-01", 3)]
)
def test_stale_data_is_never_a_pass(spend, judge, as_of, code):
    """48 hours are allowed where the gate does not say."""
    spend("2026-11-03 10:00", "1")

    assert judge(MONTH, as_of).exit_code == code


@pytest.mark.parametrize(
    ("stale", "as_of", "words"),
    [
        ("90m", "2026-11-10T09:29", "1 h old (2026-11-10 08:00 UTC); 90 min are allowed"),
        ("90m", "2026-11-10T09:31", "1 h 31 min old (2026-11-10 08:00 UTC); 90 min are allowed"),
        ("90m", "2026-11-10T10:10", "2 h old (2026-11-10 08:00 UTC); 90 min are allowed"),
        ("48h", "2026-11-12T08:00:20", "48 h 20 s old (2026-11-10 08:00 UTC); 48 h are allowed"),
        ("100h", "2026-11-14T13:00", "4 d 5 h old (2026-11-10 08:00 UTC); 100 h are allowed"),
        ("1w", "2026-11-20T13:00", "10 d old (2026-11-10 08:00 UTC); 7 d are allowed"),
        ("30m", "2026-11-10T08:00:20", "20 s old (2026-11-10 08:00 UTC); 30 min are allowed"),
    ],
)
def test_an_age_is_told_finely_enough_to_be_more_than_is_allowed(spend, judge, stale, as_of, words):
    spend("2026-11-10 08:00", "1")
    (gate,) = judge(f"gate: {{stale: {stale}}}", as_of).gates

    assert gate.message == f"the newest request is {words}"


def test_an_empty_ledger_is_never_a_pass(judge):
    found = judge(MONTH, "2026-11-04")

    assert (found.standings[0].status, found.exit_code) == ("not_evaluated", 3)


def test_a_dimension_that_is_not_there_is_never_a_pass(spend, judge):
    spend("2026-11-03 10:00", "1")
    found = judge("budgets: [{name: a, amount: 5, where: [regoin=eu]}]", "2026-11-04")

    assert (found.standings[0].status, found.exit_code) == ("not_evaluated", 3)
    assert "no dimension or tag is called 'regoin'" in (found.standings[0].reason or "")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("where: [team=nobody]", "no team is 'nobody'; there are core"),
        ('scope: {team: "cor"}', "no team is 'cor'; did you mean 'core'?"),
        ('scope: {team: "x*"}', "no request ever met its conditions"),
        ("per: model, where: [team=cor]", "no team is 'cor'; did you mean 'core'?"),
        ("scope: {environment: prod}", "no request has a environment"),
        ("where: [team=core, model=claude]", "no model is 'claude'; there are gpt-5"),
        ("where: [team=core]", None),
        ('scope: {team: "c*"}', None),
    ],
)
def test_a_scope_no_request_ever_met_is_told(spend, judge, asked, reason):
    # The one request is of the month before: a value that is only quiet this month is no slip.
    spend("2026-10-03 10:00", "1", team="core")
    spend("2026-11-03 10:00", "1")
    found = judge(f"budgets: [{{name: a, amount: 5, {asked}}}]", "2026-11-04")

    assert [(one.status, one.reason) for one in found.standings] == [("ok", reason)]
    assert found.exit_code == 0


def test_a_budget_that_has_not_begun_or_has_ended_is_listed_and_harmless(spend, judge):
    spend("2026-11-03 10:00", "100")
    text = """
budgets:
  - {name: later, amount: 5, start: 2026-12-01}
  - {name: over, amount: 5, period: custom, start: 2026-10-01, end: 2026-11-01}
"""
    found = judge(text, "2026-11-04")

    assert [one.reason for one in found.standings] == ["it begins on 2026-12-01", "it ended on 2026-11-01"]
    assert found.exit_code == 0


def test_a_breach_only_warns_until_the_day_it_was_promised(spend, judge):
    spend("2026-11-03 10:00", "100")
    text = "budgets: [{name: new, amount: 5, warn_until: 2026-11-05}]"

    assert judge(text, "2026-11-04T23:59").standings[0].status == "warning"
    assert judge(text, "2026-11-05").standings[0].status == "breached"
    # An unknown price can make it no less than reached.
    spend("2026-11-03 11:00", None)
    assert [judge(text, day).exit_code for day in ("2026-11-04T23:59", "2026-11-05")] == [0, 1]


def test_the_forecast_is_the_run_rate_and_waits_for_three_days(spend, judge):
    for day in range(1, 8):
        spend(f"2026-11-{day:02} 12:00", "1")
    text = "budgets: [{name: a, amount: 25, forecast_at: [100]}]"
    early, later = judge(text, "2026-11-03").standings[0], judge(text, "2026-11-06").standings[0]

    assert (early.forecast, early.status) == (None, "ok")
    assert (later.forecast, later.status) == (30, "warning")
    assert judge(text.replace("25", "31"), "2026-11-06").standings[0].status == "ok"


def test_days_before_the_ledger_begins_are_not_days_without_cost(spend, judge):
    for day in range(15, 20):
        spend(f"2026-11-{day:02} 00:00", "0.072")
    text = 'budgets: [{name: a, amount: "1.00", forecast_at: [100]}]'
    (one,) = judge(text, "2026-11-20").standings

    # 5 days of 0.072 are 0.36, and the 11 to come 0.792. What is left, 0.64, lasts 8.9 days like each one known: to the 28th.
    assert one.pace is not None
    assert (one.spent, one.pace.per_day, one.forecast) == (Decimal("0.36"), Decimal("0.072"), Decimal("1.152"))
    assert (one.status, one.pace.days_left) == ("warning", Decimal("8.89"))
    assert [moment and moment.date().isoformat() for moment in one.pace.breach or ()] == ["2026-11-28", "2026-11-28"]
    # Two whole days that are known are too few, however long the month is.
    assert judge(text, "2026-11-17").standings[0].forecast is None


def test_a_rate_begins_with_the_ledger_for_each_value_too(spend, judge):
    spend("2026-11-10 12:00", "0", team="core")
    spend("2026-11-12 12:00", "10", team="core")
    (one,) = judge("budgets: [{name: a, amount: 100, per: team}]", "2026-11-15T12:00").standings

    # 10 in the five days since noon of the 10th are 2 a day; 15.5 days are to come: 31.
    assert one.pace is not None
    assert (one.pace.per_day, one.forecast) == (2, 41)


def test_amounts_in_another_currency_use_the_rate_of_the_day(spend, judge):
    spend("2026-11-03 10:00", "10")
    spend("2026-11-05 10:00", "10")
    text = 'fx: {EUR: {2026-11: "0.5", 2026-11-05: "0.25"}}\nbudgets: [{name: a, amount: "7.5", unit: eur}]'
    (one,) = judge(text, "2026-11-06").standings

    assert (one.spent, one.status) == (Decimal("7.5"), "breached")


def _export(ledger, day, cost, status, **values):
    row = {"source": "s", "ingest_id": 1, "provider": "openai", "cost": cost, "cost_status": status, **values}
    names, marks = ", ".join(row), ", ".join(f"${name}" for name in row)
    ledger.execute(
        f"insert into usage_bucket (bucket_key, bucket_start, bucket_end, {names}) "
        f"values (uuid(), date '{day}', date '{day}' + 1, {marks})",
        row,
    )


def test_a_charge_in_another_currency_hides_what_a_budget_on_exports_has_spent(ledger, judge):
    text = "gate: {cost: 100, period: mtd, stale: 30d}\nbudgets: [{name: a, amount: 100}]\n"
    bill = {"exporter": "provider", "reported_currency": "EUR", "reported_cost": "500"}

    def judged():
        found = judge(text, "2026-11-04")
        (one,) = found.standings
        return one.spent, one.status, one.reason, [gate.outcome for gate in found.gates if gate.name == "cost"]

    hidden = "1 usage bucket has no known price, so more may be spent"
    _export(ledger, "2026-11-02", None, "unpriced", scope="costs", project="eu", **bill)
    assert judged() == (0, "not_evaluated", hidden, ["not_evaluated"])
    # Beside it a charge of the same bill in dollars.
    _export(ledger, "2026-11-02", "10", "billed", scope="costs", project="us", exporter="provider")
    assert judged() == (10, "not_evaluated", hidden, ["not_evaluated"])
    # Two requests of known price say nothing of how many more there are.
    _export(ledger, "2026-11-01", "1", "estimated", scope="completions", exporter="provider", requests=2)
    quality = judge("gate: {unpriced: 1%, period: mtd, stale: 30d}\n", "2026-11-04").gates[-1]
    assert (quality.outcome, quality.missing) == ("not_evaluated", True)
    assert quality.message.endswith("; 1 usage bucket of unknown cost may be of any number of requests")
    # What is reached is reached.
    _export(ledger, "2026-11-03", "90", "billed", scope="costs", exporter="provider")
    assert judged() == (101, "breached", None, ["failed"])


def test_a_bill_in_another_currency_hides_nothing_where_the_price_list_says_what_was_used(ledger, judge):
    bill = {"exporter": "provider", "reported_currency": "EUR", "reported_cost": "500"}
    _export(ledger, "2026-11-02", None, "unpriced", scope="costs", **bill)
    _export(ledger, "2026-11-02", "40", "estimated", scope="completions", exporter="provider", uncached_input_tokens=9)
    (one,) = judge("budgets: [{name: a, amount: 100}]\n", "2026-11-04").standings
    assert (one.spent, one.status) == (40, "ok")

    # Tokens of a model without a price, of nobody knows how many requests.
    _export(ledger, "2026-11-03", None, "unpriced", exporter="provider", uncached_input_tokens=9)
    (one,) = judge("budgets: [{name: a, amount: 100}]\n", "2026-11-04").standings
    assert (one.spent, one.status) == (40, "not_evaluated")


def test_a_budget_of_requests_on_exports_that_count_none_is_not_evaluated(ledger, judge):
    """Anthropic's usage report knows tokens alone; the bill of a day whose usage counts requests leaves nothing open."""
    text = "budgets: [{name: a, amount: 10, unit: requests}]\n"
    _export(ledger, "2026-11-02", "1", "estimated", scope="messages", exporter="provider", uncached_input_tokens=9)
    (one,) = judge(text, "2026-11-04").standings
    assert (one.status, one.missing, one.reason) == (
        "not_evaluated",
        True,
        "1 usage bucket does not say of how many requests",
    )

    ledger.execute("delete from usage_bucket")
    _export(ledger, "2026-11-02", "1", "estimated", scope="completions", exporter="provider", requests=4)
    _export(ledger, "2026-11-02", "2", "billed", scope="costs", exporter="provider")
    (one,) = judge(text, "2026-11-04").standings
    assert (one.spent, one.status) == (4, "ok")


def test_a_budget_of_tokens_on_exports_that_hold_only_bills_is_not_evaluated(ledger, judge):
    """The bill of a day whose usage is known, be it of images alone, leaves nothing open."""
    text = "budgets: [{name: a, amount: 10, unit: tokens}]\n"
    _export(ledger, "2026-11-02", "2", "billed", scope="costs", exporter="provider")
    _export(ledger, "2026-11-03", None, "unpriced", scope="summary", exporter="gateway", requests=4)
    (one,) = judge(text, "2026-11-04").standings
    assert (one.status, one.missing) == ("not_evaluated", True)
    assert one.reason == "2 usage buckets do not say how many tokens"
    # What is reached is reached.
    _export(ledger, "2026-11-03", "1", "estimated", provider="google", requests=1, output_text_tokens=10)
    (one,) = judge(text, "2026-11-04").standings
    assert (one.spent, one.status) == (10, "breached")

    ledger.execute("delete from usage_bucket")
    for day, used in (("2026-11-02", "uncached_input_tokens"), ("2026-11-03", "images")):
        _export(ledger, day, "1", "estimated", scope="usage", exporter="provider", **{used: 4})
        _export(ledger, day, "2", "billed", scope="costs", exporter="provider")
    (one,) = judge(text, "2026-11-04").standings
    assert (one.spent, one.status) == (4, "ok")


def test_a_budget_of_tokens_is_not_evaluated_where_requests_say_nothing_of_what_they_used(spend_all, judge):
    """Of ten requests one is a stream without usage; what used images, failed or was answered from a cache used no tokens."""
    spend_all(
        {"started_at": "2026-11-02 10:00", "customer_id": whose, **values}
        for whose, values in (
            *(("acme", {"cost": "1", "uncached_input_tokens": 10}) for _ in range(6)),
            ("acme", {"cost": None, "images": 1}),
            ("acme", {"cost": None, "output_text_tokens": 1}),
            ("acme", {"cost": "0", "cost_status": "free", "status": "error"}),
            ("acme", {"cost": None}),
            ("bill", {"cost": "2", "cost_status": "billed"}),
        )
    )
    text = "gate: {{unpriced: {}}}\nbudgets: [{{name: all, amount: {}, unit: tokens, scope: {{customer_id: {}}}}}]\n"

    def judged(unpriced, amount, whose, per=""):
        found = judge(text.format(unpriced, amount, whose).replace("unit", f"{per}unit"), "2026-11-03").standings
        return [(one.spent, one.status, one.missing, one.reason) for one in found]

    told = "1 of 10 requests (10.0%) does not say how many tokens; `unpriced` of `gate:` allows 9%"
    for per in ("", "per: customer_id, "):
        assert judged("9%", 62, "acme", per) == [(61, "not_evaluated", True, told)]
        assert judged("9%", 61, "acme", per) == [(61, "breached", False, None)]
        assert judged("10%", 62, "acme", per) == [(61, "ok", False, None)]
    assert judged("9%", 62, "bill")[0][1] == "not_evaluated"


def test_the_cause_is_the_change_since_the_same_days_of_the_month_before(spend, judge):
    for day in (1, 2):
        spend(f"2026-10-0{day} 10:00", "1", feature="chat", customer_id="acme")
        spend(f"2026-11-0{day} 10:00", "1", feature="chat", customer_id="acme")
    spend("2026-10-20 10:00", "50", feature="chat", customer_id="acme")
    spend("2026-11-02 11:00", "7", feature="rag", customer_id="acme")
    spend("2026-11-02 12:00", "3", feature="rag", customer_id="globex")
    (one,) = judge(MONTH, "2026-11-03").standings

    assert one.cause is not None
    assert one.cause.by == ("customer_id", "feature")
    assert (one.cause.change.before, one.cause.change.after, one.cause.change.change) == (2, 12, 10)
    assert [(part.segment, part.change) for part in one.cause.change.segments] == [
        (("acme", "rag"), 7),
        (("globex", "rag"), 3),
        (("acme", "chat"), 0),
    ]
    assert sum(one.cause.change.effects) == 10
    assert one.cause.complete


def test_a_change_says_how_many_earlier_requests_are_of_unknown_cost(spend, judge):
    for second in range(2):
        spend(f"2026-10-01 10:00:0{second}", None, customer_id="acme")
    spend("2026-10-20 10:00", None, customer_id="acme")
    spend("2026-11-02 10:00", "8", customer_id="acme")
    spend("2026-11-02 11:00", "4", customer_id="globex")
    (one,) = judge(MONTH, "2026-11-03").standings

    assert one.cause is not None
    assert one.cause.unpriced_before == 2
    told = "+$12.00 against $0.00 from 2026-10-01 to 2026-10-02, when 2 requests had no known price"
    assert cause_lines(one, one.cause)[0] == told


@pytest.mark.parametrize(("begins", "complete"), [("2026-10-01 23:59", True), ("2026-10-02 00:00", False)])
def test_a_change_from_days_before_the_ledger_begins_is_not_told(spend, judge, begins, complete):
    """Unknown is not zero; who spent most now is told all the same."""
    spend(begins, "0", customer_id="acme")
    spend("2026-11-02 10:00", "8", customer_id="acme")
    spend("2026-11-02 11:00", "3", customer_id="globex")
    (one,) = judge(MONTH, "2026-11-03").standings

    assert one.cause is not None
    assert one.cause.complete == complete
    assert cause_lines(one, one.cause)[0] == (
        "+$11.00 against $0.00 from 2026-10-01 to 2026-10-02"
        if complete
        else "the ledger does not reach back to 2026-10-01, to compare with; the largest are customer_id=acme $8.00 and "
        "customer_id=globex $3.00"
    )


@pytest.mark.parametrize(
    ("gate", "code"),
    [
        ("unattributed: 50%", 0),
        ("unattributed: 49.9%", 1),
        ("unattributed: {feature: 99%}", 1),
        ("unattributed: {customer_id: 50%}", 0),
        ("estimated: 20%", 0),
        ("estimated: 19%", 1),
        ("rejected: 33%", 1),
        ("rejected: 34%", 0),
        ("cost: 10.01", 0),
        ("cost: 10", 1),
    ],
)
def test_the_gate_fails_above_what_it_allows(ledger, spend, judge, gate, code):
    spend("2026-11-03 10:00", "5", customer_id="acme")
    spend("2026-11-03 11:00", "3")
    spend("2026-11-03 12:00", "2", cost_status="estimated")
    spend("2026-10-01 12:00", "0", cost_status="free")
    for line in ("a", "b"):
        ledger.execute("insert into reject values (1, 1, 'not json', $hash, null)", {"hash": line})

    assert judge(f"budgets: [{{name: a, amount: 100}}]\ngate: {{{gate}}}", "2026-11-04").exit_code == code


@pytest.mark.parametrize(
    ("cost", "allowed", "code"), [("9.99", "0%", 3), ("9.99", "50%", 0), ("10", "0%", 1), (None, "0%", 3)]
)
def test_a_cost_that_leaves_requests_out_is_no_pass_and_may_be_a_failure(spend, judge, cost, allowed, code):
    spend("2026-11-03 10:00", cost)
    spend("2026-11-03 11:00", None)
    gate = judge(f"gate: {{cost: 10, unpriced: {allowed}}}", "2026-11-04").gates[-1]

    assert {"ok": 0, "failed": 1, "not_evaluated": 3}[gate.outcome] == code
    assert gate.missing == (code == 3)
    assert ("no known price, so more may be spent" in gate.message) == (code == 3)


def test_a_gate_about_no_dimension_is_refused_with_its_place(spend, judge):
    spend("2026-11-03 10:00", "5")
    with pytest.raises(ConfigError, match=r"llmcost\.yaml:1:23: no dimension or tag is called 'temm'"):
        judge("gate: {unattributed: {temm: 5%}}", "2026-11-04")


def test_a_currency_without_rates_on_the_first_day_is_not_guessed(spend, judge):
    spend("2026-11-03 10:00", "10")
    text = 'fx: {EUR: {2026-11-02: "0.5"}}\nbudgets: [{name: a, amount: "7.5", unit: eur}]'
    found = judge(text, "2026-11-04")

    assert (found.standings[0].reason, found.exit_code) == ("no rate from USD to EUR before 2026-11-02", 3)


def test_an_instant_in_another_time_zone_than_utc_is_as_good(spend, ledger, settings_of):
    from llmcost.budgets.checking import check
    from llmcost.budgets.reading import read_budgets
    from llmcost.domain.period import clock, time_zone

    spend("2026-11-03 10:00", "1")
    settings = settings_of(f"tz: Europe/Berlin\n{MONTH}")
    now = clock("2026-11-04", time_zone(settings.tz))

    assert [one.spent for one in check(ledger, settings, read_budgets(settings), now).standings] == [1]
