"""The row amid which a table ended makes room for the whole one once the table has grown, wherever it went meanwhile."""

import gzip

import pytest
import zstandard
from tests.ingesting import buckets, query, read, rows
from tests.marks import few

from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.ledger.forgetting import ForgetRequest, forget

_COLUMNS = "timestamp,model,feature,input_tokens,output_tokens\n"
_FIRST = '2026-11-01T10:00:01.5Z,gpt-5.4,"one",1,1\n'
_TOKENS = ("uncached_input_tokens", "output_text_tokens")


def _tokens(ledger):
    return sorted(tuple(row.values()) for row in rows(ledger, *_TOKENS))


@pytest.mark.parametrize("cell", ['"two\nlines"', '"two ""\n"" lines,\nor\nthree"', "two"])
def test_a_row_with_a_cell_of_several_lines(tmp_path, cell):
    log = tmp_path / "log.csv"
    log.write_text(f"{_COLUMNS}{_FIRST}2026-11-01T10:00:02.5Z,gpt-5.4,{cell},2,2")
    assert read(tmp_path / "ledger", log).total("new") == 2
    with log.open("a") as file:
        file.write("34\n2026-11-01T10:00:03.5Z,gpt-5.4,c,3,5\n")
    read(tmp_path / "ledger", log)
    assert _tokens(tmp_path / "ledger") == [(1, 1), (2, 234), (3, 5)]


@pytest.mark.parametrize("ending", few([".1.gz", ".1.zst", "-20261101.gz"]))
@pytest.mark.parametrize("again", [True, False])
def test_a_row_of_a_table_that_was_rotated_and_compressed(tmp_path, ending, again):
    log = tmp_path / "log.csv"
    log.write_text(f"{_COLUMNS}{_FIRST}2026-11-01T10:00:02.5Z,gpt-5.4,b,2,2")
    assert read(tmp_path / "ledger", log).total("new") == 2
    whole = log.read_bytes() + b"34\n2026-11-01T10:00:03.5Z,gpt-5.4,c,3,5\n"
    rotated = tmp_path / f"log.csv{ending}"
    rotated.write_bytes(gzip.compress(whole) if ending.endswith("gz") else zstandard.compress(whole))
    if again:
        log.rename(tmp_path / "old")
        log.write_text(_COLUMNS)
        (tmp_path / "old").unlink()
    else:
        log.unlink()
    read(tmp_path / "ledger", rotated)
    assert _tokens(tmp_path / "ledger") == [(1, 1), (2, 234), (3, 5)]


_EXPORT = (
    "start_time,end_time,start_time_iso,end_time_iso,num_model_requests,input_tokens,input_cached_tokens,output_tokens,batch,model\n"
    "1793491200,1793577600,2026-11-01T00:00:00,2026-11-02T00:00:00,12,9000,4000,700,false,gpt-5.4\n"
)
_SECOND = "1793577600,1793664000,2026-11-02T00:00:00,2026-11-03T00:00:00,{},5000,0,500,false,{}"
_THIRD = "1793664000,1793750400,2026-11-03T00:00:00,2026-11-04T00:00:00,1,100,0,50,false,gpt-5.4\n"


@pytest.mark.parametrize("whole_one", [True, False])
def test_a_row_of_a_usage_export(tmp_path, whole_one):
    # A whole row beside the cut one belongs to the bucket that the cut one seems to belong to.
    beside = _SECOND.format(7, "gpt-5.4") + "\n" if whole_one else ""
    log = tmp_path / "usage.csv"
    log.write_text(_EXPORT + beside + _SECOND.format(10, "gpt-5.4"))
    read(tmp_path / "ledger", log)
    with log.open("a") as file:
        file.write("-mini\n" + _THIRD)
    read(tmp_path / "ledger", log)
    columns = ("bucket_start", "request_model", "requests", "uncached_input_tokens")
    found = sorted((row["bucket_start"].day, *list(row.values())[1:]) for row in buckets(tmp_path / "ledger", *columns))
    assert found == [
        (1, "gpt-5.4", 12, 5000),
        *([(2, "gpt-5.4", 7, 5000)] if whole_one else []),
        (2, "gpt-5.4-mini", 10, 5000),
        (3, "gpt-5.4", 1, 100),
    ]


@pytest.mark.slow
def test_a_bucket_that_another_export_tells_more_of_stays(tmp_path):
    log = tmp_path / "usage.csv"
    log.write_text(_EXPORT + _SECOND.format(10, "gpt-5.4"))
    other = tmp_path / "other.csv"
    other.write_text(_EXPORT + _SECOND.format(10, "gpt-5.4").replace(",5000,", ",6000,") + "\n")
    read(tmp_path / "ledger", log)
    read(tmp_path / "ledger", other)
    with log.open("a") as file:
        file.write("-mini\n")
    read(tmp_path / "ledger", log)
    found = sorted(
        tuple(row.values()) for row in buckets(tmp_path / "ledger", "request_model", "uncached_input_tokens")
    )
    assert found == [("gpt-5.4", 5000), ("gpt-5.4", 6000), ("gpt-5.4-mini", 5000)]


def _price(folder, dollars):
    path = folder / "prices.yaml"
    path.write_text(
        "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-12\n"
        'sources: {x: {url: "https://example.com", checked: 2026-11-10}}\n'
        f"models: [{{id: openai/gpt-5.4, prices: [{{rates: {{input: {dollars}, output: 10}}, source: x}}]}}]\n"
    )
    return [path]


def _cost(ledger, table, day):
    return query(ledger, f"select cost::varchar from {table} order by {day}")


def test_a_row_that_was_whole_keeps_its_cost(tmp_path):
    # A million tokens of input at $5 a million, and at $7 afterwards.
    log = tmp_path / "log.csv"
    log.write_text(f"{_COLUMNS}{_FIRST}2026-11-01T10:00:02.5Z,gpt-5.4,b,1000000,0")
    read(tmp_path / "ledger", log, pricing=_price(tmp_path, 5))
    with log.open("a") as file:
        file.write("\n2026-11-11T10:00:03.5Z,gpt-5.4,c,1000000,0\n")
    assert read(tmp_path / "ledger", log, pricing=_price(tmp_path, 7)).total("new") == 1
    assert [cost for (cost,) in _cost(tmp_path / "ledger", "request", "started_at")][1:] == [
        "5.000000000000",
        "7.000000000000",
    ]


@pytest.mark.parametrize("way", ["grown", "source named"])
def test_a_bucket_that_is_told_again_as_it_was_keeps_its_cost(tmp_path, way):
    log = tmp_path / "usage.csv"
    log.write_text(_EXPORT + _SECOND.format(7, "gpt-5.4"))
    read(tmp_path / "ledger", log, pricing=_price(tmp_path, 5))
    before = _cost(tmp_path / "ledger", "usage_bucket", "bucket_start")
    later = _price(tmp_path, 7)
    if way == "grown":
        with log.open("a") as file:
            file.write("\n" + _THIRD)
        result = read(tmp_path / "ledger", log, pricing=later)
        assert sum(one.new_buckets for one in result.files) == 1
    else:
        read(tmp_path / "ledger", log, pricing=later, source="openai-usage")
    assert _cost(tmp_path / "ledger", "usage_bucket", "bucket_start")[:2] == before


@pytest.mark.slow
def test_a_row_that_another_row_of_the_table_says_as_well(tmp_path):
    log = tmp_path / "log.csv"
    same = "2026-11-01T11:00:02Z,gpt-5.4,a,500,12"
    log.write_text(f"{_COLUMNS}{same}\n{same}")
    read(tmp_path / "ledger", log)
    with log.open("a") as file:
        file.write("0\n2026-11-01T11:00:03Z,gpt-5.4,a,500,12\n")
    assert read(tmp_path / "ledger", log).total("new") == 2
    assert _tokens(tmp_path / "ledger") == [(500, 12), (500, 12), (500, 120)]


_OF_CUSTOMERS = (
    "timestamp,model,provider,customer_id,input_tokens,output_tokens\n"
    "2026-11-01T11:00:01.5Z,gpt-5.4,openai,globex,10,0\n"
    "2026-11-01T11:00:02.5Z,gpt-5.4,openai,acme-corp,1000,1"
)


@pytest.mark.parametrize("meanwhile", few(["forgotten", "attributed otherwise"]))
def test_a_row_whose_owner_has_another_name_by_now(tmp_path, meanwhile):
    log, ledger = tmp_path / "log.csv", tmp_path / "ledger"
    log.write_text(_OF_CUSTOMERS)
    read(ledger, log)
    attribution = DEFAULT_ATTRIBUTION
    if meanwhile == "forgotten":
        forget(ForgetRequest(ledger=ledger, kind="customer", id="acme-corp", attribution=attribution))
    else:
        attribution = {**attribution, "team": ("customer_id",), "customer_id": ("nothing",)}
    with log.open("a") as file:
        file.write("23\n2026-11-01T11:00:03.5Z,gpt-5.4,openai,globex,10,0\n")
    read(ledger, log, attribution=attribution)
    assert _tokens(ledger) == [(10, 0), (10, 0), (1000, 123)]


@pytest.mark.slow
def test_a_row_in_which_two_tables_ended(tmp_path):
    logs = [tmp_path / name / "log.csv" for name in "ab"]
    for log in logs:
        log.parent.mkdir()
        log.write_text(f"{_COLUMNS}2026-11-01T11:00:02.5Z,gpt-5.4,a,500,12")
    read(tmp_path / "ledger", *logs)
    for log in logs:
        with log.open("a") as file:
            file.write("0\n")
    read(tmp_path / "ledger", *logs)
    assert _tokens(tmp_path / "ledger") == [(500, 120)]


@pytest.mark.slow
def test_a_row_of_a_table_that_was_copied_and_written_anew(tmp_path):
    log = tmp_path / "log.csv"
    log.write_text(f"{_COLUMNS}{_FIRST}2026-11-01T10:00:02.5Z,gpt-5.4,b,2,2")
    read(tmp_path / "ledger", log)
    (tmp_path / "log.csv.1").write_text(log.read_text() + "34\n2026-11-01T10:00:03.5Z,gpt-5.4,c,3,5\n")
    log.write_text(_COLUMNS)
    read(tmp_path / "ledger", tmp_path)
    assert _tokens(tmp_path / "ledger") == [(1, 1), (2, 234), (3, 5)]


def test_a_table_without_an_ending_that_is_cut_before_its_last_cells(tmp_path):
    log = tmp_path / "log.csv.1"
    log.write_text(f"{_COLUMNS}{_FIRST}2026-11-01T10:00:02.5Z,gpt")
    first = read(tmp_path / "ledger", log)
    assert [file.status for file in first.files] == ["partial"]
    assert (first.total("new"), first.total("pending"), first.total("rejected")) == (1, 1, 0)
    with log.open("a") as file:
        file.write("-5.4,b,2,3\n")
    read(tmp_path / "ledger", log)
    assert _tokens(tmp_path / "ledger") == [(1, 1), (2, 3)]
