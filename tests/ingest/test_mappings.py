"""What a mapping of the user's own reads."""

import csv
import json
from decimal import Decimal

import pytest
from tests.ingesting import query, read

from llmcost.config.yaml import parse_document
from llmcost.ingest.generic import mapping_of
from llmcost.ingest.suggestion import suggest
from llmcost.ledger import database
from llmcost.render.ingest import remarks


def _read(folder, mapping, *rows):
    """A table of these rows, read with a mapping of this text into `folder / "ledger"`."""
    (folder / "table.csv").write_text("".join(f"{row}\n" for row in rows))
    source = mapping_of(parse_document(mapping, "map.yaml"))
    return read(folder / "ledger", folder / "table.csv", mapping=source, mapping_text=mapping)


def test_a_mapped_file_that_did_not_change_is_known(tmp_path):
    mapping, rows = "{fields: {timestamp: at, input_tokens: n}}", ("at,n", "2026-11-10 08:00:00,10")
    assert _read(tmp_path, mapping, *rows).files[0].status == "read"
    assert (
        read(
            tmp_path / "ledger",
            tmp_path / "table.csv",
            mapping=mapping_of(parse_document(mapping, "map.yaml")),
            mapping_text=mapping,
        )
        .files[0]
        .status
        == "known"
    )


@pytest.mark.parametrize(
    ("unit", "stated", "dollars"),
    [
        ("nano_usd", "999999", "0.000999999"),
        ("nano_usd", "1500000", "0.0015"),
        ("nano_usd", "2500000000", "2.5"),
        ("nano_usd", "999999999999999", "999999.999999999"),
        ("nano_usd", "0.0015", "0.000000000002"),
        ("micro_usd", "1500000.5", "1.5000005"),
        ("micro_usd", "999999999999", "999999.999999"),
        ("cents", "99999999", "999999.99"),
        ("usd", "999999.999999999999", "999999.999999999999"),
        ("usd", "1.5e-7", "0.00000015"),
    ],
)
def test_an_amount_in_any_unit_is_read_up_to_what_the_ledger_holds(tmp_path, unit, stated, dollars):
    fields = f"timestamp: at, model: {{const: gpt-5.4}}, reported_cost: {{column: paid, unit: {unit}}}"
    _read(tmp_path, f"fields: {{{fields}}}", "at,paid", f"2026-11-10 08:00:00,{stated}")
    assert query(tmp_path / "ledger", "select reported_cost from request") == [(Decimal(dollars),)]


@pytest.mark.parametrize("text", ["$0.50", "1,234.56", "0,5", "n/a", "-", "nan", "1234567.12 (too large)"])
def test_an_amount_that_cannot_be_read_rejects_the_row_and_is_named(tmp_path, text):
    mapping = "{fields: {timestamp: at, model: {const: gpt-5.4}, input_tokens: n, reported_cost: paid}}"
    result = _read(
        tmp_path,
        mapping,
        "at,n,paid",
        f'2026-11-10 08:00:00,10,"{text.removesuffix(" (too large)")}"',
        "2026-11-10 08:00:01,10,",
    )
    rejects = [(reject.line, reject.reason) for file in result.files for reject in file.rejects]
    assert rejects == [(2, f"paid is {text}, not an amount")]
    assert query(tmp_path / "ledger", "select uncached_input_tokens, reported_cost from request") == [(10, None)]


def test_a_length_that_cannot_be_read_rejects_the_row_too(tmp_path):
    mapping = "{fields: {timestamp: at, model: {const: whisper-1}, audio_seconds: length}}"
    result = _read(tmp_path, mapping, "at,length", "2026-11-10 08:00:00,1:30", "2026-11-10 08:00:01,90.5")
    assert [reject.reason for file in result.files for reject in file.rejects] == ["length is 1:30, not an amount"]
    assert query(tmp_path / "ledger", "select audio_seconds from request") == [(Decimal("90.5"),)]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-30 22:00:00", "2026-12-01 03:00:00"),
        ("2026/11/30 22:00:00", "2026-12-01 03:00:00"),
        ("2026-11-30T22:00", "2026-12-01 03:00:00"),
        ("2026-11-30 22:00:00.25 ", "2026-12-01 03:00:00.25"),
        (" 2026-11-30 22:00:00", "2026-12-01 03:00:00"),
        ("2026/7/4", "2026-07-04 04:00:00"),
        ('"2026-11-30 22:00:00,250"', "2026-12-01 03:00:00.25"),
        ("20261130T220000", "2026-12-01 03:00:00"),
        ("2026-11-30T22", "2026-12-01 03:00:00"),
        ("2026-11-30t22:00:00z", "2026-11-30 22:00:00"),
        ("2026-11-30T22:00:00Z", "2026-11-30 22:00:00"),
        ("2026-11-30 22:00:00 UTC", "2026-11-30 22:00:00"),
        ("2026/11/30 22:00:00+01:00", "2026-11-30 21:00:00"),
        ("2026-11-30T22:00-08", "2026-12-01 06:00:00"),
        ("1793700000", "2026-11-03 10:00:00"),
    ],
)
def test_a_time_without_an_offset_is_one_of_the_zone_however_it_is_written(tmp_path, text, instant):
    mapping = "{fields: {timestamp: at, model: {const: gpt-5.4}, input_tokens: n}, tz: America/New_York}"
    _read(tmp_path, mapping, "at,n", f"{text},10")
    assert query(tmp_path / "ledger", "select started_at::varchar from request") == [(instant,)]


_DOTTED = """
fields: {timestamp: at, model: model, input_tokens: usage.in, output_tokens: usage.out, customer_id: who.tenant}
tags: [who.team]
"""


@pytest.mark.parametrize(
    "text",
    [
        "at,model,usage.in,usage.out,who.tenant,who.team\n2026-11-10 08:00:00,gpt-5.4,100,10,acme,blue\n",
        (
            '{"at": "2026-11-10 08:00:00", "model": "gpt-5.4", "usage": {"in": 100, "out": 10}, '
            '"who": {"tenant": "acme", "team": "blue"}}\n'
        ),
        (
            '{"at": "2026-11-10 08:00:00", "model": "gpt-5.4", "usage.in": 100, "usage": {"in": 7, "out": 10}, '
            '"who.tenant": "acme", "who": {"team": "blue"}}\n'
        ),
    ],
    ids=["columns", "objects", "the-very-name-first"],
)
def test_a_name_with_dots_is_a_column_or_a_place_in_an_object(tmp_path, text):
    (tmp_path / "log").write_text(text)
    read(tmp_path / "ledger", tmp_path / "log", mapping=mapping_of(parse_document(_DOTTED, "map.yaml")))
    sql = "select uncached_input_tokens, output_text_tokens, customer_id, tags from request"
    assert query(tmp_path / "ledger", sql) == [(100, 10, "acme", '{"customer_id":"acme","who.team":"blue"}')]


def test_a_count_in_a_column_with_dots_that_is_none_is_named(tmp_path):
    result = _read(
        tmp_path,
        "fields: {timestamp: at, model: model, input_tokens: usage.in}",
        "at,model,usage.in",
        "2026-11-10 08:00:00,gpt-5.4,many",
    )
    assert [reject.reason for file in result.files for reject in file.rejects] == ["usage.in is many, not a count"]


def test_a_column_in_use_is_no_tag(tmp_path):
    _read(
        tmp_path,
        "fields: {timestamp: at, model: model, input_tokens: usage.in}",
        "at,model,usage.in,usage",
        "2026-11-10 08:00:00,gpt-5.4,5,high",
    )
    assert query(tmp_path / "ledger", "select tags from request") == [('{"usage":"high"}',)]


_MISSPELT = """
fields:
  timestamp: at
  model: model
  input_tokens: used.in
  output_tokens: usde_out
tags: [team, floor]
"""


def _said(result):
    return [(remark.message, remark.hint) for remark in remarks(result) if remark.serious]


def test_a_column_that_a_table_does_not_have_is_told_of(tmp_path):
    result = _read(tmp_path, _MISSPELT, "at,model,used_out,used.in,team", "2026-11-10 08:00:00,gpt-5.4,10,100,red")
    table = tmp_path / "table.csv"
    assert _said(result) == [
        (
            f"map.yaml:6:3: no column 'usde_out' in {table}, which leaves the field empty",
            "did you mean 'used_out'?",
        ),
        (f"map.yaml:7:14: no column 'floor' in {table}, which leaves the field empty", None),
    ]


def test_a_missing_column_is_told_of_however_quiet_and_fails_a_strict_run_if_amounts_depend_on_it(cli, tmp_path):
    (tmp_path / "map.yaml").write_text(
        "fields: {timestamp: at, model: m, input_tokens: tin, output_tokens: out, team: group}\n"
    )
    (tmp_path / "log.csv").write_text("at,m,tokens_in,out\n2026-11-20 10:00:00,gpt-4o,3000,200\n")
    quiet = cli("ingest", "-q", "--map", "map.yaml", "log.csv")
    assert quiet.code == 0
    assert "warning: map.yaml:1:35: no column 'tin' in log.csv" in quiet.stderr
    strict = cli("ingest", "-q", "--strict", "--map", "map.yaml", "log.csv", "--db", "strict.duckdb")
    assert (strict.code, strict.stderr.splitlines()[-1]) == (
        3,
        "warning: 1 column of the mapping is missing, and --strict was given",
    )
    # A name that is missing changes no amount.
    (tmp_path / "log.csv").write_text("at,m,tin,out\n2026-11-20 10:00:00,gpt-4o,3000,200\n")
    named = cli("ingest", "-q", "--strict", "--map", "map.yaml", "log.csv", "--db", "named.duckdb")
    assert (named.code, "no column 'group'" in named.stderr) == (0, True)


def test_so_it_is_of_parquet_whose_columns_may_hold_objects(tmp_path):
    table = tmp_path / "table.parquet"
    row = "'2026-11-10 08:00:00' as at, 'gpt-5.4' as model, {'in': 100} as used, 10 as usde_out, 'red' as team"
    with database.connect() as connection:
        connection.execute(f"copy (select {row}) to '{table}'")
    result = read(tmp_path / "ledger", table, mapping=mapping_of(parse_document(_MISSPELT, "map.yaml")))
    assert query(tmp_path / "ledger", "select uncached_input_tokens, output_text_tokens from request") == [(100, 10)]
    assert _said(result) == [(f"map.yaml:7:14: no column 'floor' in {table}, which leaves the field empty", None)]


def test_tables_that_lack_the_same_column_are_told_of_together(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("at,model,used.in,usde_out,team\n2026-11-10 08:00:00,gpt-5.4,1,1,red\n")
    source = mapping_of(parse_document(_MISSPELT, "map.yaml"))
    result = read(tmp_path / "ledger", tmp_path / "a.csv", tmp_path / "b.csv", mapping=source)
    assert _said(result) == [
        (
            f"map.yaml:7:14: no column 'floor' in {tmp_path / 'a.csv'} and 1 more file, which leaves the field empty",
            None,
        )
    ]


@pytest.mark.parametrize(
    "name", ["usage: nov.csv", "[prod] usage.csv", "it's 50%.csv", "2026.csv", "null.csv", "# nov.csv"]
)
def test_a_first_draft_is_read_whatever_file_and_columns_are_called(tmp_path, name):
    odd = [
        "123",
        "null",
        "1e5",
        "true",
        "yes",
        "# x",
        "a: b",
        "it's",
        'we"ird',
        "two\nlines",
        "- dash",
        "2026-11-10",
        "*a",
        "été",
    ]
    row = {"Created At": "2026-11-10 08:00:00", "Model": "gpt-5.4", "Prompt Tokens": "10", "Cost (USD)": "0.5"}
    with (tmp_path / name).open("w", newline="") as file:
        csv.writer(file).writerows([[*row, *odd], [*row.values(), *odd]])
    draft = suggest(tmp_path / name)
    assert 'we\\"ird' in draft
    source = mapping_of(parse_document(draft, "map.yaml"))
    read(tmp_path / "ledger", tmp_path / name, mapping=source, mapping_text=draft)
    found = query(tmp_path / "ledger", "select uncached_input_tokens, reported_cost, tags from request")
    assert [(tokens, cost, set(json.loads(tags)) >= set(odd) - {'we"ird'}) for tokens, cost, tags in found] == [
        (10, Decimal("0.5"), True)
    ]


def test_a_first_draft_of_parquet_names_its_columns(tmp_path):
    table = tmp_path / "[prod] usage*.parquet"
    row = "timestamp '2026-11-20 08:00:14.12' as created, 'gpt-4o' as llm, {'in': 1480::bigint} as used, 210::bigint as tokens_out"
    with database.connect() as connection:
        connection.execute(f"copy (select {row}, null::varchar as unused) to '{tmp_path / 'made'}' (format parquet)")
    (tmp_path / "made").rename(table)
    draft = parse_document(suggest(table), "map.yaml").value
    assert draft["fields"] == {"timestamp": "created", "model": "llm", "output_tokens": "tokens_out"}
    assert draft["tags"] == ["used.in"]
