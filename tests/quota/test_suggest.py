"""Suggested limits keep what was asked of them when they are replayed."""

from datetime import UTC, date, timedelta
from decimal import Decimal

import pytest
from tests.quota.ledgers import at, every, fill

from llmcost.config.nodes import parse_text
from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.errors import UsageError
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.pricing.price_list import load_price_list
from llmcost.quota.check import Known
from llmcost.quota.files import opened_text
from llmcost.quota.replay.plan import plan
from llmcost.quota.replay.run import Manner, replayed
from llmcost.quota.run import check, choice
from llmcost.quota.suggest.draft import Form, metadata_keys
from llmcost.quota.suggest.ladder import above, below, rung
from llmcost.quota.suggest.search import Ask, suggest

SELECTION = Selection(period=Period(), zone=UTC, basis="requests")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def asked(ledger, *, per="user_id", unit="requests", span="day", rate="0.01", cap=None, dialect="tfy-v1"):
    keys = metadata_keys(ledger, SELECTION, DEFAULT_ATTRIBUTION)
    form = Form(dialect=dialect, unit=unit, span=span, keys=keys)
    return suggest(
        ledger, SELECTION, Ask(per=per, form=form, rate=Decimal(rate), cap=None if cap is None else Decimal(cap))
    )


def simulated(ledger, text):
    return replayed(ledger, SELECTION, plan(opened_text(parse_text(text, "suggested.yaml")).configs), Manner())


def usual_days(ledger, burst=0):
    """Twenty days with 10 requests of each of two users, a minute apart at noon; on the last, bob sends `burst` more."""
    calls = []
    for day in range(20):
        for user in ("ann", "bob"):
            start = at("2026-11-01T12:00:00") + day * DAY
            calls += every(
                start, MINUTE, 10, user=user, team="red" if user == "ann" else "blue", cost="0.10", tokens=100
            )
    calls += every(at("2026-11-20T18:00:00"), MINUTE, burst, user="bob", team="blue", cost="0.10", tokens=100)
    return fill(ledger, calls)


def test_a_quiet_past_is_never_refused(ledger):
    usual_days(ledger)

    found = asked(ledger, rate="0")

    # A window of a day never holds more than one noon; the sliding window of the next day starts after it has passed.
    assert [(rule.draft.id, rule.amount, rule.refused) for rule in found.rules] == [("per-user", 10, 0)]
    assert simulated(ledger, found.text).refused == 0


def test_a_burst_is_refused_as_far_as_the_rate_allows(ledger):
    usual_days(ledger, burst=100)  # 500 requests; 5 % is 25

    found = asked(ledger, rate="0.05")
    result = simulated(ledger, found.text)

    # 110 on one day: 100 would refuse 10 (2 %); the next round number below, 80, refuses 30 (6 %).
    assert found.rules[0].amount == 100
    assert result.refused == found.rules[0].refused == 10
    assert Decimal(result.refused) / result.requests <= Decimal("0.05")


def test_teams_get_a_rule_each(ledger):
    usual_days(ledger, burst=100)

    found = asked(ledger, per="team", unit="tokens", rate="0")
    result = simulated(ledger, found.text)

    assert [(rule.draft.id, rule.amount) for rule in found.rules] == [("team-blue", 12000), ("team-red", 1000)]
    assert 'subjects: ["team:blue"]' in found.text
    assert result.refused == 0


def test_a_cap_lowers_the_largest_exposure_first(ledger):
    usual_days(ledger, burst=100)

    free = asked(ledger, per="team", unit="cost", rate="0")
    capped = asked(ledger, per="team", unit="cost", rate="0", cap="150")

    # $12 and $1 a day are $360 and $30 in 30 days. Under a cap of $150, red keeps its $30 and blue gets $120: $4 a day.
    assert [(rule.draft.id, rule.amount, rule.exposure) for rule in free.rules] == [
        ("team-blue", 12, 360),
        ("team-red", 1, 30),
    ]
    assert [(rule.amount, rule.exposure, rule.capped) for rule in capped.rules] == [(4, 120, True), (1, 30, False)]
    assert "gateway-budget-config" in capped.text
    assert simulated(ledger, capped.text).refused == capped.rules[0].refused > 0


def test_a_higher_plan_gets_no_less_than_a_lower_one(ledger):
    # For twenty days: 4 requests a day of free, 12 of pro, 8 of enterprise and 2 of a plan whose place nobody knows.
    used = {"free": 4, "Pro": 12, "enterprise": 8, "friends": 2}
    calls = [
        one
        for day in range(20)
        for name, count in used.items()
        for one in every(at("2026-11-01T12:00:00") + day * DAY, MINUTE, count, user=name, plan=name)
    ]
    fill(ledger, sorted(calls, key=lambda one: one["started_at"]))

    found = asked(ledger, per="plan", rate="0")

    assert {rule.draft.id: (rule.amount, rule.raised_to) for rule in found.rules} == {
        "plan-free": (4, None),
        "plan-pro": (12, None),
        "plan-enterprise": (12, "Pro"),
        "plan-friends": (2, None),
    }
    assert "# its use asks for less: no less than plan 'Pro' gets" in found.text
    file = opened_text(parse_text(found.text, "suggested.yaml"))
    known = Known(day=date(2026, 11, 21), load_prices=load_price_list)
    assert list(check([file], choice(("QC502",), (), pedantic=True), known).findings) == []


def test_our_own_limits_are_read_back(ledger):
    usual_days(ledger, burst=100)

    found = asked(ledger, per="user_id", rate="0.05", dialect="llmcost")

    assert found.text.splitlines()[2] == "limits:"
    assert "per: [user_id]" in found.text
    assert simulated(ledger, found.text).refused == found.rules[0].refused <= 25


def test_too_little_history_is_refused(ledger):
    fill(ledger, every(at("2026-11-01T12:00:00"), MINUTE, 100, user="bob"))

    with pytest.raises(UsageError, match="too little history"):
        asked(ledger)
    with pytest.raises(UsageError, match="no request of this period has a team"):
        asked(ledger, per="team")


def test_the_metadata_key_is_the_one_callers_send(ledger):
    calls = [
        one
        for day in range(10)
        for one in every(
            at("2026-11-01") + day * DAY, MINUTE, 3, user="bob", customer_id="acme", tags='{"tenant_id":"acme"}'
        )
    ]
    fill(ledger, calls)

    assert "rate_limit_applies_per: [metadata.tenant_id]" in asked(ledger, per="customer_id").text


@pytest.mark.parametrize("name", ['x"]}\n  - id: evil', "core🚀"])
def test_names_from_logs_stay_inside_their_place(ledger, name):
    fill(ledger, [one for day in range(10) for one in every(at("2026-11-01") + day * DAY, MINUTE, 3, team=name)])

    found = asked(ledger, per="team")

    (config,) = opened_text(parse_text(found.text, "suggested.yaml")).configs
    assert len(config.limits) == 1
    assert simulated(ledger, found.text).rules[0].matched == 30


@pytest.mark.parametrize(
    ("amount", "up", "down"),
    [
        ("1", "1", "1"),
        ("7", "8", "6"),
        ("9", "10", "8"),
        ("110", "120", "100"),
        ("12", "12", "12"),
        ("999", "1000", "800"),
    ],
)
def test_round_numbers(amount, up, down):
    value = Decimal(amount)

    assert (rung(value, whole=True), below(value, whole=True)) == (Decimal(up), Decimal(down))
    assert above(value, whole=True) > value
