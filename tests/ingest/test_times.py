"""When a call began, however its log writes it."""

from tests.ingesting import native, query, read, write

_TIMES = {
    "2026-11-10T01:30+02": "2026-11-09 23:30:00",
    "2026-11-10T01:30:00+02:00": "2026-11-09 23:30:00",
    "2026-11-10 01:30-05": "2026-11-10 06:30:00",
    "2026-11-10T01:30": "2026-11-10 01:30:00",
    "2026-11-10": "2026-11-10 00:00:00",
    "1793700000.25": "2026-11-03 10:00:00.25",
    "1793700000123": "2026-11-03 10:00:00.123",
    "1793700000123456789": "2026-11-03 10:00:00.123456",
    "2026-11-10 01:30:00,123": "2026-11-10 01:30:00.123",
    "2026-11-10T01:30:00,5+02:00": "2026-11-09 23:30:00.5",
    "2026-11-10t01:30:00z": "2026-11-10 01:30:00",
    "20261110T013000Z": "2026-11-10 01:30:00",
    "20261110T013000.25+0200": "2026-11-09 23:30:00.25",
    "20261110T0130Z": "2026-11-10 01:30:00",
    "2026-11-10T01Z": "2026-11-10 01:00:00",
    "2026-11-10T01-05": "2026-11-10 06:00:00",
    "1970-01-01T00:00:00Z": "1970-01-01 00:00:00",
    "20261110013000": None,
    "202611100800": None,
    "20261110080000123": None,
    "infinity": None,
    "epoch": None,
    "2026-11-10T25Z": None,
    "2026-W46-2": None,
    "9999-12-31T00:00:00Z": None,
}


def test_a_time_is_what_it_says_or_a_reject(tmp_path):
    lines = [native(timestamp=text, request_id=f"call-{n}-0a1b2c3d") for n, text in enumerate(_TIMES)]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", lines))
    found = dict(query(tmp_path / "ledger", "select request_id, started_at::varchar from request"))
    assert [found.get(line["request_id"]) for line in lines] == list(_TIMES.values())
    rejects = query(tmp_path / "ledger", "select reason from reject order by line")
    for text, (reason,) in zip((text for text, instant in _TIMES.items() if instant is None), rejects, strict=True):
        assert text in reason
        assert "neither a date of ISO 8601 with month and day nor Unix time" in reason


def test_the_first_instant_of_the_year_1_is_no_time_at_all(tmp_path):
    """Go and .NET write it where there is none."""
    zeros = ("0001-01-01T00:00:00Z", "0001-01-01 00:00:00", "0001-01-01T00:00:00+00:00")
    log = write(tmp_path / "log.jsonl", [native(timestamp=text, request_id=f"call-{text}") for text in zeros])
    read(tmp_path / "none", log)
    why = ("no time in the record; `--at ISO|mtime` assumes one",)
    assert query(tmp_path / "none", "select reason from reject") == [why] * 3
    read(tmp_path / "at", log, at="2026-11-10 00:00:00")
    assert (
        query(tmp_path / "at", "select started_at::varchar, time_origin from request")
        == [("2026-11-10 00:00:00", "assumed")] * 3
    )


def test_a_time_among_the_keys_of_an_answer_is_said_to_be_unread(tmp_path):
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"type": "message", "id": "msg_01flat", "role": "assistant", "model": "claude-haiku-4-5", "usage": usage}
    lines = [
        {"timestamp": "2026-11-10T10:00:00Z", "user_id": "u1", **message},
        {
            "ts": 1793527200,
            "object": "list",
            "data": [],
            "model": "text-embedding-3-small",
            "usage": {"prompt_tokens": 8, "total_tokens": 8},
        },
        {"timestamp": "2026-11-10T10:00:00Z", "response": {**message, "id": "msg_01around"}},
        message,
    ]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", lines))
    told = "stands beside the answer's own keys, where nothing of a log's own is read; put the answer under `response`"
    assert query(tmp_path / "ledger", "select line, reason from reject order by line") == [
        (1, f"`timestamp` {told}, or `--at ISO|mtime` assumes a time"),
        (2, f"`ts` {told}, or `--at ISO|mtime` assumes a time"),
        (4, "no time in the record; `--at ISO|mtime` assumes one"),
    ]


def test_only_what_a_source_looks_at_is_blamed_for_a_missing_time(tmp_path):
    message = {"id": "msg_01timeless", "role": "assistant", "model": "claude-haiku-4-5", "usage": {"input_tokens": 1}}
    transcript = {"type": "assistant", "sessionId": "s", "uuid": "u", "message": message}
    lines = [
        {**transcript, "ts": "2026-11-10T10:00:00Z"},
        {**transcript, "ts": "2026-11-10T10:00:00Z", "timestamp": "noon"},
        {"ts": "noon", "message": {**message, "type": "message"}},
    ]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", lines))
    found = [
        reason.split(";")[0] for (reason,) in query(tmp_path / "ledger", "select reason from reject order by line")
    ]
    assert found == [
        "no time in the record",
        "timestamp is 'noon', neither a date of ISO 8601 with month and day nor Unix time",
        "ts is 'noon', neither a date of ISO 8601 with month and day nor Unix time",
    ]


def test_a_duration_that_no_call_has_leaves_the_time_of_its_end(tmp_path):
    def event(session, duration):
        texts = {"session.id": session, "model": "claude-sonnet-4-5", "input_tokens": "1", "output_tokens": "1"}
        attributes = {key: {"stringValue": text} for key, text in {**texts, "duration_ms": duration}.items()}
        record = {
            "timeUnixNano": "1793700000000000000",
            "body": {"stringValue": "claude_code.api_request"},
            "attributes": [{"key": key, "value": value} for key, value in attributes.items()],
        }
        return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}

    def access(name, duration):
        times = {"msec": "1793700000.000", "request_time": duration, "upstream_response_time": "0.1"}
        return {"request_id": name, "status": "200", "prompt_tokens": "5", "completion_tokens": "1", **times}

    durations = {"500": 500.0, "9e15": None, "1e30": None, "-1e30": None, "-5": None, "NaN": None, "31536000001": None}
    agents = [event(f"s{number}", duration) for number, duration in enumerate(durations)]
    lines = [access(f"n{number}", duration) for number, duration in enumerate(("0.5", *list(durations)[1:]))]
    ledger = tmp_path / "ledger"
    read(ledger, write(tmp_path / "agents.jsonl", agents), write(tmp_path / "access.jsonl", lines))

    # 1793700000 is 2026-11-03 10:00:00; the first of each lasted half a second, of the others nobody knows how long.
    started = ["2026-11-03 09:59:59.5", *["2026-11-03 10:00:00"] * 6]
    asked = "select started_at::varchar, latency_ms from request where source = $source order by latency_ms nulls last"
    for source in ("otel-agent-events", "nginx-json"):
        assert query(ledger, asked, source=source) == list(zip(started, durations.values(), strict=True))


def test_a_date_in_words_of_a_year_before_our_era_is_no_time(tmp_path):
    def answer(name, year):
        header = {"date": f"Tue, 10 Nov {year} 08:00:00 GMT"}
        metadata = {"RequestId": name, "HTTPStatusCode": 200, "HTTPHeaders": header}
        usage = {"inputTokens": 5, "outputTokens": 1, "totalTokens": 6}
        return {"ResponseMetadata": metadata, "output": {"message": {}}, "usage": usage, "metrics": {"latencyMs": 5}}

    log = write(tmp_path / "log.jsonl", [answer("a", "2026"), answer("b", "0000"), answer("c", "-500")])
    result = read(tmp_path / "ledger", log)

    assert query(tmp_path / "ledger", "select started_at::varchar from request") == [("2026-11-10 08:00:00",)]
    assert result.files[0].rejected == 2
