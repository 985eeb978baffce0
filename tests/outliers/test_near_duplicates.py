"""Which sketches are near, and what answering them anew costs."""

import json

import pytest
from tests.ingesting import native, read, write

BASE = 0x0123456789ABCDEF


@pytest.fixture
def told(cli, tmp_path):
    def told(*calls):
        """What is found among calls of gpt-4o, 4,000 tokens in and 100 out, $0.011 each, one a minute."""
        records = [
            native(
                request_id=f"req-{number:028}",
                timestamp=f"2026-11-0{1 + number // 60}T10:{number % 60:02}:00Z",
                provider="openai",
                model="gpt-4o",
                input_tokens=4000,
                output_tokens=100,
                **{"feature": "faq", **call},
            )
            for number, call in enumerate(calls)
        ]
        read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", records))
        return json.loads(cli("outliers", "--detector", "near-duplicates", "--format", "json").stdout)

    return told


def sketched(*bits, **fields):
    """A call whose sketch differs from the base in these bits."""
    return {"prompt_sketch": f"{BASE ^ sum(1 << bit for bit in bits):016x}", "customer_id": "acme", **fields}


def test_sketches_up_to_three_bits_from_the_first_are_answered_anew(told):
    near = [sketched(number % 64, (number * 7 + 1) % 64, (number * 13 + 5) % 64) for number in range(119)]

    (found,) = told(sketched(), *near)["findings"]

    # 119 calls after the first, $0.011 each: one of them, on the second day, after 23 hours and a minute.
    assert found["evidence"]["prompts"] == 1
    assert (found["requests"], found["cost"]) == (119, "1.309")
    assert found["savings"] == {"low": "1.298", "mid": "1.3035", "high": "1.309"}
    assert (found["confidence"], found["basis"]) == ("low", "what-if")


def test_four_bits_are_another_prompt(told):
    spread = [sketched(*(4 * (number % 16) + place for place in range(4))) for number in range(120)]

    # Sixteen sketches, eight bits from one another: seven or eight of each, none of the base.
    (found,) = told(sketched(), *spread[:119])["findings"]

    assert found["evidence"]["prompts"] == 16


def test_calls_of_other_customers_are_only_in_the_high_end(told):
    (found,) = told(*(sketched(customer_id=f"c-{number}") for number in range(120)))["findings"]

    assert found["savings"] == {"low": "0.00", "mid": "0.6545", "high": "1.309"}


def test_what_wants_variety_failed_or_repeats_exactly_is_no_near_duplicate(told):
    others = (
        {"temperature": 1},
        {"status": "error"},
        {"prompt_hash": "the same"},
        {"prompt_sketch": "no sketch"},
        {"prompt_sketch": "123"},
    )

    result = told(*(sketched(feature=f"f-{place}", **one) for place, one in enumerate(others) for _ in range(60)))

    assert (result["findings"], result["clean"]) == ([], ["near-duplicates"])


def test_without_sketches_it_says_what_to_log(told):
    result = told(*({} for _ in range(60)))

    assert result["not_evaluated"] == [
        {"detector": "near-duplicates", "reason": "no request has a tag prompt_sketch: log one beside each call"}
    ]
