"""An answer of an API that holds a page of records gives those records; a call that keeps a list beside its usage is none."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.ingesting import chat, native, query, read, rejects, write

from llmcost.config.yaml import parse_document
from llmcost.ingest.detection import detect
from llmcost.ingest.generic import mapping_of

_TIME = "2026-11-10T08:00:01Z"
_DOCUMENTS = [{"doc": 1}, {"doc": 2}]


def _searched(name: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"ts": _TIME, "total": len(found), "results": found, "response": chat(name, prompt=1000, completion=100)}


@pytest.mark.parametrize("found", [[], _DOCUMENTS], ids=["nothing-found", "found"])
@pytest.mark.parametrize("place", [0, 10])
def test_a_call_with_a_list_of_what_was_found_is_a_call_wherever_it_stands(tmp_path, found, place):
    lines = [{"ts": _TIME, "response": chat(f"plain-{n}", prompt=1000, completion=100)} for n in range(10)]
    lines.insert(place, _searched("searched", found))
    result = read(tmp_path / "ledger", write(tmp_path / "log.jsonl", lines))
    assert (result.total("new"), result.total("rejected")) == (11, 0)
    assert query(tmp_path / "ledger", "select count(*), sum(uncached_input_tokens) from request") == [(11, 11_000)]


def test_so_it_is_in_a_document(tmp_path):
    (tmp_path / "log.json").write_text(json.dumps([_searched(f"s{n}", _DOCUMENTS) for n in range(250)], indent=1))
    read(tmp_path / "ledger", tmp_path / "log.json")
    assert query(tmp_path / "ledger", "select count(*) from request") == [(250,)]
    (found,) = detect([str(tmp_path / "log.json")])
    assert [(route.name, count) for route, count in found.routes.items()] == [("openai-chat in response", 250)]


def test_a_record_of_our_own_with_such_a_list_is_one_call(tmp_path):
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [native(items=_DOCUMENTS, meta={"shop": "north"})]))
    assert query(tmp_path / "ledger", "select count(*) from request") == [(1,)]


@pytest.mark.parametrize("place", [0, 10])
def test_a_page_gives_its_records_wherever_it_stands(tmp_path, place):
    lines: list[dict[str, Any]] = [native(request_id=f"single-{n}") for n in range(10)]
    lines.insert(place, {"data": [native(request_id=f"paged-{n}") for n in range(150)], "total": 150, "page": 1})
    lines.append({"data": [], "total": 150, "page": 2})
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", lines))
    assert query(tmp_path / "ledger", "select count(*) from request") == [(160,)]
    assert rejects(tmp_path / "ledger") == []


@pytest.mark.parametrize("paged", [False, True])
def test_a_mapping_takes_a_record_with_its_time_whole(tmp_path, paged):
    mapping = mapping_of(parse_document("fields: {timestamp: at, model: model, input_tokens: used}", "map.yaml"))
    calls = [{"at": _TIME, "model": "gpt-5.4", "used": 7, "n": n} for n in range(3)]
    lines = [{"total": 3, "items": calls}] if paged else [{**call, "total": 2, "items": _DOCUMENTS} for call in calls]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", lines), mapping=mapping, mapping_text="1")
    assert query(tmp_path / "ledger", "select count(*), sum(uncached_input_tokens) from request") == [(3, 21)]


@pytest.mark.parametrize("mark", ["searchedLogStreams", "nextForwardToken"])
def test_a_page_of_cloudwatch_holds_records_in_its_messages(tmp_path, mark):
    log = Path(__file__).parents[1] / "sources" / "bedrock-invocations" / "log.jsonl"
    first = log.read_text("utf-8").splitlines()[0]
    page = {"events": [{"timestamp": 1793700000000, "message": first}], mark: []}
    assert read(tmp_path / "ledger", write(tmp_path / "page.json", [page])).total("new") == 1


@pytest.mark.parametrize(
    "told",
    [
        {"has_more": True},
        {"page": 1, "total_pages": 3},
        {"meta": {"page": 1, "totalPages": 2}},
        {"total": 2, "metadata": {"page": 1, "total_pages": 2, "has_more": True}},
    ],
)
def test_an_answer_of_which_pages_are_missing_is_told(tmp_path, cli, told):
    (tmp_path / "page-1.json").write_text(json.dumps({"data": [native()], **told}, indent=1))
    run = cli("ingest", "page-1.json")

    assert run.code == 0
    assert "the API's answer has more pages than were read: page-1.json" in run.stderr


@pytest.mark.parametrize("where", ["files", "lines"])
def test_the_last_page_ends_what_others_begin(tmp_path, cli, where):
    pages = [{"data": [native(request_id=f"r-{n}")], "has_more": n < 2} for n in range(3)]
    if where == "lines":
        write(tmp_path / "pages.jsonl", pages)
    else:
        for n, page in enumerate(pages):
            (tmp_path / f"page-{n}.json").write_text(json.dumps(page))
    run = cli("ingest", ".")

    assert "more pages" not in run.stderr
    assert query(tmp_path / "llmcost.duckdb", "select count(*) from request") == [(3,)]
