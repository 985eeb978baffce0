"""What llmcost.yaml may say of budgets, and where it is told otherwise."""

import pytest

from llmcost.budgets.reading import read_budgets
from llmcost.domain.errors import ConfigError


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("amount: 0", "1:21: a budget of zero"),
        ('amount: "0.00"', "1:21: a budget of zero"),
        ("amount: -5", "1:21: a budget of -5 is below zero"),
        ("amount: NaN", "1:21: 'NaN' is not an amount"),
        ("amount: .nan", "1:21: '.nan' is not an amount"),
        ("amount: Infinity", "1:21: 'Infinity' is not an amount"),
        ("amount: .inf", "1:21: '.inf' is not an amount"),
        ("amount: 1e400", "1:21: '1e400' is not an amount"),
        ("amount: true", "1:21: 'true' is not an amount"),
        ("unit: usd", "1:11: a budget without an amount"),
        ("amount: 5, unit: eur", "1:32: no rate from USD to EUR"),
        ("amount: 5, unit: pounds", "1:32: unknown unit 'pounds'"),
        ("amount: 5, period: fortnight", "1:32: unknown period 'fortnight'"),
        ("amount: 5, period: 0d", "1:32: unknown period '0d'"),
        ("amount: 5, period: custom, start: 2026-11-01", "1:32: a custom period needs"),
        ("amount: 5, period: custom, start: 2026-11-01, end: 2026-11-01", "1:32: a custom period needs"),
        ("amount: 5, end: 2026-11-01", "1:32: only a custom period ends"),
        ("amount: 5, start: 2026-02-30", "1:32: '2026-02-30' is not a day"),
        ("amount: 5, tz: Mars/Olympus", "1:32: unknown time zone"),
        ("amount: 5, warn_at: [0]", "1:42: expected a percentage above 0"),
        ("amount: 5, warn_at: [NaN]", "1:42: expected a percentage above 0"),
        ("amount: 5, where: [customer_id]", "1:40: cannot read 'customer_id'"),
        ("amount: 5, where: customer_id~(", "1:32: cannot read the pattern '('"),
        ("amount: 5, where: [team=a, day=2026-11-01]", "1:48: a budget cannot be about day"),
        ("amount: 5, scope: {week: 2026-W45}", "1:40: a budget cannot be about week"),
        ("amount: 5, per: day", "1:32: a budget cannot be about day"),
        ("amount: 5, per: [team, requests]", "1:44: 'requests' is a metric, not a dimension"),
        ("amount: 5, scope: {model: []}", "1:40: expected a value"),
        ("amount: 5, scope: {model: [gpt-5, [gpt-4o]]}", "1:55: expected a value"),
        ("amount: 5, scope: {team: null}", "1:40: expected a value"),
        ("amount: 5, scope: {team: ~}", "1:40: expected a value"),
        ("amount: 5, scope: {team: [a, null]}", "1:50: expected a value"),
        ("amount: 5, per: [1]", "1:38: expected the name of a dimension"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(settings_of, entry, message):
    settings = settings_of(f"budgets: [{{name: a, {entry}}}]")
    with pytest.raises(ConfigError) as caught:
        read_budgets(settings)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("scope", "values"),
    [
        ("{http_status: [200, 429]}", ("200", "429")),
        ("{http_status: 200}", ("200",)),
        ("{prompt_version: [1.10, 1.0]}", ("1.10", "1.0")),
        ("{team: [t0, 2026.10]}", ("t0", "2026.10")),
        ("{stream: [True, FALSE]}", ("true", "false")),
        ("{stream: True}", ("true",)),
        ('{tags.beta: "True"}', ("True",)),
        ('{team: "null"}', ("null",)),
    ],
)
def test_numbers_and_flags_need_no_quotes_in_a_scope(settings_of, scope, values):
    (budget,) = read_budgets(settings_of(f"budgets: [{{name: a, amount: 1, scope: {scope}}}]"))
    assert [one.values for one in budget.conditions] == [values]


def test_two_budgets_of_one_name_are_refused(settings_of):
    settings = settings_of("budgets:\n  - {name: a, amount: 1}\n  - {name: a, amount: 2}\n")
    with pytest.raises(ConfigError, match="3:6: two budgets are called 'a'"):
        read_budgets(settings)


def test_amounts_are_exact(settings_of):
    settings = settings_of("budgets: [{name: a, amount: 0.1}, {name: b, amount: 12_500.000000000001}]")
    assert [str(one.amount) for one in read_budgets(settings)] == ["0.1", "12500.000000000001"]
