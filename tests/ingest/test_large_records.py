"""A record may be of any size as long as the size is in texts and vectors; one that is too large costs itself alone."""

import base64
import json

import duckdb
import pytest
from tests.ingesting import chat, native, query, read, rejects, write

from llmcost.ingest import strict
from llmcost.ingest.detection import detect
from llmcost.ingest.large import mappable

PICTURE = "data:image/png;base64," + base64.b64encode(bytes(range(256)) * 51_000).decode()
"""17 MB, more than DuckDB is to take in bulk."""
_SOUND = PICTURE[:5_000_000]
_PICTURES = {"messages": [{"role": "user", "content": [{"image_url": {"url": PICTURE}}]}]}
_VECTORS = [{"object": "embedding", "index": n, "embedding": [0.0123456789] * 1536} for n in range(300)]
"""6 MB as text; a request for 2,048 texts is answered with 40."""


def _embeddings(prompt: int) -> dict[str, object]:
    usage = {"prompt_tokens": prompt, "total_tokens": prompt}
    return {"object": "list", "model": "text-embedding-3-small", "data": _VECTORS, "usage": usage}


def test_calls_with_pictures_and_vectors_count_whatever_their_size(tmp_path):
    """Of each shape alone in front, where its first line says nothing of it yet, and behind one that does."""
    time = "2026-11-20T10:00:00Z"
    lines = [
        {"timestamp": time, "request": _PICTURES, "response": chat("first", prompt=100)},
        {"timestamp": time, "response": chat("small", prompt=30)},
        # An envelope may hold the body as text.
        {"timestamp": time, "request": json.dumps({"audio": _SOUND}), "response": json.dumps(chat("inside", prompt=7))},
        {"timestamp": time, "response": _embeddings(5000)},
        native(request_id="own-1a2b3c4d5e", input_tokens=60_000, customer_id="acme", answer=_SOUND),
    ]
    write(tmp_path / "log.jsonl", lines)
    result = read(tmp_path / "ledger", tmp_path / "log.jsonl")

    assert (result.total("new"), result.total("rejected")) == (5, 0)
    tokens = query(tmp_path / "ledger", "select uncached_input_tokens, customer_id from request order by all")
    assert tokens == [(7, None), (30, None), (100, None), (5000, None), (60_000, "acme")]
    (found,) = detect([str(tmp_path / "log.jsonl")])
    assert {route.source_id: count for route, count in found.routes.items()} == {
        "openai-chat": 3,
        "openai-embeddings": 1,
        "llmcost": 1,
    }


def test_a_record_that_there_is_no_memory_for_costs_itself_alone(tmp_path, monkeypatch):
    """Whatever the chunk it is met in, and only once that chunk has been taken apart down to it."""
    told = []

    def claims(stage, records):
        if any("too large" in text for text in records):
            told.append(len(records))
            raise duckdb.OutOfMemoryException("failed to allocate")
        return asked(stage, records)

    asked = strict.Stage.claims
    monkeypatch.setattr(strict.Stage, "claims", claims)
    lines = [native(request_id=f"own-{n}1a2b3c4d5e", input_tokens=10**n) for n in range(4)]
    lines.insert(2, native(request_id="own-91a2b3c4d5e", input_tokens=5, note="too large"))
    (tmp_path / "log.json").write_text(json.dumps(lines, indent=1))
    result = read(tmp_path / "ledger", tmp_path / "log.json")

    assert result.total("new") == 4
    assert query(tmp_path / "ledger", "select sum(uncached_input_tokens) from request") == [(1111,)]
    ((_, reason),) = rejects(tmp_path / "ledger")
    assert reason == "a record of 0 MB without its long texts takes more memory than there is"
    # 5 records, of which the third, of the later three the first.
    assert told == [5, 3, 1]


@pytest.mark.slow
def test_a_record_of_very_many_values_is_read_or_rejected(tmp_path):
    lines = [
        native(input_tokens=1),
        native(input_tokens=2, many=[{f"k{n}": n} for n in range(1_250_000)]),
        native(input_tokens=4),
    ]
    write(tmp_path / "log.jsonl", lines)
    result = read(tmp_path / "ledger", tmp_path / "log.jsonl")

    assert result.total("new") + result.total("rejected") == 3
    assert result.total("new") >= 2


def test_a_record_of_the_usual_size_is_mapped_as_it_is():
    record = {"a": "x" * 3_000_000, "b": [1] * 1000, "c": 'é"\n'}
    assert json.loads(mappable(record)) == record


def test_texts_of_a_large_record_stay_different_and_bodies_in_them_objects():
    body = {"usage": {"prompt_tokens": 3}, "choices": ["y" * 2_000_000]}
    record = {
        "a": "x" * 2_000_000,
        "b": "x" * 2_000_001,
        "body": json.dumps(body),
        "vector": [0.5] * 300,
        "list": ["z"] * 300,
    }
    found = json.loads(mappable(record))

    assert found["a"] != found["b"]
    assert found["a"].startswith("x" * 64)
    assert json.loads(found["body"])["usage"] == {"prompt_tokens": 3}
    assert (found["vector"], found["list"]) == ([0.5], ["z"] * 300)
    assert len(mappable(record)) < 10_000
