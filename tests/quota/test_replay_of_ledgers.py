"""What the ledger leaves out of a replay makes no difference: the whole path equals the plain simulator."""

from datetime import UTC, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from tests.quota.brute import Request, Rule, replay
from tests.quota.ledgers import at, call, fill

from llmcost.config.nodes import parse_text
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.quota.files import opened_text
from llmcost.quota.replay.meters.calendar import bounds
from llmcost.quota.replay.plan import plan
from llmcost.quota.replay.run import Manner, replayed

EPOCH = at("1970-01-01")
LIMITS = """
limits:
  - {id: minute, limit: 3, unit: requests, window: 1m, per: [user_id], algorithm: ALGORITHM}
  - {id: tokens, limit: 40, unit: tokens, window: 1h, per: [team], algorithm: ALGORITHM}
  - {id: pool, limit: 30, unit: requests, window: 1h, algorithm: ALGORITHM}
  - {id: berlin, limit: 12, unit: requests, window: day, tz: Europe/Berlin, per: [user_id]}
  - {id: money, limit: 0.5, unit: usd, window: day, per: [team]}
"""
KINDS = {
    "fixed": "fixed",
    "sliding": "sliding_log",
    "buckets": "sliding_buckets",
    "counter": "sliding_counter",
    "anchored": "anchored",
    "gcra": "gcra",
}


def micros(moment):
    return (moment - EPOCH) // timedelta(microseconds=1)


def traffic(seed):
    """Bursts, ties and idle hours around the night in which Berlin's clocks go back."""
    random = Random(seed)  # noqa: S311  traffic, no secrets
    now, calls = at("2026-10-24T18:00:00"), []
    for _ in range(220):
        now += random.choice(
            [timedelta(), timedelta(seconds=1), timedelta(seconds=20), timedelta(minutes=4), timedelta(hours=1)]
        )
        calls.append(
            call(
                now,
                user=random.choice(["ann", "bob", "joe"]),
                team=random.choice(["red", "blue"]),
                tokens=random.randrange(12),
                cost=str(random.randrange(8) / 100),
                seconds=random.choice([0, 0, 3, 90]),
            )
        )
    return calls


@pytest.mark.parametrize("algorithm", KINDS)
def test_the_ledgers_replay_equals_the_plain_simulator(ledger, algorithm):
    calls = traffic(1)
    fill(ledger, calls)
    (config,) = opened_text(parse_text(LIMITS.replace("ALGORITHM", algorithm), "own.yaml")).configs
    selection = Selection(period=Period(), zone=UTC, basis="requests")

    result = replayed(ledger, selection, plan([config]), Manner(others=False, retries=False))

    kind = KINDS[algorithm]
    minute, hour = 60_000_000, 3_600_000_000
    rules = [
        Rule(kind=kind, amount=3, length=minute, buckets=6),
        Rule(kind=kind, amount=40, length=hour, buckets=6, charge="post"),
        Rule(kind=kind, amount=30, length=hour, buckets=6),
        Rule(kind="calendar", amount=12, span="day", zone="Europe/Berlin"),
        Rule(kind="calendar", amount=500_000_000_000, span="day", charge="post"),
    ]
    refused = [0] * len(rules)
    for number in replay(
        rules,
        [
            Request(
                at=micros(one["started_at"]),
                end=micros(one["ended_at"]),
                weights=(1, one["uncached_input_tokens"], 1, 1, cost_of(one)),
                keys=(one["user_id"], one["team"], "", one["user_id"], one["team"]),
            )
            for one in calls
        ],
    ):
        if number is not None:
            refused[number] += 1

    assert [rule.refused for rule in result.rules] == refused
    assert sum(refused) > 20


def test_a_duration_that_no_call_has_says_nothing_of_its_end(ledger):
    durations = [1e20, -1.0, float(10**18), 60_000.0]
    fill(ledger, [call(at("2026-10-24T18:00:00"), tokens=3, latency_ms=one) for one in durations])
    limits = "limits:\n  - {id: m, limit: 5, unit: tokens, window: 1m, algorithm: fixed}\n"
    (config,) = opened_text(parse_text(limits, "own.yaml")).configs
    selection = Selection(period=Period(), zone=UTC, basis="requests")

    result = replayed(ledger, selection, plan([config]), Manner(others=False, retries=False))

    assert result.requests == 4
    assert "3 requests have no end; what they used is charged when they started" in result.notes


def cost_of(one):
    return round(float(one["cost"]) * 100) * 10_000_000_000


def budget_manifests(random):
    """Up to four budgets, some soft, some for one user only, with mode, windows, whether each user has a counter, and whom."""
    return [
        (
            random.choice(["enforce", "audit", "soft_enforce", "soft_enforce"]),
            {
                span: random.choice([3, 8, 20, 60, 500])
                for span in random.sample(["day", "month"], random.randrange(1, 3))
            },
            random.random() < 0.5,
            random.choice([None, "ann"]),
        )
        for _ in range(random.randrange(1, 5))
    ]


def as_yaml(number, manifest):
    mode, limits, per_user, whom = manifest
    spans = ", ".join(f"cost_per_{span}: {amount}" for span, amount in limits.items())
    when = "" if whom is None else f"when: {{subjects: {{users: {{in: [{whom}]}}}}}}\n"
    return (
        f"name: m{number}\ntype: tenant-budget-config\nmode: {mode}\nlimits: {{{spans}}}\n"
        f"applies_to: {{type: {'per-user' if per_user else 'aggregate'}}}\n{when}"
    )


@pytest.mark.parametrize("seed", range(8))
def test_soft_budgets_of_a_ledger_refuse_what_the_plain_simulator_refuses(ledger, seed):
    random = Random(seed)  # noqa: S311  traffic, no secrets
    now, calls = at("2026-10-29T00:00:00"), []
    for _ in range(80):
        now += timedelta(minutes=random.choice([1, 30, 200]))
        user, dollars = random.choice(["ann", "bob", None]), random.randrange(1, 4)
        calls.append(call(now, user=user, cost=str(dollars), seconds=0))
    manifests = budget_manifests(random)
    fill(ledger, calls)
    text = "---\n".join(as_yaml(number, one) for number, one in enumerate(manifests))
    configs = opened_text(parse_text(text, "budgets.yaml")).configs

    result = replayed(ledger, Selection(period=Period(), zone=UTC, basis="requests"), plan(configs), Manner())

    windows = [
        (
            Rule(kind="calendar", amount=amount, span=span, charge="post", mode=mode.partition("_")[0], rule=number),
            whom,
            per,
        )
        for number, (mode, limits, per, whom) in enumerate(manifests)
        for span, amount in limits.items()
    ]
    refused = replay(
        [rule for rule, _, _ in windows],
        [
            Request(
                at=micros(one["started_at"]),
                end=micros(one["ended_at"]),
                weight=int(one["cost"]),
                keys=tuple(
                    None if whom not in {None, one["user_id"]} else one["user_id"] if per else ""
                    for _, whom, per in windows
                ),
            )
            for one in calls
        ],
    )
    assert result.refused == sum(1 for number in refused if number is not None)


def test_days_and_months_of_litellm_begin_at_the_time_it_is_told(ledger):
    # New York's clocks go back on 1 November: nine o'clock is 13:00 UTC the day before, and 14:00 then.
    moments = ["2026-10-31T12:59:59", "2026-10-31T13:00:00", "2026-11-01T13:30:00", "2026-11-01T14:00:00"]
    fill(ledger, [call(at(moment), cost="1", seconds=0) for moment in moments])
    settings = 'timezone: US/Eastern, budget_reset_time: "09:00"'
    selection = Selection(period=Period(since=at(moments[0]).replace(tzinfo=UTC)), zone=UTC, basis="requests")

    def refused(duration):
        text = f"litellm_settings: {{max_budget: 1, budget_duration: {duration}, {settings}}}\n"
        made = plan(opened_text(parse_text(text, "config.yaml")).configs)
        (rule,) = replayed(ledger, selection, made, Manner()).rules
        return rule.refused, rule.algorithm, int(rule.most), rule.longest.length

    assert refused("1d") == (1, "calendar day US/Eastern from 9:00", 2, timedelta(minutes=30))
    assert refused("30d") == (2, "calendar month US/Eastern from 9:00", 3, timedelta(hours=25))


@pytest.mark.parametrize("clock", ["02:30", "00:00"])
def test_a_time_of_day_that_is_skipped_or_there_twice_parts_days_once(clock):
    """Berlin's clocks skip 02:00 to 03:00 on 29 March, and show 02:00 to 03:00 twice on 25 October."""
    hour = 3_600_000_000
    for night in ("2026-03-29T00:00:00", "2026-10-25T00:00:00"):
        start = micros(at(night))
        seen = [
            bounds(
                start + minute * hour // 60,
                "day",
                ZoneInfo("Europe/Berlin"),
                0,
                int(clock[:2]) * 3600 + int(clock[3:]) * 60,
            )
            for minute in range(-180, 300, 5)
        ]
        assert all(
            one[0] <= start + minute * hour // 60 < one[1]
            for one, minute in zip(seen, range(-180, 300, 5), strict=True)
        )
        assert seen == sorted(seen)
        assert len({first for first, _ in seen}) == 2
