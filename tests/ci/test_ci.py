"""The CI example, the action, the GitLab job and the hooks: their own commands, run."""

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.ingesting import native, read, write
from tests.once import made_once

from llmcost.config.yaml import read_document

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "ci"

GOOD, BREACHED, STALE = "2026-10-31T20:00:00Z", "2026-11-21T00:00:00Z", "2026-12-10T00:00:00Z"

# Whether a script hands on one code of failure or another does not depend on the code.
stale = pytest.param(STALE, 3, marks=pytest.mark.slow)


def _read_example(folder):
    for name in ("llmcost.yaml", "usage.jsonl", "gateway-budgets.yaml"):
        (folder / name).write_bytes((EXAMPLE / name).read_bytes())
    assert read(folder / "llmcost.duckdb", folder / "usage.jsonl").complete


@pytest.fixture
def shop(tmp_path, tmp_path_factory):
    """The example in a folder of its own, its log read."""
    folder = tmp_path / "shop"
    shutil.copytree(made_once(tmp_path_factory, "ci-example", _read_example), folder)
    return folder


@pytest.fixture
def shell(tmp_path, clean_environment):
    """Run a script as CI does, with `llmcost` and a `gh` that writes down what it is told on the path."""
    shims = tmp_path / "bin"
    shims.mkdir()
    for name, body in (
        ("llmcost", f'exec "{sys.executable}" -m llmcost "$@"\n'),
        ("pip", "exit 0\n"),
        ("gh", 'echo "$@" >> "$GH_LOG"\ncase "$*" in *--jq*) cat "$GH_ANSWER" ;; esac\n'),
    ):
        (shims / name).write_text(f"#!/bin/sh\n{body}")
        (shims / name).chmod(0o755)

    def run(script: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=cwd,
            env={**clean_environment, **env, "PATH": f"{shims}{os.pathsep}{clean_environment['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_the_good_month_passes(cli, shop):
    run = cli("check", "--as-of", GOOD, cwd=shop)

    assert (run.code, run.stderr) == (0, "")
    assert run.stdout.splitlines()[-1] == "Check passed."


def test_the_breached_month_fails_and_says_what_when_and_who(cli, shop):
    """By hand: 20 days of 6 and 2 calls of acme and 3 and 2 of globex in October and November, then the two changes.

    A chat call is 10,000 x 2.50 + 500 x 10 per million = 0.03; a summary 40,000 in and 1,000 out: 0.0066 by gpt-4o-mini,
    0.11 by gpt-4o. acme's summaries change model on the 9th: 12 days x 2 x (0.11 - 0.0066) = 2.4816. globex chats 5 times
    more a day from the 12th on: 9 x 5 x 0.03 = 1.35. The 20 days before: 20 x (6 x 0.03 + 4 x 0.0066) = 4.128.
    """
    run = cli("check", "--as-of", BREACHED, cwd=shop)
    document = json.loads(cli("check", "--as-of", BREACHED, "--format", "json", cwd=shop).stdout)
    breached = document["budgets"][0]

    assert run.code == 1
    assert "budget production: $7.96 of $7.00 spent in 2026-11 (113%), reached at 2026-11-19 10:00:00 UTC" in run.stdout
    assert (
        "caused by customer_id=acme feature=summaries +$2.48 and customer_id=globex feature=chat +$1.35" in run.stdout
    )
    assert (breached["amount"], breached["spent"], breached["reached_at"]) == ("7.00", "7.9596", "2026-11-19T10:00:00Z")
    cause = breached["cause"]
    assert (cause["before"], cause["after"], cause["change"]) == ("4.128", "7.9596", "3.8316")
    assert [(one["segment"], one["change"]) for one in cause["segments"][:2]] == [
        ({"customer_id": "acme", "feature": "summaries"}, "2.4816"),
        ({"customer_id": "globex", "feature": "chat"}, "1.35"),
    ]
    effects = {name: value for name, value in cause["effects"].items() if value != "0.00"}
    assert effects == {"volume": "1.35", "mix": "2.4816"}


def test_stale_data_is_not_a_pass(cli, shop):
    run = cli("check", "--as-of", STALE, cwd=shop)

    assert run.code == 3
    assert "gate stale not evaluated: the newest request is 19 d old" in run.stdout


def test_a_missing_ledger_is_not_a_pass_and_hides_no_lint(cli, shop):
    missing = cli("check", "--db", "nowhere.duckdb", cwd=shop)
    assert missing.code == 3
    assert "budgets not evaluated: no ledger at" in missing.stdout

    path = shop / "gateway-budgets.yaml"
    path.write_text(path.read_text() + "  - {id: shadowed, when: {}, limit_to: 5, unit: cost_per_day}\n")
    found = cli("check", "--db", "nowhere.duckdb", cwd=shop)
    assert found.code == 1
    assert "gateway-budgets.yaml:13:10: error QR401 shadowed-rule" in found.stdout


def test_a_wrong_configuration_comes_before_everything(cli, shop):
    path = shop / "llmcost.yaml"
    path.write_text(path.read_text().replace('amount: "5"', 'amount: "0"'))
    run = cli("check", "--as-of", BREACHED, cwd=shop)

    assert run.code == 2
    assert "llmcost.yaml:23:5: a budget of zero is reached before anything is spent" in run.stderr


def test_a_file_that_asks_for_nothing_is_refused(cli, tmp_path):
    (tmp_path / "llmcost.yaml").write_text("tz: UTC\n")

    assert cli("check").code == 2


def test_every_format_is_what_its_readers_expect(cli, shop):
    wanted = ("json", "junit", "sarif", "github", "gitlab", "markdown")
    options = [part for name in wanted for part in ("--output-file", f"{name}=out.{name}")]
    assert cli("check", "--as-of", BREACHED, *options, cwd=shop).code == 1
    texts = {name: (shop / f"out.{name}").read_text() for name in wanted}

    assert json.loads(texts["json"])["schema"] == "llmcost/check/1"
    suites = ET.fromstring(texts["junit"])  # noqa: S314  our own output
    assert suites.attrib == {"name": "llmcost", "tests": "8", "failures": "1", "errors": "0"}
    (failed,) = [case for case in suites.iter("testcase") if case.find("failure") is not None]
    assert (failed.attrib["name"], failed.attrib["file"], failed.attrib["line"]) == (
        "budget production",
        "llmcost.yaml",
        "11",
    )
    (result,) = json.loads(texts["sarif"])["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("BG101", "error")
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "llmcost.yaml"
    assert texts["github"].startswith("::error file=llmcost.yaml,line=11,col=5,endLine=11,endColumn=6,title=BG101")
    assert json.loads(texts["gitlab"])[0]["location"]["positions"]["begin"] == {"line": 11, "column": 5}
    assert texts["markdown"].startswith("<!-- llmcost:check -->\n")


def test_people_are_told_on_stderr_when_stdout_is_for_machines(cli, shop):
    run = cli("check", "--as-of", BREACHED, "--format", "sarif", cwd=shop)

    assert "Check failed." in run.stderr
    assert json.loads(run.stdout)["version"] == "2.1.0"


def _action_steps():
    action = read_document(ROOT / "action.yml").value
    return action["inputs"], {step["name"]: step for step in action["runs"]["steps"]}


@pytest.mark.parametrize(("as_of", "code"), [(GOOD, 0), (BREACHED, 1), stale])
def test_the_github_action_does_what_it_says(shell, shop, tmp_path, as_of, code):
    inputs, steps = _action_steps()
    files = {
        name: tmp_path / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH", "GH_LOG", "GH_ANSWER")
    }
    for path in files.values():
        path.touch()
    files["GH_ANSWER"].write_text("4711\n" if code else "")
    env = {name: str(path) for name, path in files.items()}
    env |= {"RUNNER_TEMP": str(tmp_path), "GITHUB_REPOSITORY": "acme/shop", "NUMBER": "7", "GH_TOKEN": "secret"}
    env |= {"LLMCOST_CONFIG": "llmcost.yaml", "LOGS": inputs["ingest"]["default"], "SARIF": "out.sarif"}

    assert shell(steps["Read the logs"]["run"], shop, env).returncode == 0
    checked = shell(steps["Check"]["run"], shop, {**env, "LLMCOST_NOW": as_of})
    assert checked.returncode == 0, checked.stderr
    assert files["GITHUB_OUTPUT"].read_text() == f"exit-code={code}\n"
    assert checked.stdout.startswith("::") == bool(code)
    assert "<!-- llmcost:check -->" in files["GITHUB_STEP_SUMMARY"].read_text()
    assert json.loads((shop / "out.sarif").read_text())["version"] == "2.1.0"

    assert shell(steps["Comment"]["run"], shop, env).returncode == 0
    sent = files["GH_LOG"].read_text().splitlines()[-1]
    where = (
        "--method PATCH repos/acme/shop/issues/comments/4711"
        if code
        else "--method POST repos/acme/shop/issues/7/comments"
    )
    assert sent == f"api {where} -F body=@{tmp_path}/llmcost.md"

    assert shell(steps["Result"]["run"], shop, {**env, "CODE": str(code)}).returncode == code


def test_the_github_action_reads_logs_on_lines_of_their_own(shell, shop):
    call = {"timestamp": "2026-11-01T10:00:00Z", "model": "gpt-5.4", "input_tokens": 100, "output_tokens": 10}
    for name in ("one.jsonl", "two.jsonl"):
        (shop / name).write_text(json.dumps({**call, "request_id": f"req-7f3a9c-{name}"}))
    _, steps = _action_steps()

    run = shell(
        steps["Read the logs"]["run"], shop, {"LLMCOST_CONFIG": "llmcost.yaml", "LOGS": "one.jsonl\ntwo.jsonl\n"}
    )
    assert (run.returncode, run.stdout.splitlines()[0]) == (0, "2 files, 2 lines: 2 new requests, 0 known")


def test_the_action_uses_nothing_of_others_and_never_writes_inputs_into_scripts():
    _, steps = _action_steps()

    assert all("uses" not in step and "${{" not in step["run"] for step in steps.values())


@pytest.mark.parametrize(("as_of", "code"), [(GOOD, 0), (BREACHED, 1), stale])
def test_the_gitlab_job_does_what_it_says(shell, shop, as_of, code):
    job = read_document(EXAMPLE / "gitlab-ci.yml").value["llm-budget"]
    script = "\n".join([*job["before_script"], *job["script"]])

    assert shell(script, shop, {"LLMCOST_NOW": as_of}).returncode == code
    for path in job["artifacts"]["reports"].values():
        assert (shop / path).exists()


def test_the_hooks_do_what_they_say(shell, shop):
    hooks = {hook["id"]: hook for hook in read_document(ROOT / ".pre-commit-hooks.yaml").value}
    used = [hook["id"] for hook in read_document(EXAMPLE / "pre-commit-config.yaml").value["repos"][0]["hooks"]]

    assert set(used) == set(hooks)
    assert shell(f"{hooks['llmcost-quota-check']['entry']} gateway-budgets.yaml", shop, {}).returncode == 0
    (shop / "app.py").write_text('completion("m", metadata={"team": "todo"})')
    assert shell(f"{hooks['llmcost-tags-lint']['entry']} app.py", shop, {}).returncode == 0
    assert shell(f"{hooks['llmcost-tags-lint']['entry']} --fail-on warning app.py", shop, {}).returncode == 1
    for as_of, code in ((GOOD, 0), (BREACHED, 1)):
        assert shell(hooks["llmcost-check"]["entry"], shop, {"LLMCOST_NOW": as_of}).returncode == code


def test_the_workflow_passes_only_inputs_the_action_has():
    inputs, _ = _action_steps()
    steps = read_document(EXAMPLE / "github-workflow.yml").value["jobs"]["check"]["steps"]

    assert set(steps[-1]["with"]) <= set(inputs)
    assert all("@" in step["uses"] for step in steps)


def test_many_breaches_are_ten_annotations_and_a_count(cli, shop):
    budgets = "".join(f"  - {{name: b{number}, amount: {number + 1}}}\n" for number in range(14))
    (shop / "llmcost.yaml").write_text(f"budgets:\n{budgets}")
    run = cli("budget", "check", "--as-of", "2026-11-21", "--format", "github", cwd=shop)
    lines = run.stdout.splitlines()

    # 7.9596 were spent, so the budgets of 1 to 7 are reached; the others are well below.
    assert [line.partition(" ")[0] for line in lines] == ["::error"] * 7
    (shop / "llmcost.yaml").write_text("budgets:\n" + budgets.replace("amount: 1", "amount: 0.1"))
    lines = cli("budget", "check", "--as-of", "2026-11-21", "--format", "github", cwd=shop).stdout.splitlines()
    assert len([line for line in lines if line.startswith("::error")]) == 10
    assert lines[-1] == "2 of 12 findings are not annotated; the worst 10 are"


@pytest.mark.slow
def test_a_comment_stays_within_its_limit(cli, shop):
    budgets = "".join(f"  - {{name: {'b' * 200}{number}, amount: 1}}\n" for number in range(400))
    (shop / "llmcost.yaml").write_text(f"budgets:\n{budgets}")
    run = cli("budget", "check", "--as-of", "2026-11-21", "--format", "markdown", cwd=shop)

    assert run.code == 1
    assert len(run.stdout) < 65_536
    assert "of 400 budgets are left out here." in run.stdout


def test_a_baseline_tells_what_a_change_costs(cli, shop):
    config = (shop / "llmcost.yaml").read_text()
    (shop / "llmcost.yaml").write_text(
        config.replace("gate:\n", "gate:\n  increase: 50%\n  increase_amount: 1\n  crossed: true\n")
    )
    absent = cli("check", "--as-of", GOOD, cwd=shop)
    assert absent.code == 3
    assert "write one with `llmcost budget baseline`" in absent.stdout

    assert cli("budget", "baseline", "--as-of", "2026-11-08", cwd=shop).code == 0
    first = (shop / ".llmcost" / "baseline.json").read_bytes()
    same = cli("budget", "diff", "--as-of", "2026-11-08", cwd=shop)
    assert same.code == 0
    assert cli("budget", "baseline", "--as-of", "2026-11-08", cwd=shop).code == 0
    assert (shop / ".llmcost" / "baseline.json").read_bytes() == first

    run = cli("budget", "diff", "--as-of", "2026-11-21", "--format", "json", cwd=shop)
    document = json.loads(run.stdout)
    # 7 days of 6 x 0.03 + 4 x 0.0066 = 1.4448; then 11 x 0.03 + 2 x 0.11 + 2 x 0.0066 = 0.5632 a day.
    assert run.code == 1
    assert [(one["before"], one["after"], one["change"]) for one in document["budgets"]] == [
        ("1.4448", "3.9424", "2.4976")
    ] * 3
    assert [one["crossed"] for one in document["budgets"]] == [[], [], [[]]]
    assert [one["name"] for one in document["gate"] if one["status"] == "failed"] == ["increase"] * 3 + ["crossed"]

    assert cli("budget", "baseline", "--as-of", "2026-11-20", cwd=shop).code == 0
    known = cli("check", "--as-of", BREACHED, cwd=shop)
    assert known.code == 0
    assert "it was reached before the baseline" in known.stdout


def test_nothing_spent_since_the_logs_end_is_no_fall(cli, shop):
    assert cli("budget", "baseline", "--as-of", "2026-11-08", cwd=shop).code == 0
    run = cli("budget", "diff", "--as-of", "2027-01-20", cwd=shop)
    assert run.code == 3
    assert "gate stale not evaluated: the newest request is" in run.stdout

    late = cli("budget", "baseline", "--as-of", "2027-01-20", cwd=shop)
    assert (late.code, "the newest request is" in late.stderr) == (0, True)


def test_a_file_that_is_no_baseline_is_refused(cli, shop):
    (shop / "other.json").write_text('{"schema": "llmcost/report/1"}')
    for name, code in (("other.json", 2), ("usage.jsonl", 2), ("nowhere.json", 3)):
        assert cli("budget", "diff", "--base", name, cwd=shop).code == code


def test_status_shows_used_against_elapsed(cli, shop):
    run = cli("budget", "status", "production", "--as-of", "2026-11-11", cwd=shop)
    row = json.loads(
        cli("budget", "status", "production", "--as-of", "2026-11-11", "--format", "json", cwd=shop).stdout
    )["budgets"][0]

    # 10 days of 0.2064 and 2 x 2 x 0.1034 more.
    assert (row["spent"], row["utilisation"], row["elapsed"], row["per_day"]) == (
        "2.4776",
        0.353943,
        0.333333,
        "0.24776",
    )
    assert row["forecast"] == "7.4328"
    assert row["days_left"] == 18.25
    assert run.stdout.splitlines()[0] == "production, 2026-11: $2.48 of $7.00"


def test_names_choose_budgets_and_wrong_names_are_refused(cli, shop):
    assert cli("budget", "check", "each-customer", "--as-of", BREACHED, cwd=shop).code == 0
    wrong = cli("budget", "check", "prodction", "--as-of", BREACHED, cwd=shop)
    assert wrong.code == 2
    assert "did you mean 'production'" in wrong.stderr


def test_a_warning_fails_only_when_asked(cli, shop):
    text = (shop / "llmcost.yaml").read_text().replace('amount: "7"', 'amount: "8"')
    (shop / "llmcost.yaml").write_text(text)

    assert cli("budget", "check", "--as-of", BREACHED, cwd=shop).code == 0
    assert cli("budget", "check", "--as-of", BREACHED, "--fail-on", "warning", cwd=shop).code == 1


def test_a_breach_that_never_fails_does_not_hide_missing_data(cli, shop):
    assert cli("budget", "check", "--as-of", BREACHED, "--fail-on", "never", cwd=shop).code == 0

    text = (shop / "llmcost.yaml").read_text()
    (shop / "llmcost.yaml").write_text(text.replace("gate:\n", "gate:\n  estimated: 1%\n  period: 2027-01\n"))
    assert cli("budget", "check", "--as-of", BREACHED, cwd=shop).code == 1
    assert cli("budget", "check", "--as-of", BREACHED, "--fail-on", "never", cwd=shop).code == 3


def test_what_init_writes_passes_on_the_day_it_was_written(cli, shop):
    (shop / "llmcost.yaml").unlink()
    refused = cli("init", "--as-of", BREACHED, cwd=shop)
    written = (shop / "llmcost.yaml").read_text()

    # The last 30 days: 0.2064 a day, 12 of them with 0.2068 more, 9 with 0.15 more; acme 0.09 + 0.0132 a day and 0.2068.
    assert refused.code == 0
    assert "# The last 30 days cost 10.02 dollars, by 2 customers; amounts are a fifth above." in written
    assert 'amount: "13"' in written
    assert 'amount: "6.7"' in written
    assert cli("check", "--as-of", BREACHED, cwd=shop).code == 0
    assert cli("init", cwd=shop).code == 2
    assert cli("init", "--stdout", "--as-of", BREACHED, cwd=shop).stdout == written
    assert 'tz: "Asia/Tokyo"' in cli("init", "--stdout", "--tz", "Asia/Tokyo", cwd=shop).stdout


def test_init_of_a_ledger_of_one_day_speaks_of_the_day(cli, tmp_path):
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", [native(request_id="call-0001")]))

    assert "# The last day cost " in cli("init", "--stdout", "--as-of", "2026-11-02").stdout


def test_init_writes_the_way_to_the_ledger_without_detours(cli, shop):
    text = cli("init", "--stdout", "--db", "./../elsewhere/./llmcost.duckdb", cwd=shop).stdout

    assert 'db: "../elsewhere/llmcost.duckdb"' in text


def test_init_without_a_ledger_writes_an_example(cli, tmp_path):
    run = cli("init")

    assert run.code == 0
    assert "no ledger at llmcost.duckdb" in run.stderr
    assert cli("check").code == 3


@pytest.mark.parametrize(("above", "code"), [("1000", 0), ("0.05", 1)])
def test_alert_rules_are_part_of_the_check(cli, shop, above, code):
    (shop / "llmcost.yaml").write_text(f"db: ./llmcost.duckdb\nalerts: [{{rule: daily-spend, above: '{above}'}}]\n")
    as_of = ("--as-of", "2026-11-19T12:00:00Z")

    run = cli("check", *as_of, "--format", "json", cwd=shop)

    assert run.code == code, run.stderr
    found = json.loads(run.stdout)
    # Read off the log: what its requests of that morning cost.
    assert [(alert["rule"], alert["value"]) for alert in found["alerts"]] == [("daily-spend", "0.2366")] * code
    assert found["not_evaluated"] == []
    assert (b"daily-spend" in cli("check", *as_of, "--format", "junit", cwd=shop).stdout.encode()) == bool(code)


def test_what_could_not_be_judged_is_listed_for_machines(cli, shop):
    with (shop / "llmcost.yaml").open("a") as file:
        file.write("\nalerts: [{name: busy, metric: requests, above: 1000000}]\n")

    run = cli("check", "--as-of", STALE, "--format", "json", cwd=shop)

    assert run.code == 3
    found = json.loads(run.stdout)["not_evaluated"]
    assert [one["part"] for one in found] == ["budget production", "budget each-customer", "gate stale", "alert busy"]
    assert all("2026-11-20 21:49 UTC" in one["reason"] for one in found)
