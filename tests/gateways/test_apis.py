"""Every API against a server on this machine: in a clean run it brings what a file would, and in a broken one the same."""

import json
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.gateways.fakes import FAKES, SECRET
from tests.gateways.loopback import Api, Reply, elsewhere, serving, stalled, status, torn, truncated
from tests.gateways.pulling import HASTY, NOW, at, run
from tests.ingesting import query, read, rows

from llmcost.gateways.probe import probe
from llmcost.gateways.registry import all_gateways
from llmcost.ingest import intake
from llmcost.ledger import database

CALLS = 20
LATER = NOW.replace(day=25)


def pulled(fake, api: Api, ledger, **more: Any):
    """One pull of a fake: of the days that its rows are of."""
    now = LATER if fake.daily else NOW
    return run(api, ledger, gateway=fake.gateway, environ=fake.environ, now=now, **more)


def told(ledger) -> dict[str, Any]:
    """All a ledger says, aggregates included."""
    with database.reading(ledger) as connection:
        cursor = connection.execute(
            "select * exclude (file_id, ingest_id) from usage_bucket order by bucket_key, bucket_start"
        )
        buckets = cursor.fetchall()
    return {"requests": rows(ledger), "buckets": buckets}


@pytest.fixture(params=sorted(FAKES))
def fake(request):
    return FAKES[request.param]


_QUICK = {"langfuse", "helicone", "cloudflare", "anthropic-usage-report"}
"""One for each way of paging, and one of aggregates; the others are like one of them."""


@pytest.fixture(params=[pytest.param(n, marks=() if n in _QUICK else pytest.mark.slow) for n in sorted(FAKES)])
def served(request):
    return FAKES[request.param]


@pytest.fixture(params=[pytest.param(n, marks=() if n == "helicone" else pytest.mark.slow) for n in sorted(FAKES)])
def undisturbed(request):
    """Of those that are also served with faults one is enough without."""
    return FAKES[request.param]


@cache
def from_a_file(fake) -> dict[str, Any]:
    """What the ledger says when the same rows stand in a file."""
    with tempfile.TemporaryDirectory() as name:
        return _from_a_file(fake, Path(name))


def _from_a_file(fake, folder: Path) -> dict[str, Any]:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in fake.document(fake.rows(CALLS))))
    read(folder / "of-file", path, summary=False)
    return told(folder / "of-file")


def test_every_gateway_is_tried():
    # OpenRouter lists no calls; it is asked for those a ledger has. A database has tests of its own, with a real one.
    assert {fake.gateway for fake in FAKES.values()} | {"openrouter", "litellm-postgres"} == set(all_gateways())


def test_an_api_brings_what_a_file_would(undisturbed, tmp_path):
    with serving(undisturbed(undisturbed.rows(CALLS))) as api:
        found = pulled(undisturbed, api, tmp_path / "l")

    assert found.errors == ()
    assert len(found.result.files) == undisturbed.streams
    assert told(tmp_path / "l") == from_a_file(undisturbed)
    assert SECRET.encode() not in (tmp_path / "l").read_bytes()


def test_an_api_that_breaks_in_every_way_brings_the_same(served, tmp_path):
    """429, 500, a stalled, a torn and a truncated body; rows twice across pages; a page that shrinks; a repeated cursor."""

    def rows_of(reply: Reply) -> str | None:
        content = reply.content if isinstance(reply.content, dict) else {}
        keys = [key for key, value in content.items() if isinstance(value, list)]
        return keys[0] if len(keys) == 1 else None

    def doubled(reply: Reply) -> Reply:
        key = rows_of(reply)
        return Reply(content={**reply.content, key: [*reply.content[key], *reply.content[key][:1]]}) if key else reply

    def circular(reply: Reply) -> Reply:
        """The answer names the page that was just asked for; one that names none is left as it is."""
        content = json.loads(json.dumps(reply.content))
        place = content if isinstance(content, dict) else {}
        *path, last = served.next_page.split(".")
        for key in path:
            place = place.get(key) or {}
        if served.next_page and place.get(last):
            place[last] = "after-3"
        return Reply(content=content, headers=reply.headers)

    script = [status(429, Retry_After="2"), None, status(500), doubled, stalled(0.6), None, circular, circular]
    script += [torn, circular, truncated, circular, doubled, status(503), circular]
    with serving(served(served.rows(CALLS)), *script) as api:
        found = pulled(served, api, tmp_path / "l", patience=HASTY)

    assert found.errors == ()
    assert len(found.result.files) == served.streams
    assert told(tmp_path / "l") == from_a_file(served)
    assert SECRET.encode() not in (tmp_path / "l").read_bytes()


def test_an_api_that_sends_us_elsewhere_gets_no_key_there(served, tmp_path):
    with serving(served([])) as thief, serving(served([])) as api:
        api.faults = [elsewhere(f"{thief.url}/steal")] * 40
        found = pulled(served, api, tmp_path / "l")
        assert thief.asked == []

    assert found.errors
    assert all("redirected to another server" in error.message for error in found.errors)


def test_a_probe_says_whether_a_gateway_is_there_and_takes_the_key(fake):
    with serving(fake(fake.rows(CALLS))) as api:
        fine = probe(fake.gateway, api.url, environ=fake.environ, now=NOW.replace(day=2))
        refused = probe(fake.gateway, api.url, environ=dict.fromkeys(fake.environ, "wrong"), now=NOW)

    assert (fine.reachable, fine.authorised, fine.recent) == (True, True, True)
    assert (refused.reachable, refused.authorised, refused.recent) == (True, False, None)
    assert SECRET not in f"{refused.detail} {refused.hint}"


def test_a_trace_is_not_torn_apart_by_a_commit_between_two_pages(tmp_path, monkeypatch):
    """Pages of three spans, each more than a batch should hold; the call inside the first span is on the second page."""
    monkeypatch.setattr(intake, "_BATCH_ROWS", 1)
    fake = FAKES["phoenix"]
    _, outer, *others = fake.rows(5)
    context = outer["context"]
    inner = {**outer, "id": "in", "context": {**context, "span_id": "c" * 16}, "parent_id": context["span_id"]}
    with serving(fake([outer, *others, inner])) as api:
        found = run(api, tmp_path / "l", gateway="phoenix", environ=fake.environ)

    assert found.result.total("new") == 4
    calls = query(tmp_path / "l", "select request_id from request order by all")
    assert calls == [(f"{1:032x}:{'c' * 16}",), *((f"{n:032x}:{n + 1:016x}",) for n in (2, 3, 4))]


def test_a_wrapper_that_was_pulled_before_the_call_inside_it_is_taken_back(tmp_path):
    """The outer span is there at first, the inner one, of the same 1,000 and 100 tokens, a moment later: it is one call."""
    fake = FAKES["phoenix"]
    _, outer, other = fake.rows(3)
    context = outer["context"]
    inner = {**outer, "id": "in", "context": {**context, "span_id": "c" * 16}, "parent_id": context["span_id"]}
    spans = [outer, other]
    now = at("2026-11-01T15:00")
    with serving(fake(spans)) as api:
        run(api, tmp_path / "l", gateway="phoenix", environ=fake.environ, now=now)
        before = query(tmp_path / "l", "select request_id from request order by all")
        spans.insert(1, inner)
        again = run(api, tmp_path / "l", gateway="phoenix", environ=fake.environ, now=now, again=True)

    assert before == [(f"{1:032x}:{2:016x}",), (f"{2:032x}:{3:016x}",)]
    assert again.result.total("new") == 1
    assert query(tmp_path / "l", "select request_id, uncached_input_tokens from request order by all") == [
        (f"{1:032x}:{'c' * 16}", 1000),
        (f"{2:032x}:{3:016x}", 1000),
    ]
    assert query(tmp_path / "l", "select rows from file") == [(2,)]


@pytest.mark.parametrize("later_first", [False, True])
def test_a_wrapper_and_its_call_in_two_windows_are_one_call(tmp_path, later_first):
    """Between them stands a span that is no call, on the side of the wrapper."""
    fake = FAKES["phoenix"]
    _, outer, other, inner = fake.rows(4)
    context = outer["context"]
    tool = {**outer, "context": {**context, "span_id": "b" * 16}, "parent_id": context["span_id"], "span_kind": "TOOL"}
    tool["attributes"] = {"openinference.span.kind": "TOOL"}
    inner |= {"context": {**context, "span_id": "c" * 16}, "parent_id": "b" * 16}
    middle = inner["start_time"][:19]
    windows = [{"until": middle}, {"since": middle}]
    with serving(fake([outer, tool, other, inner])) as api:
        for window in reversed(windows) if later_first else windows:
            run(api, tmp_path / "l", gateway="phoenix", environ=fake.environ, **window)
    calls = query(tmp_path / "l", "select request_id, uncached_input_tokens from request order by all")
    assert calls == [(f"{1:032x}:{'c' * 16}", 1000), (f"{2:032x}:{3:016x}", 1000)]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in {"phoenix", "litellm"} else pytest.mark.slow)
        for name, fake in sorted(FAKES.items())
        if not fake.daily
    ],
)
def test_a_call_of_fifty_minutes_comes_with_the_pull_after_its_end(name, tmp_path):
    """It began at 11:40, and is not listed before 12:30; the pull between reads what there is at 12:25."""
    fake = FAKES[name]
    calls = fake.rows(1)
    with serving(fake(calls)) as api:
        before = run(
            api,
            tmp_path / "l",
            gateway=fake.gateway,
            environ=fake.environ,
            now=at("2026-11-01T12:25"),
            since="2026-11-01",
        )
        calls += fake.rows(2)[1:]
        run(api, tmp_path / "l", gateway=fake.gateway, environ=fake.environ, now=at("2026-11-01T12:35"), since=None)

    assert before.errors == ()
    assert query(
        tmp_path / "l", "select count(*) from (select 1 from request union all select 1 from usage_bucket)"
    ) == [(2,)]


def test_a_probe_looks_at_all_of_a_day(fake):
    """The only call is of the first at 10:00, twenty hours ago; or the aggregates of that day or hour are all there are."""
    with serving(fake(fake.rows(1))) as api:
        found = probe(fake.gateway, api.url, environ=fake.environ, now=datetime(2026, 11, 2, 6, 0, 0, 250_000, UTC))

    assert (found.authorised, found.recent) == (True, True)


def test_a_probe_of_nobody_says_so():
    found = probe("litellm", "http://127.0.0.1:9", environ={"LITELLM_API_KEY": SECRET}, now=NOW, pause=lambda _: None)

    assert (found.reachable, found.authorised, found.recent) == (False, None, None)
    assert found.detail is not None
    assert "refused" in found.detail


@pytest.mark.slow
def test_lines_of_an_api_are_counted_once_in_the_ledger(tmp_path):
    fake = FAKES["openai-usage"]
    with serving(fake(fake.rows(5))) as api:
        pulled(fake, api, tmp_path / "l")
        pulled(fake, api, tmp_path / "l", again=True)

    assert query(tmp_path / "l", "select rows, buckets, sources from file where buckets > 0") == [
        (0, 5, '{"openai-usage": 5}')
    ]


def test_the_how_to_names_every_gateway_and_its_keys():
    page = (ROOT / "docs/how-to/pull-from-a-gateway.md").read_text("utf-8")
    for name, gateway in all_gateways().items():
        (line,) = [line for line in page.splitlines() if line.startswith("|") and f"`{name}`" in line.split("|")[1]]
        assert all(f"`{variable}`" in line for variable in gateway.auth.variables)
