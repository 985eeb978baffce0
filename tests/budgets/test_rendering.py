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


def test_amounts_are_exact_in_json(spend, judge):
    spend("2026-11-03 10:00", "0.000000000001")
    spend("2026-11-03 11:00", "123456.000000000002")
    found = judge("budgets: [{name: a, amount: 9999999999.000000000001}]", "2026-11-04")
    (row,) = json.loads(render_budgets(found, "json", Surface()))["budgets"]

    assert (row["amount"], row["spent"], row["utilisation"]) == (
        "9999999999.000000000001",
        "123456.000000000003",
        0.000012,
    )
    assert (row["status"], row["unit"], row["reached_at"]) == ("ok", "usd", None)
