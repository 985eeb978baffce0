"""`llmcost tags`: the commands, their formats and exit codes, and `llmcost check`."""

import json
import shutil

import pytest
from tests.ingesting import native, read, write

from llmcost.domain.errors import ExitCode


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Eight requests of gpt-5.4 at $0.0004 each, of which six have a team, two without a customer; one has no price."""
    lines = [
        native(
            request_id=f"call-{n:04}",
            tags={"team": "Data Team" if n == 1 else "search", **({"tenant_id": f"t{n}"} if n < 4 else {})},
        )
        for n in range(6)
    ]
    lines += [
        native(request_id="call-none"),
        native(request_id="call-odd", model="acme-internal/x", tags={"x\x1b[2J": "|y|"}),
    ]
    folder = tmp_path_factory.mktemp("made")
    read(folder / "llmcost.duckdb", write(folder / "log.jsonl", lines))
    return folder / "llmcost.duckdb"


@pytest.fixture
def ledger(made, tmp_path):
    """The folder of a copy of it."""
    shutil.copy(made, tmp_path / "llmcost.duckdb")
    return tmp_path


def test_list_shows_shares_and_what_a_key_fills(cli, ledger):
    done = cli("tags", "list", "--format", "json")
    document = json.loads(done.stdout)
    assert (done.code, done.stderr, document["schema"]) == (0, "", "llmcost/tags/1")
    assert (document["requests"], document["unpriced_requests"], document["cost"]) == (8, 1, "0.0028")
    first, second, third = document["tags"]
    assert (first["key"], first["requests"], first["requests_ratio"], first["cost"], first["cost_ratio"]) == (
        *("team", 6, 0.75, "0.0024"),
        0.857143,
    )
    assert (second["key"], second["fills"], second["values"], second["examples"]) == (
        *("tenant_id", "customer_id", 4),
        ["t0", "t1", "t2"],
    )
    assert (third["requests"], third["cost"], third["cost_ratio"]) == (1, None, None)
    assert "\x1b" not in cli("tags", "list").stdout


@pytest.mark.slow
def test_the_cost_of_unpriced_requests_is_not_nothing(cli, tmp_path):
    """One request without a price; then also one that is free, because a cache answered it."""
    odd = native(request_id="call-odd", model="acme-internal/x", tags={"team": "search"})
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "odd.jsonl", [odd]))
    (row,) = json.loads(cli("tags", "coverage", "team", "--by", "model", "--format", "json").stdout)["rows"]
    assert (row["cost"], row["attributed"]["team"]["cost"], row["attributed"]["team"]["requests"]) == (None, None, 1)
    free = native(request_id="call-free", model="acme-internal/x", tags={"team": "search"}, gateway_cached=True)
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "free.jsonl", [free]))
    shown = [
        cli("tags", *words).stdout for words in (["list"], ["coverage", "team"], ["coverage", "team", "--by", "model"])
    ]
    assert all("unpriced" in text and "$0.00" not in text for text in shown)


def test_a_draft_has_no_other_format(cli, ledger):
    assert cli("tags", "glossary", "--write-draft", "--format", "json").code == ExitCode.USAGE


def test_coverage_is_the_share_of_cost_with_a_value(cli, ledger):
    document = json.loads(cli("tags", "coverage", "team", "customer_id", "--by", "model", "--format", "json").stdout)
    assert document["total"]["attributed"]["customer_id"] == {
        "requests": 4,
        "requests_ratio": 0.5,
        "cost": "0.0016",
        "cost_ratio": 0.571429,
        "unattributed_cost": "0.0012",
    }
    assert [(row["model"], row["cost"]) for row in document["rows"]] == [
        ("gpt-5.4", "0.0028"),
        ("acme-internal/x", None),
    ]
    assert document["rows"][1]["attributed"]["team"]["cost_ratio"] is None
    lines = cli("tags", "coverage", "team").stdout.splitlines()
    assert lines[1].split() == ["team", "75.0%", "85.7%", "$0.0024", "$0.0004"]
    assert lines[-1] == "1 of 8 requests is unpriced and in no share of cost."


def test_coverage_agrees_with_the_report(cli, ledger):
    report = json.loads(cli("report", "--by", "team", "--format", "json").stdout)
    covered = json.loads(cli("tags", "coverage", "team", "--format", "json").stdout)
    assert covered["total"]["attributed"]["team"]["unattributed_cost"] == report["coverage"]["unattributed_cost"]
    assert covered["total"]["cost"] == report["totals"]["cost"]


def test_lint_fails_as_asked(cli, ledger):
    done = cli("tags", "lint", "--format", "concise")
    assert (done.code, done.stdout.splitlines()[0].split(": ")[1]) == (0, "warning TG101 key-not-snake-case")
    assert cli("tags", "lint", "--fail-on", "info").code == ExitCode.FINDING
    assert cli("tags", "lint", "--fail-on", "warning").code == ExitCode.FINDING
    assert cli("tags", "lint", "--select", "TG2", "--fail-on", "info").code == 0
    assert cli("tags", "lint", "--select", "TX").code == ExitCode.USAGE


@pytest.mark.parametrize("name", ["full", "json", "sarif", "github", "gitlab", "junit", "markdown"])
def test_lint_speaks_every_format_and_shows_no_escape(cli, ledger, name):
    done = cli("tags", "lint", "--format", name)
    assert done.code == 0
    assert "\x1b" not in done.stdout
    assert ("TG101" in done.stdout) == (name != "none")


def test_lint_of_programs_needs_no_ledger(cli, tmp_path):
    (tmp_path / "a.py").write_text('completion("m", metadata={"team": "todo"})')
    done = cli("tags", "lint", "a.py", "--fail-on", "warning", "--format", "concise")
    assert (done.code, done.stdout.split(": ")[0]) == (ExitCode.FINDING, "a.py:1:35")
    assert cli("tags", "lint", "missing.py").code == ExitCode.USAGE
    assert cli("tags", "lint").code == ExitCode.DATA


def test_check_holds_tags_against_the_glossary(cli, ledger):
    (ledger / "a.py").write_text('completion("m", metadata={"team": "todo"})')
    (ledger / "llmcost.yaml").write_text("tags:\n  files: [a.py]\n  glossary:\n    customer_id: {required: true}\n")
    done = cli("check", "--format", "json")
    document = json.loads(done.stdout)
    assert (done.code, document["quota"]) == (ExitCode.FINDING, None)
    places = {(one["code"], one["file"], one["line"]) for one in document["tags"]}
    assert {("TG401", "llmcost.yaml", 4), ("TG601", "a.py", 1)} <= places
    assert "tags: 2 errors, " in cli("check").stdout
    assert cli("check", "--db", "none.duckdb").code == ExitCode.DATA


def test_the_glossary_is_printed_and_drafted(cli, ledger):
    without = cli("tags", "glossary")
    assert (without.code, "`--output llmcost.yaml` makes that file of it" in without.stderr) == (ExitCode.USAGE, True)
    shown = cli("tags", "glossary", "--write-draft")
    assert (shown.code, (ledger / "llmcost.yaml").exists()) == (0, False)
    assert shown.stderr == "note: this is a draft: `--output llmcost.yaml` makes that file of it\n"
    drafted = cli("tags", "glossary", "--write-draft", "--output", "llmcost.yaml")
    assert drafted.code == 0
    assert (ledger / "llmcost.yaml").read_text() == shown.stdout
    assert cli("tags", "list").code == 0
    assert cli("tags", "glossary").code == 0
    assert cli("tags", "glossary", "--write-draft", "--output", "llmcost.yaml").code == ExitCode.USAGE
    (ledger / "llmcost.yaml").write_text("tz: UTC\n")
    assert "add its lines to " in cli("tags", "glossary").stderr
    (ledger / "llmcost.yaml").write_text(
        "tags: {glossary: {team: {description: 'Who | pays', required: 95%, values: [a, b]}}}"
    )
    page = cli("tags", "glossary").stdout
    assert page == "# Tags\n\n## team\n\nWho \\| pays\n\n- required on 95% of requests\n- one of a, b\n"
    (entry,) = json.loads(cli("tags", "glossary", "--format", "json").stdout)["tags"]
    assert (entry["required"], entry["values"]) == (0.95, ["a", "b"])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("tags: {glosary: {}}", "1:8"),
        ("tags:\n  glossary:\n    a: {required: often}", "3:9"),
        ("tags:\n  glossary:\n    a: {pattern: '['}", "3:9"),
        ("tags: {stale_after: soon}", "1:8"),
        ("tags: {ignore: [QR101]}", "1:17"),
        ("tags: {max_values: 0}", "1:8"),
    ],
)
def test_a_mistake_in_the_section_is_named_with_its_place(cli, tmp_path, text, place):
    (tmp_path / "llmcost.yaml").write_text(text)
    done = cli("tags", "list")
    assert done.code == ExitCode.USAGE
    assert f"llmcost.yaml:{place}: " in done.stderr


def test_stale_counts_back_from_the_last_request(cli, tmp_path):
    lines = [
        native(request_id=f"call-a{n}", tags={"team": "old", "x": "y"}, timestamp="2026-09-01T00:00:00Z")
        for n in range(3)
    ]
    lines += [native(request_id=f"call-b{n}", tags={"team": "new"}, timestamp="2026-10-15T00:00:00Z") for n in range(3)]
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", lines))
    document = json.loads(cli("tags", "stale", "--format", "json").stdout)
    assert [(one["key"], one["value"], one["last"]) for one in document["stale"]] == [
        ("x", None, "2026-09-01T00:00:00Z"),
        ("team", "old", "2026-09-01T00:00:00Z"),
    ]
    assert cli("tags", "stale", "--days", "60").stdout == "No tag is stale.\n"
    assert "old" in cli("tags", "stale", "--days", "60", "--as-of", "2026-11-30").stdout
