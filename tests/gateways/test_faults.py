"""A gateway that fails in every way it can: the ledger ends as after a clean run, or somebody is told."""

import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from tests.gateways.fakes import FAKES
from tests.gateways.litellm_proxy import Proxy, spend_log
from tests.gateways.loopback import KEY, Question, Reply, elsewhere, serving, stalled, status, torn, truncated
from tests.gateways.pulling import HASTY, NOW, given, run
from tests.gateways.test_apis import pulled
from tests.ingesting import query, rows

from llmcost.compose.pulling import Surroundings, Wanted, follow
from llmcost.domain.period import Period
from llmcost.domain.pulled import Span, Stream
from llmcost.gateways.pull import Puller
from llmcost.gateways.registry import gateway_named
from llmcost.gateways.session import session
from llmcost.ingest.request import IngestRequest

CALLS = 50
LOGS = [spend_log(n * 60) for n in range(CALLS)]
IDS = [str(row["request_id"]) for row in LOGS]


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """What the ledger says after a pull without faults."""
    folder = tmp_path_factory.mktemp("clean")
    with serving(Proxy(LOGS)) as api:
        run(api, folder / "l")
    return rows(folder / "l")


def test_passing_faults_in_a_row_change_nothing(tmp_path, clean):
    faults = [None, status(429, Retry_After="3"), None, status(500), truncated, None, torn, stalled(0.6), status(502)]
    waits = []
    with serving(Proxy(LOGS, pages_of=10), *faults) as api:
        found = run(api, tmp_path / "l", waits=waits, patience=HASTY)

    assert found.errors == ()
    assert 3 in waits
    assert rows(tmp_path / "l") == clean


def test_a_gateway_that_breaks_down_is_gone_on_with_later(tmp_path, clean):
    """Three days are read, the fourth is not; the next pull asks for the fourth and fifth only."""
    with serving(Proxy(LOGS)) as api:
        api.faults = [None, None, None, None, *[status(500)] * 4]
        broken = run(api, tmp_path / "l")
        (error,) = broken.errors
        assert (broken.result.files[0].status, broken.result.total("new")) == ("partial", CALLS)
        assert error.hint == "what was read is kept; the same command goes on from there"

        before = len(api.asked)
        found = run(api, tmp_path / "l")
        asked = [question.query["start_date"] for question in api.asked[before + 1 :]]

    assert found.errors == ()
    assert asked == ["2026-11-04 00:00:00", "2026-11-05 00:00:00"]
    assert rows(tmp_path / "l") == clean


def test_a_gateway_that_breaks_down_within_a_window_leaves_what_it_gave(tmp_path, clean):
    with serving(Proxy(LOGS, pages_of=10)) as api:
        api.faults = [None, None, None, *[status(503)] * 4]
        broken = run(api, tmp_path / "l")
        assert len(broken.errors) == 1
        assert query(tmp_path / "l", "select count(*) from request") == [(20,)]
        run(api, tmp_path / "l")

    assert rows(tmp_path / "l") == clean


def test_rows_that_come_twice_across_pages_count_once():
    def twice(reply):
        return Reply(content={**reply.content, "data": reply.content["data"][-3:] + reply.content["data"]})

    with serving(Proxy(LOGS, pages_of=10), None, None, twice, twice, twice) as api:
        assert given(api) == (IDS, None)


def test_a_page_that_shrinks_is_not_taken_for_the_last():
    def shrunk(reply):
        return Reply(content={**reply.content, "data": reply.content["data"][:4]})

    with serving(Proxy(LOGS, pages_of=10), None, None, shrunk) as api:
        assert given(api) == (IDS, None)


def test_rows_that_move_to_a_page_already_read_are_found():
    """Rows of one instant have no order, so a page may repeat a row of the one before and leave out another."""

    def muddled(reply):
        return Reply(content={**reply.content, "data": [LOGS[0], *reply.content["data"][1:]]})

    with serving(Proxy(LOGS, pages_of=10), None, None, muddled) as api:
        assert given(api) == (IDS, None)


def test_rows_deleted_while_pages_are_turned_do_not_hide_others():
    """The gateway drops its ten oldest rows after the first page, so that the next page begins ten rows too late."""
    proxy = Proxy(list(LOGS), pages_of=10)

    def deleting(reply):
        del proxy.rows[:10]
        return reply

    with serving(proxy, None, deleting) as api:
        assert given(api) == (IDS, None)


@pytest.fixture
def exporting():
    """A gateway that writes its rows into files, of which the first `cut[0]` are short of their last `cut[1]` rows."""
    fake = FAKES["portkey"]
    logs = fake.rows(20)
    cut = [0, 0]

    def answered(question):
        reply = fake(logs)(question)
        if not question.path.endswith("/file") or not cut[0]:
            return reply
        cut[0] -= 1
        lines = reply.content.splitlines(keepends=True)
        return Reply(content="".join(lines[: len(lines) - cut[1]]), headers=reply.headers)

    with serving(answered) as api:
        yield fake, api, cut


def test_an_export_whose_file_ends_too_early_is_read_again(tmp_path, exporting):
    fake, api, cut = exporting
    cut[:] = 1, 8

    found = pulled(fake, api, tmp_path / "l")

    assert (found.errors, cut[0]) == ((), 0)
    assert query(tmp_path / "l", "select count(*) from request") == [(20,)]


@pytest.mark.slow
def test_an_export_whose_file_always_ends_too_early_is_not_taken_for_whole(tmp_path, exporting):
    fake, api, cut = exporting
    cut[:] = 5000, 1

    broken = pulled(fake, api, tmp_path / "l")
    (error,) = broken.errors
    assert "the server has 1 rows and gave 0" in error.message
    assert broken.result.files[0].status == "partial"
    assert len(api.asked) < 400

    cut[0] = 0
    assert pulled(fake, api, tmp_path / "l").errors == ()
    assert query(tmp_path / "l", "select count(*) from request") == [(20,)]


def test_a_gateway_that_always_gives_the_same_page_is_given_up():
    def first_again(reply):
        return Reply(content={**reply.content, "data": LOGS[:5], "total": 11})

    with serving(Proxy(LOGS)) as api:
        api.faults = [first_again] * 5000
        found, error = given(api, since="2026-11-01T10:00:00", until="2026-11-01T10:10:00")
        assert len(api.asked) < 400

    assert error is not None
    assert "page after page brings nothing new" in error.message
    assert found == IDS[:5]


def test_a_redirect_to_another_host_gets_no_key():
    with serving(Proxy([])) as thief, serving(Proxy(LOGS), elsewhere(f"{thief.url}/spend/logs/v2")) as api:
        _, error = given(api)
        assert thief.asked == []

    assert error is not None
    assert "redirected to another server" in error.message


def test_a_sign_in_page_is_no_answer():
    def sign_in(_):
        return Reply(content="<html>Please sign in</html>", headers={"Content-Type": "text/html"})

    with serving(Proxy(LOGS), None, sign_in) as api:
        _, error = given(api)

    assert error is not None
    assert "this is no answer of LiteLLM proxy" in error.message
    assert len(api.asked) == 2


def test_rows_no_source_knows_do_not_move_the_cursor(tmp_path):
    def changed(reply):
        return Reply(content={**reply.content, "data": [{"renamed": n} for n in range(CALLS)], "total": CALLS})

    with serving(Proxy(LOGS), None, changed) as api:
        found = run(api, tmp_path / "l", until="2026-11-02")
        assert (found.result.files[0].status, found.result.complete) == ("unrecognised", False)
        assert run(api, tmp_path / "l", until="2026-11-02").result.total("new") == CALLS


@pytest.mark.slow
def test_a_row_that_cannot_be_read_is_kept_as_a_reject_once(tmp_path):
    logs = [*LOGS[:3], spend_log(180, metadata={}, prompt_tokens=-5, completion_tokens=1)]
    with serving(Proxy(logs)) as api:
        run(api, tmp_path / "l")
        found = run(api, tmp_path / "l", again=True)

    assert (found.result.files[0].status, found.result.total("rejected")) == ("partial", 1)
    assert query(tmp_path / "l", "select count(*) from reject") == [(1,)]
    assert query(tmp_path / "l", "select lines, rows, rejects from file") == [(8, 3, 1)]


@pytest.mark.slow
def test_following_looks_again_and_waits_longer_while_nothing_comes(tmp_path):
    logs = list(LOGS[:1])
    waits, times = [], [NOW]

    def pause(seconds):
        waits.append(seconds)
        times[0] += timedelta(seconds=seconds)

    with serving(Proxy(logs)) as api:
        wanted = Wanted(gateway="litellm", url=api.url, period=Period(since=NOW - timedelta(days=5)))
        around = Surroundings(environ={"LITELLM_API_KEY": KEY}, now=lambda: times[0], pause=pause)
        rounds = follow(IngestRequest(paths=(), ledger=tmp_path / "l"), [wanted], around)
        new = [next(rounds).result.total("new") for _ in range(3)]
        logs.append(spend_log(1, start=times[0].replace(tzinfo=None)))
        new += [next(rounds).result.total("new") for _ in range(2)]
        api.faults = [None, *[status(500)] * 4]

    assert new == [1, 0, 0, 1, 0]
    assert waits == [60, 120, 180, 60]


@pytest.mark.slow
def test_following_goes_on_after_somebody_else_had_the_ledger(tmp_path):
    holding = "import sys, duckdb; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    path = tmp_path / "l"
    logs = list(LOGS[:1])
    with serving(Proxy(logs)) as api:
        wanted = Wanted(gateway="litellm", url=api.url, period=Period(since=NOW - timedelta(days=5)))
        around = Surroundings(environ={"LITELLM_API_KEY": KEY}, now=lambda: NOW, pause=lambda _: None)
        rounds = follow(IngestRequest(paths=(), ledger=path, wait=0), [wanted], around)
        first = next(rounds)
        logs.append(spend_log(1, start=(NOW - timedelta(minutes=5)).replace(tzinfo=None)))
        command = [sys.executable, "-c", holding, str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout.readline() == b"held\n"
            busy = next(rounds)
            other.stdin.close()
        again = next(rounds)

    assert [one.result.total("new") for one in (first, busy, again)] == [1, 0, 1]
    assert [len(one.errors) for one in (first, busy, again)] == [0, 1, 0]
    assert "is in use by process" in busy.errors[0].message


def test_following_ends_when_the_key_is_refused(tmp_path):
    with serving(Proxy([])) as api:
        wanted = Wanted(gateway="litellm", url=api.url)
        around = Surroundings(environ={"LITELLM_API_KEY": "wrong"}, now=lambda: NOW, pause=lambda _: None)
        rounds = list(follow(IngestRequest(paths=(), ledger=tmp_path / "l"), [wanted], around))

    assert len(rounds) == 1


def test_rows_of_one_moment_that_change_places_between_pages_are_found():
    """Helicone sorts by the time alone: seven rows of each moment, in another order in every answer."""
    chance = random.Random(7)  # noqa: S311  the same every time
    fake = FAKES["helicone"]
    start = datetime(2026, 11, 1, tzinfo=UTC)
    moments = [start + timedelta(seconds=48 * (number // 7)) for number in range(3000)]
    created = [f"{moment:%Y-%m-%dT%H:%M:%S}.500Z" for moment in moments]

    def shuffled(question: Question) -> Reply:
        since, until = (
            question.body["filter"][side]["request_response_rmt"]["request_created_at"] for side in ("left", "right")
        )
        found = [number for number in range(3000) if since["gte"] <= created[number] < until["lt"]]
        found.sort(key=lambda number: (created[number], chance.random()))
        page = found[question.body["offset"] :][: question.body["limit"]]
        return Reply(content={"data": [{"request_id": f"q-{number}"} for number in page], "error": None})

    gateway = gateway_named("helicone")
    with serving(shuffled) as api, session(gateway, api.url, fake.environ, pause=lambda _: None) as fetcher:
        puller = Puller(Stream(gateway="helicone", url=api.url), gateway, fetcher, now=lambda: NOW)
        pages = list(puller.pages([Span(since=start, until=start + timedelta(hours=6))]))
        asked = len(api.asked)
    assert {record for page in pages for record in page.records} == {f'{{"request_id": "q-{n}"}}' for n in range(3000)}
    # A full page shows that there is too much, eight parts have a page and an empty one each.
    assert asked <= 1 + 8 * 2


def test_a_search_that_runs_out_of_time_is_done_again_in_parts(tmp_path):
    """Datadog answers with the rows it had found by then, and with no word of another page."""
    fake = FAKES["datadog"]

    def hasty(question: Question) -> Reply:
        reply = fake.answer(fake.rows(12), question)
        wanted = question.body["data"]["attributes"]["filter"]
        if datetime.fromisoformat(wanted["to"]) - datetime.fromisoformat(wanted["from"]) <= timedelta(hours=3):
            return Reply(content={**reply.content, "meta": {**reply.content["meta"], "status": "done"}})
        return Reply(content={"data": reply.content["data"][:1], "meta": {"status": "timeout"}})

    with serving(hasty) as api:
        found = run(api, tmp_path / "l", gateway="datadog", environ=fake.environ, until="2026-11-02T12:00:00")
    assert found.errors == ()
    assert query(tmp_path / "l", "select request_id from request order by 1") == [(f"{n:04}",) for n in range(12)]
