"""Real usage objects of many providers, with the counts another tool reads from them.

The records are the dataset of pydantic/genai-prices (MIT): recorded responses reduced to model and usage. The test adds
the few fields by which a real response is recognised, ingests all of them, sums our disjoint leaves back to inclusive
counts, and compares. Where the two differ, `DIFFERENCES` says by how much and who is right.
"""

import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmcost.ingest.request import IngestRequest
from llmcost.ingest.run import ingest
from llmcost.ledger import database

NOT_AMONG_OUR_SOURCES = {"Bedrock Converse": 75, "Cohere": 4}
MAPPED = {"gemini": 159, "openai-chat": 131, "openai-responses": 79, "anthropic-messages": 78}

SUMS = {
    "input_tokens": (
        "uncached_input_tokens",
        "cache_read_tokens",
        "cache_read_audio_tokens",
        "cache_write_5m_tokens",
        "cache_write_1h_tokens",
        "input_audio_tokens",
        "input_image_tokens",
    ),
    "output_tokens": ("output_text_tokens", "reasoning_tokens", "output_audio_tokens", "output_image_tokens"),
    "output_reasoning_tokens": ("reasoning_tokens",),
    "cache_read_tokens": ("cache_read_tokens", "cache_read_audio_tokens"),
    "cache_audio_read_tokens": ("cache_read_audio_tokens",),
    "cache_write_tokens": ("cache_write_5m_tokens", "cache_write_1h_tokens"),
    "input_audio_tokens": ("input_audio_tokens", "cache_read_audio_tokens"),
    "input_image_tokens": ("input_image_tokens",),
    "web_searches": ("web_searches",),
}
"""The dataset's counts, which include their parts, and our leaves that make them up."""

OPTIONAL = {"output_text_tokens": ("output_text_tokens",), "cache_write_5m_tokens": ("cache_write_5m_tokens",)}
"""Counts the dataset gives only where the provider states them."""

NO_LEAF = {
    *("input_text_tokens", "input_video_tokens", "input_tool_tokens", "input_text_tool_tokens"),
    *("cache_text_read_tokens", "cache_image_read_tokens", "cache_video_read_tokens"),
}
"""Counts we keep no leaf for: such input costs what other input costs, and is part of `input_tokens`."""

_MISTRAL = "they are wrong: Mistral says `num_cached_tokens`, which they do not read"
_HIDDEN = "they are wrong: the total holds 28 more tokens than prompt and completion, the thoughts, billed as output"
_DOCUMENT = "both hold: pages of documents are input to us, images to them; the rate is the same"
_CACHED_IMAGE = "both hold: cached images are cache reads to us and counted as images as well by them"

DIFFERENCES: dict[int, tuple[dict[str, tuple[int, int]], str]] = {
    26: ({"input_image_tokens": (0, 19866)}, _DOCUMENT),
    45: ({"input_image_tokens": (0, 516)}, _DOCUMENT),
    104: ({"cache_read_tokens": (151, 0)}, _MISTRAL),
    106: ({"cache_read_tokens": (99, 0)}, _MISTRAL),
    115: ({"cache_read_tokens": (9, 0)}, _MISTRAL),
    124: ({"cache_read_tokens": (48, 0)}, _MISTRAL),
    127: ({"cache_read_tokens": (32, 0)}, _MISTRAL),
    157: ({"input_image_tokens": (117, 258)}, _CACHED_IMAGE),
    159: ({"input_image_tokens": (0, 258)}, _DOCUMENT),
    161: ({"cache_read_tokens": (32, 0)}, _MISTRAL),
    194: ({"input_image_tokens": (0, 258)}, _DOCUMENT),
    233: ({"input_image_tokens": (115, 258)}, _CACHED_IMAGE),
    250: ({"cache_read_tokens": (48, 0)}, _MISTRAL),
    253: ({"cache_read_tokens": (32, 0)}, _MISTRAL),
    273: ({"input_image_tokens": (0, 258)}, _DOCUMENT),
    287: ({"cache_read_tokens": (48, 0)}, _MISTRAL),
    311: ({"cache_read_tokens": (32, 0)}, _MISTRAL),
    331: ({"output_tokens": (34, 6), "output_reasoning_tokens": (28, 0)}, _HIDDEN),
}
"""Position in the dataset -> (count -> ours and theirs), and who is right."""

PASSES = {68: (2, "claude-opus-4-8", 2518, 22), 81: (1, "claude-sonnet-4-6", 55196, 125)}
"""Records whose usage lists passes billed besides the message, which the dataset leaves out: part, model, input, output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One record of the dataset as a provider would have sent it."""

    position: int
    request_id: str
    record: dict[str, Any]
    expected: dict[str, int]

    @property
    def usage(self) -> dict[str, Any]:
        """What the provider said was used."""
        found: dict[str, Any] = self.record.get("usage") or self.record["usageMetadata"]
        return found


def _shape(position: int, body: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, str]] | str:
    """The fields a real response of this shape has and the extractor that fits, or the shape's name when it is not ours."""
    usage = body.get("usage") or body.get("meta") or {}
    unknown = {"model": "unknown"}
    if "inputTokens" in usage:
        return "Bedrock Converse"
    if "billed_units" in usage:
        return "Cohere"
    if "usageMetadata" in body:
        return {"responseId": f"response-{position}-of-test"}, ("google", "default")
    if "prompt_tokens" in usage:
        dialects = {
            "num_cached_tokens": ("mistral", "default"),
            "queue_time": ("groq", "default"),
            "is_byok": ("openrouter", "chat"),
            "prompt_cache_hit_tokens": ("deepseek", "chat"),
        }
        extractor = next((found for key, found in dialects.items() if key in usage), ("openai", "chat"))
        return {
            "id": f"chatcmpl-{position}-of-test",
            "object": "chat.completion",
            "created": 1793700000,
        } | unknown, extractor
    if "cache_creation_input_tokens" in usage:
        message = {"id": f"msg_{position}_of_test", "type": "message", "role": "assistant", "stop_reason": "end_turn"}
        return message | unknown, ("anthropic", "default")
    return {"id": f"resp_{position}_of_test", "object": "response", "created_at": 1793700000} | unknown, (
        "openai",
        "responses",
    )


@pytest.fixture(scope="module")
def dataset() -> tuple[list[Case], Counter[str]]:
    """Every record of a shape we read, and how many there are of the others."""
    path = Path(__file__).parents[3] / "shared" / "samples" / "genai_prices" / "usages_sample.json"
    if not path.is_file():
        pytest.skip("sample records are not here: shared/samples/genai_prices/usages_sample.json beside the repository")
    cases: list[Case] = []
    others: Counter[str] = Counter()
    for position, entry in enumerate(json.loads(path.read_text("utf-8"))):
        body = {key: value for key, value in entry["body"].items() if key != "file"}
        shape = _shape(position, body)
        if isinstance(shape, str):
            others[shape] += 1
            continue
        known, (provider, flavour) = shape
        expected = next(
            found["usage"]
            for found in entry["extracted"]
            if any((one["provider_id"], one["api_flavor"]) == (provider, flavour) for one in found["extractors"])
        )
        request_id = known.get("id") or known["responseId"]
        cases.append(Case(position=position, request_id=request_id, record={**known, **body}, expected=expected))
    return cases, others


@pytest.fixture(scope="module")
def rows(dataset, tmp_path_factory) -> dict[tuple[str, int], dict[str, Any]]:
    """What the ledger holds after all of them were ingested, by request and part."""
    cases, _ = dataset
    folder = tmp_path_factory.mktemp("conformance")
    log = folder / "usages.jsonl"
    log.write_text("".join(json.dumps(case.record) + "\n" for case in cases), "utf-8")
    result = ingest(IngestRequest(paths=[str(log)], ledger=folder / "ledger.duckdb", at="2026-11-03T00:00:00"))
    assert result.total("rejected") == 0
    with database.reading(folder / "ledger.duckdb") as connection:
        found = connection.execute("select * from request")
        names = [column[0] for column in found.description or ()]
        records = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {(record["request_id"], record["part"]): record for record in records}


def test_every_record_is_read_or_skipped_by_name(dataset, rows):
    cases, others = dataset
    assert Counter(rows[case.request_id, 0]["source"] for case in cases) == MAPPED
    assert others == NOT_AMONG_OUR_SOURCES


def test_counts_agree_with_the_dataset_but_for_the_named_differences(dataset, rows):
    cases, _ = dataset
    differences = {}
    for case in cases:
        row = rows[case.request_id, 0]
        assert case.expected.keys() <= {*SUMS, *OPTIONAL, *NO_LEAF}
        compared = SUMS | {name: leaves for name, leaves in OPTIONAL.items() if name in case.expected}
        found = {
            name: (ours, case.expected.get(name, 0))
            for name, leaves in compared.items()
            if (ours := sum(row[leaf] or 0 for leaf in leaves)) != case.expected.get(name, 0)
        }
        if found:
            differences[case.position] = found
    assert differences == {position: counts for position, (counts, _) in DIFFERENCES.items()}


def test_leaves_add_up_to_the_total_the_provider_states(dataset, rows):
    cases, _ = dataset
    leaves = (*SUMS["input_tokens"], *SUMS["output_tokens"])
    for case in cases:
        total = case.usage.get("total_tokens", case.usage.get("totalTokenCount"))
        if total is not None:
            assert sum(rows[case.request_id, 0][leaf] or 0 for leaf in leaves) == total, case.position


def test_openrouter_is_billed_as_it_says_unless_the_upstream_sends_the_bill(dataset, rows):
    cases, _ = dataset
    answered = [case for case in cases if "is_byok" in case.usage]
    assert {case.usage["is_byok"] for case in answered} == {True, False}
    for case in answered:
        row = rows[case.request_id, 0]
        cost = Decimal(repr(case.usage["cost"]))
        if case.usage["is_byok"]:
            upstream = Decimal(repr(case.usage["cost_details"]["upstream_inference_cost"]))
            assert (row["billed_cost"], row["reported_cost"]) == (None, cost + upstream), case.position
        else:
            assert (row["billed_cost"], row["reported_cost"]) == (cost, None), case.position


def test_passes_billed_besides_the_message_become_records_of_their_own(dataset, rows):
    cases, _ = dataset
    identities = {case.request_id: case.position for case in cases}
    passes = {
        identities[request_id]: (part, row["response_model"], row["uncached_input_tokens"], row["output_text_tokens"])
        for (request_id, part), row in rows.items()
        if part > 0
    }
    assert passes == PASSES
