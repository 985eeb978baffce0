"""A trace whose spans stand in several files: a wrapper never counts beside its call, whatever comes first."""

import random
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from tests.ingesting import query, read, write

from llmcost.ingest import run
from llmcost.ingest.merging import MergeRequest, merge

Span = dict[str, Any]


def span(name: str, parent: str = "", *, tokens: int | None = None, trace: str = "t1", kind: str = "LLM") -> Span:
    """An OpenInference span as Phoenix writes it; `tokens` of usage make it state what it used."""
    usage = {} if tokens is None else {"llm.token_count.prompt": tokens, "llm.token_count.completion": 1}
    return {
        "context": {"trace_id": trace, "span_id": name},
        "parent_id": parent or None,
        "start_time": "2026-11-03T10:00:00.5Z",
        "end_time": "2026-11-03T10:00:01.5Z",
        "attributes": {"openinference.span.kind": kind, "llm.model_name": "gpt-5.4", **usage},
    }


WRAPPER, TOOL, CALL = span("a1", tokens=40), span("b1", "a1", kind="TOOL"), span("c1", "b1", tokens=40)
DIRECT = span("c2", "a2", tokens=7)
OUTER, BETWEEN, INNER = span("a3", tokens=90), span("b3", "a3", tokens=90), span("c3", "b3", tokens=90)
"""Three clients around each other: each states what the innermost used."""
FAMILIES = [[WRAPPER, TOOL, CALL], [span("a2", tokens=7), DIRECT], [OUTER, BETWEEN, INNER]]


def counted(ledger: Path) -> list[tuple[Any, ...]]:
    return query(
        ledger, "select split_part(request_id, ':', 2), uncached_input_tokens from request order by request_id"
    )


def as_trace(spans: list[Span], trace: str) -> list[Span]:
    return [{**one, "context": {**one["context"], "trace_id": trace}} for one in spans]


def test_in_whatever_order_files_come_only_the_innermost_call_counts(tmp_path):
    orders = [order for family in FAMILIES for order in permutations(family)]
    traces = [as_trace(list(order), f"t{number:02}") for number, order in enumerate(orders)]
    # All orders at once: each is a trace of its own, and the n-th run reads the n-th span of every trace.
    for turn in range(3):
        log = write(tmp_path / f"{turn}.jsonl", [trace[turn] for trace in traces if turn < len(trace)])
        result = read(tmp_path / "runs", log)
    assert result.total("rejected") == 0
    read(tmp_path / "batch", *sorted(tmp_path.glob("*.jsonl"), reverse=True))
    expected = [("c1", 40)] * 6 + [("c2", 7)] * 2 + [("c3", 90)] * 6
    assert counted(tmp_path / "runs") == counted(tmp_path / "batch") == expected
    assert query(tmp_path / "runs", "select count(*) from conflict") == [(0,)]


def test_a_log_that_grows_by_the_call_under_its_wrapper_has_one(tmp_path):
    log = write(tmp_path / "a.jsonl", [span("a2", tokens=7)])
    read(tmp_path / "ledger", log)
    write(log, [span("a2", tokens=7), DIRECT])
    again = read(tmp_path / "ledger", log)
    assert counted(tmp_path / "ledger") == [("c2", 7)]
    assert (again.total("new"), again.total("known"), again.total("skipped")) == (1, 0, 1)


def test_a_wrapper_that_comes_again_by_itself_stays_none(tmp_path):
    for number, spans in enumerate([[OUTER, BETWEEN, INNER], [WRAPPER, TOOL, CALL], [OUTER, WRAPPER]]):
        result = read(tmp_path / "ledger", write(tmp_path / f"{number}.jsonl", spans))
    assert counted(tmp_path / "ledger") == [("c1", 40), ("c3", 90)]
    assert (result.total("new"), result.total("known"), result.total("skipped")) == (0, 0, 2)


def test_batches_of_one_run_know_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "_BATCH_FILES", 1)
    logs = [write(tmp_path / f"{n}.jsonl", [one]) for n, one in enumerate([WRAPPER, OUTER, CALL, INNER, TOOL, BETWEEN])]
    read(tmp_path / "ledger", *logs)
    assert counted(tmp_path / "ledger") == [("c1", 40), ("c3", 90)]


def test_spans_of_one_name_in_two_traces_are_two(tmp_path):
    for number, spans in enumerate([as_trace(FAMILIES[1][:1], "t1"), as_trace(FAMILIES[1][1:], "t2")]):
        read(tmp_path / "ledger", write(tmp_path / f"{number}.jsonl", spans))
    assert counted(tmp_path / "ledger") == [("a2", 7), ("c2", 7)]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.slow
def test_merged_ledgers_know_each_others_traces(tmp_path, swapped):
    halves = [[WRAPPER, OUTER, BETWEEN], [TOOL, CALL, INNER]]
    for name, spans in zip(("ours", "theirs"), reversed(halves) if swapped else halves, strict=True):
        read(tmp_path / name, write(tmp_path / f"{name}.jsonl", spans))
    (merged,) = merge(MergeRequest(ledger=tmp_path / "ours", others=[tmp_path / "theirs"]))
    assert counted(tmp_path / "ours") == [("c1", 40), ("c3", 90)]
    # Theirs has the two calls, or the wrappers alone.
    assert merged.new == (0 if swapped else 2)


def parted_at_random(seed: int) -> tuple[list[list[Span]], list[str]]:
    """Files of spans of random trees, and the names of the calls: those with usage and none below that has it."""
    chance = random.Random(seed)  # noqa: S311  the same every time
    spans: list[Span] = []
    below: dict[str, list[str]] = {}
    used: set[str] = set()
    for tree in range(12):
        names = [f"{tree:02}-{number}" for number in range(chance.randint(1, 7))]
        for number, name in enumerate(names):
            parent = chance.choice(names[:number]) if number else chance.choice(["", "never-seen"])
            kind = chance.choice(["LLM", "LLM", "CHAIN", "TOOL"])
            if kind == "LLM":
                used.add(name)
            below.setdefault(parent, []).append(name)
            tokens = chance.randint(1, 99) if kind == "LLM" else None
            spans.append(span(name, parent, tokens=tokens, trace=f"t{tree}", kind=kind))

    def has_call(name: str) -> bool:
        return any(child in used or has_call(child) for child in below.get(name, ()))

    files: list[list[Span]] = [[] for _ in range(4)]
    for one in spans:
        for file in chance.sample(files, chance.choice([1, 1, 1, 2])):
            file.append(one)
    for file in files:
        chance.shuffle(file)
    return files, sorted(name for name in used if not has_call(name))


def check_parted(folder: Path, seed: int) -> None:
    files, calls = parted_at_random(seed)
    chance = random.Random(-seed)  # noqa: S311  the same every time
    logs = [write(folder / f"{seed}-{number}.jsonl", spans) for number, spans in enumerate(files) if spans]
    ledger = folder / f"ledger {seed}"
    while logs:
        together = chance.randint(1, 2)
        read(ledger, *logs[:together])
        logs = logs[together:]
    assert sorted(name for name, _ in counted(ledger)) == calls, seed


@pytest.mark.parametrize("seed", range(2))
def test_random_trees_in_random_files(tmp_path, seed):
    check_parted(tmp_path, seed)


@pytest.mark.slow
def test_more_random_trees_in_random_files(tmp_path):
    for seed in range(2, 16):
        check_parted(tmp_path, seed)
