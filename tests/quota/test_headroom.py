"""How near callers came to limits, with counts worked out by hand."""

from datetime import UTC, timedelta
from decimal import Decimal

from tests.quota.ledgers import at, call, every, fill

from llmcost.config.nodes import parse_text
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.quota.files import opened_text
from llmcost.quota.replay.headroom import headroom
from llmcost.quota.replay.plan import plan

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def looked(ledger, *limits, period=None):
    text = "limits:\n" + "".join(f"  - {one}\n" for one in limits)
    configs = opened_text(parse_text(text, "llmcost.yaml")).configs
    return headroom(ledger, Selection(period=period or Period(), zone=UTC, basis="requests"), plan(configs))


USER = "{id: each, limit: 10, unit: requests, window: day, per: [user_id]}"


def days(user, *counts, cost="0.01"):
    """So many requests on each day from 2 November on."""
    return [
        one
        for day, count in enumerate(counts)
        for one in every(at("2026-11-02") + day * DAY, MINUTE, count, user=user, cost=cost)
    ]


def test_a_limit_is_short_for_those_who_use_nine_tenths_of_it_on_three_days(ledger):
    fill(ledger, [*days("ada", 9, 2, 12, 9), *days("bo", 9, 10, 8), *days("cy", 1)])

    (one,) = looked(ledger, USER)

    # ada: 9, 12 and 9 of 10, one of them more than there is; bo only twice.
    assert (one.counters, one.windows) == (3, 8)
    assert (one.short, one.near, one.full) == (1, 3, 1)
    assert (one.most, one.most_subject) == (12, "user_id:ada")
    assert (one.requests, one.cost) == (32 + 27 + 1, Decimal("0.60"))


def test_three_full_days_in_sixty_one_are_an_accident_and_in_sixty_are_not(ledger):
    fill(ledger, [*days("ada", *[10] * 3, *[1] * 58), *days("bo", *[10] * 3, *[1] * 57)])

    (one,) = looked(ledger, USER)

    assert (one.short, one.most_subject) == (1, "user_id:bo")


def test_the_owners_own_threshold_counts_and_of_a_month_one_is_enough(ledger):
    fill(ledger, [call(at("2026-10-10"), cost="10"), call(at("2026-11-10"), cost="75")])

    warned, usual = looked(
        ledger,
        "{id: warned, limit: 100, unit: usd, window: month, warn_at: [75, 95]}",
        "{id: usual, limit: 100, unit: usd, window: month}",
    )

    assert (warned.threshold, warned.short, warned.near, warned.windows) == (75, 1, 1, 2)
    assert (warned.amount, warned.most, warned.most_subject) == (100, 75, "everyone")
    assert (usual.threshold, usual.short) == (90, 0)


def test_only_the_period_asked_for_is_looked_at_and_the_window_it_begins_in_is_whole(ledger):
    fill(ledger, days("ada", 9, 9, 9, 9))

    whole, later = (
        looked(ledger, USER, period=period)[0]
        for period in (Period(), Period(since=at("2026-11-04").replace(tzinfo=UTC)))
    )

    assert (whole.near, whole.windows, whole.short) == (4, 4, 1)
    assert (later.near, later.windows, later.short) == (0, 2, 0)


def test_limits_that_decide_nothing_are_left_out(ledger):
    fill(ledger, days("ada", 9, 9, 9))

    assert looked(ledger, "{id: red, when: {team: red}, limit: 1, unit: requests, window: day}") == ()


def test_the_query_tells_every_window(ledger):
    fill(ledger, days("ada", 9, 2))

    (one,) = looked(ledger, USER)

    # Days since 1970.
    assert sorted(ledger.execute(one.sql, one.values or None).fetchall()) == [
        ("ada", 20759, 9, 9),
        ("ada", 20760, 2, 2),
    ]
