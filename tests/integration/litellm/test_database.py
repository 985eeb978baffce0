"""LiteLLM's spend logs straight from a real PostgreSQL that has LiteLLM's tables."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.gateways.litellm_proxy import spend_log
from tests.ingesting import query, read, rows
from tests.integration.litellm import proxy as litellm

from llmcost.compose.pulling import Surroundings, Wanted, pull
from llmcost.domain.errors import UpstreamError
from llmcost.domain.period import Period
from llmcost.domain.pulled import Span, Stream
from llmcost.gateways.probe import probe
from llmcost.gateways.registry import gateway_named
from llmcost.gateways.tables import database, table_pages
from llmcost.ingest.request import IngestRequest

pytestmark = pytest.mark.integration
NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
LOGS = [spend_log(n * 60, spend=n / 7e6) for n in range(200)]
HEALTH = spend_log(1, request_id="chatcmpl-health", team_id="litellm-internal-health-check")
PROMPT = "the secret of the house"
ENVIRON = {"PGUSER": "llm"}


@pytest.fixture(scope="module")
def server():
    missing = litellm.why_not()
    if missing is not None:
        pytest.skip(missing)
    psycopg = pytest.importorskip("psycopg")
    with litellm.postgres() as where, psycopg.connect(where, autocommit=True) as connection:
        for row in [*LOGS, HEALTH]:
            full = {**row, "messages": {"text": PROMPT}, "response": {"text": PROMPT}}
            names = ", ".join(f'"{name}"' for name in full)
            values = [json.dumps(value) if isinstance(value, dict | list) else value for value in full.values()]
            marks = ", ".join(["%s"] * len(values))
            connection.execute(f'insert into "LiteLLM_SpendLogs" ({names}) values ({marks})', values)
        yield litellm.address(where), connection


def pulled(url, ledger, *, until=None, again=False, environ=ENVIRON):
    wanted = Wanted(gateway="litellm-postgres", url=url, period=Period(since=SINCE, until=until), again=again)
    around = Surroundings(environ=environ, now=lambda: NOW, pause=lambda _: None)
    return pull(IngestRequest(paths=(), ledger=ledger, summary=False), [wanted], around)


def test_the_table_says_what_a_file_of_its_rows_says(server, tmp_path):
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in LOGS))
    read(tmp_path / "of-file", tmp_path / "rows.jsonl", summary=False)
    found = pulled(server[0], tmp_path / "l")

    assert found.errors == ()
    assert rows(tmp_path / "l") == rows(tmp_path / "of-file")
    assert query(tmp_path / "l", "select count(*), sum(reported_cost) > 0 from request") == [(200, True)]
    assert PROMPT.encode() not in (tmp_path / "l").read_bytes()


def test_what_was_read_is_not_read_again(server, tmp_path):
    half = NOW.replace(day=1, hour=11)
    first = pulled(server[0], tmp_path / "l", until=half)
    second = pulled(server[0], tmp_path / "l")
    third = pulled(server[0], tmp_path / "l", again=True)

    assert [one.result.total("new") for one in (first, second, third)] == [60, 140, 0]
    assert (third.result.total("known"), third.result.total("conflicts")) == (200, 0)


def test_a_session_that_breaks_off_is_begun_again(server):
    """The server ends our session after the first rows."""
    url, connection = server
    gateway = gateway_named("litellm-postgres")
    found = []
    with database(gateway, url, ENVIRON, pause=lambda _: None) as session:
        stream = Stream(gateway="litellm-postgres", url=url)
        pages = table_pages(stream, gateway, session, [Span(since=SINCE, until=NOW)], together=10, now=lambda: NOW)
        for number, page in enumerate(pages):
            found += [json.loads(text)["request_id"] for text in page.records]
            if number == 2:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'llmcost'"
                )

    assert set(found) == {row["request_id"] for row in LOGS}
    assert page.covered is not None


def test_the_session_cannot_write(server):
    import psycopg

    gateway = gateway_named("litellm-postgres")
    with database(gateway, server[0], ENVIRON, pause=lambda _: None) as session:
        list(table_pages(Stream(gateway="g", url="u"), gateway, session, [Span(since=SINCE, until=NOW)]))
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            session.connection().execute('delete from "LiteLLM_SpendLogs"')


def test_a_probe_says_whether_the_database_is_there_and_lets_us_in(server):
    def probed(url, environ=ENVIRON, **more):
        return probe(
            "litellm-postgres", url, environ=environ, now=SINCE + timedelta(days=1), pause=lambda _: None, **more
        )

    fine = probed(server[0])
    assert (fine.reachable, fine.authorised, fine.recent) == (True, True, True)
    stranger = probed(server[0], {"PGUSER": "nobody-we-know", "PGPASSWORD": "secret-0123456789"})
    assert (stranger.reachable, stranger.authorised, stranger.recent) == (True, False, None)
    assert "secret" not in f"{stranger.detail} {stranger.hint}"
    other = probed(server[0].replace("/litellm", "/postgres"))
    assert (other.reachable, other.authorised) == (True, False)
    assert other.detail is not None
    assert "there is no table LiteLLM_SpendLogs" in other.detail
    absent = probed("postgresql://127.0.0.1:9/litellm")
    assert (absent.reachable, absent.authorised) == (False, None)


def test_a_database_that_is_not_there_leaves_the_ledger_as_it_was(server, tmp_path):
    found = pulled("postgresql://127.0.0.1:9/litellm", tmp_path / "l")

    (error,) = found.errors
    assert isinstance(error, UpstreamError)
    assert found.result.total("new") == 0
    assert pulled(server[0], tmp_path / "l").result.total("new") == 200
