"""`llmcost quota`: what a user sees, on which stream, with which exit code."""

import json
import xml.etree.ElementTree as ET

import pytest

BUDGETS = """\
name: budgets
type: gateway-budget-config
rules:
  - id: everybody
    when: {}
    limit_to: 100
    unit: cost_per_day
    budget_applies_per: ["user"]
    alerts: {thresholds: [80]}

  - id: production
    when:
      metadata: {environment: production}
    limit_to: 200
    unit: cost_per_day
    alerts: {thresholds: [80]}
"""
CLEAN = """\
name: budgets
type: gateway-budget-config
rules:
  - {id: everybody, when: {}, limit_to: 100, unit: cost_per_day, alerts: {thresholds: [80]}}
"""


@pytest.fixture
def budgets(tmp_path):
    path = tmp_path / "budgets.yaml"
    path.write_text(BUDGETS)
    return path


def test_a_shadowed_budget_is_shown_with_a_caret_under_its_id(cli, budgets):
    run = cli("quota", "check", "budgets.yaml")

    assert run.code == 1
    assert run.stdout.splitlines()[0].startswith("budgets.yaml:11:9: error QR401 shadowed-rule: [*] rule `production`")
    assert run.stdout.splitlines()[1:9] == [
        "   |",
        " 5 |     when: {}",
        "   |           -- matches every request",
        "   :",
        "11 |   - id: production",
        "   |         ^^^^^^^^^^",
        "   = help: move it above `everybody`",
        "   = fix: move `production` above `everybody` (--fix --unsafe-fixes)",
    ]
    assert "semantics tfy-v1-budget: the first rule that matches decides" in run.stderr
    assert "under tfy-v1-budget only the first of them can refuse it, under tfy-legacy-all each can" in run.stderr
    assert run.stderr.splitlines()[-1] == "1 error in 1 file; 1 can be mended with --fix --unsafe-fixes"


def test_json_has_the_place_and_the_fix(cli, budgets):
    run = cli("quota", "check", "budgets.yaml", "--format", "json")
    document = json.loads(run.stdout)
    (finding,) = document["findings"]

    assert document["schema"] == "llmcost/findings/1"
    assert {key: finding[key] for key in ("code", "name", "severity", "confidence", "file", "line", "column")} == {
        "code": "QR401",
        "name": "shadowed-rule",
        "severity": "error",
        "confidence": "proved",
        "file": "budgets.yaml",
        "line": 11,
        "column": 9,
    }
    assert (finding["end_line"], finding["end_column"]) == (11, 19)
    assert (finding["rule_id"], finding["pointer"]) == ("production", "/rules/1/id")
    assert finding["fix"]["applicability"] == "unsafe"


def test_other_semantics_change_what_is_found(cli, budgets):
    run = cli("quota", "check", "budgets.yaml", "--semantics", "tfy-legacy-all", "--format", "concise")

    assert (run.code, run.stdout) == (0, "")
    assert "semantics tfy-legacy-all" in run.stderr


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 1),
        (("--fail-on", "never"), 0),
        (("--ignore", "QR"), 0),
        (("--select", "QB"), 0),
        (("--select", "shadowed-rule"), 1),
        (("--fail-on", "warning", "--ignore", "QR401"), 0),
        (("--fail-on", "sometimes"), 2),
        (("--select", "QZ9"), 2),
        (("--semantics", "first"), 2),
        (("--format", "yaml"), 2),
        (("--output-file", "sarif"), 2),
    ],
)
def test_the_exit_code_follows_the_options(cli, budgets, options, code):
    assert cli("quota", "check", "budgets.yaml", *options).code == code


def test_what_may_be_wrong_does_not_fail_a_job(cli, tmp_path):
    text = BUDGETS.replace('["user"]', '["metadata.project_id"]')
    (tmp_path / "budgets.yaml").write_text(text)
    run = cli("quota", "check", "budgets.yaml", "--select", "QR401", "--fail-on", "warning", "--format", "concise")

    assert run.code == 0
    assert "warning QR401 shadowed-rule (maybe):" in run.stdout


def test_several_formats_are_written_at_once(cli, budgets, tmp_path):
    wanted = ("json", "sarif", "gitlab", "junit", "markdown", "github", "concise")
    options = [part for name in wanted for part in ("--output-file", f"{name}=out.{name}")]
    run = cli("quota", "check", "budgets.yaml", *options)
    texts = {name: (tmp_path / f"out.{name}").read_text() for name in wanted}

    assert "budgets.yaml:11:9" in run.stdout
    assert json.loads(texts["json"])["findings"][0]["line"] == 11
    assert json.loads(texts["gitlab"])[0]["location"]["positions"]["begin"] == {"line": 11, "column": 9}
    result = json.loads(texts["sarif"])["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 11,
        "startColumn": 9,
        "endLine": 11,
        "endColumn": 19,
    }
    assert ET.fromstring(texts["junit"]).attrib["failures"] == "1"  # noqa: S314  our own output
    assert "| `budgets.yaml:11:9` | error | QR401 shadowed-rule |" in texts["markdown"]
    assert texts["github"].startswith("::error file=budgets.yaml,line=11,col=9,endLine=11,endColumn=19,title=QR401")
    assert texts["concise"].count("\n") == 1


def test_an_unsafe_fix_is_shown_then_applied(cli, budgets):
    shown = cli("quota", "check", "budgets.yaml", "--diff", "--unsafe-fixes")
    assert "+  - id: production" in shown.stdout
    assert budgets.read_text() == BUDGETS

    assert cli("quota", "check", "budgets.yaml", "--fix").code == 1
    assert budgets.read_text() == BUDGETS

    assert cli("quota", "check", "budgets.yaml", "--fix", "--unsafe-fixes").code == 0
    head, _, rules = BUDGETS.partition("rules:\n")
    everybody, production = rules.split("\n\n")
    assert budgets.read_text() == f"{head}rules:\n{production}\n{everybody}\n"


def test_a_folder_is_searched_and_what_is_no_config_is_counted(cli, tmp_path):
    (tmp_path / "gateway").mkdir()
    (tmp_path / "gateway" / "budgets.yaml").write_text(CLEAN)
    (tmp_path / "gateway" / "values.yml").write_text("replicas: 2\n")
    (tmp_path / "gateway" / "broken.yaml").write_text("{{ if }}\n")
    run = cli("quota", "check", "gateway")

    assert (run.code, run.stdout) == (0, "")
    assert "2 other files are no gateway configs" in run.stderr
    assert run.stderr.splitlines()[-1] == "nothing found in 1 file"


@pytest.mark.parametrize(
    ("name", "data", "code", "message"),
    [
        ("notes.yaml", b"hello\n", 2, "notes.yaml: not a gateway config"),
        ("empty.yaml", b"", 2, "empty.yaml: not a gateway config: the file is empty"),
        ("image.yaml", bytes(range(256)), 2, "image.yaml:2:1: not UTF-8 text"),
        ("large.yaml", b"# " + b"x" * 10_000_000, 2, "large.yaml: 10.0 MB is larger than any gateway config"),
        ("nowhere.yaml", None, 2, "nowhere.yaml: no such file or folder"),
        ("folder", "", 3, "folder: no gateway config in this folder"),
    ],
)
def test_what_is_no_config_is_said_clearly(cli, tmp_path, *, name, data, code, message):
    if data == "":
        (tmp_path / name).mkdir()
    elif data is not None:
        (tmp_path / name).write_bytes(data)
    run = cli("quota", "check", name)

    assert (run.code, run.stdout) == (code, "")
    assert run.stderr.splitlines()[0] == f"error: {message}"


def test_a_file_that_aliases_itself_to_death_is_a_finding(cli, tmp_path):
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
    (tmp_path / "bomb.yaml").write_text("\n".join(lines))
    run = cli("quota", "check", "bomb.yaml", "--format", "concise")

    assert run.code == 1
    assert "aliases expand to more than 1,000,000 values" in run.stdout


def test_a_secret_is_never_shown(cli, tmp_path):
    (tmp_path / "config.yaml").write_text(
        'litellm_settings: {max_budget: "a"}\n'
        "general_settings:\n"
        "  master_key: my-own-long-password\n"
        '  database_url: "postgres://llm:hunter22@db/llm"\n'
        "model_list:\n"
        '- {model_name: a, litellm_params: {api_key: sk-proj-abcdefghijkl, rpm: "10"}}\n'
    )
    for form in ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"):
        run = cli("quota", "check", "config.yaml", "--format", form)
        shown = run.stdout + run.stderr
        assert "QK801" in shown
        for secret in ("own-long-password", "hunter22", "abcdefghijkl"):
            assert secret not in shown, form


def test_explain_shows_a_page_and_knows_names(cli):
    run = cli("quota", "explain", "shadowed-rule")

    assert run.code == 0
    assert run.stdout.startswith("QR401 shadowed-rule (error)\n\nA rule that never decides a request")
    missing = cli("quota", "explain", "QR4011")
    assert missing.code == 2
    assert "did you mean 'QR401'" in missing.stderr


def test_rules_are_listed(cli):
    lines = cli("quota", "rules").stdout.splitlines()
    document = json.loads(cli("quota", "rules", "--format", "json").stdout)

    assert len(lines) == len(document["checks"])
    assert lines[0].split() == ["QB551", "unreachable-long-budget", "warning,", "maybe"]
    assert document["schema"] == "llmcost/checks/1"


def test_schemas_are_printed_for_editors(cli):
    listed = cli("quota", "schema").stdout
    schema = json.loads(cli("quota", "schema", "tfy-budgets").stdout)

    assert "tfy-rate-limits" in listed
    assert schema["properties"]["rules"]["items"]["required"] == ["id", "when", "limit_to", "unit"]
    assert cli("quota", "schema", "helicone").code == 2


def test_the_day_changes_words_and_nothing_else(cli, tmp_path):
    text = CLEAN.replace("gateway-budget-config", "gateway-rate-limiting-config").replace("cost_per", "requests_per")
    (tmp_path / "limits.yaml").write_text(text.replace(", alerts: {thresholds: [80]}", ""))
    runs = [
        cli("quota", "check", "limits.yaml", "--select", "QD601", "--format", "json", env={"LLMCOST_NOW": day})
        for day in ("2026-11-21", "2027-01-01")
    ]
    findings = [json.loads(run.stdout)["findings"][0] for run in runs]

    assert [run.code for run in runs] == [0, 0]
    assert [one["severity"] for one in findings] == ["warning", "warning"]
    assert "is removed on 2026-12-15" in findings[0]["message"]
    assert "was removed on 2026-12-15" in findings[1]["message"]
