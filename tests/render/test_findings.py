"""Findings in formats that other tools read, against what those tools require; hostile text stays harmless."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date

import pytest

from llmcost.config.nodes import parse_text
from llmcost.quota.check import Known
from llmcost.quota.files import opened_text
from llmcost.quota.run import check, choice
from llmcost.render.findings import FINDINGS_FORMATS, render_findings
from llmcost.render.surface import Surface

HEAD = "name: a\ntype: gateway-budget-config\nrules:\n"


def _found(text, name="a b/limits.yaml"):
    file = opened_text(parse_text(HEAD + text, name))
    return check([file], choice((), (), pedantic=True), Known(day=date(2026, 11, 21)))


BAD = _found(
    "- {id: b, when: {}, limit_to: '5', unit: cost_per_day}\n- {id: b, when: {modles: [x]}, limit_to: 0, unit: cost_per_day}\n"
)


def test_sarif_has_what_code_scanning_requires():
    document = json.loads(render_findings(BAD, "sarif", Surface()))
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]

    assert document["version"] == "2.1.0"
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["help"]["text"].startswith(rule["shortDescription"]["text"])
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}
    assert len(run["results"]) == len(BAD.findings)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        location = result["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uri"] == "a%20b/limits.yaml"
        region = location["region"]
        assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
        assert min(region.values()) >= 1
    prints = [result["partialFingerprints"]["llmcostFinding/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)
    assert any(result.get("fixes") for result in run["results"])
    assert any(result.get("relatedLocations") for result in run["results"])


@pytest.mark.parametrize("name", FINDINGS_FORMATS)
def test_a_file_whose_name_is_no_utf8_has_findings_in_every_format(name):
    """As Python gives the name of a file with a byte 0xff in it."""
    text = render_findings(
        _found("- {id: b, when: {}, limit_to: 0, unit: cost_per_day}\n", "q\udcff.yaml"), name, Surface()
    )
    assert "limit" in text


def test_gitlab_has_distinct_fingerprints_and_known_severities():
    entries = json.loads(render_findings(BAD, "gitlab", Surface()))

    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == len(BAD.findings)
    assert {entry["severity"] for entry in entries} <= {"info", "minor", "major", "critical", "blocker"}
    assert {entry["location"]["path"] for entry in entries} == {"a b/limits.yaml"}


def test_junit_counts_what_it_holds():
    root = ET.fromstring(render_findings(BAD, "junit", Surface()))  # noqa: S314  our own output

    assert int(root.attrib["failures"]) == len(root.findall(".//failure")) == len(BAD.findings)
    assert int(root.attrib["tests"]) == len(root.findall(".//testcase"))
    clean = ET.fromstring(  # noqa: S314  our own output
        render_findings(
            _found("- {id: b, when: {}, limit_to: 5, unit: cost_per_day, alerts: {thresholds: [80]}}\n"),
            "junit",
            Surface(),
        )
    )
    assert clean.attrib == {
        "name": "llmcost",
        "tests": "1",
        "failures": "1",
        "errors": "0",
    }  # V2 budgets are recommended: pedantic


def test_junit_holds_findings_about_a_file_beside_those_checked():
    """What is wrong with a ledger's tags stands in the config that names them."""
    found = replace(BAD, checked=("ledger.duckdb",))
    root = ET.fromstring(render_findings(found, "junit", Surface()))  # noqa: S314  our own output

    assert len(root.findall(".//failure")) == int(root.attrib["failures"]) == len(BAD.findings)
    assert int(root.attrib["tests"]) == len(root.findall(".//testcase")) == len(BAD.findings) + 1


def test_github_commands_are_one_line_each_with_escapes():
    found = _found("- {id: b, when: {}, limit_to: 0, unit: cost_per_day}\n", "50%,a:b.yaml")
    lines = render_findings(found, "github", Surface()).splitlines()

    assert len(lines) == len(found.findings)
    assert all(line.startswith(("::error file=50%25%2Ca%3Ab.yaml,", "::warning ", "::notice ")) for line in lines)


@pytest.mark.parametrize("form", FINDINGS_FORMATS)
def test_text_of_a_file_cannot_command_a_terminal_or_a_runner(form):
    hostile = '- {id: "\\e[31m\\n::error::x\\u202e", when: {}, limit_to: 0, unit: cost_per_day}\n'
    text = render_findings(_found(hostile * 2, "x\x1b[2J.yaml"), form, Surface(width=60))

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\n::error::x" not in text


def test_a_long_line_is_cut_around_the_value():
    words = ", ".join(f"model-{number}" for number in range(200))
    found = _found(f"- {{id: b, when: {{models: [{words}]}}, limit_to: 0, unit: cost_per_day}}\n")
    blocks = render_findings(found, "full", Surface(width=80)).split("\n\n")
    (block,) = [block for block in blocks if "QL301" in block]
    source, carets = (
        line.partition(" | ")[2] for line in block.splitlines() if " | " in line and ("limit_to" in line or "^" in line)
    )

    assert all(len(line) <= 80 for line in block.splitlines())
    assert source[carets.index("^")] == "0"
