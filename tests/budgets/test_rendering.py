"""Budgets in every format: hostile names stay text, and the lines of a narrow terminal fit."""

import json
import xml.etree.ElementTree as ET

import pytest

from llmcost.render import budget_status
from llmcost.render.budgets import BUDGET_FORMATS, render_budgets
from llmcost.render.surface import Surface
from llmcost.render.visible import width

_HOSTILE = "\x1b[31mred\n::error::forged\u202e|`<script>]]>"
_TEXT = """
budgets:
  - {name: "a\\e[2Jb\\n::warning::x", amount: 5, per: customer_id, owner: "o\\e[1m"}
  - {name: total, amount: 100000, warn_at: [1]}
"""


@pytest.fixture
def check(spend, judge):
    for hour in range(8):
        spend(f"2026-11-0{1 + hour % 4} 1{hour}:00", "2000", customer_id=_HOSTILE, feature=f"f{hour % 2}{_HOSTILE}")
    return judge(_TEXT, "2026-11-05")


@pytest.mark.parametrize("name", BUDGET_FORMATS)
def test_hostile_names_are_shown_and_not_obeyed(check, name):
    text = render_budgets(check, name, Surface())

    assert "\x1b" not in text
    assert "\u202e" not in text
    if name in {"json", "sarif", "gitlab"}:
        json.loads(text)
    elif name == "junit":
        ET.fromstring(text)  # noqa: S314  our own output
    elif name == "github":
        assert [line[:8] for line in text.splitlines()] == ["::error ", "::warnin"]
    elif name == "markdown":
        assert "\n::error" not in text


@pytest.mark.parametrize("columns", [60, 80, 160])
def test_words_fit_the_terminal(spend, judge, columns):
    for day in (1, 2, 3, 4):
        spend(f"2026-11-0{day} 10:00", "2", customer_id="acme", feature="chat")
        spend(f"2026-10-0{day} 10:00", "1", customer_id="globex", feature="search")
    found = judge("budgets: [{name: everything, amount: 7, owner: platform@example.com}]", "2026-11-05")
    surface = Surface(width=columns)
    texts = render_budgets(found, "table", surface), budget_status.table(found, surface)

    for text in texts:
        plain = [line.replace("\x1b[1m", "").replace("\x1b[0m", "") for line in text.splitlines()]
        assert max(map(width, plain)) <= columns
    assert "BREACHED" in texts[0]


@pytest.mark.parametrize("name", ["table", "json", "markdown"])
def test_a_scope_that_may_be_a_slip_is_told(spend, judge, name):
    spend("2026-11-03 10:00", "1", stream=True)
    text = render_budgets(
        judge('budgets: [{name: a, amount: 5, scope: {stream: "True"}}]', "2026-11-04"), name, Surface()
    )

    assert "no stream is 'True'; did you mean 'true'?" in text


@pytest.mark.parametrize(
    ("asked", "shown", "hidden"),
    [
        ('amount: "1.06"', [0, 1, 2, 3, 4, 5], "2 more values of budgets for each are not shown: 2 ok."),
        ('amount: "1.3", warn_at: [81]', [0, 1, 2, 3, 4, 5], "2 more values of budgets for each are not shown: 2 ok."),
        (
            'amount: "1.16", warn_at: [90]',
            [0, 1, 2, 3, 4, 5, 6],
            "1 more value of budgets for each is not shown: 1 ok.",
        ),
        ('amount: "1.18"', [0, 1, 2, 3, 4], "3 more values of budgets for each are not shown: 3 ok."),
    ],
)
def test_values_that_are_ok_make_way_for_those_that_are_not(spend, judge, asked, shown, hidden):
    # 1.2, 1.175, ... 1.05, 1.025
    for place in range(8):
        spend("2026-11-03 10:00", f"{1.2 - 0.025 * place:.3f}", team=f"t{place}")
    found = judge(f"budgets: [{{name: each, per: team, {asked}}}]", "2026-11-04")

    for text in (render_budgets(found, "table", Surface()), budget_status.table(found, Surface())):
        assert [place for place in range(8) if f"\neach t{place}" in text or text.startswith(f"each t{place}")] == shown
        assert hidden in text


def test_of_many_values_that_are_not_ok_the_rest_is_counted(spend, judge):
    for place in range(30):
        spend("2026-11-03 10:00", "2", team=f"t{place}")
    spend("2026-11-03 10:00", "1", team="small")
    text = render_budgets(judge("budgets: [{name: each, per: team, amount: 2}]", "2026-11-04"), "table", Surface())

    assert text.count("BREACHED") == 20
    assert "11 more values of budgets for each are not shown: 1 ok, 10 breached." in text


def test_amounts_are_exact_in_json(spend, judge):
    spend("2026-11-03 10:00", "0.000000000001")
    spend("2026-11-03 11:00", "123456.000000000002")
    found = judge("budgets: [{name: a, amount: 9999999999.000000000001}]\ngate: {cost: 2.5}", "2026-11-04")
    document = json.loads(render_budgets(found, "json", Surface()))
    (row,) = document["budgets"]

    assert (row["amount"], row["spent"], row["utilisation"]) == (
        "9999999999.000000000001",
        "123456.000000000003",
        0.000012,
    )
    assert (row["status"], row["unit"], row["reached_at"]) == ("ok", "usd", None)
    assert [(one["value"], one["limit"]) for one in document["gate"]][1:] == [("123456.000000000003", "2.50")]


def test_amounts_of_a_column_have_as_many_decimals(spend, judge):
    """0.395 of the one and 0.0495 of the other: the smaller needs four."""
    spend("2026-11-03 10:00", "0.3455", feature="chat")
    spend("2026-11-03 11:00", "0.0495", feature="search")
    text = render_budgets(
        judge("budgets: [{name: all, amount: 5}, {name: few, amount: 1, scope: {feature: search}}]", "2026-11-04"),
        "table",
        Surface(),
    )

    rows = [line.split() for line in text.splitlines() if line.startswith(("all ", "few "))]
    assert [row[2:4] for row in rows] == [["$5.00", "$0.3950"], ["$1.00", "$0.0495"]]
