"""Limits of llmcost.yaml, and what `llmcost outliers` says of them."""

import json

import pytest
from tests.ingesting import native, read, write


@pytest.fixture
def books(tmp_path):
    """Five days on which ada makes 19 calls and bo 4, one a minute and of a minute and a half each: 115."""
    calls = [
        native(
            request_id=f"{user}-{day}-{number:020}",
            timestamp=f"2026-11-0{day}T10:{number:02}:00Z",
            user_id=user,
            latency_ms=90_000,
        )
        for user, count in (("ada", 19), ("bo", 4))
        for day in range(1, 6)
        for number in range(count)
    ]
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", calls))
    return tmp_path


def looked(cli, *options):
    return json.loads(cli("outliers", "--detector", "quota-nearly-used", "--format", "json", *options).stdout)


def test_a_limit_nearly_used_up_on_most_days_is_told(cli, books):
    (books / "llmcost.yaml").write_text(
        "limits:\n  - {id: calls, limit: 20, unit: requests, window: day, per: [user_id]}\n"
    )

    (found,) = looked(cli)["findings"]

    assert found["headline"] == (
        "calls (20 requests/day per user_id): 1 of 2 use 90% of it or more time and again, user_id:ada up to 95%"
    )
    assert found["evidence"]["windows_near"] == 5
    assert found["requests"] == 115
    assert found["savings"] is None


def test_a_limit_on_requests_at_once_is_told_by_the_minute(cli, books):
    (books / "llmcost.yaml").write_text("limits:\n  - {id: flow, limit: 4, unit: concurrency}\n")

    (found,) = looked(cli)["findings"]

    # Of 19 minutes a day, four are taken in the second, third and fourth, and three in the fifth.
    assert found["headline"] == "flow (4 at once): used 90% of it or more in 15 of 95 minutes, 100% at most"
    assert found["evidence"]["windows_full"] == 15


def test_only_the_requests_selected_are_looked_at(cli, books):
    (books / "llmcost.yaml").write_text("limits:\n  - {id: calls, limit: 20, unit: requests, window: day}\n")

    assert looked(cli, "--where", "user_id=ada")["findings"][0]["evidence"]["most_used"] == "everyone 95%"
    assert looked(cli, "--where", "user_id=bo")["findings"] == []


def test_two_limits_of_one_name_are_two_findings_each_dismissed_by_itself(cli, books):
    (books / "llmcost.yaml").write_text(
        "limits:\n"
        "  - {id: calls, limit: 20, unit: requests, window: day, per: [user_id]}\n"
        "  - {id: calls, limit: 2500, unit: input_tokens, window: day}\n"
    )

    first, second = looked(cli)["findings"]
    cli("outliers", "dismiss", first["id"], "--reason", "meant to")

    assert [one["id"] for one in looked(cli)["findings"]] == [second["id"]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tz: UTC\n", "llmcost.yaml names no limits: add `limits:`, or a gateway's config under `quota:`"),
        (
            "limits:\n  - {id: flow, limit: 5, unit: requests, window: soon}\n",
            "none of the limits in llmcost.yaml can be replayed: `flow` has no window",
        ),
        ("quota: [gone.yaml]\n", "{folder}/llmcost.yaml:1:9: no such file or folder: gone.yaml"),
    ],
)
def test_without_limits_to_look_at_it_says_so(cli, books, text, reason):
    (books / "llmcost.yaml").write_text(text)

    (skipped,) = looked(cli)["not_evaluated"]

    assert skipped["reason"] == reason.format(folder=books)
