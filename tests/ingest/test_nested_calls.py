"""A call around others that repeats what those used: of Langfuse, Datadog and TrueFoundry only the innermost count."""

import random
from typing import Any

import pytest
from tests.ingesting import query, read, write

Row = dict[str, Any]


def observation(name: str, parent: str | None = None, *, kind: str = "GENERATION", tokens: int | None = 10) -> Row:
    usage = {} if tokens is None else {"input": tokens, "output": 1, "total": tokens + 1}
    return {
        "id": name,
        "traceId": f"trace {name[0]}",
        "parentObservationId": parent,
        "type": kind,
        "startTime": "2026-11-03T10:00:00.500Z",
        "providedModelName": "gpt-5.4",
        "usageDetails": usage,
    }


def datadog(name: str, parent: str = "undefined", *, kind: str = "llm", tokens: int = 10) -> Row:
    attributes = {
        "span_id": name,
        "trace_id": f"trace {name[0]}",
        "parent_id": parent,
        "ml_app": "shop",
        "span_kind": kind,
        "model_name": "gpt-5.4",
        "start_ns": 1793696400250000000,
        "metrics": {"input_tokens": tokens, "output_tokens": 1},
    }
    return {"id": f"row {name}", "type": "span", "attributes": attributes}


def truefoundry(name: str, parent: str | None = None, *, kind: str = "Model", tokens: int = 10) -> Row:
    return {
        "spanId": name,
        "traceId": f"trace {name[0]}",
        "parentSpanId": parent,
        "timestamp": "2026-11-03T10:00:00.500Z",
        "spanAttributes": {
            "tfy.span_type": kind,
            "tfy.model.name": "gpt-5.4",
            "tfy.model.metric.input_tokens": tokens,
            "tfy.model.metric.output_tokens": 1,
        },
    }


def counted(ledger) -> list[tuple[str, int]]:
    return query(
        ledger,
        "select split_part(request_id, ':', -1), uncached_input_tokens from request where issuer <> 'otel' order by 1",
    )


def test_only_the_innermost_calls_of_a_file_count(tmp_path):
    """An agent's generation with the sum of two, spans between; a client around a client; a call with a tool below it."""
    langfuse = [
        *(observation("a1", tokens=30), observation("a2", "a1", kind="SPAN"), observation("a3", "a2", tokens=10)),
        *(observation("a4", "a1", kind="SPAN", tokens=None), observation("a5", "a4", tokens=20)),
        *(observation("b1"), observation("b2", "b1"), observation("b3", "b2")),
        *(observation("c1"), observation("c2", "c1", kind="TOOL", tokens=None)),
        # A root that is no call, with two calls beside each other.
        *(observation("d1", kind="AGENT", tokens=9), observation("d2", "d1", tokens=4), observation("d3", "d1", tokens=5)),
    ]  # fmt: skip
    spans = [
        *(datadog("e1"), datadog("e2", "e1"), datadog("f1", kind="workflow"), datadog("f2", "f1"), datadog("f3", "f1")),
        *(datadog("g1"), datadog("g2", "g1", kind="task"), datadog("g3", "g2")),
    ]
    logs = [
        *(truefoundry("h1", kind="ChatCompletion"), truefoundry("h2", "h1"), truefoundry("h3", "h2", kind="HTTP")),
        *(truefoundry("i1"), truefoundry("i2", "i1")),
    ]
    rows = {"langfuse.jsonl": langfuse, "datadog.jsonl": spans, "truefoundry.jsonl": logs}
    # A batch reads the files of each compression by themselves.
    endings = {"datadog.jsonl": ".gz"}
    files = [write(tmp_path / f"{name}{endings.get(name, '')}", lines) for name, lines in rows.items()]
    result = read(tmp_path / "ledger", *files)
    expected = [
        *(("a3", 10), ("a5", 20), ("b3", 10), ("c1", 10), ("d2", 4), ("d3", 5)),
        *(("e2", 10), ("f2", 10), ("f3", 10), ("g3", 10), ("h2", 10), ("i2", 10)),
    ]
    assert counted(tmp_path / "ledger") == expected
    # Thirteen of Langfuse, eight of Datadog and five of TrueFoundry.
    assert (result.total("new"), result.total("skipped"), result.total("rejected")) == (12, 26 - 12, 0)
    read(tmp_path / "backwards", *(write(tmp_path / f"back-{name}", rows[name][::-1]) for name in rows))
    assert counted(tmp_path / "backwards") == expected


def test_a_call_that_another_file_or_pull_has_around_it_counts_alone(tmp_path):
    first = [observation("a1", tokens=30), datadog("e2", "e1"), truefoundry("i1"), observation("b2", "b1", kind="SPAN")]
    second = [observation("a2", "a1", tokens=30), datadog("e1"), truefoundry("i2", "i1"), observation("b1")]
    third = [observation("b3", "b2"), observation("a1", tokens=30)]
    for number, rows in enumerate([first, second, third]):
        result = read(tmp_path / "ledger", write(tmp_path / f"{number}.jsonl", rows))
    assert counted(tmp_path / "ledger") == [("a2", 30), ("b3", 10), ("e2", 10), ("i2", 10)]
    assert (result.total("new"), result.total("known"), result.total("skipped")) == (1, 0, 1)


def check_random(folder, seed: int) -> None:
    """Random trees in random files: the calls that count have usage, and none below them that has it."""
    chance = random.Random(seed)  # noqa: S311  the same every time
    files: list[list[Row]] = [[] for _ in range(5)]
    expected: list[str] = []
    for trace in range(40):
        make = chance.choice([observation, datadog])
        size = chance.randint(1, 7)
        parents = {n: chance.choice(range(1, n)) if n > 1 else chance.choice([0, 99]) for n in range(1, size + 1)}
        used = {n for n in parents if chance.random() < 0.5}
        around: set[int] = set()
        for n in used:
            while (n := parents.get(n, 0)) in parents:
                around.add(n)
        expected += [f"{trace:02}-{n}" for n in used - around]
        for n, parent in parents.items():
            words = {} if n in used else {"kind": "SPAN" if make is observation else "task"}
            words |= {"parent": f"{trace:02}-{parent}"} if parent else {}
            one = make(f"{trace:02}-{n}", **words)  # type: ignore[arg-type]  # no word is a count
            place = one if make is observation else one["attributes"]
            place["traceId" if make is observation else "trace_id"] = f"trace {trace}"
            for file in chance.sample(files, chance.choice([1, 1, 2])):
                file.append(one)
    ledger = folder / f"ledger {seed}"
    for number, rows in enumerate(files):
        chance.shuffle(rows)
        read(ledger, write(folder / f"{seed}-{number}.jsonl", rows))
    assert [name for name, _ in counted(ledger)] == sorted(expected), seed


@pytest.mark.slow
def test_random_trees_in_random_files(tmp_path):
    for seed in range(6):
        check_random(tmp_path, seed)
