"""Codex rollouts whose meaning spans several lines or files."""

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
