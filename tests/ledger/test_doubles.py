"""Calls seen through two issuers are told, with what they cost a second time, and stay as they are."""

from datetime import datetime
from decimal import Decimal

import pytest
from tests.ingesting import chat, query, read, write

from llmcost.domain.doubled import Doubled
from llmcost.ledger import database
from llmcost.ledger.doubles import doubled


def spend_row(name, *, prompt=100, completion=10, at="2026-11-03T09:00:01", **fields):
    """A row of LiteLLM's spend logs."""
    return {
        "request_id": name, "call_type": "acompletion", "spend": 0.1, "startTime": at, "endTime": at, "model": "gpt-5.4",
        "custom_llm_provider": "openai", "prompt_tokens": prompt, "completion_tokens": completion,
        "total_tokens": prompt + completion, "end_user": "acme", "cache_hit": "None", "metadata": {}, **fields,
    }  # fmt: skip


def body(name, *, created=1793696400, **fields):
    """The provider's own answer; 1793696400 is 2026-11-03 09:00:00 UTC."""
    return chat(name, created=created, **fields)


def found(tmp_path, *lines, **period):
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", lines))
    with database.reading(tmp_path / "ledger") as connection:
        return doubled(connection, **period)


# GPT-5.4 at 2.50/15: 100 x 2.50 + 10 x 15 millionths.
EACH = Decimal("0.0004")


def test_the_same_id_in_a_gateways_log_and_in_the_providers(tmp_path):
    assert found(
        tmp_path,
        *(body(f"n{n}") for n in range(3)),
        *(spend_row(f"chatcmpl-n{n}-0a1b2c3d", at="2026-11-03T11:00:00") for n in range(2)),
    ) == (Doubled(issuers=("litellm", "openai"), evidence="id", requests=2, cost=2 * EACH),)
    assert query(tmp_path / "ledger", "select count(*) from request") == [(5,)]


@pytest.mark.parametrize("first", [0, 1])
def test_what_is_doubled_of_two_costs_is_the_smaller_whichever_is_met_first(tmp_path, first):
    """100 more prompt tokens through the gateway: 0.00065 and 0.0004."""
    lines = [body("n1"), spend_row("chatcmpl-n1-0a1b2c3d", prompt=200)]

    assert [one.cost for one in found(tmp_path, lines[first], lines[1 - first])] == [EACH]


def test_the_same_model_tokens_and_moment_under_other_ids(tmp_path):
    assert found(tmp_path, body("a"), body("b", prompt=101), spend_row("f3a1c2d4-0001")) == (
        Doubled(issuers=("litellm", "openai"), evidence="time", requests=1, cost=EACH),
    )


def test_three_seconds_apart_is_found_wherever_the_grid_lies(tmp_path):
    log = []
    for start in range(4):
        log += [
            body(f"n{start}", created=1793696400 + 3600 * start + start),
            spend_row(f"f3a1c2d4-000{start}", at=f"2026-11-03T{9 + start:02}:00:0{start + 2}"),
        ]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", log))
    with database.reading(tmp_path / "ledger") as connection:
        for start in range(4):
            hours = {"since": datetime(2026, 11, 3, 9 + start), "until": datetime(2026, 11, 3, 10 + start)}  # noqa: DTZ001
            assert [one.requests for one in doubled(connection, **hours)] == [1]
        assert [(one.requests, one.cost) for one in doubled(connection)] == [(4, 4 * EACH)]


def test_of_calls_that_look_alike_only_the_surplus_is_doubled(tmp_path):
    """Three alike through one issuer and two through the other: two too many, not six."""
    lines = [*(body(f"p{n}") for n in range(3)), *(spend_row(f"f3a1c2d4-000{n}") for n in range(2))]
    assert [(one.requests, one.cost) for one in found(tmp_path, *lines)] == [(2, 2 * EACH)]


def test_what_differs_in_tokens_or_time_is_not_doubled(tmp_path):
    apart = spend_row("f3a1c2d4-0001", at="2026-11-03T09:00:09")
    more = spend_row("f3a1c2d4-0002", completion=11)
    cached = spend_row("f3a1c2d4-0003", cache_hit="True")
    assert found(tmp_path, body("a"), apart, more, cached) == ()


def test_one_issuer_alone_has_no_doubles(tmp_path):
    assert found(tmp_path, body("a"), body("b")) == ()


def test_a_span_that_names_the_providers_id(tmp_path):
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5.4", "gen_ai.provider.name": "openai",
        "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 10, "gen_ai.response.id": "chatcmpl-a-0a1b2c3d",
    }  # fmt: skip
    context = {"trace_id": "0x" + "a" * 32, "span_id": "0x" + "b" * 16}
    span = {"context": context, "attributes": attributes, "start_time": "2026-11-03T12:00:00Z"}
    assert found(tmp_path, body("a"), span) == (
        Doubled(issuers=("openai", "otel"), evidence="id", requests=1, cost=EACH),
    )


@pytest.mark.slow
def test_an_ingest_warns_of_what_it_brought_in_a_second_time(tmp_path, cli):
    write(tmp_path / "provider.jsonl", [body("a")])
    write(tmp_path / "gateway.jsonl", [spend_row("chatcmpl-a-0a1b2c3d")])
    assert "twice" not in cli("ingest", "provider.jsonl").stderr
    said = cli("ingest", "gateway.jsonl")
    assert said.code == 0
    assert "1 request ($0.0004) of this time seems to be in the ledger twice: through litellm and openai" in said.stderr
