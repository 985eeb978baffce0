"""What a checkup finds wrong, and what that means to a shell."""

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.gateways.fakes import FAKES
from tests.gateways.litellm_proxy import Proxy, spend_log
from tests.gateways.loopback import serving
from tests.gateways.pulling import run
from tests.ingesting import chat, native, read, write

from llmcost.compose import doctor
from llmcost.compose.doctor import examine
from llmcost.config.gate import Gate
from llmcost.config.settings import Pull, Settings
from llmcost.domain.errors import UsageError
from llmcost.gateways.probe import Probe
from llmcost.ingest.otlp.journal import Journal, folder_of
from llmcost.ledger import database
from llmcost.render.doctor import as_json, as_text
from llmcost.render.surface import Surface

NOW = datetime(2026, 11, 12, 12, tzinfo=UTC)
URL = "https://gateway.example"


def look(tmp_path, *entries, now=NOW, gate=None, **settings):
    return examine(Settings(ingest=entries, gate=gate or Gate(), **settings), tmp_path / "ledger", now=now, environ={})


def problems(found):
    return [(one.severity, one.subject, one.message) for one in found.problems]


@pytest.fixture
def logs(tmp_path):
    """A folder read an hour ago: two requests, one of them with a tag."""
    lines = [native(timestamp=f"2026-11-12T10:00:0{n}.5Z", **({"team": "core"} if n else {})) for n in range(2)]
    write(tmp_path / "logs" / "a.jsonl", lines)
    read(tmp_path / "ledger", tmp_path / "logs")
    return tmp_path / "logs"


def answering(monkeypatch, answer):
    def probe(gateway, url, **_):
        if isinstance(answer, Exception):
            raise answer
        return Probe(gateway=gateway, url=url or URL, **answer)

    monkeypatch.setattr(doctor, "probe", probe)


def test_all_is_well(tmp_path, logs):
    found = look(tmp_path, logs)
    assert (found.exit_code, problems(found), found.prices) == (0, [], date(2026, 11, 12))
    (place,) = found.places
    assert (place.files, place.unread, place.rows.requests, place.rows.tagged) == (1, 0, 2, 1)
    assert place.rows.newest == datetime(2026, 11, 12, 10, 0, 1, 500_000, tzinfo=UTC)
    text = as_text(found, Surface())
    assert "2 requests, 2026-11-12 to 2026-11-12 UTC, 50.0% with tags; schema" in text
    assert text.endswith("Nothing is wrong.\n")
    assert [line.split()[1:] for line in text.splitlines() if line.startswith(str(logs))] == [
        ["1", "file", "read", "2026-11-12", "10:00", "2", "50.0%"]
    ]


def test_new_and_changed_files_are_counted(tmp_path, logs):
    write(logs / "b.jsonl", [native(team="ops")])
    os.utime(logs / "a.jsonl", (1, 1))
    (place,) = look(tmp_path, logs).places
    assert (place.files, place.unread) == (2, 2)


def test_a_line_that_could_not_be_read_counts_once_though_its_log_was_copied(tmp_path, logs):
    text = (logs / "a.jsonl").read_text() + "no record\n"
    for name in ("b.jsonl", "copy.jsonl"):
        (logs / name).write_text(text)
    read(tmp_path / "ledger", logs)
    found = look(tmp_path, logs)
    assert found.ledger.rejected == 1


def test_no_ledger_is_data_that_is_missing(tmp_path):
    found = look(tmp_path)
    assert found.exit_code == 3
    assert problems(found) == [("error", "ledger", f"no ledger at {tmp_path / 'ledger'}")]
    text = as_text(found, Surface())
    assert (text.count("ledger at "), "not readable" in text, text.startswith("prices ")) == (1, False, True)


def test_usage_exports_are_mentioned(tmp_path, logs):
    bucket = (
        "insert into usage_bucket by name select uuid() as bucket_key, 'openai-usage' as source, 1 as ingest_id, "
        "cast('2026-11-11' as timestamp) as bucket_start, cast('2026-11-12' as timestamp) as bucket_end, "
        "'metered' as charge_basis, 'priced' as cost_status"
    )
    with database.writing(tmp_path / "ledger") as connection:
        connection.execute(bucket)
    found = look(tmp_path, logs)
    assert "\nexports 1 usage bucket, until 2026-11-12 00:00 UTC\n" in as_text(found, Surface())
    assert json.loads(as_json(found))["ledger"]["usage_buckets"] == 1
    with database.writing(tmp_path / "ledger") as connection:
        connection.execute("delete from request")
    assert ("warning", "ledger", "no requests, only usage exports") in problems(look(tmp_path, logs))


def test_a_path_that_is_not_there(tmp_path, logs):
    found = look(tmp_path, logs, tmp_path / "none")
    assert (found.exit_code, problems(found)) == (
        3,
        [("error", str(tmp_path / "none"), f"no such file or folder: {tmp_path / 'none'}")],
    )


@pytest.mark.parametrize(("gate", "code"), [(None, 0), (Gate(stale=timedelta(hours=24)), 3)])
def test_stale_requests_warn_and_fail_where_a_gate_says_so(tmp_path, logs, gate, code):
    found = look(tmp_path, logs, now=NOW + timedelta(days=3), gate=gate)
    assert found.exit_code == code
    ((severity, subject, message),) = problems(found)
    assert (severity, subject) == ("error" if code else "warning", "ledger")
    assert message.startswith("the newest request is of 2026-11-12 10:00 UTC, more than")


def test_an_old_price_list_is_told(tmp_path, logs):
    found = look(tmp_path, logs, now=NOW + timedelta(days=90), gate=Gate(stale=timedelta(days=365)))
    assert problems(found) == [("warning", "prices", "the price list is 90 days old")]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"reachable": True, "authorised": True, "recent": False}, (0, "ok, nothing new in a day", [])),
        ({"reachable": True, "authorised": True, "recent": True}, (0, "ok", ["it has records, and none was read from it"])),
        (
            {"reachable": True, "authorised": False, "recent": None, "detail": "the key is refused"},
            (4, "refused", ["the key is refused"]),
        ),
        ({"reachable": True, "authorised": None, "recent": None, "detail": "answered 500"}, (4, "error", ["answered 500"])),
        ({"reachable": False, "authorised": None, "recent": None, "detail": "refused"}, (4, "unreachable", ["refused"])),
        (UsageError("no key: LITELLM_API_KEY is not set"), (2, "not asked", ["no key: LITELLM_API_KEY is not set"])),
    ],
)  # fmt: skip
def test_a_gateway(tmp_path, logs, monkeypatch, answer, outcome):
    code, state, said = outcome
    answering(monkeypatch, answer)
    found = look(tmp_path, logs, Pull(gateway="litellm", url=URL))
    assert found.exit_code == code
    assert [message for _, _, message in problems(found)] == said
    assert f"litellm {URL}" in as_text(found, Surface())
    assert state in as_text(found, Surface())


def test_the_hint_reads_the_very_gateway(tmp_path, logs, monkeypatch):
    answering(monkeypatch, {"reachable": True, "authorised": True, "recent": True})
    found = look(tmp_path, logs, Pull(gateway="litellm", url=URL), Pull(gateway="phoenix"))

    assert [one.hint for one in found.problems] == [
        f"`llmcost ingest --from litellm --url {URL}`",
        "`llmcost ingest --from phoenix`",
    ]


def test_what_was_pulled_from_a_gateway_is_its_own(tmp_path, logs):
    with database.writing(tmp_path / "ledger") as ledger:
        ledger.execute("update ledger.file set path = $path", {"path": f"pulled:litellm {URL}"})
    settings = Settings(ingest=(Pull(gateway="litellm", url=URL), Pull(gateway="litellm", url=f"{URL}:8443")))
    here, other = examine(settings, tmp_path / "ledger", now=NOW, environ={}, offline=True).places
    assert (here.rows.requests, here.rows.tagged, here.answer) == (2, 1, None)
    assert other.rows.requests == 0


def test_a_gateway_of_aggregates_that_was_read_is_well(tmp_path, monkeypatch):
    """Three days of November, each a bucket of 1.000 tokens and more; the stream is named `completions` in the ledger."""
    fake = FAKES["openai-usage"]
    with serving(fake(fake.rows(3))) as api:
        run(api, tmp_path / "ledger", gateway="openai-usage", environ=fake.environ, now=NOW)
    answering(monkeypatch, {"reachable": True, "authorised": True, "recent": True})
    found = look(tmp_path, Pull(gateway="openai-usage", url=api.url))

    assert problems(found) == [("warning", "ledger", "no requests, only usage exports")]
    (place,) = found.places
    assert (place.rows.requests, place.buckets, place.buckets_until) == (0, 3, datetime(2026, 11, 4, tzinfo=UTC))
    assert "ok, 3 usage buckets" in as_text(found, Surface())
    (document,) = json.loads(as_json(found))["sources"]
    assert (document["usage_buckets"], document["usage_buckets_until"]) == (3, "2026-11-04T00:00:00Z")


def test_calls_of_a_gateway_that_were_known_before_were_read_from_it(tmp_path, monkeypatch):
    row = spend_log(0)
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [row]))
    with serving(Proxy([row])) as api:
        run(api, tmp_path / "ledger")
    answering(monkeypatch, {"reachable": True, "authorised": True, "recent": True})
    found = look(tmp_path, Pull(gateway="litellm", url=api.url), gate=Gate(stale=timedelta(days=365)))

    assert problems(found) == []


def test_hints_name_the_ledger(tmp_path):
    ledger = tmp_path / "a b.duckdb"
    read(ledger, write(tmp_path / "log.jsonl", [native(request_id="call-0001", model="house-7b"), b"{"]))
    found = examine(Settings(), ledger, now=NOW, environ={}, offline=True, options=" --db 'a b.duckdb'")
    hints = [one.hint for one in found.problems]
    assert "`llmcost db rejects --db 'a b.duckdb'` lists them" in hints
    assert all("--db 'a b.duckdb'" in hint for hint in hints if hint and "`llmcost" in hint)


def test_no_gateway_is_asked_offline(tmp_path, logs, monkeypatch):
    answering(monkeypatch, AssertionError())
    settings = Settings(ingest=(Pull(gateway="litellm", url=URL),))
    assert examine(settings, tmp_path / "ledger", now=NOW, environ={}, offline=True).exit_code == 0


def test_a_wrong_configuration_weighs_more_than_missing_data_and_that_more_than_a_dead_gateway(tmp_path, monkeypatch):
    answering(monkeypatch, {"reachable": False, "authorised": None, "recent": None})
    dead = Pull(gateway="litellm", url=URL)
    assert look(tmp_path, dead).exit_code == 3
    assert look(tmp_path, dead, pricing=(Path("none.yaml"),)).exit_code == 2


def test_spans_that_wait_are_told(tmp_path, logs):
    journal = Journal(tmp_path / "ledger")
    journal.write([{"otlp_span": {}}])
    journal.close()
    assert folder_of(tmp_path / "ledger").is_dir()
    assert [message for _, _, message in problems(look(tmp_path, logs))] == [
        "1 batch of spans received and not in the ledger yet"
    ]


def test_a_key_in_a_path_or_an_address_is_masked_wherever_it_stands(tmp_path):
    key = "sk-proj-" + "a1B2" * 10
    found = look(tmp_path, Path(key), Pull(gateway="litellm", url=f"https://{key}"))
    assert len(found.problems) == 3
    assert key not in as_json(found)
    assert key not in as_text(found, Surface())


def test_calls_that_came_two_ways_are_told(tmp_path):
    row = {
        "request_id": "chatcmpl-a-0a1b2c3d", "call_type": "acompletion", "spend": 0.1, "model": "gpt-5.4",
        "startTime": "2026-11-12T10:00:00", "endTime": "2026-11-12T10:00:01", "custom_llm_provider": "openai",
        "prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110, "cache_hit": "None", "metadata": {},
    }  # fmt: skip
    read(tmp_path / "ledger", write(tmp_path / "a.jsonl", [chat("a", created=1794477600), row]))
    found = look(tmp_path)
    assert found.exit_code == 0
    # GPT-5.4 at 2.50/15.
    assert problems(found) == [
        ("warning", "litellm and openai", "1 request came through both, under the same id, and 0.0004 USD may be counted twice")
    ]  # fmt: skip
    assert json.loads(as_json(found))["doubled"] == [
        {"issuers": ["litellm", "openai"], "evidence": "id", "requests": 1, "cost": "0.0004"}
    ]


def test_the_document_of_a_checkup(tmp_path, logs, monkeypatch):
    answering(monkeypatch, {"reachable": True, "authorised": True, "recent": False})
    document = json.loads(as_json(look(tmp_path, logs, Pull(gateway="litellm", url=URL))))
    assert (document["schema"], document["exit_code"]) == ("llmcost/doctor/1", 0)
    ledger = document["ledger"]
    assert (ledger["requests"], ledger["tagged_ratio"], ledger["newest"]) == (2, 0.5, "2026-11-12T10:00:01.500000Z")
    assert document["sources"][1] == {
        "name": f"litellm {URL}", "kind": "gateway", "requests": 0, "tagged_ratio": None, "newest": None,
        "usage_buckets": 0, "usage_buckets_until": None,
        "asked": True, "reachable": True, "authorised": True, "recent": False,
    }  # fmt: skip


def test_the_command(tmp_path, cli):
    said = cli("doctor", "--format", "json")
    assert said.code == 3
    assert json.loads(said.stdout)["ledger"]["readable"] is False
    assert cli("doctor", "--output", "checkup.txt").stdout == ""
    assert "no ledger at" in (tmp_path / "checkup.txt").read_text()
