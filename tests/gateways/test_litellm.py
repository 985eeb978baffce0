"""LiteLLM's spend logs through its API: everything once, in either way, and from where the last run ended."""

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.gateways.litellm_proxy import FIRST, Proxy, spend_log
from tests.gateways.loopback import serving
from tests.gateways.pulling import NOW, at, given, run
from tests.ingesting import query, rows, write
from tests.ingesting import read as read_files

from llmcost.domain.errors import UpstreamError, UsageError
from llmcost.domain.pulled import Span, Stream
from llmcost.ledger import database
from llmcost.ledger.coverage import covered


def _spans(ledger, api):
    with database.reading(ledger) as connection:
        return covered(connection, Stream(gateway="litellm", url=api.url))


def _paths(api):
    return {question.path for question in api.asked}


def test_a_pull_brings_what_the_same_rows_in_a_file_bring(tmp_path):
    logs = [spend_log(n) for n in range(25)]
    with serving(Proxy(logs, pages_of=10)) as api:
        found = run(api, tmp_path / "pulled")
    read_files(tmp_path / "read", write(tmp_path / "rows.jsonl", logs))

    assert found.errors == ()
    (result,) = found.result.files
    assert (result.status, result.lines, result.new, result.sources) == ("read", 25, 25, {"litellm-spend-logs": 25})
    assert rows(tmp_path / "pulled") == rows(tmp_path / "read")
    # gpt-5.4: 1,000 tokens at $2.50 and 100 at $15 a million.
    assert {row["cost"] for row in rows(tmp_path / "pulled", "cost")} == {Decimal("0.004")}


def test_a_second_pull_asks_only_for_what_is_missing(tmp_path):
    logs = [spend_log(n) for n in range(3)]
    with serving(Proxy(logs)) as api:
        run(api, tmp_path / "l")
        first = len(api.asked)
        logs.append(spend_log(3, start=(NOW + timedelta(minutes=30)).replace(tzinfo=None)))
        found = run(api, tmp_path / "l", since=None, now=NOW + timedelta(hours=1))
        later = api.asked[first + 1 :]
        spans = _spans(tmp_path / "l", api)

    assert (found.result.total("new"), found.result.total("known")) == (1, 0)
    assert [question.query["start_date"] for question in later] == ["2026-11-05 11:00:00"]
    assert spans == [Span(since=at("2026-11-01"), until=at("2026-11-05T12:00:00"))]


@pytest.mark.slow
def test_a_pull_that_ends_before_what_was_read_begins_as_a_first_one_does(tmp_path):
    """Thirty days before its end, 2026-10-21; the other call began on 2026-11-01."""
    logs = [spend_log(0), spend_log(1, start=at("2026-10-12T08:00").replace(tzinfo=None))]
    with serving(Proxy(logs)) as api:
        run(api, tmp_path / "l")
        found = run(api, tmp_path / "l", since=None, until="2026-10-21")
        spans = _spans(tmp_path / "l", api)

    assert found.result.total("new") == 1
    assert spans == [
        Span(since=at("2026-09-21"), until=at("2026-10-21")),
        Span(since=at("2026-11-01"), until=at("2026-11-05T11:00:00")),
    ]


@pytest.mark.slow
def test_rows_that_appear_late_are_read_by_the_next_pull(tmp_path):
    logs = [spend_log(0)]
    with serving(Proxy(logs)) as api:
        run(api, tmp_path / "l")
        logs.append(spend_log(1, start=(NOW - timedelta(minutes=20)).replace(tzinfo=None)))
        found = run(api, tmp_path / "l", since=None, now=NOW + timedelta(minutes=1))

    assert found.result.total("new") == 1


def test_a_clock_that_is_ahead_of_the_gateways_loses_nothing(tmp_path):
    """Five hours ahead: what begins in these was not there to be read, whatever time it seems to be here."""
    logs = [spend_log(0)]
    with serving(Proxy(logs)) as api:
        api.date = "Thu, 05 Nov 2026 07:00:00 GMT"
        run(api, tmp_path / "l")
        assert _spans(tmp_path / "l", api) == [Span(since=at("2026-11-01"), until=at("2026-11-05T06:00:00"))]
        logs.append(spend_log(1, start=at("2026-11-05T08:00").replace(tzinfo=None)))
        # Behind the gateway's, or a time that cannot be read: as with no word of it.
        for api.date in ("Thu, 05 Nov 2026 19:00:00 GMT", "yesterday"):
            found = run(api, tmp_path / "l", since=None)
            assert _spans(tmp_path / "l", api) == [Span(since=at("2026-11-01"), until=at("2026-11-05T11:00:00"))]

    assert found.result.total("known") == 0
    assert query(tmp_path / "l", "select count(*) from request") == [(2,)]


@pytest.mark.slow
def test_overlapping_pulls_keep_every_call_once(tmp_path):
    logs = [spend_log(n * 3600) for n in range(40)]
    with serving(Proxy(logs)) as api:
        run(api, tmp_path / "l", until="2026-11-02T06:00:00")
        run(api, tmp_path / "l", since="2026-11-01T20:00:00", again=True)
        run(api, tmp_path / "l", again=True)

    assert query(tmp_path / "l", "select count(*), count(distinct request_id) from request") == [(40, 40)]
    assert query(tmp_path / "l", "select rows, path like 'pulled:litellm http://127%' from file") == [(40, True)]


@pytest.mark.slow
def test_without_a_start_gaps_are_filled_as_well(tmp_path):
    logs = [spend_log(n * 3600) for n in range(40)]
    with serving(Proxy(logs)) as api:
        run(api, tmp_path / "l", until="2026-11-01T14:00:00")
        run(api, tmp_path / "l", since="2026-11-02T10:00:00")
        run(api, tmp_path / "l", since=None)

    assert query(tmp_path / "l", "select count(*) from request") == [(40,)]


def test_a_window_that_is_not_counted_to_its_end_is_read_in_parts():
    # 300 calls within five minutes, and a proxy that counts to 100.
    with serving(Proxy([spend_log(n) for n in range(300)], cap=100, pages_of=10)) as api:
        found, error = given(api)

    assert (len(found), error) == (300, None)
    assert len(api.asked) < 120


def test_more_rows_in_one_second_than_are_counted_are_read_until_a_page_is_empty():
    logs = [spend_log(n, start=FIRST + timedelta(microseconds=n)) for n in range(70)]
    with serving(Proxy(logs, cap=50, pages_of=20)) as api:
        found, error = given(api)

    assert (len(found), error) == (70, None)


def test_a_proxy_without_v2_is_asked_day_by_day_for_single_rows(tmp_path):
    logs = [spend_log(n * 7200) for n in range(30)]
    with serving(Proxy(logs, v2=False)) as api:
        run(api, tmp_path / "l")

    assert query(tmp_path / "l", "select count(*) from request") == [(30,)]
    asked = [question.query for question in api.asked if question.path == "/spend/logs"]
    assert asked[0] == {"start_date": "2026-11-01", "end_date": "2026-11-02", "summarize": "false"}
    assert len(asked) == 5


def test_a_day_that_v1_does_not_give_out_whole_is_an_error_and_is_asked_for_again(tmp_path):
    logs = [spend_log(n) for n in range(30)]
    with serving(Proxy(logs, v2=False, cap=20)) as api:
        found = run(api, tmp_path / "l")
        (error,) = found.errors

        assert "gives only a part of the rows of 2026-11-01" in error.message
        assert isinstance(error, UpstreamError)
        assert (found.result.files[0].status, found.result.total("new")) == ("partial", 0)


def test_a_wrong_key_is_said_without_the_key(tmp_path):
    with serving(Proxy([])) as api:
        found = run(api, tmp_path / "l", environ={"LITELLM_MASTER_KEY": "sk-wrong-but-secret"})
    (error,) = found.errors

    assert "the key was refused, 401" in error.message
    assert error.hint is not None
    assert "LITELLM_API_KEY and LITELLM_MASTER_KEY" in error.hint
    assert "sk-wrong" not in error.message + error.hint
    assert not (tmp_path / "l").exists()


def test_without_a_key_nothing_is_asked(tmp_path):
    with serving(Proxy([])) as api:
        with pytest.raises(UsageError, match="LITELLM_API_KEY or LITELLM_MASTER_KEY is not set"):
            run(api, tmp_path / "l", environ={})
        assert api.asked == []


def test_the_key_is_nowhere_in_the_ledger(tmp_path):
    with serving(Proxy([spend_log(0)])) as api:
        run(api, tmp_path / "l")

    assert b"sk-test" not in (tmp_path / "l").read_bytes()


def test_an_empty_gateway_is_remembered_as_read(tmp_path):
    with serving(Proxy([])) as api:
        found = run(api, tmp_path / "l")
        assert _spans(tmp_path / "l", api) == [Span(since=at("2026-11-01"), until=at("2026-11-05T11:00:00"))]

    assert (found.result.files[0].status, found.result.complete) == ("read", True)
