"""The demonstration log against an independent count of what was written."""

import gzip
import json
from collections import Counter
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmcost.demo import DemoFacts, generate

SMALL = 3_000
Row = dict[str, Any]
Small = tuple[Path, DemoFacts]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    directory = tmp_path_factory.mktemp("demo")
    return directory, generate(directory, requests=SMALL)


def lines_of(directory: Path, facts: DemoFacts) -> list[str]:
    lines: list[str] = []
    for name in facts.files:
        content = (directory / name).read_bytes()
        text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
        assert text.endswith("\n")
        lines.extend(text.splitlines())
    return lines


def rows_of(directory: Path, facts: DemoFacts) -> tuple[dict[str, Row], Counter[str]]:
    """Distinct readable rows by id, and how many lines of each other kind there are."""
    rows: dict[str, Row] = {}
    odd: Counter[str] = Counter()
    for line in lines_of(directory, facts):
        try:
            row = json.loads(line, parse_float=Decimal)
        except json.JSONDecodeError:
            odd["truncated" if line.startswith("{") else "garbage"] += 1
            continue
        if row["prompt_tokens"] < 0:
            odd["negative"] += 1
        elif row["prompt_tokens"] % 1:
            odd["fractional"] += 1
        elif row["request_id"] in rows:
            assert rows[row["request_id"]] == row
            odd["duplicate"] += 1
        else:
            rows[row["request_id"]] = row
    return rows, odd


def user_of(row: Row) -> str | None:
    own = row["metadata"]["spend_logs_metadata"] or {}
    return own.get("user_id") or (row["user"] if row["user"] != "default_user_id" else None)


def customer_of(row: Row) -> str | None:
    own = row["metadata"]["spend_logs_metadata"] or {}
    return own.get("customer_id") or own.get("tenant_id") or row["end_user"] or None


def feature_of(row: Row) -> str | None:
    return next((tag.removeprefix("feature:") for tag in row["request_tags"] if tag.startswith("feature:")), None)


def environment_of(row: Row) -> str | None:
    own = row["metadata"]["spend_logs_metadata"] or {}
    tagged = next((tag.removeprefix("env:") for tag in row["request_tags"] if tag.startswith("env:")), None)
    return own.get("environment") or tagged


def test_the_same_seed_writes_the_same_bytes(small: Small, tmp_path: Path) -> None:
    directory, facts = small
    again = generate(tmp_path / "again", requests=SMALL)
    assert again == facts
    for name in facts.files:
        assert (tmp_path / "again" / name).read_bytes() == (directory / name).read_bytes()


def test_another_seed_writes_another_log(small: Small, tmp_path: Path) -> None:
    directory, facts = small
    other = generate(tmp_path, requests=SMALL, seed=7)
    assert other.files == facts.files
    assert (tmp_path / facts.files[-1]).read_bytes() != (directory / facts.files[-1]).read_bytes()


def test_every_line_is_accounted_for(small: Small) -> None:
    directory, facts = small
    rows, odd = rows_of(directory, facts)
    assert len(lines_of(directory, facts)) == facts.lines
    assert len(rows) == facts.requests == SMALL
    assert odd == {
        "truncated": facts.truncated_lines,
        "garbage": facts.garbage_lines,
        "negative": facts.negative_count_lines,
        "fractional": facts.fractional_count_lines,
        "duplicate": facts.duplicate_lines,
    }
    assert facts.lines == facts.requests + facts.duplicate_lines + facts.malformed_lines
    assert (facts.malformed_lines, facts.truncated_lines) == (8, 3)
    assert facts.duplicate_lines > 100


def test_tokens_and_spend_add_up(small: Small) -> None:
    directory, facts = small
    rows = rows_of(directory, facts)[0].values()
    assert sum(row["prompt_tokens"] for row in rows) == facts.input_tokens
    assert sum(row["completion_tokens"] for row in rows) == facts.output_tokens
    assert sum((Decimal(row["spend"]) for row in rows), Decimal(0)) == facts.gateway_spend
    usages = [row["metadata"]["usage_object"] for row in rows if row["metadata"]["usage_object"]]
    prompts = [usage["prompt_tokens_details"] or {} for usage in usages]
    assert sum(details.get("cached_tokens", 0) for details in prompts) == facts.cache_read_tokens
    written = [details.get("cache_creation_token_details", {}) for details in prompts]
    assert sum(split.get("ephemeral_5m_input_tokens", 0) for split in written) == facts.cache_write_5m_tokens
    assert sum(split.get("ephemeral_1h_input_tokens", 0) for split in written) == facts.cache_write_1h_tokens
    assert facts.cache_write_1h_tokens > 0
    reasoned = [usage["completion_tokens_details"] or {} for usage in usages]
    assert sum(details.get("reasoning_tokens", 0) for details in reasoned) == facts.reasoning_tokens


def test_counts_of_special_requests_match(small: Small) -> None:
    directory, facts = small
    rows = list(rows_of(directory, facts)[0].values())
    failed = [row for row in rows if row["status"] == "failure"]
    codes = Counter(row["metadata"]["error_information"]["error_code"] for row in failed)
    unknown = [row for row in rows if row["model"] == facts.unknown_model]
    assert (len(failed), codes["429"]) == (facts.failures, facts.rate_limited)
    assert all(row["total_tokens"] == 0 and row["spend"] == 0 for row in failed)
    cached = [row for row in rows if row["cache_hit"] == "True"]
    assert len(cached) == facts.cache_hits > 0
    assert all(row["total_tokens"] > 0 and row["spend"] == 0 for row in cached)
    assert len(unknown) == facts.unknown_model_requests
    used = [row for row in unknown if row["status"] == "success" and row["cache_hit"] != "True"]
    assert len(used) == facts.unpriced_requests > 0
    assert all(row["completion_tokens"] == 0 for row in rows if row["call_type"] == "aembedding")
    assert Counter(row["model"] for row in rows) == facts.requests_by_model
    assert Counter(feature for row in rows if (feature := feature_of(row))) == facts.requests_by_feature


def test_customers_and_users_match(small: Small) -> None:
    directory, facts = small
    rows = list(rows_of(directory, facts)[0].values())
    assert Counter(customer for row in rows if (customer := customer_of(row))) == facts.requests_by_customer
    assert sum(customer_of(row) is None for row in rows) == facts.requests_without_customer > 0
    tokens: Counter[str] = Counter()
    for row in rows:
        if user := user_of(row):
            tokens[user] += row["total_tokens"]
    assert len(tokens) == facts.users
    top = sum(count for _, count in tokens.most_common(facts.top_users))
    assert facts.top_user_token_share == top / tokens.total()
    prioritised = {customer_of(row) for row in rows if "priority:high" in row["request_tags"]}
    assert prioritised == set(facts.priority_customers)


@pytest.mark.parametrize("seed", [1, 2, 3, 2026])
def test_one_user_in_twenty_makes_about_sixty_percent_of_the_tokens(seed: int, tmp_path: Path) -> None:
    facts = generate(tmp_path, requests=SMALL, seed=seed)
    assert facts.top_users == -(-facts.users // 20)
    assert 0.55 <= facts.top_user_token_share <= 0.65


def test_planted_waste_is_in_the_log(small: Small) -> None:
    directory, facts = small
    rows = list(rows_of(directory, facts)[0].values())
    storm = [row for row in rows if row["session_id"] == facts.storm_session]
    assert len(storm) == facts.storm_attempts >= 100
    assert {feature_of(row) for row in storm} == {facts.storm_feature}
    assert sum(row["status"] == "failure" for row in storm) == facts.storm_failures
    assert min(row["startTime"] for row in storm) == facts.storm_started_at.isoformat()
    assert max(row["startTime"] for row in storm)[:10] == facts.storm_started_at.date().isoformat()

    zombie = [row for row in rows if feature_of(row) == facts.zombie_feature]
    late = [row for row in zombie if row["startTime"] >= facts.zombie_busy_until.isoformat()]
    assert len(late) == facts.zombie_cron_requests
    assert {user_of(row) for row in late} == {"cron-onboarding"}
    assert len({user_of(row) for row in zombie}) > 50

    night = [row for row in rows if feature_of(row) == "catalogue-enrichment"]
    assert len(night) == facts.night_batch_requests
    assert {row["startTime"][11:13] for row in night} == {"02"}

    team = [row for row in rows if row["metadata"]["user_api_key_team_alias"] == facts.leaking_team]
    leaked = sum(float(row["spend"]) for row in team if environment_of(row) != "production")
    assert leaked / sum(float(row["spend"]) for row in team) == pytest.approx(facts.leaked_cost_share)


def test_the_log_covers_the_days_before_until(small: Small) -> None:
    directory, facts = small
    days = {row["startTime"][:10] for row in rows_of(directory, facts)[0].values()}
    assert (facts.since, facts.until) == (date(2026, 8, 21), date(2026, 11, 21))
    assert (min(days), max(days)) == ("2026-08-21", "2026-11-20")
    assert facts.files == (
        "gateway-2026-08.jsonl.gz",
        "gateway-2026-09.jsonl",
        "gateway-2026-10.jsonl",
        "gateway-2026-11.jsonl",
    )


def test_a_rotated_file_begins_with_the_end_of_the_one_before(small: Small) -> None:
    directory, _ = small
    september = (directory / "gateway-2026-09.jsonl").read_text().splitlines()
    october = (directory / "gateway-2026-10.jsonl").read_text().splitlines()
    assert september[-200:] == october[:200]


def test_facts_know_nothing_unset(small: Small) -> None:
    _, facts = small
    empty = [field.name for field in fields(facts) if getattr(facts, field.name) in (None, "", 0, ())]
    assert empty == []


def test_too_small_a_demonstration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1000 requests over 7 days"):
        generate(tmp_path, requests=10)
