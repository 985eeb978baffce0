"""OpenRouter tells of single calls: those of the ledger whose bill is not known are looked up, each once."""

from decimal import Decimal

import pytest
from tests.gateways.fakes import SECRET
from tests.gateways.loopback import Reply, serving, status
from tests.gateways.pulling import run
from tests.ingesting import chat, query, read, write

from llmcost.gateways.probe import probe

_ENV = {"OPENROUTER_API_KEY": SECRET}
_TOLD = "select request_id from request where billed_cost is not null or reported_by = 'openrouter' order by request_id"


def _known(name):
    return {
        "id": name,
        "total_cost": 0.0123,
        "created_at": "2026-11-03T08:00:00.000000+00:00",
        "model": "openai/gpt-5.4",
        "provider_name": "OpenAI",
        "is_byok": name.endswith("own"),
        "upstream_inference_cost": 0.5,
        "native_tokens_prompt": 100,
        "native_tokens_completion": 10,
        "native_tokens_reasoning": 4,
        "native_tokens_cached": 60,
    }


def _answer(question):
    if question.headers.get("authorization") != f"Bearer {SECRET}":
        return Reply(status=401, content={"error": {"message": "No auth", "code": 401}})
    name = question.query["id"]
    if "forgotten" in name or name == "gen-0":
        return Reply(status=404, content={"error": {"message": "not found", "code": 404}})
    return Reply(content={"data": _known(name)})


@pytest.fixture
def ledger(tmp_path):
    """Four calls through OpenRouter, and one that was not."""
    through = [
        {**chat("x"), "id": f"gen-1793700000-{name}", "provider": "OpenAI", "model": "openai/gpt-5.4"}
        for name in ("one", "two", "forgotten", "own")
    ]
    read(tmp_path / "l", write(tmp_path / "log.jsonl", [chat("other"), *through]), summary=False)
    return tmp_path / "l"


def _pull(api, ledger, **more):
    return run(api, ledger, gateway="openrouter", environ=_ENV, since=None, **more)


def test_calls_of_the_ledger_get_the_bill_they_had(ledger):
    with serving(_answer, None, status(429)) as api:
        found = _pull(api, ledger)
        asked = [question.query["id"] for question in api.asked]

    assert found.errors == ()
    assert sorted(set(asked)) == [f"gen-1793700000-{name}" for name in ("forgotten", "one", "own", "two")]
    assert (found.result.total("new"), found.result.total("known")) == (0, 3)
    billed = query(ledger, "select request_id, billed_cost from request where billed_cost is not null order by all")
    assert billed == [(f"gen-1793700000-{name}", Decimal("0.0123")) for name in ("one", "two")]
    assert query(ledger, "select count(*) from request") == [(5,)]
    assert query(ledger, "select distinct cache_read_tokens from request where billed_cost is not null") == [(60,)]


def test_what_is_known_is_not_looked_up_again(ledger):
    with serving(_answer) as api:
        _pull(api, ledger)
        first = len(api.asked)
        _pull(api, ledger)

    assert [question.query["id"] for question in api.asked[first:]] == ["gen-1793700000-forgotten"]


def test_the_period_chooses_the_calls(ledger):
    with serving(_answer) as api:
        _pull(api, ledger, until="2026-11-01")
        assert api.asked == []


def test_a_refused_key_ends_it(ledger):
    with serving(_answer) as api:
        found = run(api, ledger, gateway="openrouter", environ={"OPENROUTER_API_KEY": "wrong"}, since=None)
        assert "the key was refused" in found.errors[0].message
        assert len(api.asked) == 1
        assert probe("openrouter", api.url, environ={"OPENROUTER_API_KEY": "wrong"}).authorised is False
        assert probe("openrouter", api.url, environ=_ENV).authorised is True


def test_without_a_ledger_there_is_nothing_to_look_up(tmp_path):
    with serving(_answer) as api:
        found = _pull(api, tmp_path / "none")

    assert (found.errors, api.asked) == ((), [])
    assert found.result.files[0].sources == {}


@pytest.mark.parametrize("failing", [403, 418, 500])
def test_a_call_that_cannot_be_looked_up_holds_back_no_other(ledger, failing):
    """Of `forgotten`, `one`, `own` and `two`, in this order, `one` fails."""

    def answer(question):
        return status(failing)(_answer(question)) if question.query["id"].endswith("one") else _answer(question)

    with serving(answer) as api:
        found = _pull(api, ledger)
        first = len(api.asked)
        _pull(api, ledger)
        again = {question.query["id"] for question in api.asked[first:]}

    (error,) = found.errors
    assert error.message.startswith(f"openrouter {api.url}: 1 call of 4 could not be looked up; ")
    assert f" {failing}: " in error.message
    assert error.hint == "what was read is kept; the same command asks for the others again"
    assert found.result.files[0].status == "partial"
    assert query(ledger, _TOLD) == [("gen-1793700000-own",), ("gen-1793700000-two",)]
    assert again == {"gen-1793700000-forgotten", "gen-1793700000-one"}


@pytest.mark.parametrize(("failing", "asked"), [(401, 3), (403, 5), (418, 5)])
def test_what_was_looked_up_before_an_api_fails_is_kept(tmp_path, failing, asked):
    """Six calls of which the first two are told: a key that is refused ends it at once, other failures when three follow."""
    calls = [{**chat("x"), "id": f"gen-{n}", "provider": "OpenAI", "model": "openai/gpt-5.4"} for n in range(1, 7)]
    read(tmp_path / "l", write(tmp_path / "log.jsonl", calls), summary=False)
    with serving(_answer, None, None, *[status(failing)] * 4) as api:
        found = _pull(api, tmp_path / "l")
        assert len(api.asked) == asked

    assert str(failing) in found.errors[0].message
    assert query(tmp_path / "l", _TOLD) == [("gen-1",), ("gen-2",)]
