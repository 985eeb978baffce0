"""Sightings of calls become rows by the rules of the design, whatever order and runs they come in.

The model below says those rules once more, in plain Python: usage from the sighting that knows most (final over partial,
billed over tokenizer over estimate, the larger total), everything else field by field, non-null over null.
"""

import json
import random
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.ingesting import chat, native, query, read, rows, write

Sighting = Mapping[str, Any]

TEN = datetime(2026, 11, 1, 10)  # noqa: DTZ001  the ledger holds UTC without saying so
ORIGINS = ("estimate", "tokenizer", "billed")
LEAST = ("provider", "request_model", "service_tier", "temperature", "started_at")
GREATEST = ("latency_ms", "attempt", "reported_cost", "ended_at")
ANY = ("gateway_cached", "stream")


def model(sightings: Iterable[Sighting]) -> dict[str, Any]:
    """The one row of a call's sightings."""
    seen = list(sightings)
    best = max(seen, key=lambda s: (s["final"], ORIGINS.index(s["usage_origin"]), s["total"]))
    row = {name: best[name] for name in ("final", "usage_origin", "total", "status")}
    for names, pick in ((LEAST, min), (GREATEST, max), (ANY, any)):
        for name in names:
            stated = [s[name] for s in seen if s[name] is not None]
            row[name] = pick(stated) if stated else (False if name == "gateway_cached" else None)
    # Whom a record names itself is a tag like the others.
    seen = [{**s, "tags": s["tags"] | ({"endpoint": s["endpoint"]} if s["endpoint"] else {})} for s in seen]
    keys = {key for s in seen for key in s["tags"]}
    row["tags"] = {key: min(s["tags"][key] for s in seen if key in s["tags"]) for key in keys}
    row["endpoint"] = row["tags"].get("endpoint")
    row["customer_id"] = next(
        (row["tags"][key] for key in ("customer_id", "customer", "tenant_id") if key in row["tags"]), None
    )
    return row


def conflicts(sightings: Iterable[Sighting]) -> bool:
    """Whether final, billed counts contradict each other."""
    totals = {s["total"] for s in sightings if s["final"] and s["usage_origin"] == "billed" and s["total"]}
    return len(totals) > 1


def sighting(chance: random.Random) -> Sighting:
    """One way a call may be met: a native record, or a line of a transcript that may be a partial."""

    def maybe(*values: Any) -> Any:
        return chance.choice((None, *values))

    partial = chance.random() < 0.3
    total = chance.randrange(1, 6)
    return {
        "final": not partial,
        # A transcript does not estimate.
        "usage_origin": "billed" if partial else chance.choice((*ORIGINS, "billed")),
        "total": total,
        "status": "ok" if partial or total % 2 else "error",
        "started_at": TEN + timedelta(seconds=chance.randrange(4)),
        "request_model": None if partial else maybe("gpt-5.4", "gpt-5.4-mini"),
        "tags": {} if partial else {key: chance.choice("abc") for key in chance.sample(("customer", "tenant_id", "x", "y~/z"), 2)},
        **{name: None if partial else value for name, value in {
            "provider": maybe("openai", "azure", "openrouter"),
            "service_tier": maybe("flex", "priority"),
            "endpoint": maybe("/a", "/b"),
            "temperature": maybe(0.5, 0.25),
            "latency_ms": maybe(10.5, 20.0, 3.0),
            "attempt": maybe(1, 2, 10),
            "reported_cost": maybe("0.1", "0.2"),
            "ended_at": maybe(TEN + timedelta(hours=1), TEN + timedelta(hours=2)),
            "gateway_cached": maybe(True, False),
            "stream": maybe(True, False),
        }.items()},
    }  # fmt: skip


def as_line(name: str, seen: Sighting) -> dict[str, Any]:
    """How a log writes it. Both shapes speak of one call: the issuer is the same."""
    at = seen["started_at"].isoformat() + "Z"
    if not seen["final"]:
        usage = {"input_tokens": seen["total"], "output_tokens": 0}
        message = {"id": f"msg_{name}", "type": "message", "role": "assistant", "stop_reason": None, "usage": usage}
        return {"type": "assistant", "sessionId": "s", "uuid": "u", "timestamp": at, "message": message}
    fields = {
        key: value
        for key, value in seen.items()
        if value is not None and key not in {"final", "total", "started_at", "request_model"}
    }
    if "ended_at" in fields:
        fields["ended_at"] = fields["ended_at"].isoformat() + "Z"
    line = {
        "request_id": f"msg_{name}",
        "issuer": "anthropic",
        "timestamp": at,
        "input_tokens": seen["total"],
        "output_tokens": 0,
    }
    return {**line, **fields, **({"model": seen["request_model"]} if seen["request_model"] else {})}


def _check(folder: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    calls = {f"call{seed}x{n:04}": [sighting(chance) for _ in range(chance.randint(1, 5))] for n in range(60)}
    lines = [as_line(name, seen) for name, sightings in calls.items() for seen in sightings]
    # Idempotence: some sightings come twice. Associativity: in any files, any runs.
    lines += chance.sample(lines, len(lines) // 3)
    chance.shuffle(lines)
    parts = [lines[start::4] for start in range(4)]
    paths = [write(folder / f"{n}.jsonl", part) for n, part in enumerate(parts)]
    runs = chance.choice(([paths], [paths[:1], paths[1:]], [paths[:2], paths[2:]], [[path] for path in paths]))
    for run in runs:
        assert read(folder / "ledger", *run).total("rejected") == 0
    for row in rows(folder / "ledger"):
        name = row["request_id"].removeprefix("msg_")
        wanted = model(calls[name])
        found = {key: row[key] for key in wanted if key not in {"total", "tags", "provider", "reported_cost"}}
        found["provider"] = row["stated_provider"]
        found["total"] = row["uncached_input_tokens"]
        found["tags"] = json.loads(row["tags"] or "{}")
        found["reported_cost"] = None if row["reported_cost"] is None else f"{row['reported_cost']:.1f}"
        # What a transcript states that a record does not, and what it leaves to us.
        if not all(seen["final"] for seen in calls[name]):
            found["stream"], wanted["stream"] = found["stream"] or None, wanted["stream"] or None
        assert found == wanted, (seed, name)
    assert query(folder / "ledger", "select count(*) from request") == [(len(calls),)]
    contested = {f"msg_{name}" for name, sightings in calls.items() if conflicts(sightings)}
    assert {name for (name,) in query(folder / "ledger", "select request_id from conflict")} == contested
    assert query(folder / "ledger", "select count(*) from conflict") == [(len(contested),)]


# A smaller seed is no simpler log, so nothing is shrunk.
@settings(
    max_examples=1,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
@given(seed=st.integers(0, 2**32))
def test_rows_are_those_of_the_model_in_any_order_and_grouping(seed, tmp_path_factory):
    _check(tmp_path_factory.mktemp("merge"), seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(150))
def test_many_rows_are_those_of_the_model(seed, tmp_path):
    _check(tmp_path, seed)


@pytest.mark.parametrize("together", [True, False])
def test_a_provider_that_only_the_price_list_supplied_gives_way_to_one_a_log_states(tmp_path, together):
    """Of two calls, each met twice, one is met first without its provider and the other with it."""
    plain, stated = (
        [native(request_id=name, **more) for name in ("one", "two")] for more in ({}, {"provider": "openrouter"})
    )
    paths = [
        write(tmp_path / f"{number}.jsonl", lines)
        for number, lines in enumerate(([plain[0], stated[1]], [stated[0], plain[1]]))
    ]
    for run in [paths] if together else [[path] for path in paths]:
        read(tmp_path / "ledger", *run)
    assert query(tmp_path / "ledger", "select provider, cost_status from request") == [("openrouter", "unpriced")] * 2


@pytest.mark.slow
def test_usage_of_equal_size_that_differs_is_settled_alike_in_any_order(tmp_path):
    """Three calls of three usages each, which come in another order for every call."""
    orders = {"one": (0, 1, 2), "two": (2, 1, 0), "three": (1, 2, 0)}
    usages = [{"input_tokens": 10 + n, "output_tokens": 10 - n} for n in range(3)]
    for turn in range(3):
        lines = [native(request_id=name, **usages[order[turn]]) for name, order in orders.items()]
        read(tmp_path / "ledger", write(tmp_path / f"{turn}.jsonl", lines))
    # Of the contenders the one whose counts read as the greatest text.
    assert query(tmp_path / "ledger", "select uncached_input_tokens, output_text_tokens from request") == [(12, 8)] * 3
    assert query(tmp_path / "ledger", "select count(*), count(distinct request_id) from conflict") == [(3, 3)]


def test_a_final_answer_replaces_what_was_streamed_before_it_whichever_comes_first(tmp_path):
    streams = []
    for name in "ab":
        chunk = {**chat(name), "object": "chat.completion.chunk", "usage": None}
        streams.append([chunk, {**chunk, "usage": {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49}}])
    streams[1].reverse()
    for number, lines in enumerate(zip(*streams, strict=True)):
        read(tmp_path / "ledger", write(tmp_path / f"{number}.jsonl", lines))
    found = query(tmp_path / "ledger", "select uncached_input_tokens, output_text_tokens, final from request")
    assert found == [(40, 9, True)] * 2
    assert query(tmp_path / "ledger", "select count(*) from conflict") == [(0,)]
