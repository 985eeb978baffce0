"""Which events are held against which cost."""

import json

import pytest
from tests.ingesting import native, read, write

from llmcost.ingest.outcomes import OutcomeRequest, ingest_outcomes


@pytest.fixture
def told(cli, tmp_path):
    """Each of two customers makes 60 calls of three features on each of two days; x costs $0.04 a call, y and z $0.01."""
    calls = [
        native(
            request_id=f"{customer}-{feature}-{day}-{number:020}",
            timestamp=f"2026-11-0{day}T10:{number:02}:00Z",
            provider="openai",
            model="gpt-4o",
            input_tokens=16_000 if feature == "x" else 4_000,
            output_tokens=0,
            customer_id=customer,
            feature=feature,
        )
        for customer in ("acme", "globex")
        for feature in "xyz"
        for day in (2, 3)
        for number in range(60)
    ]
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", calls))

    def told(events, *options):
        path = tmp_path / "events.csv"
        path.write_text("\n".join(events) + "\n")
        ingest_outcomes(OutcomeRequest(paths=[str(path)], ledger=tmp_path / "llmcost.duckdb"))
        return json.loads(cli("outliers", "--detector", "low-engagement", *options, "--format", "json").stdout)

    return told


EVENTS = (
    "date,customer_id,feature,metric,value",
    *(f"2026-11-02,acme,{feature},engagements,1000" for feature in "xyz"),
    "2026-11-02,globex,x,engagements,10",
    *(f"2026-11-02,globex,{feature},engagements,9000" for feature in "yz"),
)


def test_events_are_those_of_the_customer_asked_for(told):
    assert told(EVENTS, "--where", "customer_id=acme")["clean"] == ["low-engagement"]

    (found,) = told(EVENTS, "--where", "customer_id=globex")["findings"]
    # 120 x 16,000 x 2.50 / 1e6, four sixths of $7.20, and 10 of 18,010 engagements.
    assert (found["cost"], found["scope"]) == ("4.80", {"feature": "x"})
    assert (found["evidence"]["events"], found["evidence"]["all_events"]) == (10, 18010)


def test_events_are_those_of_the_period_asked_for_though_no_call_was_made_then(told):
    later = [f"2026-11-05,globex,{feature},engagements,{value}" for feature, value in (("x", 30_000), ("y", 1))]

    assert told([*EVENTS, *later])["clean"] == ["low-engagement"]
    assert len(told([*EVENTS, *later], "--until", "2026-11-05")["findings"]) == 1


def test_a_feature_of_unknown_cost_tells_nothing_of_what_an_event_costs(told, tmp_path):
    """Events of x cost $9.60 in 1,010, of y and z $2.40 in 10,000 each; nobody knows what those of w, v and u cost."""
    others = ("w", "v", "u")
    calls = [
        native(
            request_id=f"{feature}-{number:027}",
            timestamp="2026-11-02T12:00:00Z",
            provider="vllm",
            model="house-7b",
            input_tokens=16_000,
            customer_id="acme",
            feature=feature,
        )
        for feature in others
        for number in range(60)
    ]
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "more.jsonl", calls))
    more = (f"2026-11-02,acme,{feature},engagements,1000" for feature in others)
    (found,) = told((*EVENTS, *more))["findings"]

    # At the median of $0.00024 an event, 1,010 are worth $0.2424.
    assert (found["scope"], found["savings"]["high"]) == ({"feature": "x"}, "9.3576")
    assert (found["evidence"]["cost_share"], found["evidence"]["all_events"]) == (0.6667, 21010)


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        (("date,feature,metric,value", "2026-11-02,x,engagements,9"), "outcomes do not say their customer_id"),
        (("date,customer_id,metric,value", "2026-11-02,acme,engagements,9"), "outcomes do not say their feature"),
    ],
)
def test_events_that_cannot_be_told_apart_like_the_cost_are_not_held_against_it(told, events, reason):
    (skipped,) = told(events, "--where", "customer_id=acme")["not_evaluated"]

    assert skipped["reason"] == reason
