"""The engine refuses exactly the requests a plain simulator refuses, for every algorithm."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fewer import FEWER
from tests.quota.brute import Request, Rule, replay

from llmcost.quota.replay.counting import Counting, LimitSet
from llmcost.quota.replay.meters.anchored import AnchoredWindow
from llmcost.quota.replay.meters.calendar import CalendarWindow
from llmcost.quota.replay.meters.fixed import FixedWindow
from llmcost.quota.replay.meters.gcra import Gcra
from llmcost.quota.replay.meters.in_flight import InFlight
from llmcost.quota.replay.meters.lifetime import Lifetime
from llmcost.quota.replay.meters.sliding_buckets import SlidingBuckets
from llmcost.quota.replay.meters.sliding_counter import SlidingCounter
from llmcost.quota.replay.meters.sliding_log import SlidingLog
from llmcost.quota.replay.simulation import Simulation

SECOND = 1_000_000
KINDS = (
    "fixed",
    "sliding_log",
    "sliding_buckets",
    "sliding_counter",
    "anchored",
    "gcra",
    "calendar",
    "lifetime",
    "in_flight",
)


def at(text, zone="UTC"):
    instant = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return int(instant.astimezone(UTC).timestamp()) * SECOND


# Where windows and clocks turn: midnight, both switches of Berlin's clocks, a midnight that Sao Paulo skipped, New Year.
TURNS = [
    (at("2026-11-21T00:00:00"), "UTC"),
    (at("2026-10-25T01:00:00"), "Europe/Berlin"),
    (at("2026-10-25T22:30:00"), "Europe/Berlin"),
    (at("2026-03-29T22:30:00"), "Europe/Berlin"),
    (at("2018-11-04T03:00:00"), "America/Sao_Paulo"),
    (at("2026-12-31T23:00:00"), "Pacific/Auckland"),
]


def meter(rule):
    make = {
        "fixed": lambda: FixedWindow(rule.length),
        "sliding_log": lambda: SlidingLog(rule.length),
        "sliding_buckets": lambda: SlidingBuckets(rule.length, rule.buckets),
        "sliding_counter": lambda: SlidingCounter(rule.length),
        "anchored": lambda: AnchoredWindow(rule.length),
        "gcra": lambda: Gcra(rule.length, rule.amount),
        "calendar": lambda: CalendarWindow(rule.span, ZoneInfo(rule.zone), day_start=rule.day_start),
        "lifetime": Lifetime,
        "in_flight": lambda: InFlight(rule.amount),
    }
    return make[rule.kind]


def refused_by_engine(rules, requests, *, decides="all", counts="all", refused_count=False):
    """For each request the number of the rule that refuses it: the engine tells only sums, so each request has a cost bit."""
    keyed = 6 + len(rules)
    budgets = {
        number: [n for n, one in enumerate(rules) if one.rule == number and one.budget and one.mode != "audit"]
        for number in range(3)
    }
    limits = [
        Counting(
            rule=rule.rule,
            amount=rule.amount,
            meter=meter(rule),
            key_at=6 + number,
            weight_at=5,
            charge="pre" if rule.kind == "in_flight" else rule.charge,
            held=rule.kind == "in_flight",
            mode=rule.mode,
            budget_at=keyed + rule.rule if number in budgets[rule.rule] else None,
        )
        for number, rule in enumerate(rules)
    ]
    one_set = LimitSet(limits=tuple(limits), first_at=4, decides=decides, counts=counts)
    simulation = Simulation([one_set], refused_count=refused_count, budgets=range(keyed, keyed + 3))
    simulation.feed(
        [
            (one.at, one.end, 1 << place, None, one.first, one.weight, *one.keys, *says(one, budgets, decides))
            for place, one in enumerate(requests)
        ]
    )
    outcome = simulation.finish()
    refused = [outcome.cost >> place & 1 for place in range(len(requests))]
    by = [
        next(
            (
                number
                for number, one in enumerate(outcome.limits)
                if rules[number].mode != "audit" and one.cost >> place & 1
            ),
            None,
        )
        for place in range(len(requests))
    ]
    assert [number is not None for number in by] == [bool(bit) for bit in refused]
    return by


def says(request, budgets, decides):
    """Which budgets have a say in a request."""
    return [
        (decides == "all" or request.first == rule) and any(request.keys[number] is not None for number in numbers)
        for rule, numbers in budgets.items()
    ]


def gaps(length):
    """Ties, bursts, gaps about a window long, and idle time."""
    return st.one_of(
        st.just(0),
        st.integers(0, 5),
        st.integers(0, max(length // 4, 1)),
        st.integers(max(length - 3, 0), length + 3),
        st.integers(0, 4 * length),
    )


@st.composite
def traffic(draw, *, length, limits, rules=1, most=40):
    base, _ = draw(st.sampled_from(TURNS))
    now = base - draw(st.integers(0, 3 * length))
    requests = []
    for _ in range(draw(st.integers(0, most))):
        now += draw(gaps(length))
        keys = tuple(draw(st.sampled_from(["a", "a", "b", None])) for _ in range(limits))
        requests.append(
            Request(
                at=now,
                end=now + draw(st.one_of(st.just(0), st.integers(0, 2 * length))),
                weight=draw(st.integers(0, 4)),
                keys=keys,
                first=draw(st.one_of(st.none(), st.integers(0, rules - 1))),
            )
        )
    return requests


@st.composite
def one_rule(draw, kind, length):
    return Rule(
        kind=kind,
        amount=draw(st.integers(0, 8)),
        length=length,
        buckets=draw(st.sampled_from([1, 2, 6, 7])),
        span=draw(st.sampled_from(["day", "day", "week", "month", "quarter", "year"])),
        zone=draw(st.sampled_from([zone for _, zone in TURNS])),
        day_start=draw(st.sampled_from([0, 0, 9 * 3_600, 63_015])),
        charge=draw(st.sampled_from(["pre", "post", "reserve"])),
        mode=draw(st.sampled_from(["enforce", "enforce", "enforce", "audit", "soft"])),
        rule=draw(st.integers(0, 2)),
        budget=draw(st.sampled_from([True, True, False])),
    )


def _check_one(kind, data):
    length = data.draw(st.sampled_from([12, 60, 3600 * SECOND, 9 * 3600 * SECOND]))
    rule = data.draw(one_rule(kind, length))
    requests = data.draw(traffic(length=length, limits=1))
    refused_count = data.draw(st.booleans())

    expected = replay([rule], requests, refused_count=refused_count)

    assert refused_by_engine([rule], requests, refused_count=refused_count) == expected


@pytest.mark.parametrize("kind", KINDS)
@FEWER
@given(data=st.data())
def test_one_limit_refuses_what_the_plain_simulator_refuses(kind, data):
    _check_one(kind, data)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_one_limit_refuses_what_the_plain_simulator_refuses_many_times(kind, data):
    _check_one(kind, data)


def _check_several(data):
    length = data.draw(st.sampled_from([60, 3600 * SECOND]))
    rules = [
        data.draw(one_rule(data.draw(st.sampled_from(KINDS)), length)) for _ in range(data.draw(st.integers(2, 4)))
    ]
    requests = data.draw(traffic(length=length, limits=len(rules), rules=3))
    options = {
        "decides": data.draw(st.sampled_from(["first", "all"])),
        "counts": data.draw(st.sampled_from(["deciding", "all"])),
        "refused_count": data.draw(st.booleans()),
    }

    assert refused_by_engine(rules, requests, **options) == replay(rules, requests, **options)


@FEWER
@given(data=st.data())
def test_several_limits_refuse_what_the_plain_simulator_refuses(data):
    _check_several(data)


@pytest.mark.slow
@given(data=st.data())
def test_several_limits_refuse_what_the_plain_simulator_refuses_many_times(data):
    _check_several(data)
