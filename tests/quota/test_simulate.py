"""Replaying a ledger against configs, with results worked out by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.quota.ledgers import at, call, every, fill

from llmcost.config.nodes import parse_text
from llmcost.domain.errors import UsageError
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.quota.files import opened_text
from llmcost.quota.replay.assertion import asserted
from llmcost.quota.replay.comparison import changed
from llmcost.quota.replay.plan import plan
from llmcost.quota.replay.record import Simulation
from llmcost.quota.replay.run import Manner, replayed
from llmcost.render.simulation import simulation

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def rate_limits(*rules):
    head = "name: limits\ntype: gateway-rate-limiting-config\nrules:\n"
    return head + "".join(f"  - {rule}\n" for rule in rules)


def budgets(*rules):
    return "name: budgets\ntype: gateway-budget-config\nrules:\n" + "".join(f"  - {rule}\n" for rule in rules)


def simulated(ledger, *texts, changes=None, period=None, everywhere=False, **manner):
    configs = [
        one for number, text in enumerate(texts) for one in opened_text(parse_text(text, f"{number}.yaml")).configs
    ]
    selection = Selection(period=period or Period(), zone=UTC, basis="requests")
    return replayed(ledger, selection, plan(configs, changes, everywhere=everywhere), Manner(**manner))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


USER = '{id: user-daily, when: {subjects: ["user:bob"]}, limit_to: 1000, unit: requests_per_day}'
TEAM = '{id: team-daily, when: {subjects: ["team:red"]}, limit_to: 5000, unit: requests_per_day}'
ACCOUNT = '{id: account-daily, when: {subjects: ["virtualaccount:ci"]}, limit_to: 1500, unit: requests_per_day}'


def test_a_user_at_1000_requests_a_day(ledger):
    # One request a minute from midnight on: 1,000 fit into the first 16 h 40 min. Counted in calendar-like fixed days the
    # other 440 of the day are refused, and the next day starts anew.
    fill(ledger, every(at("2026-11-02"), MINUTE, 1440 + 500, user="bob", cost="0.01"))

    result = simulated(ledger, rate_limits(USER), algorithm="fixed")
    rule = result.rules[0]

    assert (rule.matched, rule.decided, rule.refused) == (1940, 1940, 440)
    assert rule.first == utc("2026-11-02T16:40:00")
    assert rule.cost_high == Decimal("4.40")
    assert rule.worst_hour == (utc("2026-11-02T17:00:00"), 60)
    assert (rule.longest.length, rule.longest.refused) == (7 * HOUR + 20 * MINUTE, 440)
    assert (rule.p50, rule.most) == (500, 1440)
    # Sent again at the next midnight, 440 requests and the day's own 500 fit into 1,000.
    assert rule.cost_low == 0


def test_a_user_at_1000_requests_a_day_in_sliding_buckets(ledger):
    # A bucket of 4 hours holds 240. 1,000 have passed at 16:40, and nothing passes until the first bucket leaves the window,
    # at midnight: 440 refused. From then on every 4 hours forget 240 and 240 come, so all of the second day's 500 pass.
    fill(ledger, every(at("2026-11-02"), MINUTE, 1440 + 500, user="bob", cost="0.01"))

    rule = simulated(ledger, rate_limits(USER)).rules[0]

    assert rule.algorithm == "6 sliding buckets"
    assert rule.refused == 440


def test_a_team_at_5000_requests_a_day_is_one_pool(ledger):
    # Two members, 3,000 requests each, one every 20 s in turn: the 5,001st is refused whoever sends it.
    start = at("2026-11-02")
    calls = [call(start + n * 10 * SECOND, user="ann" if n % 2 else "bob", team="red") for n in range(6000)]
    fill(ledger, [*calls, *every(start, MINUTE, 100, user="eve", team="blue")])

    result = simulated(ledger, rate_limits(TEAM), algorithm="fixed")

    assert result.rules[0].refused == 1000
    assert result.rules[0].first == utc("2026-11-02T13:53:20")  # 50,000 s after midnight
    assert result.rules[0].subjects == (("everyone", 1000),)
    assert [(one.caller, one.refused) for one in result.callers] == [("user:ann", 500), ("user:bob", 500)]
    assert (result.requests, result.limited) == (6100, 6000)


def test_a_virtual_account_at_1500_requests_a_day(ledger):
    # A job sends 1,600 requests at 09:00, one a second, on two days: 100 too many on each.
    calls = [
        one for day in range(2) for one in every(at("2026-11-02T09:00:00") + day * DAY, SECOND, 1600, account="ci")
    ]
    fill(ledger, calls)

    rule = simulated(ledger, rate_limits(ACCOUNT), algorithm="fixed").rules[0]

    assert (rule.refused, rule.breaches) == (200, 2)
    assert rule.first == utc("2026-11-02T09:25:00")
    assert rule.longest.length == 14 * HOUR + 35 * MINUTE  # until midnight
    # The sliding log remembers yesterday's 1,500 from 09:00:00 to 09:24:59; at 09:00:00 the first is forgotten, and so on:
    # each second frees one place and takes it. At 09:25:00 nothing is freed any more, and 100 are refused again.
    assert simulated(ledger, rate_limits(ACCOUNT), algorithm="sliding_log").rules[0].refused == 200


@pytest.mark.parametrize(
    ("algorithm", "minutes"),
    [
        # Two an hour: full at 00:01, so that 00:02 and 00:29 are refused.
        ("fixed", 58),  # until 01:00
        ("anchored", 58),  # the window started at 00:00
        ("sliding_log", 59),  # the second call is forgotten at 01:01
        ("sliding_buckets", 58),  # the bucket of both, 00:00 to 00:10, is forgotten at 01:00
        ("gcra", 58),  # a call drains in 30 minutes, two have at 01:00
    ],
)
def test_a_limit_is_closed_until_what_filled_it_is_forgotten(ledger, algorithm, minutes):
    fill(ledger, [call(at("2026-11-02T00:00") + minute * MINUTE) for minute in (0, 1, 2, 29)])

    limit = "limits:\n  - {id: hour, limit: 2, unit: requests, window: 1h}\n"
    rule = simulated(ledger, limit, algorithm=algorithm).rules[0]

    assert (rule.refused, rule.breaches) == (2, 1)
    assert (rule.longest.length, rule.longest.refused) == (minutes * MINUTE, 2)


@pytest.mark.parametrize("algorithm", ["anchored", "sliding_log", "sliding_buckets", "gcra"])
def test_an_empty_counter_that_refuses_is_closed_for_a_window(ledger, algorithm):
    fill(ledger, [call(at("2026-11-02T00:10"))])

    limit = "limits:\n  - {id: hour, limit: 0, unit: requests, window: 1h}\n"
    rule = simulated(ledger, limit, algorithm=algorithm).rules[0]

    assert (rule.refused, rule.longest.length) == (1, HOUR)


def test_requests_sent_again_meet_limits_that_were_never_full(ledger):
    # Of 60 calls, one every 10 minutes, 40 fit into the day; 20 come again at midnight, of which the minute lets 5 pass.
    fill(ledger, every(at("2026-11-02"), 10 * MINUTE, 60, cost="1"))
    limits = (
        "limits:\n"
        "  - {id: day, limit: 40, unit: requests, window: 1d, algorithm: fixed}\n"
        "  - {id: minute, limit: 5, unit: requests, window: 1m, algorithm: fixed}\n"
    )

    result = simulated(ledger, limits)

    assert [rule.refused for rule in result.rules] == [20, 0]
    assert (result.cost_low, result.cost_high) == (15, 20)


def test_a_refused_request_that_counts_and_comes_again_counts_twice(ledger):
    # A minute lets 2 of 4 pass. The 2 refused ones come again in the next minute and pass; the pool of 5 a day has counted
    # all 4 and both again, so that it has room for the first of them only.
    fill(ledger, every(at("2026-11-02T12:00"), SECOND, 4, cost="1"))
    limits = (
        "limits:\n"
        "  - {id: minute, limit: 2, unit: requests, window: 1m, algorithm: fixed}\n"
        "  - {id: day, limit: 5, unit: requests, window: 1d, algorithm: fixed}\n"
    )

    result = simulated(ledger, limits, refused_count=True)

    assert (result.refused, result.cost_low, result.cost_high) == (2, 1, 2)


def test_exactly_the_limit_passes(ledger):
    fill(ledger, every(at("2026-11-02"), SECOND, 1500, account="ci"))

    result = simulated(ledger, rate_limits(ACCOUNT))

    assert (result.refused, result.rules[0].most) == (0, 1500)


def test_the_first_rule_decides_and_all_count_under_v1(ledger):
    # Bob's rule comes first and lets 3 a minute pass; his requests fill the pool of 4 for everyone, which then refuses ann.
    rules = rate_limits(
        '{id: bob, when: {subjects: ["user:bob"]}, limit_to: 3, unit: requests_per_minute}',
        "{id: pool, when: {}, limit_to: 4, unit: requests_per_minute}",
    )
    start = at("2026-11-02")
    fill(ledger, [*every(start, SECOND, 4, user="bob"), *every(start + 10 * SECOND, SECOND, 2, user="ann")])

    result = simulated(ledger, rules, algorithm="fixed")

    # Bob's fourth is refused and counts nowhere; ann's first is the pool's fourth, her second is refused.
    assert [(rule.rule_id, rule.decided, rule.refused) for rule in result.rules] == [("bob", 4, 1), ("pool", 2, 1)]
    # Read as "all rules must allow", the same three of bob's and one of ann's pass.
    assert result.other_reading == ("tfy-legacy-all", 2)


def test_the_readings_of_one_file_differ(ledger):
    # Bob may send 10 a minute by his own rule; the pool of 4 below it refuses him only where every rule must allow.
    rules = rate_limits(
        '{id: bob, when: {subjects: ["user:bob"]}, limit_to: 10, unit: requests_per_minute}',
        "{id: pool, when: {}, limit_to: 4, unit: requests_per_minute}",
    )
    fill(ledger, every(at("2026-11-02"), SECOND, 7, user="bob"))

    result = simulated(ledger, rules)

    assert result.refused == 0
    assert result.other_reading == ("tfy-legacy-all", 3)


def test_tokens_are_charged_when_the_response_ends(ledger):
    # 100 tokens a minute. Three calls of 60 start at once and take 30 s: none is charged yet when they start, so all pass.
    # At 20 s still nothing is charged; at 40 s 240 are, and the call is refused.
    rules = rate_limits("{id: tpm, when: {}, limit_to: 100, unit: tokens_per_minute}")
    start = at("2026-11-02")
    calls = [call(start + n * SECOND, user="bob", tokens=60, seconds=30) for n in (0, 0, 0, 20, 40)]
    fill(ledger, calls)

    assert simulated(ledger, rules, algorithm="fixed").refused == 1


def test_a_budget_refuses_once_it_is_spent_and_opens_at_utc_midnight(ledger):
    # $1 a day: calls of $0.40 pass while less than $1 is spent, so three pass and overshoot to $1.20.
    rules = budgets("{id: day, when: {}, limit_to: 1, unit: cost_per_day, budget_applies_per: [user]}")
    fill(ledger, every(at("2026-11-02T20:00:00"), HOUR, 6, user="bob", cost="0.40", seconds=1))

    rule = simulated(ledger, rules).rules[0]

    # 20, 21, 22 pass, 23 is refused, 00 and 01 pass.
    assert (rule.refused, rule.first) == (1, utc("2026-11-02T23:00:00"))
    assert rule.longest.length == HOUR
    assert rule.algorithm == "calendar day UTC"


def test_audit_refuses_nobody_and_tells_what_it_would_have(ledger):
    rules = budgets("{id: day, when: {}, limit_to: 1, unit: cost_per_day, audit_mode: true}")
    fill(ledger, every(at("2026-11-02T10:00:00"), MINUTE, 5, user="bob", cost="0.50", seconds=1))

    result = simulated(ledger, rules)

    # Audited requests do pass and are charged: the third, fourth and fifth come after $1 is spent.
    assert (result.refused, result.rules[0].refused) == (0, 3)


def test_counters_per_metadata_skip_requests_without_it(ledger):
    rules = rate_limits(
        "{id: t, when: {}, limit_to: 1, unit: requests_per_minute, rate_limit_applies_per: [metadata.tenant]}"
    )
    start = at("2026-11-02")
    calls = [
        call(start + n * SECOND, user="bob", tags=tags) for n, tags in enumerate(['{"tenant":"a"}'] * 2 + [None] * 3)
    ]
    fill(ledger, calls)

    skipping, sharing = simulated(ledger, rules), simulated(ledger, rules, shared=True)

    assert (skipping.refused, sharing.refused) == (1, 3)
    assert skipping.rules[0].subjects == (("metadata.tenant:a", 1),)
    assert any("3 requests of `t` have no metadata.tenant" in note for note in skipping.notes)


def test_parts_billed_apart_are_one_request(ledger):
    rules = rate_limits("{id: t, when: {}, limit_to: 100, unit: tokens_per_minute}")
    start = at("2026-11-02")
    whole = call(start, user="bob", tokens=60, request_id="x")
    part = call(start, user="bob", tokens=50, request_id="x", part=1, cost="0.5")
    fill(ledger, [whole, part, call(start + SECOND, user="bob", tokens=1)])

    result = simulated(ledger, rules)

    # 110 tokens are used by what the gateway saw as one request; the next is refused.
    assert (result.requests, result.refused, result.rules[0].matched) == (2, 1, 2)
    assert result.cost == Decimal("0.5")


def test_what_if_and_comparison(ledger):
    fill(ledger, [*every(at("2026-11-02"), SECOND, 10, user="bob"), *every(at("2026-11-03"), SECOND, 4, user="ann")])
    old = rate_limits("{id: a, when: {}, limit_to: 6, unit: requests_per_minute, rate_limit_applies_per: [user]}")

    before = simulated(ledger, old)
    after = simulated(ledger, old, changes={"a": Decimal(3)})

    assert (before.refused, after.refused) == (4, 8)
    assert [(one.caller, one.before, one.refused) for one in changed(before, after)] == [
        ("user:ann", 0, 1),
        ("user:bob", 4, 7),
    ]
    with pytest.raises(UsageError, match="names no rule"):
        simulated(ledger, old, changes={"b": Decimal(3)})


def test_assertions_hold_or_not(ledger):
    fill(ledger, every(at("2026-11-02"), SECOND, 10, user="bob"))
    result = simulated(ledger, rate_limits("{id: a.b, when: {}, limit_to: 6, unit: requests_per_minute}"))

    found = asserted(["blocked_pct<1", "blocked = 4", "a.b.blocked_pct<=40%", "a.b.p99_pct>166"], result, None)

    assert [(one.value, one.holds) for one in found[:3]] == [(40, False), (4, True), (40, True)]
    assert found[3].holds
    for text in (
        "blocked_pc<1",
        "blocked",
        "b.blocked<1",
        "newly_blocked<1",
        "blocked<5%",
        "a.b.blocked<5%",
        "blocked<$5",
    ):
        with pytest.raises(UsageError):
            asserted([text], result, None)


def test_what_the_windows_of_a_rule_refuse_is_asserted_together(ledger):
    # A call every half minute for ten minutes, from 08:00 on, $0.50 each, by ann and bob in turn. Four an hour pass, one a
    # minute: at 0, 1, 2 and 3 minutes, all ann's. The minute refuses bob at 0.5, 1.5, 2.5; the hour all from 3.5 on.
    fill(
        ledger,
        [call(at("2026-11-02T08:00:00") + n * 30 * SECOND, user=("ann", "bob")[n % 2], cost="0.5") for n in range(20)],
    )
    text = """
name: two
type: tenant-rate-limit-config/model
limits: {requests_per_minute: 1, requests_per_hour: 4}
"""

    result = simulated(ledger, text, algorithm="fixed")

    # At 3.5 the minute is full as well, and it comes first.
    assert (result.refused, [rule.refused for rule in result.rules]) == (16, [4, 12])
    names = ("blocked", "blocked_pct", "blocked_subjects", "avoided", "p99_pct")
    found = asserted([f"two.{name}>=0" for name in names], result, None)
    # 16 of 20; all share one counter; 16 x $0.50; p99 of the minutes is 2 of 1, of the hour 20 of 4.
    assert [one.value for one in found] == [16, 80, 1, 8, 500]

    watched = simulated(ledger, text + "mode: audit\n", algorithm="fixed")
    # Nobody is refused: each minute's second call is over the minute, all but the first four over the hour.
    assert [rule.refused for rule in watched.rules] == [10, 16]
    assert asserted(["two.blocked=16"], watched, None)[0].holds


def test_a_rule_and_what_overrides_it_are_asserted_together(ledger):
    rules = """
name: dev
type: tenant-budget-config
limits: {cost_per_day: 1, cost_per_month: 2}
applies_to: {type: per-user, overrides: [{users: [lead], limits: {cost_per_day: 3}}]}
"""
    calls = [
        one for user in ("lead", "bob") for one in every(at("2026-11-02"), HOUR, 4, user=user, cost="1", seconds=1)
    ]
    fill(ledger, sorted(calls, key=lambda one: one["started_at"]))

    result = simulated(ledger, rules)

    # bob: one of four passes; lead: three of four. In 30 days $2 of bob's month and 30 x $3 of the lead's days.
    names = ("blocked", "blocked_pct", "blocked_subjects", "exposure")
    assert [one.value for one in asserted([f"dev.{name}>=0" for name in names], result, None)] == [4, 50, 2, 92]
    assert result.exposure.worst == 92


def test_every_subject_refused_is_counted(ledger):
    # 1,200 users with two requests each: the second one is refused.
    fill(ledger, [call(at("2026-11-02") + n * SECOND, user=f"u{n % 1200}") for n in range(2400)])
    text = "limits:\n  - {id: one, limit: 1, unit: requests, window: day, per: [user_id]}\n"

    result = simulated(ledger, text, others=False, retries=False, exposure=False)
    (found,) = asserted(["one.blocked_subjects<=1000"], result, None)

    assert (found.value, found.holds) == (1200, False)
    shown = simulation(Simulation(result=result), None)
    assert "1,200 subjects of 1,200" in shown
    assert "and 1,197 more" in shown


def test_a_refused_request_may_count(ledger):
    # 1 a minute, sliding log, one every 40 s: the second is refused; if that counts, so is every later one.
    rules = rate_limits("{id: a, when: {}, limit_to: 1, unit: requests_per_minute}")
    fill(ledger, every(at("2026-11-02"), 40 * SECOND, 5, user="bob"))

    assert simulated(ledger, rules, algorithm="sliding_log").refused == 2
    assert simulated(ledger, rules, algorithm="sliding_log", refused_count=True).refused == 4


def test_requests_that_come_back_fill_the_next_window(ledger):
    # 1 a minute. Of three in the first minute two are refused and come back when the next begins: one passes, the other is
    # refused for good, and so is the newcomer of that minute at first; it comes back in the third and passes.
    rules = rate_limits("{id: a, when: {}, limit_to: 1, unit: requests_per_minute}")
    fill(
        ledger,
        [*every(at("2026-11-02"), SECOND, 3, user="bob", cost="0.10"), call(at("2026-11-02T00:01:30"), cost="0.10")],
    )

    result = simulated(ledger, rules, algorithm="fixed")

    assert (result.refused, result.cost_low, result.cost_high) == (2, Decimal("0.10"), Decimal("0.20"))


def test_a_lifetime_budget_never_opens_again(ledger):
    rules = "name: once\ntype: tenant-budget-config\nlimits: {cost_per_lifetime: 1}\napplies_to: {type: per-user}\n"
    fill(ledger, every(at("2026-01-02"), 30 * DAY, 6, user="bob", cost="0.50", seconds=1))

    result = simulated(ledger, rules)

    # Two calls spend $1; the other four are refused, and coming back a window later is not possible.
    assert (result.refused, result.cost_low, result.cost_high) == (4, Decimal(2), Decimal(2))
    assert result.rules[0].algorithm == "lifetime"


def test_another_amount_is_for_one_limit_and_not_for_its_overrides(ledger):
    # Bob and the lead spend $4 each. Tried with $2 a day, bob has two calls of $1 refused; the lead still has $50.
    day = at("2026-11-02T10:00")
    fill(ledger, [call(day + n * MINUTE, user=user, cost="1", seconds=1) for n in range(4) for user in ("bob", "lead")])
    text = (
        "name: dev\ntype: tenant-budget-config\nlimits: {cost_per_day: 10}\n"
        "applies_to: {type: per-user, overrides: [{users: [lead], limits: {cost_per_day: 50}}]}\n"
    )

    result = simulated(ledger, text, changes={"dev": Decimal(2)})

    assert [(rule.amount, rule.refused) for rule in result.rules] == [(2, 2), (50, 0)]
    with pytest.raises(UsageError, match=r"--what-if names 2 limits of 0.yaml: dev has cost per day, cost per month"):
        simulated(ledger, text.replace("10}", "10, cost_per_month: 100}"), changes={"dev": Decimal(2)})


def test_an_override_replaces_a_base_without_a_name(ledger):
    # Lead spends $4 on a day, one call an hour: more than the base's $1 and less than the override's $50.
    fill(ledger, every(at("2026-11-02T10:00"), HOUR, 4, user="lead", cost="1", seconds=1))
    text = (
        "type: tenant-budget-config\nlimits: {cost_per_day: 1}\n"
        "applies_to: {type: per-user, overrides: [{users: [lead], limits: {cost_per_day: 50}}]}\n"
    )

    result = simulated(ledger, text)

    assert [(rule.matched, rule.refused) for rule in result.rules] == [(0, 0), (4, 0)]


def test_an_override_replaces_its_base_and_several_windows_hold_together(ledger):
    rules = """
name: dev
type: tenant-budget-config
limits: {cost_per_day: 1, cost_per_month: 2}
applies_to: {type: per-user, overrides: [{users: [lead], limits: {cost_per_day: 3}}]}
"""
    calls = [
        one
        for user in ("lead", "bob")
        for day in range(3)
        for one in every(at("2026-11-02") + day * DAY, HOUR, 4, user=user, cost="1.00", seconds=1)
    ]
    fill(ledger, sorted(calls, key=lambda one: one["started_at"]))

    result = simulated(ledger, rules)

    # bob: one a day passes, and after two days his month is spent: 3 + 3 refused by the day, 4 on the third day, where the
    # first call is refused by the month alone and so are the others, for nothing was spent that day.
    # lead: three a day pass, no month holds for the lead.
    assert [(rule.window, rule.refused) for rule in result.rules] == [("day", 6), ("month", 4), ("day", 3)]


def test_a_limit_in_a_time_zone_nobody_knows_is_left_out(ledger):
    text = "limits:\n  - {id: a, limit: 1, unit: usd, window: month, tz: Mars/X}\n"

    result = simulated(ledger, text)

    assert result.left_out == (("a", "has a time zone nobody knows, Mars/X"),)


def test_an_empty_ledger_and_a_period_without_requests(ledger):
    result = simulated(ledger, rate_limits(USER))

    assert (result.requests, result.refused, result.blocked_pct) == (0, 0, 0)
    assert result.rules[0].counters == 0


@pytest.mark.parametrize(
    "text",
    [
        "router_settings: {provider_budget_config: {gemini: {budget_limit: 0.5, time_period: 1d}}}\n",
        "governance: {budgets: [{id: b, max_limit: 0.5, reset_duration: 1d}], providers: [{name: gemini, budget_id: b}]}\n",
        "limits: [{id: a, when: {provider: gemini}, limit: 0.5, unit: usd, window: 1d}]\n",
    ],
)
def test_a_provider_is_known_by_each_of_its_names(ledger, text):
    # Ten calls of $0.10 in ten minutes: five fit into $0.50.
    fill(ledger, [*every(at("2026-11-02"), MINUTE, 10, provider="google", cost="0.10"), call(at("2026-11-02"))])

    (rule,) = simulated(ledger, text).rules

    assert (rule.matched, rule.refused) == (10, 5)


TARGETED = """
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: {name: limits}
spec:
  targetRefs: [{name: TARGET}]
  rateLimit:
    global:
      rules:
      - {clientSelectors: [{headers: [{name: x-user-id, type: Distinct}]}], limit: {requests: 4, unit: Hour}}
"""
KONG = """
services:
- plugins: [{name: ai-rate-limiting-advanced, config: {window_type: fixed, llm_providers: [PROVIDER]}}]
""".replace("PROVIDER", "{name: openai, limit: 40, window_size: 3600}")
HELICONE = 'headers: {Helicone-RateLimit-Policy: "4;w=3600;s=user"}\n'


@pytest.mark.parametrize("text", [TARGETED, KONG, HELICONE])
def test_limits_attached_to_one_part_of_a_gateway_are_taken_to_be_about_all_requests(ledger, text):
    # Ann's ten calls of ten tokens in an hour: four fit into 4 requests, and into 40 tokens.
    fill(ledger, every(at("2026-11-02"), MINUTE, 10, user="ann", tokens=10, tags='{"x-user-id": "ann"}'))

    result = simulated(ledger, text, everywhere=True)
    assert [(rule.decided, rule.refused) for rule in result.rules] == [(10, 6)]
    assert result.notes[0] == (
        "the limits of 0.yaml are taken to be about all requests, as the ledger does not say which came through what they are"
        " attached to"
    )
    # A check looks at one file of perhaps many: it supposes nothing.
    assert simulated(ledger, text).rules == ()


@pytest.mark.parametrize(("pattern", "refused"), [("ann|bob", 14), ("an.*", 7), ("a.n", None)])
def test_a_regular_expression_of_envoy_limits_whom_it_matches(ledger, pattern, refused):
    # Ten calls of each within an hour, of which three fit.
    calls = [
        every(at("2026-11-02"), MINUTE, 10, user=user, tags=f'{{"x-user-id": "{user}"}}') for user in ("ann", "bob")
    ]
    fill(ledger, [*calls[0], *calls[1]])
    selectors = f"{{name: x-user-id, type: RegularExpression, value: '{pattern}'}}, {{name: x-user-id, type: Distinct}}"
    text = TARGETED.replace("requests: 4", "requests: 3").replace("{name: x-user-id, type: Distinct}", selectors)

    result = simulated(ledger, text, everywhere=True)
    assert [rule.refused for rule in result.rules] == ([] if refused is None else [refused])
    assert bool(result.left_out) == (refused is None)


def test_limits_attached_to_several_parts_of_a_gateway_are_not_replayed(ledger):
    fill(ledger, every(at("2026-11-02"), MINUTE, 10, user="ann", tags='{"x-user-id": "ann"}'))

    other = TARGETED.replace("TARGET", "other")
    assert simulated(ledger, TARGETED, other, everywhere=True).left_out == (
        ("limits/0", "is about target, which the ledger does not hold"),
    )


def test_what_envoy_counts_by_an_expression_is_not_replayed_as_tokens(ledger):
    fill(ledger, every(at("2026-11-02"), MINUTE, 10, user="ann"))
    quota = "quota: {defaultBucket: {limit: 5, duration: 1h}}, costExpression: output_tokens * 6"
    text = (
        "apiVersion: aigateway.envoyproxy.io/v1alpha1\nkind: QuotaPolicy\nmetadata: {name: q}\n"
        f"spec: {{perModelQuotas: [{{modelName: gpt-4o, {quota}}}]}}\n"
    )
    assert simulated(ledger, text).left_out == (
        ("q/gpt-4o", "counts output_tokens * 6, which the ledger does not hold"),
    )


@pytest.mark.parametrize(
    ("unit", "refused"),
    [
        # 692 x 30 days after 1970 began is 3 November 2026, between the two days; of 365 days one holds both.
        ("Month", 12),
        ("Year", 16),
        # Weeks begin with Thursday, as 1970 did: 29 October, 5 November.
        ("Week", 12),
    ],
)
def test_long_windows_of_envoy_are_cut_at_multiples_of_their_length(ledger, unit, refused):
    fill(ledger, [*every(at("2026-10-30"), HOUR, 10), *every(at("2026-11-06"), HOUR, 10)])
    text = (
        "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {name: a}\n"
        f"spec: {{rateLimit: {{global: {{rules: [{{limit: {{requests: 4, unit: {unit}}}}}]}}}}}}\n"
    )

    result = simulated(ledger, text)

    assert (result.left_out, result.refused) == ((), refused)
    assert result.rules[0].window == unit.lower()


def test_it_is_said_that_a_rule_in_audit_mode_is_taken_to_decide(ledger):
    fill(ledger, every(at("2026-11-02"), MINUTE, 3, user="bob"))
    watch = "{id: watch, when: {}, limit_to: 5, unit: requests_per_day, audit_mode: true}"
    said = "`watch` in audit mode is taken to decide what matches; whether the gateway goes on to the rules below is not documented"

    assert said in simulated(ledger, rate_limits(watch, USER)).notes
    assert said not in simulated(ledger, rate_limits(USER, watch)).notes


def test_a_week_of_portkey_begins_on_sunday(ledger):
    # Two on Saturday the 14th, four on Sunday, two on Monday: with four a week from Sunday on, Monday's are too many. With weeks
    # from Monday on, two of Sunday's would be, and none of Monday's.
    calls = [
        *every(at("2026-11-14T10:00:00"), HOUR, 2),
        *every(at("2026-11-15T10:00:00"), HOUR, 4),
        *every(at("2026-11-16T10:00:00"), HOUR, 2),
    ]
    fill(ledger, calls)
    policy = "conditions: [{key: provider, value: openai}], group_by: [{key: model}], type: requests, credit_limit: 4"

    result = simulated(ledger, f"policies: [{{name: weekly, {policy}, periodic_reset: weekly}}]\n")
    (rule,) = result.rules
    assert (rule.refused, rule.first, rule.most) == (2, utc("2026-11-16T10:00:00"), 6)
    # Until midnight before Sunday the 22nd.
    assert rule.longest.length == 5 * DAY + 14 * HOUR
    late = simulated(
        ledger,
        f"policies: [{{name: weekly, {policy}, periodic_reset: weekly}}]\n",
        period=Period(since=utc("2026-11-16")),
    )
    assert late.rules[0].refused == 2


@pytest.mark.parametrize(
    ("duration", "hours", "refused"),
    [
        # The 12 hours end at noon: $1.20 before it close the morning after the second call, and the afternoon is new.
        ("12h", (10, 11, 11.5, 13), 1),
        # Friday and Sunday are of one week, Monday and Thursday of the next.
        ("1w", (0, 48, 72, 144), 0),
    ],
)
def test_a_budget_of_litellm_begins_anew_by_the_clock(ledger, duration, hours, refused):
    friday = at("2026-11-06")
    fill(ledger, [call(friday + hour * HOUR, cost="0.60", seconds=1) for hour in hours])

    assert simulated(ledger, f"litellm_settings: {{max_budget: 1, budget_duration: {duration}}}\n").refused == refused


SOFT = "name: soft\ntype: tenant-budget-config\nmode: soft_enforce\napplies_to: {type: aggregate}\nlimits: "


@pytest.mark.parametrize(
    ("limits", "other", "refused"),
    [
        # Alone it blocks like any: of ten calls of $1 in a day, $2 lets two through.
        ("{cost_per_day: 2}", None, 8),
        # A limit more of the same budget is no other budget, whether it is ever full or not.
        ("{cost_per_day: 2, cost_per_month: 9}", None, 8),
        ("{cost_per_day: 2, cost_per_month: 100}", None, 8),
        # So has the month of the other one, whose day is full after five: the soft one then blocks the rest.
        ("{cost_per_day: 2}", "mode: soft_enforce\nlimits: {cost_per_day: 5, cost_per_month: 100}", 5),
        # Another budget with room allows what the soft one would not, whether it is ever full or not.
        ("{cost_per_day: 2}", "mode: enforce\nlimits: {cost_per_month: 100}", 0),
        ("{cost_per_day: 2}", "mode: soft_enforce\nlimits: {cost_per_month: 100}", 0),
        # One that refuses does so itself; the soft one has nothing to refuse.
        ("{cost_per_day: 2}", "mode: enforce\nlimits: {cost_per_month: 7}", 3),
        # One that watches, and one of somebody else, allow nothing.
        ("{cost_per_day: 2}", "mode: audit\nlimits: {cost_per_month: 100}", 8),
        (
            "{cost_per_day: 2}",
            "mode: enforce\nlimits: {cost_per_month: 100}\nwhen: {subjects: {users: {in: [ann]}}}",
            8,
        ),
    ],
)
def test_a_soft_budget_refuses_where_no_other_budget_allows(ledger, limits, other, refused):
    fill(ledger, every(at("2026-11-02"), HOUR, 10, user="bob", cost="1", seconds=1))
    texts = [SOFT + limits]
    if other is not None:
        texts.append(f"name: other\ntype: tenant-budget-config\napplies_to: {{type: per-user}}\n{other}")

    assert simulated(ledger, *texts).refused == refused


@pytest.mark.parametrize("rate", [1, 1000])
def test_a_rate_limit_with_room_allows_nothing_a_soft_budget_is_full_for(ledger, rate):
    fill(ledger, every(at("2026-11-02"), MINUTE, 10, user="bob", cost="1", seconds=1))
    limit = f"name: rpm\ntype: tenant-rate-limit-config/model\nlimits: {{requests_per_minute: {rate}}}\n"

    assert simulated(ledger, SOFT + "{cost_per_day: 2}", limit).refused == 8
