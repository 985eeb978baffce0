"""`llmcost report`: exit code, stdout and stderr together."""

import csv
import io
import json
import subprocess
import sys
from decimal import Decimal

import pytest
from tests.ingesting import native, write

from llmcost.ledger.database import connect, writing

_ROWS = """
    insert into request by name
    select
        uuid() as row_key, request_id, 0 as part, 'llmcost' as source, 'openai' as issuer, 1 as ingest_id,
        cast(start as timestamp) as started_at, 'log' as time_origin, true as final, 'chat' as operation, 'ok' as status,
        false as gateway_cached, 'billed' as usage_origin, 'metered' as charge_basis, customer_id, model, tags,
        input as uncached_input_tokens, output as output_text_tokens, cost, cost_status
    from (values
        ('a', '2026-10-31 12:00:00', 'acme', 'gpt-5', null, 100, 10, 2.00, 'priced'),
        ('b', '2026-11-01 12:00:00', 'acme', 'gpt-5', '{"region":"eu"}', 100, 10, 1.25, 'priced'),
        ('c', '2026-11-01 13:00:00', 'globex', 'gpt-x', null, 50, 5, null, 'unpriced'),
        ('d', '2026-11-02 12:00:00', null, 'gpt-5', null, 10, 1, 0.000001, 'priced')
    ) as rows (request_id, start, customer_id, model, tags, input, output, cost, cost_status)
"""


@pytest.fixture
def db(tmp_path):
    path = tmp_path / "llmcost.duckdb"
    with writing(path) as ledger:
        ledger.execute(_ROWS)
    return path


def test_a_bare_report_is_an_overview(cli, db):
    run = cli("report")

    assert run.code == 0
    assert run.stderr == ""
    assert "Cost by day\n" in run.stdout
    assert "Cost by model\n" in run.stdout
    assert "Cost by customer\n" in run.stdout
    assert "1 of 4 requests is unpriced and in no sum of cost: gpt-x (1)." in run.stdout


def test_a_dash_is_stdout_and_no_file(cli, db, tmp_path):
    asked = ("--by", "model", "--format", "csv")

    assert cli("report", *asked, "--output", "-").stdout == cli("report", *asked).stdout
    assert '"llmcost/baseline/1"' in cli("budget", "baseline", "--output", "-").stdout
    assert not (tmp_path / "-").exists()


def test_a_dash_is_no_second_stdout(cli, db, tmp_path):
    (tmp_path / "llmcost.yaml").write_text("budgets: [{name: all, amount: 5}]\n")

    run = cli("check", "--output-file", "json=-")

    assert (run.code, run.stdout, (tmp_path / "-").exists()) == (2, "", False)
    assert "hint: ask for it with --format json" in run.stderr


def test_a_bare_report_in_json_is_one_row(cli, db):
    document = json.loads(cli("report", "--format", "json").stdout)

    assert list(document) == ["schema", "basis", "by", "period", "currency", "rows", "totals", "coverage"]
    assert document["schema"] == "llmcost/report/1"
    assert document["by"] == []
    assert document["rows"] == [document["totals"]]
    assert document["totals"]["cost"] == "3.250001"
    assert document["period"] == {"since": "2026-10-31T00:00:00Z", "until": "2026-11-03T00:00:00Z", "tz": "UTC"}
    assert list(document["coverage"]) == [
        "requests",
        "unpriced_requests",
        "estimated_requests",
        "rejected",
        "unattributed_cost",
        "attributed_ratio",
    ]


def test_by_may_be_repeated_or_listed(cli, db):
    listed = cli("report", "--by", "day,model", "--format", "csv")
    repeated = cli("report", "--by", "day", "--by", "model", "--format", "csv")

    assert listed.stdout == repeated.stdout
    rows = list(csv.DictReader(io.StringIO(listed.stdout)))
    assert [(row["day"], row["model"], row["cost"]) for row in rows] == [
        ("2026-10-31", "gpt-5", "2.00"),
        ("2026-11-01", "gpt-5", "1.25"),
        ("2026-11-01", "gpt-x", ""),
        ("2026-11-02", "gpt-5", "0.000001"),
    ]


def test_csv_lines_end_as_the_standard_says(cli, db, clean_environment, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "llmcost", "report", "--by", "model", "--format", "csv"],
        cwd=tmp_path,
        env=clean_environment,
        capture_output=True,
        check=True,
    )

    assert done.stdout.count(b"\r\n") == 3
    assert done.stdout.count(b"\n") == 3


def test_a_period_with_its_comparison(cli, db):
    run = cli("report", "--by", "customer_id", "--period", "2026-11", "--compare", "previous", "--format", "json")

    document = json.loads(run.stdout)
    assert document["previous"] == {"since": "2026-10-01T00:00:00Z", "until": "2026-11-01T00:00:00Z", "tz": "UTC"}
    assert [
        (row["customer_id"], row["cost"], row["previous_cost"], row["cost_change"], row["cost_change_ratio"])
        for row in document["rows"]
    ] == [
        ("acme", "1.25", "2.00", "-0.75", -0.375),
        (None, "0.000001", "0.00", "0.000001", None),
        (
            "globex",
            None,
            "0.00",
            None,
            None,
        ),
    ]


def test_now_can_be_given(cli, db):
    flag = cli("report", "--period", "yesterday", "--as-of", "2026-11-02T09:00:00Z", "--format", "json")
    variable = cli("report", "--period", "yesterday", "--format", "json", env={"LLMCOST_NOW": "2026-11-02T09:00:00Z"})

    assert json.loads(flag.stdout)["totals"]["requests"] == 2
    assert flag.stdout == variable.stdout


def test_the_zone_of_the_days_can_be_given(cli, db):
    document = json.loads(cli("report", "--by", "day", "--tz", "Pacific/Auckland", "--format", "json").stdout)

    # 12:00 UTC is 01:00 of the next day there.
    assert [row["day"] for row in document["rows"]] == ["2026-11-01", "2026-11-02", "2026-11-03"]
    assert document["period"]["since"] == "2026-11-01T00:00:00+13:00"


def test_the_same_question_gives_the_same_bytes(cli, db):
    first = cli("report", "--by", "customer_id,day", "--format", "json")
    second = cli("report", "--by", "customer_id,day", "--format", "json")

    assert first.stdout == second.stdout


def test_a_file_is_in_the_format_its_name_ends_in(cli, db, tmp_path):
    cli("report", "--by", "model", "--output", tmp_path / "report.json")
    cli("report", "--by", "model", "--output", tmp_path / "report.md")

    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["schema"] == "llmcost/report/1"
    assert "| Model | Cost |" in (tmp_path / "report.md").read_text("utf-8")


def test_a_file_of_no_format_is_not_written(cli, db, tmp_path):
    run = cli("report", "--output", tmp_path / "report.foo")

    assert (run.code, run.stdout) == (2, "")
    assert "no format ends in .foo" in run.stderr
    assert ".csv" in run.stderr
    assert not (tmp_path / "report.foo").exists()


def test_output_goes_to_a_file_and_nowhere_else(cli, db, tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old")

    run = cli("report", "--by", "model", "--format", "csv", "--output", target)

    assert (run.code, run.stdout, run.stderr) == (0, "", "")
    assert target.read_bytes().startswith(b"model,cost,")
    assert {path.name for path in tmp_path.iterdir()} == {"home", "llmcost.duckdb", "out.csv"}


def test_a_file_that_cannot_be_written_is_named(cli, db, tmp_path):
    run = cli("report", "--output", tmp_path / "nowhere" / "out.txt")

    assert run.code == 2
    assert "nowhere/out.txt" in run.stderr


def test_a_cut_table_says_so(cli, db):
    assert "1 of 3 rows shown." in cli("report", "--by", "customer_id", "--limit", 1).stdout


def test_a_cut_document_is_noted_where_it_cannot_say_so(cli, db):
    run = cli("report", "--by", "customer_id", "--limit", 1, "--format", "json")

    assert len(json.loads(run.stdout)["rows"]) == 1
    assert run.stderr == "note: 1 of 3 rows shown; raise --limit for more\n"


def test_a_key_nobody_has_is_noted(cli, db):
    run = cli("report", "--by", "team")

    assert run.code == 0
    assert "(unattributed)" in run.stdout
    assert run.stderr == "note: no request here has a value for team; the tags in this ledger are region\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "modle"], "no dimension or tag is called 'modle'"),
        (["--where", "modle=x"], "no dimension or tag is called 'modle'"),
        (["--where", "model"], "cannot read --where 'model'"),
        (["--metrics", "costs"], "there is no metric 'costs'"),
        (["--format", "xml"], "--format cannot be 'xml'"),
        (["--basis", "bills"], "--basis cannot be 'bills'"),
        (["--compare", "next"], "--compare cannot be 'next'"),
        (["--compare", "previous"], "--compare previous needs a period with both ends"),
        (["--by", "day", "--period", "2026-11", "--compare", "previous"], "cannot go with --by day"),
        (["--tz", "Mars/Base"], "unknown time zone 'Mars/Base'"),
    ],
)
def test_a_wrong_question_is_refused_with_the_next_step(cli, db, arguments, message):
    run = cli("report", *arguments)

    assert run.code == 2
    assert run.stdout == ""
    assert message in run.stderr
    assert "hint:" in run.stderr


def test_no_ledger_is_exit_3(cli):
    run = cli("report")

    assert run.code == 3
    assert "no ledger at" in run.stderr


def test_an_empty_period_is_zero_not_an_error(cli, db):
    run = cli("report", "--period", "2020", "--format", "json")

    assert run.code == 0
    assert json.loads(run.stdout)["totals"]["cost"] == "0.00"
    assert run.stderr == "note: no requests in this period; the ledger has requests of 2026-10-31 to 2026-11-02\n"


def test_a_machine_format_does_not_load_rich(db, clean_environment, tmp_path):
    code = "import sys; from llmcost.cli.app import run\ntry: run(sys.argv[1:])\nexcept SystemExit: pass\nprint('rich' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, "report", "--by", "model", "--format", "csv", "--output", "out.csv"],
        cwd=tmp_path,
        env=clean_environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "False\n"


@pytest.mark.slow
def test_a_report_in_another_currency_needs_dated_rates(cli, tmp_path):
    """One call of a million tokens of input at 1.00, on 1 November, at 0.90 and then 0.93 from the 2nd on."""
    (tmp_path / "own.yaml").write_text(
        "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-21\n"
        "models: [{id: vllm/m1, prices: [{rates: {input: 1, output: 1}}]}]\n"
    )
    (tmp_path / "llmcost.yaml").write_text("pricing: [own.yaml]\n")
    record = {"timestamp": "2026-11-01T12:00:00Z", "provider": "vllm", "model": "m1", "input_tokens": 1_000_000}
    (tmp_path / "log.jsonl").write_text(json.dumps({**record, "request_id": "call-0123456789abcdef"}) + "\n")
    assert cli("ingest", "log.jsonl").code == 0

    without = cli("report", "--currency", "eur")
    assert (without.code, without.stdout) == (2, "")
    assert without.stderr.startswith(
        "error: no rate from USD to EUR\n  hint: add dated rates to llmcost.yaml: `fx: {EUR"
    )

    (tmp_path / "llmcost.yaml").write_text(
        'pricing: [own.yaml]\ncurrency: EUR\nfx: {EUR: {2026-11: "0.90", 2026-11-02: "0.93"}, CHF: {2026-11-02: "0.8"}}\n'
    )
    document = json.loads(cli("report", "--format", "json").stdout)
    assert (document["currency"], document["totals"]["cost"]) == ("EUR", "0.90")
    with (tmp_path / "own.yaml").open("a") as prices:
        prices.write('fx: {EUR: {2026-11: "0.50"}, GBP: {2026-11: "0.75"}}\n')
    assert json.loads(cli("report", "--format", "json", "--currency", "GBP").stdout)["totals"]["cost"] == "0.75"
    assert json.loads(cli("report", "--format", "json").stdout)["totals"]["cost"] == "0.90"
    assert json.loads(cli("report", "--format", "json", "--currency", "USD").stdout)["totals"]["cost"] == "1.00"
    early = cli("report", "--currency", "CHF")
    assert (early.code, early.stderr.splitlines()[0]) == (
        2,
        "error: no CHF rate for 2026-11-01: the first is of 2026-11-02",
    )
    exported = json.loads(cli("export", "requests").stdout)
    assert (exported["cost"], exported["converted_cost"], exported["converted_currency"]) == ("1.00", "0.90", "EUR")
    # What was exported comes back as the same call, and the converted amount is no tag of it.
    (tmp_path / "again.jsonl").write_text(json.dumps(exported) + "\n")
    assert json.loads(cli("ingest", "again.jsonl", "--format", "json").stdout)["totals"]["known"] == 1
    assert "converted" not in cli("export", "requests", "--currency", "USD").stdout


def test_tags_called_like_columns_keep_their_values(cli, tmp_path):
    # 1,000 tokens at 2.50 a million, in each of two days, whatever the tags are called.
    tags = {"previous_cost": "p", "Team": "T", "Cost": "C", "Model": "M", "region": "r", "Region": "R", "other": "o"}
    log = [
        native(request_id=f"call-000{day}", model="gpt-4o", input_tokens=1000, output_tokens=0, team="t",
               timestamp=f"2026-11-0{day}T10:00:00Z", tags={**tags, "other": f"o{day}"})
        for day in (1, 2)
    ]  # fmt: skip
    cli("ingest", "-q", write(tmp_path / "log.jsonl", log))
    compared = cli("report", "--by", "previous_cost", "--compare", "previous", "--since", "2026-11-02",
                   "--until", "2026-11-03", "--format", "json")  # fmt: skip
    (row,) = json.loads(compared.stdout, object_pairs_hook=_once)["rows"]
    assert (row["tags.previous_cost"], row["previous_cost"], row["cost"]) == ("p", "0.0025", "0.0025")
    target = tmp_path / "report.parquet"
    asked = ("--by", "team,Team,Cost,Model,region,Region,other", "--top", "1", "--metrics", "cost")
    run = cli("report", *asked, "--output", target)
    assert (run.code, run.stderr) == (0, "")
    with connect() as connection:
        columns = connection.execute("select * from read_parquet($path)", {"path": str(target)}).description
        first, rest = connection.execute(
            'select team, "tags.Team", "tags.Cost", Model, region, "tags.Region", "tags.other", cost, other '
            "from read_parquet($path) order by other",
            {"path": str(target)},
        ).fetchall()
    assert len({name.casefold() for name, *_ in columns}) == len(columns)
    assert first == ("t", "T", "C", "M", "r", "R", "o1", Decimal("0.0025"), "false")
    assert (rest[7], rest[8]) == (Decimal("0.0025"), "true")
    table = cli("report", "--by", "other", "--top", "1", "--metrics", "cost", "--format", "csv")
    header = table.stdout.splitlines()[0].split(",")
    assert (header[0], header[-1], len(set(header))) == ("tags.other", "other", len(header))


def _once(pairs):
    """An object of JSON whose keys are all different."""
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)
