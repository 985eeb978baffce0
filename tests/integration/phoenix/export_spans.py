"""For an environment with the OpenTelemetry SDK: send spans of known usage to each address named, and wait until they are sent.

Half speak OpenInference, half OpenTelemetry's GenAI convention; each call stands inside an agent that repeats its usage.
"""

import sys

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

CALLS = 60


def openinference(kind: str, words: int) -> dict[str, object]:
    return {
        "openinference.span.kind": kind,
        "llm.model_name": "gpt-4o-mini",
        "llm.provider": "openai",
        "llm.token_count.prompt": 100 * words,
        "llm.token_count.completion": 10 * words,
        "llm.token_count.total": 110 * words,
        "llm.token_count.prompt_details.cache_read": 40 * words,
        "user.id": f"u-{words % 3}",
        "metadata": f'{{"feature": "f{words % 2}"}}',
    }


def genai(operation: str, words: int) -> dict[str, object]:
    return {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-sonnet-4-5",
        "gen_ai.usage.input_tokens": 100 * words,
        "gen_ai.usage.output_tokens": 10 * words,
        "user.id": f"u-{words % 3}",
    }


def main() -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
    for address in sys.argv[1:]:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{address}/v1/traces")))
    tracer = provider.get_tracer("shop.llm")
    for words in range(1, CALLS + 1):
        outer, inner = (
            (openinference("AGENT", words), openinference("LLM", words))
            if words % 2
            else (genai("invoke_agent", words), genai("chat", words))
        )
        with (
            tracer.start_as_current_span("agent", attributes=outer),
            tracer.start_as_current_span("call", attributes=inner),
        ):
            pass
    provider.shutdown()


if __name__ == "__main__":
    main()
