"""What other programs read is what their makers published: SARIF, code quality reports, JUnit, workflow commands."""

import json
import re
import shutil
from pathlib import Path

import jsonschema
import pytest
from junitparser import JUnitXml
from tests.ingesting import read
from tests.once import made_once

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "tests" / "schemas"
BREACHED = "2026-11-21T00:00:00Z"

COMMANDS = {
    "lint of limits": ("quota", "check", "limits.yaml"),
    "everything for CI": ("check", "--as-of", BREACHED),
    "budgets": ("budget", "check", "--as-of", BREACHED),
    "outliers": ("outliers", "--as-of", BREACHED),
}
WORKFLOW_COMMAND = re.compile(
    r"::(error|warning|notice)( (file|line|endLine|col|endColumn|title)=[^,\n]*(,(file|line|endLine|col|endColumn|title)=[^,\n]*)*)?::.+"
)
"""https://docs.github.com/actions/reference/workflow-commands-for-github-actions: colons and commas in values are escaped."""


def _read_example(folder):
    for name in ("llmcost.yaml", "usage.jsonl", "gateway-budgets.yaml"):
        (folder / name).write_bytes((ROOT / "examples" / "ci" / name).read_bytes())
    (folder / "limits.yaml").write_bytes((ROOT / "examples" / "quota" / "limits.yaml").read_bytes())
    assert read(folder / "llmcost.duckdb", folder / "usage.jsonl").complete


@pytest.fixture
def shop(tmp_path, tmp_path_factory):
    """The CI example with its log read, beside a file of limits with faults."""
    folder = tmp_path / "shop"
    shutil.copytree(made_once(tmp_path_factory, "published-formats", _read_example), folder)
    return folder


def schema(name):
    return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("command", COMMANDS)
def test_sarif_is_valid(cli, shop, command):
    run = cli(*COMMANDS[command], "--format", "sarif", cwd=shop)

    document = json.loads(run.stdout)
    jsonschema.Draft4Validator(schema("sarif-2.1.0-rtm.5.json")).validate(document)
    assert document["runs"][0]["results"]


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "outliers"])
def test_a_code_quality_report_is_valid_and_names_each_finding_once(cli, shop, command):
    document = json.loads(cli(*COMMANDS[command], "--format", "gitlab", cwd=shop).stdout)

    jsonschema.Draft7Validator(schema("gitlab-code-quality.json")).validate(document)
    assert document
    assert len({one["fingerprint"] for one in document}) == len(document)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "outliers"])
def test_junit_opens_in_a_standard_parser(cli, shop, command):
    suites = JUnitXml.fromstring(cli(*COMMANDS[command], "--format", "junit", cwd=shop).stdout.encode())

    cases = [case for suite in suites for case in suite]
    failed = sum(not case.is_passed and not case.is_skipped for case in cases)
    assert (suites.tests, suites.failures) == (len(cases), failed)
    assert failed


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "outliers"])
def test_annotations_are_workflow_commands(cli, shop, command):
    lines = cli(*COMMANDS[command], "--format", "github", cwd=shop).stdout.splitlines()

    commands = [line for line in lines if line.startswith("::")]
    assert 0 < len(commands) <= 10
    assert all(WORKFLOW_COMMAND.fullmatch(line) for line in commands)
