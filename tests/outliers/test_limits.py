"""Limits of llmcost.yaml, and what `llmcost outliers` says of them."""

import json

import pytest
from tests.ingesting import native, read, write


@pytest.fixture
def books(tmp_path):
    """Five days on which ada makes 19 calls and bo 4: 115."""
    calls = [
        native(request_id=f"{user}-{day}-{number:020}", timestamp=f"2026-11-0{day}T10:{number:02}:00Z", user_id=user)
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
            "limits:\n  - {id: flow, limit: 5, unit: concurrency}\n",
            "none of the limits in llmcost.yaml can be replayed: `flow` counts concurrency, which the ledger does not hold",
        ),
        ("quota: [gone.yaml]\n", "{folder}/llmcost.yaml:1:9: no such file or folder: gone.yaml"),
    ],
)
def test_without_limits_to_look_at_it_says_so(cli, books, text, reason):
    (books / "llmcost.yaml").write_text(text)

    (skipped,) = looked(cli)["not_evaluated"]

    assert skipped["reason"] == reason.format(folder=books)
