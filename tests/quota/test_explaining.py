"""Which limits a request meets, and what could be spent while all are kept."""

from datetime import UTC, timedelta
from decimal import Decimal

from tests.quota.ledgers import at, every, fill

from llmcost.config.nodes import parse_text
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.quota.explaining import described, explained
from llmcost.quota.files import opened_text
from llmcost.quota.replay.plan import plan
from llmcost.quota.replay.run import Manner, replayed

RULES = """
name: limits
type: gateway-rate-limiting-config
rules:
  - {id: red, when: {subjects: ["team:red"]}, limit_to: 100, unit: tokens_per_minute}
  - {id: bob, when: {subjects: ["user:bob"], models: [gpt-4o]}, limit_to: 10, unit: requests_per_day}
  - {id: project, when: {}, limit_to: 50, unit: tokens_per_hour, rate_limit_applies_per: [metadata.project]}
  - {id: rest, when: {}, limit_to: 5, unit: requests_per_minute, rate_limit_applies_per: [user]}
"""


def configs_of(text):
    return opened_text(parse_text(text, "limits.yaml")).configs


def parts(text, **request):
    (config,) = configs_of(text)
    return [(one.limit.id, one.part, one.counter) for one in explained(config, described(**request)).limits]


def test_the_first_rule_that_matches_decides_and_the_others_count():
    assert parts(RULES, user="bob", teams=["blue"], model="gpt-4o", metadata={"project": "x"}) == [
        ("red", "no", None),
        ("bob", "decides", "everyone"),
        ("project", "counts", "metadata.project:x"),
        ("rest", "counts", "user:bob"),
    ]


def test_a_team_that_is_not_known_leaves_it_open():
    assert parts(RULES, user="ann", model="gpt-4o") == [
        ("red", "may decide", "everyone"),
        ("bob", "no", None),
        ("project", "no key", None),
        ("rest", "may decide", "user:ann"),
    ]


def test_the_second_override_takes_the_place_of_a_base_without_a_name():
    text = """
type: tenant-budget-config
limits: {cost_per_day: 10}
applies_to:
  type: per-user
  overrides:
    - {users: [lead], limits: {cost_per_day: 100}}
    - {users: [chief], limits: {cost_per_day: 200}}
"""

    assert parts(text, user="chief") == [
        (None, "replaced", "user:chief"),
        (None, "no", None),
        (None, "decides", "user:chief"),
    ]


def test_an_override_takes_the_place_of_its_base():
    text = """
name: dev
type: tenant-budget-config
limits: {cost_per_day: 10}
applies_to: {type: per-user, overrides: [{users: [lead], limits: {cost_per_day: 100}}]}
"""

    assert parts(text, user="lead") == [("dev", "replaced", "user:lead"), ("dev", "decides", "user:lead")]
    assert parts(text, user="bob") == [("dev", "decides", "user:bob"), ("dev", "no", None)]


def test_exposure_is_limit_times_price_times_time(ledger):
    # Two users, 100 requests each of 10 tokens and $0.02; one of bob's costs $0.50.
    start, step = at("2026-11-01"), timedelta(hours=1)
    calls = every(start, step, 100, user="ann", tokens=10, cost="0.02")
    calls += [
        *every(start, step, 99, user="bob", tokens=10, cost="0.02"),
        *every(start, step, 1, user="bob", tokens=10, cost="0.50"),
    ]
    fill(ledger, calls)
    text = """
name: limits
type: gateway-rate-limiting-config
rules:
  - {id: ann, when: {subjects: ["user:ann"]}, limit_to: 100, unit: requests_per_day}
  - {id: rest, when: {}, limit_to: 10, unit: tokens_per_hour, rate_limit_applies_per: [user]}
"""
    found = replayed(ledger, Selection(period=Period(), zone=UTC, basis="requests"), plan(configs_of(text)), Manner())

    # ann: 100 x 30 days x $0.02. rest: 10 tokens x 720 hours x 2 users; all tokens cost $4.48 / 2,000 on average, and of 200
    # requests the 198th in order of price still costs $0.002 a token, which is below that average.
    assert [(one.counters, one.exposure.usual) for one in found.rules] == [(1, Decimal(60)), (2, Decimal("32.256"))]
    assert found.rules[0].exposure.worst == Decimal(60)
    assert found.exposure.usual == Decimal("92.256")


def test_a_budget_about_everything_bounds_what_is_spent(ledger):
    fill(ledger, every(at("2026-11-01"), timedelta(hours=1), 48, user="ann", tokens=10, cost="0.02"))
    rates = "name: l\ntype: gateway-rate-limiting-config\nrules:\n  - {id: r, when: {}, limit_to: 1000, unit: requests_per_minute}\n"
    budget = (
        "name: b\ntype: gateway-budget-config\nrules:\n  - {id: b, when: {}, limit_to: 300, unit: cost_per_month}\n"
    )

    selection = Selection(period=Period(), zone=UTC, basis="requests")
    found = replayed(ledger, selection, plan([*configs_of(rates), *configs_of(budget)]), Manner())

    # 1,000 x 43,200 minutes x $0.02 against $300.
    assert [one.exposure.usual for one in found.rules] == [Decimal(864_000), Decimal(300)]
    assert (found.exposure.usual, found.exposure.worst) == (Decimal(300), Decimal(300))


def test_a_provider_is_known_by_each_of_its_names():
    text = "router_settings: {provider_budget_config: {gemini: {budget_limit: 1, time_period: 1d}}}\n"
    for name, part in (("google", "decides"), ("gemini", "decides"), ("vertex_ai", "no"), ("openai", "no")):
        assert parts(text, provider=name) == [("gemini", part, "everyone" if part == "decides" else None)]


def test_a_request_is_taken_to_come_through_what_the_limits_are_attached_to():
    plugin = "{name: ai-rate-limiting-advanced, config: {llm_providers: [{name: openai, limit: 40, window_size: 60}]}}"
    one = f"services: [{{plugins: [{plugin}]}}]\n"
    assert parts(one, account="ci", provider="openai") == [("openai", "decides", "consumer:ci")]
    assert parts(f"{one}plugins: [{plugin}]\n", account="ci", provider="openai") == [("openai", "no", None)] * 2
    only = f"consumers: [{{username: batch, plugins: [{plugin}]}}]\n"
    assert parts(only, account="ci", provider="openai") == [("openai", "no", None)]
    assert parts(only, account="batch", provider="openai") == [("openai", "decides", "consumer:batch")]
