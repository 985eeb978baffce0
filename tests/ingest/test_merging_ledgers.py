"""Two ledgers merged are the ledger of all their logs, whichever goes into which, and however often."""

import json
import random
import shutil

import pytest
from tests.ingesting import as_bytes, chat, memory_ledger, native, picture, query, read, write
from tests.properties.test_merging import as_line, sighting

from llmcost.config.yaml import parse_document
from llmcost.domain.errors import DataError, UsageError
from llmcost.ingest.generic import mapping_of
from llmcost.ingest.merging import MergeRequest, merge
from llmcost.ledger import database
from llmcost.ledger.archive import tables_of
from llmcost.ledger.merge_tables import MERGED_TABLES
from llmcost.ledger.queries import rejected_lines

either_way = pytest.mark.parametrize("order", ["AB", pytest.param("BA", marks=pytest.mark.slow)])


def merged(folder, into, *others):
    """A copy of a ledger with others merged into it."""
    path = folder / f"{into.name}+{'+'.join(other.name for other in others)}"
    shutil.copy(into, path)
    merge(MergeRequest(ledger=path, others=others))
    return path


def _check(folder, seed):
    chance = random.Random(seed)  # noqa: S311
    # No sighting is without a time of its own; calls without an id come in both, in one, once and several times.
    lines = [as_line(f"call{seed}x{n:04}", sighting(chance)) for n in range(40) for _ in range(chance.randint(1, 4))]
    lines += [native(latency_ms=n + 0.5) for n in range(5)] + [native()] * 3 + [native(tags={"b": "1", "a": "2"})]
    shares = [chance.sample(lines, len(lines) * 2 // 3) for _ in range(2)]
    first, second = (write(folder / f"{name}.jsonl", share) for name, share in zip("ab", shares, strict=True))
    read(folder / "A", first)
    read(folder / "B", second)
    read(folder / "all", first, second)
    wanted = picture(folder / "all", folder)
    for path in (merged(folder, folder / "A", folder / "B"), merged(folder, folder / "B", folder / "A")):
        assert picture(path, folder) == wanted
        assert query(path, "select request_id, kept_tokens, other_tokens from conflict order by 1") == query(
            folder / "all", "select request_id, kept_tokens, other_tokens from conflict order by 1"
        )
        assert query(path, "select count(*) from reject") == [(0,)]
        again = merged(folder, path, folder / "A", folder / "B")
        assert picture(again, folder) == wanted


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_many_ledgers_merge_either_way_round(seed, tmp_path):
    _check(tmp_path, seed)


def test_merging_says_what_it_did_and_does_it_once(tmp_path):
    read(tmp_path / "A", write(tmp_path / "a.jsonl", [chat("one"), chat("two"), b"{"]))
    read(tmp_path / "B", write(tmp_path / "b.jsonl", [chat("two", prompt=300), chat("three"), b"[", b"{"]))
    (done,) = merge(MergeRequest(ledger=tmp_path / "A", others=[tmp_path / "B"]))
    assert (done.requests, done.new, done.changed, done.conflicts) == (2, 1, 1, 1)
    tables = {
        table: query(tmp_path / "A", f"select count(*) from {table}")
        for table in ("file", "ingest", "reject", "price_list")
    }
    # The line `{` was met in both; a line of a file is not the same line of another.
    assert tables == {"file": [(2,)], "ingest": [(2,)], "reject": [(3,)], "price_list": [(1,)]}
    (done,) = merge(MergeRequest(ledger=tmp_path / "A", others=[tmp_path / "B"]))
    assert (done.new, done.conflicts) == (0, 0)
    assert tables == {table: query(tmp_path / "A", f"select count(*) from {table}") for table in tables}
    # What was read there is known here.
    assert read(tmp_path / "A", tmp_path / "b.jsonl").files[0].status == "known"


@pytest.mark.slow
def test_a_ledger_can_be_merged_into_none(tmp_path):
    read(tmp_path / "B", write(tmp_path / "b.jsonl", [chat("one"), native()]))
    merge(MergeRequest(ledger=tmp_path / "new", others=[tmp_path / "B"]))
    assert picture(tmp_path / "new", tmp_path) == picture(tmp_path / "B", tmp_path)


@either_way
@pytest.mark.slow
def test_of_two_costs_of_one_call_the_later_rating_counts_unless_the_period_is_locked(tmp_path, order):
    for name, cost, day in (("A", "5", "2026-11-02"), ("B", "7", "2026-11-03")):
        read(tmp_path / name, write(tmp_path / f"{name}.jsonl", [native(request_id="call-0001")]))
        with database.writing(tmp_path / name) as connection:
            connection.execute("update request set cost = $cost", {"cost": cost})
            connection.execute("update ingest set started_at = $day", {"day": day})
    one, two = (tmp_path / name for name in order)
    assert query(merged(tmp_path, one, two), "select cost from request")[0][0] == 7
    with database.writing(tmp_path / "A") as connection:
        connection.execute("insert into price_lock values ('2026-12-01', 'closed', '2026-12-02', null)")
    path = merged(tmp_path, one, two)
    assert query(path, "select cost from request")[0][0] == 5
    assert query(path, "select count(*) from price_lock") == [(1,)]


@pytest.mark.slow
def test_a_row_that_neither_ledger_has_rated_as_it_becomes_is_rated(tmp_path):
    # One knows the tier, the other the usage: 200 input tokens at $2.50 and 10 output tokens at $15 a million, halved.
    a = native(request_id="call-0001", input_tokens=0, output_tokens=0, usage_origin="estimate", service_tier="flex")
    b = native(request_id="call-0001", input_tokens=200)
    for name, line in (("A", a), ("B", b)):
        read(tmp_path / name, write(tmp_path / f"{name}.jsonl", [line]))
    read(tmp_path / "all", tmp_path / "A.jsonl", tmp_path / "B.jsonl")
    wanted = query(tmp_path / "all", "select cost, service_tier, uncached_input_tokens from request")
    for one, two in ("AB", "BA"):
        path = merged(tmp_path, tmp_path / one, tmp_path / two)
        assert query(path, "select cost, service_tier, uncached_input_tokens from request") == wanted


@either_way
@pytest.mark.slow
def test_the_other_tables_come_once_each(tmp_path, order):
    rows = {
        "alert_state": "('r', '{}', null, 'c', %d, null, null, null)",
        "outcome": "('00000000-0000-0000-0000-000000000001', 1, '2026-11-01', '{}', 'sales', %d)",
        "gateway_cursor": "('g', 'u', 's', '2026-11-0%d', '2026-11-0%d', 1)",
        "received_span": "('t', 's%d', null, 'call', true, 1)",
        "chargeback": "('team', '2026-11', '2026-11-01', '2026-12-01', '2026-12-0%d', null, 'x', 'h', null, null)",
    }
    for number, name in enumerate("AB", 1):
        read(tmp_path / name, write(tmp_path / f"{name}.jsonl", [native(request_id=f"call-000{number}")]))
        with database.writing(tmp_path / name) as connection:
            connection.execute("update ingest set started_at = $day", {"day": f"2026-11-0{number}"})
            for table, values in rows.items():
                filled = values % ((number, number + 1) if values.count("%d") == 2 else number)
                connection.execute(f"insert into {table} values {filled}")
            connection.execute(
                """
                insert into usage_bucket (bucket_key, source, ingest_id, bucket_start, bucket_end, cost_status, output_text_tokens)
                values ('00000000-0000-0000-0000-000000000002', 's', 1, '2026-11-01', '2026-11-02', 'unpriced', $number)
                """,
                {"number": number},
            )
    path = merged(tmp_path, *(tmp_path / name for name in order))
    path = merged(tmp_path, path, *(tmp_path / name for name in order))
    assert query(path, "select output_text_tokens from usage_bucket") == [(2,)]
    assert query(path, "select level from alert_state") == [(2,)]
    assert query(path, "select value from outcome") == [(2,)]
    assert query(path, "select day(since), day(until) from gateway_cursor") == [(1, 3)]
    assert query(path, "select span_id from received_span order by 1") == [("s1",), ("s2",)]
    assert query(path, "select day(closed_at) from chargeback order by 1") == [(1,), (2,)]


def test_every_table_has_a_rule():
    with memory_ledger() as connection:
        assert set(tables_of(connection)) == MERGED_TABLES | {
            "request",
            "usage_bucket",
            "price_list",
            "schema_migration",
        }


@pytest.mark.slow
def test_what_cannot_be_merged_is_refused_and_changes_nothing(tmp_path):
    read(tmp_path / "A", write(tmp_path / "a.jsonl", [chat("one")]))
    shutil.copy(tmp_path / "A", tmp_path / "old")
    with database.writing(tmp_path / "old") as connection:
        connection.execute("delete from schema_migration where name > '0004'")
    (tmp_path / "text").write_text(json.dumps({"a": 1}) * 1000)
    before = picture(tmp_path / "A", tmp_path)
    for name, message in (("old", "older llmcost"), ("none", "no ledger"), ("text", "not an llmcost ledger")):
        with pytest.raises(DataError, match=message):
            merge(MergeRequest(ledger=tmp_path / "A", others=[tmp_path / name]))
    with pytest.raises(DataError) as told:
        merge(MergeRequest(ledger=tmp_path / "A", others=[tmp_path / "text"]))
    assert told.value.hint == "check the paths of the ledgers to merge"
    with pytest.raises(UsageError, match="named twice"):
        merge(MergeRequest(ledger=tmp_path / "A", others=[tmp_path / "A"]))
    assert picture(tmp_path / "A", tmp_path) == before


@either_way
@pytest.mark.slow
def test_logs_of_one_path_on_two_hosts_keep_what_each_brought(tmp_path, order):
    log = tmp_path / "app.jsonl"
    for name, days in (("A", (1, 2)), ("B", (3,))):
        calls = as_bytes(native(timestamp=f"2026-11-0{day}T10:00:00.125Z") for day in days)
        log.write_bytes(calls + b'{"broken": ' + name.encode() + b"\n")
        read(tmp_path / name, log)
    path = merged(tmp_path, *(tmp_path / name for name in order))
    for settings in ({}, {"source": "llmcost"}):
        log.touch()
        assert read(path, log, **settings).total("new") == 0
        assert query(path, "select day(started_at) from request order by 1") == [(1,), (2,), (3,)]
        with database.reading(path) as connection:
            assert rejected_lines(connection) == 2


@either_way
@pytest.mark.slow
def test_what_two_ledgers_have_of_a_call_stays_when_one_file_is_read_otherwise(tmp_path, order):
    call, other = (native(timestamp=f"2026-11-0{day}T10:00:00.125Z") for day in (1, 2))
    one, two = write(tmp_path / "a.jsonl", [call, other]), write(tmp_path / "b.jsonl", [call])
    for name, log in (("A", one), ("B", two)):
        read(tmp_path / name, log)
    path = merged(tmp_path, *(tmp_path / name for name in order))
    mapping = "fields: {timestamp: timestamp, output_tokens: input_tokens}\ntags: []\n"
    read(path, one, mapping=mapping_of(parse_document(mapping, "map.yaml")), mapping_text=mapping)
    found = query(path, "select day(started_at), uncached_input_tokens, output_text_tokens from request order by all")
    assert found == [(1, 100, 10), (1, None, 100), (2, None, 100)]


@pytest.mark.parametrize("order", ["abc", "cba", "bca"])
@pytest.mark.slow
def test_a_conflict_is_of_the_most_and_the_least_that_was_said_in_whatever_order(tmp_path, order):
    # 100 tokens of output beside 1,000, 1,100 and 5,000 of input.
    said = {"a": 1000, "b": 1100, "c": 5000}
    for name in order:
        log = write(
            tmp_path / f"{name}.jsonl", [native(request_id="call-00000001", input_tokens=said[name], output_tokens=100)]
        )
        read(tmp_path / "ledger", log)
    assert query(tmp_path / "ledger", "select kept_tokens, other_tokens from conflict") == [(5100, 1100)]
