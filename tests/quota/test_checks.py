"""Every check, on the files that must make it speak and those that must not.

A case is a whole file (`text`), or the rules of a TrueFoundry config below its three first lines (`rate`, `budget`). `at` is
line:column of each finding, counted in what the case shows, so that a finding in the lines above has a line below 1.
"""

import ast
from datetime import date
from pathlib import Path

import pytest
import yaml

from llmcost.config.nodes import parse_text
from llmcost.pricing.price_list import load_price_list
from llmcost.quota import checks
from llmcost.quota.check import Known, all_checks, catalogue, rule_named
from llmcost.quota.files import opened_text
from llmcost.quota.run import check, choice

CASES = Path(__file__).parent / "cases"
_HEADS = {
    "rate": "name: case\ntype: gateway-rate-limiting-config\nrules:\n",
    "budget": "name: case\ntype: gateway-budget-config\nrules:\n",
    "text": "",
}
KNOWN = Known(day=date(2026, 11, 21), pedantic=True, load_prices=load_price_list)


def _cases(kind):
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        for number, one in enumerate(yaml.safe_load(path.read_text("utf-8"))[kind]):
            form = next(name for name in _HEADS if name in one)
            found.append(pytest.param(path.stem, form, one[form], one.get("at"), id=f"{path.stem}-{number}"))
    return found


def _run(code, form, text):
    file = opened_text(parse_text(_HEADS[form] + text, "case.yaml"))
    # What a comment silences must run too, or the comment is out of use.
    select = () if code in {"QX901", "QX902"} else (code,)
    found = check([file], choice(select, (), pedantic=True), KNOWN).findings
    above = _HEADS[form].count("\n")
    return [f"{one.place.line - above}:{one.place.column}" for one in found if one.code == code], found


@pytest.mark.parametrize(("code", "form", "text", "at"), _cases("fail"))
def test_a_check_finds_what_it_is_for(code, form, text, at):
    places, found = _run(code, form, text)

    assert places == at
    for one in found:
        assert one.name == all_checks()[one.code][0]
        assert one.message
        assert not one.message.endswith(".")


@pytest.mark.parametrize(("code", "form", "text", "at"), _cases("pass"))
def test_a_check_is_silent_where_nothing_is_wrong(code, form, text, at):
    assert _run(code, form, text)[0] == []


def test_every_check_has_cases_and_a_page():
    written = {path.stem for path in CASES.glob("*.yaml")}

    assert written == set(all_checks())
    for path in CASES.glob("*.yaml"):
        cases = yaml.safe_load(path.read_text("utf-8"))
        assert cases["fail"], path
        assert cases["pass"], path
    for rule in catalogue():
        assert rule.title, rule.code
        assert "Fix: " in rule.text, rule.code
        assert rule_named(rule.name) == rule


def test_codes_are_unique_and_names_are_those_of_the_files():
    folder = Path(next(iter(checks.__path__)))
    files = [path for path in folder.glob("*.py") if not path.name.startswith("_")]
    codes = [
        keyword.value.value
        for path in files
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Check"
        for keyword in node.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    ]

    assert len(codes) == len(files) == len(set(codes))
    assert {name for name, _ in all_checks().values()} == {path.stem.replace("_", "-") for path in files}
