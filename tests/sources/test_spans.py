"""Which spans of a trace are calls."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.ingesting import query, read, write

from llmcost.ingest.sources import _span_tree
from llmcost.ingest.sources._otlp import is_spans, spans
from llmcost.ingest.sources._span_tree import is_lone
from llmcost.render.ingest import as_json, remarks

Span = dict[str, Any]


def span(name: str, parent: str = "", trace: str = "t1", **attributes: Any) -> Span:
    listed = [{"key": key.replace("__", "."), "value": {"stringValue": value}} for key, value in attributes.items()]
    return {
        "traceId": trace,
        "spanId": name,
        "parentSpanId": parent,
        "startTimeUnixNano": "1793696400000000000",
        "attributes": listed,
    }


def chat(name: str, parent: str = "", tokens: str | None = "5", trace: str = "t1") -> Span:
    usage = {} if tokens is None else {"gen_ai__usage__input_tokens": tokens}
    return span(name, parent, trace, gen_ai__operation__name="chat", **usage)


def agent(name: str, parent: str = "") -> Span:
    return span(name, parent, gen_ai__operation__name="invoke_agent", gen_ai__usage__input_tokens="10")


def roles(*found: Span) -> dict[str, str]:
    container = {"resourceSpans": [{"scopeSpans": [{"spans": list(found)}]}]}
    return {r["otlp_span"]["span_id"]: r["otlp_span"]["role"] for _, r in spans([(1, container)], {})}


def test_only_the_innermost_call_counts() -> None:
    assert roles(chat("a"), chat("b", "a"), chat("c", "b")) == {"a": "wrapper", "b": "wrapper", "c": "call"}


def test_a_wrapper_is_seen_through_spans_that_are_no_calls() -> None:
    found = roles(chat("a"), span("b", "a", http__request__method="POST"), chat("c", "b"))
    assert found == {"a": "wrapper", "b": "other", "c": "call"}


def test_an_agent_never_counts() -> None:
    assert roles(agent("a")) == {"a": "other"}


def test_a_call_without_usage_inside_one_with_it_is_the_same_call() -> None:
    assert roles(chat("a"), chat("b", "a", tokens=None)) == {"a": "call", "b": "wrapper"}


def test_a_call_without_usage_by_itself_counts() -> None:
    assert roles(chat("a", tokens=None)) == {"a": "call"}


def test_calls_side_by_side_all_count() -> None:
    assert roles(agent("a"), chat("b", "a"), chat("c", "a")) == {"a": "other", "b": "call", "c": "call"}


def test_parents_are_looked_for_in_their_own_trace_only() -> None:
    assert roles(chat("a"), chat("b", "a", trace="t2")) == {"a": "call", "b": "call"}


def test_a_circle_of_parents_ends() -> None:
    assert set(roles(chat("a", "b"), chat("b", "a"))) == {"a", "b"}


def test_a_full_buffer_settles_the_trace_met_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_span_tree, "_SPANS_HELD", 1)
    assert roles(chat("a"), chat("b", "a")) == {"a": "wrapper", "b": "call"}


def test_an_access_log_with_the_same_words_is_no_span() -> None:
    assert not is_spans({"gen_ai.operation.name": "chat", "response_code": 200})
    assert is_spans({"gen_ai.operation.name": "chat"})


def test_prompts_do_not_travel_with_the_span() -> None:
    container = {
        "resourceSpans": [{"scopeSpans": [{"spans": [{**chat("a"), "events": [{"name": "secret"}]}]}]}],
    }
    container["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"].append(
        {"key": "gen_ai.input.messages", "value": {"stringValue": "secret"}}
    )
    assert "secret" not in str(list(spans([(1, container)], {})))


@pytest.mark.parametrize(
    "odd",
    [
        {"resourceSpans": [None, 3, {"scopeSpans": 7}, {"scopeSpans": [{"spans": [None, {}]}]}]},
        {
            "resourceSpans": [
                {"resource": [], "scopeSpans": [{"scope": 1, "spans": [{"attributes": {"a": 1}, "status": 2}]}]}
            ]
        },
        {
            "context": {"span_id": 5},
            "attributes": {"openinference.span.kind": ["LLM"], "tag.tags": {"a": []}, "metadata": "{"},
        },
        {"openinference.span.kind": {"a": 1}},
        {"gen_ai.operation.name": "chat", "user.id": ["x"], "gen_ai.usage.input_tokens": {}},
    ],
)
def test_spans_of_any_shape_are_read_without_failing(odd: dict[str, Any]) -> None:
    if is_spans(odd):
        list(spans([(1, odd)], {}))


def _left_out(*found: Span) -> list[str]:
    container = {"resourceSpans": [{"scopeSpans": [{"spans": list(found)}]}]}
    return [one["otlp_span"]["span_id"] for _, one in spans([(1, container)], {}) if is_lone(one)]


def test_an_agent_without_a_call_is_left_out_and_known_to_be() -> None:
    assert _left_out(agent("a")) == ["a"]
    assert _left_out(agent("a"), chat("b", "a", tokens=None)) == ["a"]
    assert _left_out(agent("a"), span("b", "a"), chat("c", "b")) == []


def test_an_agent_that_was_sent_twice_is_not_left_out() -> None:
    assert _left_out(agent("a"), chat("b", "a"), agent("a")) == []


def test_spans_that_are_left_out_are_told_of_and_not_counted(tmp_path: Path) -> None:
    found = [agent("a"), chat("b", "a"), agent("c"), agent("d", "c"), chat("e", tokens="7")]
    container = {"resourceSpans": [{"scopeSpans": [{"spans": found}]}]}
    result = read(tmp_path / "ledger", write(tmp_path / "spans.jsonl", [container]))
    assert query(tmp_path / "ledger", "select sum(uncached_input_tokens) from request") == [(12,)]
    assert json.loads(as_json(result))["totals"]["left_out"] == 2
    (said,) = remarks(result)
    assert said.message.startswith("2 spans of an agent, tool or workflow with usage of their own and no call below")


@pytest.mark.parametrize(
    ("name", "known"), [("claude_code.tool_result", True), ("gemini_cli.user_prompt", True), ("app.log", False)]
)
def test_a_log_record_of_an_agent_is_known_though_it_is_no_call(name, known):
    record = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": name}, "attributes": []}]}]}]}
    assert is_spans(record) is known
    assert [flat["otlp_span"]["role"] for _, flat in spans([(1, record)], {})] == (["other"] if known else [])
