"""A replay of a period starts with counters as full as they were."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.quota.ledgers import at, call, every, fill
from tests.quota.test_replay_of_ledgers import KINDS, LIMITS, traffic

from llmcost.config.nodes import parse_text
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.quota.files import opened_text
from llmcost.quota.replay.plan import plan
from llmcost.quota.replay.run import Manner, replayed

MINUTE = timedelta(minutes=1)


def simulated(ledger, text, since, **manner):
    (config,) = opened_text(parse_text(text, "own.yaml")).configs
    period = Period(since=datetime.fromisoformat(since).replace(tzinfo=UTC))
    return replayed(ledger, Selection(period=period, zone=UTC, basis="requests"), plan([config]), Manner(**manner))


@pytest.mark.parametrize(
    ("window", "algorithm", "refused"),
    [
        # 60 requests from 11:00, one a minute; 50 are allowed, and the report starts at 11:30.
        ("1h", "fixed", 10),
        ("1h", "sliding", 10),
        ("day", "fixed", 10),
        ("month", "fixed", 10),
        ("lifetime", "fixed", 10),
    ],
)
def test_what_came_before_the_period_counts_and_is_not_told(ledger, window, algorithm, refused):
    fill(ledger, every(at("2026-11-02T11:00"), MINUTE, 60, user="bob", cost="0.5"))
    text = (
        f"limits:\n  - {{id: a, limit: 50, unit: requests, window: {window}, algorithm: {algorithm}, per: [user_id]}}\n"
    )

    result = simulated(ledger, text, "2026-11-02T11:30")
    rule = result.rules[0]

    assert (result.requests, result.cost, rule.matched, rule.decided) == (30, 15, 30, 30)
    assert (result.refused, rule.refused, rule.cost_high) == (refused, refused, 5)
    assert rule.first == datetime(2026, 11, 2, 11, 50, tzinfo=UTC)
    assert rule.most == 60  # the window is full because of all of it
    assert [one.refused for one in result.breaches] == [10]


def test_what_was_refused_before_the_period_is_not_told(ledger):
    # The limit is full from 11:10 on; 11:30 to 11:59 are 30 refusals.
    fill(ledger, every(at("2026-11-02T11:00"), MINUTE, 60, user="bob"))

    result = simulated(ledger, "limits:\n  - {id: a, limit: 10, unit: requests, window: day}\n", "2026-11-02T11:30")

    assert (result.refused, result.rules[0].first) == (30, datetime(2026, 11, 2, 11, 30, tzinfo=UTC))
    assert [one.refused for one in result.callers] == [30]


def test_a_caller_of_the_day_before_only_is_not_in_the_report(ledger):
    fill(ledger, [call(at("2026-11-01T12:00"), user="ann"), call(at("2026-11-02T12:00"), user="bob")])

    text = "limits:\n  - {id: a, limit: 5, unit: requests, window: month, per: [user_id]}\n"
    rule = simulated(ledger, text, "2026-11-02").rules[0]

    assert (rule.counters, rule.most_subject) == (1, "user_id:bob")


@pytest.mark.parametrize(
    ("window", "started", "seconds", "since"),
    [
        # 10,000 tokens come after the window began, or while it slides, of a call that began before it.
        ("day", "2026-11-01T23:50", 1_200, "2026-11-02"),
        ("1m", "2026-11-02T11:55", 310, "2026-11-02T12:00"),
        ("1h", "2026-11-02T08:00", 14_390, "2026-11-02T12:00"),
    ],
)
def test_a_call_under_way_when_the_warming_starts_is_charged_when_it_ends(ledger, window, started, seconds, since):
    before = call(at(started), user="bob", tokens=10_000, seconds=seconds)
    after = max(before["ended_at"], at(since)) + timedelta(seconds=1)
    fill(ledger, [before, *every(after, timedelta(seconds=10), 4, user="bob", tokens=100, seconds=1)])
    text = f"limits:\n  - {{id: a, limit: 5000, unit: tokens, window: {window}, per: [user_id]}}\n"

    result = simulated(ledger, text, since)

    assert (result.requests, result.refused) == (4, 4)


def test_what_was_refused_in_the_window_before_is_not_charged_in_this_one(ledger):
    # The 6,000 tokens of 08:00 fill the day; the call under way at midnight was refused, and its 10,000 never came.
    calls = [
        call(at("2026-11-01T08:00"), user="bob", tokens=6_000, seconds=1),
        call(at("2026-11-01T23:50"), user="bob", tokens=10_000, seconds=1_200),
        call(at("2026-11-02T00:30"), user="bob", tokens=100, seconds=1),
    ]
    fill(ledger, calls)

    result = simulated(
        ledger, "limits:\n  - {id: a, limit: 5000, unit: tokens, window: day, per: [user_id]}\n", "2026-11-02"
    )

    assert (result.requests, result.refused) == (1, 0)


@pytest.mark.parametrize("algorithm", ["fixed", "sliding_buckets"])
@pytest.mark.parametrize("stretches", [True, False])
def test_the_end_of_a_replay_is_the_replay_of_the_end(ledger, algorithm, stretches):
    # Windows the clock or the calendar starts are known exactly, so what is refused after an instant is the same whether the
    # replay starts long before it or is asked for from there on.
    fill(ledger, traffic(3))
    own = next(name for name, kind in KINDS.items() if kind == "fixed") if algorithm == "fixed" else "buckets"
    text = LIMITS.replace("ALGORITHM", own)
    middle = datetime(2026, 10, 25, 9, 17, tzinfo=UTC)
    manner = {"others": False, "retries": not stretches, "exposure": False}

    whole = simulated(ledger, text, "2026-10-01", **manner)
    part = simulated(ledger, text, middle.replace(tzinfo=None).isoformat(), **manner)

    late = {
        (one.rule_id, one.subject, one.start): one.refused
        for one in whole.breaches
        if one.start >= middle + timedelta(hours=2)
    }
    assert late
    found = {(one.rule_id, one.subject, one.start): one.refused for one in part.breaches}
    assert late.items() <= found.items()
