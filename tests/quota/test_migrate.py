"""V1 limits as V2 manifests: what they say, what they cannot, and that a replay agrees."""

from datetime import UTC, timedelta
from random import Random

import pytest
from tests.quota.ledgers import at, call, fill

from llmcost.config.nodes import parse_text
from llmcost.domain.errors import UsageError
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.quota.files import opened_text
from llmcost.quota.migrate.tfy_v2 import migrated
from llmcost.quota.migrate.writing import manifest_text
from llmcost.quota.replay.comparison import changed
from llmcost.quota.replay.plan import plan
from llmcost.quota.replay.run import Manner, replayed


def config_of(*rules, kind="rate-limiting"):
    text = f"name: limits\ntype: gateway-{kind}-config\nrules:\n" + "".join(f"  - {rule}\n" for rule in rules)
    (config,) = opened_text(parse_text(text, "v1.yaml")).configs
    return config


def new_configs(result):
    text = "---\n".join(manifest_text(one) for one in result.manifests)
    return opened_text(parse_text(text, "v2.yaml")).configs


def said(result):
    """Name, conditions and mode of each manifest."""
    return [
        (
            one.name,
            {name: sorted(values) for name, values in one.scope.inside.items()},
            {name: sorted(values) for name, values in one.scope.outside.items()},
            one.applies_to[0],
            one.audit,
        )
        for one in result.manifests
    ]


BOB = '{id: bob, when: {subjects: ["user:bob"]}, limit_to: 5, unit: requests_per_minute}'
PER_USER = "{id: all, when: {}, limit_to: 3, unit: requests_per_minute, rate_limit_applies_per: [user]}"


def test_a_later_rule_leaves_out_what_an_earlier_one_decides():
    result = migrated(config_of(BOB, PER_USER))

    assert said(result) == [
        ("bob", {"user": ["bob"]}, {}, "aggregate", False),
        ("all", {}, {"user": ["bob"]}, "per-user", False),
    ]
    assert not result.remarks


def test_values_a_rule_shares_with_an_earlier_one_are_taken_from_its_list():
    both = '{id: two, when: {subjects: ["user:bob", "user:ann"]}, limit_to: 3, unit: requests_per_day}'

    assert said(migrated(config_of(BOB, both)))[1] == ("two", {"user": ["ann"]}, {}, "aggregate", False)


def test_a_rule_that_never_decides_is_left_out():
    result = migrated(config_of("{id: any, when: {}, limit_to: 9, unit: requests_per_day}", BOB))

    assert [one.name for one in result.manifests] == ["any"]
    assert [(one.rule_id, one.lost) for one in result.remarks] == [("bob", False)]


COMBINED = '{id: bob-4o, when: {subjects: ["user:bob"], models: [gpt-4o]}, limit_to: 5, unit: requests_per_minute}'


def test_a_combination_is_left_out_with_two_manifests_where_each_user_has_a_counter():
    result = migrated(config_of(COMBINED, PER_USER))

    assert said(result)[1:] == [
        ("all", {}, {"user": ["bob"]}, "per-user", False),
        ("all-2", {"user": ["bob"]}, {"model": ["gpt-4o"]}, "per-user", False),
    ]


MINI = '{id: mini, when: {models: ["openai/gpt-4o-mini"]}, limit_to: 1000, unit: requests_per_day}'
OPENAI = '{id: openai, when: {models: ["openai/*"]}, limit_to: 5, unit: requests_per_day}'


def test_what_an_earlier_rule_decides_of_a_pattern_is_left_out():
    result = migrated(config_of(MINI, OPENAI))

    assert said(result)[1] == (
        "openai",
        {"model": ["openai/*"]},
        {"model": ["openai/gpt-4o-mini"]},
        "aggregate",
        False,
    )
    assert not result.remarks


def test_a_value_that_an_earlier_pattern_covers_is_taken_from_the_list():
    two = '{id: two, when: {models: ["openai/gpt-4o", "mistral/large"]}, limit_to: 3, unit: requests_per_day}'

    assert said(migrated(config_of(OPENAI, two)))[1] == ("two", {"model": ["mistral/large"]}, {}, "aggregate", False)


def test_a_combination_is_left_out_of_a_pattern():
    cut = '{id: cut, when: {models: ["openai/gpt-4o"], subjects: ["user:bob"]}, limit_to: 5, unit: requests_per_day}'
    each = (
        '{id: each, when: {models: ["openai/*"]}, limit_to: 3, unit: requests_per_day, rate_limit_applies_per: [model]}'
    )

    assert said(migrated(config_of(cut, each)))[1:] == [
        ("each", {"model": ["openai/*"]}, {"model": ["openai/gpt-4o"]}, "per-model", False),
        ("each-2", {"model": ["openai/gpt-4o"]}, {"user": ["bob"]}, "per-model", False),
    ]


def test_a_combination_of_patterns_that_share_texts_cannot_be_left_out():
    cut = '{id: cut, when: {models: ["*/gpt-4o"], subjects: ["user:bob"]}, limit_to: 5, unit: requests_per_day}'
    each = (
        '{id: each, when: {models: ["openai/*"]}, limit_to: 3, unit: requests_per_day, rate_limit_applies_per: [model]}'
    )
    result = migrated(config_of(cut, each))

    assert said(result)[1] == ("each", {"model": ["openai/*"]}, {}, "per-model", True)
    assert [(one.rule_id, one.lost) for one in result.remarks] == [("each", True)]


def test_a_combination_cannot_be_left_out_of_a_shared_counter():
    result = migrated(config_of(COMBINED, "{id: pool, when: {}, limit_to: 9, unit: requests_per_minute}"))

    assert said(result)[1] == ("pool", {}, {}, "aggregate", True)
    assert [(one.rule_id, one.lost) for one in result.remarks] == [("pool", True)]


def test_two_keys_at_once_cannot_be_said_unless_one_has_a_single_value():
    both = "{id: both, when: {}, limit_to: 9, unit: requests_per_day, rate_limit_applies_per: [user, model]}"
    one = '{id: one, when: {subjects: ["user:bob"]}, limit_to: 9, unit: requests_per_day, rate_limit_applies_per: [user, model]}'

    assert [remark.lost for remark in migrated(config_of(both)).remarks] == [True]
    assert said(migrated(config_of(one))) == [("one", {"user": ["bob"]}, {}, "per-model", False)]


def test_a_budget_keeps_its_alerts_and_audit_mode():
    budget = (
        "{id: b, when: {metadata: {env: prod}}, limit_to: 12.5, unit: cost_per_month, budget_applies_per: [metadata.team],"
        " audit_mode: true, alerts: {thresholds: [75, 90], notification_target:"
        " [{type: email, notification_channel: 'c 🎉', to_emails: [a@example.com]}]}}"
    )
    result = migrated(config_of(budget, kind="budget"))
    (config,) = new_configs(result)
    (limit,) = config.limits

    assert (limit.id, str(limit.amount), limit.window.span, limit.mode, limit.per) == (
        "b",
        "12.5",
        "month",
        "audit",
        ("metadata.team",),
    )
    assert [str(one) for one in limit.alerts.thresholds] == ["75", "90"]
    assert [
        one.get("notification_channel").value for one in limit.node.get("alerts").get("notification_target").items
    ] == ["c 🎉"]
    assert not config.problems


def test_a_budget_of_tokens_becomes_a_rate_limit_that_refuses_nobody_and_is_reported():
    rule = "{{id: r, when: {{}}, limit_to: 5000, unit: tokens_per_{span}, budget_applies_per: [user]}}"
    result = migrated(config_of(rule.format(span="day"), kind="budget"))
    (config,) = new_configs(result)
    (limit,) = config.limits

    assert (limit.unit, limit.window.span, limit.mode, limit.kind) == ("tokens", "day", "audit", "rate")
    assert [remark.lost for remark in result.remarks] == [True]
    assert not config.problems
    monthly = migrated(config_of(rule.format(span="month"), kind="budget"))
    assert (monthly.manifests, [remark.lost for remark in monthly.remarks]) == ((), [True])


def test_what_is_no_v1_config_is_refused():
    (config,) = opened_text(
        parse_text("limits:\n  - {id: a, limit: 1, unit: requests, window: 1m}\n", "own.yaml")
    ).configs

    with pytest.raises(UsageError, match="cannot be migrated"):
        migrated(config)


@pytest.mark.parametrize("seed", range(6))
def test_both_generations_refuse_the_same_where_counters_are_their_callers_own(ledger, seed):
    # Every rule counts by user and rules differ by user or model, so no foreign traffic fills a counter.
    random = Random(seed)  # noqa: S311  traffic, no secrets
    config = config_of(
        '{id: bob-4o, when: {subjects: ["user:bob"], models: [gpt-4o]}, limit_to: 4, unit: requests_per_minute,'
        " rate_limit_applies_per: [model]}",
        '{id: staff, when: {subjects: ["user:ann", "user:eve"]}, limit_to: 5, unit: requests_per_hour,'
        " rate_limit_applies_per: [user]}",
        '{id: mini, when: {models: [mini], subjects: ["user:joe"]}, limit_to: 2, unit: requests_per_minute}',
    )
    start, calls = at("2026-11-02"), []
    for _ in range(300):
        start += timedelta(seconds=random.choice([0, 1, 2, 30, 70]))
        calls.append(
            call(start, user=random.choice(["bob", "ann", "eve", "joe"]), model=random.choice(["gpt-4o", "mini"]))
        )
    fill(ledger, calls)
    selection = Selection(period=Period(), zone=UTC, basis="requests")
    manner = Manner(others=False, retries=False)

    before = replayed(ledger, selection, plan([config]), manner)
    after = replayed(ledger, selection, plan(new_configs(migrated(config))), manner)

    assert before.refused > 0
    assert (after.refused, changed(before, after)) == (before.refused, ())


def test_traffic_of_an_earlier_rule_fills_a_pool_under_v1_only(ledger):
    config = config_of(
        '{id: bob, when: {subjects: ["user:bob"]}, limit_to: 10, unit: requests_per_minute}',
        "{id: pool, when: {}, limit_to: 4, unit: requests_per_minute}",
    )
    start = at("2026-11-02")
    fill(ledger, [*(call(start, user="bob") for _ in range(4)), call(start + timedelta(seconds=1), user="ann")])
    selection = Selection(period=Period(), zone=UTC, basis="requests")
    manner = Manner(others=False, retries=False)

    before = replayed(ledger, selection, plan([config]), manner)
    after = replayed(ledger, selection, plan(new_configs(migrated(config))), manner)

    assert [(one.caller, one.before, one.refused) for one in changed(before, after)] == [("user:ann", 1, 0)]


WATCH = "{id: watch, when: WHEN, limit_to: 9, unit: requests_per_minute, audit_mode: true}"


def test_a_rule_below_one_that_only_watches_is_kept_and_reported():
    result = migrated(config_of(WATCH.replace("WHEN", "{}"), BOB))

    assert said(result) == [
        ("watch", {}, {}, "aggregate", True),
        ("bob", {"user": ["bob"]}, {}, "aggregate", True),
    ]
    (remark,) = result.remarks
    assert (remark.rule_id, remark.lost) == ("bob", True)


def test_what_a_rule_that_only_watches_matches_is_taken_to_be_decided_by_it():
    result = migrated(config_of(WATCH.replace("WHEN", "{models: [m]}"), PER_USER))

    assert said(result)[1] == ("all", {}, {"model": ["m"]}, "per-user", False)
    (remark,) = result.remarks
    assert (remark.rule_id, remark.lost) == ("all", False)


CAROL = '{id: carol, when: {subjects: ["user:carol"]}, limit_to: 5, unit: requests_per_minute}'


def test_no_manifest_is_about_nobody():
    # Carol's own rule decides all of hers, so leaving out those of her metadata once more leaves nobody of the last rule's.
    pro = '{id: pro, when: {subjects: ["user:carol"], metadata: {tier: pro}}, limit_to: 500, unit: requests_per_minute}'
    result = migrated(config_of(CAROL, pro, PER_USER))

    assert said(result) == [
        ("carol", {"user": ["carol"]}, {}, "aggregate", False),
        ("all", {}, {"user": ["carol"]}, "per-user", False),
    ]


def test_a_manifest_for_some_leaves_out_who_was_left_out_before():
    both = (
        '{id: pro, when: {subjects: ["user:carol", "user:dan"], metadata: {tier: pro}}, limit_to: 500,'
        " unit: requests_per_minute, rate_limit_applies_per: [user]}"
    )
    result = migrated(config_of(CAROL, both, PER_USER))

    # Of carol and dan, whose requests with tier pro the second rule decides, carol's are all the first rule's.
    assert said(result)[2:] == [
        ("all", {}, {"user": ["carol", "dan"]}, "per-user", False),
        ("all-2", {"user": ["dan"]}, {"metadata.tier": ["pro"]}, "per-user", False),
    ]
