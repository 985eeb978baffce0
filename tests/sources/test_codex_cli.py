"""Codex rollouts whose meaning spans several lines or files."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.ingesting import query, read, rejects, write

from llmcost.ingest.sources._codex_rollout import calls, lineage

Line = dict[str, Any]


def opened(session: str, parent: str | None = None) -> Line:
    return {"type": "session_meta", "timestamp": "t", "payload": {"id": session, "forked_from_id": parent}}


def counted(total: Any, last: int, at: str = "t") -> Line:
    """An event of `total` input tokens so far, `last` of them by the latest call."""
    info = {"total_token_usage": {"input_tokens": total}, "last_token_usage": {"input_tokens": last}}
    return {"type": "event_msg", "timestamp": at, "payload": {"type": "token_count", "info": info}}


def used(*lines: Line, parents: dict[str, str] | None = None) -> list[tuple[str, int]]:
    return [
        (record["codex_call"]["id"], record["codex_call"]["input_tokens"])
        for _, record in calls(enumerate(lines, 1), parents or {})
    ]


def test_a_fork_in_a_file_of_its_own_repeats_the_ids_of_its_parent() -> None:
    parent = used(opened("a"), counted(100, 100), counted(150, 50))
    child = used(opened("b", "a"), counted(100, 100, "later"), counted(150, 50, "later"), counted(170, 20))
    assert child[:2] == parent
    assert [count for _, count in child] == [100, 50, 20]
    assert len({call for call, _ in child}) == 3


def test_a_fork_of_a_fork_has_the_root_of_the_whole_family() -> None:
    first = used(opened("a"), counted(100, 100))
    assert used(opened("c", "b"), counted(100, 100), parents={"b": "a"}) == first


def test_sessions_that_are_not_related_never_share_ids() -> None:
    assert used(opened("a"), counted(100, 100)) != used(opened("z"), counted(100, 100))


def test_two_branches_of_one_parent_share_only_what_they_copied() -> None:
    left = used(opened("b", "a"), counted(100, 100), counted(130, 30))
    right = used(opened("c", "a"), counted(100, 100), counted(140, 40))
    assert left[0] == right[0]
    assert left[1] != right[1]


def test_totals_that_come_again_are_no_call() -> None:
    assert [count for _, count in used(opened("a"), counted(100, 100), counted(100, 100), counted(110, 10))] == [
        100,
        10,
    ]


def test_a_counter_that_began_anew_counts_the_latest_call() -> None:
    assert [count for _, count in used(opened("a"), counted(500, 500), counted(40, 40), counted(45, 5))] == [500, 40, 5]


def test_a_file_that_begins_in_the_middle_counts_only_its_first_call() -> None:
    assert [count for _, count in used(opened("a"), counted(9000, 60), counted(9010, 10))] == [60, 10]


def test_the_same_rollout_twice_in_one_file_gives_the_same_calls() -> None:
    rollout = (opened("a"), counted(100, 100), counted(150, 50))
    once = used(*rollout)
    assert used(*rollout, *rollout) == once + once


def test_a_parent_after_its_fork_in_one_file_gives_the_same_calls() -> None:
    fork = (opened("b", "a"), opened("a"), counted(100, 100), counted(150, 50))
    assert used(*fork, opened("a"), counted(100, 100)) == [*used(*fork), used(*fork)[0]]


def test_lines_that_are_not_what_they_seem_are_passed_over() -> None:
    odd: list[Line] = [
        {"type": ["session_meta"], "payload": {}},
        {"type": "event_msg", "payload": {"type": "token_count", "info": None}},
        {"type": "event_msg", "payload": {"type": "token_count", "info": {"total_token_usage": "many"}}},
        {"type": "session_meta", "payload": {"id": 7, "forked_from_id": 8}},
    ]
    assert used(*odd) == []


def test_a_circle_of_forks_ends() -> None:
    assert len(used(opened("a", "b"), counted(5, 5), parents={"a": "b", "b": "a"})) == 1


def test_lineage_comes_from_the_line_that_opens_a_fork() -> None:
    assert lineage(opened("b", "a")) == ("b", "a")
    assert lineage(opened("a")) is None
    assert lineage(counted(1, 1)) is None


@pytest.mark.parametrize("stated", [150, 150.0, "150", "150.0"])
def test_a_count_is_one_in_any_spelling(stated: Any) -> None:
    assert used(opened("a"), counted(100, 100), counted(stated, 50), counted(160, 10)) == used(
        opened("a"), counted(100, 100), counted(150, 50), counted(160, 10)
    )


@pytest.mark.parametrize("stated", [-5, 1.5, "many", True, []])
def test_a_count_that_is_none_is_left_to_be_named_and_the_next_totals_hold_its_tokens(stated: Any) -> None:
    found = used(opened("a"), counted(100, 100), counted(stated, 50), counted(170, 20))
    assert [count for _, count in found] == [100, stated, 70]


def test_a_count_that_is_none_is_a_reject(tmp_path: Path) -> None:
    lines = [opened("a"), *(counted(total, 100, "2026-11-10T08:00:00Z") for total in (100, "-5", 300))]
    read(tmp_path / "ledger", write(tmp_path / "rollout.jsonl", lines))
    assert rejects(tmp_path / "ledger") == [(3, "codex_call.input_tokens is -5, not a count")]
    assert query(tmp_path / "ledger", "select sum(uncached_input_tokens) from request") == [(300,)]


def spawned(session: str, parent: str, start: int | None = None, **payload: Any) -> Line:
    """The line that opens a sub-agent, which names its parent and is no fork of it."""
    source = {"subagent": {"thread_spawn": {"parent_thread_id": parent, "depth": 1}}}
    payload = {"id": session, "source": source, "subagent_history_start_ordinal": start, **payload}
    return {"type": "session_meta", "timestamp": "t", "ordinal": 0, "payload": payload}


def at_ordinal(line: Line, ordinal: int) -> Line:
    return {**line, "ordinal": ordinal}


def test_what_a_sub_agent_copied_is_its_parents() -> None:
    child = used(
        spawned("b", "a", 3),
        at_ordinal(counted(100, 100), 1),
        at_ordinal(counted(150, 50), 2),
        at_ordinal(counted(170, 20), 3),
    )
    assert [count for _, count in child] == [20]


def test_a_sub_agent_whose_counter_begins_at_zero_counts_all_of_its_own() -> None:
    child = used(spawned("b", "a", 2), at_ordinal(counted(100, 100), 1), at_ordinal(counted(40, 40), 2))
    assert [count for _, count in child] == [40]


def test_a_sub_agent_that_opens_its_parent_has_the_ids_of_what_it_copied() -> None:
    parent = used(opened("a"), counted(100, 100), counted(150, 50))
    child = used(spawned("b", "a"), opened("a"), counted(100, 100), counted(150, 50), counted(170, 20))
    assert child[:2] == parent
    assert [count for _, count in child] == [100, 50, 20]


def test_two_sub_agents_that_copied_nothing_never_share_ids() -> None:
    assert used(spawned("b", "a"), counted(100, 100)) != used(spawned("c", "a"), counted(100, 100))


def test_a_sub_agent_has_a_lineage() -> None:
    assert lineage(spawned("b", "a")) == ("b", "a")
    assert lineage(opened("b", None) | {"payload": {"id": "b", "parent_thread_id": "a"}}) == ("b", "a")


AT = "2026-11-10T10:00:0{}.000Z"


def usage_of(given: int, cached: int, written: int, out: int, reasoning: int) -> dict[str, int]:
    return {
        "input_tokens": given, "cached_input_tokens": cached, "cache_write_input_tokens": written,
        "output_tokens": out, "reasoning_output_tokens": reasoning, "total_tokens": given + out,
    }  # fmt: skip


FIRST, SUMMARY = usage_of(100_000, 20_000, 70_000, 500, 200), usage_of(90_000, 80_000, 0, 5_000, 0)


def rollout(*lines: Line) -> list[Line]:
    info = {"total_token_usage": FIRST, "last_token_usage": FIRST}
    return [
        {**opened("s"), "timestamp": AT.format(0)},
        {"type": "turn_context", "timestamp": AT.format(1), "payload": {"cwd": "/p", "model": "gpt-5.6-sol"}},
        {"type": "event_msg", "timestamp": AT.format(3), "payload": {"type": "token_count", "info": info}},
        *lines,
    ]


def record(response: str, usage: dict[str, int], second: int) -> Line:
    payload = {"thread_id": "s", "response_id": response, "usage": usage}
    return {"type": "token_usage_record", "timestamp": AT.format(second), "payload": payload}


def compacted(response: str, second: int) -> Line:
    payload = {"message": "", "replacement_history": [], "compaction_response_id": response}
    return {"type": "compacted", "timestamp": AT.format(second), "payload": payload}


def after(total: dict[str, int], last: dict[str, int], second: int) -> Line:
    info = {"total_token_usage": total, "last_token_usage": last}
    return {"type": "event_msg", "timestamp": AT.format(second), "payload": {"type": "token_count", "info": info}}


def added(*usages: dict[str, int]) -> dict[str, int]:
    return {name: sum(usage[name] for usage in usages) for name in FIRST}


COLUMNS = "uncached_input_tokens, cache_read_tokens, cache_write_5m_tokens, output_text_tokens, reasoning_tokens, cost"


def test_cache_writes_are_part_of_the_input_and_cost_more(tmp_path: Path) -> None:
    """GPT-5.6 Sol at 4/0.40/5/20 a million: 10,000, 20,000 and 70,000 tokens in, 500 out."""
    read(tmp_path / "ledger", write(tmp_path / "rollout.jsonl", rollout()))
    ((*tokens, cost),) = query(tmp_path / "ledger", f"select {COLUMNS} from request")
    assert tokens == [10_000, 20_000, 70_000, 300, 200]
    assert cost == Decimal("0.408")


NEXT = usage_of(5_000, 0, 0, 10, 0)


@pytest.mark.parametrize("totals", [added(FIRST, NEXT), added(FIRST, SUMMARY, NEXT)], ids=["without", "with"])
def test_what_a_compaction_used_is_a_call_whether_or_not_the_totals_hold_it(
    tmp_path: Path, totals: dict[str, int]
) -> None:
    """The summary: 10,000 x 4 + 80,000 x 0.40 + 5,000 x 20 millionths; the call after it 5,000 x 4 + 10 x 20."""
    lines = rollout(
        record("resp_0abc", FIRST, 3),
        record("resp_0compact", SUMMARY, 5),
        compacted("resp_0compact", 5),
        {"type": "world_state", "timestamp": AT.format(6), "payload": {"full": True, "state": {}}},
        {"type": "of_tomorrow", "timestamp": AT.format(6), "ordinal": 8, "payload": {"state": {}}},
        after(totals, NEXT, 7),
    )
    read(tmp_path / "ledger", write(tmp_path / "rollout.jsonl", lines))
    assert rejects(tmp_path / "ledger") == []
    assert query(tmp_path / "ledger", "select cost from request order by started_at") == [
        (Decimal("0.408"),),
        (Decimal("0.172"),),
        (Decimal("0.0202"),),
    ]
    assert query(tmp_path / "ledger", "select request_id from request where cost = 0.172") == [("resp_0compact",)]


def test_a_compaction_that_an_event_told_of_is_counted_once(tmp_path: Path) -> None:
    lines = rollout(
        record("resp_0compact", SUMMARY, 5), after(added(FIRST, SUMMARY), SUMMARY, 5), compacted("resp_0compact", 5)
    )
    read(tmp_path / "ledger", write(tmp_path / "rollout.jsonl", lines))
    assert query(tmp_path / "ledger", "select sum(cost) from request") == [(Decimal("0.58"),)]
