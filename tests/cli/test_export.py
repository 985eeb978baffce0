"""`llmcost export requests`: native records out."""

import csv
import io
import json

import duckdb
import pytest

from llmcost.ledger.database import writing

_NAME = '=1+1, "quoted"\n\x1b[31m é'

# Audio read from a cache has no field of its own: it comes back as text read from a cache.
_QUANTITIES = """
    select
        request_id, part, issuer, started_at, provider, request_model, customer_id, coalesce(json_extract_string(tags, ['/z', '/a~1b']), [null, null]), usage_origin, charge_basis,
        uncached_input_tokens, coalesce(cache_read_tokens, 0) + coalesce(cache_read_audio_tokens, 0) as cache_reads,
        cache_write_5m_tokens, input_audio_tokens, output_text_tokens, reasoning_tokens, audio_seconds
    from request
    order by request_id
"""


@pytest.fixture
def db(tmp_path):
    path = tmp_path / "llmcost.duckdb"
    with writing(path) as ledger:
        ledger.execute(
            """
            insert into request by name
            select
                md5(request_id)::uuid as row_key, request_id, 0 as part, 'llmcost' as source, 'openai' as issuer, 1 as ingest_id,
                cast(start as timestamp) as started_at, 'log' as time_origin, true as final, 'openai' as provider,
                model as request_model, model, 'chat' as operation, 'ok' as status, false as gateway_cached,
                'billed' as usage_origin, 'metered' as charge_basis, customer_id, tags, 100 as uncached_input_tokens,
                cached as cache_read_tokens, 30 as cache_write_5m_tokens, 4 as input_audio_tokens,
                3 as cache_read_audio_tokens, 20 as output_text_tokens, 7 as reasoning_tokens,
                cast(12.5 as decimal(18, 6)) as audio_seconds, cost, cost_status, 'openai/gpt-5' as price_id
            from (values
                ('b', '2026-11-02 00:00:00', 'gpt-5', 'acme', null, 200, 1.250000000001, 'priced'),
                ('a', '2026-11-01 08:00:00.25', 'gpt-5', $name, '{"z":"1","a/b":"é"}', null, null, 'unpriced'),
                ('c', '2026-11-02 00:00:00', 'gpt-5', 'globex', null, 0, 2, 'priced')
            ) as rows (request_id, start, model, customer_id, tags, cached, cost, cost_status)
            """,
            {"name": _NAME},
        )
    return path


def test_a_record_holds_what_is_known_and_nothing_else(cli, db):
    run = cli("export", "requests", "--format", "jsonl")

    assert run.code == 0
    assert run.stderr == ""
    records = [json.loads(line) for line in run.stdout.splitlines()]
    assert records[0] == {
        "request_id": "a",
        "timestamp": "2026-11-01T08:00:00.250000Z",
        "provider": "openai",
        "model": "gpt-5",
        "operation": "chat",
        "status": "ok",
        "gateway_cached": False,
        "input_tokens": 137,
        "output_tokens": 27,
        "cache_read_input_tokens": 3,
        "cache_read_audio_input_tokens": 3,
        "cache_write_5m_input_tokens": 30,
        "reasoning_output_tokens": 7,
        "input_audio_tokens": 4,
        "audio_seconds": "12.50",
        "customer_id": _NAME,
        "issuer": "openai",
        # Its id is no good one, so that the key does not follow from it.
        "row_key": "0cc175b9-c0f1-b6a8-31c3-99e269772661",
        "usage_origin": "billed",
        "tags": {"a/b": "é", "z": "1"},
        "cost_status": "unpriced",
        "price_id": "openai/gpt-5",
    }
    assert [(record["request_id"], record.get("cost")) for record in records] == [
        ("a", None),
        ("b", "1.250000000001"),
        ("c", "2.00"),
    ]
    assert list(records[0]["tags"]) == ["a/b", "z"]
    assert "\x1b" not in run.stdout


def test_a_selection_can_be_exported(cli, db):
    run = cli("export", "requests", "--where", "customer_id=acme", "--since", "2026-11-02")

    assert [json.loads(line)["request_id"] for line in run.stdout.splitlines()] == ["b"]


def test_csv_holds_the_same_records(cli, db):
    run = cli("export", "requests", "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(run.stdout)))
    assert [row["request_id"] for row in rows] == ["a", "b", "c"]
    assert rows[0]["customer_id"] == _NAME
    assert rows[0]["tags"] == '{"a/b":"é","z":"1"}'
    assert [row["cost"] for row in rows] == ["", "1.250000000001", "2.00"]
    assert rows[1]["input_tokens"] == "337"


def test_parquet_keeps_amounts_exact(cli, db, tmp_path):
    target = tmp_path / "it's.parquet"

    run = cli("export", "requests", "--output", target)

    assert (run.code, run.stdout, run.stderr) == (0, "", "")
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select request_id, cost::varchar, typeof(cost), tags from read_parquet($path)", {"path": str(target)}
        ).fetchall()
    assert rows == [
        ("a", None, "DECIMAL(18,12)", {"a/b": "é", "z": "1"}),
        ("b", "1.250000000001", "DECIMAL(18,12)", None),
        ("c", "2.000000000000", "DECIMAL(18,12)", None),
    ]


def test_a_file_has_the_bytes_of_stdout(cli, db, tmp_path):
    target = tmp_path / "out.jsonl"

    run = cli("export", "requests", "--output", target)

    assert run.code == 0
    assert target.read_text(encoding="utf-8") == cli("export", "requests").stdout
    assert {path.name for path in tmp_path.iterdir()} == {"home", "llmcost.duckdb", "out.jsonl"}


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_what_comes_out_goes_in_again(cli, db, tmp_path, suffix):
    copy = tmp_path / "copy.duckdb"
    cli("export", "requests", "--output", tmp_path / f"out.{suffix}")

    read = cli("ingest", tmp_path / f"out.{suffix}", "--db", copy)

    assert read.code == 0
    with writing(db) as ledger:
        before = ledger.execute(_QUANTITIES).fetchall()
    with writing(copy) as ledger:
        after = ledger.execute(_QUANTITIES).fetchall()
    assert after == before


def test_nothing_to_export_is_noted(cli, db):
    run = cli("export", "requests", "--period", "2020")

    assert (run.code, run.stdout, run.stderr) == (0, "", "note: no requests in this period\n")


def test_an_unknown_format_is_refused(cli, db):
    run = cli("export", "requests", "--format", "xml")

    assert run.code == 2
    assert "use jsonl or csv or parquet or xlsx" in run.stderr


def test_a_safe_csv_is_exact_but_for_what_a_spreadsheet_would_run(cli, db):
    exact, safe = (
        list(csv.DictReader(io.StringIO(cli("export", "requests", "--format", "csv", *options).stdout)))
        for options in ((), ("--safe",))
    )

    assert safe[0]["customer_id"] == '\'=1+1, "quoted"\\n\\x1b[31m é'
    assert safe[0]["timestamp"] == exact[0]["timestamp"]
    assert [{**row, "customer_id": "", "timestamp": ""} for row in safe] == [
        {**row, "customer_id": "", "timestamp": ""} for row in exact
    ]


def test_safe_is_for_csv(cli, db):
    run = cli("export", "requests", "--safe")

    assert run.code == 2
    assert "--safe is for CSV" in run.stderr


def test_tags_that_a_log_has_twice_are_exported_once(cli, db):
    with writing(db) as ledger:
        ledger.execute("""update request set tags = '{"a/b":"x","a/b":"y","c":"1"}'""")
    done = cli("export", "requests", "--format", "jsonl")

    assert {json.dumps(json.loads(line)["tags"]) for line in done.stdout.splitlines()} == {'{"a/b": "x", "c": "1"}'}


@pytest.mark.parametrize("what", ["requests", "buckets", "focus", "prices"])
def test_a_file_must_end_as_a_format_does_or_the_format_be_named(cli, db, tmp_path, what):
    refused = cli("export", what, "--output", "out.foo")
    assert (refused.code, (tmp_path / "out.foo").exists()) == (2, False)
    assert "error: --output out.foo: no format ends in .foo\n  hint: name a file in ." in refused.stderr
    assert cli("export", what, "--output", "out.foo", "--format", "csv").code == 0
    assert (tmp_path / "out.foo").exists()


def test_capitals_in_an_ending_are_no_other_format(cli, db, tmp_path):
    assert cli("export", "requests", "--output", "OUT.CSV").code == 0
    assert not (tmp_path / "OUT.CSV").read_text("utf-8").startswith("{")
