"""`llmcost report NAME`, `report --list` and `ingest --source outcomes`: exit code, stdout and stderr together."""

import json

import pytest

_LOG = """{"timestamp": "2026-11-01T10:00:00Z", "request_id": "call-0123456789abcdef", "customer_id": "acme", "model": "gpt-5", "input_tokens": 1000, "output_tokens": 100, "trace_id": "t1"}
{"timestamp": "2026-11-02T10:00:00Z", "request_id": "call-fedcba9876543210", "customer_id": "globex", "model": "gpt-5", "input_tokens": 9000, "output_tokens": 900}
"""
_OUTCOMES = """date,customer,metric,value
2026-11-01,acme,revenue,2
2026-11-02,globex,revenue,yes
"""


@pytest.fixture
def filled(cli, tmp_path):
    (tmp_path / "log.jsonl").write_text(_LOG)
    (tmp_path / "outcomes.csv").write_text(_OUTCOMES)
    assert cli("ingest", "--source", "llmcost", "log.jsonl").code == 0
    return cli


def test_outcomes_are_read_and_what_cannot_be_read_is_said(filled):
    first = filled("ingest", "--source", "outcomes", "outcomes.csv")
    again = filled("ingest", "--source", "outcomes", "outcomes.csv", "--format", "json", "--strict")

    assert first.code == 0
    assert first.stdout.startswith("1 file, 2 lines: 1 new outcome, 0 known, 1 rejected\n")
    assert "next: `llmcost report --metrics revenue_per_dollar --by customer_id`" in first.stdout
    assert "outcomes.csv:3: the value is not a number" in first.stderr
    assert again.code == 3
    document = json.loads(again.stdout)
    assert document["schema"] == "llmcost/outcomes/1"
    assert document["totals"] == {"lines": 2, "new": 0, "known": 1, "corrected": 0, "rejected": 1}
    assert document["metrics"] == [
        {
            "metric": "revenue",
            "dimensions": ["customer_id"],
            "outcomes": 1,
            "first": "2026-11-01",
            "last": "2026-11-01",
            "total": "2.00",
        }
    ]
    assert "the value is not a number" in filled("db", "rejects").stdout


def test_outcomes_come_through_a_pipe_as_well(filled):
    run = filled("ingest", "--source", "outcomes", "-", stdin=_OUTCOMES)

    assert (run.code, run.stdout.splitlines()[0]) == (0, "1 file, 2 lines: 1 new outcome, 0 known, 1 rejected")


def test_logs_of_the_configuration_are_never_taken_for_outcomes(filled, tmp_path):
    (tmp_path / "llmcost.yaml").write_text("ingest: [log.jsonl]\n")

    run = filled("ingest", "--source", "outcomes")

    assert (run.code, run.stdout) == (2, "")
    assert run.stderr.startswith("error: --source outcomes needs the files that hold them\n")


def test_a_file_that_holds_no_outcome_is_an_error_of_the_data(filled):
    run = filled("ingest", "--source", "outcomes", "log.jsonl")

    assert run.code == 3
    assert "log.jsonl has no `date`, no `metric`, no `value` column; it has" in run.stderr


def test_revenue_stands_beside_cost(filled):
    filled("ingest", "--source", "outcomes", "outcomes.csv")
    run = filled("report", "--by", "customer_id", "--metrics", "revenue,revenue_per_dollar", "--format", "json")

    # 1000 x 1.25 + 100 x 10 a million for acme.
    rows = {row["customer_id"]: row for row in json.loads(run.stdout)["rows"]}
    assert (rows["acme"]["cost"], rows["acme"]["revenue"], rows["acme"]["revenue_per_dollar"]) == (
        "0.00225",
        "2.00",
        None,
    )
    assert (rows["globex"]["cost"], rows["globex"]["revenue_per_dollar"]) == ("0.02025", None)


def test_the_list_names_every_report(cli):
    run = cli("report", "--list")
    document = json.loads(cli("report", "--list", "--format", "json").stdout)

    assert run.code == 0
    assert [line.split()[0] for line in run.stdout.splitlines()] == [one["name"] for one in document["reports"]]
    assert "concentration" in run.stdout
    assert all(one["about"].endswith(".") for one in document["reports"])


def test_a_named_report_takes_the_usual_options(filled):
    run = filled("report", "by-customer", "--where", "customer_id=acme", "--period", "2026-11", "--format", "json")

    document = json.loads(run.stdout)
    assert (run.code, document["name"], document["by"]) == (0, "by-customer", ["customer_id"])
    assert [row["customer_id"] for row in document["rows"]] == ["acme"]


def test_a_report_of_several_tables_has_its_own_kind(filled):
    document = json.loads(filled("report", "traces", "--format", "json").stdout)

    assert document["schema"] == "llmcost/named-report/1"
    assert document["facts"]["traces"] == 1
    assert [table["name"] for table in document["tables"]] == ["calls", "quantiles", "costliest"]
    assert document["tables"][0]["totals"]["cost"] == "0.0225"


def test_an_unknown_name_is_a_usage_error_with_the_nearest(filled):
    run = filled("report", "concentraton")

    assert (run.code, run.stdout) == (2, "")
    assert "'concentration'" in run.stderr
    assert filled("report", "traces", "--metrics", "cost").code == 2


def test_trends_are_drawn_when_asked_for(filled):
    run = filled("report", "by-customer", "--spark")

    assert "Trend" in run.stdout
    assert "█" in run.stdout
    assert "Trend" not in filled("report", "by-customer").stdout
