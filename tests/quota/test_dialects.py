"""Each dialect: a clean file of it says nothing, and becomes the limits worked out here by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from llmcost.config.nodes import parse_text
from llmcost.pricing.price_list import load_price_list
from llmcost.quota.check import Known
from llmcost.quota.files import all_dialects, opened, opened_text
from llmcost.quota.run import check, choice
from llmcost.quota.semantics import PROFILES
from llmcost.quota.shape import json_schema

CLEAN = Path(__file__).parent / "clean"
KNOWN = Known(day=date(2026, 11, 21), load_prices=load_price_list)

# id, unit, amount, window, kind of window, per, what is matched
LIMITS = {
    "tfy-rate-limits": [
        ("batch", "tokens", "2000000", "hour", "sliding_buckets", (),
         {"subject": {"virtualaccount:nightly-batch"}, "model": {"openai-main/gpt-4o-mini"}}),
        ("search-team", "requests", "120", "minute", "sliding_buckets", ("user", "model"), {"subject": {"team:search"}}),
        ("everybody", "requests", "30", "minute", "sliding_buckets", ("user",), {}),
    ],
    "tfy-budgets": [
        ("research", "cost", "1500.50", "month", "calendar", ("user",),
         {"subject": {"team:research"}, "metadata.environment": {"development"}}),
        ("everybody", "cost", "20", "day", "calendar", ("user",), {}),
    ],
    "tfy-v2": [
        ("development-default", "cost", "10", "day", "calendar", ("user",), {"subject": None, "metadata.environment": {"development"}}),
        ("development-default", "cost", "150", "month", "calendar", ("user",), {"subject": None, "metadata.environment": {"development"}}),
        ("development-default", "cost", "50", "day", "calendar", ("user",),
         {"subject": {"user:lead@example.com"}, "metadata.environment": {"development"}}),
        ("development-default", "cost", "600", "month", "calendar", ("user",),
         {"subject": {"user:lead@example.com"}, "metadata.environment": {"development"}}),
        ("mcp-tools", "tool_calls", "20", "minute", "sliding_buckets", ("user",), {"mcp_server": {"tickets"}}),
        ("mcp-tools", "tool_calls", "300", "hour", "sliding_buckets", ("user",), {"mcp_server": {"tickets"}}),
    ],
    "litellm": [
        ("chat", "requests", "500", "minute", "anchored", (), {"deployment": {"chat#0"}}),
        ("chat", "tokens", "300000", "minute", "anchored", (), {"deployment": {"chat#0"}}),
        ("chat", "requests", "500", "minute", "anchored", (), {"deployment": {"chat#1"}}),
        ("chat", "tokens", "300000", "minute", "anchored", (), {"deployment": {"chat#1"}}),
        ("max_budget", "cost", "5000", "month", "calendar", (), {}),
        ("openai", "cost", "200", "day", "anchored", (), {"provider": {"openai"}}),
    ],
    "portkey": [
        ("each key, monthly", "cost", "500", "month", "calendar", ("api_key",), {}),
        ("claude, per minute", "tokens", "60000", "minute", "sliding_log", ("metadata._user",), {"model": {"@anthropic/*"}}),
    ],
    "kong": [
        ("openai", "tokens", "100000", "minute", "sliding_counter", ("consumer",), {"kong.instance": {"services/0/plugins/0"}, "provider": {"openai"}}),
        ("openai", "tokens", "2000000", "hour", "sliding_counter", ("consumer",), {"kong.instance": {"services/0/plugins/0"}, "provider": {"openai"}}),
        (None, "tokens", "50000", "minute", "fixed", ("provider",), {"kong.instance": {"plugins/0"}, "provider": {"anthropic", "openai"}, "consumer": {"!env CONSUMER"}}),
        (None, "tokens", "900000", "hour", "fixed", ("provider",), {"kong.instance": {"plugins/0"}, "provider": {"anthropic", "openai"}, "consumer": {"!env CONSUMER"}}),
    ],
    "envoy-ai-gateway": [
        ("tokens/0", "input_tokens", "500000", "hour", "fixed", ("header.x-tenant-id",), {}),
        ("upstream/gpt-4o", "tokens", "2000000", "hour", "fixed", (), {"model": {"gpt-4o"}}),
    ],
    "bifrost": [
        ("budget-team", "cost", "500", "30 days", "anchored", (), {"subject": {"team:search"}}),
        ("budget-key", "cost", "25.5", "day", "anchored", (), {"subject": {"virtualaccount:vk-1"}}),
        ("key-limits", "tokens", "200000", "hour", "anchored", (), {"subject": {"virtualaccount:vk-1"}}),
        ("key-limits", "requests", "60", "minute", "anchored", (), {"subject": {"virtualaccount:vk-1"}}),
    ],
    "helicone": [(None, "cost", "50", "day", "sliding_log", ("user",), {"client": {"0"}})],
    "llmcost": [
        ("free-plan", "requests", "100", "hour", "fixed", ("customer_id",), {"plan": {"free"}, "model": {"openai/*", "anthropic/*"}}),
        ("pro-plan", "requests", "2000", "hour", "fixed", ("customer_id",), {"plan": {"pro"}, "model": {"openai/*", "anthropic/*"}}),
        ("everybody", "cost", "750.50", "month", "calendar", (), {}),
    ],
}  # fmt: skip


def _file(dialect):
    (path,) = CLEAN.glob(f"{dialect}.*")
    (found,), _ = opened([path])
    return found


def test_every_dialect_has_a_clean_file_and_a_profile():
    assert set(LIMITS) == set(all_dialects()) == {path.stem for path in CLEAN.iterdir()}
    assert {one.semantics for one in all_dialects().values()} <= set(PROFILES)


@pytest.mark.parametrize("dialect", LIMITS)
def test_a_clean_file_reports_nothing(dialect):
    assert check([_file(dialect)], choice((), (), pedantic=False), KNOWN).findings == ()


@pytest.mark.parametrize("dialect", LIMITS)
def test_a_file_becomes_these_limits(dialect):
    configs = _file(dialect).configs
    found = [
        (
            limit.id, limit.unit, limit.amount, limit.window.name, limit.window.kind, limit.per,
            {one.dimension: None if one.values is None else set(one.values) for one in limit.match.conditions},
        )
        for config in configs
        for limit in config.limits
    ]  # fmt: skip
    wanted = [(*one[:2], Decimal(one[2]), *one[3:]) for one in LIMITS[dialect]]

    assert {config.dialect_id for config in configs} == {dialect}
    if dialect == "tfy-v2":  # an override's condition stands beside that of the whole manifest, which excludes a team
        found = [(*one[:6], {key: value or None for key, value in one[6].items()}) for one in found]
    assert found == wanted


def test_a_limit_knows_where_each_value_stands():
    text = "name: a\ntype: gateway-budget-config\nrules:\n- id: b\n  when: {}\n  limit_to: 5\n  unit: cost_per_day\n"
    file = opened_text(parse_text(text, "a.yaml"))
    (limit,) = file.configs[0].limits

    assert [file.text.position(limit.place(name).start) for name in ("id", "when", "amount", "unit")] == [
        (4, 7),
        (5, 9),
        (6, 13),
        (7, 9),
    ]


@pytest.mark.parametrize("dialect", [name for name, one in all_dialects().items() if one.shape])
def test_a_clean_file_fits_the_schema_of_its_dialect(dialect):
    """Only what our schemas use: type, properties, required, items, enum, anyOf, additionalProperties."""
    for config in _file(dialect).configs:
        if dialect == "tfy-v2" and config.name == "mcp-tools":
            continue  # no type definitions of these are published
        assert _fits(_plain(config.root), json_schema(config.dialect.shape)) == []


def _plain(node):
    if node.kind == "mapping":
        return {name: _plain(value) for name, (_, value) in node.entries.items()}
    return [_plain(item) for item in node.items] if node.kind == "sequence" else node.value


_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, Decimal)}


def _fits(value, schema, path=""):
    if "anyOf" in schema:
        return [] if any(not _fits(value, one) for one in schema["anyOf"]) else [path]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, _TYPES[kind]) for kind in kinds):
        return [path]
    wrong = [f"{path}.{name}" for name in schema.get("required", ()) if name not in value]
    if "enum" in schema and value not in schema["enum"]:
        wrong.append(path)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        more = schema.get("additionalProperties", True)
        for name, one in value.items():
            inner = known.get(name, more)
            wrong += (
                [f"{path}.{name}"] if inner is False else [] if inner is True else _fits(one, inner, f"{path}.{name}")
            )
    if isinstance(value, list):
        wrong += [bad for one in value for bad in _fits(one, schema.get("items", {}), f"{path}[]")]
    return wrong


@pytest.mark.parametrize(
    "text",
    [
        # Two instances of a plugin, of which the more specific runs; two services with a limit each, two workspaces, two gateways, two clients, two budgets nobody is known to refer to.
        """
services:
- plugins: [{name: ai-rate-limiting-advanced, config: {llm_providers: [{name: openai, limit: 9000, window_size: 60}]}}]
- plugins: [{name: ai-rate-limiting-advanced, config: {llm_providers: [{name: openai, limit: 8000, window_size: 60}]}}]
""",
        """
plugins: [{name: ai-rate-limiting-advanced, config: {llm_providers: [{name: openai, limit: 1000, window_size: 60}]}}]
consumers:
- username: batch-team
  plugins: [{name: ai-rate-limiting-advanced, config: {llm_providers: [{name: openai, limit: 50000, window_size: 60}]}}]
""",
        """
plugins:
- {name: ai-rate-limiting-advanced, config: {llm_providers: [{name: openai, limit: 1000, window_size: 60}]}}
- {name: ai-rate-limiting-advanced, route: chat, config: {llm_providers: [{name: openai, limit: 20000, window_size: 60}]}}
""",
        """
policies:
- {workspace_id: a, conditions: [{key: model, value: m}], group_by: [{key: model}], type: requests, unit: rpm, value: 5}
- {workspace_id: b, conditions: [{key: model, value: m}], group_by: [{key: model}], type: requests, unit: rpm, value: 6}
""",
        """
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
spec: {targetRefs: [{name: a}], rateLimit: {global: {rules: [{limit: {requests: 5, unit: Hour}}]}}}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
spec: {targetRefs: [{name: b}], rateLimit: {global: {rules: [{limit: {requests: 6, unit: Hour}}]}}}
""",
        """
a: {Helicone-RateLimit-Policy: "100;w=60"}
b: {Helicone-RateLimit-Policy: "200;w=60"}
""",
        """
governance:
  budgets:
  - {id: dev, max_limit: 50, reset_duration: "1M"}
  - {id: production, max_limit: 500, reset_duration: "1M"}
""",
    ],
)
def test_limits_of_different_things_are_not_compared(text):
    file = opened_text(parse_text(text, "a.yaml"))

    assert len(file.configs[0].limits) == 2
    assert [one.code for one in check([file], choice(("QR404", "QC"), (), pedantic=False), KNOWN).findings] == []


def _limits(text, name="c.yaml"):
    return [limit for config in opened_text(parse_text(text, name)).configs for limit in config.limits]


@pytest.mark.parametrize(
    ("switch", "count"), [("", 1), ("enabled: true, ", 1), ("enabled: false, ", 0)]
)  # fmt: skip
def test_what_is_switched_off_limits_nobody(switch, count):
    config = "config: {policies: [{limits: [{limit: 5, window_size: 60}]}]}"
    kong = f"_format_version: '3.0'\nplugins: [{{name: ai-rate-limiting-advanced, {switch}{config}}}]\n"
    assert len(_limits(kong)) == count
    assert len(_limits(f"{{name: a, type: tenant-budget-config, {switch}limits: {{cost_per_day: 1}}}}\n")) == count
    state = {0: "archived"}.get(count, "active")
    policy = "conditions: [{key: model, value: '*'}], group_by: [{key: api_key}], type: cost, credit_limit: 5"
    assert len(_limits(f"policies: [{{status: {state}, {policy}}}]\n")) == count


@pytest.mark.parametrize(
    ("duration", "kind", "span"),
    [
        ("24h", "calendar", "day"), ("7d", "calendar", "week"), ("1w", "calendar", "week"), ("30d", "calendar", "month"),
        ("1mo", "calendar", "month"), ("10d", "anchored", None), ("1h", "fixed", "hour"), ("30m", "fixed", None),
        # Midnight and noon there are 05:00 and 17:00 of UTC; 5 h do not divide a day, nor 7 m an hour.
        ("12h", "anchored", None), ("5h", "anchored", None), ("7m", "anchored", None),
    ],
)  # fmt: skip
def test_litellm_resets_budgets_by_the_clock_of_its_zone_and_those_of_providers_by_their_first_request(
    duration, kind, span
):
    settings = f"litellm_settings: {{max_budget: 2, budget_duration: {duration}, timezone: US/Eastern}}\n"
    router = f"router_settings: {{provider_budget_config: {{openai: {{budget_limit: 1, time_period: {duration}}}}}}}\n"
    whole, provider = _limits(settings + router)
    assert (whole.window.kind, whole.window.span) == (kind, span)
    assert whole.window.tz == ("US/Eastern" if kind == "calendar" else "UTC")
    assert provider.window.kind == ("calendar" if duration == "1mo" else "anchored")
    (unknown,) = _limits(settings.replace("US/Eastern", "Mars/Olympus"))
    assert unknown.window.tz == "UTC"


@pytest.mark.parametrize(
    ("duration", "zone", "kind"),
    [
        ("12h", "UTC", "fixed"), ("1h", "Asia/Tokyo", "fixed"), ("3h", "Asia/Tokyo", "fixed"), ("2h", "Asia/Tokyo", "anchored"),
        # Half an hour beside UTC; and clocks that change by half an hour.
        ("1h", "Asia/Kolkata", "anchored"), ("30m", "Asia/Kolkata", "fixed"), ("1h", "Australia/Lord_Howe", "anchored"),
    ],
)  # fmt: skip
def test_hours_of_litellm_end_where_the_clock_shows_a_multiple_of_them(duration, zone, kind):
    (limit,) = _limits(f"litellm_settings: {{max_budget: 2, budget_duration: {duration}, timezone: {zone}}}\n")
    assert limit.window.kind == kind


@pytest.mark.parametrize(
    ("duration", "kind", "seconds"),
    [
        # LiteLLM looks at the beginning: a number and s, m, h, d, w or mo.
        ("30min", "anchored", 1_800), ("2hours", "anchored", 7_200), ("2mo", "anchored", 62 * 86_400),
        ("1 day", "unknown", None), ("1M", "unknown", None), ("30", "unknown", None), ("0s", "unknown", None),
        ("null", "lifetime", None),
    ],
)  # fmt: skip
def test_a_litellm_duration_of_a_provider_is_what_litellm_reads_of_it(duration, kind, seconds):
    router = f"router_settings: {{provider_budget_config: {{openai: {{budget_limit: 1, time_period: {duration}}}}}}}\n"
    (limit,) = _limits(router)
    assert (limit.window.kind, limit.window.seconds) == (kind, seconds)


@pytest.mark.parametrize(
    ("duration", "kind", "seconds"),
    [
        # From any hour, 48 h on is hour 0 of the next day; 36 h on is noon of the next day, and so from there.
        ("48h", "calendar", 86_400), ("24h", "calendar", 86_400), ("72h", "calendar", 86_400), ("36h", "anchored", 86_400),
        # 90 minutes on is half past the next hour, and so from there; two hours are two hours.
        ("90m", "anchored", 3_600), ("120m", "anchored", 7_200), ("60m", "fixed", 3_600), ("90s", "anchored", 60), ("2880m", "anchored", 86_400),
        ("60s", "fixed", 60),
        # What begins with a duration and has another unit is reset at midnight; other words are refused.
        ("30min", "calendar", 86_400), ("2hours", "calendar", 86_400), ("1 day", "unknown", None), ("1M", "unknown", None),
        ("30", "unknown", None), ("monthly", "unknown", None),
        ("2mo", "unknown", None), ("0s", "unknown", None), ("4w", "anchored", 28 * 86_400), ("'none'", "lifetime", None),
        ("null", "lifetime", None),
    ],
)  # fmt: skip
def test_a_litellm_budget_is_reset_by_a_clock_of_24_hours(duration, kind, seconds):
    (limit,) = _limits(f"litellm_settings: {{max_budget: 2, budget_duration: {duration}}}\n")
    assert (limit.window.kind, limit.window.seconds) == (kind, seconds)


@pytest.mark.parametrize(
    ("duration", "kind", "seconds"),
    [
        ("2M", "anchored", 60 * 86_400), ("2Y", "anchored", 730 * 86_400), ("2w", "anchored", 14 * 86_400),
        ("1M", "anchored", 30 * 86_400), ("monthly", "anchored", 30 * 86_400), ("Daily", "anchored", 86_400),
        ("1h30m", "anchored", 5_400), ("1.5h", "anchored", 5_400), ("0.5d", "anchored", 43_200), ("90000ms", "anchored", 90),
        ("30min", "unknown", None), ("0d", "unknown", None), ("2 h", "unknown", None),
    ],
)  # fmt: skip
def test_months_and_years_of_bifrost_are_30_and_365_days(duration, kind, seconds):
    (limit,) = _limits(f"governance: {{budgets: [{{id: a, max_limit: 9, reset_duration: {duration}}}]}}\n")
    assert (limit.window.kind, limit.window.seconds) == (kind, seconds)


@pytest.mark.parametrize(
    ("duration", "kind", "span"),
    [
        ("1M", "calendar", "month"), ("monthly", "calendar", "month"), ("1d", "calendar", "day"), ("1w", "calendar", "week"),
        ("1Y", "calendar", "year"), ("1h", "anchored", "hour"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("owner", [True, False])
def test_bifrost_follows_the_calendar_where_the_owner_does(owner, duration, kind, span):
    budget = "{id: a, virtual_key_id: vk-1, max_limit: 9, reset_duration: DURATION}".replace("DURATION", duration)
    keys = "virtual_keys: [{id: vk-1, calendar_aligned: true}]"
    if not owner:  # as older files say it
        keys, budget = "virtual_keys: [{id: vk-1}]", budget.replace("id: a", "id: a, calendar_aligned: true")
    (limit,) = _limits(f"governance: {{{keys}, budgets: [{budget}]}}\n")
    assert (limit.window.kind, limit.window.span) == (kind, span)
    assert [(one.dimension, one.values) for one in limit.match.conditions] == [("subject", {"virtualaccount:vk-1"})]


@pytest.mark.parametrize(
    ("duration", "codes"), [("monthly", []), ("1h30m", []), ("1M", []), ("30min", ["QS215"]), ("1m", ["QS215"])]
)
def test_a_duration_of_bifrost_is_one_that_bifrost_reads(duration, codes):
    assert _codes(f"governance: {{budgets: [{{id: a, max_limit: 9, reset_duration: {duration}}}]}}\n", "QS215") == codes


@pytest.mark.parametrize(
    ("identifier", "services", "per"),
    [
        ("", "[]", ("consumer",)), ("identifier: consumer,", "[]", ("consumer",)),
        ("identifier: consumer-group,", "[]", ("consumer_group",)), ("identifier: credential,", "[]", ("api_key",)),
        ("identifier: header, header_name: x-tenant,", "[]", ("header.x-tenant",)), ("identifier: ip,", "[]", ("ip",)),
        ("identifier: path,", "[]", ("path",)),
        # One service has one counter, several have one each.
        ("identifier: service,", "[]", ()), ("identifier: service,", "[{name: a}]", ()),
        ("identifier: service,", "[{name: a}, {name: b}]", ("kong.service",)),
    ],
)  # fmt: skip
def test_kong_counts_by_its_identifier(identifier, services, per):
    plugin = f"name: ai-rate-limiting-advanced, config: {{{identifier} llm_providers: [{{name: openai, limit: 5, window_size: 60}}]}}"
    text = f"_format_version: '3.0'\nservices: {services}\nplugins: [{{{plugin}}}]\n"
    file = opened_text(parse_text(text, "kong.yaml"))
    (limit,) = file.configs[0].limits
    assert (limit.per, file.configs[0].problems) == (per, ())


@pytest.mark.parametrize(
    "where",
    [
        "services: [{name: a, plugins: [{PLUGIN}]}, {name: b}]",
        "services: [{name: a}, {name: b}]\nplugins: [{service: a, PLUGIN}]",
    ],
)
def test_a_plugin_of_one_service_of_kong_has_one_counter_for_it(where):
    config = "config: {identifier: service, llm_providers: [{name: openai, limit: 5, window_size: 60}]}"
    (limit,) = _limits(where.replace("PLUGIN", f"name: ai-rate-limiting-advanced, {config}") + "\n")
    assert limit.per == ()


def test_limits_of_kong_are_called_by_their_own_places_in_the_order_of_the_file():
    policies = "config: {policies: [{limits: [{limit: 1, window_size: 60}, {limit: 2, window_size: 3600}]}, POLICY]}"
    plugin = f"{{name: ai-rate-limiting-advanced, {policies}}}"
    text = (
        "plugins:\n"
        f"  - {plugin.replace('POLICY', '{limits: [{limit: 3, window_size: 60}]}')}\n"
        f"  - {plugin.replace('POLICY', '{limits: [{limit: 4, window_size: 60}]}')}\n"
        "services: [{plugins: [{name: ai-rate-limiting-advanced, config:"
        " {llm_providers: [{name: openai, limit: 5, window_size: 60}]}}]}]\n"
    )
    assert opened_text(parse_text(text, "k.yaml")).configs[0].notes == (
        "k.yaml: of 3 instances of the plugin, only the most specific one for a request runs",
    )
    assert [("/".join(map(str, limit.path)), limit.amount) for limit in _limits(text)] == [
        ("plugins/0/config/policies/0/limits/0", 1),
        ("plugins/0/config/policies/0/limits/1", 2),
        ("plugins/0/config/policies/1/limits/0", 3),
        ("plugins/1/config/policies/0/limits/0", 1),
        ("plugins/1/config/policies/0/limits/1", 2),
        ("plugins/1/config/policies/1/limits/0", 4),
        ("services/0/plugins/0/config/llm_providers/0/limit/0", 5),
    ]


def test_a_comma_is_no_part_of_a_number_only_between_thousands():
    rules = "{id: a, limit: '1,500', unit: requests}, {id: b, limit: '1,5', unit: requests}"
    assert [limit.amount for limit in _limits(f"limits: [{rules}]\n")] == [1500, None]


def test_a_rate_by_the_month_is_the_calendars():
    (limit,) = _limits("{name: rl, type: tenant-rate-limit-config/model, limits: {tokens_per_month: 100000}}\n")
    assert (limit.window.kind, limit.window.span) == ("calendar", "month")


def test_a_budget_of_tokens_is_none_that_a_gateway_knows():
    assert (
        _limits("{name: a, type: tenant-budget-config, limits: {tokens_per_day: 5000, cost_per_day: 1}}\n")[0].unit
        == "cost"
    )
    assert len(_limits("{name: a, type: tenant-budget-config, limits: {tokens_per_day: 5000}}\n")) == 0


def test_envoy_tells_networks_and_inverted_headers_apart():
    head = (
        "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {name: limits}\n"
        "spec:\n  rateLimit:\n    global:\n      rules:\n"
    )
    rule = "      - {{clientSelectors: [{{{selector}}}], limit: {{requests: {number}, unit: Minute}}}}\n"
    selectors = (
        "sourceCIDR: {type: Exact, value: 10.0.0.0/8}",
        "sourceCIDR: {type: Exact, value: 192.168.0.0/16}",
        "headers: [{name: x-tier, value: free}]",
        "headers: [{name: x-tier, value: free, invert: true}]",
        "sourceCIDR: {type: Distinct, value: 0.0.0.0/0}",
    )
    text = head + "".join(rule.format(selector=one, number=100 * n) for n, one in enumerate(selectors, 1))
    found = [
        ([(one.dimension, one.values, one.excluded) for one in limit.match.conditions], limit.per)
        for limit in _limits(text)
    ]
    assert found == [
        ([("source", {"10.0.0.0/8"}, set())], ()),
        ([("source", {"192.168.0.0/16"}, set())], ()),
        ([("header.x-tier", {"free"}, set())], ()),
        ([("header.x-tier", None, {"free"})], ()),
        ([], ("source",)),
    ]


ENVOY = "apiVersion: {group}\nkind: {kind}\nmetadata: {{name: limits}}\nspec:\n"


def _envoy(*rules):
    head = ENVOY.format(group="gateway.envoyproxy.io/v1alpha1", kind="BackendTrafficPolicy")
    return head + "  rateLimit:\n    global:\n      rules:\n" + "".join(f"      - {{{one}}}\n" for one in rules)


def _codes(text, *codes):
    findings = check([opened_text(parse_text(text, "a.yaml"))], choice(codes, (), pedantic=False), KNOWN).findings
    return [one.code for one in findings]


def test_envoy_tells_methods_and_selectors_it_does_not_know_apart():
    small, large = "limit: {requests: 100, unit: Hour}", "limit: {requests: 5000, unit: Hour}"
    text = _envoy(
        f"clientSelectors: [{{methods: [{{value: GET}}, {{value: HEAD}}]}}], {large}",
        f"clientSelectors: [{{methods: [{{value: POST, invert: true}}]}}], {small}",
        f"clientSelectors: [{{queryParams: [{{name: a, value: b}}]}}], {large}",
    )

    assert [
        [(one.dimension, one.values, one.excluded) for one in limit.match.conditions] for limit in _limits(text)
    ] == [
        [("method", {"GET", "HEAD"}, set())],
        [("method", None, {"POST"})],
        [("selector.queryParams", {"limits/2/0"}, set())],
    ]
    # GET is no POST, so the second rule is the tighter one for all the first is about.
    assert _codes(text, "QR404") == ["QR404"]
    assert _codes(text.replace(", invert: true", ""), "QR404") == []


@pytest.mark.parametrize(
    ("selector", "dimension", "values"),
    [
        ("headers: [{name: x-team, type: RegularExpression, value: 'a|b-1'}]", "header.x-team", {"a", "b-1"}),
        (
            "headers: [{name: x-team, type: RegularExpression, value: '^(red|blue.*)$'}]",
            "header.x-team",
            {"red", "blue*"},
        ),
        (
            "headers: [{name: x-team, type: RegularExpression, value: '(?:.*@acme\\.com)'}]",
            "header.x-team",
            {"*@acme.com"},
        ),
        # A point is any sign, and + one or more: no list of texts says so.
        (
            "headers: [{name: x-team, type: RegularExpression, value: 'acme.com'}]",
            "selector.header.x-team",
            {"limits/0/0"},
        ),
        (
            "headers: [{name: x-team, type: RegularExpression, value: '[ab]+'}]",
            "selector.header.x-team",
            {"limits/0/0"},
        ),
        ("path: {type: PathPrefix, value: /v1/}", "path", {"/v1", "/v1/*"}),
        ("path: {type: Exact, value: /v1}", "path", {"/v1"}),
    ],
)
def test_envoy_takes_texts_regular_expressions_and_the_beginnings_of_paths(selector, dimension, values):
    (limit,) = _limits(_envoy(f"clientSelectors: [{{{selector}}}], limit: {{requests: 5, unit: Hour}}"))
    assert [(one.dimension, one.values) for one in limit.match.conditions] == [(dimension, values)]


def test_what_envoy_only_watches_makes_no_other_rule_needless():
    watched = "limit: {requests: 100, unit: Hour}, shadowMode: true"
    text = _envoy(watched, "limit: {requests: 5000, unit: Hour}")
    assert [limit.mode for limit in _limits(text)] == ["audit", "enforce"]
    assert _codes(text, "QR404") == []
    assert _codes(text.replace(", shadowMode: true", ""), "QR404") == ["QR404"]


def test_buckets_of_an_exclusive_quota_are_not_compared():
    head = ENVOY.format(group="aigateway.envoyproxy.io/v1alpha1", kind="QuotaPolicy")
    rule = (
        "          - clientSelectors: [{{headers: [{{name: x-tenant, value: {0}}}]}}]\n"
        "            quota: {{limit: {1}, duration: 1h}}\n"
    )
    text = (
        f"{head}  perModelQuotas:\n    - modelName: gpt-4o\n      quota:\n        mode: Exclusive\n"
        "        defaultBucket: {limit: 1000, duration: 1h}\n        bucketRules:\n"
        + rule.format("free", 5000)
        + rule.format("pro", 50000)
    )
    tenants = [[sorted(one.values) for one in limit.match.on("header.x-tenant")] for limit in _limits(text)]

    assert tenants == [[], [["free"]], [["pro"]]]
    assert _codes(text, "QR404") == []
    # A shared default bucket of 1,000 is charged with all, so none of the others is ever reached.
    assert _codes(text.replace("Exclusive", "Shared"), "QR404") == ["QR404", "QR404"]


def test_litellm_has_budgets_of_deployments_and_of_tags():
    models = "model_list: [{model_name: chat, litellm_params: {model: openai/gpt-4o, max_budget: MAX, budget_duration: 30 days}}]\n"
    tags = "litellm_settings: {tag_budget_config: {'product:bot': {max_budget: 0, budget_duration: 1d}}}\n"
    found = [
        (limit.id, limit.unit, limit.amount, limit.window.kind, limit.window.name, *limit.match.conditions[0].values)
        for limit in _limits((models + tags).replace("30 days", "30d").replace("MAX", "100"))
    ]
    assert found == [
        ("chat", "cost", 100, "anchored", "30 days", "chat#0"),
        ("product:bot", "cost", 0, "anchored", "day", "product:bot"),
    ]
    # -$5 is no budget, 30 days with a space no duration, and $0 lets nothing through.
    assert sorted(_codes((models + tags).replace("MAX", "-5"), "QL", "QS")) == ["QL301", "QL302", "QS215"]


def test_litellm_limits_all_calls_at_once_and_what_new_teams_users_and_keys_get():
    text = """
general_settings: {global_max_parallel_requests: 100}
litellm_settings:
  default_team_params: {max_budget: 50, budget_duration: 1mo, rpm_limit: "60", tpm_limit: 9000}
  default_internal_user_params: {tpm_limit: null}
  default_key_generate_params: {max_parallel_requests: 4, models: [gpt-4o]}
"""
    found = _limits(text)
    assert [(one.id, one.unit, one.amount, one.window.kind, one.per, one.charge) for one in found] == [
        ("max_budget", "cost", 50, "calendar", ("team",), "post"),
        ("global_max_parallel_requests", "concurrency", 100, "instant", (), "pre"),
        ("rpm_limit", "requests", 60, "anchored", ("team",), "pre"),
        ("tpm_limit", "tokens", 9000, "anchored", ("team",), "post"),
        ("max_parallel_requests", "concurrency", 4, "instant", ("api_key",), "pre"),
    ]
    assert len({one.rule for one in found}) == 5
    assert _codes(text.replace("9000", "9k").replace("100}", "-1}"), "QL", "QS") == ["QL302", "QS206"]
