"""SQLite databases: known tables become records, unknown ones a reject that names them."""

import gzip
import json
import sqlite3
from contextlib import closing

import pytest
from tests.ingesting import read, rejects, rows


def _told(result):
    """(place, reason) of what an ingest of one file could not read."""
    return [(reject.line, reject.reason) for reject in result.files[0].rejects]


def _database(path, *statements):
    with closing(sqlite3.connect(path)) as connection:
        for sql, *values in statements:
            connection.execute(sql, values)
        connection.commit()
    return path


_TURNS = (
    "create table {} (id text primary key, model text, resolved_model text, prompt text, response text, input_tokens integer,"
    " output_tokens integer, token_details text, duration_ms integer, datetime_utc text, conversation_id text)"
)
_TURN = (
    "insert into {} values (?, ?, null, 'secret question', 'secret answer', ?, ?, ?, 250, '2026-11-03T09:00:00', 'c-1')"
)


def test_llms_turns_and_older_responses_are_one_log(tmp_path):
    details = json.dumps({"prompt_tokens_details": {"cached_tokens": 60}})
    database = _database(
        tmp_path / "logs.db",
        (_TURNS.format("turns"),),
        (_TURNS.format("responses"),),
        (_TURN.format("turns"), "01k-turn-a", "gpt-5.4", 100, 10, details),
        (_TURN.format("responses"), "01k-turn-a", "gpt-5.4", 100, 10, details),
        (_TURN.format("responses"), "01k-turn-b", "gpt-5.4", 7, 3, None),
    )
    result = read(tmp_path / "ledger", database)
    found = rows(tmp_path / "ledger", "request_id", "source", "uncached_input_tokens", "cache_read_tokens")
    assert sorted(tuple(row.values()) for row in found) == [
        ("01k-turn-a", "simonw-llm", 40, 60),
        ("01k-turn-b", "simonw-llm", 7, 0),
    ]
    assert result.total("rejected") == 0


def test_a_database_that_grew_adds_only_what_is_new(tmp_path):
    database = _database(
        tmp_path / "logs.db", (_TURNS.format("turns"),), (_TURN.format("turns"), "01k-turn-a", "gpt-5.4", 100, 10, None)
    )
    read(tmp_path / "ledger", database)
    _database(database, (_TURN.format("turns"), "01k-turn-b", "gpt-5.4", 7, 3, None))
    read(tmp_path / "ledger", database)
    assert len(rows(tmp_path / "ledger", "request_id")) == 2


def test_opencodes_messages_come_from_their_json_column(tmp_path):
    answer = {
        "role": "assistant",
        "modelID": "claude-sonnet-4-6",
        "providerID": "anthropic",
        "tokens": {"input": 10, "output": 5, "reasoning": 1, "cache": {"read": 90, "write": 20}},
        "time": {"created": 1793696400000, "completed": 1793696401000},
    }
    insert = "insert into message values (?, 'ses_1', 1793696400000, ?)"
    database = _database(
        tmp_path / "opencode.db",
        ("create table message (id text primary key, session_id text, time_created integer, data text)",),
        (insert, "msg_a0000000001", json.dumps(answer)),
        (insert, "msg_a0000000002", "{"),
    )
    result = read(tmp_path / "ledger", database)
    (found,) = rows(tmp_path / "ledger", "request_id", "session_id", "uncached_input_tokens", "cache_read_tokens")
    assert tuple(found.values()) == ("msg_a0000000001", "ses_1", 10, 90)
    assert result.total("rejected") == 1
    assert rejects(tmp_path / "ledger") == [(2, "not an object in a column that holds one")]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("create table people (id)", "a database with none of the tables turns, responses, message: people"),
        (
            "create table message (id, body)",
            "a database with none of the tables turns, responses, message: message",
        ),
    ],
)
def test_a_database_of_something_else_is_a_reject_that_names_its_tables(tmp_path, table, reason):
    database = _database(tmp_path / "other.db", (table,))
    result = read(tmp_path / "ledger", database)
    assert result.files[0].status == "unrecognised"
    assert _told(result) == [(1, reason)]


def test_a_damaged_database_is_a_reject(tmp_path):
    database = _database(
        tmp_path / "logs.db", (_TURNS.format("turns"),), (_TURN.format("turns"), "01k-turn-a", "gpt-5.4", 1, 1, None)
    )
    content = database.read_bytes()
    database.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    ((line, reason),) = _told(read(tmp_path / "ledger", database))
    assert line == 1
    assert reason.startswith("the database cannot be read: ")


def test_a_compressed_database_says_what_to_do(tmp_path):
    database = _database(tmp_path / "logs.db", (_TURNS.format("turns"),))
    packed = tmp_path / "logs.db.gz"
    packed.write_bytes(gzip.compress(database.read_bytes()))
    assert _told(read(tmp_path / "ledger", packed)) == [(1, "a compressed database; decompress it first")]
