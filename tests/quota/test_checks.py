"""Every check, on the files that must make it speak and those that must not.

A case is a whole file (`text`), or the rules of a TrueFoundry config below its three first lines (`rate`, `budget`). `at` is
line:column of each finding, counted in what the case shows, so that a finding in the lines above has a line below 1.

A check that needs data has `calls` in its cases: each entry stands for `count` requests, `step` seconds apart from `at` on. What else
such a check may ask for is there as well: `ceilings`, limits of a provider; `changed`, when the file last changed; `most_spent`.
"""

import ast
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from tests.ingesting import memory_ledger
from tests.quota.ledgers import at as moment
from tests.quota.ledgers import every, fill

from llmcost.config.nodes import parse_text
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.pricing.price_list import load_price_list
from llmcost.quota import checks
from llmcost.quota.check import Known, all_checks, catalogue, rule_named
from llmcost.quota.files import opened_text
from llmcost.quota.history import History
from llmcost.quota.run import check, choice

CASES = Path(__file__).parent / "cases"
_HEADS = {
    "rate": "name: case\ntype: gateway-rate-limiting-config\nrules:\n",
    "budget": "name: case\ntype: gateway-budget-config\nrules:\n",
    "text": "",
}
_LEDGERS = ExitStack()
KNOWN = Known(day=date(2026, 11, 21), pedantic=True, load_prices=load_price_list)


def _cases(kind):
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        for number, one in enumerate(yaml.safe_load(path.read_text("utf-8"))[kind]):
            form = next(name for name in _HEADS if name in one)
            found.append(pytest.param(path.stem, form, one, one.get("at"), id=f"{path.stem}-{number}"))
    return found


def _known(case):
    if "ceilings" in case:
        return replace(KNOWN, ceilings=opened_text(parse_text(case["ceilings"], "provider.yaml")).configs)
    if "calls" not in case:
        return KNOWN
    calls = []
    for one in case["calls"]:
        named = {"at", "step", "count"}
        rest = {key: value for key, value in one.items() if key not in named}
        calls += every(moment(one["at"]), timedelta(seconds=one.get("step", 60)), one.get("count", 1), **rest)
    connection = fill(_LEDGERS.enter_context(memory_ledger()), calls)
    changed = datetime.fromisoformat(case["changed"]).replace(tzinfo=UTC) if "changed" in case else None
    return replace(
        KNOWN,
        history=History(connection, Selection(period=Period(), zone=UTC, basis="requests")),
        most_spent=Decimal(case["most_spent"]) if "most_spent" in case else None,
        changed=lambda _: changed,
    )


@pytest.fixture(autouse=True)
def _closed():
    yield
    _LEDGERS.close()


def _run(code, form, case):
    file = opened_text(parse_text(_HEADS[form] + case[form], "case.yaml"))
    # What a comment silences must run too, or the comment is out of use.
    select = () if code in {"QX901", "QX902"} else (code,)
    found = check([file], choice(select, (), pedantic=True), _known(case)).findings
    above = _HEADS[form].count("\n")
    return [f"{one.place.line - above}:{one.place.column}" for one in found if one.code == code], found


@pytest.mark.parametrize(("code", "form", "case", "at"), _cases("fail"))
def test_a_check_finds_what_it_is_for(code, form, case, at):
    places, found = _run(code, form, case)

    assert places == at
    for one in found:
        assert one.name == all_checks()[one.code][0]
        assert one.message
        assert not one.message.endswith(".")


@pytest.mark.parametrize(("code", "form", "case", "at"), _cases("pass"))
def test_a_check_is_silent_where_nothing_is_wrong(code, form, case, at):
    assert _run(code, form, case)[0] == []


@pytest.mark.parametrize(
    ("code", "unit", "confidence"),
    [("QC501", "requests", "proved"), ("QC501", "tokens", "maybe"), ("QB551", "cost", "maybe")],
)
def test_a_long_window_is_surely_out_of_reach_only_where_use_counts_before_the_call(code, unit, confidence):
    kind = "tenant-budget-config" if unit == "cost" else "tenant-rate-limit-config/model"
    spans = ("day", "month") if unit == "cost" else ("minute", "hour")
    text = f"name: a\ntype: {kind}\nlimits: {{{unit}_per_{spans[0]}: 10, {unit}_per_{spans[1]}: 9000}}\n"
    _, (found,) = _run(code, "text", {"text": text})

    assert found.confidence == confidence
    assert ("and what the calls under way go over it" in found.message) == (confidence == "maybe")


def test_checks_that_need_data_do_not_run_without():
    lacking = {code for code, (_, one) in all_checks().items() if not one.can_run(KNOWN)}

    assert lacking == {code for code, (_, one) in all_checks().items() if one.confidence == "needs-data"}


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


@pytest.mark.parametrize(
    ("short", "long", "never"),
    [
        ("window: 1m, algorithm: sliding", "window: 1h, algorithm: sliding", True),
        ("window: day", "window: month", True),
        ("window: 1m, algorithm: fixed", "window: 1h, algorithm: fixed", True),
        ("window: 1m, algorithm: fixed", "window: 1h, algorithm: sliding", True),
        # A week reaches into two months; 7 minutes into two hours; a day up to now over midnight of Monday.
        ("window: week", "window: month", False),
        ("window: 7m, algorithm: fixed", "window: 1h, algorithm: fixed", False),
        ("window: 1d, algorithm: sliding", "window: week", False),
        ("window: 1m, algorithm: anchored", "window: 1h, algorithm: anchored", False),
        ("window: day", "window: month, tz: Europe/Berlin", False),
    ],
)
def test_a_short_window_never_binds_only_where_it_lies_within_the_long_one(short, long, never):
    text = (
        f"limits:\n  - {{id: a, limit: 5, unit: requests, {short}}}\n  - {{id: b, limit: 5, unit: requests, {long}}}\n"
    )
    found = check([opened_text(parse_text(text, "own.yaml"))], choice(("QL304",), (), pedantic=True), KNOWN).findings
    assert [("can never bind" in one.message, one.confidence) for one in found] == [
        (never, "proved" if never else "maybe")
    ]
