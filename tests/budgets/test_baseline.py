"""What a change costs: two measures of whole days, and which breaches are older than it."""

import json
import re
from datetime import date, timedelta

import pytest
from tests.inserting import insert

from llmcost.budgets.baseline import compared, excused, judged, measure, read
from llmcost.budgets.checking import check
from llmcost.budgets.reading import read_budgets
from llmcost.domain.errors import UsageError
from llmcost.domain.period import parse_instant, time_zone
from llmcost.render import budget_diff, budget_json
from llmcost.render.surface import Surface


@pytest.fixture
def taken(ledger, settings_of):
    """The baseline of a text at an instant."""

    def run(text, as_of):
        settings = settings_of(text)
        budgets = read_budgets(settings)
        now = parse_instant(as_of, time_zone(settings.tz))
        return measure(ledger, settings, budgets, check(ledger, settings, budgets, now, gates=False), days=1)

    return run


@pytest.fixture
def filed(taken, tmp_path):
    """The same, read from its file."""

    def run(text, as_of):
        path = tmp_path / "baseline.json"
        path.write_text(budget_json.baseline(taken(text, as_of)))
        return read(path)

    return run


def insert_buckets(ledger, rows):
    """Usage buckets of a day each."""
    insert(
        ledger,
        "usage_bucket",
        [{"source": "s", "ingest_id": 1, "bucket_end": row["bucket_start"] + timedelta(days=1), **row} for row in rows],
    )


@pytest.fixture
def a_dollar_a_day(spend):
    """Of one customer, from 20 September to 20 November."""
    for day in range(62):
        spend(f"{date(2026, 9, 20) + timedelta(days=day)} 10:00", "1", customer_id="acme")


@pytest.mark.parametrize(
    ("costs", "outcome"),
    [
        ((["10"], ["11"]), "ok"),
        ((["10"], ["11.01"]), "failed"),
        (([None], [None]), "not_evaluated"),
        ((["10"], ["10", None]), "not_evaluated"),  # more may be spent
        ((["10"], ["11.01", None]), "failed"),
        ((["10", None], ["11", "0"]), "ok"),
        ((["10", None], ["11.01"]), "failed"),
        (([None], ["11.01"]), "not_evaluated"),  # from nobody knows what
    ],
)
def test_a_rise_is_no_pass_where_more_may_be_spent(spend, settings_of, filed, costs, outcome):
    text = "gate: {increase: 10%}"
    spend("2026-11-01 10:00", "1")
    for day, part in zip((2, 4), costs, strict=True):
        for cost in part:
            spend(f"2026-11-0{day} 10:00", cost)
    (gate,) = judged(settings_of(text), filed(text, "2026-11-03"), filed(text, "2026-11-05"))

    assert (gate.outcome, gate.missing) == (outcome, outcome == "not_evaluated")


@pytest.mark.parametrize(
    ("unit", "unknown", "told"),
    [
        # A bill in another currency; a bill of a day whose usage nothing tells.
        ("usd", {"cost_status": "unpriced", "reported_currency": "EUR"}, "without a known price {}: 1 usage bucket"),
        ("requests", {"cost": 0, "cost_status": "billed"}, "{} 1 usage bucket does not say of how many requests"),
        ("tokens", {"cost": 0, "cost_status": "billed"}, "{} 1 usage bucket does not say how many tokens"),
    ],
)
@pytest.mark.parametrize(
    ("amounts", "side", "outcome"),
    [
        ((10, 10), None, "ok"),
        ((10, 12), None, "failed"),
        ((10, 10), "now", "not_evaluated"),  # more may be spent
        ((10, 12), "now", "failed"),
        ((10, 10), "at the baseline", "ok"),
        ((10, 12), "at the baseline", "not_evaluated"),  # more may have been spent then
    ],
)
def test_a_rise_on_exports_is_judged_only_where_sums_left_out_could_not_undo_it(
    ledger, settings_of, filed, *, unit, unknown, told, amounts, side, outcome
):
    text = f"budgets: [{{name: a, amount: 999, unit: {unit}}}]\ngate: {{increase: 10%, unpriced: 50%}}"

    def buckets(day, *rows):
        insert_buckets(ledger, [{"bucket_start": date(2026, 11, day), **row} for row in rows])

    def used(amount):
        return {
            "provider": "openai",
            "cost": amount,
            "cost_status": "billed",
            "requests": amount,
            "output_text_tokens": amount,
        }

    buckets(1, used(1))
    for day, amount, when in ((2, amounts[0], "at the baseline"), (4, amounts[1], "now")):
        buckets(day, used(amount), *([{"provider": "azure", **unknown}] if when == side else []))
    gates = judged(settings_of(text), filed(text, "2026-11-03"), filed(text, "2026-11-05"))
    gate = gates[-1]

    assert (gate.outcome, gate.missing) == (outcome, outcome == "not_evaluated")
    assert gate.message.endswith(told.format(side) if outcome == "not_evaluated" else "10.0% is allowed")


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ([10], [11], "ok"),
        ([10], [10, None], "not_evaluated"),
        ([10], [12, None], "failed"),
        ([10, None], [12], "failed"),
        ([None], [12], "not_evaluated"),
    ],
)
def test_a_rise_of_tokens_is_no_pass_where_requests_do_not_say_what_they_used(
    spend, settings_of, filed, *, before, after, outcome
):
    text = "budgets: [{name: a, amount: 999, unit: tokens}]\ngate: {increase: 10%}"
    spend("2026-11-01 10:00", "1", output_text_tokens=1)
    for day, side in ((2, before), (4, after)):
        for tokens in side:
            spend(f"2026-11-0{day} 10:00", None if tokens is None else "0", output_text_tokens=tokens)
    gate = judged(settings_of(text), filed(text, "2026-11-03"), filed(text, "2026-11-05"))[-1]

    assert (gate.outcome, gate.missing) == (outcome, outcome == "not_evaluated")
    if outcome == "not_evaluated":
        when, told = (
            ("now", "1 of 2 requests (50.0%)") if before == [10] else ("at the baseline", "1 of 1 request (100.0%)")
        )
        assert gate.message.endswith(f"; {when} {told} does not say how many tokens")


def test_what_may_be_spent_is_told_with_the_rise(spend, settings_of, taken):
    text = "gate: {increase: 10%}"
    for day, cost in ((1, "1"), (2, "10"), (4, "10"), (4, None)):
        spend(f"2026-11-0{day} 10:00", cost)
    (gate,) = judged(settings_of(text), taken(text, "2026-11-03"), taken(text, "2026-11-05"))

    assert gate.message == (
        "everything: +0.00 usd (+0.0%) in 1 days since the baseline; 10.0% is allowed; "
        "without a known price now: 1 of 2 requests"
    )


def test_amounts_are_exact_and_without_needless_zeros(spend, settings_of, taken):
    text = """
fx: {EUR: {2026-01-01: "0.5"}}
budgets: [{name: eur, amount: 99, unit: eur}, {name: calls, amount: 99, unit: requests}]
gate: {increase: 10%, increase_amount: 2.5}
"""
    for day, cost in ((1, "1"), (2, "8.90000125"), (4, "20.10000125")):
        spend(f"2026-11-0{day} 10:00", cost)
    base, now = taken(text, "2026-11-03"), taken(text, "2026-11-05")
    gates = judged(settings_of(text), base, now)
    document = json.loads(budget_diff.json(base, now, compared(base, now), gates))

    assert [(one["value"], one["limit"]) for one in document["gate"]] == [
        ("11.20", "2.50"),
        ("0", "0.1"),
        ("5.60", "0.1"),
    ]
    spent = {one["unit"]: one["spent"] for one in json.loads(budget_json.baseline(base))["entries"]}
    assert spent == {"usd": "8.90000125", "eur": "4.450000625", "requests": "1"}


def test_the_days_of_a_budget_are_those_of_its_own_time_zone(spend, taken):
    text = "budgets: [{name: kolkata, amount: 99, period: day, tz: Asia/Kolkata}, {name: file, amount: 99}]\ntz: Europe/Berlin"
    # At noon of the 8th in Berlin, the 7th there is from 23:00 on, in Kolkata from 18:30 on.
    for started_at, cost in (
        ("2026-11-06 18:29", "1"),
        ("2026-11-06 18:30", "10"),
        ("2026-11-06 23:00", "100"),
        ("2026-11-07 18:29", "1000"),
        ("2026-11-07 18:30", "10000"),
        ("2026-11-07 23:00", "100000"),
    ):
        spend(started_at, cost)

    spent = {one.name: one.spent for one in taken(text, "2026-11-08T12:00").entries}
    assert spent == {None: 11100, "file": 11100, "kolkata": 1110}


def test_a_baseline_that_does_not_tell_requests_is_read(spend, taken, tmp_path):
    spend("2026-11-01 10:00", "1")
    spend("2026-11-02 10:00", "10")
    path = tmp_path / "older.json"
    text = budget_json.baseline(taken("tz: UTC", "2026-11-03"))
    path.write_text("\n".join(line for line in text.splitlines() if "requests" not in line))
    (one,) = compared(read(path), taken("tz: UTC", "2026-11-03"))

    assert (one.old.requests, one.old.unpriced, one.new.requests, one.change) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("period", "new"),
    [
        ("month", True),
        ("quarter", False),
        ("20d", True),  # from 2 November on
        ("25d", False),  # from 28 October on
    ],
)
@pytest.mark.usefixtures("a_dollar_a_day")
def test_a_breach_of_a_later_period_is_new(judge, taken, filed, period, new):
    text = f'budgets: [{{name: acme, per: customer_id, period: {period}, amount: "15"}}]\ngate: {{crossed: true}}'
    base = filed(text, "2026-10-31T20:00")
    (one,) = excused(judge(text, "2026-11-21"), base).standings
    everything, acme = compared(base, taken(text, "2026-11-21"))

    assert one.status == ("breached" if new else "warning")
    assert acme.crossed == ((("acme",),) if new else ())
    assert everything.crossed == ()


@pytest.mark.parametrize(
    ("gate", "outcomes"),
    [
        ("crossed: true", ["failed"]),
        ("crossed: true, increase: 10%", ["not_evaluated", "failed"]),
        ("increase: 10%", ["not_evaluated"]),
        ("", ["not_evaluated"]),
    ],
)
def test_what_was_reached_since_a_young_baseline_is_known(spend, settings_of, taken, gate, outcomes):
    """The ledger begins on the day the baseline is taken, so that the day before it is not known."""
    text = f"budgets: [{{name: all, amount: 5}}]\ngate: {{{gate}}}"
    spend("2026-11-03 10:00", "1")
    base = taken(text, "2026-11-03T12:00")
    assert not base.complete

    assert "failed" not in [one.outcome for one in judged(settings_of(text), base, taken(text, "2026-11-03T12:00"))]
    spend("2026-11-04 10:00", "4")
    gates = judged(settings_of(text), base, taken(text, "2026-11-05"))
    assert [one.outcome for one in gates] == outcomes


def test_a_baseline_whose_time_is_in_no_zone_is_refused(tmp_path):
    path = tmp_path / "baseline.json"
    path.write_text(
        '{"schema": "llmcost/baseline/1", "as_of": "2026-11-01", "days": 7, "complete": true, "entries": []}'
    )
    with pytest.raises(UsageError, match="2026-11-01 is in no time zone"):
        read(path)


def test_what_changed_fits_a_terminal(spend, taken):
    text = "budgets: [{name: tokens-of-customers, unit: tokens, per: customer_id, amount: 1000}]"
    for day, tokens in (("2026-11-08", 9_384_471), ("2026-11-09", 10_384_471)):
        for name in ("acme", "globex-international"):
            spend(f"{day} 10:00", "1", customer_id=name, uncached_input_tokens=tokens)
    before, after = (taken(text, f"2026-11-{day} 00:00") for day in ("08", "10"))

    shown = budget_diff.table(before, compared(before, after), (), Surface(width=80))

    lines = re.sub(r"\x1b\[\d*m", "", shown).splitlines()
    assert max(map(len, lines)) <= 80
    assert "+20,768,942 tokens" in shown
    assert "Not shown at 80 columns: Before, %." in lines
