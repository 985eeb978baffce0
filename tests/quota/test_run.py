"""What a run promises whatever the file: no crash, places inside it, fixes that keep it YAML."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fewer import FEWER

from llmcost.config.nodes import parse_text
from llmcost.quota.check import Known
from llmcost.quota.files import opened_text
from llmcost.quota.fixes import fixed
from llmcost.quota.run import check, choice
from llmcost.render.findings import FINDINGS_FORMATS, render_findings
from llmcost.render.surface import Surface

KNOWN = Known(day=date(2026, 11, 21), pedantic=True)
ALL = choice((), (), pedantic=True)

_WORDS = st.sampled_from(
    [
        "name", "type", "rules", "id", "when", "subjects", "models", "metadata", "limit_to", "unit", "alerts", "thresholds",
        "rate_limit_applies_per", "budget_applies_per", "limits", "applies_to", "overrides", "cost_per_day", "policies",
        "conditions", "group_by", "credit_limit", "value", "key", "model_list", "litellm_params", "litellm_settings",
        "max_budget", "budget_duration", "governance", "budgets", "max_limit", "Helicone-RateLimit-Policy", "limit", "window",
        "apiVersion", "kind", "spec", "rateLimit", "global", "plugins", "config", "llm_providers", "window_size", "<<",
    ]
)  # fmt: skip
_SCALARS = _WORDS | st.sampled_from(
    [
        "gateway-rate-limiting-config", "gateway-budget-config", "tenant-budget-config", "requests_per_day", "cost_per_month",
        "user:bob", "team:a", "*", "1:30", "05000", "no", "1e5", "~", "", "-1", ".nan", ".inf", "0", "5", "100", "1m", "30min",
        "ai-rate-limiting-advanced", "sk-1234", "metadata.x", "{user}-x", "99999999999999999999999", "1;w=5", "2026-01-01",
        "gateway.envoyproxy.io/v1", "BackendTrafficPolicy", "aigateway.envoyproxy.io/v1", "QuotaPolicy",
    ]
) | st.text(max_size=6)  # fmt: skip
_VALUES = st.recursive(
    _SCALARS | st.integers() | st.floats() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=6),
    max_leaves=25,
)
_RULE = st.dictionaries(_WORDS, _VALUES, max_size=6)
_DOCUMENTS = st.fixed_dictionaries({"type": _SCALARS, "rules": st.lists(_RULE, max_size=4)}) | st.dictionaries(
    _WORDS, _VALUES, max_size=6
)


def _written(value):
    import yaml

    return yaml.safe_dump(value, allow_unicode=True)


def _check(text):
    file = opened_text(parse_text(text, "case.yaml"))
    found = check([file], ALL, KNOWN)
    lines = file.text.lines
    for one in found.findings:
        for place in (one.place, *(other.place for other in one.related)):
            assert 1 <= place.line <= place.end_line <= len(lines)
            assert 1 <= place.column <= len(lines[place.line - 1]) + 1
            assert 1 <= place.end_column <= len(lines[place.end_line - 1]) + 1
            assert (place.line, place.column) <= (place.end_line, place.end_column)
    for form in FINDINGS_FORMATS:
        for width in (None, 40):
            assert isinstance(render_findings(found, form, Surface(width=width)), str)
    return file, found


@settings(FEWER, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_DOCUMENTS)
def test_no_yaml_is_too_odd(value):
    _check(_written(value))


@pytest.mark.slow
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=150)
@given(_DOCUMENTS)
def test_no_yaml_is_too_odd_many_times(value):
    _check(_written(value))


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        _SCALARS
        | st.sampled_from(["\n", "  ", "- ", ": ", "{", "}", "[", "]", "&a ", "*a", "'", '"', "#", "\t", "|\n"])
    )
)
def test_no_text_is_too_odd(parts):
    _check("type: gateway-budget-config\nrules:\n" + "".join(parts))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(_DOCUMENTS)
@pytest.mark.slow
def test_fixes_keep_a_file_readable_and_come_to_an_end(value):
    file = opened_text(parse_text(_written(value), "case.yaml"))
    changed, after = fixed([file], ALL, KNOWN, unsafe=True)

    assert after[0].text.trouble is None
    if not changed:
        assert after[0].text is file.text


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_fix_changes_nothing_else(ending):
    text = ending.join(
        [
            "# kept",
            'name:   "x"',
            "type: gateway-budget-config",
            "rules:",
            "- {id: a,  when: , limit_to: '5',   unit: cost_per_day}  # kept too",
            "",
        ]
    )
    changed, _ = fixed([opened_text(parse_text(text, "a.yaml"))], ALL, KNOWN, unsafe=False)

    assert [one.after.text for one in changed] == [text.replace("when: ,", "when: {} ,").replace("'5'", "5")]


_MOVES = """\
name: n
type: gateway-budget-config
rules:
  # Everybody else.
  - id: everybody
    when: {}
    limit_to: 5
    unit: cost_per_day
    alerts: {thresholds: [80]}
    # limit_to: 6
    # llmcost: ignore[QB554] account manager watches it
  - id: acme
    when: {metadata: {customer_id: acme}}
    limit_to: 50
    unit: cost_per_day
    note: |
      # not a comment

# Trials.

  # BOLT: until Friday
  # by contract
  - id: bolt
    when: {metadata: {customer_id: bolt}}
    limit_to: 1
    unit: cost_per_day
    alerts: {thresholds: [80]}
  # The end.
"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_rule_moves_with_its_comments_and_leaves_those_of_others(ending):
    text = _MOVES.replace("\n", ending)
    chosen = choice(("QR401",), (), pedantic=True)
    changed, _ = fixed([opened_text(parse_text(text, "a.yaml"))], chosen, KNOWN, unsafe=True)

    # Acme first: its silencing comment goes along, what was left out of `everybody` and the heading stay. Then bolt, with the
    # blank line that sets it off.
    parts = _MOVES.split("\n")
    head, everybody, acme = parts[:3], parts[3:10], parts[10:17]
    trials, bolt, end = parts[17:20], parts[20:27], parts[27:]
    assert changed[0].after.text.split(ending) == [*head, *acme, *bolt, "", *everybody, *trials, *end]


@pytest.mark.parametrize(
    ("head", "alerts", "moves"),
    [("", "&eighty {thresholds: [80]}", False), ("x: &eighty {thresholds: [80]}\n", "*eighty", True)],
)
def test_a_rule_with_an_alias_stays_below_its_anchor(head, alerts, moves):
    text = (
        f"{head}name: n\ntype: gateway-budget-config\nrules:\n"
        f"- {{id: a, when: {{}}, limit_to: 5, unit: cost_per_day, alerts: {alerts}}}\n"
        "- {id: b, when: {models: [x]}, limit_to: 1, unit: cost_per_day, alerts: *eighty}\n"
    )

    assert [one.fix is not None for one in _check(text)[1].findings if one.code == "QR401"] == [moves]


def test_a_fix_leaves_an_anchor_for_its_aliases():
    text = (
        "name: n\ntype: gateway-budget-config\nrules:\n"
        "- {id: a, when: {metadata: {environment: &env no}}, limit_to: 5, unit: cost_per_day}\n"
        "- {id: b, when: {metadata: {environment: *env}, models: [x]}, limit_to: 5, unit: cost_per_day}\n"
    )
    file, found = _check(text)
    changed, _ = fixed([file], ALL, KNOWN, unsafe=False)

    assert [one.after.text for one in changed] == [text.replace("&env no", '&env "no"')]
    (place,) = {(one.place.line, one.place.column) for one in found.findings if one.code == "QY102"}
    assert place == (4, text.split("\n")[3].index("no}") + 1)


def test_a_fix_ends_its_lines_as_the_file_does():
    text = "type: gateway-budget-config\r\nrules:\r\n- id: '{user}-day'\r\n  when: {}\r\n  limit_to: 5\r\n  unit: cost_per_day\r\n"
    (change,), _ = fixed([opened_text(parse_text(text, "a.yaml"))], ALL, KNOWN, unsafe=True)

    assert change.after.text == "name: budgets\r\n" + text.replace(
        "'{user}-day'", '"day"\r\n  budget_applies_per: ["user"]'
    )


def test_a_place_counts_characters_after_an_emoji_and_a_tab():
    text = "name: '🙂\t'\ntype: gateway-budget-config\nrules:\n- {id: '🙂🙂', when: {}, limit_to: '5', unit: cost_per_day}\n"
    file, found = _check(text)

    assert [(one.place.line, one.place.column) for one in found.findings if one.code == "QS206"] == [(4, 34)]
    assert file.text.text[file.text.starts[3] + 33] == "'"


def test_a_fingerprint_stays_when_lines_move():
    text = "name: a\ntype: gateway-budget-config\nrules:\n- {id: b, when: {}, limit_to: 0, unit: cost_per_day}\n"
    prints = [
        {one.code: one.fingerprint for one in _check(words + text)[1].findings} for words in ("", "# a\n\n# comment\n")
    ]

    assert prints[0] == prints[1]
    assert len(set(prints[0].values())) == len(prints[0])


def test_a_comment_silences_its_line_the_next_or_the_file():
    head = "name: a\ntype: gateway-budget-config\nrules:\n"
    rule = "- {{id: {id}, when: {{models: [{id}]}}, limit_to: 0, unit: cost_per_day}}{more}\n"
    both = [rule.format(id=name, more="") for name in "ab"]
    silenced = {
        head + rule.format(id="a", more=" # llmcost: ignore[QL301] off") + both[1]: 1,
        head + "# llmcost: ignore[QL3] off\n" + "".join(both): 1,
        head + rule.format(id="a", more=" # llmcost: ignore[Zero-Limit] off") + both[1]: 1,
        "# llmcost: ignore-file[QL301] all off\n" + head + "".join(both): 0,
        head + "".join(both): 2,
    }
    for text, left in silenced.items():
        found = _check(text)[1]
        assert sum(one.code == "QL301" for one in found.findings) == left
        assert found.suppressed >= 2 - left
        assert not any(one.code == "QX901" for one in found.findings)


def test_a_comment_is_not_called_idle_by_a_run_that_cannot_know():
    rule = "- id: a\n  when: {}\n  limit_to: 0 # llmcost: ignore[QL301] off\n  unit: cost_per_day\n"
    broken = f"name: a\ntype: gateway-budget-config\nrules:\n{rule}- id: b\n\twhen: {{}}\n"
    # QR404 looks at several files, of which this run has one.
    alone = "name: loose # llmcost: ignore[QR404] the tight one goes\ntype: tenant-budget-config\nlimits: {cost_per_day: 1}\n"
    for text in (broken, alone):
        assert "QX901" not in {one.code for one in _check(text)[1].findings}
    assert "QX901" in {one.code for one in _check(alone.replace("QR404", "QL301"))[1].findings}


@pytest.mark.parametrize(
    "number",
    [
        "1e999999",
        "1.0e+999999",
        "-1.0e+999999",
        "1.0e-999999",
        "9" * 4000,
        "9" * 9000,
        "1:" * 300 + "1",
        "0x" + "f" * 5000,
        "1_0.5e+300",
    ],
)
def test_a_number_of_absurd_size_stays_one_line(number):
    _, found = _check(
        f"name: a\ntype: gateway-budget-config\nrules:\n- {{id: b, when: {{}}, limit_to: {number}, unit: cost_per_day}}\n"
    )

    assert all(len(one.message) < 10_000 for one in found.findings)
