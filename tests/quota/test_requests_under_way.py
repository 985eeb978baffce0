"""Limits on requests under way at once, replayed from when calls began and ended; numbers worked out by hand or by a plain replay."""

from datetime import UTC, timedelta
from decimal import Decimal
from random import Random

import pytest
from tests.quota.brute import Request, Rule, replay
from tests.quota.ledgers import at, call, fill
from tests.quota.test_replay_of_ledgers import micros

from llmcost.config.nodes import parse_text
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.quota.files import opened_text
from llmcost.quota.replay.ends import with_ends
from llmcost.quota.replay.headroom import headroom
from llmcost.quota.replay.plan import plan
from llmcost.quota.replay.run import Manner, replayed

MORNING = at("2026-11-02T10:00:00")


def read(text):
    return plan(opened_text(parse_text(text, "own.yaml")).configs)


def everything(since=None):
    period = Period(since=None if since is None else since.replace(tzinfo=UTC))
    return Selection(period=period, zone=UTC, basis="requests")


def six_calls():
    """Seconds after ten, how long, and dollars: all cost 10 cents a second but one without an end."""
    rows = [(0, 10, "1"), (5, 3, "0.3"), (6, 4, "0.4"), (8, 2, "0.2"), (9, None, "5"), (10, 1, "0.1")]
    return [
        call(MORNING + timedelta(seconds=begin), seconds=length, cost=cost, user=f"u{number}")
        for number, (begin, length, cost) in enumerate(rows)
    ]


def test_who_comes_while_all_places_are_taken_is_refused(ledger):
    fill(ledger, six_calls())

    result = replayed(ledger, everything(), read("limits:\n  - {id: two, limit: 2, unit: concurrency}\n"), Manner())
    (rule,) = result.rules

    # u0 holds a place from 0 to 10 and u1 from 5 to 8: u2 comes at 6. u3 takes u1's place as it ends, so u4 finds none at 9.
    # u0 and u3 end as u5 comes.
    assert rule.refused == 2
    assert [(one.caller, one.refused) for one in result.callers] == [("user:u2", 1), ("user:u4", 1)]
    assert [(one.start.second, one.length.total_seconds(), one.refused) for one in result.breaches] == [
        (6, 2.0, 1),
        (9, 1.0, 1),
    ]
    # Sent again as soon as a place is free, u2 goes from 8 to 12; u3 and u4 are sent away and come back at 10, when u0 ends: one
    # place for u3, none for u4. u5 is sent away and comes back at 12.
    assert (result.cost_low, result.cost_high) == (Decimal(5), Decimal("5.4"))
    # Had all been let through, u0, u2, u3 and u4 would have been under way at 9.
    assert (rule.most, rule.p50, rule.counters, rule.algorithm) == (4, 4, 1, "requests under way")
    # 10 cents a second, two at a time, for 2,592,000 seconds.
    assert (rule.exposure.usual, rule.exposure.worst) == (518_400, 518_400)
    assert result.others == ()
    assert "1 request without an end holds no place where limits are on requests under way" in result.notes


def test_a_limit_of_none_lets_nobody_through_and_nobody_comes_back(ledger):
    fill(ledger, six_calls())

    result = replayed(ledger, everything(), read("limits:\n  - {id: none, limit: 0, unit: concurrency}\n"), Manner())

    assert (result.refused, result.cost_low, result.cost_high) == (6, 7, 7)


LIMITS = """
limits:
  - {id: mine, limit: 2, unit: concurrency, per: [user_id]}
  - {id: watch, limit: 3, unit: concurrency, mode: audit}
  - {id: all, limit: 4, unit: concurrency}
  - {id: minute, limit: 12, unit: requests, window: 1m, algorithm: fixed}
"""


def traffic(seed):
    random = Random(seed)  # noqa: S311  traffic, no secrets
    now, calls = MORNING, []
    for _ in range(200):
        now += timedelta(seconds=random.choice([0, 0, 1, 3, 7, 40]))
        seconds = random.choice([None, 0, 1, 5, 12, 60])
        calls.append(call(now, user=random.choice(["ann", "bob", None]), seconds=seconds))
    return calls


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("manner", [Manner(others=False, retries=False), Manner()], ids=["quick", "whole"])
def test_the_ledgers_replay_equals_the_plain_simulator(ledger, seed, manner):
    calls = traffic(seed)
    fill(ledger, calls)

    result = replayed(ledger, everything(), read(LIMITS), manner)

    rules = [
        Rule(kind="in_flight", amount=2),
        Rule(kind="in_flight", amount=3, mode="audit"),
        Rule(kind="in_flight", amount=4),
        Rule(kind="fixed", amount=12, length=60_000_000),
    ]
    expected = [0] * len(rules)
    for number in replay(
        rules,
        [
            Request(
                at=micros(one["started_at"]),
                end=micros(one["ended_at"] or one["started_at"]),
                keys=(one["user_id"], "", "", ""),
            )
            for one in calls
        ],
    ):
        if number is not None:
            expected[number] += 1
    refused = [rule.refused for rule in result.rules]
    assert refused[:1] + refused[2:] == expected[:1] + expected[2:]
    assert sum(expected) > 10


def test_calls_under_way_at_the_start_of_a_period_hold_their_places(ledger):
    # The first ends at 10:20, so the second, at 10:10, is refused and the third, at 10:19, too.
    fill(ledger, [call(MORNING + timedelta(minutes=begin), seconds=1200) for begin in (0, 10, 19, 20)])
    made = read("limits:\n  - {id: one, limit: 1, unit: concurrency}\n")

    result = replayed(ledger, everything(MORNING + timedelta(minutes=15)), made, Manner())

    assert (result.requests, result.refused, result.rules[0].most) == (2, 1, 3)


def test_a_log_without_ends_says_nothing_of_calls_under_way(ledger):
    fill(ledger, [call(MORNING, user="ann"), call(MORNING, user="ann"), call(MORNING, user="bob", seconds=3)])
    text = "limits:\n" + "".join(
        f"  - {{id: {name}, limit: 1, unit: concurrency, when: {{user_id: {name}}}}}\n"
        for name in ("ann", "bob", "joe")
    )

    made = with_ends(ledger, everything(), read(text))

    assert [slot.limit.id for slot in made.slots] == ["bob", "joe"]
    assert [(limit.id, reason) for limit, reason in made.left_out] == [
        ("ann", "counts requests under way, and the log does not say when any of those it is about ended")
    ]


def test_a_limit_is_short_in_the_minutes_in_which_all_places_were_taken(ledger):
    # In three minutes of six, two of two places are taken; the call without an end counts for itself.
    calls = [
        call(MORNING + timedelta(minutes=minute, seconds=10 * number), seconds=15, user="ann")
        for minute, count in enumerate((2, 1, 2, 1, 2, 1))
        for number in range(count)
    ]
    fill(ledger, [*calls, call(MORNING + timedelta(minutes=1, seconds=40), user="ann")])

    (one,) = headroom(
        ledger, everything(), read("limits:\n  - {id: two, limit: 2, unit: concurrency, per: [user_id]}\n")
    )

    assert (one.windows, one.near, one.full, one.short, one.most) == (6, 3, 3, 1, 2)


def test_notes_about_one_request_say_so(ledger):
    fill(ledger, [call(MORNING, tokens=3, cost_status="unpriced", http_status=429)])
    text = "limits:\n  - {id: a, limit: 5, unit: tokens, window: 1m}\n  - {id: b, limit: 5, unit: usd, window: day}\n"
    text += "  - {id: c, limit: 5, unit: usd, window: day, per: [team]}\n"

    assert replayed(ledger, everything(), read(text), Manner()).notes == (
        "1 request of `c` has no team; gateways do not document whether it is then limited",
        "1 request has no end; what it used is charged when it started",
        "1 request is unpriced and counts as free",
        "1 request was already refused when it was made; it counts as asked for",
    )
