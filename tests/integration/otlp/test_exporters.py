"""Spans of the real SDK, its exporter and real instrumentations, through the receiver, into the ledger."""

import random
import signal
import time
from decimal import Decimal

import pytest
from tests.ingesting import query
from tests.integration import stand_in

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def compressions():
    from opentelemetry.exporter.otlp.proto.http import Compression

    return [Compression.NoCompression, Compression.Gzip, Compression.Deflate]


@pytest.mark.parametrize("number", range(3), ids=["plain", "gzip", "deflate"])
def test_hand_made_spans(receiver, traced, number):
    provider = traced(receiver.url, compression=compressions()[number])
    tracer = provider.get_tracer("shop.llm")
    for index in range(500):
        with tracer.start_as_current_span("turn") as agent:
            agent.set_attributes({"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 1000})
            with tracer.start_as_current_span("chat") as span:
                span.set_attributes(
                    {
                        "gen_ai.operation.name": "chat",
                        "gen_ai.provider.name": "openai",
                        "gen_ai.request.model": "gpt-4o-mini",
                        "gen_ai.usage.input_tokens": 1000 + index,
                        "gen_ai.usage.cache_read.input_tokens": 200,
                        "gen_ai.usage.output_tokens": 100,
                        "user.id": f"u-{index % 4}",
                        "gen_ai.request.stop_sequences": ["a", "b"],
                        "gen_ai.input.messages": "a prompt",
                    }
                )
    provider.shutdown()
    code, stdout, stderr = receiver.stop()
    assert (code, stdout.splitlines()[0]) == (0, "1 file, 500 lines: 500 new requests, 0 known")
    assert "Ctrl-C stops" in stderr
    # 0.15 / 0.075 / 0.60 per million: 500 x (800 x 0.15 + 200 x 0.075 + 100 x 0.60) + (0 + ... + 499) x 0.15
    cost = (500 * (800 * Decimal("0.15") + 15 + 60) + 124_750 * Decimal("0.15")) / 1_000_000
    assert query(receiver.ledger, "select count(*), sum(cost), count(distinct user_id), any_value(environment) from request") == [
        (500, cost, 4, "staging")
    ]  # fmt: skip
    assert b"a prompt" not in receiver.ledger.read_bytes()


def instrumentation(name):
    if name == "openinference":
        from openinference.instrumentation.openai import OpenAIInstrumentor
    else:
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor
    return OpenAIInstrumentor()


@pytest.mark.parametrize(("name", "source"), [("openinference", "openinference"), ("openllmetry", "otel-genai")])
def test_an_instrumented_client(receiver, traced, name, source):
    """The official OpenAI client, instrumented, against an API whose usage is known: 1, 2, ... 20 words, and an error."""
    import openai

    provider = traced(receiver.url)
    instrumentor = instrumentation(name)
    instrumentor.instrument(tracer_provider=provider)
    try:
        with stand_in.serving() as base:
            client = openai.OpenAI(base_url=f"{base}/v1", api_key="sk-none", max_retries=0)
            for words in range(1, 21):
                message = {"role": "user", "content": " ".join(["word"] * words)}
                client.chat.completions.create(model="gpt-4o-mini", messages=[message], temperature=0.2)
            with pytest.raises(openai.InternalServerError):
                client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "fail"}])
            client.close()
    finally:
        instrumentor.uninstrument()
    provider.shutdown()
    assert receiver.stop(signal.SIGINT)[0] == 0
    rows = query(
        receiver.ledger,
        "select source, provider, status, count(*), sum(uncached_input_tokens + cache_read_tokens)::bigint, "
        "sum(output_text_tokens + reasoning_tokens)::bigint, count(cost) from request group by all order by all",
    )
    # 1 + ... + 20 = 210 words.
    assert rows[-1] == (source, "openai", "ok", 20, 21_000, 2_100, 20)
    assert [row[:4] for row in rows[:-1]] == [(source, "openai", "error", 1)]
    if name == "openinference":
        # It tells what was cached and reasoned: 210 x (60 x 0.15 + 40 x 0.075 + 10 x 0.60) millionths.
        assert query(receiver.ledger, "select sum(cost) from request") == [(Decimal("0.00378"),)]
        assert query(receiver.ledger, "select sum(cache_read_tokens)::bigint, sum(reasoning_tokens)::bigint from request") == [
            (8_400, 840)
        ]  # fmt: skip


def test_killed_again_and_again_nothing_acknowledged_is_lost(receiver, traced):
    """The exporter sends again what was not acknowledged; five times the receiver is killed while it does."""
    provider = traced(receiver.url, timeout=60)
    tracer = provider.get_tracer("shop.llm")
    chance = random.Random(7)  # noqa: S311  the same every time
    sent = 0
    for _ in range(5):
        for _ in range(400):
            sent += 1
            with tracer.start_as_current_span("chat") as span:
                span.set_attributes(
                    {
                        "gen_ai.operation.name": "chat",
                        "gen_ai.provider.name": "openai",
                        "gen_ai.request.model": "gpt-4o-mini",
                        "gen_ai.usage.input_tokens": 1000,
                        "gen_ai.usage.output_tokens": 100,
                    }
                )
            time.sleep(0.001)
        time.sleep(chance.random())
        receiver.kill()
        receiver.start()
    provider.force_flush()
    provider.shutdown()
    assert receiver.stop()[0] == 0
    # 1000 x 0.15 + 100 x 0.60 millionths each.
    expected = (sent, sent * Decimal("0.00021"))
    assert query(receiver.ledger, "select count(*), sum(cost) from request") == [expected]
    assert {path.name for path in receiver.ledger.parent.iterdir()} <= {
        receiver.ledger.name,
        f"{receiver.ledger.name}.wal",
    }
